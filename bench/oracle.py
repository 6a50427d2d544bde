"""How wide the headline's band would be, were the generator's own noise, steps and strikes known.

    python -m bench.oracle --companies 200

Generalised least squares with the true covariance of every team's noise, then the product's own
prior over initiatives; bands of the product itself come from ``bench.value``.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import numpy as np

from bench.companies import Company, Function, company
from bench.value import CELLS, SEED, pools_of
from metrics.portfolio import sampler
from metrics.portfolio.appraisal import appraise, saving_draws
from metrics.portfolio.pools import CostPool, Laid, Start, lay_out

DRAWS = 2_000


def half_width(one: Company, seed: int) -> float | None:
    """Return half the 80 % band of the compared saving; None where nothing is compared."""
    pools, starts = _without_accidents(one)
    laid = lay_out(pools, starts)
    estimates, covariances, places = [], [], []
    for place, function in enumerate(one.functions):
        own = [int(i) for i in np.flatnonzero(laid.home == place) if laid.compared[i]]
        if own:
            found, covariance = _least_squares(laid, place, function, own)
            estimates.append(found)
            covariances.append(covariance)
            places += own
    if not places:
        return None
    rng = np.random.default_rng([seed, 9])
    effect = _drawn(np.concatenate(estimates), _blocks(covariances), rng)
    groups = appraise(
        pools, starts, seed, known=(effect, np.zeros(effect.shape, int), effect[:, 0])
    )
    order = [groups.groups[g][0] for g in range(groups.compared)]
    effect = effect[:, [places.index(one) for one in order]]
    rest = np.zeros((DRAWS, len(groups.groups) - groups.compared))
    known = np.hstack([effect, rest])
    groups = replace(groups, effect=known, life=np.zeros(known.shape, int))
    amounts = saving_draws(groups)[:, : groups.compared].sum(axis=1)
    low, high = np.quantile(amounts, [0.1, 0.9])
    return float(high - low) / 2


def _without_accidents(one: Company) -> tuple[list[CostPool], list[Start]]:
    """Return the pools with steps taken off and strikes left out."""
    pools, starts = pools_of(one)
    mended = []
    for pool, function in zip(pools, one.functions, strict=True):
        cost = pool.cost.copy()
        for team, month, size in function.steps:
            cost[month:, team] *= np.exp(-size)
        for month, team in function.strikes:
            cost[month, team] = np.nan
        mended.append(replace(pool, cost=cost))
    return mended, starts


def _least_squares(
    laid: Laid, place: int, function: Function, own: list[int]
) -> tuple[np.ndarray, np.ndarray]:
    """Return estimates and covariance of a pool's compared initiatives, the noise known."""
    seen, value = laid.seen[place], laid.panels[place].log_cost
    months, teams = seen.shape
    size = months + teams + len(own)
    precision, right = np.zeros((size, size)), np.zeros(size)
    for team, (rho, deviation) in enumerate(function.noise):
        rows = np.flatnonzero(seen[:, team])
        x = np.zeros((len(rows), size))
        x[np.arange(len(rows)), rows] = 1
        x[:, months + team] = 1
        x[:, months + teams :] = laid.exposure[place][-1][own][:, rows, team].T
        inverse = np.linalg.inv(deviation**2 * rho ** np.abs(np.subtract.outer(rows, rows)))
        precision += x.T @ inverse @ x
        right += x.T @ inverse @ value[rows, team]
    covariance = np.linalg.inv(precision + 1e-6 * np.eye(size))
    return (covariance @ right)[-len(own) :], covariance[-len(own) :, -len(own) :]


def _blocks(parts: list[np.ndarray]) -> np.ndarray:
    size = sum(len(part) for part in parts)
    whole, at = np.zeros((size, size)), 0
    for part in parts:
        whole[at : at + len(part), at : at + len(part)] = part
        at += len(part)
    return whole


def _drawn(estimate: np.ndarray, covariance: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw effects under the product's prior: tau on its grid, mu integrated out."""
    size, logs, parts = len(estimate), [], []
    for spread in sampler.SPREADS:
        prior = spread**2 * np.eye(size) + sampler.MEAN_DEVIATION**2
        total = covariance + prior
        _, determinant = np.linalg.slogdet(total)
        form = estimate @ np.linalg.solve(total, estimate)
        logs.append(
            -0.5 * (spread / sampler.SPREAD_SCALE) ** 2
            + np.log(spread)
            - 0.5 * (determinant + form)
        )
        gain = prior @ np.linalg.inv(total)
        parts.append((gain @ estimate, prior - gain @ prior))
    weight = np.exp(np.array(logs) - max(logs))
    which = rng.choice(len(parts), DRAWS, p=weight / weight.sum())
    effect = np.empty((DRAWS, size))
    for at in np.unique(which):
        mean, spread = parts[at]
        chosen = which == at
        effect[chosen] = rng.multivariate_normal(mean, spread, int(chosen.sum()), method="eigh")
    return effect


def main() -> None:
    """Print the half-width of both cells, as a share of the compared yearly bill."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--companies", type=int, default=200)
    chosen = parser.parse_args()
    for name in ("plain", "rough"):
        rng = np.random.default_rng([SEED, CELLS.index(name)])
        shares = []
        for place in range(chosen.companies):
            one = company(rng, rough=name == "rough")
            half = half_width(one, SEED + place)
            if half is not None:
                shares.append(half / one.bill())
        print(
            f"{name}: {len(shares)} companies, half-width {100 * np.mean(shares):.2f} % of the bill"
        )


if __name__ == "__main__":
    main()
