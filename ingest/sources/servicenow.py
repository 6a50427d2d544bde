"""ServiceNow incidents: the audit log (one row per change) and the list export (one per incident).

The sub-category heading of the public log repeats ``category``; neither is used here.
"""

from ibis import _

from ingest.source import HOUR, Field, FieldKind, Source, Tally, seconds

_UNKNOWN = ("?",)
CANCELLED = ("canceled", "cancelled", "8")
"""States of incidents nobody works on any more; 8 is the platform's number for it."""
_FINISHED = ("resolved", "closed", "canceled", "cancelled")
_resolved = _.resolved_at.notnull()
_self_service = _.channel.lower().isin(["self service", "self-service", "community", "portal"])

INCIDENTS = Source(
    key="servicenow_incidents",
    title="ServiceNow incidents",
    function="support",
    system="ServiceNow",
    fields=(
        Field("number", FieldKind.TEXT, ("number",), required=True, always=True),
        Field(
            "opened_at",
            FieldKind.DATE,
            ("opened_at", "opened"),
            required=True,
            always=True,
            missing=_UNKNOWN,
            verb="opened",
        ),
        Field("resolved_at", FieldKind.DATE, ("resolved_at", "resolved"), missing=_UNKNOWN),
        Field(
            "updated_at",
            FieldKind.DATE,
            ("sys_updated_at", "sys_updated_on", "updated"),
            missing=_UNKNOWN,
        ),
        Field(
            "state", FieldKind.TEXT, ("incident_state", "ident_state", "state"), missing=_UNKNOWN
        ),
        Field("made_sla", FieldKind.FLAG, ("made_sla", "made sla"), missing=_UNKNOWN),
        Field(
            "reassignments",
            FieldKind.COUNT,
            ("reassignment_count", "reassignment count"),
            missing=_UNKNOWN,
        ),
        Field("reopenings", FieldKind.COUNT, ("reopen_count", "reopen count"), missing=_UNKNOWN),
        Field("knowledge", FieldKind.FLAG, ("knowledge",), missing=_UNKNOWN),
        Field("channel", FieldKind.TEXT, ("contact_type", "channel"), missing=_UNKNOWN),
        Field("group", FieldKind.TEXT, ("assignment_group", "assignment group"), missing=_UNKNOWN),
    ),
    signs=(
        "assignment_group",
        "assignment group",
        "reassignment_count",
        "incident_state",
        "sys_updated_on",
        "sys_updated_at",
        "caller_id",
        "caller",
        "made_sla",
    ),
    identity="number",
    left_out=_.state.lower().isin(CANCELLED),
    repeats="log",
    latest="updated_at",
    team=_.group,
    item=_.channel,
    tallies=(
        Tally("tickets", _.opened_at),
        Tally(
            "resolved_tickets",
            _.opened_at,
            where=_resolved,
            pending=_.resolved_at.isnull() & _.state.lower().notin(_FINISHED),
        ),
        Tally(
            "resolution_hours",
            _.opened_at,
            seconds(_.opened_at, _.resolved_at),
            _resolved,
            _.resolved_at.isnull() & _.state.lower().notin(_FINISHED),
            HOUR,
        ),
        Tally(
            "timed_tickets",
            _.opened_at,
            where=_resolved,
            pending=_.resolved_at.isnull() & _.state.lower().notin(_FINISHED),
        ),
        Tally("sla_tickets", _.opened_at, where=_.made_sla.notnull()),
        Tally("sla_met_tickets", _.opened_at, where=_.made_sla),
        Tally("routed_tickets", _.opened_at, where=_.reassignments.notnull()),
        Tally("first_group_tickets", _.opened_at, where=_.reassignments == 0),
        Tally("reopen_known_tickets", _.opened_at, where=_.reopenings.notnull()),
        Tally("reopened_tickets", _.opened_at, where=_.reopenings > 0),
        Tally("knowledge_known_tickets", _.opened_at, where=_.knowledge.notnull()),
        Tally("knowledge_tickets", _.opened_at, where=_.knowledge),
        Tally("channel_tickets", _.opened_at, where=_.channel.notnull()),
        Tally("self_service_tickets", _.opened_at, where=_self_service),
    ),
    cannot_feed=(
        ("time_to_first_reply", "no_first_reply_column"),
        ("satisfaction", "no_rating_column"),
        ("peer_answer_share", "no_staff_peer_column"),
    ),
)
