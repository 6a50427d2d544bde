"""What the sampler is given: ramps, what is left out, what can be compared, what is told apart."""

import numpy as np
import pandas as pd
import pytest

from metrics.portfolio import panel
from metrics.portfolio.pools import CostPool, Start, lay_out

MONTHS = pd.date_range("2022-01-01", periods=36, freq="MS")


def pool(cost: np.ndarray) -> CostPool:
    teams = tuple("ABCDEF"[: cost.shape[1]])
    return CostPool("support", "support_cost", MONTHS[: len(cost)], teams, cost, np.ones_like(cost))


def flat(teams: int, seed: int = 1) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0, 0.01, (36, teams))
    return 100 * np.exp(noise)


def test_an_effect_is_there_by_quarters_and_fades_by_halves():
    assert panel.ramped_exposure(8, 2).tolist() == [0, 0, 0.25, 0.5, 0.75, 1, 1, 1]
    assert panel.ramped_exposure(10, 1, end=5, half_life=2)[5:8] == pytest.approx(
        [1, 0.5**0.5, 0.5]
    )
    # Ended during its ramp: it fades from where it was.
    assert panel.ramped_exposure(6, 1, end=2, half_life=1).tolist() == [
        0,
        0.25,
        0.5,
        0.25,
        0.125,
        0.0625,
    ]


def test_a_strike_month_is_left_out_and_a_lasting_shift_is_not():
    cost = flat(4)
    cost[10, 0] *= 0.6
    cost[20:, 1] *= 1.12
    out = panel.spikes(np.log(cost))
    assert out[10, 0]
    assert out.sum() == 1


def test_months_around_a_start_do_not_speak():
    laid = lay_out([pool(flat(3))], [Start("one", "support", ("A",), MONTHS[20])])
    seen = laid.seen[0]
    assert not seen[18:23, 0].any()
    assert seen[[17, 23], 0].all()
    assert seen[18:23, 1:].all()


@pytest.mark.parametrize(
    ("begun", "compared", "reasons"),
    [
        ([("one", "A", 20)], [True], [""]),
        ([("one", "ABC", 20)], [False], ["no_untouched_team"]),
        # The first wave is compared with those not touched yet, the last one with nobody.
        ([("one", "A", 15), ("two", "BC", 25)], [True, False], ["", "no_untouched_team"]),
        ([("one", "A", 3)], [False], ["months_before_start"]),
        ([("one", "Z", 20)], [False], ["treated_teams"]),
    ],
)
def test_what_is_compared(begun, compared, reasons):
    starts = [Start(name, "support", tuple(teams), MONTHS[at]) for name, teams, at in begun]
    laid = lay_out([pool(flat(3))], starts)
    assert laid.compared.tolist() == compared
    assert laid.reasons == reasons


def test_what_is_not_compared_leaves_the_months_it_touched():
    starts = [
        Start("one", "support", ("A",), MONTHS[15]),
        Start("two", "support", ("B", "C"), MONTHS[25]),
    ]
    seen = lay_out([pool(flat(3))], starts).seen[0]
    assert not seen[23:, 1:].any()
    assert seen[25:, 0].any()


def test_the_same_months_and_teams_are_one_and_four_months_apart_are_two():
    def groups(second: int) -> list[list[int]]:
        starts = [
            Start("one", "support", ("A",), MONTHS[18]),
            Start("two", "support", ("A",), MONTHS[second]),
        ]
        laid = lay_out([pool(flat(3))], starts)
        return panel.joint_groups(laid.panels[0].exposure, laid.seen[0])

    assert groups(18) == [[0, 1]]
    assert groups(19) == [[0, 1]]
    assert groups(28) == [[0], [1]]
