"""Does one small team or agency do "the social thing" while everybody else carries on?

Schultze states that over 90 % of organisations without a social background do. The claim is the
prior; the spread of contributions is the evidence.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy

from metrics.maturity.contradiction import concentration

PRIOR = 0.90
# Share of the largest team among contributions: how it is distributed when isolated and when not.
# Ours: means .85 and .40; the ratio is held within bounds, since the shapes are a judgement.
ISOLATED_SHAPE, OPEN_SHAPE = (8.5, 1.5), (3.2, 4.8)
RATIO_BOUNDS = (1 / 50, 50.0)
LEAST_CONTRIBUTIONS = 20


@dataclass(frozen=True)
class Isolation:
    """Probability of being isolated and what it rests on.

    ``likelihood_ratio`` is how many times likelier the spread is when isolated; ``share`` the
    largest team's share of contributions; ``functions`` those with at least one contribution;
    ``concentration`` the normalised Herfindahl index over functions. NaN with a ``reason``.
    """

    probability: float
    prior: float
    likelihood_ratio: float
    share: float
    team: str
    function: str
    functions: int
    concentration: float
    contributions: float
    reason: str | None = None


def posterior(prior: float, likelihood_ratio: float) -> float:
    """Return the probability after evidence ``likelihood_ratio`` times likelier if true."""
    odds = prior / (1 - prior) * likelihood_ratio
    return odds / (1 + odds)


def isolation(contributions: pd.DataFrame, prior: float = PRIOR) -> Isolation:
    """Judge the spread of ``contributions`` (frame of that name in ``metrics.frames``)."""
    rows = contributions.dropna(subset=["count"])
    total = float(rows["count"].sum())
    by_function = rows.groupby("function")["count"].sum()
    active = int((by_function > 0).sum())
    nan = float("nan")
    if total < LEAST_CONTRIBUTIONS:
        reason = "too_few_contributions"
        return Isolation(prior, prior, 1.0, nan, "", "", active, nan, total, reason)
    teams = rows.groupby(["function", "team"])["count"].sum()
    function, team = teams.idxmax()
    share = float(teams.max() / total)
    x = min(max(share, 0.01), 0.99)
    ratio = float(scipy.stats.beta.pdf(x, *ISOLATED_SHAPE) / scipy.stats.beta.pdf(x, *OPEN_SHAPE))
    ratio = float(np.clip(ratio, *RATIO_BOUNDS))
    return Isolation(
        posterior(prior, ratio),
        prior,
        ratio,
        share,
        str(team),
        str(function),
        active,
        concentration(by_function.to_numpy()),
        total,
    )


def detected_model(contributions: pd.DataFrame) -> str | None:
    """Name the shape of the organisation (after Owyang) that the contributions show.

    ``centralised``: one team makes over 70 %. ``hub and spoke``: one function leads with over
    40 % and at least two others follow. ``dandelion``: at least three functions, each around a
    team of its own. ``honeycomb``: at least three functions and no team that leads in any.
    ``organic``: the rest. None below 20 contributions.
    """
    teams = contributions.groupby(["function", "team"])["count"].sum()
    total = teams.sum()
    if total < LEAST_CONTRIBUTIONS:
        return None
    functions = teams.groupby(level=0).sum() / total
    active = functions[functions >= 0.05]
    if teams.max() > 0.70 * total:
        return "centralised"
    if len(active) < 3:
        return "organic"
    if active.max() > 0.40:
        return "hub and spoke"
    lead = teams.groupby(level=0).max() / teams.groupby(level=0).sum()
    return "dandelion" if (lead[active.index] > 0.5).all() else "honeycomb"
