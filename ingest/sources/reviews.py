"""Reviews with a rating and a recommendation: the public airline set."""

from ibis import _

from ingest.source import Field, FieldKind, Source, Tally

SKYTRAX = Source(
    key="reviews",
    title="Reviews with recommendation",
    function="advocacy",
    system="Skytrax",
    fields=(
        Field(
            "written_on",
            FieldKind.DATE,
            ("date", "review date"),
            required=True,
            always=True,
            verb="written",
        ),
        Field("rating", FieldKind.NUMBER, ("overall_rating",), required=True),
        Field("recommended", FieldKind.FLAG, ("recommended",), required=True),
        Field("brand", FieldKind.TEXT, ("airline_name", "brand", "product")),
    ),
    item=_.brand,
    tallies=(
        Tally("reviews", _.written_on, where=_.recommended.notnull()),
        Tally("recommendations", _.written_on, where=_.recommended),
        Tally("promoters", _.written_on, where=_.rating >= 9),
        Tally("passives", _.written_on, where=(_.rating >= 7) & (_.rating < 9)),
        Tally("detractors", _.written_on, where=_.rating < 7),
    ),
    cautions=("scale_starts_at_one",),
)
