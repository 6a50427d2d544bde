"""Freshdesk tickets: one row a ticket, times as the account's language writes them."""

from ibis import _

from ingest.source import HOUR, MINUTE, Field, FieldKind, Source, Tally, seconds

_solved = _.resolved_at.notnull()
_open = _.resolved_at.isnull() & _.status.lower().notin(["closed", "resolved"])
_SELF_SERVICE = ["portal", "forum", "community", "feedback widget"]
_mood = _.rating.lower()
_known = _.sla.lower().re_search("within|violated|met|breached")

TICKETS = Source(
    key="freshdesk_tickets",
    title="Freshdesk tickets",
    function="support",
    system="Freshdesk",
    fields=(
        Field("ticket", FieldKind.TEXT, ("ticket id",), required=True, always=True),
        Field("status", FieldKind.TEXT, ("status",), required=True),
        Field("channel", FieldKind.TEXT, ("source",)),
        Field("group", FieldKind.TEXT, ("group",)),
        Field(
            "created_at",
            FieldKind.DATE,
            ("created time", "created at"),
            required=True,
            always=True,
            verb="opened",
        ),
        Field("resolved_at", FieldKind.DATE, ("resolved time", "resolved at")),
        Field("updated_at", FieldKind.DATE, ("last update time", "last updated time")),
        Field("first_reply", FieldKind.DURATION, ("first response time (in hrs)",)),
        Field("sla", FieldKind.TEXT, ("resolution status",)),
        Field("rating", FieldKind.TEXT, ("survey results", "survey result")),
    ),
    signs=(
        "due by time",
        "resolved time",
        "initial response time",
        "first response time (in hrs)",
        "resolution time (in hrs)",
        "agent interactions",
    ),
    identity="ticket",
    latest="updated_at",
    clock=("created_at", "resolved_at"),
    team=_.group,
    item=_.channel,
    left_out=_.status.lower().isin(["deleted", "spam"]),
    tallies=(
        Tally("tickets", _.created_at),
        Tally("resolved_tickets", _.created_at, where=_solved, pending=_open),
        Tally(
            "resolution_hours",
            _.created_at,
            seconds(_.created_at, _.resolved_at),
            _solved,
            _open,
            HOUR,
        ),
        Tally("timed_tickets", _.created_at, where=_solved, pending=_open),
        Tally("sla_tickets", _.created_at, where=_known, pending=_open),
        Tally(
            "sla_met_tickets",
            _.created_at,
            where=_.sla.lower().re_search("within|met"),
            pending=_open,
        ),
        Tally("first_reply_minutes", _.created_at, _.first_reply, divide=MINUTE),
        Tally("replied_tickets", _.created_at, where=_.first_reply.notnull()),
        Tally("channel_tickets", _.created_at, where=_.channel.notnull()),
        Tally("self_service_tickets", _.created_at, where=_.channel.lower().isin(_SELF_SERVICE)),
        Tally("ratings", _.created_at, where=_mood.re_search("happy|neutral"), pending=_open),
        Tally(
            "positive_ratings",
            _.created_at,
            where=_mood.re_search(r"(^|\s)happy"),
            pending=_open,
        ),
    ),
    cannot_feed=(
        ("knowledge_assisted", "no_article_column"),
        ("peer_answer_share", "no_staff_peer_column"),
    ),
)
