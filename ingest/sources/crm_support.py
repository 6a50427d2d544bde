"""Support records of CRM systems: Salesforce cases and HubSpot tickets."""

from ibis import _

from ingest.source import HOUR, MINUTE, Field, FieldKind, Source, Tally, seconds

_SELF_SERVICE = ["community", "self-service", "self service", "customer portal", "portal"]


def _tallies(opened, closed, done):
    still_open = closed.isnull() & ~done
    return (
        Tally("tickets", opened),
        Tally("resolved_tickets", opened, where=closed.notnull(), pending=still_open),
        Tally(
            "resolution_hours", opened, seconds(opened, closed), closed.notnull(), still_open, HOUR
        ),
        Tally("timed_tickets", opened, where=closed.notnull(), pending=still_open),
        Tally("channel_tickets", opened, where=_.channel.notnull()),
        Tally("self_service_tickets", opened, where=_.channel.lower().isin(_SELF_SERVICE)),
    )


SALESFORCE_CASES = Source(
    key="salesforce_cases",
    title="Salesforce cases",
    function="support",
    system="Salesforce",
    fields=(
        Field("case", FieldKind.TEXT, ("case number",), required=True, always=True),
        Field("status", FieldKind.TEXT, ("status",), required=True),
        Field("channel", FieldKind.TEXT, ("case origin",), required=True),
        Field(
            "opened_at",
            FieldKind.DATE,
            ("date/time opened", "opened date"),
            required=True,
            always=True,
            verb="opened",
        ),
        Field("closed_at", FieldKind.DATE, ("date/time closed", "closed date"), required=True),
    ),
    identity="case",
    item=_.channel,
    tallies=_tallies(_.opened_at, _.closed_at, _.status.lower() == "closed"),
    cannot_feed=(
        ("sla_met", "no_service_level_column"),
        ("time_to_first_reply", "no_first_reply_column"),
        ("satisfaction", "no_rating_column"),
    ),
)

HUBSPOT_TICKETS = Source(
    key="hubspot_tickets",
    title="HubSpot tickets",
    function="support",
    system="HubSpot",
    fields=(
        Field("ticket", FieldKind.TEXT, ("ticket id",), required=True, always=True),
        Field("status", FieldKind.TEXT, ("ticket status",), required=True),
        Field("pipeline", FieldKind.TEXT, ("pipeline",)),
        Field("channel", FieldKind.TEXT, ("source",)),
        Field(
            "opened_at", FieldKind.DATE, ("create date",), required=True, always=True, verb="opened"
        ),
        Field("closed_at", FieldKind.DATE, ("close date",), required=True),
        Field("first_reply", FieldKind.DURATION, ("time to first response",)),
    ),
    identity="ticket",
    team=_.pipeline,
    item=_.channel,
    tallies=(
        *_tallies(_.opened_at, _.closed_at, _.status.lower().re_search("closed|solved")),
        Tally("first_reply_minutes", _.opened_at, _.first_reply, divide=MINUTE),
        Tally("replied_tickets", _.opened_at, where=_.first_reply.notnull()),
    ),
    cannot_feed=(
        ("sla_met", "no_service_level_column"),
        ("satisfaction", "no_rating_column"),
    ),
)
