"""Sources and engine: hand-counted records, rules of months, statistics, portability."""

from __future__ import annotations

import importlib
import pkgutil
from datetime import date, timedelta
from decimal import Decimal

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from ingest import mapping, remarks, sources
from ingest.engine import run
from ingest.intake import check
from ingest.model import Table
from ingest.source import Source, columns_read
from ingest.sources import BY_KEY, SOURCES
from metrics.functions import KPIS, MEASURES, STATISTICS
from metrics.model import Place
from words import knows

PEOPLE = {"agent", "owner", "assignee", "caller", "requester", "author", "solver", "user"}


def csv(*lines: str) -> bytes:
    return ("\n".join(lines) + "\n").encode()


def sums(intake, **where: str) -> dict[str, float]:
    rows = intake.frames["observations"]
    for column, value in where.items():
        rows = rows[rows[column].astype(str) == value]
    return rows.groupby("measure")["value"].sum().to_dict()


# What every source must keep


def test_every_source_that_is_written_is_recognised():
    """A file that is not listed is a kind of export nobody reads."""
    written = {
        value.key
        for each in pkgutil.iter_modules(sources.__path__)
        for value in vars(importlib.import_module(f"{sources.__name__}.{each.name}")).values()
        if isinstance(value, Source)
    }
    assert written == set(BY_KEY)


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.key)
def test_declarations_hold_together(source):
    keys = [field.key for field in source.fields]
    assert len(keys) == len(set(keys))
    assert any(field.required for field in source.fields)
    assert {tally.measure for tally in source.tallies} <= set(MEASURES)
    for kpi, reason in source.cannot_feed:
        assert kpi in KPIS or kpi in STATISTICS
        assert knows(f"findings.{reason}")
    assert all(knows(f"findings.{code}") for code in source.cautions)
    for key in (source.identity, source.latest, source.document, *source.clock):
        assert key is None or source.field(key)


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.key)
def test_teams_and_items_are_never_people(source):
    table = ibis.table(ibis.Schema.from_pyarrow(source.schema), name="records")
    for expression in (source.team, source.item):
        assert not columns_read(expression, table) & PEOPLE


@pytest.mark.parametrize("source", [s for s in SOURCES if s.tallies], ids=lambda source: source.key)
def test_the_same_expressions_compile_for_postgres(source):
    schema = ibis.Schema.from_pyarrow(source.schema)
    table = ibis.table(schema, name="records").mutate(team_=ibis.literal("a"), item_=ibis.null(str))
    query = run.tally_query(table, list(source.tallies))
    assert "GROUP BY" in str(ibis.to_sql(query, dialect="postgres"))


# Records counted by hand


TICKETS = csv(
    "Id,Group,Status,Via,Created at,Solved at,Satisfaction Score,Group stations,Reopens,"
    "First reply time in minutes",
    "1,North,Closed,Mail,2024-01-03 10:00,2024-01-03 16:00,Good,1,0,30",
    "2,North,Closed,Community,2024-01-31 23:30,2024-02-02 23:30,Bad,2,1,90",
    "3,South,Closed,Mail,2024-01-15 08:00,2024-01-15 09:30,Offered,1,0,",
    "4,South,Open,Mail,2024-02-10 08:00,,Not Offered,1,0,15",
    "5,South,Solved,Mail,2024-02-29 08:00,2024-02-29 18:00,Good,3,2,5",
)


def test_tickets_fall_into_the_month_they_were_opened():
    taken = check([("tickets.csv", TICKETS)])
    january = sums(taken, month="2024-01-01")
    assert january["tickets"] == 3
    assert january["resolution_hours"] == pytest.approx(6 + 48 + 1.5)
    assert (january["ratings"], january["positive_ratings"]) == (2, 1)
    assert (january["first_reply_minutes"], january["replied_tickets"]) == (120, 2)
    assert january["self_service_tickets"] == 1
    assert sums(taken, month="2024-02-01", team="South")["first_group_tickets"] == 1


