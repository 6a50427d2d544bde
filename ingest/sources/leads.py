"""Leads and where they came from: Olist, Salesforce, HubSpot."""

from ibis import _

from ingest.source import Field, FieldKind, Lookup, Source, Tally

_SOCIAL = "social|facebook|linkedin|twitter|instagram|youtube|community"


def _tallies(created, origin, won):
    return (
        Tally("leads", created),
        Tally("social_leads", created, where=origin.lower().re_search(_SOCIAL)),
        Tally("lead_customers", created, where=won),
    )


OLIST_DEALS = Source(
    key="olist_deals",
    title="Olist closed deals",
    function="sales",
    system="Olist",
    fields=(
        Field("lead", FieldKind.TEXT, ("mql_id",), required=True, always=True),
        Field("won_at", FieldKind.DATE, ("won_date",), required=True, always=True, verb="won"),
        Field("segment", FieldKind.TEXT, ("business_segment",), required=True),
    ),
    identity="lead",
    item=_.segment,
    tallies=(Tally("deals_won", _.won_at),),
    cannot_feed=(
        ("win_rate", "no_lost_deals"),
        ("average_deal_value", "no_deal_value_column"),
    ),
)

OLIST_LEADS = Source(
    key="olist_leads",
    title="Olist qualified leads",
    function="marketing",
    system="Olist",
    fields=(
        Field("lead", FieldKind.TEXT, ("mql_id",), required=True, always=True),
        Field(
            "created_on",
            FieldKind.DATE,
            ("first_contact_date",),
            required=True,
            always=True,
            verb="created",
        ),
        Field("origin", FieldKind.TEXT, ("origin",), required=True),
        Field("won_at", FieldKind.DATE, help="brought by the closed deals"),
    ),
    identity="lead",
    lookups=(Lookup("olist_deals", "lead", "lead", ("won_at",)),),
    item=_.origin,
    tallies=_tallies(_.created_on, _.origin, _.won_at.notnull()),
    cannot_feed=(("lead_conversion", "no_closed_deals"),),
)

SALESFORCE_LEADS = Source(
    key="salesforce_leads",
    title="Salesforce leads",
    function="marketing",
    system="Salesforce",
    fields=(
        Field(
            "created_on",
            FieldKind.DATE,
            ("create date", "created date"),
            required=True,
            always=True,
            verb="created",
        ),
        Field("status", FieldKind.TEXT, ("lead status", "status"), required=True),
        Field("origin", FieldKind.TEXT, ("lead source",), required=True),
        Field("converted", FieldKind.FLAG, ("converted", "is converted"), required=True),
    ),
    item=_.origin,
    tallies=_tallies(_.created_on, _.origin, _.converted),
)

HUBSPOT_CONTACTS = Source(
    key="hubspot_contacts",
    title="HubSpot contacts",
    function="marketing",
    system="HubSpot",
    fields=(
        Field("contact", FieldKind.TEXT, ("record id", "contact id"), required=True),
        Field("stage", FieldKind.TEXT, ("lifecycle stage",), required=True),
        Field(
            "origin", FieldKind.TEXT, ("original source", "original traffic source"), required=True
        ),
        Field(
            "created_on",
            FieldKind.DATE,
            ("became a lead date", "create date"),
            required=True,
            verb="created",
        ),
        Field("customer_on", FieldKind.DATE, ("became a customer date",)),
    ),
    identity="contact",
    item=_.origin,
    tallies=_tallies(_.created_on, _.origin, _.customer_on.notnull()),
)
