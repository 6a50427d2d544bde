"""The kinds of export that are recognised by their headers, one file per kind."""

from ingest.source import Source
from ingest.sources import (
    crm_pipeline,
    delivery_history,
    facebook_posts,
    public_spend,
    servicenow,
)

SOURCES: tuple[Source, ...] = (
    servicenow.INCIDENTS,
    crm_pipeline.PIPELINE,
    crm_pipeline.PRODUCTS,
    crm_pipeline.TEAMS,
    delivery_history.SCMS,
    public_spend.COUNCIL,
    facebook_posts.LIVE,
)
BY_KEY: dict[str, Source] = {source.key: source for source in SOURCES}
