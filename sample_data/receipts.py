"""Supply chain: the goods-receipt list of SAP."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from company import HISTORY, World
from places import SITES
from records import (
    DAY,
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
    "Purchasing Document",
    "Item",
    "Plant",
    "Region",
    "Name of Supplier",
    "Document Date",
    "Stat.-Rel. Del. Date",
    "Posting Date",
    "Order Quantity",
    "Quantity Received",
    "Net Order Value",
    "Freight Cost",
    "Currency",
    "Expedite",
)
SUPPLIERS = (
    "Müller & Söhne GmbH",
    "Aciéries du Rhône SA",
    "Nordstål AB",
    "Forja Española S.L.",
    "Tyneside Castings Ltd",
    "Lakeshore Bearings Inc",
    "Maple Fasteners Ltd",
    "Van Dijk Motoren BV",
    "Grünwald Kunststoffe KG",
    "Pacific Drives LLC",
    "Zürcher Präzision AG",
    "Ohio Coil Corp",
    "Brabant Verpakking BV",
    "Ørsund Kabler A/S",
)
YET_TO_COME = 60
"""Lines promised for the days after the export."""
QUICK = 0.1
"""Share of lines sent as express."""


def due_lines(world: World) -> np.ndarray:
    """Return delivery lines by region and promised month, the last month not over."""
    return exported(world["lines_due"])


def freight(world: World) -> np.ndarray:
    """Return freight cost by region and promised month, to the cent."""
    lines = due_lines(world)
    cost = lines * world["line_value"][:, : lines.shape[1]]
    return np.round(cost * world["freight_to_value"][:, : lines.shape[1]], 2)


def write_receipts(path: Path, world: World, rng: np.random.Generator) -> None:
    """Write ``sap_goods_receipts.csv``: semicolons, decimal comma, Windows-1252, days first."""
    where = cells(due_lines(world))
    promised = minutes_within(rng, where).astype("M8[D]")
    on_time = chosen(rng, where, world["on_time_delivery"])
    late = 1 + rng.geometric(0.22, len(where))
    posted = promised + np.where(on_time, -rng.integers(0, 5, len(where)), late)
    posted[posted > EXPORTED] = np.datetime64("NaT")
    value = amounts(rng, where, world["line_value"], 0.6)
    express = chosen(rng, where, np.full_like(world["lines_due"], QUICK))
    cost = _freight(where, value, express, world, rng)
    where, promised, posted, value, cost, express = _with_open_lines(
        rng, where, promised, posted, value, cost, express
    )
    n = len(where)
    quantity = rng.integers(5, 400, n) * 5
    received = np.where(rng.random(n) < 0.94, quantity, np.rint(quantity * rng.uniform(0.6, 1, n)))
    received = np.where(np.isnat(posted), 0, received).astype(int)
    plants = _plants(where.team, rng)
    ordered = promised - rng.integers(12, 45, n)
    order = np.lexsort((rng.random(n), promised))
    supplier = rng.choice(SUPPLIERS, n, p=_zipf(len(SUPPLIERS)))
    columns = (
        4500010000 + np.argsort(order) // 2,
        (np.argsort(order) % 2 + 1) * 10,
        plants,
        labels("erp", "supply_chain")[where.team],
        supplier,
        text(ordered, "german"),
        text(promised, "german"),
        text(posted, "german"),
        _decimals(quantity, 0),
        _decimals(received, 0),
        _decimals(value),
        _decimals(cost),
        np.full(n, "EUR"),
        np.where(express, "X", ""),
    )
    rows = zip(*(np.asarray(column)[order].tolist() for column in columns), strict=True)
    total = ["*", *[""] * 9, *_decimals(np.array([value.sum(), cost.sum()])), "EUR", ""]
    title = [("Goods receipts by plant, as of 20.11.2026", *[""] * 13), [""] * 14]
    write_text(path, (*title, HEADERS, *rows, total), encoding="cp1252", delimiter=";")


def _freight(where: Cells, value, express, world: World, rng: np.random.Generator) -> np.ndarray:
    months = where.months
    total = freight(world)
    fast = total * world["expedite_share"][:, :months]
    counts = where.sums(express.astype(float))
    fast = np.where(counts > 0, fast, 0)
    weights = value * rng.lognormal(0, 0.25, len(where))
    return shared(where, fast, weights * express) + shared(where, total - fast, weights * ~express)


def _with_open_lines(rng, where: Cells, promised, posted, value, cost, express):
    """Append lines that are promised for the weeks after the export."""
    n = YET_TO_COME
    coming = EXPORTED.astype("M8[D]") + rng.integers(1, 28, n) * DAY
    amount = np.round(rng.lognormal(9.5, 0.6, n), 2)
    team = np.concatenate((where.team, rng.integers(0, 9, n)))
    month = np.concatenate((where.month, np.full(n, HISTORY)))
    return (
        Cells(team, month, where.months),
        np.concatenate((promised, coming)),
        np.concatenate((posted, np.full(n, np.datetime64("NaT"), dtype=posted.dtype))),
        np.concatenate((value, amount)),
        np.concatenate((cost, np.round(amount * 0.055, 2))),
        np.concatenate((express, np.zeros(n, dtype=bool))),
    )


def _plants(team: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    regions = list(dict.fromkeys(site.region for site in SITES))
    codes = np.array([[s.code for s in SITES if s.region == region] for region in regions])
    return codes[team, rng.integers(0, codes.shape[1], len(team))]


def _zipf(n: int) -> np.ndarray:
    weights = 1 / np.arange(1, n + 1) ** 0.7
    return weights / weights.sum()


def _decimals(values: np.ndarray, digits: int = 2) -> list[str]:
    swap = str.maketrans(",.", ".,")
    return [f"{value:,.{digits}f}".translate(swap) for value in values.tolist()]
