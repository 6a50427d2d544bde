"""Savings against truths built in, against the textbook estimate, and what must add up."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from bench.companies import Company, autoregressive, company
from bench.scenes import SCENES, draw
from bench.value import pools_of
from metrics.portfolio.appraisal import Appraisal, appraise, by_month, saving_draws
from metrics.portfolio.claims import before_after_total, claims, holm
from metrics.portfolio.pools import CostPool, Start
from metrics.portfolio.worth import benefits, worth

MONTHS = pd.date_range("2022-01-01", periods=48, freq="MS")


def scene(name: str, seed: int) -> tuple[Appraisal, Company]:
    function = draw(SCENES[name], np.random.default_rng([seed, 3]))
    one = Company([function], len(function.cost))
    return appraise(*pools_of(one), seed), one


def test_all_teams_treated_is_no_comparison():
    found, _ = scene("1", 1)
    table = claims(found, 80)
    assert not found.known
    assert table["verdict"].tolist() == ["before and after"]
    assert table["reason"].tolist() == ["no_untouched_team"]
    total = before_after_total(table, 80)
    # Costs of 90,000 a month fell by 15 %: 162,000 a year, with the doubt of what moves all.
    assert total.low < 162_000 < total.high
    assert total.value == pytest.approx(162_000, rel=0.25)


@pytest.mark.parametrize(
    ("name", "truth", "tolerance", "words"),
    [
        ("2", 156_000, 30_000, ["helped"]),
        ("3", 60_000, 16_000, ["helped"]),
        ("3b", 114_000, 20_000, ["helped", "helped"]),
        ("6", -60_000, 28_000, ["helped", "harmed"]),
        ("7", -120_000, 16_000, ["harmed"]),
    ],
)
def test_scenes_come_near_their_right_answer(name, truth, tolerance, words):
    said, seen = [], []
    for seed in range(3):
        found, _ = scene(name, seed)
        said.append(saving_draws(found).sum(axis=1).mean())
        seen.append(claims(found, 80)["verdict"].tolist())
    # Three draws: the tolerance is 1.7 half-widths of one band over the root of three.
    assert np.mean(said) == pytest.approx(truth, abs=tolerance)
    assert seen.count(words) >= 2


def test_more_tickets_at_the_same_cost_save_nothing():
    found, one = scene("5", 2)
    total = saving_draws(found).sum(axis=1)
    assert abs(total.mean()) < 0.04 * one.bill()
    assert claims(found, 80)["verdict"].tolist() == ["not shown"]


def test_more_tickets_are_explained_as_more_work_done_cheaper():
    function = draw(SCENES["5"], np.random.default_rng(4))
    found = appraise(*pools_of(Company([function], 48)), 4)
    assert np.expm1(found.quantity[0]) == pytest.approx(0.25, abs=0.06)
    row = claims(found, 80).iloc[0]
    assert row["less_work"] + row["cheaper_work"] == pytest.approx(row["amount"])


def test_entered_twice_is_the_same_amount_once():
    function = draw(SCENES["3"], np.random.default_rng(8))
    pools, starts = pools_of(Company([function], 48))
    twice = claims(appraise(pools, starts, 1), 80)
    once = claims(appraise(pools, starts[:1], 1), 80)
    assert twice["initiatives"].tolist() == [["one", "again"]]
    assert twice["reason"].tolist() == ["cannot_be_told_apart"]
    assert twice["amount"].tolist() == once["amount"].tolist()


def test_parts_of_what_overlaps_add_up_to_what_the_team_saved():
    found, one = scene("3b", 5)
    parts = saving_draws(found)
    cost = one.functions[0].cost[-12:, 0].sum()
    together = cost * np.expm1(-found.effect.sum(axis=1))
    assert parts.sum(axis=1) == pytest.approx(together)
    months = by_month(found)[0][:, -12:].sum(axis=1)
    assert months == pytest.approx(parts)


def test_agrees_with_generalised_least_squares_on_long_clean_data():
    """One team treated half-way, noise known: the textbook estimate on the difference."""
    rng = np.random.default_rng(11)
    size, rho, deviation = 120, 0.4, 0.02
    months = pd.date_range("2010-01-01", periods=size, freq="MS")
    common = autoregressive(rng, size, 0.8, 0.1)
    logs = np.stack([common + autoregressive(rng, size, rho, deviation) for _ in range(6)], axis=1)
    logs[60:, 0] -= 0.08
    teams = tuple("ABCDEF")
    pool = CostPool(
        "support", "support_cost", months, teams, 100 * np.exp(logs), np.ones((size, 6))
    )
    found = appraise([pool], [Start("one", "support", ("A",), months[60])], 1)
    seen = np.r_[0:58, 63:size]
    difference = logs[:, 0] - logs[:, 1:].mean(axis=1)
    lags = np.abs(np.subtract.outer(seen, seen))
    inverse = np.linalg.inv(rho**lags)
    design = np.stack([np.ones(len(seen)), seen >= 60], axis=1)
    information = design.T @ inverse @ design
    estimate = np.linalg.solve(information, design.T @ inverse @ difference[seen])[1]
    error = deviation * np.sqrt(1.2 * np.linalg.inv(information)[1, 1])
    assert found.effect.mean() == pytest.approx(estimate, abs=0.35 * error)
    # Wider than the textbook's, which is told the noise and that no level ever stepped.
    assert 0.9 * error < found.effect.std() < 1.6 * error


def test_half_of_an_ended_effect_is_gone_in_its_half_life():
    rng = np.random.default_rng(21)
    logs = np.stack([autoregressive(rng, 60, 0.3, 0.01) for _ in range(5)], axis=1)
    fade = np.r_[np.zeros(20), np.ones(20), 0.5 ** (np.arange(1, 21) / 4)]
    logs[:, 0] -= 0.2 * fade
    months = pd.date_range("2020-01-01", periods=60, freq="MS")
    pool = CostPool(
        "support", "support_cost", months, tuple("ABCDE"), 100 * np.exp(logs), np.ones((60, 5))
    )
    one = Start("one", "support", ("A",), months[20], end=months[39])
    found = appraise([pool], [one], 1)
    truth = 100 * (np.exp(logs[-12:, 0] + 0.2 * fade[-12:]) - np.exp(logs[-12:, 0])).sum()
    amount = saving_draws(found)[:, 0]
    assert np.quantile(amount, 0.05) < truth < np.quantile(amount, 0.95)
    assert amount.mean() < 0.6 * 100 * 12 * np.expm1(0.2)


def test_nothing_works_and_nothing_is_shown_and_the_seed_decides():
    rng = np.random.default_rng(5)
    shown = 0
    for seed in range(6):
        pools, starts = pools_of(company(rng, rough=seed % 2 == 1, works=False))
        found = appraise(pools, starts, seed)
        shown += bool(holm(found).any())
    assert shown <= 1
    again = appraise(pools, starts, 5)
    assert again.effect.tolist() == found.effect.tolist()


def test_an_unlike_unit_of_money_changes_every_amount_by_its_rate():
    function = draw(SCENES["6"], np.random.default_rng(3))
    pools, starts = pools_of(Company([function], 48))
    dear = [replace(pool, cost=7 * pool.cost) for pool in pools]
    here = claims(appraise(pools, starts, 2), 80)
    there = claims(appraise(dear, starts, 2), 80)
    assert there["amount"].to_numpy() == pytest.approx(7 * here["amount"].to_numpy(), rel=1e-6)
    assert there["verdict"].tolist() == here["verdict"].tolist()


def test_the_future_repeats_the_year_at_full_effect():
    found, one = scene("7", 6)
    horizon = pd.date_range(pools_of(one)[0][0].months[36], periods=24, freq="MS")
    months = benefits(found, horizon)
    assert months.measured.sum() == 12
    assert months.draws[:, 0, 12:] == pytest.approx(months.draws[:, 0, :12])


def test_net_present_value_by_hand():
    """Savings of 100 or 0 a month for two months, 60 booked and 60 planned."""
    saved_draws = np.array([[100.0, 100.0]] * 500 + [[0.0, 0.0]] * 500)
    cost, booked = np.array([60.0, 60.0]), np.array([True, False])
    found = worth(saved_draws, cost, booked, np.array([1.0, 0.5]), seed=1)
    assert found.probability == pytest.approx(0.5)
    assert found.draws[:500].mean() == pytest.approx(150 - 90, abs=1)
    # Only the planned month moves: 60 x 10 % x 0.5.
    assert found.draws[:500].std() == pytest.approx(3.0, rel=0.15)
