"""Which sentence the amounts carry: codes with facts, for the page, the slide and the PDF alike."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from metrics.frames.frame import iterate_rows
from metrics.functions import KPIS
from metrics.model import Better
from metrics.portfolio.part import ValuePart

MoneyWriter = Callable[[float], str]
Said = tuple[str, dict[str, Any]]


def saving_verdict(value: ValuePart, apart: Mapping[str, float], money: MoneyWriter) -> Said:
    """Return the sentence on a year's saving.

    Parameters
    ----------
    value : ValuePart
    apart : mapping
        ``value, low`` of what changed before and after, said only where nothing is compared.
    money : callable
        Writes an amount.
    """
    amount = value.saving
    if value.verdict in ("saves", "loses"):
        ends = sorted((abs(amount["low"]), abs(amount["high"])))
        return f"saving_{value.verdict}", {
            "saving": money(abs(amount["value"])),
            "level": f"{amount['level']:.0f}",
            "low": money(ends[0]),
            "high": money(ends[1]),
            "shown": money(abs(value.shown["value"])),
        }
    if value.verdict:
        return _saving_interval(amount["low"], amount["high"], money)
    if apart["low"] > 0:
        return "saving_before_after", {"saving": money(apart["value"])}
    return ("saving_unknown" if math.isnan(apart["value"]) else "saving_not_shown"), {}


def _saving_interval(low: float, high: float, money: MoneyWriter) -> Said:
    if low >= 0:
        return "saving_between_gains", {"low": money(low), "high": money(high)}
    if high <= 0:
        return "saving_between_losses", {"low": money(-high), "high": money(-low)}
    return "saving_between", {"lost": money(-low), "saved": money(high)}


def read_apart(value: ValuePart, measured: Any) -> dict[str, float]:
    """Return what changed before and after: of uncompared initiatives, else of the functions."""
    if not math.isnan(value.before_after["value"]):
        return {key: value.before_after[key] for key in ("value", "low", "high", "level")}
    return {
        "value": measured.total,
        "low": measured.low,
        "high": measured.high,
        "level": measured.level,
    }


def counted_apart(effects: pd.DataFrame) -> dict[str, int]:
    """Return how many initiatives are shown to help, to harm, and not shown."""
    shown = effects[effects["grade"] != ""]
    helps = [
        one.saving > 0
        if not math.isnan(one.saving)
        else (one.estimate > 0) == (KPIS[one.kpi].better is Better.HIGHER)
        for one in iterate_rows(shown)
    ]
    helped = sum(map(bool, helps))
    return {
        "all": len(effects),
        "helped": helped,
        "harmed": len(shown) - helped,
        "unknown": len(effects) - len(shown),
    }


def claims_counted(value: ValuePart) -> dict[str, int]:
    """Return how many compared claims helped, harmed and are not shown."""
    verdicts = value.claims.loc[value.claims["compared"].astype(bool), "verdict"]
    return {
        "n": len(verdicts),
        "helped": int((verdicts == "helped").sum()),
        "harmed": int((verdicts == "harmed").sum()),
        "unknown": int((verdicts == "not shown").sum()),
    }
