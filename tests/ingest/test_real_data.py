"""Five public data sets: every monthly KPI against plain SQL or pandas on the raw file.

The independent side never touches our code: it reads the files with DuckDB or pandas and states
each KPI in one line. Reference totals are those published beside the data sets.
"""

from __future__ import annotations

import zipfile

import duckdb
import numpy as np
import pandas as pd
import pytest

from ingest.intake import check
from metrics.measures.kpis import kpi_values
from tests.support.places import DATA

pytestmark = pytest.mark.slow


RELATIVE = 1e-9


def taken(*names: str):
    """Check files of the data folder; skip where they are absent."""
    paths = [path for name in names for path in sorted(DATA.glob(name))]
    if len(paths) < len(names):
        pytest.skip(f"real data not found: {', '.join(names)} under ATTUNE_DATA={DATA}")
    return check([(path.name, path.read_bytes()) for path in paths])


def total(intake, measure: str) -> float:
    rows = intake.frames["observations"]
    return float(rows.loc[rows["measure"] == measure, "value"].sum())


def monthly(intake, team: str | None = None) -> pd.DataFrame:
    """Return month × KPI of the whole function, or of one team, where there is a value."""
    values = kpi_values(intake.frames["observations"])
    values = values[(values["item"] == "all") & (values["team"] == (team or "all"))]
    values = values[values["value"].notna()]
    return values.pivot(index="month", columns="kpi", values="value")


def agree(ours: pd.DataFrame, theirs: pd.DataFrame) -> None:
    """Same KPIs, same months, same values to 1e-9."""
    theirs = theirs.rename_axis("month")
    theirs.index = pd.DatetimeIndex(theirs.index).as_unit("us")
    theirs = theirs.dropna(how="all")
    assert set(ours.columns) == set(theirs.columns)
    pd.testing.assert_index_equal(ours.index, theirs.index, check_names=False, exact=False)
    for kpi in theirs:
        np.testing.assert_allclose(
            ours[kpi].to_numpy(float), theirs[kpi].to_numpy(float), rtol=RELATIVE, err_msg=kpi
        )


def codes(intake) -> set[str]:
    return {finding.code for finding in intake.findings}


def refused_kpis(intake) -> dict[str, str]:
    return {f.facts["key"]: f.code for f in intake.findings if "key" in f.facts}


def sql(query: str, **frames: pd.DataFrame) -> pd.DataFrame:
    connection = duckdb.connect()
    for name, frame in frames.items():
        connection.register(name, frame)
    return connection.sql(query).df().set_index("month")


# Support: ServiceNow audit log


@pytest.fixture(scope="module")
def incidents():
    return taken("support/incident_event_log.zip")


@pytest.fixture(scope="module")
def incident_log():
    with zipfile.ZipFile(DATA / "support" / "incident_event_log.zip") as archive:
        return pd.read_csv(archive.open(archive.namelist()[-1]), dtype=str)


def test_support_kpis_by_month(incidents, incident_log):
    expected = sql(
        """
        with last as (
            select *, row_number() over (partition by number order by seq desc) as r
            from (select *, row_number() over () as seq from log)
        ), incident as (
            select strptime(opened_at, '%-d/%-m/%Y %H:%M') as opened,
                   try_strptime(resolved_at, '%-d/%-m/%Y %H:%M') as resolved, *
            from last where r = 1
        )
        select date_trunc('month', opened) as month,
               sum((made_sla = 'true')::int) / count(*) as sla_met,
               sum((reassignment_count::int = 0)::int) / count(*) as first_group_resolution,
               sum((reopen_count::int > 0)::int) / count(*) as reopen_rate,
               sum((knowledge = 'true')::int) / count(*) as knowledge_assisted,
               sum((contact_type = 'Self service')::int) / count(*) as self_service_share,
               sum(date_diff('minute', opened, resolved)) / 60 / count(resolved) as time_to_resolve
        from incident group by 1 order by 1
        """,
        log=incident_log,
    )
    agree(monthly(incidents), expected)


def test_support_reference_figures(incidents):
    assert total(incidents, "tickets") == 24_918
    for measure, per_cent in (
        ("sla_met_tickets", 63.42),
        ("first_group_tickets", 54.37),
        ("reopened_tickets", 1.10),
        ("knowledge_tickets", 14.25),
    ):
        assert round(100 * total(incidents, measure) / 24_918, 2) == per_cent
    assert "event_log" in codes(incidents)
    assert refused_kpis(incidents)["satisfaction"] == "no_rating_column"


