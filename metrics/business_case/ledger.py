"""Counting each euro once: claims, overlaps, transfers, and allocation to the cent."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Decimal

import numpy as np
import pandas as pd

from metrics.business_case.lines import CLAIM_KEY, INFLUENCED
from metrics.errors import InvalidInput

CENT = Decimal("0.01")


def to_cents(amounts: Iterable[float]) -> np.ndarray:
    """Amounts as whole cents (half to even); the exact form in which parts are added."""
    return np.array(
        [int(Decimal(repr(float(a))).quantize(CENT, ROUND_HALF_EVEN) * 100) for a in amounts],
        dtype=np.int64,
    )


def allocate(total: float | Decimal, shares: Sequence[float]) -> list[Decimal]:
    """Split a total in proportion, to the cent, so that the parts sum to it exactly.

    Largest remainder (Hamilton): everybody gets the whole cents of their share, the cents left
    over go to the largest fractions, earlier ones first where they tie.

    Raises
    ------
    InvalidInput
        No shares, a share that is negative or missing, all shares zero, a total with fractions
        of a cent or not finite.
    """
    amount = Decimal(repr(total)) if isinstance(total, float) else Decimal(total)
    weights = [Decimal(repr(float(s))) for s in shares]
    usable = all(w.is_finite() and w >= 0 for w in weights) and sum(weights) > 0
    if not usable or not amount.is_finite() or amount != amount.quantize(CENT):
        raise InvalidInput("allocation_impossible", total=float(amount), shares=list(shares))
    cents, whole = int(abs(amount) * 100), [w.as_integer_ratio() for w in weights]
    scale = math.lcm(*(d for _, d in whole))
    parts = [n * (scale // d) for n, d in whole]
    floors = [cents * p // sum(parts) for p in parts]
    order = sorted(range(len(parts)), key=lambda i: (-(cents * parts[i] % sum(parts)), i))
    for i in order[: cents - sum(floors)]:
        floors[i] += 1
    sign = -1 if amount < 0 else 1
    return [sign * Decimal(f) * CENT for f in floors]


def refuse_double_claims(rows: pd.DataFrame) -> None:
    """One mechanism, one claim: the same KPI, team, month and mechanism may stand once a layer.

    Two sides of a transfer are one claim.

    Raises
    ------
    InvalidInput
        ``claimed_twice`` with the claim and the functions that made it.
    """
    claims, key = rows[rows["transfer"] == ""], [*CLAIM_KEY, "layer"]
    twice = claims.duplicated(key, keep=False)
    if twice.any():
        first = claims.loc[twice].iloc[0]
        same = twice & (claims[key] == first[key]).all(axis=1)
        raise InvalidInput(
            "claimed_twice",
            mechanism=first["mechanism"],
            kpi=first["kpi"],
            month=first["month"].strftime("%Y-%m"),
            functions=sorted(set(claims.loc[same, "function"])),
        )


def counting_weights(
    rows: pd.DataFrame, weights: Mapping[str, float], recapture: float
) -> tuple[np.ndarray, np.ndarray]:
    """Share of each row that counts in the headline, and why less than all of it.

    Influenced amounts never count. In an overlap group, or where one claim is both attributed and
    incremental, only the best evidence of a month counts (then the incremental, then the larger
    amount). Freed capacity counts times the recapture factor. Both sides of a transfer carry the
    weaker weight, or moving money would make some. A line that is harm in sum counts whole: weak
    evidence must not flatter; single bad months of a good line are weighted like its good ones.

    Raises
    ------
    InvalidInput
        A transfer with one side only.
    """
    share = rows["grade"].map(weights).to_numpy(dtype=float, copy=True)
    reason = np.full(len(rows), "", dtype=object)
    total = rows.groupby(["function", "team", "benefit"])["amount"].transform("sum")
    harm = ((total < 0) & (rows["transfer"] == "")).to_numpy()
    share[harm] = 1.0
    share[(rows["cash"] == "capacity").to_numpy() & ~harm] *= recapture
    for transfer, side in rows[rows["transfer"] != ""].groupby(["transfer", "month"]):
        if not ((side["amount"] > 0).any() and (side["amount"] < 0).any()):
            raise InvalidInput("transfer_one_sided", transfer=transfer[0])
        share[side.index] = share[side.index].min()
    for index in _overlapping(rows[(rows["layer"] != INFLUENCED) & ~harm]):
        share[index], reason[index] = 0.0, "overlap"
    influenced = (rows["layer"] == INFLUENCED).to_numpy()
    share[influenced], reason[influenced] = 0.0, "influenced"
    reason[(share == 0) & (reason == "")] = "no_evidence"
    return share, reason


def _overlapping(rows: pd.DataFrame) -> pd.Index:
    """Rows that are the same money as a better one of their month."""
    own = rows["kpi"] + "|" + rows["team"] + "|" + rows["mechanism"] + "|" + rows["transfer"]
    giving = (rows["transfer"] != "") & (rows["amount"] < 0)
    group = rows["overlap_group"].where(rows["overlap_group"] != "", own + giving.astype("str"))
    ranked = rows.assign(group=group, first=rows["layer"] != "incremental").sort_values(
        ["grade", "first", "amount", "benefit"], ascending=[True, True, False, True]
    )
    return ranked.index[ranked.duplicated(["group", "month"])]
