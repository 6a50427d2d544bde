"""The workbook says what the report says, before and after somebody else's program recalculates."""

from __future__ import annotations

import io
import math
import shutil
import subprocess
from dataclasses import replace
from datetime import datetime, time
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from metrics.assumptions import Assumptions
from metrics.business_case import evaluate
from metrics.measures.privacy import ANSWERS, listable_rows
from metrics.model import ALL
from readout import workbook
from readout.brand import Brand
from readout.figures import figures
from tests.support.servers import PATIENCE
from words import say

pytestmark = pytest.mark.slow


CENT = 0.005


@pytest.fixture(scope="module")
def made(sample) -> bytes:
    return workbook.build(sample.report, sample.snapshot, Brand(), "checksum")


def sheet(book: openpyxl.Workbook, key: str):
    return book[say(f"readout.sheet.{key}")]


def table(book: openpyxl.Workbook, key: str) -> pd.DataFrame:
    head, *rows = sheet(book, key).iter_rows(values_only=True)
    return pd.DataFrame(rows, columns=[str(h).lower().replace(" ", "_") for h in head])


@pytest.fixture(scope="module")
def opened(made) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(made), data_only=True)


def test_the_file_names_the_day_of_the_report_not_the_hour_of_writing(opened, sample) -> None:
    assert opened.properties.created == datetime.combine(sample.report.as_of, time())
    assert opened.properties.modified == opened.properties.created


def test_every_figure_and_table_equals_the_report(sample, opened) -> None:
    kept = table(opened, "figures").set_index("key")
    said = figures(sample.report)
    assert len(said) == len(kept)
    for one in said:
        for name in ("value", "low", "high", "n"):
            wanted, found = getattr(one, name), kept.loc[one.key, name]
            assert (found is None or math.isnan(found)) == math.isnan(wanted), one.key
            assert math.isnan(wanted) or found == pytest.approx(wanted, rel=1e-12)
    for name, wanted in workbook.part_frames(sample.report).items():
        if name == "kpi_values":
            wanted = wanted[(wanted["team"] == ALL) & (wanted["item"] == ALL)]
        if wanted.empty:
            continue
        found = table(opened, name)
        assert len(found) == len(wanted)
        for column in wanted.select_dtypes("number"):
            pd.testing.assert_series_equal(
                found[column].astype(float).reset_index(drop=True),
                wanted[column].astype(float).reset_index(drop=True),
                check_names=False,
                rtol=1e-12,
            )


