"""The forecast engine: closed forms, calibration on known truth, invariances, refusals."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.errors import InvalidInput, NotEnoughData
from metrics.forecast import forecast, forecast_many
from metrics.forecast.cleaning import clean
from metrics.forecast.components import Form, covariance, stepwise
from metrics.forecast.mixture import Basis, predict, weights
from metrics.forecast.scale import SCALES, kind_of, margin
from metrics.forecast.scoring import (
    interval_score,
    naive_scale,
    quantile_bounds,
    seasonal_naive,
    weighted_interval_score,
)

MONTHS = pd.period_range("2021-01", periods=36, freq="M").to_timestamp()


def wavy(n: int = 36, seed: int = 0, level: float = 100.0) -> pd.Series:
    rng = np.random.default_rng(seed)
    t = np.arange(n)
    values = level + 10 * np.sin(2 * np.pi * t / 12) + rng.normal(0, 3, n)
    index = pd.period_range("2021-01", periods=n, freq="M").to_timestamp()
    return pd.Series(values, index=index, name="wavy")


def form(**parts: float) -> Form:
    nothing = dict.fromkeys(
        ("noise", "persistence", "level", "slope", "slope_change", "season", "season_change"), 0.0
    )
    return Form(**{**nothing, "damping": 1.0, **parts})


def test_random_walk_form_forecasts_the_last_value_with_square_root_growth():
    values = np.array([[3.0, 5.0, 4.0, 8.0, 7.0]])
    basis = Basis((form(level=1.0),), 9, 12)
    mixture = predict(values, np.array([5]), 4, basis)
    np.testing.assert_allclose(mixture.middle[0, 0], 7.0, rtol=1e-4)
    # mean square of the changes 2, -1, 4, -1
    np.testing.assert_allclose(mixture.spread[0, 0], np.sqrt(22 / 4), rtol=1e-4)
    future = basis.factor[0, 5:, 5:]
    np.testing.assert_allclose(np.sqrt((future**2).sum(axis=1)), np.sqrt([1, 2, 3, 4]), rtol=1e-3)


def test_noise_form_forecasts_the_mean():
    values = np.array([[3.0, 5.0, 4.0, 8.0]])
    mixture = predict(values, np.array([4]), 3, Basis((form(noise=1.0),), 7, 12))
    np.testing.assert_allclose(mixture.middle[0, 0], 5.0, rtol=1e-4)
    np.testing.assert_allclose(mixture.spread[0, 0], np.std(values, ddof=1), rtol=1e-4)


def test_quarters_see_the_months_of_the_same_form():
    """Changes of means of m steps of a random walk: (2m² + 1)/3m, and (m² - 1)/6m (Working 1960)."""
    (walk, noise) = stepwise((form(level=1.0), form(noise=1.0)), 6, 4)
    differ = np.diff(np.eye(6), axis=0)
    changes = differ @ walk @ differ.T
    np.testing.assert_allclose(np.diag(changes), 19 / 9, atol=1e-5)
    np.testing.assert_allclose(np.diag(changes, 1), 8 / 18, atol=1e-5)
    np.testing.assert_allclose(np.diag(changes, 2), 0, atol=1e-5)
    np.testing.assert_allclose(np.diag(differ @ noise @ differ.T), 2 / 3, atol=1e-5)


def test_evidence_matches_the_multivariate_normal_of_changes():
    """With the level unknown, the likelihood is that of the changes, its scale profiled out."""
    values = np.array([2.0, 3.5, 3.0, 5.0, 4.0])
    forms = (form(noise=1.0), form(level=1.0), form(noise=0.5, level=0.5, slope=0.1))
    found = predict(values[None], np.array([5]), 1, Basis(forms, 6, 3)).evidence[0]
    differ = np.diff(np.eye(5), axis=0)
    expected = []
    for one in forms:
        changes = differ @ covariance(one, np.arange(5), 3) @ differ.T
        size = np.diff(values) @ np.linalg.solve(changes, np.diff(values))
        expected.append(-0.5 * 4 * np.log(size) - 0.5 * np.linalg.slogdet(changes)[1])
    np.testing.assert_allclose(found - found[0], np.array(expected) - expected[0], atol=1e-3)


def test_damped_slope_covariance_matches_simulation():
    one = form(slope=0.4, damping=0.8, slope_change=0.1)
    rng = np.random.default_rng(3)
    slope = rng.normal(0, np.sqrt(0.4), 40_000)
    total, seen = np.zeros(40_000), [np.zeros(40_000)]
    for _ in range(5):
        total = total + slope
        seen.append(total)
        slope = 0.8 * slope + rng.normal(0, np.sqrt(0.1), 40_000)
    steps = np.arange(6)
    expected = covariance(one, steps, 12) - covariance(form(), steps, 12)
    np.testing.assert_allclose(np.cov(np.array(seen)), expected, rtol=0.05, atol=0.02)


def test_shorter_history_in_a_panel_equals_the_same_history_alone():
    long, short = wavy(48, 1).to_numpy(), wavy(30, 2).to_numpy()
    forms = (form(noise=1.0, season=1.0), form(level=1.0))
    padded = np.array([long, np.pad(short, (0, 18), "edge")])
    together = predict(padded, np.array([48, 30]), 6, Basis(forms, 54, 12))
    alone = predict(short[None], np.array([30]), 6, Basis(forms, 36, 12))
    np.testing.assert_allclose(together.middle[1], alone.middle[0])
    np.testing.assert_allclose(together.evidence[1], alone.evidence[0])


def test_weights_sum_to_one_and_survive_hopeless_forms():
    found = weights(np.array([[-1000.0, -1000.0, -np.inf]]))
    np.testing.assert_allclose(found, [[0.5, 0.5, 0.0]])


def test_scores_by_hand():
    history = np.array([1.0, 2.0, 4.0, 3.0, 5.0, 4.0])
    assert naive_scale(history, 2) == pytest.approx((3 + 1 + 1 + 1) / 4)
    np.testing.assert_array_equal(seasonal_naive(history, 3, 2), [5, 4, 5])
    assert interval_score(np.array(7.0), np.array(1.0), np.array(5.0), 80) == pytest.approx(24)
    score = weighted_interval_score(
        np.array([7.0]), np.array([4.0]), np.array([[[1.0], [5.0]]]), [80]
    )
    assert score[0] == pytest.approx((0.5 * 3 + 0.1 * 24) / 1.5)


def test_bounds_hold_an_independent_draw_at_the_nominal_rate():
    rng = np.random.default_rng(0)
    hits = []
    for _ in range(2000):
        low, high = quantile_bounds(rng.normal(size=(39, 1)), [80])[0]
        hits.append(low[0] <= rng.normal() <= high[0])
    assert np.mean(hits) == pytest.approx(0.8, abs=0.03)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([0.1, 0.9], "share"),
        ([0.0, 1.0], "nonnegative"),
        ([0.0, 7.0], "nonnegative"),
        ([-0.1, 0.5], "real"),
    ],
)
def test_kind_is_read_from_the_values(values, kind):
    assert kind_of(np.array(values)) == kind


@pytest.mark.parametrize("kind", ["nonnegative", "share"])
def test_scales_return_and_their_jacobian_is_the_slope(kind):
    values = np.array([[0.2, 0.5, 0.7]])
    edge = margin(values, kind)
    for scale in SCALES[kind]:
        np.testing.assert_allclose(scale.inverse(scale.forward(values, edge), edge), values)
        slope = (scale.forward(values + 1e-6, edge) - scale.forward(values - 1e-6, edge)) / 2e-6
        np.testing.assert_allclose(scale.log_jacobian(values, edge), np.log(slope), atol=1e-6)


def test_a_clear_season_is_repeated():
    future = forecast(wavy(48), 12, kind="nonnegative", folds=0).path.query("level == 80")
    expected = 100 + 10 * np.sin(2 * np.pi * np.arange(12) / 12)
    assert np.abs(future["mean"] - expected).max() < 5
    assert future["period"].iloc[0] == pd.Timestamp("2025-01-01")


@pytest.mark.parametrize(("persistence", "drift"), [(0.0, 0.0), (0.6, 0.0), (1.0, 0.2)])
def test_intervals_cover_simulated_futures(persistence, drift):
    """Known truth: stationary noise, autocorrelated noise, random walk with drift."""
    rng = np.random.default_rng(11)
    shocks = rng.normal(size=(120, 48))
    series = np.zeros_like(shocks)
    for t in range(48):
        series[:, t] = (persistence * series[:, t - 1] if t else 0) + shocks[:, t] + drift
    panel = {str(i): pd.Series(50 + row[:36]) for i, row in enumerate(series)}
    done = forecast_many(panel, 12, season=12, folds=0, draws=400).forecasts
    inside, sums = [], []
    for i, row in enumerate(series):
        actual = 50 + row[36:]
        path = done[str(i)].path.query("level == 80")
        total = done[str(i)].sums.query("level == 80").iloc[-1]
        inside.append((path["low"] <= actual) & (actual <= path["high"]))
        sums.append(total["low"] <= actual.sum() <= total["high"])
    # 80 % less three standard errors (0.3 / √120 each, months of a series going together); no gross
    # excess either. A walk with a drift is the hardest: 36 months hardly tell it from a wandering one.
    assert 0.72 <= np.mean(inside) <= 0.92
    assert 0.70 <= np.mean(sums) <= 0.95


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000), st.integers(14, 40))
def test_shares_and_counts_stay_possible(seed, n):
    rng = np.random.default_rng(seed)
    share = pd.Series(np.clip(rng.beta(0.6, 0.4, n), 0, 1))
    share.iloc[:2] = [0.0, 1.0]
    count = pd.Series(rng.poisson(0.7, n).astype(float))
    count.iloc[:2] = [0.0, 1.0]
    for series, kind, top in ((share, "share", 1.0), (count, "nonnegative", np.inf)):
        found = forecast(series, 7, kind=kind, folds=0, draws=200)
        assert np.isfinite(found.paths).all()
        assert found.paths.min() >= 0
        assert found.paths.max() <= top
        assert (found.path["low"] <= found.path["mean"]).all()
        assert (found.path["mean"] <= found.path["high"]).all()


@settings(max_examples=6, deadline=None)
@given(st.floats(1e-3, 1e6))
def test_changing_the_unit_changes_only_the_unit(factor):
    plain = forecast(wavy(), 6, kind="nonnegative", folds=0, draws=200)
    scaled = forecast(wavy() * factor, 6, kind="nonnegative", folds=0, draws=200)
    columns = ["mean", "low", "high"]
    np.testing.assert_allclose(scaled.path[columns], plain.path[columns] * factor, rtol=1e-6)


def test_adding_a_constant_to_a_real_series_moves_it_along():
    plain = forecast(wavy(), 6, folds=0, draws=200)
    moved = forecast(wavy() + 1e4, 6, folds=0, draws=200)
    columns = ["mean", "low", "high"]
    np.testing.assert_allclose(moved.path[columns], plain.path[columns] + 1e4, rtol=1e-8)


def test_levels_nest_and_sums_come_from_the_paths():
    found = forecast(wavy(), 6, kind="nonnegative", folds=0)
    wide = found.path.pivot(index="period", columns="level")
    assert (wide["low"][95] <= wide["low"][80]).all()
    assert (wide["high"][50] <= wide["high"][80]).all()
    total = found.sums.query("level == 95").iloc[-1]
    low, high = quantile_bounds(found.paths.sum(axis=1), [95])[0]
    assert (total["low"], total["high"]) == pytest.approx((low, high))
    assert total["mean"] == pytest.approx(found.path.query("level == 95")["mean"].sum())
    added = found.path.query("level == 95")
    assert total["high"] - total["low"] < (added["high"] - added["low"]).sum()
    mean = forecast(wavy(), 6, kind="nonnegative", folds=0, adds="mean").sums
    np.testing.assert_allclose(mean["mean"] * mean["horizon"], found.sums["mean"])


def test_same_seed_same_forecast_whatever_the_company():
    panel = {"wavy": wavy(), "other": wavy(60, 5)}
    alone = forecast(wavy(), 6, folds=0)
    company = forecast_many(panel, 6, folds=0).forecasts["wavy"]
    np.testing.assert_allclose(company.paths, alone.paths, rtol=1e-9)
    assert not np.allclose(forecast(wavy(), 6, folds=0, seed=1).paths, alone.paths)


def test_backtest_counts_and_beats_the_last_value_on_a_season():
    test = forecast(wavy(60), 12, kind="nonnegative").backtest
    assert test is not None
    assert test.folds == 4
    assert test.mase < test.mase_last_value
    assert test.verdict in {"better", "similar", "worse"}
    assert 0.5 <= test.coverage[80] <= 1


def test_backtest_never_sees_what_it_is_scored_on():
    """Values after the last origin change no back-test forecast, only how it is scored."""
    calm, wrecked = wavy(60), wavy(60)
    wrecked.iloc[-4:] += 1000  # with 12 ahead the last origin leaves four points
    before, after = forecast(calm, 12).backtest, forecast(wrecked, 12).backtest
    assert before is not None
    assert after is not None
    scale = 1000 / (before.bias - after.bias) * 4 * after.folds / after.points
    plain = np.mean([naive_scale(calm.to_numpy()[:n], 12) for n in (48, 51, 53, 56)])
    assert scale == pytest.approx(plain, rel=0.02)


def test_too_short_for_a_backtest_says_so():
    test = forecast(wavy(13), 6).backtest
    assert test is not None
    assert test.verdict == "too_short"
    assert np.isnan(test.mase)


def notes_of(series: pd.Series, **options) -> dict:
    return {note.code: note.facts for note in forecast(series, 3, folds=0, **options).notes}


def test_constant_series_gives_its_value_and_no_invented_spread():
    found = forecast(pd.Series(5.0, index=MONTHS), 3)
    assert (found.path["mean"] == 5).all()
    assert found.path[["low", "high"]].isna().all().all()
    assert [note.code for note in found.notes][-1] == "constant"


def test_gaps_zeros_and_short_history_are_reported():
    holes = wavy()
    holes.iloc[[4, 20]] = np.nan
    assert notes_of(holes)["gaps"]["count"] == 2
    assert notes_of(holes.drop(holes.index[10]))["gaps"]["count"] == 3
    assert notes_of(wavy(14))["no_season"] == {"have": 14, "need": 18}
    zeros = wavy().clip(lower=0)
    zeros.iloc[3] = 0
    assert notes_of(zeros, kind="nonnegative")["zeros"]["count"] == 1


def test_a_gap_is_filled_from_its_season():
    whole, holes = wavy(48), wavy(48)
    holes.iloc[27] = np.nan
    a = forecast(whole, 6, folds=0).path["mean"]
    b = forecast(holes, 6, folds=0).path["mean"]
    assert np.abs(a - b).max() < 2


def test_a_slip_of_the_pen_is_reported_and_hardly_moves_the_forecast():
    slipped = wavy(48)
    slipped.iloc[20] *= 10
    facts = notes_of(slipped, kind="nonnegative")["outlier"]
    assert facts["handled"]
    assert facts["period"].startswith("2022-09")
    a = forecast(wavy(48), 6, kind="nonnegative", folds=0).path
    b = forecast(slipped, 6, kind="nonnegative", folds=0).path
    assert np.abs(a["mean"] - b["mean"]).max() < 2
    assert (b["high"] - b["low"]).max() < 1.5 * (a["high"] - a["low"]).max()


def test_a_level_shift_is_found_where_it_happened():
    shifted = wavy(48)
    shifted.iloc[30:] += 120
    facts = notes_of(shifted)["level_shift"]
    assert facts["period"].startswith("2023-07")
    future = forecast(shifted, 6, folds=0).path["mean"]
    assert future.between(195, 240).all()


@pytest.mark.parametrize(
    ("series", "options", "code"),
    [
        (pd.Series([np.nan] * 36, index=MONTHS), {}, "no_values"),
        (wavy(), {"horizon": 0}, "invalid_horizon"),
        (wavy(), {"horizon": 121}, "invalid_horizon"),
        (wavy() * 1e120, {}, "beyond_numbers"),
        (pd.Series(range(13), index=range(0, 39, 3)), {}, "mostly_gaps"),
        (wavy(), {"seed": -1}, "invalid_seed"),
        (wavy(), {"levels": (80, np.nan)}, "invalid_levels"),
        (wavy() - 200, {"kind": "nonnegative"}, "negative_values"),
        (wavy(), {"kind": "share"}, "outside_share"),
        (pd.Series(range(13), index=[0, *range(12)]), {}, "duplicate_periods"),
        (wavy().replace(wavy().iloc[3], np.inf), {}, "infinite_values"),
        (wavy(), {"levels": (80, 100)}, "invalid_levels"),
        (wavy(), {"draws": 3}, "invalid_draws"),
        (wavy(), {"adds": "product"}, "invalid_adds"),
        (wavy(), {"season": 0}, "invalid_season"),
        (pd.Series(range(20), index=list("abcdefghijklmnopqrst")), {}, "unknown_period"),
    ],
)
def test_refusals(series, options, code):
    with pytest.raises(InvalidInput) as caught:
        forecast(series, options.pop("horizon", 3), **options)
    assert caught.value.code == code


def test_one_departure_in_a_constant_is_kept_because_nothing_else_moves():
    values = pd.Series([7.0] * 12 + [50.0] + [7.0] * 12)
    found = forecast(values, 6, kind="nonnegative")
    assert np.isfinite(found.path[["mean", "low", "high"]].to_numpy()).all()
    assert {n.code: n.facts for n in found.notes}["outlier"]["handled"] is False


def test_a_past_moved_to_a_new_level_stays_possible():
    rng = np.random.default_rng(3)
    for n in range(20, 40):
        values = np.r_[np.zeros(n // 2), rng.gamma(1, 100, n - n // 2)]
        cleaned, _ = clean(values, 12, "nonnegative", pd.RangeIndex(n))
        assert cleaned.min() >= 0


def test_only_the_last_thirteen_years_count():
    long = forecast(pd.Series(np.r_[np.full(500, 1e9), np.arange(156.0)]), 3, folds=0)
    short = forecast(pd.Series(np.arange(156.0), index=range(500, 656)), 3, folds=0)
    pd.testing.assert_frame_equal(long.path, short.path)
    assert {n.code: n.facts for n in long.notes}["shortened"] == {"count": 500, "used": 156}


@pytest.mark.parametrize("n", [1, 11])
def test_too_little_history(n):
    with pytest.raises(NotEnoughData) as caught:
        forecast(wavy(n), 3)
    assert (caught.value.have, caught.value.need) == (n, 12)


def test_one_bad_series_does_not_stop_the_others():
    found = forecast_many({"good": wavy(), "bad": wavy(5)}, 3, folds=0)
    assert list(found.forecasts) == ["good"]
    assert list(found.refused) == ["bad"]


def test_a_longer_horizon_prolongs_the_same_futures():
    short, long = (forecast(wavy(), h, levels=(80, 95), folds=0) for h in (2, 12))
    np.testing.assert_allclose(short.paths, long.paths[:, :2], rtol=1e-8)
    columns = ["mean", "low", "high"]
    for name in ("path", "sums"):
        ahead, further = getattr(short, name)[columns], getattr(long, name)[columns]
        np.testing.assert_allclose(ahead, further[: len(ahead)], rtol=1e-8)
