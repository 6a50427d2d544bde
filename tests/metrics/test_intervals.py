"""Standard errors, intervals and chances: one arithmetic, equal to published tables."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.power import zt_ind_solve_power
from statsmodels.stats.proportion import proportion_confint

from metrics.effects.many import shrink
from metrics.intervals import (
    bounds,
    comparable_error,
    detectable_errors,
    error_of,
    pool_effects,
    quantile,
    wilson,
)

FINITE = {"allow_nan": False, "allow_infinity": False}


@pytest.mark.parametrize(
    ("level", "freedom", "expected"),
    [
        (80, np.inf, 1.2816),
        (95, np.inf, 1.9600),
        (99, np.inf, 2.5758),
        (95, 1, 12.706),
        (95, 10, 2.228),
        (80, 5, 1.476),
    ],
)
def test_quantiles_are_those_of_the_printed_tables(level, freedom, expected) -> None:
    """Fisher and Yates, Statistical Tables (1938): table III."""
    assert quantile(level, freedom) == pytest.approx(expected, rel=4e-4)


@given(
    mean=st.floats(-1e6, 1e6, **FINITE),
    error=st.floats(1e-3, 1e6, **FINITE),
    level=st.floats(50, 99.9, **FINITE),
)
def test_an_interval_gives_back_the_error_it_was_made_of(mean, error, level) -> None:
    assert error_of(*bounds(mean, error, level), level) == pytest.approx(error, rel=1e-5)


def test_a_missing_bound_leaves_the_error_missing() -> None:
    assert np.isnan(error_of([np.nan, 1.0], [2.0, np.nan], 95)).all()


def test_designs_are_compared_by_the_width_of_their_95_per_cent() -> None:
    half = float(quantile(95, 4)) * 3.0
    assert error_of(-half, half, 95) == pytest.approx(comparable_error(3.0, 4))


def test_an_effect_of_the_detectable_size_is_found_as_often_as_said() -> None:
    """Two arms of 50: the effect in deviations solved by another library."""
    solved = zt_ind_solve_power(nobs1=50, alpha=0.05, power=0.8)
    assert detectable_errors(95) * np.sqrt(2 / 50) == pytest.approx(solved, rel=1e-4)


def test_effects_that_agree_are_pooled_as_one_and_those_that_differ_by_their_scatter() -> None:
    """By hand: with equal errors the variance between is the scatter less that of the errors."""
    assert pool_effects(np.full(4, 0.1), np.full(4, 0.05)) == pytest.approx((0.1, 0.05 / 2))
    effects = np.array([-0.2, 0.1, 0.4])
    between = 0.3**2 - 0.05**2
    expected = np.sqrt(between + (between + 0.05**2) / 3)
    assert pool_effects(effects, np.full(3, 0.05)) == pytest.approx((0.1, expected), rel=1e-4)


def test_shares_have_the_interval_of_another_library() -> None:
    low, high = wilson(np.array([0, 3, 10]), np.array([10, 10, 10]), 90)
    for count, ours in zip((0, 3, 10), zip(low, high, strict=True), strict=True):
        theirs = proportion_confint(count, 10, alpha=0.10, method="wilson")
        assert ours == pytest.approx(theirs, abs=1e-12)


def test_a_shrunk_effect_has_the_error_of_a_normal_prior() -> None:
    """The error read off the shrunk interval is the posterior deviation of a normal prior."""
    found = shrink([0.2], [0.1], prior_deviation=0.3, level=80)
    posterior = 1 / np.sqrt(1 / 0.1**2 + 1 / 0.3**2)
    assert error_of(found["low"], found["high"], 80) == pytest.approx(posterior)
