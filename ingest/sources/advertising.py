"""Advertising reports: Google Ads, Meta Ads Manager, and the public ad set without dates."""

from ibis import _

from ingest.source import MICROS, Field, Kind, Source, Tally

GOOGLE = Source(
    key="google_ads_campaigns",
    title="Google Ads campaigns",
    function="marketing",
    system="Google Ads",
    fields=(
        Field("day", Kind.DATE, ("day", "week", "month"), required=True, always=True,
              verb="shown"),
        Field("campaign", Kind.TEXT, ("campaign",), required=True),
        Field("account", Kind.TEXT, ("account name", "account")),
        Field("kind", Kind.TEXT, ("campaign type",)),
        Field("currency", Kind.TEXT, ("currency code", "currency")),
        Field("impressions", Kind.COUNT, ("impr.", "impressions"), required=True),
        Field("clicks", Kind.COUNT, ("clicks",), required=True),
        Field("cost", Kind.MONEY, ("cost",), required=True),
        Field("conversions", Kind.MONEY, ("conversions",)),
    ),
    team=_.account,
    item=_.kind,
    tallies=(
        Tally("ad_spend", _.day, _.cost, divide=MICROS),
        Tally("impressions", _.day, _.impressions),
        Tally("clicks", _.day, _.clicks),
        Tally("enquiries", _.day, _.conversions, divide=MICROS),
    ),
    cannot_feed=(("cost_per_acquisition", "no_purchase_column"),),
)  # fmt: skip
