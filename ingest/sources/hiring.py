"""Vacancies, hires and what became of them: postings, applicant tracking, staff lists."""

import ibis
from ibis import _

from ingest.source import DAY, Field, FieldKind, Source, Tally, seconds

_YEAR = ibis.interval(days=365)
_referral = "refer"
_timed = _.opened_on.notnull() & _.hired_on.notnull()
_followed = _.hired_on + _YEAR <= _.as_of
_stayed = _.left_on.isnull() | (_.left_on >= _.hired_on + _YEAR)

HIRES = Source(
    key="hires",
    title="Hires from an applicant tracking system",
    function="people",
    system="Applicant tracking",
    fields=(
        Field(
            "requisition",
            FieldKind.TEXT,
            ("requisition id", "requisition", "req id"),
            required=True,
            always=True,
        ),
        Field("opened_on", FieldKind.DATE, ("requisition opened", "opened on", "open date")),
        Field(
            "hired_on",
            FieldKind.DATE,
            ("hire date", "hired on", "date hired"),
            required=True,
            always=True,
            verb="hired",
        ),
        Field(
            "source",
            FieldKind.TEXT,
            ("candidate source", "source", "source of hire"),
            required=True,
        ),
        Field("left_on", FieldKind.DATE, ("termination date", "left on", "last day of work")),
        Field("unit", FieldKind.TEXT, ("department", "business unit", "region", "location")),
    ),
    clock=("opened_on", "hired_on", "left_on"),
    team=_.unit,
    item=_.source,
    tallies=(
        Tally("hires", _.hired_on),
        Tally("source_known_hires", _.hired_on, where=_.source.notnull()),
        Tally("referred_hires", _.hired_on, where=_.source.lower().re_search(_referral)),
        Tally("fill_days", _.hired_on, seconds(_.opened_on, _.hired_on), _timed, divide=DAY),
        Tally("timed_hires", _.hired_on, where=_timed),
        Tally("followed_hires", _.hired_on, where=_followed & (_stayed | _.left_on.notnull())),
        Tally("retained_hires", _.hired_on, where=_followed & _stayed),
        Tally("observed_hires", _.hired_on),
        Tally("left_hires", _.hired_on, where=_.left_on.notnull()),
    ),
)

TURNOVER = Source(
    key="staff_turnover",
    title="Staff with time employed, without dates",
    function="people",
    system="Staff list",
    dated=False,
    fields=(
        Field(
            "months",
            FieldKind.NUMBER,
            ("stag", "tenure (months)", "months employed"),
            required=True,
        ),
        Field("left", FieldKind.FLAG, ("event", "left"), required=True),
        Field(
            "route", FieldKind.TEXT, ("traffic", "hiring route", "source of hire"), required=True
        ),
    ),
    item=_.route,
    tallies=(
        Tally("hires", _.as_of),
        Tally("source_known_hires", _.as_of, where=_.route.notnull()),
        Tally("referred_hires", _.as_of, where=_.route.lower().re_search(_referral)),
        Tally("observed_hires", _.as_of, where=_.left.notnull()),
        Tally("left_hires", _.as_of, where=_.left),
    ),
)

VACANCIES = Source(
    key="job_postings",
    title="Job postings",
    function="people",
    system="City of New York",
    fields=(
        Field("job", FieldKind.TEXT, ("job id",), required=True, always=True),
        Field("posting", FieldKind.TEXT, ("posting type",), required=True),
        Field("positions", FieldKind.COUNT, ("# of positions",), required=True),
        Field(
            "posted_on",
            FieldKind.DATE,
            ("posting date",),
            required=True,
            always=True,
            verb="posted",
        ),
        Field("agency", FieldKind.TEXT, ("agency",)),
    ),
    team=_.agency,
    tallies=(
        Tally("postings", _.posted_on),
        Tally("internal_postings", _.posted_on, where=_.posting.lower() == "internal"),
        Tally("positions", _.posted_on, _.positions),
    ),
    cautions=("only_current_postings",),
)
