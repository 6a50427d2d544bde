"""Designs, verdicts and refusals: hand-computed figures, properties, small simulations."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from metrics.effects import DESIGN_NAMES, Panel, Status, Verdict, all_designs, estimate
from metrics.effects import difference_in_differences as unit_means
from metrics.effects.choice import choose
from metrics.effects.simplex import simplex_weights
from metrics.effects.synthetic_difference_in_differences import gap as synthetic_gap
from metrics.errors import InvalidInput, NotEnoughData


def noise(generator, months, units, rho=0.6):
    shocks = generator.standard_normal((months, units))
    series = shocks.copy()
    for row in range(1, months):
        series[row] = rho * series[row - 1] + np.sqrt(1 - rho**2) * shocks[row]
    return series


def company(seed=0, months=36, treated=5, controls=5, effect=0.0, rho=0.6, start=18):
    generator = np.random.default_rng(seed)
    values = 100 + generator.normal(0, 8, treated + controls)
    values = values + 3 * noise(generator, months, treated + controls, rho)
    values += 5 * np.sin(2 * np.pi * np.arange(months)[:, None] / 12)
    values[start:, :treated] += effect
    return Panel(pd.DataFrame(values), dict.fromkeys(range(treated), start), season=12)


def test_members_against_non_members():
    """Published: members +50, non-members +20, effect 30 per member."""
    outcome = pd.DataFrame(
        [[100.0, 102, 98, 80, 82, 78], [150, 153, 147, 100, 101, 99]], columns=list("abcxyz")
    )
    fit = unit_means.fit(Panel(outcome, dict.fromkeys("abc", 1)))
    assert fit.estimate == pytest.approx(30)


def test_unit_means_interval_is_the_two_sample_t():
    panel = company(1)
    change = panel.values[18:].mean(axis=0) - panel.values[:18].mean(axis=0)
    known = stats.ttest_ind(change[:5], change[5:]).confidence_interval(0.95)
    fit = unit_means.fit(panel)
    assert (fit.low, fit.high) == pytest.approx((known.low, known.high))


def test_many_units_use_the_welch_interval():
    panel = company(2, treated=12, controls=15, months=8, start=4)
    change = panel.values[4:].mean(axis=0) - panel.values[:4].mean(axis=0)
    known = stats.ttest_ind(change[:12], change[12:], equal_var=False).confidence_interval(0.9)
    fit = unit_means.fit(panel, level=90)
    assert (fit.low, fit.high) == pytest.approx((known.low, known.high))


def test_staggered_cells_by_hand():
    """Units a (from 1) and b (from 2) against x, y; base is the last period before each start."""
    outcome = pd.DataFrame({"a": [1.0, 5, 6], "b": [2.0, 3, 9], "x": [1.0, 2, 3], "y": [3.0, 3, 5]})
    fit = unit_means.fit(Panel(outcome, {"a": 1, "b": 2}))
    cells = [(5 - 1) - 0.5, (6 - 1) - 2.0, (9 - 3) - 1.5]
    assert fit.estimate == pytest.approx(np.mean(cells))
    assert fit.effects == pytest.approx([(cells[0] + cells[2]) / 2, cells[1]])


def test_not_yet_treated_serve_until_their_start():
    outcome = pd.DataFrame({"a": [1.0, 5, 6], "b": [2.0, 3, 9], "c": [2.5, 3.5, 9]})
    fit = unit_means.fit(Panel(outcome, {"a": 1, "b": 2, "c": 2}))
    assert fit.estimate == pytest.approx((5 - 1) - 1)
    assert fit.notes[0].code == "effect_cells_without_controls"


def test_series_and_before_after_find_a_step():
    panel = company(3, effect=10.0)
    for design in ("series", "difference-in-differences", "before-after"):
        effect = estimate(panel, design=design)
        assert effect.low < 10 < effect.high
        assert effect.path["actual"].sub(effect.path["expected"])[18:].mean() == pytest.approx(
            effect.estimate
        )


def test_simplex_weights_match_a_general_optimiser():
    from scipy.optimize import minimize

    generator = np.random.default_rng(4)
    sources, target = generator.normal(size=(12, 5)), generator.normal(size=12)
    weights = simplex_weights(sources, target, ridge=0.3)
    known = minimize(
        lambda w: ((sources @ w - target) ** 2).sum() + 0.3 * w @ w,
        np.full(5, 0.2),
        bounds=[(0, 1)] * 5,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1},
        options={"ftol": 1e-14, "maxiter": 500},
    ).x
    assert weights.sum() == pytest.approx(1)
    assert weights == pytest.approx(known, abs=1e-5)


def test_synthetic_control_recovers_an_exact_mixture():
    generator = np.random.default_rng(5)
    controls = generator.normal(50, 5, (20, 6))
    treated = controls @ np.array([0.5, 0.3, 0.2, 0, 0, 0])
    treated[12:] += 7
    outcome = pd.DataFrame(np.column_stack([treated, controls]))
    fit = all_designs(Panel(outcome, {0: 12}))["synthetic-control"]
    assert fit.estimate == pytest.approx(7)
    assert fit.weights.to_numpy() == pytest.approx([0.5, 0.3, 0.2, 0, 0, 0], abs=1e-8)


def test_synthetic_difference_ignores_the_levels_of_units():
    panel = company(6, treated=1, controls=12, effect=5.0)
    moved = panel.outcome + np.linspace(-40, 40, 13)
    before, after = np.arange(18), np.arange(18, 36)
    gaps = [
        synthetic_gap(v[:, 0], v[:, 1:], before, after, 1)[0][18:].mean()
        for v in (panel.values, moved.to_numpy())
    ]
    assert gaps[0] == pytest.approx(gaps[1])


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    constant=st.floats(-50, 50),
    scale=st.floats(0.1, 10),
    design=st.sampled_from(("difference-in-differences", "series")),
)
def test_constants_and_common_shocks_leave_an_effect_and_scales_scale_it(
    seed, constant, scale, design
):
    panel = company(seed, effect=4.0)
    shock = np.random.default_rng(seed + 1).normal(0, 20, len(panel.outcome))
    moved = Panel((panel.outcome + constant).add(shock, axis=0) * scale, panel.starts, season=12)
    plain, other = all_designs(panel)[design], all_designs(moved)[design]
    assert other.estimate == pytest.approx(plain.estimate * scale, rel=1e-6)
    assert other.high - other.low == pytest.approx((plain.high - plain.low) * scale, rel=1e-4)


@pytest.mark.parametrize(("treated", "controls", "rho"), [(5, 5, 0.6), (1, 3, 0.6), (2, 4, 0.8)])
def test_headline_intervals_hold_their_promise(treated, controls, rho):
    """150 companies: 95 % intervals cover in 90 % at least (three standard errors below 95)."""
    truth, covered = 4.0, []
    for seed in range(150):
        panel = company(seed, treated=treated, controls=controls, rho=rho, effect=truth)
        fit = choose(panel)[0].fit(panel)
        covered.append(fit.low <= truth <= fit.high)
    assert np.mean(covered) >= 0.90


def test_clear_effect_is_caused_and_nothing_is_not_shown():
    assert estimate(company(11, effect=15.0)).verdict is Verdict.CAUSED
    nothing = estimate(company(12))
    assert nothing.verdict is Verdict.NOT_SHOWN
    assert nothing.minimum_detectable == pytest.approx(2.8016 * nothing.standard_error, rel=1e-3)


def test_no_controls_is_at_best_went_with():
    panel = company(13, effect=30.0)
    alone = Panel(panel.outcome.loc[:, :4], panel.starts, season=12)
    effect = estimate(alone)
    assert (effect.design, effect.verdict) == ("before-after", Verdict.WENT_WITH)


def test_drift_before_the_start_takes_the_word_caused_away():
    panel = company(14, effect=4.0)
    outcome = panel.outcome.copy()
    outcome.loc[:, :4] = outcome.loc[:, :4].add(np.arange(36) * 0.8, axis=0)
    effect = estimate(Panel(outcome, panel.starts, season=12))
    trends = next(check for check in effect.checks if check.name == "parallel pre-trends")
    assert trends.status is Status.FAIL
    assert trends.facts["slope"] == pytest.approx(0.8, abs=0.25)
    assert effect.verdict is not Verdict.CAUSED


def test_drifting_single_unit_with_many_controls_is_weighted():
    panel = company(15, treated=1, controls=12)
    outcome = panel.outcome.copy()
    outcome[0] += np.arange(36) * 1.5
    effect = estimate(Panel(outcome, {0: 18}, season=12))
    assert effect.design == "synthetic-difference-in-differences"


def test_ramp_and_end_choose_the_cells():
    panel = company(16, effect=6.0)
    early = panel.values[:24]
    shorter = Panel(panel.outcome, panel.starts, end=23, ramp=3)
    change = early[21:].mean(axis=0) - early[:18].mean(axis=0)
    fit = unit_means.fit(shorter)
    assert fit.estimate == pytest.approx(change[:5].mean() - change[5:].mean())
    effect = estimate(panel, ramp=6, design="difference-in-differences")
    assert effect.cells == 5 * 12


def test_already_treated_units_serve_neither_side():
    panel = company(17)
    effect = estimate(Panel(panel.outcome, {**panel.starts, 9: 0}, season=12))
    assert 9 not in effect.controls
    assert 9 not in effect.treated
    assert any(note.code == "effect_units_set_aside" for note in effect.notes)


def test_relative_is_blank_below_zero():
    panel = company(18)
    effect = estimate(Panel(panel.outcome - 500, panel.starts))
    assert np.isnan(effect.relative.estimate)
    assert effect.relative.reason == "effect_level_not_positive"


def test_every_design_answers_or_says_what_is_missing():
    found = all_designs(company(19, months=4, start=1))
    assert set(found) == set(DESIGN_NAMES)
    assert isinstance(found["series"], NotEnoughData)
    assert found["series"].facts == {"have": 1, "need": 8, "what": "periods before the start"}
    assert found["difference-in-differences"].low < found["difference-in-differences"].high


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda o: Panel(o, {"nobody": 1}), "effect_no_such_unit"),
        (lambda o: Panel(o, {}), "effect_nobody_treated"),
        (lambda o: Panel(o, {0: 99}), "effect_start_outside"),
        (lambda o: Panel(o.replace(o.iloc[3, 1], np.nan), {0: 18}), "effect_gap"),
        (
            lambda o: Panel(o.assign(**{"0": 1}).rename(columns={0: -1}), {"0": 18}),
            "effect_constant",
        ),
        (lambda o: Panel(o.iloc[::-1], {0: 18}), "effect_periods_unordered"),
        (lambda o: estimate(Panel(o, {0: 18}), level=5), "effect_level_outside"),
        (lambda o: estimate(Panel(o, {0: 18}), design="guess"), "effect_no_such_design"),
    ],
)
def test_contradictions_are_refused_with_a_code(change, code):
    with pytest.raises(InvalidInput) as refusal:
        change(company(20).outcome)
    assert refusal.value.code == code


def test_treatment_from_the_first_period_has_no_before():
    with pytest.raises(NotEnoughData):
        Panel(company(21).outcome, {0: 0})


def test_noiseless_data_get_a_number_but_no_verdict():
    outcome = pd.DataFrame({"m": [100.0] * 10 + [150] * 5, "n": [100.0] * 10 + [120] * 5})
    effect = estimate(Panel(outcome, {"m": 10}))
    assert effect.estimate == pytest.approx(30)
    assert effect.verdict is Verdict.CANNOT_TELL


def test_one_treated_unit_is_never_surer_than_its_own_periods_allow():
    """Comparison units that happen to move alike say nothing of the noise of the treated one."""
    designs = ("difference-in-differences", "synthetic-difference-in-differences")
    widened = 0
    for seed in range(20):
        generator = np.random.default_rng(seed)
        values = 100 + 2 * generator.standard_normal((24, 4))
        values[:, 1:] = 100 + 0.2 * generator.standard_normal((24, 3))
        values[12:, 0] += 15
        fits = all_designs(Panel(pd.DataFrame(values), {0: 12}))
        own = fits["series"]
        for fit in (fits[name] for name in designs):
            assert fit.high - fit.low >= (own.high - own.low) * (1 - 1e-9)
            widened += "effect_noise_at_least_series" in {note.code for note in fit.notes}
            # by hand: noise 2, twelve months on either side
            assert fit.high - fit.low > 2 * 2 * np.sqrt(2 / 12)
    assert widened >= 20
