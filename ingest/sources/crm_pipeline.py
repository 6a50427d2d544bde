"""CRM pipelines with engage and close dates, and the product and team lists beside them."""

from ibis import _

from ingest.source import DAY, MICROS, Field, FieldKind, Lookup, Source, Tally, seconds

_won, _lost = _.stage.lower() == "won", _.stage.lower() == "lost"
_timed = (_won | _lost) & _.engaged_on.notnull()

PRODUCTS = Source(
    key="crm_products",
    title="CRM products",
    function="sales",
    system="Maven CRM",
    fields=(
        Field("product", FieldKind.TEXT, ("product",), required=True),
        Field("series", FieldKind.TEXT, ("series",), required=True),
        Field("price", FieldKind.MONEY, ("sales_price",), required=True),
    ),
)

TEAMS = Source(
    key="crm_teams",
    title="CRM sales teams",
    function="sales",
    system="Maven CRM",
    fields=(
        Field("agent", FieldKind.TEXT, ("sales_agent",), required=True),
        Field("office", FieldKind.TEXT, ("regional_office",), required=True),
    ),
)

PIPELINE = Source(
    key="crm_pipeline",
    title="CRM pipeline",
    function="sales",
    system="Maven CRM",
    fields=(
        Field("opportunity", FieldKind.TEXT, ("opportunity_id",), required=True, always=True),
        Field("agent", FieldKind.TEXT, ("sales_agent",), help="looks up the office; never shown"),
        Field("product", FieldKind.TEXT, ("product",)),
        Field(
            "stage",
            FieldKind.TEXT,
            ("deal_stage",),
            required=True,
            always=True,
            known=("prospecting", "engaging", "won", "lost"),
        ),
        Field(
            "engaged_on",
            FieldKind.DATE,
            ("engage_date",),
            required=True,
            always=True,
            verb="engaged",
        ),
        Field("closed_on", FieldKind.DATE, ("close_date",), required=True, verb="closed"),
        Field("value", FieldKind.MONEY, ("close_value",), required=True),
        Field("office", FieldKind.TEXT, ("regional_office",)),
    ),
    identity="opportunity",
    lookups=(
        Lookup("crm_teams", "agent", "agent", ("office",)),
        Lookup("crm_products", "product", "product", (), spelling=True),
    ),
    team=_.office,
    item=_.product,
    tallies=(
        Tally("opportunities", _.engaged_on),
        Tally("deals_won", _.closed_on, where=_won),
        Tally("deals_lost", _.closed_on, where=_lost),
        Tally("won_value", _.closed_on, _.value, _won, divide=MICROS),
        Tally("cycle_days", _.closed_on, seconds(_.engaged_on, _.closed_on), _timed, divide=DAY),
        Tally("timed_deals", _.closed_on, where=_timed),
    ),
    cannot_feed=(
        ("referral_revenue_share", "no_lead_source_column"),
        ("community_revenue_share", "no_lead_source_column"),
        ("source_fill_rate", "no_lead_source_column"),
    ),
)
