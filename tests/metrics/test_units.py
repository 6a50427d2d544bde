"""How a number is written: three figures, its unit, and never a false zero."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.units import (
    COUNT,
    DAYS,
    MONEY,
    NARROW_SPACE,
    NOT_AVAILABLE,
    PER_1000_SPEND,
    PER_QUESTION,
    POINTS,
    SHARE,
    Unit,
    UnitKind,
    abbreviate,
    three_figures,
)


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (0.18, SHARE, "18 %"),
        (0.1847, SHARE, "18.5 %"),
        (1.0, SHARE, "100 %"),
        (1_900_000, MONEY, "€1.9 M"),
        (1_234_567_890, MONEY, "€1.23 bn"),
        (9_994, MONEY, f"€9{NARROW_SPACE}990"),
        (9_996, MONEY, "€10 k"),
        (999_499, MONEY, "€999 k"),
        (999_500, MONEY, "€1 M"),
        (12.345, MONEY, "€12.3"),
        (-34_000, MONEY, "−€34 k"),
        (34, COUNT, "34"),
        (1_234, COUNT, f"1{NARROW_SPACE}230"),
        (11, Unit(UnitKind.DURATION, "months"), "11 months"),
        (-12.5, POINTS, "−12.5"),
        (0.0001234, COUNT, "0.000123"),
        (0, MONEY, "€0"),
        (4.5, PER_1000_SPEND, "€4.5 per 1,000 of spend"),
    ],
)
def test_written_as_a_person_reads_it(value, unit, said) -> None:
    assert unit.write(value, "EUR") == said


def test_a_change_has_its_sign_and_shares_change_by_points() -> None:
    assert SHARE.write(0.031, change=True) == "+3.1 points"
    assert SHARE.write(-0.031, change=True) == "−3.1 points"
    assert MONEY.write(2_000_000, "USD", change=True) == "+$2 M"
    assert COUNT.write(0, change=True) == "0"


def test_the_unit_may_stand_beside_the_number_already() -> None:
    assert DAYS.write(3.2, bare=True) == "3.2"
    assert SHARE.write(0.5, bare=True) == "50"
    assert PER_QUESTION.write(1.5) == "1.5 per question"


def test_other_currencies_are_written_with_their_code() -> None:
    assert MONEY.write(1_000, "THB") == f"THB 1{NARROW_SPACE}000"
    assert MONEY.write(1_000) == f"1{NARROW_SPACE}000"


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, None])
@pytest.mark.parametrize("unit", [COUNT, SHARE, MONEY, POINTS, DAYS])
def test_what_is_not_there_is_a_dash_and_not_a_zero(value, unit) -> None:
    assert unit.write(value, "EUR") == NOT_AVAILABLE


def read(text: str) -> float:
    """The number a person would read."""
    factor = 1.0
    for suffix, scale in ((" bn", 1e9), (" M", 1e6), (" k", 1e3)):
        if text.endswith(suffix):
            text, factor = text.removesuffix(suffix), scale
    return float(text.replace(NARROW_SPACE, "")) * factor


@given(st.floats(1e-3, 9.9e11))
def test_writing_loses_less_than_half_a_third_figure(size) -> None:
    """Three significant figures: at worst half a unit of the third, 0.5 %."""
    for written in (three_figures(size), abbreviate(size)):
        assert read(written) == pytest.approx(size, rel=5.01e-3)
        digits = written.split(" ")[0].replace(NARROW_SPACE, "").replace(".", "").strip("0")
        assert len(digits) <= 3


@given(st.floats(1, 9.9e11), st.floats(1, 9.9e11))
def test_more_is_never_written_as_less(one, other) -> None:
    low, high = sorted((one, other))
    assert read(abbreviate(low)) <= read(abbreviate(high))
