"""The order of the list, such that its amounts add up to what is done together.

The most valuable comes first; everything after it is valued as if what stands above were done: on
the bill that is left. So the sum of the first few is what they bring together. What would count a
saving of the list a second time, by another way of changing the same function's cost, stands
beside it as the alternative it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from metrics.proposals.proposal import KNOWING, Proposal


@dataclass(frozen=True, eq=False)
class Placed:
    """A proposal in its place.

    Attributes
    ----------
    gain, net : array (draws,) or None
        Before and after its cost, given what stands above; None without an amount.
    ripe : bool
        Whether the odds carry a decision now.
    instead_of : tuple of str
        Names of those in the list that it would count twice; empty for what is in the list.
    """

    proposal: Proposal
    gain: np.ndarray | None
    net: np.ndarray | None
    ripe: bool
    instead_of: tuple[str, ...] = ()


def place(proposals: Sequence[Proposal], confidence: float) -> list[Placed]:
    """Return the list, the alternatives to it last.

    Parameters
    ----------
    confidence : float
        Probability of a net gain from which a change is ripe for decision.
    """
    priced = [one for one in proposals if one.priced]
    # Best first may begin with the one that rules several others out: the better list counts.
    wide = [one for one in priced if len(one.functions) > 1]
    narrow = [one for one in priced if one not in wide]
    chosen = max((_choose(given, confidence) for given in (priced, narrow)), key=_worth)
    taken = [one.proposal for one in chosen]
    rest = [one for one in proposals if not one.priced]
    silent = [Placed(one, None, None, one.action in KNOWING) for one in rest]
    return chosen + silent + _alternatives(priced, taken, confidence)


def _worth(chosen: Sequence[Placed]) -> float:
    return sum(_mean(one) for one in chosen if one.ripe)


def _mean(one: Placed) -> float:
    return float("-inf") if one.net is None else float(one.net.mean())


def _choose(given: Sequence[Proposal], confidence: float) -> list[Placed]:
    left: dict[str, np.ndarray | float] = {}
    found: list[Placed] = []
    waiting = list(given)
    for ripe in (True, False):
        while waiting:
            valued = [_value(one, left, confidence) for one in waiting]
            fit = [one for one in valued if one.ripe == ripe and _mean(one) > 0]
            if not fit:
                break
            best = min(fit, key=lambda one: (-_mean(one), one.proposal.name))
            found.append(best)
            done = best.proposal
            if done.effect is not None:
                for function in done.functions:
                    left[function] = left.get(function, 1.0) * np.exp(done.effect)
            waiting = [one for one in waiting if one is not done and not one.clashes(done)]
    return found


def _value(one: Proposal, left: dict[str, np.ndarray | float], confidence: float) -> Placed:
    gain = one.brings(left.get(one.functions[0], 1.0) if one.effect is not None else 1.0)
    net = gain - one.cost
    sure = one.action in KNOWING or float((net > 0).mean()) >= confidence
    return Placed(one, gain, net, sure)


def _alternatives(
    priced: Sequence[Proposal], taken: Sequence[Proposal], confidence: float
) -> list[Placed]:
    """Return what is ripe by itself and left out because the list has its saving already."""
    found = []
    for one in priced:
        ruled_out = tuple(other.name for other in taken if one.clashes(other))
        alone = _value(one, {}, confidence)
        if ruled_out and alone.ripe and _mean(alone) > 0:
            found.append(Placed(one, alone.gain, alone.net, True, ruled_out))
    return sorted(found, key=lambda one: -_mean(one))
