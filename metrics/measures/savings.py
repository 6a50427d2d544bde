"""What changed in cost, and what was saved: rate, volume, mix, and demand.

Costs fall because prices fell, because less was bought, or because cheaper things were bought.
A saving is the cost the same demand would have caused, less the cost it did cause. Demand is what
the business cannot choose (active customers, orders, headcount); contacts can be *induced* by a
cheap channel, so they are shown beside demand and never instead of it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from metrics.errors import InvalidInput

COLUMNS = ("item", "base_quantity", "base_unit_cost", "quantity", "unit_cost")
TOTALS = frozenset({"total", "totals", "grand total", "sum", "gesamt", "summe", "gesamtsumme"})
PARTS = ("rate", "volume", "mix", "new", "lost")


@dataclass(frozen=True)
class RateVolumeMix:
    """A change in cost, taken apart.

    Changes are positive when cost rose; savings are positive when cost is lower than it would
    have been.

    Attributes
    ----------
    rate, volume, mix : float
        Change from unit costs, from total quantity at the base mix, and from the mix, over the
        items with both a base and an actual.
    new, lost : float
        Cost of items without base; minus the base cost of items without actual.
    total : float
        Actual cost less base cost: the sum of the five.
    contact_driven_saving : float
        Base cost scaled by the change in *quantity*, less actual cost.
    volume_adjusted_saving : float
        Base cost scaled by the change in *demand*, less actual cost: the headline. Without a
        demand driver, the contact-driven saving.
    induced_demand : float
        Contact-driven less volume-adjusted saving: what extra contacts, not customers, would
        have cost. NaN without a demand driver.
    items : pandas.DataFrame
        ``item``, ``kind`` (both, new, lost, none), ``base_cost``, ``cost``, the five parts,
        ``total``, ``reason``.
    reasons : mapping
        Field name to the code of why it is NaN.
    """

    rate: float
    volume: float
    mix: float
    new: float
    lost: float
    total: float
    contact_driven_saving: float
    volume_adjusted_saving: float
    induced_demand: float
    items: pd.DataFrame
    reasons: Mapping[str, str]


def rate_volume_mix(
    items: pd.DataFrame, demand_base: float | None = None, demand: float | None = None
) -> RateVolumeMix:
    """Take the change in cost apart and adjust it for volume.

    With q quantities, p unit costs, Q totals over items with base and actual, and base shares
    s = q0 / Q0: rate = Σ(p1 - p0)q1, volume = (Q1 - Q0)Σ s p0, mix = Σ(q1 - Q1 s)p0.

    The savings look at the whole cost base, new and lost items included: closing a dear channel
    and opening a cheap one is a saving, and contacts that moved to a new channel are still
    contacts. When no item is new or lost, the contact-driven saving equals -(rate + mix).

    Parameters
    ----------
    items : pandas.DataFrame
        One row per item: ``item, base_quantity, base_unit_cost, quantity, unit_cost``. An item
        without base (new) or without actual (lost) has NaN in *both* columns of that side; a
        quantity of zero with no unit cost counts as absent.
    demand_base, demand : float, optional
        The demand driver in the base and the actual period; both or neither.

    Raises
    ------
    InvalidInput
        A column is missing, an item stands twice or is a total, a quantity is negative or infinite,
        one of quantity and unit cost is missing, only one demand was given or it is negative.
    """
    table = _check_items(items)
    q0, p0, q1, p1 = (table[c].to_numpy(dtype=float) for c in COLUMNS[1:])
    has_base, has_actual = np.isfinite(q0), np.isfinite(q1)
    both = has_base & has_actual
    reasons: dict[str, str] = {}

    base_cost = np.where(has_base, q0 * p0, np.nan)
    cost = np.where(has_actual, q1 * p1, np.nan)
    parts = {name: np.zeros(len(table)) for name in PARTS}
    parts["new"][has_actual & ~has_base] = cost[has_actual & ~has_base]
    parts["lost"][has_base & ~has_actual] = -base_cost[has_base & ~has_actual]
    parts["rate"][both] = ((p1 - p0) * q1)[both]
    base_total, total_both = math.fsum(q0[both]), math.fsum(q1[both])
    if base_total > 0:
        share = q0[both] / base_total
        parts["volume"][both] = (total_both - base_total) * share * p0[both]
        parts["mix"][both] = (q1[both] - total_both * share) * p0[both]
    elif both.any():
        parts["volume"][both] = parts["mix"][both] = np.nan
        reasons |= {"volume": "base_quantity_zero", "mix": "base_quantity_zero"}

    detail = pd.DataFrame({"item": table["item"], "base_cost": base_cost, "cost": cost, **parts})
    detail.insert(
        1, "kind", np.select([both, has_actual, has_base], ["both", "new", "lost"], "none")
    )
    detail["total"] = np.nan_to_num(cost) - np.nan_to_num(base_cost)
    neither = ~has_base & ~has_actual
    detail.loc[neither, [*PARTS, "total"]] = np.nan
    detail["reason"] = np.select(
        [neither, both & (base_total <= 0)], ["neither_base_nor_actual", "base_quantity_zero"], ""
    )

    first, last = math.fsum(base_cost[has_base]), math.fsum(cost[has_actual])
    contact = _scaled_saving(first, last, math.fsum(q0[has_base]), math.fsum(q1[has_actual]))
    if math.isnan(contact):
        reasons["contact_driven_saving"] = "base_quantity_zero"
    saving, induced, why = contact, math.nan, "no_demand_driver"
    if demand_base is None and demand is None:
        if math.isnan(saving):
            reasons["volume_adjusted_saving"] = "base_quantity_zero"
    else:
        saving, why = volume_adjusted_saving(first, last, demand_base, demand)
        if why:
            reasons["volume_adjusted_saving"] = why
        induced = contact - saving
    if math.isnan(induced):
        reasons["induced_demand"] = why or "base_quantity_zero"
    sums = {name: math.fsum(values) for name, values in parts.items()}
    return RateVolumeMix(
        **sums,
        total=last - first,
        contact_driven_saving=contact,
        volume_adjusted_saving=saving,
        induced_demand=induced,
        items=detail,
        reasons=reasons,
    )


def volume_adjusted_saving(
    base_cost: float, cost: float, demand_base: float | None, demand: float | None
) -> tuple[float, str]:
    """Base cost scaled by demand, less actual cost, with the reason where it is NaN.

    Raises
    ------
    InvalidInput
        A demand is missing, infinite or negative.
    """
    for value in (demand_base, demand):
        if value is None or not math.isfinite(value) or value < 0:
            raise InvalidInput("demand_out_of_range", demand_base=demand_base, demand=demand)
    if not (math.isfinite(base_cost) and math.isfinite(cost)):
        return math.nan, "cost_missing"
    saving = _scaled_saving(base_cost, cost, demand_base, demand)
    return saving, "demand_base_zero" if math.isnan(saving) else ""


def _scaled_saving(base_cost: float, cost: float, driver_base: float, driver: float) -> float:
    return base_cost * (driver / driver_base) - cost if driver_base > 0 else math.nan


def _check_items(items: pd.DataFrame) -> pd.DataFrame:
    """The five columns as numbers, an absent side written as NaN in both its columns."""
    missing = [c for c in COLUMNS if c not in items.columns]
    if missing:
        raise InvalidInput("column_missing", columns=missing)
    table = items.loc[:, list(COLUMNS)].reset_index(drop=True)
    if table["item"].duplicated().any():
        raise InvalidInput("item_twice", item=table.loc[table["item"].duplicated(), "item"].iloc[0])
    total = table["item"].astype(str).str.strip().str.lower().isin(TOTALS)
    if total.any():
        raise InvalidInput("item_is_total", item=table.loc[total, "item"].iloc[0])
    for quantity, unit_cost in (COLUMNS[1:3], COLUMNS[3:5]):
        q, p = (table[c].to_numpy(dtype=float) for c in (quantity, unit_cost))
        q = np.where((q == 0) & np.isnan(p), np.nan, q)
        bad = (q < 0) | np.isinf(q) | np.isinf(p) | (np.isnan(q) != np.isnan(p))
        if bad.any():
            row = int(np.argmax(bad))
            raise InvalidInput(
                "negative_quantity" if q[row] < 0 else "quantity_or_unit_cost_missing",
                item=table["item"].iloc[row],
                quantity=float(q[row]),
                unit_cost=float(p[row]),
            )
        table[quantity], table[unit_cost] = q, p
    return table


def price_index(observations: pd.DataFrame, months: pd.DatetimeIndex) -> np.ndarray:
    """Return the company's price index by month: the last known value, 1 where it starts late."""
    rows = observations[observations["measure"] == "price_index"]
    by_month = rows.groupby("month")["value"].mean().reindex(months).ffill()
    index = by_month.to_numpy(dtype=float)
    known = len(index) > 0 and bool((index > 0).all())
    return index if known else np.ones(len(months))
