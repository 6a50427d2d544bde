"""Sales: the opportunities report of Salesforce."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from company import FIRST_MONTH, HISTORY, World, teams
from records import EXPORTED, Cells, amounts, cells, chosen, exported, text
from sheets import workbook, write
from spelling import labels

HEADERS = (
    "Territory Region",
    "Opportunity Owner",
    "Opportunity ID",
    "Opportunity Name",
    "Account Name",
    "Stage",
    "Lead Source",
    "Type",
    "Amount",
    "Amount Currency",
    "Probability (%)",
    "Fiscal Period",
    "Created Date",
    "Close Date",
    "Closed",
    "Won",
)
LEAD_IN = 7
"""Months before the first month in which deals that close later were created."""
SOURCES = ("Web", "Trade Show", "Partner", "Phone Inquiry", "Community", "Social Media")
STAGES = (
    "Prospecting",
    "Qualification",
    "Needs Analysis",
    "Proposal/Price Quote",
    "Negotiation/Review",
)
ACCOUNTS = (
    "Aldermann Bau",
    "Bracken Joinery",
    "Castel Metal",
    "Duvall Chantier",
    "Eskil Bygg",
    "Farrow Rail",
    "Gantry Works",
    "Holm Marine",
    "Ibarra Obras",
    "Juniper Homes",
    "Kestrel Energy",
    "Lindqvist Hus",
)
NEWEST_DAY = EXPORTED.astype("M8[D]")


def created_counts(world: World) -> np.ndarray:
    """Return opportunities created by team and month, the last month not over."""
    return exported(world["opportunities"])


def write_opportunities(path: Path, world: World, rng: np.random.Generator) -> None:
    """Write ``salesforce_opportunities.xlsx``: title rows, subtotals, footer, days as text."""
    team, created, closing = _dates(world, rng)
    month = (closing.astype("M8[M]") - FIRST_MONTH).astype(int)
    closed = closing <= NEWEST_DAY
    where = Cells(team, np.clip(month, 0, HISTORY), HISTORY + 1)
    won = np.zeros(len(team), dtype=bool)
    won[closed] = chosen(rng, where.select(closed), world["win_rate"])
    value = np.zeros(len(team))
    for group in (won, ~won):
        value[group] = amounts(rng, where.select(group), world["deal_value"], 0.45)
    referred = np.zeros(len(team), dtype=bool)
    referred[won] = chosen(rng, where.select(won), world["referral_share"])
    referred[~won] = rng.random((~won).sum()) < 0.11
    source = np.where(referred, "Referral", rng.choice(SOURCES, len(team)))
    source = np.where(rng.random(len(team)) < 0.06, "", source)
    stage = np.select([won, closed], ["Closed Won", "Closed Lost"], rng.choice(STAGES, len(team)))
    chance = np.select([won, closed], [100, 0], rng.choice((10, 20, 50, 75), len(team)))
    account = rng.integers(0, len(ACCOUNTS) * 90, len(team))
    owner, number = rng.integers(1, 7, len(team)), rng.permutation(len(team)) + 100000
    kind = rng.choice(("New Business", "Existing Business"), len(team), p=(0.35, 0.65))
    region = labels("crm", "sales")
    records = [
        (
            region[team[i]],
            f"Owner {team[i] + 1}-{owner[i]}",
            f"0065g00000{number[i]}",
            f"{_account(account[i])} - order",
            _account(account[i]),
            str(stage[i]),
            str(source[i]),
            str(kind[i]),
            value[i],
            "EUR",
            int(chance[i]),
            period,
            first,
            last,
            int(closed[i]),
            int(won[i]),
        )
        for i, period, first, last in zip(
            range(len(team)),
            _fiscal(closing),
            text(created, "short").tolist(),
            text(closing, "short").tolist(),
            strict=True,
        )
    ]
    _report(path, team, records)


def _dates(world: World, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    path = world["opportunities"]
    before = np.rint(np.repeat(path[:, :1], LEAD_IN, axis=1)).astype(int)
    where = cells(np.hstack((before, created_counts(world))))
    start = (FIRST_MONTH - LEAD_IN + where.month).astype("M8[D]")
    days = ((start.astype("M8[M]") + 1).astype("M8[D]") - start).astype(int)
    days[where.month == LEAD_IN + HISTORY] = 20
    created = start + (rng.random(len(where)) * days).astype(int)
    cycle = world["sales_cycle_days"][:, : HISTORY + 1]
    typical = np.hstack((np.repeat(cycle[:, :1], LEAD_IN, axis=1), cycle))
    closing = created + np.maximum(amounts(rng, where, typical, 0.5, 0), 2).astype(int)
    keep = closing >= FIRST_MONTH.astype("M8[D]")
    order = np.lexsort((created[keep], where.team[keep]))
    return where.team[keep][order], created[keep][order], closing[keep][order]


def _account(number: int) -> str:
    return f"{ACCOUNTS[number % len(ACCOUNTS)]} {number // len(ACCOUNTS) + 1}"


def _fiscal(days: np.ndarray) -> list[str]:
    months = days.astype("M8[M]").astype(int)
    return [f"Q{month % 12 // 3 + 1}-{1970 + month // 12}" for month in months]


def _german(amount: float) -> str:
    return "€ " + f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))


def _report(path: Path, team: np.ndarray, records: list[tuple]) -> None:
    amount = HEADERS.index("Amount")
    with workbook(path, "Salesforce") as book:
        sheet = book.add_worksheet("Opportunities by region")
        row = write(
            sheet,
            [
                ("Opportunities by region",),
                ("As of 2026-11-20 18:00:00 Central European Standard Time/CET",),
                ("Filtered by: Close Date greater or equal 1/11/2022",),
                (),
                HEADERS,
            ],
        )
        for number, name in enumerate(teams("sales")):
            group = [record for record, own in zip(records, team, strict=True) if own == number]
            shown = group
            if name == "DACH":
                shown = [(*r[:amount], _german(r[amount]), *r[amount + 1 :]) for r in group]
            row = write(sheet, shown, row)
            total = round(sum(record[amount] for record in group), 2)
            row = write(sheet, [("Subtotal", *[None] * (amount - 1), total)], row)
            row = write(sheet, [("Count", len(group))], row)
        total = round(sum(record[amount] for record in records), 2)
        write(
            sheet,
            [
                ("Grand Total", *[None] * (amount - 1), total),
                ("Count", len(records)),
                (),
                ("Confidential Information - Do Not Distribute",),
                ("Copyright © 2000-2026 salesforce.com, inc. All rights reserved.",),
            ],
            row,
        )