def test_thin_months_stay_visible(incidents):
    rows = incidents.frames["observations"]
    tickets = rows[rows["measure"] == "tickets"].groupby("month")["value"].sum()
    assert tickets.loc["2016-03":"2016-05"].sum() / tickets.sum() > 0.95
    assert len(tickets) == 13


# Sales: CRM pipeline


@pytest.fixture(scope="module")
def pipeline():
    return taken("sales/sales_pipeline.csv", "sales/sales_teams.csv", "sales/products.csv")


DEALS = """
    select date_trunc('month', strptime(close_date, '%-m/%-d/%Y')) as month,
           sum((deal_stage = 'Won')::int) / count(*) as win_rate,
           sum(date_diff('day', strptime(engage_date, '%-m/%-d/%Y'),
                         strptime(close_date, '%-m/%-d/%Y'))) / count(*) as sales_cycle_days,
           sum(close_value::double) filter (deal_stage = 'Won')
             / sum((deal_stage = 'Won')::int) as average_deal_value
    from deals where deal_stage in ('Won', 'Lost') {and_where} group by 1 order by 1
"""


def test_sales_kpis_by_month_and_office(pipeline):
    deals = pd.read_csv(DATA / "sales" / "sales_pipeline.csv", dtype=str)
    offices = pd.read_csv(DATA / "sales" / "sales_teams.csv", dtype=str)
    joined = deals.merge(offices, on="sales_agent", how="left")
    agree(monthly(pipeline), sql(DEALS.format(and_where=""), deals=joined))
    for office in offices["regional_office"].unique():
        where = f"and regional_office = '{office}'"
        agree(monthly(pipeline, office), sql(DEALS.format(and_where=where), deals=joined))


def test_sales_reference_figures(pipeline):
    won, lost = total(pipeline, "deals_won"), total(pipeline, "deals_lost")
    assert (won, lost) == (4_238, 2_473)
    assert round(100 * won / (won + lost), 2) == 63.15
    assert round(total(pipeline, "cycle_days") / total(pipeline, "timed_deals"), 2) == 47.99
    assert total(pipeline, "won_value") == 10_005_534
    misspelt = next(f for f in pipeline.findings if f.code == "spelled_differently")
    assert (misspelt.value, misspelt.facts["other"], misspelt.count) == ("GTXPro", "GTX Pro", 1_480)
    assert "no_year_on_year" in codes(pipeline)
    assert refused_kpis(pipeline)["referral_revenue_share"] == "no_lead_source_column"


def test_no_person_becomes_a_team(pipeline):
    agents = set(pd.read_csv(DATA / "sales" / "sales_pipeline.csv", dtype=str)["sales_agent"])
    rows = pipeline.frames["observations"]
    assert not agents & (set(rows["team"]) | set(rows["item"]))


# Supply chain: delivery history


@pytest.fixture(scope="module")
def deliveries():
    return taken("supply_chain/SCMS_Delivery_History_Dataset.csv")


@pytest.fixture(scope="module")
def lines():
    raw = pd.read_csv(
        DATA / "supply_chain" / "SCMS_Delivery_History_Dataset.csv",
        dtype=str,
        encoding="utf-8-sig",
        keep_default_na=False,
    )
    freight = pd.to_numeric(raw["Freight Cost (USD)"], errors="coerce")
    return pd.DataFrame(
        {
            "country": raw["Country"],
            "due": pd.to_datetime(raw["Scheduled Delivery Date"], format="%d-%b-%y"),
            "delivered": pd.to_datetime(raw["Delivered to Client Date"], format="%d-%b-%y"),
            "ordered": pd.to_datetime(
                raw["PO Sent to Vendor Date"], format="%m/%d/%y", errors="coerce"
            ),
            "value": raw["Line Item Value"].astype(float),
            "freight": freight,
            "stated": freight.notna() | raw["Freight Cost (USD)"].str.startswith("See "),
            "insurance": pd.to_numeric(raw["Line Item Insurance (USD)"], errors="coerce"),
            "mode": raw["Shipment Mode"].where(~raw["Shipment Mode"].isin(["", "N/A"])),
        }
    )


