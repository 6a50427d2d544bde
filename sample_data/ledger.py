"""Claims that functions make beside the measured savings: true ones, doubled ones, moved ones."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from functions import TRANSFER_AMOUNT, TRANSFER_START, TRANSFER_TEAMS, day
from sheets import workbook, write
from spelling import TITLES


@dataclass(frozen=True)
class Claim:
    """One line of the ledger; ``true`` is what really counts of it each month."""

    name: str
    function: str
    team: str
    mechanism: str
    kpi: str
    start: str
    amount: float
    grade: str
    cash: str
    layer: str
    group: str
    transfer: str
    change: str
    true: float


_MOVED = TRANSFER_AMOUNT * len(TRANSFER_TEAMS)
CLAIMS = (
    Claim(
        "Fewer returns through fitting advice",
        "support",
        "all",
        "fitting advice",
        "",
        "2025-01",
        2_100.0,
        "C",
        "cashable",
        "incremental",
        "returns",
        "",
        "process",
        2_100.0,
    ),
    Claim(
        "Fewer returns through better product pages",
        "marketing",
        "all",
        "product pages",
        "",
        "2025-01",
        2_100.0,
        "D",
        "cashable",
        "incremental",
        "returns",
        "",
        "process",
        0.0,
    ),
    Claim(
        "Agency contract for translations ended",
        "communications",
        "all",
        "translations by colleagues",
        "",
        "2025-03",
        1_450.0,
        "A",
        "cashable",
        "incremental",
        "",
        "",
        "process",
        1_450.0,
    ),
    Claim(
        "Search time of colleagues",
        "people",
        "all",
        "answers found inside",
        "time_to_expert",
        "2024-09",
        3_900.0,
        "D",
        "capacity",
        "incremental",
        "",
        "",
        "tool",
        0.0,
    ),
    Claim(
        "Writers leave communications",
        "communications",
        "all",
        "writers given",
        "cost_per_placement",
        TRANSFER_START,
        _MOVED,
        "A",
        "cashable",
        "incremental",
        "",
        "writers",
        "process",
        0.0,
    ),
    Claim(
        "Writers arrive in product",
        "product",
        "all",
        "writers received",
        "cost_per_validated_insight",
        TRANSFER_START,
        -_MOVED,
        "A",
        "cashable",
        "incremental",
        "",
        "writers",
        "process",
        0.0,
    ),
    Claim(
        "Deals that had met the community",
        "sales",
        "all",
        "community touch",
        "influenced_revenue_share",
        "2024-08",
        41_000.0,
        "E",
        "cashable",
        "influenced",
        "",
        "",
        "campaign",
        0.0,
    ),
)
"""Two functions claim the same returns; capacity is no cash; a transfer is no saving; influence
is no effect. Only fitting advice and the ended contract are money."""
HEADER = (
    "Benefit",
    "Function",
    "Team",
    "Mechanism",
    "KPI",
    "Start",
    "Amount",
    "Grade",
    "Cash",
    "Layer",
    "Overlap group",
    "Transfer",
    "Change",
)


def counted() -> float:
    """Return what the claims are truly worth in a month, cashable and once."""
    return round(sum(claim.true for claim in CLAIMS), 2)


def write_claims(path: Path) -> None:
    """Write ``benefit_claims.xlsx``."""
    rows = [
        (
            c.name,
            TITLES[c.function],
            c.team,
            c.mechanism,
            c.kpi,
            c.start,
            c.amount,
            c.grade,
            c.cash,
            c.layer,
            c.group,
            c.transfer,
            c.change,
        )
        for c in CLAIMS
    ]
    with workbook(path, "Halden Tools, Finance") as book:
        write(book.add_worksheet("Benefits"), [HEADER, *rows])
        write(
            book.add_worksheet("Standing"),
            [
                ("Series", "Month", "Value"),
                *(
                    ("market share", day(m), round(0.118 + 0.00022 * max(m - 18, 0), 4))
                    for m in range(0, 48, 3)
                ),
                *(
                    ("reputation", day(m), 61.0 + (m > 24) * 2.5 + (m % 12 == 3))
                    for m in range(3, 48, 6)
                ),
            ],
        )
        write(
            book.add_worksheet("Relevance"),
            [
                ("Rater", "Function", "Value"),
                *(
                    (role, TITLES[function], float(value))
                    for role, values in EXPECTED.items()
                    for function, value in zip(TITLES, values, strict=True)
                ),
            ],
        )


EXPECTED = {
    "Chief executive": (9, 6, 7, 3, 2, 6, 5, 8, 4, 3),
    "Chief financial officer": (7, 7, 6, 4, 3, 4, 4, 5, 3, 4),
    "Chief operating officer": (8, 6, 6, 5, 4, 5, 3, 7, 4, 3),
}
"""How much executives expect of each function, 0–10: much of marketing, little of procurement."""
