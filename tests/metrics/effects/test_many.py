"""Ramps, persistence, survival and many effects at once, against worked figures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from metrics.effects import Panel, estimate
from metrics.effects.many import discoveries, shrink
from metrics.effects.ramp import persistence, ramp
from metrics.effects.survival import give_up
from metrics.errors import InvalidInput, NotEnoughData


def company(seed, shape, treated=6, controls=6, months=40, start=16):
    generator = np.random.default_rng(seed)
    values = 100 + generator.normal(0, 1, (months, treated + controls))
    values[start:, :treated] += np.asarray(shape)[: months - start, None]
    return Panel(pd.DataFrame(values), dict.fromkeys(range(treated), start), unit="EUR")


def test_ramp_is_the_published_six_month_curve():
    assert ramp(np.array([0, 3, 6, 12])) == pytest.approx([0.1, 0.5, 0.9, 0.99863], abs=1e-5)


def test_steady_level_and_ramp_are_recovered():
    months = np.arange(24)
    fit = estimate(company(1, 10 * ramp(months + 1.0)), design="difference-in-differences").fit
    found = persistence(fit)
    assert found.steady.low < 10 < found.steady.high
    assert found.steady.estimate == pytest.approx(10, abs=1)
    assert found.months_to_90.low <= 6 <= found.months_to_90.high
    assert found.half_life.reason == "not_stopped"


def test_half_life_after_stopping_is_recovered():
    months = np.arange(24)
    shape = 10 * ramp(months + 1.0) * 0.5 ** (np.clip(months - 11, 0, None) / 4)
    fit = estimate(company(2, shape), design="difference-in-differences").fit
    found = persistence(fit, stopped=12)
    assert found.half_life.low <= 4 <= found.half_life.high
    assert found.half_life.high < 12


def test_an_effect_that_stays_is_not_given_a_short_half_life():
    fit = estimate(company(3, np.full(24, 10.0)), design="difference-in-differences").fit
    assert persistence(fit, stopped=12).half_life.estimate > 24


def test_survival_by_hand():
    """Five initiatives: given up at 2 and 4, still running at 3, 6 and 8."""
    found = give_up(np.array([2, 3, 4, 6, 8]), np.array([1, 0, 1, 0, 0], dtype=bool))
    assert found.reaching == pytest.approx(4 / 5 * 2 / 3)
    alive = found.curve.set_index("month")["survival"]
    assert 1 - alive[4] / alive[3] == pytest.approx(1 / 3)
    assert 0 < found.low < found.reaching < found.high < 1


def test_nobody_given_up_has_an_exact_lower_bound():
    found = give_up(np.array([6, 7, 9]), np.zeros(3, dtype=bool))
    assert (found.reaching, found.low) == pytest.approx((1, 0.025 ** (1 / 3)))


def test_survival_refuses_nonsense():
    with pytest.raises(NotEnoughData):
        give_up(np.array([]), np.array([]))
    with pytest.raises(InvalidInput):
        give_up(np.array([-1]), np.array([True]))


def test_winners_are_shrunk_by_the_published_weight():
    """Estimate 6, standard error 3, prior deviation 2: weight .3077, 1.846."""
    found = shrink(np.array([6.0]), np.array([3.0]), prior_deviation=2.0).iloc[0]
    assert found["weight"] == pytest.approx(0.3077, abs=1e-4)
    assert found["shrunk"] == pytest.approx(1.846, abs=1e-3)


def test_shrinking_removes_the_winners_curse():
    generator = np.random.default_rng(4)
    truth = generator.normal(0, 2, 400)
    estimates = truth + generator.normal(0, 3, 400)
    found = shrink(estimates, np.full(400, 3.0))
    best = np.argsort(estimates)[-40:]
    assert (estimates[best] - truth[best]).mean() > 2
    assert abs((found["shrunk"].to_numpy()[best] - truth[best]).mean()) < 0.8
    covered = (found["low"] <= truth) & (truth <= found["high"])
    assert covered.mean() == pytest.approx(0.95, abs=0.04)


def test_false_discoveries_by_hand():
    """p = .01, .02, .03, .5 adjust to .04, .04, .04, .5 (Benjamini, Hochberg)."""
    from scipy import stats

    base = estimate(company(5, np.zeros(24)))
    effects = [
        replace(base, estimate=float(stats.norm.isf(p / 2)), standard_error=1.0)
        for p in (0.01, 0.02, 0.03, 0.5)
    ]
    found = discoveries(effects)
    assert found["adjusted"].to_numpy() == pytest.approx([0.04, 0.04, 0.04, 0.5])
    assert list(found["found"]) == [True, True, True, False]