def supply(lines: pd.DataFrame) -> pd.DataFrame:
    lines = lines.assign(
        month=lines["due"].dt.to_period("M").dt.to_timestamp(),
        on_time=lines["delivered"] <= lines["due"],
        days=(lines["delivered"] - lines["ordered"]).dt.days,
        with_freight=lines["value"].where(lines["stated"]),
        insured=lines["value"].where(lines["insurance"].notna()),
        air=lines["mode"].isin(["Air", "Air Charter"]),
    )
    by = lines.groupby("month")
    sums = by[["freight", "with_freight", "insurance", "insured", "days", "air", "on_time"]].sum()
    counts = by[["due", "days", "mode"]].count()
    return pd.DataFrame(
        {
            "on_time_delivery": sums["on_time"] / counts["due"],
            "order_to_delivery_days": sums["days"] / counts["days"].where(counts["days"] > 0),
            "freight_to_value": sums["freight"]
            / sums["with_freight"].where(sums["with_freight"] > 0),
            "insurance_to_value": sums["insurance"] / sums["insured"].where(sums["insured"] > 0),
            "air_share": sums["air"] / counts["mode"].where(counts["mode"] > 0),
        }
    )


def test_supply_chain_kpis_by_month_and_country(deliveries, lines):
    agree(monthly(deliveries), supply(lines))
    for country in ("Zambia", "Côte d'Ivoire"):
        agree(monthly(deliveries, country), supply(lines[lines["country"] == country]))


def test_supply_chain_reference_figures(deliveries):
    assert total(deliveries, "lines_due") == 10_324
    assert round(100 * total(deliveries, "lines_on_time") / 10_324, 2) == 88.51
    assert round(total(deliveries, "line_value"), 2) == 1_627_584_457.29
    assert refused_kpis(deliveries)["on_time_in_full"] == "no_delivered_quantity_column"


# Procurement: spend over threshold


@pytest.fixture(scope="module")
def spend():
    return taken("procurement/expenditure-over-500-*.csv")


