"""Surveys that ask "how likely are you to recommend us": Qualtrics and SurveyMonkey."""

from ibis import _

from ingest.source import Field, FieldKind, Source, Tally

_real = _.finished.fill_null(True) & ~_.status.lower().re_search("preview|spam|test").fill_null(
    False
)


_group = _.group.lower()


def _tallies(month, counted, grouped=False):
    """Count by the score; by the group the system made of it where it exports no score."""

    def those(low, high, *names):
        scored = _.score.between(low, high)
        if not grouped:
            return counted & scored
        return counted & scored.fill_null(_group.isin(names))

    return (
        Tally("promoters", month, where=those(9, 10, "promoter", "promoters", "3")),
        Tally("passives", month, where=those(7, 8, "passive", "passives", "neutral", "2")),
        Tally("detractors", month, where=those(0, 6, "detractor", "detractors", "1")),
    )


def _group_tallies():
    """Count by the group alone: the rating beside it belongs to other kinds of survey too."""
    names = {"promoters": "promoter", "passives": "passive", "detractors": "detractor"}
    return tuple(
        Tally(measure, _.recorded_at, where=_group.startswith(name))
        for measure, name in names.items()
    )


QUALTRICS = Source(
    key="qualtrics_nps",
    title="Qualtrics survey with a recommendation question",
    function="advocacy",
    system="Qualtrics",
    fields=(
        Field("response", FieldKind.TEXT, ("responseid",), required=True),
        Field(
            "recorded_at",
            FieldKind.DATE,
            ("recordeddate",),
            required=True,
            always=True,
            verb="answered",
        ),
        Field("status", FieldKind.TEXT, ("status",)),
        Field("finished", FieldKind.FLAG, ("finished",)),
        Field("score", FieldKind.COUNT, ("q_nps", "nps", r"~^q\d* nps( 1)?$")),
        Field("group", FieldKind.TEXT, ("q_nps_group", "nps group", r"~^q\d* nps( 1)? group$")),
    ),
    signs=("q_nps", "nps", "nps group", r"~^q\d* nps( 1)?( group)?$"),
    identity="response",
    refining=("status", "finished"),
    either=(("score", "group"),),
    tallies=_tallies(_.recorded_at, _real, grouped=True),
)

SURVEY_MONKEY = Source(
    key="surveymonkey_nps",
    title="SurveyMonkey survey with a recommendation question",
    function="advocacy",
    system="SurveyMonkey",
    fields=(
        Field("response", FieldKind.TEXT, ("respondent id",), required=True),
        Field(
            "recorded_at",
            FieldKind.DATE,
            ("end date", "date modified"),
            required=True,
            always=True,
            verb="answered",
        ),
        Field(
            "score",
            FieldKind.COUNT,
            (r"~^how likely (is it that you|are you|would you).* recommend",),
            required=True,
        ),
    ),
    identity="response",
    tallies=_tallies(_.recorded_at, _.score.notnull()),
)

TYPEFORM = Source(
    key="typeform_nps",
    title="Typeform responses with a recommendation question",
    function="advocacy",
    system="Typeform",
    fields=(
        Field("response", FieldKind.TEXT, ("#", "response id", "token"), required=True),
        Field(
            "recorded_at",
            FieldKind.DATE,
            ("submit date (utc)", "submitted at (utc)", "submit date", "submitted at"),
            required=True,
            always=True,
            verb="answered",
        ),
        Field(
            "score",
            FieldKind.COUNT,
            (r"~^how likely (is it that you|are you|would you).* recommend",),
            required=True,
        ),
        Field("region", FieldKind.TEXT, ("region", "team", "country", "site")),
    ),
    identity="response",
    team=_.region,
    tallies=_tallies(_.recorded_at, _.score.notnull()),
)

HUBSPOT_FEEDBACK = Source(
    key="hubspot_feedback",
    title="HubSpot feedback submissions",
    function="advocacy",
    system="HubSpot",
    fields=(
        Field(
            "response", FieldKind.TEXT, ("record id", "response id", "submission id"), required=True
        ),
        Field(
            "recorded_at",
            FieldKind.DATE,
            ("date", "submission date", "response date", "date of response", "create date"),
            required=True,
            always=True,
            verb="answered",
        ),
        Field("survey", FieldKind.TEXT, ("survey name",), required=True),
        Field("kind", FieldKind.TEXT, ("survey type",)),
        Field("group", FieldKind.TEXT, ("nps", "nps group", "response group", "sentiment")),
        Field("rating", FieldKind.COUNT, ("rating", "response", "score")),
    ),
    identity="response",
    refining=("kind",),
    tallies=_group_tallies(),
)
