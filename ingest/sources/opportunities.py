"""Opportunities and deals: Salesforce reports and HubSpot exports."""

import pyarrow.compute as pc
from ibis import _

from ingest.source import DAY, MICROS, Field, FieldKind, Source, Tally, seconds

_SOCIAL = "community|social|facebook|linkedin|twitter|instagram|forum"
_referral = _.lead_source.lower().re_search("referral|word of mouth|recommend")
_won = _.won.fill_null(_.stage.lower().re_search("closed ?won"))
_community = _.lead_source.lower().re_search(_SOCIAL)


def _closed_deals(closed: str):
    """Deals whose close date is a fact: by their stage or by the system's flags."""

    def settled(values):
        found = None
        if "stage" in values:
            found = pc.match_substring_regex(values["stage"], closed, ignore_case=True)
        for flag in ("won", "lost", "closed"):
            if flag in values:
                one = pc.fill_null(values[flag], False)
                found = one if found is None else pc.or_(pc.fill_null(found, False), one)
        return found

    return settled


def _tallies(won, closed):
    timed = closed & _.created_on.notnull()
    return (
        Tally("opportunities", _.created_on),
        Tally("deals_won", _.closed_on, where=won),
        Tally("deals_lost", _.closed_on, where=closed & ~won),
        Tally("won_value", _.closed_on, _.amount, won, divide=MICROS),
        Tally("cycle_days", _.closed_on, seconds(_.created_on, _.closed_on), timed, divide=DAY),
        Tally("timed_deals", _.closed_on, where=timed),
        Tally(
            "source_known_value",
            _.closed_on,
            _.amount,
            won & _.lead_source.notnull(),
            divide=MICROS,
        ),
        Tally("referral_won_value", _.closed_on, _.amount, won & _referral, divide=MICROS),
        Tally("community_won_value", _.closed_on, _.amount, won & _community, divide=MICROS),
    )


SALESFORCE = Source(
    key="salesforce_opportunities",
    title="Salesforce opportunities",
    function="sales",
    system="Salesforce",
    fields=(
        Field("opportunity", FieldKind.TEXT, ("opportunity id", "opportunity name"), required=True),
        Field("stage", FieldKind.TEXT, ("stage",), required=True),
        Field(
            "amount",
            FieldKind.MONEY,
            ("amount (converted)", "amount", "total amount"),
            required=True,
        ),
        Field(
            "currency",
            FieldKind.TEXT,
            ("amount (converted) currency", "amount currency", "total amount currency"),
        ),
        Field(
            "created_on",
            FieldKind.DATE,
            ("created date",),
            required=True,
            always=True,
            verb="created",
        ),
        Field("closed_on", FieldKind.DATE, ("close date",), required=True, verb="closed"),
        Field(
            "region", FieldKind.TEXT, ("territory region", "territory", "owner role", "sales team")
        ),
        Field("lead_source", FieldKind.TEXT, ("lead source",)),
        Field("kind", FieldKind.TEXT, ("type",)),
        Field("won", FieldKind.FLAG, ("won",)),
        Field("closed", FieldKind.FLAG, ("closed",)),
    ),
    identity="opportunity",
    clock=("created_on",),
    settled=_closed_deals("^closed"),
    refining=("won", "closed"),
    team=_.region,
    item=_.kind,
    tallies=_tallies(
        _.won.fill_null(_.stage.lower() == "closed won"),
        _.closed.fill_null(_.stage.lower().startswith("closed")) | _.won.fill_null(False),
    ),
)

HUBSPOT = Source(
    key="hubspot_deals",
    title="HubSpot deals",
    function="sales",
    system="HubSpot",
    fields=(
        Field("deal", FieldKind.TEXT, ("record id", "deal id"), required=True),
        Field("stage", FieldKind.TEXT, ("deal stage",), required=True),
        Field("amount", FieldKind.MONEY, ("amount in company currency", "amount"), required=True),
        Field("currency", FieldKind.TEXT, ("currency",)),
        Field(
            "created_on",
            FieldKind.DATE,
            ("create date",),
            required=True,
            always=True,
            verb="created",
        ),
        Field("closed_on", FieldKind.DATE, ("close date",), required=True, verb="closed"),
        Field("won", FieldKind.FLAG, ("is closed won",)),
        Field("lost", FieldKind.FLAG, ("is closed lost",)),
        Field("pipeline", FieldKind.TEXT, ("pipeline",)),
        Field("lead_source", FieldKind.TEXT, ("original source type", "original traffic source")),
    ),
    identity="deal",
    clock=("created_on",),
    settled=_closed_deals("closed ?(won|lost)"),
    refining=("won", "lost"),
    item=_.pipeline,
    tallies=_tallies(_won, _won | _.lost.fill_null(_.stage.lower().re_search("closed ?lost"))),
)
