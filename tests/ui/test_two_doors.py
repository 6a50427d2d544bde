"""What two doors say of the same thing: each test compares two outputs of the product."""

from __future__ import annotations

from contextlib import closing

import pandas as pd
import pytest

from loop import review
from loop.sample import SAMPLE, SAMPLE_AS_OF, sample_profile
from metrics.assumptions import Assumptions
from metrics.functions import KPI_OWNER, KPIS
from metrics.model import ALL
from metrics.report import compute
from tests.support.pages import opened
from ui.business_case import programme
from ui.data.save import figure
from ui.maturity import practice
from workspaces.access import LOCAL, enter
from workspaces.store import Store


@pytest.fixture(scope="module")
def previewed(tmp_path_factory) -> review.Preview:
    """What the Data page says before the files of the sample company are saved."""
    path = tmp_path_factory.mktemp("previewed") / "attune.sqlite"
    files = [(path.name, path.read_bytes()) for path in sorted(SAMPLE.iterdir())]
    with closing(Store.open(str(path))) as store:
        client = store.create_client(sample_profile(), "tests", SAMPLE_AS_OF)
        workspace = enter(store, LOCAL, client)
        return review.preview(workspace, review.examine(workspace, files), "replace")


def test_the_preview_promises_what_the_report_then_says(previewed, sample) -> None:
    changes = sample.report.measures.changes
    said = changes[changes["team"] == ALL].set_index("kpi")["current"].dropna()
    promised = previewed.moves.set_index("kpi")["after"]
    assert len(promised) > 80
    assert set(promised.index) == set(said.index)
    pd.testing.assert_series_equal(
        promised.sort_index(), said.sort_index(), check_names=False, rtol=0
    )


def test_the_preview_writes_what_each_function_shows(previewed, company) -> None:
    promised = previewed.moves.set_index("kpi")["after"]
    compared = set()
    for function in {KPI_OWNER[key] for key in promised.index}:
        tables = [table.value for table in opened("indicators", function=function).dataframe]
        shown = next(table for table in tables if {"kpi", "current"} <= set(table))
        cells = dict(
            zip(
                shown["kpi"].str.replace(r" \([^(]*\)$", "", regex=True),
                shown["current"],
                strict=True,
            )
        )
        for key in (key for key in promised.index if KPI_OWNER[key] == function):
            written, cell = figure(key, promised[key], "EUR"), cells[KPIS[key].title]
            assert written.startswith(cell), (key, written, cell)
            assert written == cell or KPIS[key].unit.name, (key, written, cell)
            compared.add(key)
    assert compared == set(promised.index)


@pytest.mark.parametrize(
    ("recruiting", "said"),
    [(4_700, "hiring is cheaper until month 11"), (100_000, "training is cheaper from the first")],
)
def test_hire_or_train_is_one_sentence_on_both_pages(sample, monkeypatch, recruiting, said) -> None:
    written: list[str] = []
    for place in (programme.st, practice.st):
        monkeypatch.setattr(place, "write", written.append)
        monkeypatch.setattr(place, "altair_chart", lambda chart: None)
    chosen = Assumptions({"hire_recruiting": recruiting})
    report = compute(sample.snapshot, chosen, ("practice",))
    programme.people(report)
    practice.hire(report.practice, report.currency)
    assert len(written) == 2
    assert written[0] == written[1]
    assert said in written[0]
