"""Every KPI is whole: what it reads exists, what a reader sees is written."""

import re

import pandas as pd
import pytest

from ingest.intake import check
from metrics.frames import OBSERVATIONS
from metrics.functions import BY_KEY, FUNCTIONS, KPI_OWNER, KPIS, MEASURES, SHARED, STATISTICS
from metrics.measures.kpis import kpi_values
from metrics.model import Benchmark, Better, Timing
from metrics.units import COUNT, UnitKind


@pytest.mark.parametrize("kpi", KPIS.values(), ids=lambda k: k.key)
def test_kpi_is_whole(kpi):
    assert all(measure in MEASURES for measure in kpi.measures)
    assert kpi.title
    assert kpi.help.endswith(".")
    assert kpi.source
    assert kpi.pitfall
    assert kpi.scale > 0
    if kpi.driver:
        assert kpi.driver in MEASURES
    if MEASURES[kpi.numerator[0]].unit.kind is UnitKind.MONEY and kpi.better is Better.LOWER:
        assert kpi.driver or kpi.key == "expedite_share", "a cost KPI names its demand driver"
    if kpi.proportion:
        assert all(MEASURES[m].unit == COUNT for m in kpi.measures), "counts only"


def test_keys_are_unique():
    for kind in ("measures", "kpis", "statistics"):
        keys = [thing.key for function in BY_KEY.values() for thing in getattr(function, kind)]
        assert len(keys) == len(set(keys))


def test_every_function_of_the_card_has_six_indicators():
    for function in FUNCTIONS:
        assert len(function.kpis) + len(function.statistics) >= 6
        assert function.kpi(function.headline).driver
        assert function.measure(str(function.cost))


def test_every_measure_is_read_by_an_indicator_or_is_a_driver():
    read = {m for kpi in KPIS.values() for m in kpi.measures}
    drivers = {kpi.driver for kpi in KPIS.values()}
    unread = (
        set(MEASURES)
        - read
        - drivers
        - {"headcount", "question_views", "line_value", "price_index"}
    )
    assert not unread


def test_aliases_do_not_collide_within_a_function():
    for function in (*FUNCTIONS, *SHARED):
        names = [n.lower() for m in function.measures for n in (m.header, *m.aliases)]
        assert len(names) == len(set(names)), function.key


CODES = {
    "MK": range(1, 9),
    "SU": range(1, 10),
    "SA": range(1, 9),
    "SC": range(1, 9),
    "PR": range(1, 9),
    "PI": range(1, 8),
    "HR": range(1, 9),
    "PC": range(1, 7),
    "PA": range(1, 7),
    "IT": range(1, 7),
    "AD": range(1, 13),
}


def test_every_entry_of_the_catalogue_is_declared():
    sources = " ".join(one.source for one in (*KPIS.values(), *STATISTICS.values()))
    named = set(re.findall(r"\b(?:" + "|".join(CODES) + r")\d+\b", sources))
    assert {f"{code}{n}" for code, numbers in CODES.items() for n in numbers} <= named


def test_there_are_ten_functions_and_no_name_means_two_of_them():
    assert len(FUNCTIONS) == 10
    names = [n.lower() for f in BY_KEY.values() for n in {f.key, f.title.lower(), *f.aliases}]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("kpi", KPIS.values(), ids=lambda k: k.key)
def test_what_a_kpi_reads_reaches_the_block_of_its_function(kpi):
    assert set(kpi.measures) <= BY_KEY[KPI_OWNER[kpi.key]].reads
    assert kpi.boundary in ("internal", "external")
    assert kpi.constituency in (
        "prospects",
        "customers",
        "partners",
        "suppliers",
        "employees",
        "other",
    )
    assert kpi.unit.kind is not UnitKind.SHARE or kpi.scale == 1
    if kpi.multinomial:
        assert kpi.numerator == (kpi.denominator[0], f"-{kpi.denominator[-1]}")


def test_no_heading_means_measures_of_two_functions():
    names = [n.lower() for m in MEASURES.values() for n in {m.header.lower(), *m.aliases}]
    assert len(names) == len(set(names)), {n for n in names if names.count(n) > 1}


def test_reputation_has_drivers_and_advertising_value_has_no_place():
    words = " ".join(
        f"{one.key} {one.help}".lower() for one in (*MEASURES.values(), *KPIS.values())
    )
    assert not re.search(r"advertising.value|\bave\b|\bemv\b|media value", words)
    for function in FUNCTIONS:
        assert {kpi.timing for kpi in function.kpis} != {Timing.LAGGING}


@pytest.mark.parametrize("gap", [{"source": ""}, {"year": 0}, {"n": 0}])
def test_a_benchmark_needs_source_year_and_n(gap):
    whole = {"value": 5.83, "what": "median", "source": "APQC", "year": 2014, "n": 1_485}
    assert Benchmark(**whole).n == 1_485
    with pytest.raises(ValueError, match="source, year and n"):
        Benchmark(**(whole | gap))


def test_a_kpi_adds_measures_of_two_functions():
    """Marketing 600 and selling 1,400 for 8 new customers: 250 each."""
    rows = [
        ("marketing", "marketing_cost", "North", 200.0),
        ("marketing", "marketing_cost", "South", 400.0),
        ("sales", "selling_cost", "all", 1400.0),
        ("company", "new_customers", "all", 8.0),
    ]
    observations = OBSERVATIONS.conform(
        pd.DataFrame(rows, columns=["function", "measure", "team", "value"]).assign(
            item="all", constituency="all", month=pd.Timestamp("2026-01-01")
        )
    )
    values = kpi_values(observations).query("kpi == 'customer_acquisition_cost'")
    found = values.set_index("team")["value"]
    assert found["all"] == 250
    assert found[["North", "South"]].isna().all()  # nobody said what selling cost in them


@pytest.mark.slow
def test_a_sheet_of_every_new_function_is_read_by_its_headings():
    """Each measure, under its heading and under every other name, comes back as itself."""
    for function in FUNCTIONS[5:]:
        for names in (
            [m.header for m in function.measures],
            [m.aliases[0] if m.aliases else m.key for m in function.measures],
        ):
            cells = ",".join(["Month", "Team", *(f'"{name}"' for name in names)])
            figures = ",".join("10" for _ in names)
            file = f"{cells}\n2026-01,North,{figures}\n2026-02,North,{figures}\n"
            taken = check([(f"{function.key}.csv", file.encode())]).frames["observations"]
            taken = taken[taken["month"] == "2026-01-01"].set_index("measure")
            assert set(taken.index) == {measure.key for measure in function.measures}
            assert (taken["function"] == function.key).all()
            assert (taken["value"] == 10).all()
