"""Working days: counted by hand, found where they are, not where they are not, and of use."""

import json

import numpy as np
import pandas as pd
import pytest

import cli
from metrics.forecast import forecast, forecast_many
from metrics.forecast.futures import predict_histories
from metrics.forecast.history import CalendarReading, Ready
from metrics.forecast.ratios import Ratio, forecast_ratios
from metrics.forecast.working_days import (
    CODES,
    WorkingDayEffect,
    departure,
    easter,
    find_effects,
    weekdays,
    without_easter,
)


def month(text: str) -> int:
    """12 × year + month, January being 0."""
    year, of_year = text.split("-")
    return 12 * int(year) + int(of_year) - 1


def flow(seed: int, n: int, elasticity: float, code: str = CODES[0], noise: float = 0.03):
    """A monthly volume with level that wanders, season (none for every third), noise and trend."""
    rng = np.random.default_rng(seed)
    months = 12 * 2019 + int(rng.integers(0, 48)) + np.arange(n)
    season = rng.normal(0, 0.1, 12)[months % 12] * (seed % 3 > 0)
    walk = np.cumsum(rng.normal(0, 0.3 * noise, n)) + 0.005 * np.arange(n)
    calendar = elasticity * departure(months, code)
    return np.exp(7 + season + walk + rng.normal(0, noise, n) + calendar), months


def dated(values: np.ndarray, months: np.ndarray) -> pd.Series:
    periods = pd.PeriodIndex.from_ordinals(months[: len(values)] - 12 * 1970, freq="M")
    return pd.Series(values, index=periods, name="volume")


@pytest.mark.parametrize(
    ("text", "days", "less_easter"),
    [
        ("2024-02", 21, 21),  # 29 days from a Thursday
        ("2023-02", 20, 20),
        ("2026-08", 21, 21),  # 31 days from a Saturday
        ("2025-07", 23, 23),  # 31 days from a Tuesday
        ("2024-03", 21, 20),  # Good Friday 29 March
        ("2024-04", 22, 21),  # Easter Monday 1 April
        ("2025-04", 22, 20),
        ("2016-03", 23, 21),  # 25 and 28 March
        ("2016-04", 21, 21),
    ],
)
def test_working_days_by_hand(text, days, less_easter):
    assert weekdays(np.array([month(text)])) == [days]
    assert without_easter(np.array([month(text)])) == [less_easter]


def test_easter_sundays_as_published():
    days = ["1818-03-22", "1943-04-25", "2000-04-23", "2008-03-23", "2024-03-31", "2026-04-05"]
    assert [easter(int(day[:4])) for day in days] == [pd.Timestamp(day) for day in days]


def test_a_calendar_month_departs_from_its_own_mean_only():
    """28 years hold every start of every month: no month is longer than itself on the whole."""
    months = np.arange(12 * 2001, 12 * 2029)
    ratio = np.exp(departure(months, "working_days")).reshape(28, 12)
    np.testing.assert_allclose(ratio.mean(axis=0), 1, atol=2e-3)
    july = weekdays(np.array([month("2025-07")]))[0] / (31 * 5 / 7)
    assert np.exp(departure(np.array([month("2025-07")]), "working_days"))[0] == pytest.approx(
        july, abs=1e-3
    )


def test_no_effect_is_claimed_where_there_is_none():
    claimed = [bool(find_effects(*flow(seed, n, 0.0))) for n in (24, 48) for seed in range(200)]
    assert np.mean(claimed) < 0.02


def test_the_effect_is_found_and_its_interval_holds_it():
    found = [find_effects(*flow(seed, 36, 1.0, CODES[seed % 2])) for seed in range(60)]
    shown_ones = [effects[0] for effects in found if effects]
    assert len(shown_ones) >= 0.9 * len(found)
    assert np.mean([effect.low <= 1 <= effect.high for effect in shown_ones]) >= 0.85
    assert np.mean([effect.elasticity == 1 for effect in shown_ones]) >= 0.85
    half = [find_effects(*flow(seed, 60, 0.5, noise=0.01)) for seed in range(20)]
    assert np.mean([effects[0].elasticity for effects in half if effects]) == pytest.approx(
        0.5, abs=0.05
    )


def test_easter_is_told_from_a_plain_week():
    """Five years of clear data show whether Good Friday and Easter Monday are worked."""
    for code in CODES:
        named = [find_effects(*flow(seed, 60, 1.0, code, noise=0.015)) for seed in range(30)]
        assert np.mean([bool(found) and found[0].code == code for found in named]) >= 0.9


def test_a_gap_does_not_hide_the_effect():
    values, months = flow(4, 48, 1.0, noise=0.02)
    values[[7, 20]] = np.nan
    assert find_effects(values, months)[0].months == 46


@pytest.mark.parametrize(("n", "zero"), [(23, False), (36, True)])
def test_too_short_or_touching_zero_is_left_alone(n, zero):
    values, months = flow(2, n, 1.0, noise=0.005)
    values[5] *= not zero
    assert not find_effects(values, months)


