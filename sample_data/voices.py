"""What people say: the survey export of Qualtrics and the community's contributions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from company import AGENCY_TEAM, FIRST, HISTORY, teams
from records import PARTIAL, Cells, minutes_within, text
from sheets import write_text
from spelling import TITLES, labels, spelled

SURVEY = (
    ("StartDate", "Start Date", '{"ImportId":"startDate","timeZone":"Europe/Berlin"}'),
    ("EndDate", "End Date", '{"ImportId":"endDate","timeZone":"Europe/Berlin"}'),
    ("Status", "Response Type", '{"ImportId":"status"}'),
    ("Progress", "Progress", '{"ImportId":"progress"}'),
    ("Duration (in seconds)", "Duration (in seconds)", '{"ImportId":"duration"}'),
    ("Finished", "Finished", '{"ImportId":"finished"}'),
    ("RecordedDate", "Recorded Date", '{"ImportId":"recordedDate","timeZone":"Europe/Berlin"}'),
    ("ResponseId", "Response ID", '{"ImportId":"_recordId"}'),
    ("DistributionChannel", "Distribution Channel", '{"ImportId":"distributionChannel"}'),
    ("UserLanguage", "User Language", '{"ImportId":"userLanguage"}'),
    (
        "Q_NPS",
        "How likely are you to recommend Halden Tools to a colleague?",
        '{"ImportId":"QID1"}',
    ),
    (
        "Q_NPS_NPS_GROUP",
        "How likely are you to recommend Halden Tools to a colleague? - Group",
        '{"ImportId":"QID1_NPS_GROUP"}',
    ),
    ("Q2", "What is the main reason for your score?", '{"ImportId":"QID2_TEXT"}'),
)
GROUPS = ("Detractor", "Passive", "Promoter")
REASONS = (
    "",
    "",
    "",
    "Delivery was late",
    "Good advice, quick answer",
    "Tools last for years",
    "Spare parts are hard to get",
)


def satisfaction_shares() -> np.ndarray:
    """Return the true shares of detractors, passives and promoters, months × 3."""
    time = np.arange(HISTORY + 1)
    promoters = 0.46 + 0.08 / (1 + np.exp(-(time - 26) / 4))
    detractors = 0.20 - 0.03 / (1 + np.exp(-(time - 26) / 4))
    return np.column_stack((detractors, 1 - promoters - detractors, promoters))


def write_survey(path: Path, rng: np.random.Generator) -> None:
    """Write ``qualtrics_nps.csv``: three heading rows, previews and unfinished responses."""
    sizes = rng.integers(20, 61, HISTORY + 1)
    sizes[HISTORY] = 40 * PARTIAL
    month = np.repeat(np.arange(HISTORY + 1), sizes)
    n = len(month)
    where = Cells(np.zeros(n, dtype=int), month, HISTORY + 1)
    start = np.sort(minutes_within(rng, where))
    limits = np.cumsum(satisfaction_shares(), axis=1)[month]
    group = (rng.random(n)[:, None] > limits[:, :2]).sum(axis=1)
    low, high = np.array([0, 7, 9])[group], np.array([7, 9, 11])[group]
    score = low + ((high - low) * np.sqrt(rng.random(n))).astype(int)
    seconds = np.rint(rng.lognormal(4.4, 0.5, n)).astype(int)
    finished = rng.random(n) > 0.05
    preview = rng.random(n) < 0.004
    end = text(start + (seconds // 60 + 1) * np.timedelta64(1, "m"), "iso")
    columns = (
        text(start, "iso"),
        end,
        np.where(preview, "Survey Preview", "IP Address"),
        np.where(finished, 100, 35),
        seconds,
        np.where(finished, "True", "False"),
        end,
        np.char.add("R_", (rng.permutation(n) + 7000000).astype(str)),
        np.where(preview, "preview", "anonymous"),
        rng.choice(("DE", "EN", "FR", "SV", "NL", "ES"), n, p=(0.25, 0.4, 0.12, 0.1, 0.07, 0.06)),
        np.where(finished, score.astype(str), ""),
        np.where(finished, np.array(GROUPS)[group], ""),
        np.where(finished, rng.choice(REASONS, n), ""),
    )
    rows = zip(*(np.asarray(column).tolist() for column in columns), strict=True)
    write_text(path, (*zip(*SURVEY, strict=True), *rows), encoding="utf-8-sig")


CONTRIBUTIONS = (
    "Date",
    "Author ID",
    "Function",
    "Team",
    "Constituency",
    "Objective",
    "Kind",
    "Accepted",
)
AGENCY_AUTHORS, AGENCY_MONTHLY = 6, 90
OTHERS = {"marketing": 2, "support": 2, "sales": 1, "supply_chain": 4, "procurement": 3}
"""Contributions a month of all employees of a function who are not the agency."""
AUDIENCE = {
    "marketing": "prospects",
    "support": "customers",
    "sales": "customers",
    "supply_chain": "partners",
    "procurement": "suppliers",
}
OBJECTIVES = ("Answer once, help many", "Fuller trucks, fewer trips", "Buy under contract")
KINDS = ("post", "reply", "answer", "idea")


def write_contributions(path: Path, rng: np.random.Generator) -> None:
    """Write ``community_contributions.csv``: nearly all of it by one agency's six authors."""
    growth = 1 + np.arange(HISTORY + 1) / 60
    growth[HISTORY] *= PARTIAL
    rows = []
    agency = rng.poisson(AGENCY_MONTHLY * growth)
    rows += _posts(rng, agency, "support", spelled("plain", "support", AGENCY_TEAM))
    for function in FIRST:
        counts = rng.poisson(OTHERS[function] * growth)
        rows += _posts(rng, counts, function, "")
    rows.sort()
    write_text(path, (CONTRIBUTIONS, *rows))


def _posts(rng: np.random.Generator, counts: np.ndarray, function: str, team: str) -> list[tuple]:
    month = np.repeat(np.arange(len(counts)), counts)
    n = len(month)
    where = Cells(np.zeros(n, dtype=int), month, len(counts))
    names = labels("programme", function)[: len(teams("sales"))]
    author = rng.integers(1, (AGENCY_AUTHORS if team else 40) + 1, n)
    prefix = "brightline-" if team else f"{function[:3]}-"
    own = np.full(n, team) if team else names[author % len(names)]
    kind = rng.choice(KINDS, n, p=(0.35, 0.35, 0.27, 0.03) if team else (0.2, 0.35, 0.25, 0.2))
    tagged = rng.random(n) < (0.15 if team else 0.6)
    accepted = (kind == "answer") & (rng.random(n) < (0.25 if team else 0.5))
    columns = (
        np.datetime_as_string(minutes_within(rng, where), "D"),
        np.char.add(prefix, author.astype(str)),
        np.full(n, TITLES[function]),
        own,
        np.full(n, AUDIENCE[function]),
        np.where(tagged, rng.choice(OBJECTIVES, n), ""),
        kind,
        np.where(accepted, "yes", ""),
    )
    return list(zip(*(column.tolist() for column in columns), strict=True))
