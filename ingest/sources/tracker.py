"""Work items and ideas: Jira, its issue list and its change history."""

from ibis import _

from ingest.source import DAY, Field, FieldKind, Source, Tally, seconds

CANCELLED = "^(cancel|abgebrochen|storniert|withdrawn|deleted|gel.scht|won.?t do)"
"""Statuses and resolutions of items that were taken back: no work, and never done.

An idea that nobody will carry out was an idea all the same: it counts among those handed in."""
_timed = _.resolved_at.notnull() & _.created_at.notnull()
_idea = _.type.lower().re_search("idea|improvement|new feature|suggestion")
_outside = _.reporter_type.lower().re_search("customer|partner|supplier|external|community")
_done = _.resolution.lower().re_search("^(done|fixed|implemented|delivered)$")


_taken_back = [
    column.lower().re_search(CANCELLED).fill_null(False) for column in (_.status, _.resolution)
]
_cancelled = (_taken_back[0] | _taken_back[1]) & ~_idea.fill_null(False)
_DONE = ("done", "complete", "completed", "fertig", "erledigt", "terminé", "listo", "hecho")
_finished = _.resolved_at.notnull() | _.category.lower().isin(_DONE).fill_null(False)


def _items(resolved):
    return (
        Tally("work_items", _.created_at),
        Tally("resolved_items", _.created_at, where=resolved, pending=~resolved),
        Tally(
            "item_days",
            _.created_at,
            seconds(_.created_at, _.resolved_at),
            _timed,
            pending=~resolved,
            divide=DAY,
        ),
        Tally("timed_items", _.created_at, where=_timed, pending=~resolved),
    )


JIRA = Source(
    key="jira_issues",
    title="Jira issues",
    function="product",
    system="Jira",
    fields=(
        Field("issue", FieldKind.TEXT, ("issue key", "key"), required=True, always=True),
        Field("type", FieldKind.TEXT, ("issue type",), required=True),
        Field("status", FieldKind.TEXT, ("status",), required=True),
        Field(
            "created_at", FieldKind.DATE, ("created",), required=True, always=True, verb="created"
        ),
        Field("resolved_at", FieldKind.DATE, ("resolved",)),
        Field("resolution", FieldKind.TEXT, ("resolution",)),
        Field("project", FieldKind.TEXT, ("project name", "project")),
        Field(
            "reporter_type",
            FieldKind.TEXT,
            ("custom field (reporter type)", "reporter type", "custom field (constituency)"),
        ),
        Field("category", FieldKind.TEXT, ("status category",)),
    ),
    identity="issue",
    left_out=_cancelled,
    either=(("resolved_at", "category"),),
    clock=("created_at", "resolved_at"),
    team=_.project,
    item=_.type,
    tallies=(
        *_items(_finished),
        Tally("ideas", _.created_at, where=_idea),
        Tally("implemented_ideas", _.created_at, where=_idea & _done),
        Tally("external_ideas", _.created_at, where=_idea & _outside),
    ),
)

JIRA_HISTORY = Source(
    key="jira_history",
    title="Jira issue history",
    function="product",
    system="Jira",
    fields=(
        Field("issue", FieldKind.TEXT, ("ticket",), required=True, always=True),
        Field("changed_at", FieldKind.DATE, ("as.of.date",), required=True, verb="changed"),
        Field("changed", FieldKind.TEXT, ("changed.fields",), required=True),
        Field(
            "created_at",
            FieldKind.DATE,
            ("date_created",),
            required=True,
            always=True,
            verb="created",
        ),
        Field("resolved_at", FieldKind.DATE, ("date_resolved",)),
        Field("external", FieldKind.FLAG, ("external",)),
        Field("journal", FieldKind.TEXT, ("journal",)),
    ),
    identity="issue",
    repeats="log",
    latest="changed_at",
    clock=("created_at", "changed_at"),
    item=_.journal,
    tallies=(
        *_items(_.resolved_at.notnull()),
        Tally("origin_known_items", _.created_at, where=_.external.notnull()),
        Tally("external_items", _.created_at, where=_.external),
    ),
)
