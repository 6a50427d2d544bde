"""Two companies made for their maturity: one rich in records, one with hardly an answer."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from metrics.assumptions import Assumptions
from metrics.frames import FRAMES
from metrics.maturity import load_model
from metrics.model import Profile, Snapshot
from metrics.report import Report, compute

SEED = 20261130
MODEL = load_model()
OPTIONS = (0.0, 0.25, 0.5, 1.0)
AS_OF = date(2026, 11, 20)


def answers(rng: np.random.Generator, practice: dict[str, float], wave: str, raters: int):
    """Raters of a function see each step a little differently; one in ten does not know."""
    rows = []
    for function, lived in practice.items():
        for rater in range(raters):
            for question in MODEL.questions:
                seen = lived - 0.2 * (question.step - 3) + rng.normal(0, 0.2)
                value = min(OPTIONS, key=lambda option, seen=seen: abs(option - seen))
                unknown = rng.random() < 0.1
                rows.append(
                    {
                        "wave": wave,
                        "model_version": MODEL.version,
                        "rater": f"{function}-{rater}",
                        "rater_role": "Head" if rater == 0 else "Agent",
                        "rater_function": "finance" if rater else function,
                        "function": function,
                        "constituency": "all",
                        "question": question.id,
                        "value": np.nan if unknown else value,
                        "state": "don't know" if unknown else "answered",
                        "stage": "before",
                        "evidence": "",
                        "evidence_kind": str(rng.choice(["assertion", "document", "kpi"])),
                    }
                )
    return pd.DataFrame(rows)


def snapshot(functions: tuple[str, ...], **frames: pd.DataFrame) -> Snapshot:
    known = {name: FRAMES[name].conform(frame) for name, frame in frames.items()}
    return Snapshot(Profile("Own", functions), 1, AS_OF, known)


def rich() -> Snapshot:
    """Five functions in two waves; one team makes nearly everything, so claims are contradicted."""
    rng = np.random.default_rng(SEED)
    levels = {"support": 0.9, "sales": 0.55, "marketing": 0.5, "procurement": 0.3, "people": 0.1}
    before = {function: max(0.0, lived - 0.15) for function, lived in levels.items()}
    given = pd.concat(
        [answers(rng, before, "2026-04", 3), answers(rng, levels, "2026-10", 4)],
        ignore_index=True,
    )
    customers = given["question"].str.startswith("ADV") & given["function"].eq("sales")
    given.loc[customers, "constituency"] = "customers"
    contributions = pd.DataFrame(
        [
            {"month": pd.Timestamp(2026, 10, 1), "contributor": team, "function": function}
            | {"team": team, "objective": "grow", "kind": "reply", "count": count}
            for function, team, count in (
                ("support", "desk", 900.0),
                ("support", "care", 10.0),
                ("sales", "a", 50.0),
                ("sales", "b", 50.0),
            )
        ]
    )
    return snapshot((*levels, "product"), answers=given, contributions=contributions)


def sparse() -> Snapshot:
    """Two functions, one rater each, and most questions unanswered."""
    rng = np.random.default_rng(SEED)
    given = answers(rng, {"support": 0.5, "sales": 0.6}, "2026-10", 1)
    kept = given["question"].str.startswith(("STR", "MMT", "NET"))
    return snapshot(("support", "sales", "product"), answers=given[kept])


def report(of: Snapshot) -> Report:
    return compute(of, Assumptions())
