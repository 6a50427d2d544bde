"""Surveys that ask "how likely are you to recommend us": Qualtrics and SurveyMonkey."""

from ibis import _

from ingest.source import Field, Kind, Source, Tally

_real = _.finished.fill_null(True) & ~_.status.lower().re_search("preview|spam|test").fill_null(
    False
)


def _tallies(month, counted):
    return (
        Tally("promoters", month, where=counted & _.score.between(9, 10)),
        Tally("passives", month, where=counted & _.score.between(7, 8)),
        Tally("detractors", month, where=counted & _.score.between(0, 6)),
    )


QUALTRICS = Source(
    key="qualtrics_nps",
    title="Qualtrics survey with a recommendation question",
    function="advocacy",
    system="Qualtrics",
    fields=(
        Field("response", Kind.TEXT, ("responseid",), required=True),
        Field(
            "recorded_at", Kind.DATE, ("recordeddate",), required=True, always=True, verb="answered"
        ),
        Field("status", Kind.TEXT, ("status",)),
        Field("finished", Kind.FLAG, ("finished",)),
        Field("score", Kind.COUNT, ("q_nps", "nps", r"~^q\d* nps$"), required=True),
    ),
    identity="response",
    tallies=_tallies(_.recorded_at, _real),
)

SURVEY_MONKEY = Source(
    key="surveymonkey_nps",
    title="SurveyMonkey survey with a recommendation question",
    function="advocacy",
    system="SurveyMonkey",
    fields=(
        Field("response", Kind.TEXT, ("respondent id",), required=True),
        Field(
            "recorded_at",
            Kind.DATE,
            ("end date", "date modified"),
            required=True,
            always=True,
            verb="answered",
        ),
        Field(
            "score",
            Kind.COUNT,
            (r"~^how likely (is it that you|are you|would you).* recommend",),
            required=True,
        ),
    ),
    identity="response",
    tallies=_tallies(_.recorded_at, _.score.notnull()),
)
