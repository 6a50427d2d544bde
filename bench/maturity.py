"""Do the maturity intervals and level probabilities keep their word, and how fast are they?

Simulates companies whose true practice is known, lets raters judge it under several rater
models, and counts how often the 80 % intervals hold the truth. Run from the repository root:

    python -m bench.maturity --companies 1000
    python -m bench.maturity --speed
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from metrics.maturity import load_model, score
from metrics.maturity.answers import COLUMNS, DONT_KNOW
from metrics.maturity.levels import level_of
from metrics.maturity.scoring import rate

MODEL = load_model()
OPTIONS = np.array([0, 0.25, 0.5, 1])
QUESTIONS = [q.id for q in MODEL.questions]
KINDS = list(MODEL.evidence_noise)
NOISE = np.array(list(MODEL.evidence_noise.values()))
SHAPE = (len(MODEL.dimensions), 4)
LADDER = np.array([0.85, 0.6, 0.35, 0.15])

Array = np.ndarray


def nearest(values: Array) -> Array:
    return OPTIONS[np.abs(values[..., None] - OPTIONS).argmin(axis=-1)]


def ladder_truth(rng: np.random.Generator, functions: int) -> Array:
    """Lower steps are lived more than higher ones; functions and dimensions differ."""
    company = rng.normal(0, 0.15)
    function = rng.normal(0, 0.12, (functions, 1, 1))
    dimension = rng.normal(0, 0.15, (functions, SHAPE[0], 1))
    own = rng.normal(0, 0.22, (functions, *SHAPE))
    return np.clip(LADDER + company + function + dimension + own, 0, 1)


def option_truth(rng: np.random.Generator, functions: int) -> Array:
    """Truth exactly on the options, steps falling."""
    return nearest(ladder_truth(rng, functions))


def uniform_truth(rng: np.random.Generator, functions: int) -> Array:
    """Every question anywhere, without any order: the least like our own assumption."""
    return rng.random((functions, *SHAPE))


def gaussian(rng: np.random.Generator, truth: Array, kind: Array, raters: int) -> Array:
    """Severity .10 and noise by evidence, answers rounded to the options: the stated model."""
    return nearest(truth + _severity(rng, truth, raters) + rng.normal(0, NOISE[kind]))


def heavy(rng: np.random.Generator, truth: Array, kind: Array, raters: int) -> Array:
    """Noise with heavy tails, and raters who differ in care."""
    care = rng.lognormal(0, 0.4, (raters, len(truth), 1, 1))
    noise = rng.standard_t(4, kind.shape) / np.sqrt(2) * NOISE[kind] * care
    return nearest(truth + _severity(rng, truth, raters) + noise)


def equal(rng: np.random.Generator, truth: Array, kind: Array, raters: int) -> Array:
    """Evidence makes no difference at all: every answer has noise .18, severity .15."""
    noise = rng.normal(0, 0.18, kind.shape)
    return nearest(truth + _severity(rng, truth, raters, 0.15) + noise)


def slips(rng: np.random.Generator, truth: Array, kind: Array, raters: int) -> Array:
    """Raters see the right option and slip to a neighbour, each in their own direction."""
    place = np.abs(truth[..., None] - OPTIONS).argmin(axis=-1)
    chance = rng.uniform(0.1, 0.4, (raters, len(truth), 1, 1))
    up = rng.uniform(0.2, 0.8, (raters, len(truth), 1, 1))
    move = (rng.random(kind.shape) < chance) * np.where(rng.random(kind.shape) < up, 1, -1)
    return OPTIONS[np.clip(place + move, 0, 3)]


def unrounded(rng: np.random.Generator, truth: Array, kind: Array, raters: int) -> Array:
    """Answers anywhere on [0, 1]."""
    return np.clip(truth + _severity(rng, truth, raters) + rng.normal(0, NOISE[kind]), 0, 1)


def _severity(rng: np.random.Generator, truth: Array, raters: int, spread: float = 0.10) -> Array:
    return rng.normal(0, spread, (raters, len(truth), 1, 1))


@dataclass(frozen=True)
class Case:
    name: str
    truth: Callable
    answer: Callable
    missing: float = 0.0


CASES = (
    Case("stated model", ladder_truth, gaussian),
    Case("stated model, 20 % don't know", ladder_truth, gaussian, 0.2),
    Case("heavy tails, uneven raters", ladder_truth, heavy),
    Case("evidence irrelevant", ladder_truth, equal),
    Case("truth on options, slips", option_truth, slips),
    Case("truth on options, stated raters", option_truth, gaussian),
    Case("truth anywhere", uniform_truth, gaussian),
    Case("answers unrounded", ladder_truth, unrounded),
)


def wave(case: Case, rng: np.random.Generator, functions: int, raters: int):
    """Return the truth of one company and the answers of its raters as a frame."""
    truth = case.truth(rng, functions)
    shape = (raters, functions, *SHAPE)
    kind = rng.integers(0, len(KINDS), shape)
    values = case.answer(rng, truth, kind, raters)
    unknown = rng.random(shape) < case.missing
    rater, function, _, _ = np.indices(shape)
    names = np.array([f"function {i}" for i in range(functions)])
    flat = names[function.ravel()]
    frame = pd.DataFrame(
        {
            "wave": "1",
            "model_version": MODEL.version,
            "rater": np.char.add(np.char.add(flat, " rater "), rater.ravel().astype(str)),
            "rater_role": "manager",
            "rater_function": "finance",
            "function": flat,
            "constituency": "all",
            "question": np.tile(QUESTIONS, raters * functions),
            "value": np.where(unknown, np.nan, values).ravel(),
            "state": np.where(unknown, DONT_KNOW, "answered").ravel(),
            "stage": "before",
            "evidence": "",
            "evidence_kind": np.array(KINDS)[kind.ravel()],
        }
    )
    return truth, frame[list(COLUMNS)]


def check(case: Case, raters: int, companies: int, seed: int, draws: int) -> dict[str, float]:
    """Simulate companies; return coverage, what lies inside its own band, the worst decile."""
    rng = np.random.default_rng(seed)
    held: dict[str, list[float]] = {"S": [], "P": [], "E": []}
    stated, happened, gap = [], [], []
    inside: dict[str, list[bool]] = {"S": [], "P": []}
    for company in range(companies):
        functions = int(rng.integers(3, 7))
        truth, frame = wave(case, rng, functions, raters)
        names = tuple(f"function {i}" for i in range(functions))
        result = score(frame, MODEL, functions_in_scope=names, seed=seed + company, draws=draws)
        true = rate(truth, MODEL, np.full(truth.shape[:2], np.nan))
        d, f, e = result.dimensions, result.functions, result.enterprise
        s = true.capability.ravel()
        held["S"] += list((d.low <= s + 1e-9) & (s <= d.high + 1e-9))
        held["P"] += list((f.low <= true.score + 1e-9) & (true.score <= f.high + 1e-9))
        held["E"].append(e.low <= true.score.mean() <= e.high)
        level = level_of(true.score)
        table = result.levels["probability"].to_numpy().reshape(functions, 5)
        stated += list(table.ravel())
        happened += list((level[:, None] == np.arange(1, 6)).ravel())
        for name, rows in (("S", d), ("P", f)):
            inside[name] += list((rows.low <= rows.published) & (rows.published <= rows.high))
        gap.append(e.value - true.score.mean())
    stated_, happened_ = np.array(stated), np.array(happened)
    decile = np.minimum((stated_ * 10).astype(int), 9)
    worst = max(
        abs(stated_[decile == k].mean() - happened_[decile == k].mean())
        for k in range(10)
        if (decile == k).sum() >= 30
    )
    return {
        **{k: 100 * float(np.mean(v)) for k, v in held.items()},
        "worst decile": 100 * worst,
        "S inside": 100 * float(np.mean(inside["S"])),
        "P inside": 100 * float(np.mean(inside["P"])),
        "E bias": float(np.mean(gap)),
    }


def speed() -> None:
    _, frame = wave(CASES[0], np.random.default_rng(1), 10, 12)
    names = tuple(f"function {i}" for i in range(10))
    times = []
    for _ in range(5):
        start = time.process_time()
        score(frame, MODEL, functions_in_scope=names, draws=2000)
        times.append(time.process_time() - start)
    print(
        f"10 functions x 12 raters x 40 questions, 2,000 draws: {min(times):.2f} s processor time"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--companies", type=int, default=1000)
    parser.add_argument("--raters", type=int, nargs="+", default=[3, 5, 9])
    parser.add_argument("--cases", type=int, nargs="+", default=list(range(len(CASES))))
    parser.add_argument("--draws", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=20261101)
    parser.add_argument("--speed", action="store_true")
    options = parser.parse_args()
    if options.speed:
        speed()
        return
    names = ("S", "P", "E", "worst decile", "S inside", "P inside")
    print(f"seed {options.seed}, {options.companies} companies, {options.draws} draws")
    print("| rater model | raters | " + " | ".join(names) + " | E bias |")
    print("|---|---|" + "---|" * (len(names) + 1))
    for case in (CASES[i] for i in options.cases):
        for raters in options.raters:
            r = check(case, raters, options.companies, options.seed, options.draws)
            figures = " | ".join(f"{r[n]:.1f}" for n in names)
            print(f"| {case.name} | {raters} | {figures} | {r['E bias']:+.3f} |", flush=True)


if __name__ == "__main__":
    main()
