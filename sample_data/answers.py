"""Maturity: the questionnaire answers of twenty-four raters in two waves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import yaml
from company import FIRST, FUNCTIONS
from sheets import workbook, write
from spelling import TITLES

HEADERS = (
    "Wave",
    "Rater",
    "Role",
    "Rater function",
    "Function",
    "Constituency",
    "Question",
    "Answer",
    "Evidence",
    "Evidence kind",
)
WAVES = {"2026-04": -0.3, "2026-10": 0.0}
"""Assessment wave and how far practice was from today's."""
MODEL = Path(__file__).parents[1] / "metrics" / "maturity" / "model.yaml"
DIMENSIONS = ("STR", "INS", "ORG", "LEA", "PRO", "NET", "SKL", "TEC", "MMT", "ADV")
CLAIMED = {
    "marketing": (2.6, 3.0, 2.4, 2.3, 2.6, 2.8, 2.5, 2.7, 2.0, 2.4),
    "support": (2.9, 2.8, 3.7, 2.9, 3.2, 3.4, 2.7, 2.9, 2.2, 2.8),
    "sales": (2.0, 1.9, 1.8, 1.9, 1.9, 2.4, 1.9, 2.0, 1.6, 2.6),
    "supply_chain": (3.3, 2.9, 3.0, 3.2, 3.5, 2.8, 3.0, 3.1, 3.4, 2.2),
    "procurement": (3.2, 2.8, 3.1, 3.0, 3.3, 2.9, 2.9, 3.0, 3.3, 2.3),
    "product": (2.3, 2.7, 2.0, 2.2, 2.1, 2.4, 2.0, 2.3, 1.8, 1.9),
    "people": (2.2, 2.0, 2.3, 2.4, 2.2, 2.5, 2.6, 2.2, 1.9, 1.8),
    "communications": (2.1, 2.8, 1.9, 2.0, 2.3, 2.0, 2.2, 2.4, 1.5, 1.7),
    "partners": (1.8, 1.9, 1.7, 1.8, 1.9, 2.3, 1.6, 1.8, 1.5, 2.0),
    "information_technology": (2.0, 1.7, 2.1, 1.9, 2.4, 2.1, 2.2, 3.1, 2.0, 1.4),
}
"""Level that raters see, by dimension. Support's claim on organisation is contradicted by its
contributions: one agency writes nearly all of them."""
HOLLOW = ("sales", "TEC", {2: 0.2, 3: 0.1, 4: 0.9, 5: 0.8})
"""A dimension whose later steps are claimed although its foundations are missing."""
RATERS = (
    ("R01", "Head of marketing", "marketing", "sales"),
    ("R02", "Campaign lead", "marketing", ""),
    ("R03", "Content editor", "marketing", "support"),
    ("R04", "Head of support", "support", ""),
    ("R05", "Support team lead", "support", "supply_chain"),
    ("R06", "Community manager", "support", "marketing"),
    ("R07", "Head of sales", "sales", ""),
    ("R08", "Key account manager", "sales", "support"),
    ("R09", "Head of logistics", "supply_chain", "procurement"),
    ("R10", "Transport planner", "supply_chain", ""),
    ("R11", "Head of procurement", "procurement", "supply_chain"),
    ("R12", "Buyer", "procurement", "sales"),
    ("R13", "Chief operating officer", "company", "*"),
    ("R14", "Chief information officer", "company", "*"),
)
"""Pseudonym, role, own function and the other function that is judged (``*``: all)."""
LATER = (
    ("R15", "Head of product", "product", "people"),
    ("R16", "Product manager", "product", ""),
    ("R17", "Head of people", "people", ""),
    ("R18", "Recruiter", "people", "communications"),
    ("R19", "Press officer", "communications", ""),
    ("R20", "Head of communications", "communications", "product"),
    ("R21", "Channel manager", "partners", ""),
    ("R22", "Partner trainer", "partners", ""),
    ("R23", "Head of the service desk", "information_technology", "partners"),
    ("R24", "Integration engineer", "information_technology", ""),
)
"""Raters of the functions that joined later; the two executives judge these as well."""
PROOF = {
    "assertion": ("", "Workshop", "Interview"),
    "document": ("Guideline, version 2", "Plan 2026", "Minutes of the quarterly review"),
    "system record": ("Ticket report", "Community export", "Training log"),
    "kpi": ("Monthly KPI sheet",),
}
NOT_APPLICABLE = "No external members in this process"


def write_answers(path: Path, rng: np.random.Generator, later: np.random.Generator) -> None:
    """Write ``maturity_answers.xlsx``: one sheet a wave, some answers typed by hand."""
    model = yaml.safe_load(MODEL.read_text(encoding="utf-8"))
    with workbook(path, "Halden Tools") as book:
        for wave, shift in WAVES.items():
            rows = [row for rater in RATERS for row in _rater(model, wave, shift, rater, rng)]
            _by_hand(rows, rng)
            both = [(*rater[:3], "+") for rater in RATERS if rater[3] == "*"]
            rows += [
                row for rater in (*LATER, *both) for row in _rater(model, wave, shift, rater, later)
            ]
            write(book.add_worksheet(f"Answers {wave}"), [HEADERS, *rows])


def _rater(model: dict, wave: str, shift: float, rater: tuple, rng) -> list[list]:
    name, role, own, other = rater
    groups = {"*": FIRST, "+": FUNCTIONS[len(FIRST) :]}
    judged = groups.get(other) or [f for f in (own, other) if f]
    bias = rng.normal(0, 0.22)
    own_title = TITLES.get(own, "Company")
    rows = []
    for function in judged:
        for dimension, level in zip(DIMENSIONS, CLAIMED[function], strict=True):
            seen = level + shift + bias + rng.normal(0, 0.2)
            for step, question in model["dimensions"][dimension]["questions"].items():
                if (function, dimension) == HOLLOW[:2]:
                    reached = HOLLOW[2][step] + rng.normal(0, 0.1)
                else:
                    reached = seen - step + 1 + rng.normal(0, 0.15)
                options = model["answer_sets"][question["answers"]]["options"]
                answer, proof, kind = _answer(reached, options, rng)
                rows.append(
                    [
                        wave,
                        name,
                        role,
                        own_title,
                        TITLES[function],
                        "all",
                        f"{dimension}-{step}",
                        answer,
                        proof,
                        kind,
                    ]
                )
    return rows


def _answer(reached: float, options: list[dict], rng) -> tuple[str, str, str]:
    chance = rng.random()
    if chance < 0.05:
        return "don't know", "", ""
    if chance < 0.07:
        return "not applicable", NOT_APPLICABLE, ""
    kind = str(rng.choice(list(PROOF), p=(0.55, 0.3, 0.12, 0.03)))
    option = min(options, key=lambda entry: abs(entry["value"] - min(max(reached, 0), 1)))
    return option["label"], str(rng.choice(PROOF[kind])), kind


def _by_hand(rows: list[list], rng: np.random.Generator) -> None:
    """Spoil a few answers the way people do: other case, blanks, a number, a remark."""
    column = HEADERS.index("Answer")
    for place, number in enumerate(rng.choice(len(rows), 24, replace=False).tolist()):
        answer = rows[number][column]
        spoiled = (answer.lower(), f" {answer} ", answer.upper())[place % 3]
        rows[number][column] = spoiled if place < 21 else (0.5, 0.25, "ask the plant")[place - 21]
