"""One list: every saving in it once, the first few add up to what they bring together."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.proposals.part import head, open_proposals, tabulate
from metrics.proposals.proposal import Action, Proposal, Way
from metrics.proposals.ranking import place

DRAWS = 50
FUNCTIONS = ("support", "sales", "people")


def cheaper(
    subject: str,
    share: float,
    function: str = "support",
    bill: float = 100_000.0,
    cost: float = 0.0,
    way: Way = Way.INITIATIVE,
    action: Action = Action.EXTEND,
    arriving: float = 1.0,
) -> Proposal:
    """A proposal that takes a share off a function's bill, in every draw."""
    return Proposal(
        action,
        subject,
        (function,),
        way,
        bill=bill,
        effect=np.full(DRAWS, np.log1p(-share)),
        arriving=arriving,
        cost=cost,
    )


def listed(*given: Proposal, confidence: float = 0.8):
    return tabulate(place(given, confidence))


def test_the_second_is_valued_on_the_bill_the_first_leaves() -> None:
    table = listed(cheaper("A", 0.20, cost=5_000.0), cheaper("B", 0.10, cost=1_000.0))
    assert list(table["subject"]) == ["A", "B"]
    # 20 % of 100,000 less 5,000; 10 % of the 80,000 that are left less 1,000.
    assert list(table["value"]) == pytest.approx([15_000.0, 7_000.0])
    assert list(table["gain"]) == pytest.approx([20_000.0, 8_000.0])
    assert list(table["rank"]) == [1.0, 2.0]


def test_effects_arrive_by_the_same_ramp() -> None:
    table = listed(cheaper("A", 0.20, arriving=0.75, cost=5_000.0))
    assert table["value"].tolist() == pytest.approx([10_000.0])


def test_what_costs_more_on_what_is_left_falls_off_the_list() -> None:
    table = listed(cheaper("A", 0.50), cheaper("B", 0.10, cost=6_000.0))
    assert list(table["subject"]) == ["A"]
    assert listed(cheaper("B", 0.10, cost=6_000.0))["value"].tolist() == pytest.approx([4_000.0])


def test_one_saving_seen_in_two_ways_stands_once_with_its_alternative_beside_it() -> None:
    table = listed(
        cheaper("Forum", 0.20),
        cheaper("Step", 0.15, way=Way.PRACTICE, action=Action.STEP),
        cheaper("Other", 0.10, "sales", way=Way.PRACTICE, action=Action.STEP),
    )
    assert list(table["subject"]) == ["Forum", "Other", "Step"]
    assert table["rank"].tolist()[:2] == [1.0, 2.0]
    assert np.isnan(table["rank"].iloc[2])
    assert table["excludes"].tolist() == ["step:Step", "", ""]
    assert table["instead_of"].tolist() == ["", "", "extend:Forum"]
    # Alone it would be worth its whole 15 %.
    assert table["value"].iloc[2] == pytest.approx(15_000.0)


def test_the_better_list_counts_not_the_better_first() -> None:
    """One move is the largest of all, and rules out two that together bring more."""
    move = Proposal(
        Action.MOVE,
        "2026-Q4",
        ("support", "sales"),
        Way.BUDGET,
        flat=np.full(DRAWS, 12_000.0),
    )
    table = listed(move, cheaper("A", 0.10), cheaper("B", 0.10, "sales"))
    assert table["subject"].tolist() == ["A", "B", "2026-Q4"]
    alone = listed(move, cheaper("A", 0.10))
    assert alone["subject"].tolist() == ["2026-Q4", "A"]


def test_what_is_too_unsure_stands_after_what_is_ripe_however_large() -> None:
    shares = np.where(np.arange(DRAWS) < 0.7 * DRAWS, 0.5, -0.1)
    wild = Proposal(
        Action.EXTEND,
        "Wild",
        ("sales",),
        Way.INITIATIVE,
        bill=100_000.0,
        effect=np.log1p(-shares),
    )
    table = listed(wild, cheaper("Sure", 0.05))
    assert table["subject"].tolist() == ["Sure", "Wild"]
    assert table["ripe"].tolist() == [True, False]
    assert table["probability"].tolist() == pytest.approx([1.0, 0.7])


def test_what_has_no_amount_stands_last_and_says_why() -> None:
    gate = Proposal(Action.MEND, "isolated_team", reason="gate_without_price")
    table = listed(gate, cheaper("A", 0.1))
    assert table["subject"].tolist() == ["A", "isolated_team"]
    assert np.isnan(table["value"].iloc[1])
    assert table["reason"].iloc[1] == "gate_without_price"


def test_what_was_decided_leaves_the_head_until_it_is_superseded() -> None:
    import pandas as pd

    table = listed(cheaper("A", 0.2), cheaper("B", 0.1))
    ledger = pd.DataFrame({"proposal": ["extend:A"], "state": ["running"]})
    assert head(table, ledger, 1)["subject"].tolist() == ["B"]
    assert open_proposals(table, ledger.assign(state="superseded"))["subject"].tolist() == [
        "A",
        "B",
    ]
    assert open_proposals(table, ledger.head(0))["subject"].tolist() == ["A", "B"]


shares = st.floats(-0.3, 0.6)
one = st.builds(
    lambda function, values, cost, way: (function, values, cost, way),
    st.sampled_from(FUNCTIONS),
    st.lists(shares, min_size=4, max_size=4),
    st.floats(0, 40_000),
    st.sampled_from(list(Way)),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(one, max_size=8), st.integers(1, 5), st.randoms())
def test_the_first_few_add_up_to_what_they_bring_together(drawn, n, random) -> None:
    bills = dict(zip(FUNCTIONS, (100_000.0, 60_000.0, 250_000.0), strict=True))
    made = [
        Proposal(
            Action.EXTEND,
            f"{place}",
            (function,),
            way,
            bill=bills[function],
            effect=np.log1p(-np.array(values)),
            arriving=0.8,
            cost=cost,
        )
        for place, (function, values, cost, way) in enumerate(drawn)
    ]
    found = place(made, 0.8)
    first = [one for one in found if not one.instead_of][:n]
    # By hand: what is left of each bill once all of them act on it, and all their costs.
    together = np.zeros(4)
    for function, bill in bills.items():
        acting = [one.proposal.effect for one in first if function in one.proposal.functions]
        left = np.exp(sum(acting, np.zeros(4)))
        together += 0.8 * bill * (1 - left)
    together -= sum(one.proposal.cost for one in first)
    said = sum((one.net for one in first), np.zeros(4))
    assert said == pytest.approx(together, rel=1e-9, abs=1e-6)
    # No two of them change the cost of one function in two ways.
    for a in first:
        assert not any(a.proposal.clashes(b.proposal) for b in first)
    # The order they were given in decides nothing.
    random.shuffle(made)
    again = [one.proposal.name for one in place(made, 0.8) if not one.instead_of]
    assert again == [one.proposal.name for one in found if not one.instead_of]
