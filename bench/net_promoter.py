"""Do the NPS intervals keep their word, and how fast is a business case?

Coverage is exact: the probability of every possible outcome is added up where the interval holds
the true NPS, no simulation. Run from the repository root:

    python -m bench.net_promoter --coverage
    python -m bench.net_promoter --speed
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from datetime import date

import numpy as np
import pandas as pd
from scipy.special import gammaln
from scipy.stats import norm

from metrics.advocacy import nps_interval
from metrics.assumptions import Assumptions
from metrics.business_case import Benefit, Cost, build_case, evaluate, frame_of
from metrics.business_case.ranges import Range
from metrics.business_case.simulation import one_factor, simulate
from metrics.frames import OBSERVATIONS
from metrics.functions import FUNCTIONS
from metrics.measures.part import measures
from metrics.measures.savings import COLUMNS, rate_volume_mix
from metrics.model import ALL, Profile, Snapshot

Z = norm.ppf(0.975)
Bounds = tuple[np.ndarray, np.ndarray]


def wald(b: np.ndarray, t: np.ndarray, c: np.ndarray, up: float = 0, total: float = 0) -> Bounds:
    """The customary interval; ``up`` added to promoters and detractors, ``total`` to n."""
    n = b + t + c + total
    p, d = (b + up) / n, (c + up) / n
    half = Z * np.sqrt(np.maximum(p + d - (p - d) ** 2, 0) / n)
    return 100 * np.maximum(p - d - half, -1), 100 * np.minimum(p - d + half, 1)


METHODS: tuple[tuple[str, Callable[..., Bounds]], ...] = (
    ("customary, 1.96 SE", wald),
    ("adjusted Wald, +3/4 +3/2 +3/4", lambda b, t, c: wald(b, t, c, 0.75, 3)),
    ("adjusted Wald, +1 +0 +1", lambda b, t, c: wald(b, t, c, 1, 2)),
    ("Attune: score, mid-p at the edge", nps_interval),
)


def probability(b: np.ndarray, t: np.ndarray, c: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Multinomial probability of each outcome."""
    counts = np.stack([b, t, c])
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(counts > 0, counts * np.log(shares)[:, None], 0)
    return np.exp(gammaln(b + t + c + 1) - gammaln(counts + 1).sum(axis=0) + terms.sum(axis=0))


