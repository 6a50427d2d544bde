"""Every KPI is whole: what it reads exists, what a reader sees is written."""

import pytest

from metrics.functions import BY_KEY, FUNCTIONS, KPIS, MEASURES, SHARED
from metrics.model import Better
from metrics.units import COUNT, Kind


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
    if MEASURES[kpi.numerator[0]].unit.kind is Kind.MONEY and kpi.better is Better.LOWER:
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
    unread = set(MEASURES) - read - drivers - {"headcount", "question_views", "line_value"}
    assert not unread


def test_aliases_do_not_collide_within_a_function():
    for function in (*FUNCTIONS, *SHARED):
        names = [n.lower() for m in function.measures for n in (m.header, *m.aliases)]
        assert len(names) == len(set(names)), function.key
