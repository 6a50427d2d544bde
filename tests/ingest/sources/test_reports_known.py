"""The 76 reports of public documentation: recognised, or their kind named as the nearest.

The labels were written from the reports' names and systems before any of them was tried.
"""

from __future__ import annotations

import csv
import io

import pytest

from ingest import intake, layouts
from tests.support.places import DATA

HEADERS = DATA / "export_headers.csv"
KINDS = {
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
"""Report → kind; every other report holds nothing that a kind reads."""


def _reports() -> dict[tuple[str, str], list[tuple[str, str]]]:
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    if HEADERS.is_file():
        for row in csv.DictReader(HEADERS.open(encoding="utf-8")):
            key = (row["system"], row["report"])
            found.setdefault(key, []).append((row["column"], row["example"]))
    return found


def _kind(columns: list[tuple[str, str]]) -> tuple[str | None, str | None]:
    """Return the kind a report of these columns is read as, and the kind named as nearest."""
    target = io.StringIO()
    writer = csv.writer(target)
    writer.writerow([name for name, _ in columns])
    for _ in range(3):
        writer.writerow([example for _, example in columns])
    taken = intake.check([("report.csv", target.getvalue().encode())])
    if not taken.tables:
        return None, None
    one = taken.tables[0]
    return one.source, layouts.closest_kind(one.table)


@pytest.mark.skipif(not HEADERS.is_file(), reason="the headers of exports are not on this machine")
def test_reports_are_recognised_or_their_kind_is_named() -> None:
    reports = _reports()
    assert set(KINDS) <= set(reports)
    right = {}
    for report, columns in reports.items():
        read, nearest = _kind(columns)
        wanted = KINDS.get(report)
        right[report] = read is None if wanted is None else wanted in (read, nearest)
    wrong = [report for report, good in right.items() if not good]
    assert len(wrong) <= 0.1 * len(reports), wrong
