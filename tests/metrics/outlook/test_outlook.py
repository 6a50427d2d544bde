"""Coherent KPI forecasts, scenarios and their impact, each against a truth that is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.assumptions import Assumptions
from metrics.errors import InvalidInput
from metrics.forecast.coherent import share_out
from metrics.forecast.ratios import Futures, Ratio, forecast_ratios, over_horizons
from metrics.outlook.influence import (
    Hazard,
    Influence,
    apply_effect,
    draw,
    hazard,
    remove_effect,
)
from metrics.outlook.part import ratio_of
from metrics.outlook.scenarios import (
    Plan,
    PlannedFutures,
    booked_costs,
    levers,
    tuned_plan,
    within_budget,
)
from metrics.outlook.teams import reconcile_teams, team_outlook
from metrics.outlook.what_if import chance, what_if

LAST = pd.Timestamp("2026-10-01")
MONTHS = pd.date_range("2026-11-01", periods=12, freq="MS")
NEVER_STOPS = Hazard((1e-9, 1e9), (1e-9, 1e9))


def influence(**more) -> Influence:
    facts = {
        "initiative": "I",
        "start": pd.Timestamp("2024-01-01"),
        "end": pd.NaT,
        "full": -0.10,
        "spread": 0.01,
        "to_90": 6.0,
        "to_90_spread": 0.01,
        "half_life": 6.0,
        "relative": True,
    }
    return Influence(**(facts | more))


def futures(seed=0, level=100.0, months=MONTHS, draws=1000) -> Futures:
    rng = np.random.default_rng(seed)
    value = level * np.exp(np.cumsum(rng.normal(0, 0.02, (draws, 12)), axis=1))
    volume = 1000 * np.exp(rng.normal(0, 0.05, (draws, 12)))
    return Futures(months, value, volume, value.mean(axis=0), volume.mean(axis=0), None, "m", ())


LEVERS = pd.DataFrame(
    {
        "initiative": ["I", "J"],
        "function": ["support"] * 2,
        "kpi": ["cost_per_resolution"] * 2,
        "cost": [100.0, 300.0],
        "saving": [1000.0, np.nan],
        "reached": [0.4, 0.2],
        "open": [0.4, 0.4],
        "teams_open": [3, 3],
        "shown": [True, False],
        "helps": [True, True],
        "running": [True, True],
        "capped": [False, False],
        "action": ["extend", "stop"],
    }
)


def programme(**more) -> PlannedFutures:
    ratio = Ratio(pd.Series(dtype=float), None, "nonnegative")
    facts = {
        "last": LAST,
        "months": MONTHS,
        "base": {"k": futures()},
        "ratios": {"k": ratio},
        "effects": {"k": [influence()]},
        "saving": replace(futures(1), value=np.zeros((1000, 12))),
        "savings": [influence(full=1000.0, spread=1.0, relative=False)],
        "levers": LEVERS,
        "hazard": NEVER_STOPS,
        "extension_effect": 0.5,
        "market_maturity": 0.0,
        "seed": 1,
    }
    return PlannedFutures(**(facts | more))


def test_the_ramp_is_half_at_three_and_nine_tenths_at_six_months():
    months = pd.DatetimeIndex(["2023-12-01", "2024-03-01", "2024-06-01", "2026-01-01"])
    assert influence(full=1.0).path(months) == pytest.approx([0.0, 0.5, 0.9, 1.0], abs=1e-6)


def test_after_a_stop_half_is_gone_after_the_half_life():
    one = influence(full=1.0, end=pd.Timestamp("2026-01-01"))
    before, later = one.path(pd.DatetimeIndex(["2025-12-01", "2026-06-01"]))
    assert later / before == pytest.approx(0.5)


@settings(max_examples=50, deadline=None)
@given(
    value=st.floats(0.05, 0.95),
    effect=st.floats(-0.04, 0.04),
    kind=st.sampled_from(["real", "nonnegative", "share"]),
)
def test_taking_an_effect_out_undoes_putting_it_on(value, effect, kind):
    there = apply_effect(np.array([value]), np.array([effect]), kind)
    assert remove_effect(there, np.array([effect]), kind)[0] == pytest.approx(value)


def test_without_the_programme_a_saving_of_a_tenth_comes_back():
    run = programme()
    plan, _ = run.values("k", Plan())
    bare, _ = run.without("k")
    assert np.mean(plan / bare) == pytest.approx(0.90, abs=0.005)


def test_history_fixes_today_so_only_growth_is_doubtful():
    """A grown effect adds nothing to the spread of the forecast, however badly it is known."""
    sure, unsure = (programme(effects={"k": [influence(spread=s)]}) for s in (0.001, 0.05))
    widths = [
        np.ptp(np.quantile(run.values("k", Plan())[0][:, -1], (0.1, 0.9))) for run in (sure, unsure)
    ]
    assert widths[1] == pytest.approx(widths[0], rel=0.02)
    bare = [np.ptp(np.quantile(run.without("k")[0][:, -1], (0.1, 0.9))) for run in (sure, unsure)]
    assert bare[1] > 1.1 * bare[0]


def test_stopping_extending_and_delay_do_what_they_say():
    run = programme()
    kept = run.flows(Plan())
    assert kept.saving.mean() == pytest.approx(1000, rel=0.01)
    assert kept.cost[0] == pytest.approx(np.full(12, 400.0))
    stopped = run.flows(Plan(stop=("I",)))
    # Half-life six months: the mean over twelve of 0.5^(t/6), t = 1..12.
    left = np.mean(0.5 ** (np.arange(1, 13) / 6))
    assert stopped.saving.mean() == pytest.approx(1000 * left, rel=0.02)
    assert stopped.cost[0] == pytest.approx(np.full(12, 300.0))
    wider = run.flows(Plan(extend=("I",)))
    # open 0.4 / reached 0.4 at half the effect, once it has grown
    assert wider.saving[:, -1].mean() == pytest.approx(1500, rel=0.02)
    assert wider.cost[0, 0] == pytest.approx(500.0)
    later = run.flows(Plan(extend=("I",), delay=6))
    assert later.saving.sum(axis=1).mean() < wider.saving.sum(axis=1).mean()
    assert later.cost[0, 5] == pytest.approx(400.0)


def test_a_cap_keeps_growth_out_and_lets_fading_in():
    young = influence(full=1000.0, spread=1.0, start=pd.Timestamp("2026-08-01"), relative=False)
    open_, capped = (
        programme(savings=[young], levers=LEVERS.assign(capped=c)) for c in (False, True)
    )
    today = young.path(pd.DatetimeIndex([LAST]))[0]
    assert open_.flows(Plan()).saving[:, -1].mean() == pytest.approx(1000, rel=0.02)
    assert capped.flows(Plan()).saving[:, -1].mean() == pytest.approx(today, rel=0.02)
    assert capped.flows(Plan(extend=("I",))).cost[0, 0] == pytest.approx(400.0)


def test_what_is_planned_costs_what_is_booked_and_promises_nothing():
    """One initiative begins next month with its costs entered; a running one is not counted twice."""
    initiatives = pd.DataFrame({"initiative": ["I", "P"], "start": [LAST, MONTHS[1]]})
    costs = pd.DataFrame(
        {
            "initiative": ["I", "P", "P", "P"],
            "month": [MONTHS[0], MONTHS[1], MONTHS[1], MONTHS[3]],
            "amount": [70.0, 5.0, 6.0, 9.0],
        }
    )
    found = booked_costs(initiatives, costs, LAST, MONTHS)
    assert list(found[:5]) == [0, 11, 0, 9, 0]
    plain, planned = programme().flows(Plan()), programme(booked=found).flows(Plan())
    np.testing.assert_array_equal(planned.saving, plain.saving)
    np.testing.assert_allclose(planned.cost - plain.cost, np.tile(found, (1000, 1)))


def test_a_failed_experiment_costs_more_in_an_advanced_market():
    often = Hazard((100.0, 300.0), (100.0, 300.0))
    easy, hard = (programme(hazard=often, market_maturity=m).flows(Plan()) for m in (0.0, 1.0))
    assert hard.cost.sum() > 1.05 * easy.cost.sum()
    assert hard.saving == pytest.approx(easy.saving)


def test_give_up_hazard_starts_at_the_prior_and_follows_the_client():
    none = pd.DataFrame({"start": [], "end": []})
    shape, rate = hazard(none, LAST, 0.5).early
    assert shape / rate == pytest.approx(-np.log(0.5) / 6, rel=1e-6)
    many = pd.DataFrame({"start": [pd.Timestamp("2025-01-01")] * 40, "end": [pd.NaT] * 40})
    shape, rate = hazard(many, LAST, 0.5).early
    assert shape / rate < 0.005
    drawn = draw(
        influence(start=LAST), LAST, 12, 4000, np.random.default_rng(0), hazard(none, LAST, 0.5)
    )
    assert 0.2 < drawn.alive[:, 5].mean() < 0.75


def test_a_budget_drops_extensions_first_then_what_is_not_shown():
    assert within_budget(LEVERS, Plan(extend=("I",), budget=400)).extend == ()
    assert within_budget(LEVERS, Plan(budget=150)).stop == ("J",)
    assert within_budget(LEVERS, Plan(budget=0)).stop == ("J", "I")


@pytest.mark.parametrize(
    ("plan", "code"),
    [
        (Plan(stop=("Nobody",)), "plan_unknown_initiative"),
        (Plan(stop=("I",), extend=("I",)), "plan_stops_and_extends"),
        (Plan(delay=-1), "plan_negative"),
        (Plan(budget=-1.0), "plan_negative"),
    ],
)
def test_a_plan_that_contradicts_itself_is_refused(plan, code):
    with pytest.raises(InvalidInput, match=code):
        within_budget(LEVERS, plan)


def test_a_plan_is_compared_on_the_same_futures():
    found = what_if(programme(), Plan(stop=("J",)))
    cells = found.totals.set_index(["item", "scenario"])
    assert cells.loc[("saving", "difference"), ["mean", "low", "high"]].abs().max() == 0
    assert cells.loc[("cost", "difference"), "mean"] == pytest.approx(-3600)


def test_chance_of_a_target_counts_the_futures_that_are_there():
    target = pd.Series({"kpi": "cost_per_resolution", "value": 100.0, "month": MONTHS[5]})
    paths = np.tile(np.linspace(91, 110, 20)[:, None], (1, 12))
    found = chance(paths, futures(), target)
    assert found["probability"] == pytest.approx(0.5)
    assert found["reached"] == MONTHS[0]
    late = chance(paths, futures(), target.copy().replace({MONTHS[5]: pd.Timestamp("2030-01-01")}))
    assert late["reason"] == "beyond_horizon"
    assert np.isnan(late["probability"])


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(1, 5), factor=st.floats(0.3, 2.0))
def test_parts_add_up_to_the_total_and_stay_within_floor_and_ceiling(seed, count, factor):
    rng = np.random.default_rng(seed)
    ceiling = rng.gamma(2, 50, (count, 30, 4))
    parts = ceiling * rng.uniform(0, 1, ceiling.shape)
    total = np.minimum(parts.sum(axis=0) * factor, ceiling.sum(axis=0))
    out = share_out(parts, total, ceiling)
    np.testing.assert_allclose(out.sum(axis=0), total, rtol=1e-6, atol=1e-6)
    assert (out >= 0).all()
    assert (out <= ceiling * (1 + 1e-9)).all()


def test_teams_and_function_agree_in_every_future():
    whole = futures(0)
    teams = {
        t: replace(
            futures(i, 90 + 10 * i),
            denominator=whole.denominator * s,
            denominator_mean=whole.denominator_mean * s,
        )
        for i, (t, s) in enumerate((("North", 0.5), ("South", 0.6)), 1)
    }
    found = reconcile_teams({"all": whole, **teams}, share=False)
    below = sum(found[t].denominator for t in teams)
    above = sum(found[t].value * found[t].denominator for t in teams)
    np.testing.assert_allclose(below, whole.denominator)
    np.testing.assert_allclose(above / below, whole.value)
    mean = sum(found[t].mean * found[t].denominator_mean for t in teams)
    np.testing.assert_allclose(mean, whole.mean * whole.denominator_mean)


def kpi_series(count: int, seed: int) -> list[tuple[Ratio, float, float]]:
    """Shares of a volume that both move together, with what the next year really was."""
    rng = np.random.default_rng(seed)
    months = pd.date_range("2023-01-01", periods=48, freq="MS")
    made = []
    for _ in range(count):
        volume = 2000 * np.exp(np.cumsum(rng.normal(0, 0.02, 48)))
        odds = np.cumsum(rng.normal(0, 0.05, 48)) + rng.normal(-0.5, 0.5)
        share = rng.binomial(volume.astype(int), 1 / (1 + np.exp(-odds))) / volume.astype(int)
        known = Ratio(
            pd.Series(share[:36], months[:36]), pd.Series(volume[:36], months[:36]), "share"
        )
        made.append(
            (known, float(share[47]), float((share * volume)[36:].sum() / volume[36:].sum()))
        )
    return made


def test_ratio_forecasts_cover_months_and_years():
    """120 simulated shares: month 12 and the whole year inside 80 % about four times in five."""
    made = kpi_series(120, 5)
    found, refused = forecast_ratios(
        {str(i): m[0] for i, m in enumerate(made)}, 12, folds=0, draws=400
    )
    assert not refused
    month = year = 0
    for i, (_, last, whole) in enumerate(made):
        one = found[str(i)]
        assert one.value.min() >= 0
        assert one.value.max() <= 1
        low, high = np.quantile(one.value[:, -1], (0.1, 0.9))
        month += low <= last <= high
        row = over_horizons(one).query("horizon == 12 and level == 80").iloc[0]
        year += row["low"] <= whole <= row["high"]
    # 0.8 ± 3 standard errors of 120 trials
    assert 0.69 <= month / 120 <= 0.91
    assert 0.69 <= year / 120 <= 0.93


def test_a_net_promoter_score_stays_possible():
    rng = np.random.default_rng(2)
    months = pd.date_range("2024-01-01", periods=24, freq="MS")
    near = Ratio(
        pd.Series(np.clip(97 + rng.normal(0, 3, 24), -100, 100), months),
        None,
        "share",
        (-100.0, 100.0),
    )
    one = forecast_ratios({"nps": near}, 12, folds=0)[0]["nps"]
    assert one.value.max() <= 100
    assert one.mean.max() <= 100


@pytest.fixture(scope="module")
def part(sample):
    return sample.report.forecasts


def test_the_sample_covers_its_own_future(sample, part):
    """The world behind the sample goes on for a year: the intervals hold as often as they say."""
    import sys

    from loop import reports

    sys.path.insert(0, str(reports.ROOT / "sample_data"))
    try:
        import truth
        from company import MONTHS as ALL_MONTHS
        from company import simulate
        from programme import INITIATIVES
    finally:
        sys.path.pop(0)
    world = simulate(INITIATIVES).observed
    months = pd.to_datetime([f"{m}-01" for m in ALL_MONTHS])
    inside: dict[int, list[bool]] = {50: [], 80: [], 95: []}
    for kpis in truth.KPIS.values():
        for kpi, terms in kpis.items():
            rows = part.forecasts[part.forecasts["series"] == kpi]
            if rows.empty:
                continue
            top, bottom = terms(world)
            value = truth.SCALE.get(kpi, 1) * top.sum(axis=0) / bottom.sum(axis=0)
            actual = rows["period"].map(pd.Series(value, months))
            hit = (rows["low"] <= actual) & (actual <= rows["high"])
            for level, hits in inside.items():
                inside[level] = [*hits, *hit[rows["level"] == level]]
    assert len(inside[80]) >= 120
    share = {level: np.mean(hits) for level, hits in inside.items()}
    assert 0.35 <= share[50] <= 0.75
    assert 0.70 <= share[80] <= 0.97
    assert share[95] >= 0.90


def test_the_sample_saving_of_next_year_is_covered(sample, part):
    truth = sum(i["saving_next_12_months"] for i in sample.truth["initiatives"])
    row = part.sums.query("series == 'saving-2' and horizon == 12 and level == 80").iloc[0]
    assert row["low"] <= truth <= row["high"]


def test_costs_of_functions_add_up_and_their_sum_is_surer(part):
    at = part.costs[part.costs["level"] == 80]
    whole = at[at["function"] == "company"].set_index("period")
    functions = at[at["function"] != "company"]
    added = functions.groupby("period")[["mean", "low", "high"]].sum()
    np.testing.assert_allclose(whole["mean"], added["mean"])
    assert ((whole["high"] - whole["low"]) < (added["high"] - added["low"])).all()


def test_teams_of_the_sample_are_reconciled(sample):
    report = sample.report
    found = team_outlook(
        sample.snapshot,
        Assumptions(),
        report.measures,
        report.effects,
        report.forecasts.levers,
        "on_time_delivery",
        folds=0,
    )
    assert found.reconciled
    assert found.forecasts["high"].max() <= 1 + 1e-9
    assert set(found.forecasts["team"]) == set(found.history["team"])


def short(values: list[float], start: str = "2026-01-01") -> pd.DataFrame:
    months = pd.date_range(start, periods=len(values), freq="MS")
    return pd.DataFrame(
        {
            "function": "support",
            "team": "all",
            "item": "all",
            "month": months,
            "kpi": "cost_per_resolution",
            "value": values,
            "numerator": values,
            "denominator": 1.0,
            "reason": "",
        }
    )


@pytest.mark.parametrize(
    ("values", "code"),
    [([5.0], "not_enough_data"), ([5.0, 6.0] * 5, "not_enough_data")],
)
def test_too_little_is_refused_with_how_much_there_is(values, code):
    ratio = ratio_of(short(values), "cost_per_resolution")
    found, refused = forecast_ratios({"k": ratio}, 12)
    assert not found
    assert refused["k"].code == code
    assert refused["k"].facts["have"] == len(values)


def test_a_month_that_is_not_over_is_no_history():
    rows = short([5.0, 6.0, 5.5] * 8)
    rows.loc[rows.index[-1], "reason"] = "month_not_over"
    ratio = ratio_of(rows, "cost_per_resolution")
    assert ratio.value.index[-1] == rows["month"].iloc[-2]


def test_all_equal_months_get_their_value_and_no_bounds():
    found, _ = forecast_ratios({"k": ratio_of(short([5.0] * 24), "cost_per_resolution")}, 12)
    assert not found["k"].known
    assert found["k"].mean == pytest.approx(np.full(12, 5.0))


def test_nothing_at_all_gives_an_empty_part():
    from datetime import date

    from metrics.model import Profile, Snapshot
    from metrics.report import compute

    empty = Snapshot(Profile("A", ("support",)), 1, date(2026, 1, 1), {})
    part = compute(empty, Assumptions()).forecasts
    assert part.forecasts.empty
    assert part.impact["reason"].ne("").all()


def test_levers_advise_only_what_the_evidence_carries():
    effects = pd.DataFrame(
        {
            "initiative": ["good", "unvalued", "unshown", "loses"],
            "function": ["support"] * 4,
            "kpi": ["cost_per_resolution"] * 4,
            "teams": ["A"] * 4,
            "start": [pd.Timestamp("2025-01-01")] * 4,
            "end": [pd.NaT] * 4,
            "estimate": [-5.0] * 4,
            "grade": ["B", "", "", ""],
            "saving": [12_000.0, np.nan, 500.0, 500.0],
            # "unshown" may yet bring more than the 1,200 a year it costs; "loses" hardly can.
            "saving_high": [15_000.0, np.nan, 2_000.0, 900.0],
        }
    )
    costs = pd.DataFrame(
        {
            "initiative": ["good", "unvalued", "unshown", "loses"],
            "month": [LAST] * 4,
            "amount": [600.0] * 4,
        }
    )
    values = pd.concat([short([5.0] * 12).assign(team=t) for t in ("A", "B")])
    values["month"] = list(pd.date_range("2025-11-01", periods=12, freq="MS")) * 2
    table = levers(effects, costs, values, {"support": 3.0}, LAST, 0.7)
    assert dict(zip(table["initiative"], table["action"], strict=True)) == {
        "good": "extend",
        "unvalued": "keep",
        "unshown": "keep",
        "loses": "stop",
    }
    assert table["open"].tolist() == pytest.approx([0.5] * 4)
    assert tuned_plan(table) == Plan(stop=("loses",), extend=("good",))
    held = levers(effects, costs, values, {"support": 2.9}, LAST, 0.7)
    assert held["capped"].all()
    assert "extend" not in set(held["action"])