def test_the_next_year_is_forecast_better_and_said():
    panel, blind, actual, scale = {}, {}, {}, {}
    for seed in range(24):
        values, months = flow(seed, 48, 1.0, CODES[seed % 2])
        series = dated(values[:36], months)
        panel[str(seed)], blind[str(seed)] = series, series.reset_index(drop=True)
        actual[str(seed)] = values[36:]
        scale[str(seed)] = np.abs(values[12:36] - values[:24]).mean()
    error = {}
    options = {"kind": "nonnegative", "folds": 0, "draws": 100, "levels": (80,)}
    for name, known in (("with", panel), ("without", blind)):
        made = forecast_many(known, 12, **options).forecasts
        error[name] = np.mean(
            [np.abs(made[k].path["mean"] - actual[k]).mean() / scale[k] for k in known]
        )
    assert error["with"] < 0.9 * error["without"]


def test_what_follows_no_calendar_is_forecast_as_without_dates():
    """Not shown, a mean, a real value, quarters, steps: the very same numbers as before."""
    values, months = flow(8, 36, 0.0)
    assert not find_effects(values, months)
    strong, _ = flow(8, 36, 1.0, noise=0.01)
    quarters = pd.PeriodIndex.from_ordinals(np.arange(36), freq="Q")
    cases = [
        (dated(values, months), {"kind": "nonnegative"}),
        (dated(strong, months), {"kind": "nonnegative", "adds": "mean"}),
        (dated(strong, months), {"kind": "real"}),
        (dated(strong / 1e4, months), {"kind": "share"}),
        (pd.Series(strong, quarters, name="volume"), {"kind": "nonnegative", "season": 12}),
    ]
    for series, options in cases:
        options = {"folds": 2, "draws": 100, "season": 12} | options
        found = forecast(series, 6, **options)
        plain = forecast(series.reset_index(drop=True), 6, **options)
        np.testing.assert_array_equal(found.paths, plain.paths)
        assert found.backtest == plain.backtest
        assert not {note.code for note in found.notes} & set(CODES)


def test_mean_bounds_and_totals_carry_the_calendar_of_the_months_ahead():
    """Hardly any noise: months ahead differ by their working days alone."""
    months = month("2021-01") + np.arange(60)
    rng = np.random.default_rng(0)
    values = 1000 * np.exp(departure(months, CODES[0]) + rng.normal(0, 0.002, 60))
    starts = dated(values[:48], months).to_timestamp()
    found = forecast(starts, 12, kind="nonnegative")
    path = found.path.query("level == 95")
    expected = 1000 * np.exp(departure(months[48:], CODES[0]))
    np.testing.assert_allclose(path["mean"], expected, rtol=0.01)
    assert ((path["low"] < expected * 1.01) & (path["high"] > expected * 0.99)).all()
    total = found.sums.query("level == 95").iloc[-1]
    assert total["mean"] == pytest.approx(path["mean"].sum())
    note = {n.code: n.facts for n in found.notes}["working_days"]
    assert note["elasticity"] == 1
    assert note["low"] < 1 < note["high"]
    assert note["months"] == 48
    assert found.backtest is not None
    assert found.backtest.mase < 0.2 * found.backtest.mase_seasonal_naive


def test_doubt_about_calendar_and_elasticity_is_in_the_interval():
    """Two calendars that differ by a tenth in the third month only; half the futures for each."""
    values = 1000 * np.exp(np.random.default_rng(5).normal(0, 0.01, 36))
    ahead = np.zeros((2, 6))
    ahead[:, 2] = 0.1, -0.1
    effects = [WorkingDayEffect(code, 1.0, 1.0, 0.05, 0.9, 1.1, 36, 0.5) for code in CODES]
    readings = tuple(CalendarReading(values, *pair) for pair in zip(effects, ahead, strict=True))
    futures = predict_histories([Ready(values, readings, ())], 6, 12, "nonnegative")
    point, paths = futures.of(0, 400, np.random.default_rng(0))
    assert paths.shape == (400, 6)
    assert point[2] == pytest.approx(point[1] * np.cosh(0.1), rel=0.01)
    spread = np.log(paths).std(axis=0)
    assert spread[2] == pytest.approx(np.hypot(spread[1], 0.1), rel=0.05)
    assert spread[3] < 1.2 * spread[1]


def test_a_kpi_says_that_its_volume_follows_the_calendar():
    values, months = flow(1, 48, 1.0, noise=0.015)
    volume = dated(values, months).to_timestamp()
    cost = pd.Series(np.random.default_rng(1).normal(5, 0.1, 48), index=volume.index)
    made, _ = forecast_ratios({"cost": Ratio(cost, volume, "nonnegative")}, 6, folds=0, draws=100)
    assert {note.code for note in made["cost"].notes} & set(CODES)


def test_the_command_line_uses_the_calendar_and_says_so(tmp_path, capsys):
    values, months = flow(1, 48, 1.0, noise=0.015)
    rows = dated(values, months)
    table = pd.DataFrame({"series": "orders", "period": rows.index.astype(str), "value": values})
    file = tmp_path / "orders.csv"
    table.to_csv(file, index=False)
    assert cli.main(["forecast", str(file), "--horizon", "6", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    notes = {note["code"]: note for note in answer["notes"]}
    (code,) = set(notes) & set(CODES)
    assert notes[code]["facts"]["months"] == 48
    assert "Mondays to Fridays" in notes[code]["sentence"]
