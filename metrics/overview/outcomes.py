"""What became of decisions: what was promised, what came."""

from __future__ import annotations

from typing import Any

from metrics.frames.frame import iterate_rows
from metrics.functions import field_title
from metrics.overview.lines import Line, Outcome
from metrics.report import Report
from metrics.units import MONEY, SHARE


def outcomes(report: Report, n: int = 3) -> tuple[Outcome, ...]:
    """Return what became of the last decisions; of the last initiatives where none is recorded."""
    ledger = report.tuning.ledger
    scored = ledger[ledger["state"] == "scored"] if len(ledger) else ledger
    if len(scored):
        return tuple(_scored(row, report.currency) for row in iterate_rows(scored.head(n)))
    table = report.effects.effects.dropna(subset=["expected", "relative"])
    return tuple(
        _compared(row) for row in iterate_rows(table.sort_values("start", ascending=False).head(n))
    )


def _scored(row: Any, currency: str) -> Outcome:
    def money(value: float) -> str:
        return MONEY.write(value, currency)

    promised = Line(
        "tile.outcome_promised",
        {"value": money(row.predicted), "low": money(row.low), "high": money(row.high)},
    )
    held = bool(row.inside)
    came = Line(
        "tile.outcome_inside" if held else "tile.outcome_outside", {"value": money(row.actual)}
    )
    return Outcome(str(row.reason), promised, came, held)


def _compared(row: Any) -> Outcome:
    def share(value: float) -> str:
        return SHARE.write(round(value, 3), change=True).replace(" points", " %")

    held = bool(row.relative_low <= row.expected <= row.relative_high)
    facts = {
        "value": share(row.relative),
        "low": share(row.relative_low),
        "high": share(row.relative_high),
    }
    came = Line("tile.outcome_as_expected" if held else "tile.outcome_otherwise", facts)
    title = field_title(str(row.kpi))
    expected = Line("tile.outcome_expected", {"kpi": title, "value": share(row.expected)})
    return Outcome(str(row.initiative), expected, came, held)