def test_open_records_mark_only_what_they_may_change():
    rows = check([("tickets.csv", TICKETS)]).frames["observations"]
    february = rows[rows["month"] == "2024-02-01"].groupby("measure")["reason"].unique()
    assert set(february["resolved_tickets"]) == {"records_open"}
    assert set(february["tickets"]) == {""}
    assert set(rows.loc[rows["month"] == "2024-01-01", "reason"]) == {""}


def test_a_place_names_file_rows_and_month():
    rows = check([("tickets.csv", TICKETS)]).frames["observations"]
    place = rows.loc[(rows["team"] == "North") & (rows["item"] == "Mail"), "place"].iloc[0]
    assert place == "tickets.csv, 1 row, opened in 2024-01"


def test_overlapping_exports_count_each_record_once():
    later = TICKETS.replace(
        b"4,South,Open,Mail,2024-02-10 08:00,",
        b"4,South,Solved,Mail,2024-02-10 08:00,2024-03-01 08:00",
    )
    taken = check([("a.csv", TICKETS), ("b.csv", later)])
    assert sums(taken)["tickets"] == 5
    assert sums(taken)["resolved_tickets"] == 5
    repeated = next(f for f in taken.findings if f.code == "repeated_records")
    assert (repeated.count, repeated.facts["records"]) == (5, 5)


def test_an_event_log_counts_the_last_state():
    log = csv(
        "number,opened_at,resolved_at,sys_updated_at,incident_state,reassignment_count,made_sla",
        "INC1,3/1/2024 10:00,?,3/1/2024 10:00,New,0,true",
        "INC1,3/1/2024 10:00,4/1/2024 10:00,4/1/2024 10:00,Closed,2,false",
        "INC2,25/1/2024 10:00,25/1/2024 11:00,25/1/2024 11:00,Closed,0,true",
    )
    taken = check([("log.csv", log)])
    counted = sums(taken)
    assert (counted["tickets"], counted["sla_met_tickets"], counted["first_group_tickets"]) == (
        2,
        1,
        1,
    )
    assert counted["resolution_hours"] == 25


def test_columns_that_are_not_there_give_no_measure_instead_of_zero():
    lines = TICKETS.decode().replace("Reopens", "Remark").encode()
    assert "reopened_tickets" not in sums(check([("tickets.csv", lines)]))
    assert "tickets" in sums(check([("tickets.csv", lines)]))


def test_money_adds_up_to_the_cent():
    amounts = [f"{n / 100:.2f}" for n in range(1, 2000, 7)]
    head = "Body Name,Organisational Unit,Paid Date,Trans No,Amount,Type,Supplier Name"
    rows = [
        f"X,Unit,{1 + i % 28:02}/03/2024,{i},{a},Revenue,S{i % 12}" for i, a in enumerate(amounts)
    ]
    spend = sums(check([("spend.csv", csv(head, *rows))]))["spend"]
    assert Decimal(str(spend)) == sum(map(Decimal, amounts))


def test_documents_of_several_lines_count_once():
    lines = csv(
        "Purchasing Document,Item,Document Date,Net Order Value,Currency,Name of Supplier,"
        "Outline Agreement,Deletion Indicator",
        "4500000001,10,2024-01-05,100.00,EUR,Ada,,",
        "4500000001,20,2024-01-05,50.00,EUR,Ada,K1,",
        "4500000002,10,2024-01-30,30.00,EUR,Bob,,L",
    )
    counted = sums(check([("me2n.csv", lines)]))
    # the second order has nothing left but a deleted line: it is no order any more
    assert counted == {"purchase_orders": 1, "order_spend": 150, "contract_spend": 50}


def test_peers_are_known_once_the_user_list_is_there():
    topics = csv(
        "topic_id,topic_title,category_name,created_at,user_id,solution_user_id,reply_count,views",
        "1,a,x,2024-01-03,9,1,2,10",
        "2,b,x,2024-01-28,9,2,1,10",
        "3,c,x,2024-01-29,9,,0,10",
    )
    users = csv(
        "id,name,username,trust_level,admin,moderator",
        "1,n,u1,4,true,false",
        "2,n,u2,1,false,false",
        "9,n,u9,1,false,false",
    )
    alone = check([("topics.csv", topics)])
    assert "peer_answered_questions" not in sums(alone)
    assert "no_staff_peer_column" in {f.code for f in alone.findings}
    both = sums(check([("topics.csv", topics), ("users.csv", users)]))
    assert (both["questions"], both["answered_questions"], both["peer_answered_questions"]) == (
        3,
        2,
        1,
    )


