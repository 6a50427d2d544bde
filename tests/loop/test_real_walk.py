"""Five real exports, untouched, dropped by a newcomer; then the second month of each.

Nothing is mapped by hand: files go in as their publishers wrote them, what is saved gives the
published reference figures, and a following month is read without a question.
"""

from __future__ import annotations

import io

import pandas as pd
import pytest

from loop import reports, review
from metrics.functions import FUNCTIONS, KPIS
from metrics.model import Profile
from tests.support.places import DATA
from workspaces.access import LOCAL, enter
from workspaces.store import Store

pytestmark = pytest.mark.slow


CLIENT = Profile(
    "Newcomer", tuple(f.key for f in FUNCTIONS), currency="USD", exchange_rates={"GBP": 1.3}
)


def files(*patterns: str) -> list[tuple[str, bytes]]:
    paths = [path for pattern in patterns for path in sorted(DATA.glob(pattern))]
    if len(paths) < len(patterns):
        pytest.skip(f"real data not found: {', '.join(patterns)} under ATTUNE_DATA={DATA}")
    return [(path.name, path.read_bytes()) for path in paths]


@pytest.fixture
def store(tmp_path):
    store = Store.open(str(tmp_path / "a.sqlite"))
    store.client = store.create_client(CLIENT, "tests")
    store.workspace = enter(store, LOCAL, store.client)
    yield store
    store.close()


def test_five_untouched_exports_give_the_published_figures(store):
    given = files(
        "support/incident_event_log.zip",
        "supply_chain/SCMS_Delivery_History_Dataset.csv",
        "advocacy/skytrax_seat_reviews.csv",
        "procurement/expenditure-over-500-*.csv",
        "sales/sales_pipeline.csv",
        "sales/products.csv",
        "sales/sales_teams.csv",
    )
    found = review.examine(store.workspace, given)
    assert all(table.source for table in found.tables), "every table is recognised by its headings"
    assert all(not table.by for table in found.tables)
    number = review.save(store.workspace, 1, given, found)
    sums = store.snapshot(store.client)["observations"].groupby("measure")["value"].sum()

    def overall(key: str) -> float:
        kpi = KPIS[key]
        top = sum(sums[term] for term in kpi.numerator)
        return float(top / sum(sums[term] for term in kpi.denominator) * kpi.scale)

    assert overall("sla_met") == pytest.approx(0.6342, abs=5e-5)
    assert overall("first_group_resolution") == pytest.approx(0.5437, abs=5e-5)
    assert overall("win_rate") == pytest.approx(0.6315, abs=5e-5)
    assert overall("on_time_delivery") == pytest.approx(0.8851, abs=5e-5)
    assert sums["won_value"] == pytest.approx(10_005_534)
    report = reports.report(store.workspace, number)
    assert {"support", "supply_chain", "procurement", "sales", "advocacy"} <= set(
        report.measures.values["function"]
    )
    moved = {one["kpi"] for one in review.summaries(store.workspace)[number]}
    assert {"sla_met", "win_rate", "on_time_delivery"} <= moved


SETS = (
    (
        "support/incident_event_log_sample.csv",
        "opened_at",
        "%d-%m-%Y %H:%M",
        "tickets",
        lambda rows: rows["number"].nunique(),
    ),
    (
        "supply_chain/SCMS_Delivery_History_Dataset.csv",
        "Scheduled Delivery Date",
        "%d-%b-%y",
        "lines_due",
        len,
    ),
    ("advocacy/skytrax_seat_reviews.csv", "date", "%Y-%m-%d", "reviews", len),
    ("procurement/expenditure-over-500-jan-mar-2016.csv", "paid_date", "%d/%m/%Y", "payments", len),
    ("marketing/Live.csv", "status_published", "%m/%d/%Y %H:%M", "posts", len),
)


@pytest.mark.parametrize(
    ("name", "column", "written", "measure", "count"),
    SETS,
    ids=[name.split("/")[-1] for name, *_ in SETS],
)
def test_the_second_month_needs_no_mapping(store, name, column, written, measure, count):
    ((file, data),) = files(name)
    rows = pd.read_csv(io.BytesIO(data), dtype=str, keep_default_na=False, encoding="utf-8-sig")
    month = pd.to_datetime(rows[column], format=written, errors="coerce").dt.to_period("M")
    full = month.value_counts().sort_index()
    first, second = full[full >= 30].index[-2:] if len(full) > 1 else full.index[:2]

    def of(period) -> list[tuple[str, bytes]]:
        text = rows[month == period].to_csv(index=False)
        return [(f"{period} {file}", text.encode())]

    for number, period in enumerate((first, second), 1):
        given = of(period)
        found = review.examine(store.workspace, given)
        assert [table.source for table in found.tables] != [None]
        assert not [f for f in found.findings if f.severity.value == "error"]
        review.save(store.workspace, number, given, found)
    kept = store.snapshot(store.client)["observations"]
    own = kept[kept["measure"] == measure].groupby("month")["value"].sum()
    for period in (first, second):
        expected = count(rows[month == period])
        assert own[period.to_timestamp()] == pytest.approx(expected, rel=0.02), str(period)
