"""Does following the plan pay, does it keep its promises, and does it stay still without effect?

Companies are simulated with a known response of each function; every policy plays eight quarterly
cycles on its own data, all under the same largest change. Run from the repository root:

    python -m bench.tune --companies 300
    python -m bench.tune --speed
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from metrics.tuning.allocation import CONFIDENCE, Limits, allocate
from metrics.tuning.calibration import factor_of
from metrics.tuning.prediction import predict
from metrics.tuning.response import FunctionHistory, Response, respond

CYCLES, QUARTER = 8, 3
SHAPES = ("proportional", "square root", "logarithm", "saturating", "s-shaped", "mixed", "none")


def curve(shape: str, ratio: np.ndarray) -> np.ndarray:
    """Benefit at ``ratio`` times the usual spending, 1 at the usual spending."""
    if shape == "proportional":
        return ratio
    if shape == "square root":
        return np.sqrt(ratio)
    if shape == "logarithm":
        return np.log1p(3 * ratio) / np.log(4)
    if shape == "saturating":
        return (1 - np.exp(-1.5 * ratio)) / (1 - np.exp(-1.5))
    if shape == "s-shaped":
        return 2 * ratio**2 / (1 + ratio**2)
    return np.zeros_like(ratio)


@dataclass(frozen=True)
class Company:
    """A simulated company: true curves, and how noisy its months are."""

    shapes: tuple[str, ...]
    usual: np.ndarray
    worth: np.ndarray
    base: np.ndarray
    variation: float
    noise: float
    rho: float
    months: int
    seed: int

    def truth(self, spend: np.ndarray) -> np.ndarray:
        """True benefit a month by function from ``spend``."""
        ratio = spend / self.usual
        return self.worth * np.stack([curve(s, r) for s, r in zip(self.shapes, ratio, strict=True)])

    def executed(self, plan: np.ndarray, months: int, rng: np.random.Generator) -> np.ndarray:
        """Spending never follows the plan exactly."""
        return plan[:, None] * np.exp(self.variation * rng.standard_normal((len(plan), months)))


def company(seed: int, shape: str) -> Company:
    rng = np.random.default_rng(seed)
    size = int(rng.integers(5, 9))
    named = (*SHAPES[:5], "none")
    shapes = tuple(rng.choice(named, size)) if shape == "mixed" else (shape,) * size
    usual = 10_000 * np.exp(0.8 * rng.standard_normal(size))
    worth = usual * 2.0 * np.exp(0.5 * rng.standard_normal(size))
    return Company(
        shapes,
        usual,
        worth,
        worth * rng.uniform(0, 1, size),
        float(rng.choice([0.1, 0.2, 0.4])),
        float(rng.uniform(0.05, 0.25)),
        float(rng.uniform(0.2, 0.8)),
        int(rng.integers(24, 37)),
        seed,
    )


@dataclass
class Played:
    """One policy's eight cycles."""

    plans: np.ndarray
    promised: np.ndarray
    moved: np.ndarray
    ratios: np.ndarray
    inside: np.ndarray


def play(one: Company, policy: str) -> Played:
    rng = np.random.default_rng(one.seed + 10_000_000)
    total_months = one.months + CYCLES * QUARTER
    size = len(one.usual)
    season = rng.uniform(0, 0.1, size)[:, None] * np.sin(
        2 * np.pi * np.arange(total_months) / 12 + rng.uniform(0, 6, size)[:, None]
    )
    trend = 1 + rng.normal(0, 0.03, size)[:, None] * np.arange(total_months) / 12
    wobble = np.zeros((size, total_months))
    for month in range(total_months):
        before = wobble[:, month - 1] if month else 0
        wobble[:, month] = one.rho * before + np.sqrt(1 - one.rho**2) * rng.standard_normal(size)
    level = (one.base + one.worth)[:, None]
    shock = level * (season + one.noise * wobble) + one.base[:, None] * trend
    spend = one.executed(one.usual, one.months, rng)
    benefit = np.stack([one.truth(x) for x in spend.T], axis=1) + shock[:, : one.months]
    plan, total = one.usual.copy(), float(one.usual.sum())
    plans, promised, moved, inside = [], [], [], []
    ratios = np.array([])
    for cycle in range(CYCLES):
        new, promise, draws = decide(policy, spend, benefit, plan, total, cycle)
        moved.append(np.abs(new - plan).sum() / 2 / total)
        plans.append(new)
        promised.append(promise)
        plan = new
        done = one.executed(plan, QUARTER, rng)
        at = spend.shape[1]
        came = np.stack([one.truth(x) for x in done.T], axis=1) + shock[:, at : at + QUARTER]
        if draws is not None:
            factor = factor_of(ratios)
            low, mean, high = (
                np.quantile(draws, 0.1, axis=0),
                draws.mean(axis=0),
                np.quantile(draws, 0.9, axis=0),
            )
            actual = came.mean(axis=1)
            inside.append(
                (actual >= mean - factor * (mean - low)) & (actual <= mean + factor * (high - mean))
            )
            half = np.where(actual > mean, high - mean, mean - low)
            ratios = np.append(ratios, np.abs(actual - mean) / half)
        spend, benefit = np.hstack([spend, done]), np.hstack([benefit, came])
    return Played(np.array(plans), np.array(promised), np.array(moved), ratios, np.array(inside))