def test_uploading_posts_and_daily_series_counts_nothing_twice():
    posts = csv(
        "Post title,Post link,Post type,Created date,Impressions,Clicks,Likes,Comments,Reposts",
        "A,https://x/1,Organic,01/13/2024,100,3,5,1,2",
        "B,https://x/2,Organic,01/31/2024,50,1,4,0,0",
    )
    daily = csv(
        "Date,Impressions (organic),Impressions (sponsored),Impressions (total),Clicks (total),"
        "Reactions (total),Comments (total),Reposts (total)",
        "01/13/2024,90,10,100,3,5,1,2",
        "01/31/2024,50,0,50,1,4,0,0",
    )
    both = sums(check([("posts.csv", posts), ("daily.csv", daily)]))
    assert (both["reactions"], both["posts"], both["post_impressions"]) == (9, 2, 150)
    assert both["organic_impressions"] == 140
    assert both["engagements"] == 3 + 5 + 1 + 2 + 1 + 4


def test_records_without_dates_give_totals_and_no_months():
    ads = csv(
        "ad_id,Impressions,Clicks,Spent,Total_Conversion,Approved_Conversion",
        "1,1000,10,2.50,4,1",
        "2,3000,30,7.25,6,2",
    )
    taken = check([("ads.csv", ads)])
    assert not len(taken.frames.get("observations", ()))
    told = {f.facts["key"]: f.facts["value"] for f in taken.findings if f.code == "no_dates"}
    assert told["cost_per_acquisition"] == pytest.approx(9.75 / 3)
    assert told["click_rate"] == 0.01


@pytest.mark.parametrize(("answers", "told"), [(4, False), (5, True)])
def test_records_without_dates_tell_nothing_of_fewer_than_five_people(answers, told):
    observations = pd.DataFrame(
        {
            "measure": ["promoters", "passives", "detractors", "impressions", "clicks"],
            "value": [answers - 1.0, 0.0, 1.0, 2.0, 1.0],
            "currency": "",
        }
    )
    counted = run.Counted(observations, observations.iloc[:0], answers, 0, None, ())
    found = list(remarks.totals(BY_KEY["qualtrics_nps"], Place("survey.csv"), counted))
    keys = {finding.facts["key"] for finding in found}
    assert ("net_promoter_score" in keys) is told
    assert "click_rate" in keys, "a share of no people is told however few"


# The month that is not over


def daily(start: str, end: str, step: int = 1) -> pd.DatetimeIndex:
    return pd.date_range(start, end, freq=f"{step}D")


@pytest.mark.parametrize(
    ("days", "as_of", "expected"),
    [
        (daily("2024-01-01", "2024-03-31"), None, None),
        (daily("2024-01-01", "2024-03-28"), None, None),
        (daily("2024-01-01", "2024-03-27"), None, "2024-03-01"),
        (daily("2024-01-01", "2024-03-15"), None, "2024-03-01"),
        (daily("2023-01-02", "2024-03-11", 7), None, None),
        (daily("2023-01-02", "2024-03-04", 7), None, "2024-03-01"),
        (daily("2024-01-01", "2024-03-31"), date(2024, 3, 30), "2024-03-01"),
        (daily("2024-01-01", "2024-03-31"), date(2024, 3, 31), None),
        (daily("2024-01-01", "2024-03-28"), date(2024, 5, 1), None),
    ],
)
def test_month_not_over(days, as_of, expected):
    found = run.month_not_over([days], days[-1], as_of)
    assert found == (pd.Timestamp(expected) if expected else None)


