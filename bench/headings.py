"""How well headings are recognised, and how sure a suggested column may be called.

``python -m bench.headings FILE`` reads a list of reports of public documentation (columns
``system, report, column, example``) and takes away, a system at a time, every alias that stands
among that system's headings and among no other system's: what is left is what would be known had
the system never been seen. It prints how many reports are then read as their kind, have it named
as the nearest, or (of no kind) are left to be explained; and, for tables of a known kind, how many
suggested columns are wrong at each confidence.
"""

from __future__ import annotations

import csv
import io
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ingest import intake, layouts, mapping, records
from ingest.model import Table
from ingest.nearest import nearest_by_words
from ingest.sources import SOURCES

UNKNOWN = "no heading is known"
"""Stands where a field has no alias left."""
Report = tuple[str, str]
KINDS: Mapping[Report, str] = {
    ("Zendesk", "Ticket CSV export"): "zendesk_tickets",
    ("Salesforce", "Opportunities report (Details Only, CSV/XLSX)"): "salesforce_opportunities",
    ("Salesforce", "Cases report (Details Only)"): "salesforce_cases",
    ("Salesforce", "Leads report"): "salesforce_leads",
    ("HubSpot", "Deals export (all deals)"): "hubspot_deals",
    ("HubSpot", "Contacts export"): "hubspot_contacts",
    ("HubSpot", "Tickets export"): "hubspot_tickets",
    ("Google Ads", "Campaign report (CSV/XLSX download)"): "google_ads_campaigns",
    ("LinkedIn", 'Page analytics - Content (.xls), sheet "Metrics"'): "linkedin_daily",
    (
        "LinkedIn",
        'Page analytics - Content (.xls), sheet "All posts" (old: "Update engagement")',
    ): "linkedin_posts",
    (
        "Facebook",
        "Meta Business Suite - Content export (CSV, UTF-8 with BOM)",
    ): "meta_content",
    ("Facebook", "Meta Ads Manager - campaign/ad export"): "meta_ads",
    (
        "Facebook",
        "Page Insights - post level export (until 2022, .xls/.csv)",
    ): "facebook_page_posts",
    ("X (Twitter)", "Post activity export (CSV, classic)"): "x_posts",
    ("X (Twitter)", "Daily metrics export (CSV, by day)"): "x_daily",
    ("X (Twitter)", "Post activity export (X Premium, 2024+)"): "x_premium_posts",
    (
        "SAP Ariba",
        "Analytical report export: PO / receipts / invoice reconciliation",
    ): "ariba_orders",
    (
        "SAP ERP",
        "ME2N / ME2M / ME2L purchase orders (ALV list to spreadsheet)",
    ): "purchase_order_lines",
    ("SAP ERP", "EKKO/EKPO/EKET/EKBE table download (SE16N)"): "purchase_order_lines",
    ("SAP ERP", "MB51 material documents"): "sap_material_documents",
    (
        "Coupa",
        "Purchase Orders Export (flat file, mixed header/line rows)",
    ): "coupa_flat_file",
    (
        "Coupa",
        "Purchase order list (CSV download from the table view)",
    ): "coupa_purchase_orders",
    ("ServiceNow", "Incident list export (CSV: internal names)"): "servicenow_incidents",
    ("ServiceNow", "Incident list export (Excel: display labels)"): "servicenow_incidents",
    ("Jira", "Issue navigator export (CSV all fields)"): "jira_issues",
    ("Jira", 'Issue navigator export (Excel/HTML ".xls")'): "jira_issues",
    ("Qualtrics", "Survey response export (CSV/XLSX)"): "qualtrics_nps",
    ("SurveyMonkey", "All responses export (CSV/XLSX)"): "surveymonkey_nps",
    ("Discourse", "User list export (CSV)"): "discourse_users",
    ("Discourse", "Data Explorer query (topics with solved plugin)"): "discourse_topics",
    ("Khoros", "Community Analytics export (metric by day)"): "khoros_daily",
    ("USAID SCMS", "Delivery history"): "delivery_history",
    ("UK council", "Expenditure over GBP 500"): "public_spend",
    ("UK government", "Spend over GBP 25,000"): "public_spend",
    (
        "California eProcurement",
        "Purchase order extract (31 columns)",
    ): "purchase_order_lines",
    ("Zendesk", 'connector table "ticket"'): "zendesk_tickets",
    ("Salesforce", 'connector table "opportunity"'): "salesforce_opportunities",
    ("Salesforce", 'connector table "lead"'): "salesforce_leads",
    ("HubSpot", 'connector table "contact"'): "hubspot_contacts",
    ("HubSpot", 'connector table "deal"'): "hubspot_deals",
    ("HubSpot", 'connector table "ticket"'): "hubspot_tickets",
    ("Jira", 'connector table "issue"'): "jira_issues",
    ("Google Ads", 'connector table "campaign_stats"'): "google_ads_campaigns",
    ("ServiceNow", 'connector table "incident"'): "servicenow_incidents",
}
"""Report → kind, written from names and systems before any was tried; the others hold none."""


