"""Advertising reports: Google Ads, Meta Ads Manager, and the public ad set without dates."""

from ibis import _

from ingest.source import MICROS, Field, FieldKind, Source, Tally

GOOGLE = Source(
    key="google_ads_campaigns",
    title="Google Ads campaigns",
    function="marketing",
    system="Google Ads",
    fields=(
        Field(
            "day",
            FieldKind.DATE,
            ("day", "week", "month"),
            required=True,
            always=True,
            verb="shown",
        ),
        Field("campaign", FieldKind.TEXT, ("campaign",), required=True),
        Field("account", FieldKind.TEXT, ("account name", "account")),
        Field("kind", FieldKind.TEXT, ("campaign type",)),
        Field("currency", FieldKind.TEXT, ("currency code", "currency")),
        Field("impressions", FieldKind.COUNT, ("impr.", "impressions"), required=True),
        Field("clicks", FieldKind.COUNT, ("clicks",), required=True),
        Field("cost", FieldKind.MONEY, ("cost",), required=True),
        Field("conversions", FieldKind.MONEY, ("conversions",)),
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
            "day",
            FieldKind.DATE,
            ("day", "reporting starts"),
            required=True,
            always=True,
            verb="shown",
        ),
        Field("campaign", FieldKind.TEXT, ("campaign name",), required=True),
        Field("spent", FieldKind.MONEY, ("amount spent",), required=True),
        Field("impressions", FieldKind.COUNT, ("impressions",), required=True),
        Field("clicks", FieldKind.COUNT, ("link clicks", "clicks (all)")),
        Field("leads", FieldKind.COUNT, ("leads", "website leads")),
        Field("purchases", FieldKind.COUNT, ("website purchases", "purchases")),
        Field("currency", FieldKind.TEXT, ("currency",)),
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
        Field("ad", FieldKind.TEXT, ("ad_id",), required=True),
        Field("impressions", FieldKind.COUNT, ("impressions",), required=True),
        Field("clicks", FieldKind.COUNT, ("clicks",), required=True),
        Field("spent", FieldKind.MONEY, ("spent",), required=True),
        Field("enquiries", FieldKind.COUNT, ("total_conversion",), required=True),
        Field("purchases", FieldKind.COUNT, ("approved_conversion",), required=True),
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