def test_every_observation_stands_there_with_its_source(sample, opened) -> None:
    rows = listable_rows(sample.snapshot["observations"])
    assert (
        set(rows["measure"]) - ANSWERS == set(sample.snapshot["observations"]["measure"]) - ANSWERS
    )
    values, places = table(opened, "observations"), table(opened, "sources")
    months = [c for c in values.columns if c[:2] == "20"]
    assert values.drop(columns=months).equals(places.drop(columns=months))
    assert values[months].astype(float).sum().sum() == pytest.approx(rows["value"].sum(), rel=1e-9)
    assert places[months].notna().sum().sum() == len(rows)
    one = rows[rows["reason"] == ""].iloc[len(rows) // 2]
    same = (values["function"] == one["function"]) & (values["measure"] == one["measure"])
    same &= values["team"] == one["team"]
    month = f"{one['month']:%Y-%m}"
    assert (values[same][month].astype(float) == one["value"]).any()
    assert (places[same][month] == one["place"]).any()


def test_text_that_looks_like_a_formula_stays_text(sample) -> None:
    report = sample.report
    case = report.case
    risky = replace(case, flows=case.flows.assign(line="=1+1", team="@SUM(A1)"))
    changed = replace(report, client="=HYPERLINK(0)", parts={**report.parts, "case": risky})
    made = workbook.build(changed, sample.snapshot, Brand(footer="=2+2"), "+3")
    book = openpyxl.load_workbook(io.BytesIO(made))
    ledger = sheet(book, "ledger")
    assert (ledger["D2"].value, ledger["D2"].data_type) == ("=1+1", "s")
    formulas = [
        c.value for page in book for row in page.iter_rows() for c in row if c.data_type == "f"
    ]
    allowed = (
        "=ROUND(",
        "=L",
        "=IF(",
        "=D",
        "=E",
        "=(1+",
        "=C",
        "=F",
        "=SUM",
        "=weight_",
        "=OR(",
        '="–"',
        "=IFERROR(",
    )
    assert formulas
    assert all(f.startswith(allowed) for f in formulas)


def recalculated(data: bytes, folder: Path) -> openpyxl.Workbook:
    """The same workbook after LibreOffice has computed every formula anew."""
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        pytest.skip("LibreOffice is not installed")
    book = openpyxl.load_workbook(io.BytesIO(data))
    for page in list(book):
        if page.title not in {
            say(f"readout.sheet.{k}") for k in ("case", "cash_flow", "ledger", "assumptions")
        }:
            del book[page.title]  # openpyxl drops kept results, so that all must be computed
    book.save(folder / "case.xlsx")
    subprocess.run(
        [
            program,
            "--headless",
            f"-env:UserInstallation=file://{folder}/profile",
            "--convert-to",
            "xlsx:Calc MS Excel 2007 XML",
            "--outdir",
            folder / "out",
            folder / "case.xlsx",
        ],
        check=True,
        capture_output=True,
        timeout=PATIENCE,
    )
    return openpyxl.load_workbook(folder / "out" / "case.xlsx", data_only=True)


def results(book: openpyxl.Workbook) -> dict[str, object]:
    names = {say(f"readout.figure.{key}"): key for key, *_ in workbook.case_sheets.RESULTS}
    return {
        names[row[0]]: row[1]
        for row in sheet(book, "case").iter_rows(values_only=True)
        if row[0] in names
    }


def test_recalculation_gives_the_same_cents(sample, made, tmp_path) -> None:
    case, monthly = sample.report.case, sample.report.case.monthly
    book = recalculated(made, tmp_path)
    found, flow = results(book), table(book, "cash_flow").iloc[:, [0, 2, 3, 4, 5, 7, 8, 9]]
    # Every month and, added up, every year the page shows (month 0 is the initial outlay).
    for at, name in enumerate(
        ("cost", "benefit", "net", "cumulative", "pv_cost", "pv_benefit", "pv_net"), 1
    ):
        computed = flow.iloc[:, at].astype(float)
        assert computed.tolist() == pytest.approx(monthly[name].tolist(), abs=CENT), name
        of_year = computed.groupby((flow.iloc[:, 0] + 11) // 12)
        years = of_year.last() if name == "cumulative" else of_year.sum()
        assert years.tolist() == pytest.approx(case.yearly[name].tolist(), abs=CENT), name
    assert found["npv"] == pytest.approx(case.npv, abs=CENT)
    assert found["pv_costs"] == pytest.approx(monthly["pv_cost"].sum(), abs=CENT)
    assert found["pv_benefits"] == pytest.approx(monthly["pv_benefit"].sum(), abs=CENT)
    assert found["roi"] == pytest.approx(case.roi, abs=1e-9)
    if math.isnan(case.payback_months):
        assert found["payback_months"] == "–"
    else:
        assert found["payback_months"] == pytest.approx(case.payback_months, abs=1e-6)
    if not math.isnan(case.irr):
        assert found["irr"] == pytest.approx(case.irr, abs=1e-6)


def test_changed_assumptions_move_the_result_as_the_product_would(sample, made, tmp_path) -> None:
    """Rate 5 %, evidence B whole, two years: the formulas against our own arithmetic."""
    book = openpyxl.load_workbook(io.BytesIO(made))
    given = {"discount_rate": 0.05, "weight_b": 1.0, "horizon_months": 24}
    for row in sheet(book, "assumptions").iter_rows(min_row=2):
        if row[2].value in given:
            row[1].value = given[row[2].value]
    changed = io.BytesIO()
    book.save(changed)
    flows = sample.report.case.flows
    flows = flows[flows["period"] <= 24]
    earned = flows["kind"].eq("benefit") & flows["grade"].eq("B")
    share = flows["cash"].eq("capacity").map({True: Assumptions()["recapture_factor"], False: 1.0})
    ruled = (flows["weight"] - share * Assumptions()["weight_b"]).abs() < 1e-9
    weight = flows["weight"].where(~(earned & ruled), share)
    counted = (flows["amount"] * weight * flows["factor"]).round(2)
    both = counted.groupby([flows["kind"], flows["period"]]).sum().unstack("kind", fill_value=0)
    both = both.reindex(range(25), fill_value=0).fillna(0)
    wanted = evaluate(both["cost"], both["benefit"], 0.05, monthly=True)
    found = results(recalculated(changed.getvalue(), tmp_path))
    assert found["npv"] == pytest.approx(wanted.npv, abs=0.02)
    assert found["roi"] == pytest.approx(wanted.roi, abs=1e-6)


def test_payback_formula_finds_the_month(sample, tmp_path) -> None:
    """A programme that pays back: 100 spent at once, 30 a month, paid back after 3⅓ months."""
    report = sample.report
    flows = pd.DataFrame(
        {
            "kind": ["cost", *["benefit"] * 5],
            "function": "support",
            "team": "all",
            "line": ["licences", *["line"] * 5],
            "period": [0, 1, 2, 3, 4, 5],
            "amount": [100.0, *[30.0] * 5],
            "grade": ["", *["A"] * 5],
            "cash": ["", *["cashable"] * 5],
            "weight": 1.0,
            "factor": 1.0,
            "counted": [100.0, *[30.0] * 5],
        }
    )
    cost = [100.0, 0, 0, 0, 0, 0]
    benefit = [0.0, *[30.0] * 5]
    wanted = evaluate(cost, benefit, 0.10, monthly=True)
    case = report.case
    monthly = case.monthly.head(6).assign(cost=cost, benefit=benefit)
    monthly["net"] = monthly["benefit"] - monthly["cost"]
    monthly["cumulative"] = monthly["net"].cumsum()
    small = replace(
        case,
        flows=flows,
        monthly=monthly,
        months=5,
        irr=wanted.irr,
        npv=wanted.npv,
        roi=wanted.roi,
        payback_months=wanted.payback_months,
    )
    changed = replace(report, parts={**report.parts, "case": small})
    found = results(recalculated(workbook.build(changed, sample.snapshot, Brand(), ""), tmp_path))
    assert found["payback_months"] == pytest.approx(10 / 3)
    assert found["npv"] == pytest.approx(wanted.npv)
    assert found["irr"] == pytest.approx(wanted.irr, abs=1e-5)


def test_a_client_without_a_case_gets_a_workbook_that_says_why(sample) -> None:
    report = sample.report
    none = replace(report.case, reason="no_programme_costs", flows=pd.DataFrame())
    changed = replace(report, parts={**report.parts, "case": none})
    made = workbook.build(changed, sample.snapshot, Brand(), "")
    book = openpyxl.load_workbook(io.BytesIO(made))
    assert sheet(book, "case")["A3"].value == say("reason.no_programme_costs")


def test_workbook_stays_small(made) -> None:
    assert len(made) < 2_000_000