def read_reports(path: Path) -> dict[Report, list[tuple[str, str]]]:
    """Return each report's columns with an example of what they hold."""
    found: dict[Report, list[tuple[str, str]]] = {}
    for row in csv.DictReader(path.open(encoding="utf-8")):
        found.setdefault((row["system"], row["report"]), []).append((row["column"], row["example"]))
    return found


def as_table(columns: list[tuple[str, str]]) -> tuple[str | None, Table | None]:
    """Return what a report of these columns is read as, and its table."""
    target = io.StringIO()
    writer = csv.writer(target)
    writer.writerow([name for name, _ in columns])
    for _ in range(3):
        writer.writerow([example for _, example in columns])
    taken = intake.check([("report.csv", target.getvalue().encode())])
    return (taken.tables[0].source, taken.tables[0].table) if taken.tables else (None, None)


def is_right(wanted: str | None, columns: list[tuple[str, str]]) -> bool:
    """Is a report read as its kind, or its kind named; and one of no kind left alone?"""
    read, table = as_table(columns)
    if wanted is None:
        return read is None
    if read == wanted or table is None:
        return read == wanted
    closest, near = layouts.closest_kind(table), nearest_by_words(table.header)
    named = near.key if closest in (None, records.RECORDS) and near is not None else closest
    return named == wanted


@contextmanager
def never_seen(names: frozenset[str]) -> Iterator[None]:
    """Take aliases away from every source for a while."""
    fields = [field for source in SOURCES for field in source.fields]
    before = [(field, field.aliases) for field in fields]
    signs = [(source, source.signs) for source in SOURCES]

    def left(aliases: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(a for a in aliases if a.startswith("~") or mapping.normal(a) not in names)

    for field, aliases in before:
        object.__setattr__(field, "aliases", left(aliases) or (UNKNOWN,))
    for source, some in signs:
        object.__setattr__(source, "signs", left(some))
    mapping.rarity.cache_clear()
    try:
        yield
    finally:
        for field, aliases in before:
            object.__setattr__(field, "aliases", aliases)
        for source, some in signs:
            object.__setattr__(source, "signs", some)
        mapping.rarity.cache_clear()


def own_names(reports: Mapping[Report, list[tuple[str, str]]], system: str) -> frozenset[str]:
    """Return the headings only this system writes."""
    by_system: dict[str, set[str]] = defaultdict(set)
    for (name, _), columns in reports.items():
        by_system[name] |= {mapping.normal(heading) for heading, _ in columns}
    others = set().union(*(names for name, names in by_system.items() if name != system))
    return frozenset(by_system[system] - others)


def columns_right(table: Table, kind: str, names: frozenset[str]) -> Iterator[tuple[float, bool]]:
    """Yield the confidence of each column suggested without the names, and whether it is right.

    Right is a column that all aliases together take for the field; which of two that both mean
    it, such as an amount and the same amount converted, is no question of recognising.
    """
    truth = {field.key: field.aliases for field in layouts.fields_of(kind)}
    with never_seen(names):
        for match in layouts.suggest(table, kind):
            right = mapping.fit(match.header, truth[match.field]) >= mapping.RECOGNISED
            yield match.confidence, right


def main(path: Path) -> None:
    reports = read_reports(path)
    seen, unseen = Counter(), Counter()
    wrong, missed = [], []
    sure: dict[float, Counter[bool]] = defaultdict(Counter)
    for (system, report), columns in reports.items():
        wanted = KINDS.get((system, report))
        names = own_names(reports, system)
        seen[is_right(wanted, columns)] += 1
        with never_seen(names):
            right = is_right(wanted, columns)
        unseen[right] += 1
        if not right:
            wrong.append(f"{system}: {report} ({wanted})")
        _, table = as_table(columns)
        if wanted is None or table is None:
            continue
        for confidence, good in columns_right(table, wanted, names):
            sure[round(confidence, 2)][good] += 1
            if not good:
                missed.append((round(confidence, 2), system, wanted))
    total = len(reports)
    print(f"read or named: {seen[True]} of {total} ({seen[True] / total:.1%})")
    print(f"the system never seen: {unseen[True]} of {total} ({unseen[True] / total:.1%})")
    print(*(f"  not: {line}" for line in wrong), sep="\n")
    print("confidence, columns suggested, wrong:")
    for confidence, told in sorted(sure.items(), reverse=True):
        share = told[False] / told.total()
        print(f"  {confidence:4.2f} {told.total():5d} {told[False]:4d} {share:6.1%}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
