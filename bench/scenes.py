"""The eight scenes whose right answer is known by construction (docs/methods/value.md)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.companies import Function, Initiative, autoregressive

MONTHS, CUSTOMERS, LICENCES = 48, 20_000.0, 1_000.0
COMPARISON = ((900, 52.0), (1_100, 49.0), (1_000, 50.0))


@dataclass(frozen=True)
class Scene:
    """Teams as tickets and price a month, changes of unit cost by team, and what was begun.

    Attributes
    ----------
    treated, comparison : tuple of (tickets, price)
    changes : tuple of tuple of (month, change)
        One for each treated team.
    begun : tuple of (name, teams, month)
    more_tickets : float
        Rise of the first team's tickets from its start, at unchanged total cost.
    everywhere : float
        Change of every team's unit cost from month 30 by itself.
    function, kpis : str
    words : tuple of str
        The right verdicts, in the order of ``begun`` without repetition.
    """

    treated: tuple[tuple[float, float], ...]
    changes: tuple[tuple[tuple[int, float], ...], ...]
    begun: tuple[tuple[str, tuple[int, ...], int], ...]
    words: tuple[str, ...]
    comparison: tuple[tuple[float, float], ...] = COMPARISON
    more_tickets: float = 0.0
    everywhere: float = 0.0
    function: str = "support"
    kpis: tuple[str, ...] = ("cost_per_resolution",)


SCENES: dict[str, Scene] = {
    "1": Scene(
        ((1_000, 50), (800, 50)),
        ((), ()),
        (("one", (0, 1), 30),),
        ("before and after",),
        comparison=(),
        everywhere=-0.15,
    ),
    "2": Scene(
        ((10_000, 10), (500, 60)),
        (((24, -0.1),), ((24, -0.1),)),
        (("one", (0, 1), 24),),
        ("helped",),
        comparison=((3_000, 20), (2_000, 30), (4_000, 15)),
    ),
    "3": Scene(
        ((1_000, 50),), (((20, -0.1),),), (("one", (0,), 20), ("again", (0,), 20)), ("helped",)
    ),
    "3b": Scene(
        ((1_000, 50),),
        (((18, -0.1), (30, -0.1)),),
        (("first", (0,), 18), ("second", (0,), 30)),
        ("helped", "helped"),
    ),
    "4": Scene(
        ((1_000, 50),),
        (((24, -0.1),),),
        (("orders", (0,), 24), ("value", (0,), 24)),
        ("helped",),
        function="procurement",
        kpis=("cost_per_purchase_order", "procurement_cost_to_spend"),
    ),
    "5": Scene(((1_000, 50),), ((),), (("one", (0,), 24),), ("not shown",), more_tickets=0.25),
    "6": Scene(
        ((1_000, 50), (1_000, 50)),
        (((24, -0.1),), ((24, 0.2),)),
        (("good", (0,), 24), ("bad", (1,), 24)),
        ("helped", "harmed"),
    ),
    "7": Scene(((1_000, 50),), (((24, 0.2),),), (("bad", (0,), 24),), ("harmed",)),
}


def draw(scene: Scene, rng: np.random.Generator) -> Function:
    """Return one draw: 3 % noise in volume and 2 % in unit cost, both autoregressive at .3."""
    teams = (*scene.treated, *scene.comparison)
    shape = (MONTHS, len(teams))
    quantity, price = np.empty(shape), np.empty(shape)
    for team, (tickets, unit) in enumerate(teams):
        quantity[:, team] = tickets * np.exp(autoregressive(rng, MONTHS, 0.3, 0.03))
        price[:, team] = unit * np.exp(autoregressive(rng, MONTHS, 0.3, 0.02))
    price[30:] *= 1 + scene.everywhere
    without = quantity * price
    cost = without.copy()
    for team, changes in enumerate(scene.changes):
        for month, change in changes:
            cost[month:, team] *= 1 + change
    if scene.more_tickets:
        quantity[scene.begun[0][2] :, 0] *= 1 + scene.more_tickets
    demand = np.full(shape, CUSTOMERS / len(teams))
    begun = [Initiative(name, where, month, 0.0, LICENCES) for name, where, month in scene.begun]
    return Function(scene.function, cost, quantity, demand, without, begun)