@pytest.fixture(scope="module")
def payments():
    parts = []
    for path in sorted((DATA / "procurement").glob("*.csv")):
        raw = pd.read_csv(path, dtype=str, encoding_errors="replace")
        raw.columns = [c.strip().lower().replace("_", " ") for c in raw.columns]
        booking = next(
            c for c in ("type", "caporrev", "capital or revenue", "type of expenditure") if c in raw
        )
        parts.append(
            pd.DataFrame(
                {
                    "paid": pd.to_datetime(raw["paid date"], format="%d/%m/%Y", errors="coerce"),
                    "amount": pd.to_numeric(raw["amount"].str.replace(",", "")),
                    "supplier": raw["supplier name"].str.strip(),
                    "booking": raw[booking],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def test_procurement_kpis_by_month(spend, payments):
    dated = payments.dropna(subset="paid")
    month = dated["paid"].dt.to_period("M").dt.to_timestamp().rename("month")
    known = dated["amount"].where(dated["booking"].notna())
    capital = dated["amount"].where(dated["booking"] == "Capital")
    expected = pd.DataFrame(
        {
            "average_payment": dated["amount"].groupby(month).sum() / month.groupby(month).size(),
            "capital_share": capital.groupby(month).sum() / known.groupby(month).sum(),
        }
    )
    agree(monthly(spend), expected)


def suppliers(payments: pd.DataFrame) -> dict[str, float]:
    by = payments.groupby("supplier")["amount"].sum()
    gross = by.clip(lower=0)
    return {
        "top_ten_spend_share": by.nlargest(10).sum() / payments["amount"].sum(),
        "active_suppliers": len(by),
        "supplier_concentration": ((gross / gross.sum()) ** 2).sum(),
    }


@pytest.mark.parametrize(
    ("period", "start", "end"),
    [
        ("month", "2015-03-01", "2015-03-31"),
        ("quarter", "2016-07-01", "2016-09-30"),
        ("year", "2017-01-01", "2017-12-31"),
        ("whole", "2014-01-01", None),
    ],
)
def test_supplier_statistics_come_from_records_at_every_level(spend, payments, period, start, end):
    inside = payments[payments["paid"].between(start, end)] if end else payments
    rows = spend.frames["statistics"]
    ours = rows[(rows["period"] == period) & (rows["month"] == start) & (rows["team"] == "all")]
    ours = ours.set_index("statistic")["value"].to_dict()
    for key, value in suppliers(inside).items():
        assert ours[key] == pytest.approx(value, rel=RELATIVE), key


def test_procurement_reference_figures(spend, payments):
    undated = payments.loc[payments["paid"].isna(), "amount"].sum()
    assert sum(table.rows for table in spend.tables) == 61_529
    assert round(total(spend, "spend") + undated, 2) == 228_210_155.40
    rows = spend.frames["statistics"]
    whole = rows[(rows["period"] == "whole") & (rows["team"] == "all")]
    share = whole.loc[whole["statistic"] == "top_ten_spend_share", "value"].item()
    assert round(100 * share, 2) == 36.64
    without = [f for f in spend.findings if f.code == "rows_without_date"]
    assert max(f.count for f in without) == 3_836
    assert refused_kpis(spend)["contract_compliance"] == "no_contract_column"


# Marketing: Facebook Live posts


@pytest.fixture(scope="module")
def posts():
    return taken("marketing/Live.csv")


def test_marketing_kpis_by_month(posts):
    raw = pd.read_csv(DATA / "marketing" / "Live.csv", dtype=str)
    expected = sql(
        """
        select date_trunc('month', strptime(status_published, '%-m/%-d/%Y %-H:%M')) as month,
               sum(num_reactions::int + num_comments::int + num_shares::int) / count(*)
                 as interactions_per_post
        from posts group by 1 order by 1
        """,
        posts=raw,
    )
    agree(monthly(posts), expected)


def test_marketing_reference_figures(posts):
    found = [total(posts, key) for key in ("reactions", "comments", "shares", "posts")]
    assert found == [1_622_326, 1_581_710, 282_159, 7_050]
    repeats = next(f for f in posts.findings if f.code == "repeats_counted")
    assert repeats.count == 53
    assert repeats.facts["kept"] == 1_622_326
    assert repeats.facts["once"] == 1_573_989
    assert refused_kpis(posts)["engagement_rate"] == "no_reach_column"
    rows = posts.frames["observations"]
    assert set(rows.loc[rows["month"] == "2018-06-01", "reason"]) == {"month_not_over"}


# The other sets: reference figures


def told(intake) -> dict[str, float]:
    return {f.facts["key"]: f.facts["value"] for f in intake.findings if f.code == "no_dates"}


def test_leads_by_channel_and_a_social_channel_that_converts_worse():
    leads = taken(
        "sales/olist_marketing_qualified_leads_dataset.csv", "sales/olist_closed_deals_dataset.csv"
    )
    rows = leads.frames["observations"]
    sums = rows.groupby(["measure", "item"])["value"].sum()
    assert total(leads, "leads") == 8_000
    assert (total(leads, "social_leads"), sums["lead_customers", "social"]) == (1_350, 75)
    assert (sums["leads", "paid_search"], sums["lead_customers", "paid_search"]) == (1_586, 195)
    assert (sums["leads", "organic_search"], sums["lead_customers", "organic_search"]) == (
        2_296,
        271,
    )
    assert total(leads, "lead_customers") == 842


def test_engagement_on_x_keeps_posts_whose_key_is_spoilt():
    posts = taken("marketing/tweet_activity_metrics.csv")
    assert total(posts, "posts") == 103
    assert (total(posts, "engagements"), total(posts, "post_impressions")) == (2_677, 278_540)
    assert "repeats_counted" in codes(posts)


def test_ads_without_dates_give_totals_only():
    ads = told(taken("marketing/KAG_conversion_data.csv"))
    assert ads["cost_per_acquisition"] == pytest.approx(55_662.149959 / 872, abs=1e-6)
    assert ads["click_rate"] == pytest.approx(36_068 / 204_823_716, rel=RELATIVE)


def test_posts_without_dates_give_totals_only():
    posts = taken("marketing/dataset_Facebook.csv")
    assert told(posts)["engaged_share_of_reach"] == pytest.approx(458_031 / 6_940_715, rel=RELATIVE)
    assert not posts.frames.get("observations", pd.DataFrame()).size


def test_only_questions_are_questions():
    questions = taken("support/stackexchange_datascience_questions.csv")
    assert total(questions, "questions") == 8_568
    assert total(questions, "answered_questions") == 5_187
    caution = next(f for f in questions.findings if f.code == "only_questions_counted")
    assert round(100 * 5_187 / caution.facts["records"], 2) == 31.37


def test_reviews_without_a_date_are_counted_apart():
    reviews = taken("advocacy/skytrax_seat_reviews.csv")
    undated = next(f for f in reviews.findings if f.code == "date_placeholder")
    assert total(reviews, "reviews") + undated.count == 1_258
    assert "scale_starts_at_one" in codes(reviews)
