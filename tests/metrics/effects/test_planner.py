"""The planner against the formula, the design itself, and simulated power."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from metrics.effects import Panel, estimate
from metrics.effects.planner import noise_ahead, plan, power
from metrics.effects.ramp import ramp
from metrics.errors import InvalidInput, NotEnoughData

BEFORE, AFTER, TREATED, CONTROLS = 24, 12, 3, 5


def company(seed: int, effect: float = 0.0, noise: float = 2.0, rho: float = 0.3) -> Panel:
    """Eight teams at 100 with autocorrelated noise; three get a ramped effect."""
    generator = np.random.default_rng(seed)
    shocks = generator.normal(0, noise * np.sqrt(1 - rho**2), (60 + BEFORE + AFTER, 8))
    values = np.zeros_like(shocks)
    for row in range(1, len(values)):
        values[row] = rho * values[row - 1] + shocks[row]
    values = 100 + values[60:]
    values[BEFORE:, :TREATED] += effect * ramp(np.arange(1.0, AFTER + 1))[:, None]
    return Panel(pd.DataFrame(values), dict.fromkeys(range(TREATED), BEFORE))


def test_power_by_hand():
    """1.96 + 0.8416 standard errors are found in 80 of 100 cases; nothing in 5 of 100."""
    assert power(2.8016, 1.0) == pytest.approx(0.8, abs=1e-4)
    assert power(0.0, 1.0) == pytest.approx(0.05, abs=1e-9)
    assert power(-2.8016, 1.0) == power(2.8016, 1.0)


def test_noise_ahead_is_that_of_the_design_itself():
    """After the months there are, the standard error is the one the effect will carry."""
    panel = company(1)
    noise = noise_ahead(panel, months=(AFTER,))
    found = estimate(panel, design="series")
    assert noise["standard_error"].iloc[0] == pytest.approx(found.standard_error, rel=1e-3)


def test_noise_ahead_reads_nothing_of_the_treated_after_the_start():
    calm, loud = company(2), company(2, effect=-30.0)
    pd.testing.assert_frame_equal(
        noise_ahead(calm, months=(6, 12)), noise_ahead(loud, months=(6, 12))
    )


def test_planned_power_is_the_power_simulated():
    """80 % planned: of 150 panels the design finds the effect in 70 to 95 %."""
    errors = [noise_ahead(company(s), months=(AFTER,))["standard_error"].iloc[0] for s in range(30)]
    reached = ramp(np.arange(1, AFTER + 1)).mean()
    effect = 2.8016 * np.mean(errors) / reached
    planned = np.mean(
        [
            plan(pd.DataFrame({"months": [12.0], "standard_error": [e]}), effect, TREATED, CONTROLS)
            .curve["power"]
            .iloc[0]
            for e in errors
        ]
    )
    assert planned == pytest.approx(0.8, abs=0.04)
    found = [estimate_found(company(1000 + s, effect)) for s in range(150)]
    assert 0.70 < np.mean(found) < 0.95


def estimate_found(panel: Panel) -> bool:
    from metrics.effects import series

    return series.fit(panel).significant


def flat(error: float) -> pd.DataFrame:
    months = np.array([1.0, 3, 6, 12, 24])
    return pd.DataFrame({"months": months, "standard_error": np.full(5, error)})


def test_months_wait_for_the_ramp():
    """Equal noise at all lengths: only the ramp decides; 2.5 times the error needs nothing more."""
    reached = {m: ramp(np.arange(1, m + 1)).mean() for m in (1, 3, 6, 12, 24)}
    for months, share in reached.items():
        asked = plan(flat(1.0), 2.8017 / share, 2, 4)
        assert asked.months == months
        row = asked.curve.set_index("months").loc[months]
        assert row["detectable"] == pytest.approx(2.8016 / share, rel=1e-4)
    assert np.isnan(plan(flat(1.0), 2.0, 2, 4).months)


def test_teams_come_out_of_the_comparison_teams():
    """1 of 8 teams: variance 1 + 1/7; 2 and 6: 2/3; 4 and 4: 1/2; more never helps."""
    share = ramp(np.arange(1, 13)).mean()
    one = np.sqrt(8 / 7)
    for teams, variance in ((1, 8 / 7), (2, 2 / 3), (4, 1 / 2)):
        effect = 2.8017 * np.sqrt(variance) / share
        assert plan(flat(one), effect, 1, 7).teams == teams
    assert np.isnan(plan(flat(one), 2.79 * np.sqrt(1 / 2) / share, 1, 7).teams)


def test_sign_does_not_matter_and_nothing_is_refused():
    up, down = plan(flat(1.0), 4.0, 2, 4), plan(flat(1.0), -4.0, 2, 4)
    assert (up.months, up.teams) == (down.months, down.teams)
    for nothing in (0.0, float("nan")):
        with pytest.raises(InvalidInput, match="effect_plan_zero"):
            plan(flat(1.0), nothing, 2, 4)


def test_what_cannot_be_planned_says_so():
    generator = np.random.default_rng(1)
    values = pd.DataFrame(generator.normal(100, 1, (30, 4)))
    with pytest.raises(NotEnoughData):
        noise_ahead(Panel(values, dict.fromkeys(range(4), 20)))
    with pytest.raises(NotEnoughData):
        noise_ahead(Panel(values, {0: 5}))
    with pytest.raises(InvalidInput, match="effect_plan_staggered"):
        noise_ahead(Panel(values, {0: 15, 1: 20}))