def outcomes(n: int, shares: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Every outcome within 7 standard deviations of the expected one."""
    spread = 7 * np.sqrt(n * shares * (1 - shares)) + 2
    low = np.maximum(np.floor(n * shares - spread), 0).astype(int)
    high = np.minimum(np.ceil(n * shares + spread), n).astype(int)
    b, c = np.meshgrid(np.arange(low[0], high[0] + 1), np.arange(low[2], high[2] + 1))
    b, c = b.ravel(), c.ravel()
    inside = (b + c <= n) & (n - b - c >= low[1]) & (n - b - c <= high[1])
    b, c = b[inside].astype(float), c[inside].astype(float)
    return b, n - b - c, c


def grid(step: int) -> list[tuple[float, np.ndarray]]:
    """NPS -60 to 80, and at each every passive share from none to all that is left."""
    points = []
    for nps in np.arange(-60, 81, step) / 100:
        most = 1 - abs(nps)
        for passive in sorted({0.0, 0.02, 0.05, *np.arange(0.1, 1, 0.1), most - 0.05, most}):
            if 0 <= passive <= most + 1e-9:
                promoters, detractors = (1 - passive + nps) / 2, (1 - passive - nps) / 2
                points.append((nps, np.clip([promoters, passive, detractors], 0, 1)))
    return points


def coverage(sizes: dict[int, int]) -> pd.DataFrame:
    """Coverage of each method at each point; ``sizes`` is n to step of the NPS grid."""
    rows = []
    for n, step in sizes.items():
        for nps, shares in grid(step):
            b, t, c = outcomes(n, shares)
            weight = probability(b, t, c, shares)
            for name, method in METHODS:
                low, high = method(b, t, c)
                inside = (low - 1e-7 <= 100 * nps) & (100 * nps <= high + 1e-7)
                rows.append((name, n, nps, shares[1], 100 * weight[inside].sum()))
    return pd.DataFrame(rows, columns=["method", "n", "nps", "passives", "coverage"])


def show_coverage() -> None:
    small = dict.fromkeys([*range(30, 61), 70, 80, 90, 100, 150], 5)
    found = coverage({**small, 300: 10, 1_000: 20, 3_000: 20})
    interior = found["passives"].between(0.05, 1 - found["nps"].abs() - 0.04)
    for label, rows in (("all points", found), ("inside", found[interior])):
        print(f"\n{label}: {len(rows) // len(METHODS)} points, nominal 95")
        summary = rows.groupby("method", sort=False)["coverage"].agg(
            mean="mean",
            lowest="min",
            under_93=lambda x: (x < 93).sum(),
            within_94_96=lambda x: 100 * x.between(94, 96).mean(),
        )
        print(summary.round(2).to_string())
    ours = found[found["method"] == METHODS[-1][0]]
    by_size = ours.groupby(pd.cut(ours["n"], [29, 39, 60, 150, 300, 1_000, 3_000]), observed=True)
    print(by_size["coverage"].agg(["mean", "min", "max"]).round(2).to_string())


def timed(label: str, action: Callable[[], object], repeat: int = 5) -> None:
    seconds = []
    for _ in range(repeat):
        start = time.process_time()
        action()
        seconds.append(time.process_time() - start)
    print(f"{label:<58} {1000 * min(seconds):9.1f} ms")


def observations(teams: int = 45, months: int = 60) -> pd.DataFrame:
    """Every measure of all functions, by team and month."""
    generator = np.random.default_rng(1)
    stamps = pd.date_range("2022-01-01", periods=months, freq="MS", unit="us")
    keys = [(f.key, m.key) for f in FUNCTIONS for m in f.measures]
    rows = pd.MultiIndex.from_product([keys, [f"Team {i:02d}" for i in range(teams)], stamps])
    named = rows.get_level_values(0)
    return OBSERVATIONS.conform(
        pd.DataFrame(
            {
                "function": [f for f, _ in named],
                "measure": [m for _, m in named],
                "team": rows.get_level_values(1),
                "item": ALL,
                "constituency": ALL,
                "month": rows.get_level_values(2),
                "value": generator.integers(50, 500, len(rows)),
            }
        )
    )


def show_speed() -> None:
    known = observations()
    snapshot = Snapshot(Profile("bench", ()), 1, date(2027, 1, 5), {"observations": known})
    timed(
        f"measures part, {len(known):,} observations, 10 x 45 x 60",
        lambda: measures(snapshot, Assumptions()),
    )
    generator = np.random.default_rng(1)
    months = pd.date_range("2026-01-01", periods=60, freq="MS")
    benefits = frame_of(
        [
            Benefit(
                f"b{i}",
                "support",
                f"m{i}",
                f"k{i}",
                m.date(),
                1_000.0 + i,
                "ABCDE"[i % 5],
                "cashable",
                low=0.6,
                mode=0.9,
                high=1.0,
            )
            for i in range(20)
            for m in months
        ]
    )
    costs = frame_of(
        [
            Cost("support", f"c{i}", m.date(), 300.0, low=0.9, mode=1.0, high=1.3)
            for i in range(10)
            for m in months
        ]
    )
    flows, lines = generator.normal(100, 300, (30, 61)), ["benefit"] * 20 + ["cost"] * 10
    triangle, matrix = [Range(0.6, 0.9, 1.0)] * 30, one_factor(lines, 0.3)
    discount = 1.01 ** -np.arange(61)
    counts = generator.integers(0, 400, (3, 2_700))
    items = pd.DataFrame(generator.uniform(1, 100, (1_000, 4)), columns=list(COLUMNS[1:]))
    items.insert(0, "item", [str(i) for i in range(1_000)])
    cost, benefit = generator.integers(0, 99_999, (2, 61)) / 100
    timed(
        "simulate 10,000 draws x 60 months x 30 lines",
        lambda: simulate(flows, triangle, discount, matrix, draws=10_000, seed=1),
    )
    timed(
        "build_case, the same size, from 1,800 rows",
        lambda: build_case(benefits, costs, rate=0.1, start=date(2026, 1, 1), months=60, seed=1),
    )
    timed("nps_interval, 45 teams x 60 months", lambda: nps_interval(*counts))
    timed("rate_volume_mix, 1,000 items", lambda: rate_volume_mix(items))
    timed(
        "evaluate, 60 months, many sign changes (exact count)",
        lambda: evaluate(cost, benefit, 0.1, monthly=True),
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--coverage", action="store_true")
    parser.add_argument("--speed", action="store_true")
    chosen = parser.parse_args()
    if chosen.coverage:
        show_coverage()
    if chosen.speed or not chosen.coverage:
        show_speed()
