"""Initiatives: what their owners promised against what comparison with other teams shows."""

from __future__ import annotations

import numpy as np
import pandas as pd

from metrics.effects.ramp import ramp
from metrics.frames.frame import iterate_rows
from metrics.intervals import error_of
from metrics.tuning.ledger import multiplier, ratio_deviation

COLUMNS = [
    "initiative",
    "function",
    "kpi",
    "expected",
    "delivered",
    "ratio",
    "error",
    "weight",
    "multiplier",
    "months",
    "reason",
]


def realisation(effects: pd.DataFrame) -> pd.DataFrame:
    """One row per initiative: realisation ratio and the multiplier it earns.

    What was delivered is compared with the part of the promise that the six-month ramp lets
    through in the months so far; the ratio is pulled to one on the log scale (domain §4.8).

    Parameters
    ----------
    effects : DataFrame
        ``EffectsPart.effects``.

    Returns
    -------
    DataFrame
        ``COLUMNS``; ratio NaN with ``nothing_promised`` or ``not_measured`` as reason.
    """
    rows = []
    for one in iterate_rows(effects):
        row = {
            "initiative": one.initiative,
            "function": one.function,
            "kpi": one.kpi,
            "expected": one.expected,
            "delivered": one.relative,
            "months": one.months_after,
        }
        if not (np.isfinite(one.expected) and one.expected):
            rows.append(row | {"reason": "nothing_promised"})
            continue
        if not np.isfinite(one.relative) or one.months_after < 1:
            rows.append(row | {"reason": "not_measured"})
            continue
        through = float(ramp(np.arange(1, int(one.months_after) + 1)).mean())
        promised = one.expected * through
        ratio = one.relative / promised
        error = float(error_of(one.relative_low, one.relative_high, one.level)) / abs(promised)
        told = multiplier([ratio], ratio_deviation(ratio, error))
        rows.append(
            row
            | {
                "ratio": ratio,
                "error": error,
                "weight": told.weight,
                "multiplier": told.value,
                "reason": "",
            }
        )
    table = pd.DataFrame(rows, columns=COLUMNS)
    numbers = ["expected", "delivered", "ratio", "error", "weight", "multiplier", "months"]
    table[numbers] = table[numbers].astype(float)
    return table