def decide(policy, spend, benefit, plan, total, cycle):
    """Return the new plan, the gain a month it promises, and draws of next quarter's benefit."""
    if policy == "keep as is":
        return plan, 0.0, None
    if policy in ("equal split", "proportional to last return"):
        target = np.full(len(plan), total / len(plan))
        if policy != "equal split":
            brought = np.maximum(benefit[:, -QUARTER:].mean(axis=1), 0)
            target = total * brought / max(brought.sum(), 1e-9)
        return within(target, plan, total), 0.0, None
    histories = [
        FunctionHistory(f"f{n}", x, y) for n, (x, y) in enumerate(zip(spend, benefit, strict=True))
    ]
    known = respond(histories, planned=plan, seed=cycle)
    rash = policy == "unshrunk optimiser"
    known = unshrunk(known) if rash else known
    found = allocate(known, Limits(total), confidence=0.5 if rash else CONFIDENCE)
    new = found.table["proposed"].to_numpy()
    draws = predict(known, new, QUARTER, seed=cycle) if policy == "attune" else None
    return new, found.gain, draws


def unshrunk(known: Response) -> Response:
    """The same slopes as least squares gives them, errors around them."""
    rng = np.random.default_rng(0)
    noise = known.raw_error * rng.standard_normal((1000, len(known.raw)))
    return replace(known, draws=known.raw + noise - noise.mean(axis=0))


def within(target: np.ndarray, plan: np.ndarray, total: float) -> np.ndarray:
    """Nearest to the target inside the largest change, at the same total."""
    low, high = 0.8 * plan, 1.2 * plan
    small, large = 0.0, 100.0
    for _ in range(60):
        middle = (small + large) / 2
        small, large = (
            (middle, large)
            if np.clip(target * middle, low, high).sum() < total
            else (small, middle)
        )
    return np.clip(target * large, low, high)


POLICIES = (
    "keep as is",
    "equal split",
    "proportional to last return",
    "unshrunk optimiser",
    "attune",
)


def one_company(task: tuple[int, str]) -> list[dict]:
    seed, shape = task
    one = company(seed, shape)
    kept = one.truth(one.usual).sum()
    rows = []
    for policy in POLICIES[1:]:
        played = play(one, policy)
        reached = np.array([one.truth(p).sum() for p in played.plans])
        before = np.concatenate([[kept], reached[:-1]])
        scale = kept if kept > 0 else 1.0
        rows.append(
            {
                "shape": shape,
                "variation": one.variation,
                "policy": policy,
                "gain": (reached - kept).mean() / scale,
                "below": float(reached.mean() < kept - 1e-9 * scale),
                "promised": played.promised.sum() / scale,
                "realised": (reached - before).sum() / scale,
                "moved": played.moved.mean(),
                "hits": played.inside[2:].sum() if len(played.inside) else np.nan,
                "issued": played.inside[2:].size if len(played.inside) else np.nan,
            }
        )
    return rows


def table(rows: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    told = rows.groupby(by, sort=False)
    out = told[["gain", "below", "promised", "realised", "moved"]].mean() * 100
    out["ratio"] = told["promised"].sum() / told["realised"].sum()
    out["coverage"] = 100 * told["hits"].sum() / told["issued"].sum()
    out["n"] = told.size()
    return out.round(2)


def run(companies: int, workers: int) -> pd.DataFrame:
    shapes = SHAPES[:-1] if companies > 6 else SHAPES
    tasks = [(1000 + n, shapes[n % len(shapes)]) for n in range(companies)]
    tasks += [(500_000 + n, "none") for n in range(companies // 6)]
    if workers == 1:
        found = map(one_company, tasks)
    else:
        from concurrent.futures import ProcessPoolExecutor

        found = ProcessPoolExecutor(workers).map(one_company, tasks, chunksize=4)
    return pd.DataFrame([row for rows in found for row in rows])


def speed() -> None:
    rng = np.random.default_rng(0)
    histories = []
    for n in range(10):
        x = 10_000 * np.exp(0.2 * rng.standard_normal(36))
        histories.append(FunctionHistory(f"f{n}", x, 2 * x + 2000 * rng.standard_normal(36)))
    allocate(respond(histories[:3]), Limits(30_000))
    start = time.perf_counter()
    known = respond(histories, draws=1000)
    allocate(known, Limits(float(known.current.sum())))
    print(f"10 functions, 36 months, 1,000 draws: {time.perf_counter() - start:.2f} s")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--companies", type=int, default=300)
    options.add_argument("--workers", type=int, default=1)
    options.add_argument("--speed", action="store_true")
    given = options.parse_args()
    if given.speed:
        speed()
        return
    rows = run(given.companies, given.workers)
    some, none = rows[rows["shape"] != "none"], rows[rows["shape"] == "none"]
    print(table(some, ["policy"]).to_string())
    print(table(none, ["policy"]).to_string())
    ours = some[some["policy"] == "attune"]
    print(table(ours, ["shape"]).to_string())
    print(table(ours, ["variation"]).to_string())


if __name__ == "__main__":
    main()
