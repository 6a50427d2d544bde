"""The lines of a business case: what a benefit and a cost must say to be counted.

``Benefit`` and ``Cost`` name the columns of the frames ``build_case`` takes; one row is one line
in one month. ``frame_of`` writes objects as such a frame.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date

import numpy as np
import pandas as pd

from metrics.errors import InvalidInput

GRADES: tuple[tuple[str, str, float], ...] = (
    ("A", "randomised or hold-out", 1.0),
    ("B", "controls: difference in differences, synthetic control, interrupted series", 0.7),
    ("C", "before and after, volume-adjusted", 0.4),
    ("D", "documented claim", 0.15),
    ("E", "assertion", 0.0),
)
"""Evidence grade, what earns it, and its weight in the headline (editable)."""
WEIGHTS: Mapping[str, float] = {grade: weight for grade, _, weight in GRADES}
CASH_KINDS = ("cashable", "avoided", "capacity")
"""The ledger falls; it would have risen; hours are freed."""
INFLUENCED = "influenced"
LAYERS = (INFLUENCED, "attributed", "incremental")
"""Any touch (shown, never added); by a rule; caused, with an interval."""
CHANGES = ("process", "tool", "campaign", "")
"""Kind of change that brought the benefit; '' where nobody said."""
CLAIM_KEY = ("kpi", "team", "mechanism", "month")


@dataclass(frozen=True)
class Benefit:
    """One benefit in one month.

    Attributes
    ----------
    benefit : str
        Name of the line.
    function, team : str
        Who claims it; ``all`` for the function.
    mechanism, kpi : str
        How it comes about, and the KPI that shows it.
    month : date
        First day of the month.
    amount : float
        Money in ``currency``; negative is harm, or the giving side of a transfer.
    grade : str
        A to E, see ``GRADES``.
    cash : str
        ``cashable``, ``avoided`` or ``capacity``.
    currency : str
        ISO code; '' is the currency of the case.
    layer : str
        ``influenced``, ``attributed`` or ``incremental``.
    overlap_group : str
        Lines that may be the same money share a name; one of them counts.
    transfer : str
        Both sides of a move between teams share a name.
    change : str
        ``process``, ``tool`` or ``campaign``.
    low, mode, high : float
        Range as a factor on the amount; NaN where none is known.
    shape : str
        ``triangular``, ``normal`` or ``lognormal``.
    """

    benefit: str
    function: str
    mechanism: str
    kpi: str
    month: date
    amount: float
    grade: str
    cash: str
    team: str = "all"
    currency: str = ""
    layer: str = "attributed"
    overlap_group: str = ""
    transfer: str = ""
    change: str = ""
    low: float = math.nan
    mode: float = math.nan
    high: float = math.nan
    shape: str = "triangular"


@dataclass(frozen=True)
class Cost:
    """One incremental cost over the existing environment, in one month.

    Attributes as in ``Benefit``; ``category`` is licences, people, agency, training, moderation,
    content and so on; ``amount`` is positive, a refund negative.
    """

    function: str
    category: str
    month: date
    amount: float
    team: str = "all"
    currency: str = ""
    low: float = math.nan
    mode: float = math.nan
    high: float = math.nan
    shape: str = "triangular"


def frame_of(lines: Sequence[Benefit] | Sequence[Cost]) -> pd.DataFrame:
    """One row per line, columns as the fields."""
    return pd.DataFrame([asdict(line) for line in lines])


def checked_benefits(frame: pd.DataFrame) -> pd.DataFrame:
    """Benefits with every column, or a refusal that names the row.

    Raises
    ------
    InvalidInput
        Missing column, month or amount; unknown grade, cash kind, layer or kind of change.
    """
    rows = _check_lines(frame, Benefit)
    for column, allowed in (
        ("grade", tuple(WEIGHTS)),
        ("cash", CASH_KINDS),
        ("layer", LAYERS),
        ("change", CHANGES),
    ):
        wrong = ~rows[column].isin(allowed)
        if wrong.any():
            row = rows.loc[wrong].iloc[0]
            raise InvalidInput(
                "unknown_value", column=column, value=row[column], benefit=row["benefit"]
            )
    return rows


def checked_costs(frame: pd.DataFrame) -> pd.DataFrame:
    """Costs with every column, or a refusal that names the row.

    Raises
    ------
    InvalidInput
        Missing column, month or amount.
    """
    return _check_lines(frame, Cost)


def in_base_currency(
    rows: pd.DataFrame, currency: str, exchange_rates: Mapping[str, float]
) -> pd.DataFrame:
    """Amounts in the currency of the case.

    Parameters
    ----------
    exchange_rates : mapping
        ISO code to the base-currency value of one unit.

    Raises
    ------
    InvalidInput
        ``currency_without_rate``, or a rate that is not positive.
    """
    rates = {**exchange_rates, currency: 1.0, "": 1.0}
    for code in rows["currency"].unique():
        if code not in rates or not (math.isfinite(rates[code]) and rates[code] > 0):
            raise InvalidInput("currency_without_rate", currency=code)
    factor = rows["currency"].map(rates).astype(float)
    return rows.assign(amount=rows["amount"] * factor, currency=currency)


def _check_lines(frame: pd.DataFrame, kind: type) -> pd.DataFrame:
    rows = {}
    for spec in fields(kind):
        if spec.name in frame.columns:
            rows[spec.name] = frame[spec.name].reset_index(drop=True)
        elif isinstance(spec.default, str | float):
            rows[spec.name] = pd.Series([spec.default] * len(frame))
        else:
            raise InvalidInput("column_missing", columns=[spec.name])
        if spec.type == "str":
            default = spec.default if isinstance(spec.default, str) else ""
            rows[spec.name] = rows[spec.name].astype("str").fillna(default)
        elif spec.type == "float":
            rows[spec.name] = rows[spec.name].astype(float)
    table = pd.DataFrame(rows)
    table["month"] = pd.to_datetime(table["month"]).dt.to_period("M").dt.to_timestamp()
    name = kind.__name__.lower()
    for column, absent in (
        ("month", table["month"].isna()),
        ("amount", ~np.isfinite(table["amount"])),
    ):
        if absent.any():
            row = int(np.argmax(absent.to_numpy()))
            raise InvalidInput(f"{name}_without_{column}", row=row)
    return table