def test_rows_for_whole_months_take_the_end_from_the_other_files():
    ads = csv(
        "Campaign,Month,Currency code,Impr.,Clicks,Cost,Conversions",
        "A,2024-01,EUR,10,1,1.00,1",
        "A,2024-02,EUR,10,1,1.00,1",
    )
    tickets = TICKETS.replace(b"2024-02-29 08:00,2024-02-29 18:00", b"2024-02-12 08:00,")
    rows = check([("ads.csv", ads), ("tickets.csv", tickets)]).frames["observations"]
    ours = rows[rows["function"] == "marketing"].groupby("month")["reason"].unique()
    assert set(ours["2024-01-01"]) == {""}
    assert set(ours["2024-02-01"]) == {"month_not_over"}


# Statistics come from records


def test_supplier_counts_of_a_quarter_are_not_sums_of_months():
    head = "Body Name,Organisational Unit,Paid Date,Trans No,Amount,Type,Supplier Name"
    rows = [
        "X,U1,05/01/2024,1,60,Revenue,Ada",
        "X,U1,05/02/2024,2,30,Revenue,Ada",
        "X,U2,31/03/2024,3,10,Revenue,Bob",
    ]
    frame = check([("spend.csv", csv(head, *rows))]).frames["statistics"]
    value = frame.set_index(["team", "period", "month", "statistic"])["value"].sort_index()
    quarter = value["all", "quarter", pd.Timestamp("2024-01-01")]
    assert quarter["active_suppliers"] == 2
    assert quarter["supplier_concentration"] == pytest.approx(0.9**2 + 0.1**2)
    assert quarter["top_ten_spend_share"] == 1
    assert value["U1", "quarter", pd.Timestamp("2024-01-01"), "active_suppliers"] == 1


def test_the_same_records_give_the_same_statistics_to_the_last_digit_in_order():
    random = np.random.default_rng(3)
    head = "Body Name,Organisational Unit,Paid Date,Trans No,Amount,Type,Supplier Name"
    amounts = random.lognormal(5, 2, 3000)
    rows = [
        f"X,U{i % 7},{i % 28 + 1:02d}/{i % 12 + 1:02d}/2024,{i},{amount:.2f},Revenue,S{i % 397}"
        for i, amount in enumerate(amounts)
    ]
    first = check([("spend.csv", csv(head, *rows))]).frames["statistics"]
    again = check([("spend.csv", csv(head, *rows))]).frames["statistics"]
    assert len(first) > 300
    pd.testing.assert_frame_equal(first, again, check_exact=True)
    keys = ["team", "period", "month"]
    one = first[first["statistic"] == "supplier_concentration"].reset_index(drop=True)
    assert one[keys].equals(one[keys].sort_values(keys, ignore_index=True))
    spend = pd.Series(np.round(amounts, 2)).groupby(np.arange(3000) % 397).sum()
    whole = one[(one["team"] == "all") & (one["period"] == "whole")]["value"].item()
    assert whole == pytest.approx(((spend / spend.sum()) ** 2).sum(), rel=1e-12)


def test_fiscal_years_start_where_the_client_says():
    source = BY_KEY["public_spend"]
    days = [pd.Timestamp("2024-03-31"), pd.Timestamp("2024-04-01")]
    table = pa.table(
        {
            "unit": ["U", "U"],
            "paid_on": pa.array(days, pa.timestamp("us")),
            "payment": ["1", "2"],
            "amount": pa.array([1_000_000, 3_000_000]),
            "booking": ["Revenue"] * 2,
            "supplier": ["Ada", "Bob"],
            "row": pa.array([2, 3]),
            "file": ["f.csv"] * 2,
            "unconverted": [False] * 2,
            "as_of": pa.array([None, None], pa.timestamp("us")),
            "first_of_document": pa.array([None, None], pa.bool_()),
        }
    )
    present = frozenset(field.key for field in source.fields)
    counted = run.run(source, {source.key: table}, present, fiscal_year_start=4)
    years = counted.statistics.query("period == 'year' and team == 'all'")
    assert set(years["month"]) == {pd.Timestamp("2023-04-01"), pd.Timestamp("2024-04-01")}
    assert any("GROUP BY" in sql for sql in counted.sql)


