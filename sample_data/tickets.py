"""Support: the ticket export of Zendesk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from company import AGENCY_TEAM, World, teams
from records import (
    EXPORTED,
    Cells,
    amounts,
    cells,
    chosen,
    exported,
    minutes_within,
    shared,
    text,
)
from sheets import write_text
from spelling import labels

HEADERS = (
    "Summation column",
    "Id",
    "Group",
    "Status",
    "Priority",
    "Via",
    "Ticket type",
    "Created at",
    "Solved at",
    "Resolution time",
    "Satisfaction Score",
    "Group stations",
    "Reopens",
    "Replies",
    "First reply time in minutes",
    "Full resolution time in minutes",
)
FORGOTTEN = 4
"""Tickets that nobody closed for more than a year."""


def contacts(world: World) -> np.ndarray:
    """Return tickets opened by team and month, the last month not over."""
    return exported(world["active_customers"] * world["tickets_per_customer"])


def write_tickets(path: Path, world: World, rng: np.random.Generator) -> None:
    """Write ``zendesk_tickets.csv``: comma, UTF-8 with byte order mark."""
    where = cells(contacts(world))
    n = len(where)
    created = minutes_within(rng, where)
    minutes = amounts(rng, where, world["time_to_resolve"] * 60, 0.8, 0) + 1
    replied = _first_replies(rng, where, world, minutes)
    solved = created + minutes.astype(int) * np.timedelta64(1, "m")
    still_open = solved > EXPORTED
    answered = created + replied * np.timedelta64(1, "m") <= EXPORTED
    still_open[rng.choice(np.flatnonzero(where.month < 36), FORGOTTEN, replace=False)] = True
    reopened = chosen(rng, where, world["reopen_rate"])
    good = chosen(rng, where, world["satisfaction"])
    rated = rng.random(n) < 0.55
    group = _groups(where, created, rng)
    old = (solved < np.datetime64("2026-10-20T00:00", "m")) & ~still_open
    status = np.select(
        [old, ~still_open], ["Closed", "Solved"], rng.choice(("Open", "Pending", "Hold"), n)
    )
    columns = (
        np.ones(n, dtype=int),
        np.arange(n) + 100231,
        group,
        status,
        rng.choice(("Low", "Normal", "High", "Urgent"), n, p=(0.15, 0.65, 0.15, 0.05)),
        _channels(where.team, rng),
        rng.choice(("Question", "Incident", "Problem", "Task"), n, p=(0.55, 0.3, 0.1, 0.05)),
        text(created, "iso"),
        np.where(still_open, "", text(solved, "iso")),
        np.where(still_open, "", np.rint(minutes / 60).astype(int).astype(str)),
        np.select(
            [still_open, rated & good, rated], ["Not Offered", "Good", "Bad"], default="Offered"
        ),
        1 + rng.poisson(0.22, n),
        np.where(reopened & ~still_open, 1 + (rng.random(n) < 0.15), 0),
        np.where(answered, rng.poisson(1.6, n) + 1, 0),
        np.where(answered, replied.astype(str), ""),
        np.where(still_open, "", minutes.astype(int).astype(str)),
    )
    order = np.argsort(created, kind="stable")
    columns[1][order] = np.arange(n) + 100231
    rows = zip(*(np.asarray(column)[order].tolist() for column in columns), strict=True)
    write_text(path, (HEADERS, *rows), encoding="utf-8-sig")


def _first_replies(rng, where: Cells, world: World, minutes: np.ndarray) -> np.ndarray:
    """Return minutes to the first reply, never after the resolution."""
    mean = world["time_to_first_reply"][:, : where.months]
    early = np.minimum(amounts(rng, where, mean, 0.8, 0), 0.9 * minutes)
    return np.minimum(shared(where, mean * where.sums(), early, 0), minutes).astype(int)


def _groups(where, created: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    now, before = labels("ticket", "support")[where.team], labels("ticket, old", "support")
    renamed = (created < np.datetime64("2024-01-01T00:00", "m")) & (where.team % 2 == 0)
    group = np.where(renamed, before[where.team], now)
    return np.where(rng.random(len(where)) < 0.003, np.char.lower(group), group)


def _channels(team: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    usual = rng.choice(
        ("Mail", "Web form", "Phone", "Chat", "Community"),
        len(team),
        p=(0.42, 0.22, 0.22, 0.12, 0.02),
    )
    social = rng.choice(("Twitter", "Facebook", "Community"), len(team), p=(0.45, 0.35, 0.2))
    return np.where(team == teams("support").index(AGENCY_TEAM), social, usual)
