"""The whole report as plain data: what is issued, compared and read by other programs.

Nothing is left out and nothing is rounded. Frames are lists of rows, dates are ISO text (months
their first day), enumerations their lower-case value. What cannot be computed is ``None``, and the
object that holds it says why in ``reason``: a code with a sentence in ``words``, or
``not_defined`` where the figure has no meaning for that row (a share's interval on an amount).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from metrics.assumptions import ASSUMPTIONS
from metrics.document.plain import plain
from metrics.effects import Effect, Fit
from metrics.errors import NotEnoughData
from metrics.forecast import Backtest, Forecast
from metrics.portfolio.figures import figures
from metrics.report import BY_NAME, Report
from metrics.tuning.allocation import PLAN_COLUMNS, Allocation
from metrics.tuning.part import TuningPart, summary

FORMAT = 1
"""Raised whenever a reader of older documents would misread a newer one."""


def as_document(report: Report) -> dict[str, Any]:
    """Return a report as JSON-able data; the same for a part computed now or read from the store.

    Returns
    -------
    dict
        ``format``, ``client``, ``revision``, ``as_of``, ``currency``, ``code_version``, ``seed``,
        ``assumptions`` (``checksum`` and ``values``: key, value, unit, default, changed, source)
        ``figures`` (``metrics.portfolio.figures``) and ``parts``: part name → its fields, as
        declared in ``metrics.report``.
    """
    chosen = report.assumptions
    return {
        "format": FORMAT,
        "client": report.client,
        "revision": report.revision,
        "as_of": report.as_of.isoformat(),
        "currency": report.currency,
        "code_version": report.code_version,
        "seed": chosen.whole("seed"),
        "assumptions": {
            "checksum": chosen.checksum,
            "values": [
                {
                    "key": a.key,
                    "value": chosen[a.key],
                    "default": a.default,
                    "changed": a.key in chosen.changes,
                    "unit": a.unit.name or a.unit.kind.value,
                    "source": a.source,
                }
                for a in ASSUMPTIONS
            ],
        },
        **_figures(report),
        "parts": {name: plain(part) for name, part in sorted(report.parts.items())},
    }


def _figures(report: Report) -> dict[str, Any]:
    """Return the figures under names that stay, where what they need was computed."""
    if not set(BY_NAME) <= set(report.parts):
        return {}
    return {"figures": plain(figures(report.figures, report.value))}


def forecasts_document(
    forecasts: Mapping[str, Forecast], levels: Collection[float], label: Callable[[Any], str]
) -> dict[str, Any]:
    """Return forecasts of many series as rows.

    Parameters
    ----------
    forecasts : mapping
        By series, in the order of the rows.
    levels : collection of float
        Intervals to show, per cent.
    label : callable
        How a future period is written.

    Returns
    -------
    dict
        ``forecasts`` (series, period, level, mean, low, high), ``sums`` (with horizon instead of
        period) and ``backtest`` (series, mase, mase_naive, coverage80, coverage95, folds,
        verdict).
    """
    result: dict[str, Any] = {"forecasts": [], "sums": [], "backtest": []}
    for series, one in forecasts.items():
        silent = any(note.code == "constant" for note in one.notes)
        why = {"reason": "constant"} if silent else {}
        for name, frame in (("forecasts", one.path), ("sums", one.sums)):
            rows = frame[frame["level"].isin(list(levels))].to_dict("records")
            result[name] += [{"series": series} | row | why for row in rows]
        result["backtest"].append({"series": series} | _backtest_document(one.backtest))
    for row in result["forecasts"]:
        row["period"] = label(row["period"])
    return plain(result)


def _backtest_document(backtest: Backtest | None) -> dict[str, Any]:
    if backtest is None or not backtest.folds:
        blank = dict.fromkeys(("mase", "mase_naive", "coverage80", "coverage95"))
        why = "constant" if backtest is None else "too_short"
        return blank | {"folds": 0, "verdict": None, "reason": why}
    return {
        "mase": backtest.mase,
        "mase_naive": backtest.mase_seasonal_naive,
        "coverage80": backtest.coverage.get(80),
        "coverage95": backtest.coverage.get(95),
        "folds": backtest.folds,
        "verdict": backtest.verdict,
    }


def effect_document(effect: Effect, designs: Mapping[str, Fit | NotEnoughData]) -> dict[str, Any]:
    """Return an effect with its checks and path, and what other designs answer.

    Checks and notes carry code and facts; the sentence is in ``words`` under ``effect``.
    """
    return plain(
        {
            "estimate": effect.estimate,
            "low": effect.low,
            "high": effect.high,
            "level": effect.level,
            "relative": effect.relative,
            "design": effect.design,
            "verdict": effect.verdict,
            "minimum_detectable": effect.minimum_detectable,
            "checks": [
                {"name": c.name, "status": c.status, "code": c.code, "facts": c.facts}
                for c in effect.checks
            ],
            "notes": [{"code": n.code, "facts": n.facts} for n in effect.notes],
            "path": effect.path,
            "seed": effect.seed,
            "alternatives": [
                _alternative(name, fit) for name, fit in designs.items() if name != effect.design
            ],
        }
    )


def _alternative(design: str, fit: Fit | NotEnoughData) -> dict[str, Any]:
    if isinstance(fit, NotEnoughData):
        blank = dict.fromkeys(("estimate", "low", "high"))
        return {"design": design} | blank | {"reason": fit.code, "refused": fit.facts}
    return {"design": design, "estimate": fit.estimate, "low": fit.low, "high": fit.high}


def plan_document(part: TuningPart, plan: Allocation, total: float) -> dict[str, Any]:
    """Return a plan, why functions are kept, and what would tell; amounts are a month's.

    Returns
    -------
    dict
        ``plan`` (``low`` and ``high``: between which the best amount lies), ``expected_gain``,
        ``low``, ``high``, ``level``, ``probability_of_gain``, ``refusals`` (function, reason),
        ``tests``, ``net_cost`` over ``horizon`` months with the probability ``free`` that there is
        none, and what the plan rests on.
    """
    facts = summary(plan, total)
    kept = plan.table[plan.table["reason"] != ""]
    document = {
        "plan": plan.table[PLAN_COLUMNS].drop(columns=["level", "reason"]),
        "expected_gain": plan.gain,
        "low": plan.low,
        "high": plan.high,
        "level": plan.level,
        "probability_of_gain": facts["probability"],
        "refusals": kept[["function", "reason"]],
        "tests": part.tests,
        "total": total,
        "moved": plan.moved,
        **{name: facts[name] for name in ("net_cost", "free", "horizon")},
        **{
            name: part.plan[name]
            for name in (
                "cycle",
                "evidence",
                "months",
                "multiplier",
                "confidence",
                "largest_change",
                "seed",
            )
        },
        "reason": "nothing_moves" if facts["probability"] is None else "",
    }
    return plain(document)
