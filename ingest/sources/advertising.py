"""Advertising reports: Google Ads, Meta Ads Manager, and the public ad set without dates."""

from ibis import _

from ingest.source import MICROS, Field, Kind, Source, Tally

GOOGLE = Source(
    key="google_ads_campaigns",
    title="Google Ads campaigns",
    function="marketing",
    system="Google Ads",
    fields=(
        Field("day", Kind.DATE, ("day", "week", "month"), required=True, always=True, verb="shown"),
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
)

META = Source(
    key="meta_ads",
    title="Meta Ads Manager",
    function="marketing",
    system="Facebook",
    fields=(
        Field(
            "day", Kind.DATE, ("day", "reporting starts"), required=True, always=True, verb="shown"
        ),
        Field("campaign", Kind.TEXT, ("campaign name",), required=True),
        Field("spent", Kind.MONEY, ("amount spent",), required=True),
        Field("impressions", Kind.COUNT, ("impressions",), required=True),
        Field("clicks", Kind.COUNT, ("link clicks", "clicks (all)")),
        Field("leads", Kind.COUNT, ("leads", "website leads")),
        Field("purchases", Kind.COUNT, ("website purchases", "purchases")),
        Field("currency", Kind.TEXT, ("currency",)),
    ),
    item=_.campaign,
    tallies=(
        Tally("ad_spend", _.day, _.spent, divide=MICROS),
        Tally("impressions", _.day, _.impressions),
        Tally("clicks", _.day, _.clicks),
        Tally("enquiries", _.day, _.leads),
        Tally("ad_purchases", _.day, _.purchases),
    ),
)

CONVERSIONS = Source(
    key="ad_conversions",
    title="Ads with conversions, without dates",
    function="marketing",
    system="Facebook",
    dated=False,
    fields=(
        Field("ad", Kind.TEXT, ("ad_id",), required=True),
        Field("impressions", Kind.COUNT, ("impressions",), required=True),
        Field("clicks", Kind.COUNT, ("clicks",), required=True),
        Field("spent", Kind.MONEY, ("spent",), required=True),
        Field("enquiries", Kind.COUNT, ("total_conversion",), required=True),
        Field("purchases", Kind.COUNT, ("approved_conversion",), required=True),
    ),
    identity="ad",
    tallies=(
        Tally("ad_spend", _.as_of, _.spent, divide=MICROS),
        Tally("impressions", _.as_of, _.impressions),
        Tally("clicks", _.as_of, _.clicks),
        Tally("enquiries", _.as_of, _.enquiries),
        Tally("ad_purchases", _.as_of, _.purchases),
    ),
    currency="USD",
)
