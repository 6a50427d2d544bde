"""Any result as plain JSON values: missing numbers are null with the reason beside them."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum
from typing import Any

import numpy as np
import pandas as pd

NOT_DEFINED = "not_defined"

PLACE = frozenset(["sheet", "cell", "source"])
"""A table of a csv file has no sheet, one that nobody knows no source: no figure is missing."""


def plain(value: Any) -> Any:
    """Return any of our values as JSON-able data.

    Raises
    ------
    TypeError
        A kind of value nobody has thought of: a fault of the program.
    """
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, Enum):
        return str(value.value).lower()
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, datetime):
        # Months and days are midnight; only moments carry a time.
        return value.date().isoformat() if value.time() == datetime.min.time() else str(value)
    if isinstance(value, date | pd.Period):
        return str(value)
    return _compose(value)


def _compose(value: Any) -> Any:
    if isinstance(value, pd.DataFrame):
        return [_object(row) for row in value.to_dict("records")]
    if isinstance(value, Mapping):
        return _object(value)
    if isinstance(value, list | tuple | np.ndarray | pd.Index | pd.Series):
        return [plain(each) for each in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        # Draws are kept with a part, and are nothing to read.
        told = [f.name for f in dataclasses.fields(value) if f.metadata.get("document", True)]
        return _object({name: getattr(value, name) for name in told})
    raise TypeError(f"{type(value).__name__} has no plain form")


def _object(values: Mapping[Any, Any]) -> dict[str, Any]:
    """An object in which every null has its reason beside it."""
    result = {str(key): plain(_facts(key, value)) for key, value in values.items()}
    if "reason" in result:
        result["reason"] = result["reason"] or ""
    nulls = [key for key, value in result.items() if value is None and key not in PLACE]
    if nulls and not result.get("reason"):
        result["reason"] = NOT_DEFINED
    return result


def _facts(key: Any, value: Any) -> Any:
    # Frames keep the facts of a sentence as text, because a column has one type.
    return json.loads(value) if key == "facts" and isinstance(value, str) and value else value