# Recognition by headings alone


def blank_table(header: list[str]) -> Table:
    columns = {f"c{i}": pa.array(["1"]) for i in range(len(header))}
    data = pa.table({**columns, "row": pa.array([2])})
    return Table("x.csv", None, tuple(header), tuple(range(len(header))), data)


HEADERS = {
    "zendesk_tickets": "Summation column|Id|Requester|Group|Status|Via|Created at|Solved at",
    "salesforce_cases": "Case Number|Status|Case Origin|Date/Time Opened|Date/Time Closed",
    "hubspot_tickets": "Ticket ID|Ticket status|Pipeline|Source|Create date|Close date",
    "salesforce_opportunities": "Opportunity Name|Stage|Amount|Created Date|Close Date",
    "hubspot_deals": "Record ID|Deal Name|Deal Stage|Amount|Close Date|Create Date",
    "google_ads_campaigns": "Campaign|Day|Impr.|Clicks|Cost|Conversions",
    "meta_ads": "Campaign name|Reporting starts|Amount spent (EUR)|Impressions|Link clicks",
    "linkedin_posts": "Post link|Created date|Likes|Comments|Reposts",
    "meta_content": "Post ID|Publish time|Views|Reactions|Comments|Shares",
    "x_posts": "Tweet id|Tweet permalink|time|impressions|engagements|retweets|replies",
    "sap_goods_receipts": "EBELN|EBELP|BEDAT|NETWR|WAERS|SLFDT|MENGE|WEMNG|BUDAT",
    "purchase_order_lines": "Purchasing Document|Item|Document Date|Net Order Value|Currency",
    "coupa_purchase_orders": "PO Number|Status|Created Date|Supplier|Department|Total",
    "ariba_orders": "[PO] PO Id|[PO]Ordered Date (Date)|sum(PO Spend)|sum(PO Count)",
    "servicenow_incidents": "Number|Opened|State|Channel|Assignment group|Reassignment count",
    "jira_issues": "Summary|Issue key|Issue Type|Status|Created|Resolved",
    "qualtrics_nps": "StartDate|Status|Finished|RecordedDate|ResponseId|Q1_NPS",
    "surveymonkey_nps": "Respondent ID|End Date|How likely is it that you would recommend Halden"
    " to a friend or colleague?",
    "discourse_topics": "topic_id|category_name|created_at|reply_count|views",
    "reviews": "airline_name|date|overall_rating|recommended",
}


@pytest.mark.parametrize(("source", "header"), HEADERS.items(), ids=list(HEADERS))
def test_headings_alone_tell_the_system(source, header):
    names = header.split("|")
    assert mapping.suggest(blank_table(names)).source == source
    shouted = [name.upper().replace(" ", "_") for name in reversed(names)]
    if source != "meta_ads":
        assert mapping.suggest(blank_table(shouted)).source == source


def test_seeded_records_equal_their_pandas_count():
    rng = np.random.default_rng(7)
    n = 3000
    opened = [date(2023, 1, 1) + timedelta(days=int(d)) for d in rng.integers(0, 365, n)]
    group = rng.choice(["A", "B", "C"], n)
    stations = rng.integers(1, 4, n)
    rows = [
        f"{i},{g},Closed,Mail,{o},{o},{s}"
        for i, (g, o, s) in enumerate(zip(group, opened, stations, strict=True))
    ]
    head = "Id,Group,Status,Via,Created at,Solved at,Group stations"
    ours = check([("t.csv", csv(head, *rows))]).frames["observations"]
    ours = ours[ours["measure"] == "first_group_tickets"]
    ours = ours.groupby(["team", "month"])["value"].sum()
    frame = pd.DataFrame({"team": group, "month": pd.to_datetime(opened), "one": stations == 1})
    frame["month"] = frame["month"].dt.to_period("M").dt.to_timestamp()
    theirs = frame.groupby(["team", "month"])["one"].sum()
    assert len(ours) == len(theirs)
    assert (ours.to_numpy() == theirs.to_numpy()).all()
