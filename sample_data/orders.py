"""Procurement: the purchase-order list of Coupa."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import numpy as np
from company import World
from receipts import SUPPLIERS
from records import EXPORTED, amounts, cells, chosen, exported, minutes_within, shared
from sheets import workbook, write
from spelling import labels

HEADERS = (
    "PO Number",
    "Status",
    "Created Date",
    "Requisition Date",
    "Supplier",
    "Department",
    "Total",
    "Currency",
    "Last Acknowledged",
    "Contract",
    "Invoice Matched",
)
RATES = {"EUR": 1.0, "GBP": 1.17, "USD": 0.92, "CAD": 0.68}
"""EUR for one unit, fixed for all months."""
CURRENCIES = ("EUR", "GBP", "EUR", "EUR", "EUR", "EUR", "USD", "USD", "CAD")
"""Currency of each region's orders, in the order of ``company.REGIONS``."""


def order_counts(world: World) -> np.ndarray:
    """Return purchase orders by region and month, the last month not over."""
    return exported(world["purchase_orders"])


def write_orders(path: Path, world: World, rng: np.random.Generator) -> None:
    """Write ``coupa_purchase_orders.xlsx``: local currencies, real dates beside dates as text."""
    where = cells(order_counts(world))
    n = len(where)
    created = minutes_within(rng, where)
    days = amounts(rng, where, world["sourcing_cycle_days"], 0.5, 0).astype(int)
    contract = chosen(rng, where, world["contract_compliance"])
    value = _values(where, contract, world, rng)
    quick = chosen(rng, where, world["acknowledgement_rate"])
    hours = np.where(quick, rng.uniform(0.5, 46, n), rng.uniform(52, 300, n))
    answered = created + (hours * 60).astype(int) * np.timedelta64(1, "m")
    answered = cast(np.ndarray, answered)  # a day and minutes are a time
    missing = (answered > EXPORTED) | (~quick & (rng.random(n) < 0.2))
    matched = chosen(rng, where, world["first_time_match"])
    invoiced = created < np.datetime64("2026-10-15T00:00", "m")
    currency = np.array(CURRENCIES)[where.team]
    local = np.round(value / np.array([RATES[code] for code in CURRENCIES])[where.team], 2)
    status = np.where(invoiced, rng.choice(("Closed", "Soft Closed"), n, p=(0.9, 0.1)), "Issued")
    order = np.argsort(created, kind="stable")
    number = np.empty(n, dtype=int)
    number[order] = 4501 + np.arange(n)
    zone = np.where(currency == "USD", "-05:00", "+01:00")
    columns = (
        number,
        status,
        created.astype(object),
        (created.astype("M8[D]") - days).astype("M8[s]").astype(object),
        rng.choice(SUPPLIERS, n),
        labels("coupa", "procurement")[where.team],
        local,
        currency,
        np.where(missing, "", np.char.add(np.datetime_as_string(answered, "s"), zone)),
        np.where(contract, np.char.add("C-", (rng.integers(100, 180, n)).astype(str)), ""),
        np.select([~invoiced, matched], ["", "Yes"], "No"),
    )
    rows = list(zip(*(np.asarray(column)[order].tolist() for column in columns), strict=True))
    cancelled = rng.choice(n, n // 80, replace=False)
    rows += [(90000 + i, "Cancelled", *rows[i][2:8], "", "", "") for i in cancelled.tolist()]
    with workbook(path, "Coupa") as book:
        write(book.add_worksheet("Purchase orders"), [HEADERS, *rows])


def _values(where, contract: np.ndarray, world: World, rng: np.random.Generator) -> np.ndarray:
    """Return order values whose share under contract is the driver's."""
    total = world["order_value"][:, : where.months] * where.sums()
    under = total * world["contract_compliance"][:, : where.months]
    weights = rng.lognormal(0, 0.6, len(where))
    return shared(where, under, weights * contract) + shared(
        where, total - under, weights * ~contract
    )
