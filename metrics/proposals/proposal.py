"""One thing that might be done, with draws of what it brings in its first twelve months.

The scale is the same for all: euros of the first twelve months after it begins, what it brings
while its effect arrives less its own cost in these months.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np

from metrics.business_case.arithmetic import ramp
from metrics.portfolio.worth import PLANNED_COST_DEVIATION

YEAR = 12
BETWEEN = "; "
"""Between names where a list is kept as one text."""


class Action(StrEnum):
    """What is proposed."""

    EXTEND = "extend"
    STOP = "stop"
    MOVE = "move"
    STEP = "step"
    BEGIN = "begin"
    MEASURE = "measure"
    VARY = "vary"
    LOT = "lot"
    MEND = "mend"
    RECORD = "record"


KNOWING = (Action.MEASURE, Action.VARY, Action.LOT, Action.RECORD)
"""These change no cost: what they are worth is what is decided better once they have told."""


class Way(StrEnum):
    """How a function's cost is changed: two ways in one function are one saving seen twice."""

    INITIATIVE = "initiative"
    BUDGET = "budget"
    PRACTICE = "practice"
    BEGINNING = "beginning"


@dataclass(frozen=True, eq=False)
class Proposal:
    """Something that might be done.

    Attributes
    ----------
    action : Action
    subject : str
        Initiative, function, question of the maturity model, gate, or what is unknown.
    functions : tuple of str
        Keys of the functions whose cost it changes.
    way : Way or None
        None for what changes no cost.
    bill, effect : float, array (draws,)
        Cost a year it acts on, and the log effect on it once it has arrived; negative saves.
    arriving : float
        Share of a full effect that arrives within the first twelve months.
    flat : array (draws,), optional
        Euros of the first twelve months before cost, where it is no effect on a bill.
    cost : array (draws,) or float
        Its own cost in these months; a saving of cost is negative.
    effort : float
        Person-months; NaN where nobody booked any.
    basis : str
        Code of what it rests on.
    reason : str
        Why it carries no amount, otherwise "".
    facts : mapping
        What its sentence needs beyond the columns of the list.
    """

    action: Action
    subject: str
    functions: tuple[str, ...] = ()
    way: Way | None = None
    bill: float = 0.0
    effect: np.ndarray | None = None
    arriving: float = 1.0
    flat: np.ndarray | None = None
    cost: np.ndarray | float = 0.0
    effort: float = float("nan")
    basis: str = ""
    teams: float = float("nan")
    months: float = float("nan")
    verdict: str = ""
    until: str = ""
    reason: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Return what it is known by, the same from revision to revision."""
        return f"{self.action}:{self.subject}"

    @property
    def priced(self) -> bool:
        """Return whether it carries an amount."""
        return self.effect is not None or self.flat is not None

    @property
    def told(self) -> str:
        """Return the facts as the list keeps them."""
        return json.dumps(dict(self.facts), sort_keys=True, ensure_ascii=False)

    def brings(self, left: np.ndarray | float = 1.0) -> np.ndarray:
        """Return draws of what it brings before its cost.

        Parameters
        ----------
        left : array (draws,) or float
            Share of its bill that is left by what is done before it.
        """
        if self.effect is not None:
            return left * self.bill * self.arriving * -np.expm1(self.effect)
        assert self.flat is not None
        return self.flat

    def clashes(self, other: Proposal) -> bool:
        """Return whether both would count one saving twice."""
        both = self.way is not None and other.way is not None and self.way != other.way
        return both and bool(set(self.functions) & set(other.functions))


def arriving_share(half: float) -> float:
    """Share of a full effect that arrives in the first twelve months, by the programme's ramp."""
    return float(ramp(np.arange(1, YEAR + 1), half).mean())


def planned_cost_factors(draws: int, seed: int) -> np.ndarray:
    """Return factors by which a planned cost may end elsewhere: one a draw, as in the case."""
    rng = np.random.default_rng([seed, 2])
    return np.maximum(1 + PLANNED_COST_DEVIATION * rng.standard_normal(draws), 0.0)
