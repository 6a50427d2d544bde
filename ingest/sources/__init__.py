"""The kinds of export that are recognised by their headers, one file per kind."""

from ingest.source import Source
from ingest.sources import (
    advertising,
    crm_pipeline,
    delivery_history,
    facebook_posts,
    opportunities,
    public_spend,
    purchase_orders,
    receipts,
    servicenow,
    surveys,
    zendesk,
)

SOURCES: tuple[Source, ...] = (
    servicenow.INCIDENTS,
    crm_pipeline.PIPELINE,
    crm_pipeline.PRODUCTS,
    crm_pipeline.TEAMS,
    delivery_history.SCMS,
    public_spend.COUNCIL,
    facebook_posts.LIVE,
    zendesk.TICKETS,
    opportunities.SALESFORCE,
    opportunities.HUBSPOT,
    advertising.GOOGLE,
    receipts.SAP,
    purchase_orders.COUPA,
    surveys.QUALTRICS,
    surveys.SURVEY_MONKEY,
)
BY_KEY: dict[str, Source] = {source.key: source for source in SOURCES}
