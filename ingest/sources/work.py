"""Work items and vacancies that are recognised; their functions have no measures yet."""

from ingest.source import Field, Kind, Source

JIRA = Source(
    key="jira_issues", title="Jira issues", function="product", system="Jira",
    fields=(
        Field("issue", Kind.TEXT, ("issue key", "key"), required=True),
        Field("type", Kind.TEXT, ("issue type",), required=True),
        Field("status", Kind.TEXT, ("status",), required=True),
        Field("created_at", Kind.DATE, ("created",), required=True, verb="created"),
        Field("resolved_at", Kind.DATE, ("resolved",)),
        Field("resolution", Kind.TEXT, ("resolution",)),
    ),
)  # fmt: skip

JIRA_HISTORY = Source(
    key="jira_history", title="Jira issue history", function="product", system="Jira",
    fields=(
        Field("issue", Kind.TEXT, ("ticket",), required=True),
        Field("changed_at", Kind.DATE, ("as.of.date",), required=True, verb="changed"),
        Field("changed", Kind.TEXT, ("changed.fields",), required=True),
        Field("created_at", Kind.DATE, ("date_created",), required=True),
        Field("resolved_at", Kind.DATE, ("date_resolved",)),
        Field("external", Kind.FLAG, ("external",)),
    ),
)  # fmt: skip

VACANCIES = Source(
    key="job_postings", title="Job postings", function="people", system="City of New York",
    fields=(
        Field("job", Kind.TEXT, ("job id",), required=True),
        Field("posting", Kind.TEXT, ("posting type",), required=True),
        Field("positions", Kind.COUNT, ("# of positions",), required=True),
        Field("posted_on", Kind.DATE, ("posting date",), required=True, verb="posted"),
        Field("agency", Kind.TEXT, ("agency",)),
    ),
)  # fmt: skip

MATERIAL_DOCUMENTS = Source(
    key="sap_material_documents", title="SAP material documents", function="supply_chain",
    system="SAP ERP",
    fields=(
        Field("document", Kind.TEXT, ("material document",), required=True),
        Field("movement", Kind.TEXT, ("movement type",), required=True),
        Field("posted_on", Kind.DATE, ("posting date",), required=True, verb="posted"),
        Field("quantity", Kind.NUMBER, ("quantity",), required=True),
    ),
)  # fmt: skip
