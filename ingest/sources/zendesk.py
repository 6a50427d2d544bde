"""Zendesk tickets. Reply times are in minutes; rows are one per ticket."""

from ibis import _

from ingest.source import HOUR, Field, FieldKind, Source, Tally, seconds

_open = _.solved_at.isnull() & _.status.lower().notin(["solved", "closed", "deleted"])
_solved = _.solved_at.notnull()
_served_by_others = _.channel.lower().isin(
    [
        "community",
        "community post",
        "community forum",
        "help center",
        "help center post",
        "help center content",
        "self service",
        "answer bot",
    ]
)
_rating = _.rating.lower()

TICKETS = Source(
    key="zendesk_tickets",
    title="Zendesk tickets",
    function="support",
    system="Zendesk",
    fields=(
        Field("ticket", FieldKind.TEXT, ("id", "ticket id"), required=True, always=True),
        Field("group", FieldKind.TEXT, ("group",)),
        Field("status", FieldKind.TEXT, ("status",), required=True),
        Field("channel", FieldKind.TEXT, ("via", "channel"), required=True),
        Field(
            "created_at", FieldKind.DATE, ("created at",), required=True, always=True, verb="opened"
        ),
        Field("solved_at", FieldKind.DATE, ("solved at",), required=True),
        Field("updated_at", FieldKind.DATE, ("updated at",)),
        Field("rating", FieldKind.TEXT, ("satisfaction score",)),
        Field("stations", FieldKind.COUNT, ("group stations",)),
        Field("reopens", FieldKind.COUNT, ("reopens",)),
        Field("first_reply", FieldKind.COUNT, ("first reply time in minutes",)),
    ),
    identity="ticket",
    latest="updated_at",
    left_out=_.status.lower() == "deleted",
    team=_.group,
    item=_.channel,
    tallies=(
        Tally("tickets", _.created_at),
        Tally("resolved_tickets", _.created_at, where=_solved, pending=_open),
        Tally(
            "resolution_hours",
            _.created_at,
            seconds(_.created_at, _.solved_at),
            _solved,
            _open,
            HOUR,
        ),
        Tally("timed_tickets", _.created_at, where=_solved, pending=_open),
        Tally("routed_tickets", _.created_at, where=_.stations.notnull()),
        Tally("first_group_tickets", _.created_at, where=_.stations <= 1),
        Tally("reopen_known_tickets", _.created_at, where=_.reopens.notnull(), pending=_open),
        Tally("reopened_tickets", _.created_at, where=_.reopens > 0, pending=_open),
        Tally("channel_tickets", _.created_at, where=_.channel.notnull()),
        Tally("self_service_tickets", _.created_at, where=_served_by_others),
        Tally("first_reply_minutes", _.created_at, _.first_reply),
        Tally("replied_tickets", _.created_at, where=_.first_reply.notnull()),
        Tally("ratings", _.created_at, where=_rating.isin(["good", "bad"]), pending=_open),
        Tally("positive_ratings", _.created_at, where=_rating == "good", pending=_open),
    ),
    cannot_feed=(
        ("sla_met", "no_service_level_column"),
        ("knowledge_assisted", "no_article_column"),
        ("peer_answer_share", "no_staff_peer_column"),
    ),
)
