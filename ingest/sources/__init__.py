"""The kinds of export that are recognised by their headers, one file per kind."""

from ingest.source import Source
from ingest.sources import (
    advertising,
    community,
    crm_pipeline,
    crm_support,
    delivery_history,
    facebook_posts,
    hiring,
    leads,
    opportunities,
    posts,
    public_spend,
    purchase_orders,
    receipts,
    reviews,
    servicenow,
    surveys,
    tracker,
    zendesk,
)

SOURCES: tuple[Source, ...] = (
    servicenow.INCIDENTS, zendesk.TICKETS, crm_support.SALESFORCE_CASES,
    crm_support.HUBSPOT_TICKETS, community.STACK_EXCHANGE, community.DISCOURSE_TOPICS,
    community.DISCOURSE_USERS, community.KHOROS,
    crm_pipeline.PIPELINE, crm_pipeline.PRODUCTS, crm_pipeline.TEAMS, opportunities.SALESFORCE,
    opportunities.HUBSPOT,
    leads.OLIST_LEADS, leads.OLIST_DEALS, leads.SALESFORCE_LEADS, leads.HUBSPOT_CONTACTS,
    advertising.GOOGLE, advertising.META, advertising.CONVERSIONS,
    facebook_posts.LIVE, posts.X_CLASSIC, posts.X_PREMIUM, posts.X_DAILY, posts.LINKEDIN_POSTS,
    posts.LINKEDIN_DAILY, posts.META_CONTENT, posts.FACEBOOK_PAGE, posts.FACEBOOK_METRICS,
    delivery_history.SCMS, receipts.SAP, receipts.MATERIAL_DOCUMENTS,
    public_spend.COUNCIL, purchase_orders.COUPA, purchase_orders.COUPA_FLAT,
    purchase_orders.ORDER_LINES, purchase_orders.ARIBA,
    surveys.QUALTRICS, surveys.SURVEY_MONKEY, surveys.HUBSPOT_FEEDBACK, reviews.SKYTRAX,
    tracker.JIRA, tracker.JIRA_HISTORY, hiring.HIRES, hiring.TURNOVER, hiring.VACANCIES,
)  # fmt: skip
BY_KEY: dict[str, Source] = {source.key: source for source in SOURCES}
