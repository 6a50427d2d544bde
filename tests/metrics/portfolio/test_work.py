"""Cost beside the work done: sharper where work is unmoved, nothing for work that is induced."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from bench.companies import autoregressive
from metrics.portfolio.appraisal import Appraisal, appraise, saving_draws
from metrics.portfolio.claims import claims
from metrics.portfolio.pools import CostPool, Start

MONTHS = pd.date_range("2022-01-01", periods=36, freq="MS")
START = 18


def company(
    seed: int, effect: float = 0.0, work: float = 0.0, fixed: bool = False, to_others: float = 0.0
) -> Appraisal:
    """One of four teams treated; tickets vary by 8 %, unit cost by 2 %; no driver is known."""
    rng = np.random.default_rng([seed, 17])
    tickets = np.stack([500 * np.exp(autoregressive(rng, 36, 0, 0.08)) for _ in range(4)], axis=1)
    noise = np.stack([np.exp(autoregressive(rng, 36, 0.3, 0.02)) for _ in range(4)], axis=1)
    went = to_others * tickets[START:, 0]
    tickets[START:, 0] -= went
    tickets[START:, 1:] += went[:, None] / 3
    tickets[START:, 0] *= 1 + work
    cost = 50 * noise * (500 if fixed else tickets)
    cost[START:, 0] *= 1 + effect
    teams = ("A", "B", "C", "D")
    pool = CostPool("support", "support_cost", MONTHS, teams, cost, np.ones_like(cost), tickets)
    return appraise([pool], [Start("one", "support", ("A",), MONTHS[START])], seed)


def test_an_effect_on_unit_cost_is_seen_through_the_noise_of_volumes():
    held = []
    for seed in range(6):
        found = company(seed, effect=-0.12)
        low, high = np.quantile(np.expm1(found.effect[:, 0]), [0.025, 0.975])
        held.append(low <= -0.12 <= high)
        # Cost alone, with 8 % noise a month, leaves a standard error of three points or more.
        assert np.median(np.abs(found.effect[:, 0] - np.median(found.effect[:, 0]))) < 0.025
    assert sum(held) >= 5


def test_work_that_was_induced_is_no_saving():
    """A quarter more tickets at the same cost."""
    said = []
    for seed in range(3):
        found = company(seed, effect=1 / 1.25 - 1, work=0.25)
        bill = found.laid.pools[0].cost[-12:, 0].sum()
        said.append(saving_draws(found).sum(axis=1).mean() / bill)
        assert claims(found, 80)["verdict"].tolist() == ["not shown"]
    assert np.mean(said) == pytest.approx(0, abs=0.06)


def test_cost_that_does_not_follow_work_is_compared_as_it_is():
    found = company(1, effect=-0.12, fixed=True)
    assert found.effect.mean() == pytest.approx(np.log(0.88), abs=0.04)
    assert found.effect.std() < 0.03


def test_less_work_is_a_saving_and_is_explained_as_such():
    found = company(2, work=-0.3)
    row = claims(found, 80).iloc[0]
    assert row["relative"] == pytest.approx(-0.3, abs=0.08)
    assert row["less_work"] > row["cheaper_work"]
    assert row["reason"] == "no_demand_driver"


def test_work_handed_to_other_teams_saves_nothing_and_is_said():
    found = company(3, to_others=0.3)
    row = claims(found, 80).iloc[0]
    assert row["reason"] == "work_handed_over"
    assert row["verdict"] == "not shown"
    assert row["relative"] == pytest.approx(0, abs=0.04)
