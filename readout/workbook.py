"""The workbook: a business case with live formulas, and every number behind the report.

A controller can change an assumption and see net present value, return and payback move; every
figure can be followed from the headline to the observation and the cell it came from. Text stays
text, whatever it begins with.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import datetime, time

import pandas as pd
import xlsxwriter

from metrics.assumptions import ASSUMPTIONS
from metrics.functions import BY_KEY, MEASURES
from metrics.measures.privacy import listable_rows
from metrics.model import ALL, Snapshot
from metrics.report import Report
from metrics.units import MATURITY, write_day, writing_in
from readout import case_sheets
from readout.brand import Brand
from readout.figures import LEVEL, figures, reason
from readout.palette import LIGHT
from readout.sheets import TableSheet
from words import say

MOST_OBSERVATIONS = 250_000
"""Values on the observations sheet; older months than fit are left out, and the file says so."""
SERIES = ["function", "measure", "team", "item", "constituency", "currency"]
"""What makes values of different months one row of the observations sheet."""


def build(report: Report, snapshot: Snapshot, brand: Brand, checksum: str) -> bytes:
    """Return the workbook of a report.

    Parameters
    ----------
    report : Report
    snapshot : Snapshot
        What it was computed from: the observations with their places.
    checksum : str
        Of the report's document.
    """
    out = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "nan_inf_to_errors": False,
    }
    with writing_in(brand.locale), xlsxwriter.Workbook(out, options) as book:
        book.set_properties(
            {
                "title": say("readout.title", client=report.client),
                "author": "Attune",
                "comments": checksum,
                # Not the hour of writing: the same figures make the same file.
                "created": datetime.combine(report.as_of, time()),
            }
        )
        book.set_size(2400, 1500)
        styles = case_sheets.styles(book, brand)
        first = book.add_worksheet(say("readout.sheet.about"))
        case_sheets.add(book, report, styles)
        left_out = _tables(book, report, snapshot, styles)
        _write_about_sheet(first, report, brand, checksum, left_out, styles)
        book.worksheets()[0].activate()
    return out.getvalue()


def _tables(
    book: xlsxwriter.Workbook, report: Report, snapshot: Snapshot, styles: Mapping
) -> dict[str, int]:
    frames: dict[str, pd.DataFrame] = {"figures": _figures(report)}
    frames |= {sheet: frame for sheet, frame in part_frames(report).items() if len(frame)}
    frames |= {"definitions": definitions(), "findings": findings(report, snapshot)}
    if "kpi_values" in frames:
        values = frames["kpi_values"]
        frames["kpi_values"] = values[(values["team"] == ALL) & (values["item"] == ALL)]
    grids, left_out = _observations(listable_rows(snapshot["observations"]))
    frames |= grids
    for sheet, frame in frames.items():
        held = book.add_worksheet(say(f"readout.sheet.{sheet}"), worksheet_class=TableSheet)
        held.set_tab_color(LIGHT.neutral)
        names = {c: str(c).replace("_", " ").capitalize() for c in frame.columns}
        held.hold(frame, names, styles["heading"], styles["day"])  # type: ignore[attr-defined]
    return left_out


def part_frames(report: Report) -> dict[str, pd.DataFrame]:
    """Sheet → every table of the report that is shown anywhere, in reading order."""
    return {
        "savings": report.savings.savings,
        "savings_by_month": report.savings.monthly,
        "effects": report.effects.effects,
        "effect_paths": report.effects.paths,
        "checks": report.effects.checks,
        "maturity": report.maturity.dimensions,
        "maturity_functions": report.maturity.functions,
        "contradictions": report.maturity.contradictions,
        "gates": report.maturity.gates,
        "next_steps": report.roadmap.steps,
        "forecasts": report.forecasts.forecasts,
        "forecast_history": report.forecasts.history,
        "backtests": report.forecasts.backtests,
        "targets": report.forecasts.targets,
        "tuning_ledger": report.tuning.ledger,
        "lights": report.economics.lights,
        "proposals": report.proposals.table,
        "benefits": report.case.benefits,
        "costs": report.case.costs,
        "changes": report.measures.changes,
        "statistics": report.measures.statistics,
        "kpi_values": report.measures.values,
    }


def _figures(report: Report) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "key": f.key,
                "figure": f.label,
                "value": f.value,
                "unit": _unit(f, report.currency),
                "low": f.low,
                "high": f.high,
                "level": f.level,
                "n": f.n,
                "reason": reason(f.reason),
                "source": f.source,
            }
            for f in figures(report)
        ]
    )


def _unit(figure, currency: str) -> str:
    if figure.unit.kind.value == "money":
        return f"{currency} {figure.unit.name}".strip()
    if figure.unit is LEVEL or figure.unit is MATURITY:
        return say("readout.unit_level")
    return figure.unit.name or figure.unit.kind.value


def definitions() -> pd.DataFrame:
    """Return every indicator: function, title, formula, unit, meaning, pitfall, source."""
    rows = [
        {
            "function": function.title,
            "kpi": kpi.key,
            "title": kpi.title,
            "formula": kpi.formula,
            "unit": kpi.unit.name or kpi.unit.kind.value,
            "better": kpi.better.value,
            "driver": kpi.driver or "",
            "meaning": kpi.help,
            "pitfall": kpi.pitfall,
            "source": kpi.source,
        }
        for function in BY_KEY.values()
        for kpi in function.kpis
    ]
    return pd.DataFrame(rows)


def findings(report: Report, snapshot: Snapshot) -> pd.DataFrame:
    """Return what a reader must know: provisional months, gaps, notes of case and maturity."""
    rows = []
    observations = snapshot["observations"]
    marked = observations[observations["reason"] != ""]
    for (function, measure, why), group in marked.groupby(["function", "measure", "reason"]):
        rows.append(
            {
                "about": BY_KEY[str(function)].title if function in BY_KEY else function,
                "what": reason(str(why)),
                "detail": _header(str(measure)),
                "cells": len(group),
                "example": group["place"].iloc[0],
            }
        )
    for note in report.case.notes:
        rows.append(
            {
                "about": say("readout.sheet.case"),
                "what": note["code"].replace("_", " "),
                "detail": ", ".join(f"{k}: {v}" for k, v in note["facts"].items())[:900],
                "cells": 1,
                "example": "",
            }
        )
    for one in report.maturity.findings:
        rows.append(
            {
                "about": say("readout.sheet.maturity"),
                "what": say(f"maturity.finding.{one['code']}", **one["facts"]),
                "detail": "",
                "cells": 1,
                "example": "",
            }
        )
    return pd.DataFrame(rows, columns=["about", "what", "detail", "cells", "example"])


def _header(measure: str) -> str:
    return MEASURES[measure].header if measure in MEASURES else measure


def _observations(rows: pd.DataFrame) -> tuple[dict[str, pd.DataFrame], dict[str, int]]:
    """Every value by series and month, and in the same cell of a second sheet its source.

    A row per value would say function, team and measure a hundred thousand times.
    """
    table = rows.sort_values("month", kind="stable")
    kept = table.tail(MOST_OBSERVATIONS)
    if len(kept) < len(table):
        # Whole months only: a half month would look like a fall.
        kept = kept[kept["month"] > kept["month"].iloc[0]]
    counts = {"rows": len(table), "left_out": len(table) - len(kept)}
    if kept.empty:
        return {}, counts
    kept = kept.assign(
        entry=kept.groupby([*SERIES, "month"]).cumcount() + 1,
        month=kept["month"].dt.strftime("%Y-%m"),
        place=kept["place"].where(
            kept["reason"] == "", kept["place"] + " · " + kept["reason"].str.replace("_", " ")
        ),
    )
    # Where every row is the only one of its month, or speaks for all, the column says nothing.
    alike = [c for c in ("item", "constituency") if (kept[c] == ALL).all()]
    index = [c for c in [*SERIES, "entry"] if c not in alike]
    index = [c for c in index if c != "entry" or kept["entry"].max() > 1]
    wide = kept.set_index([*index, "month"])
    grids = {"observations": wide["value"], "sources": wide["place"]}
    return {name: grid.unstack("month").reset_index() for name, grid in grids.items()}, counts


def _write_about_sheet(
    sheet, report: Report, brand: Brand, checksum: str, seen: dict, styles
) -> None:
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 1, 100)
    sheet.write_string(0, 0, say("readout.title", client=report.client), styles["title"])
    lines = [
        ("as_of", write_day(report.as_of)),
        ("revision", str(report.revision)),
        ("currency", report.currency),
        ("checksum", checksum),
        ("code", report.code_version),
        ("assumptions", report.assumptions.checksum),
        ("seed", str(report.assumptions.whole("seed"))),
        ("change", say("readout.about.how")),
        ("trace", say("readout.about.how_trace")),
        (
            "observations",
            say(
                "readout.about.cut" if seen["left_out"] else "readout.about.whole",
                rows=f"{seen['rows']:,}",
                left_out=f"{seen['left_out']:,}",
            ),
        ),
        ("footer", brand.footer or "–"),
    ]
    for row, (key, text) in enumerate(lines, 2):
        sheet.write_string(row, 0, say(f"readout.about.{key}"), styles["quiet"])
        sheet.write_string(row, 1, text, styles["wrapped"])


__all__ = ["ASSUMPTIONS", "build", "definitions", "findings"]
