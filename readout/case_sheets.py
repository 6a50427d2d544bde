"""The business case as formulas: assumptions as named cells, ledger, cash flow, results.

Every formula carries the report's own result, so that a reader without a calculator sees the
same figures. ``counted = ROUND(amount × share × factor, 2)`` row by row, as the report does it, so
a recalculation gives the same cents.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd
import xlsxwriter
from xlsxwriter.format import Format

from metrics.assumptions import ASSUMPTIONS
from metrics.frames.frame import iterate_rows
from metrics.functions import title
from metrics.report import Report
from readout.brand import Brand
from readout.palette import LIGHT
from words import say

MONEY_FORMAT = "#,##0.00;[Red]-#,##0.00"
YEAR = 12


def styles(book: xlsxwriter.Workbook, brand: Brand) -> dict[str, Format]:
    """Return the formats all sheets share."""
    plain = {"font_name": brand.font, "font_size": 10, "font_color": brand.ink}
    head = plain | {
        "bold": True,
        "bg_color": LIGHT.panel,
        "bottom": 1,
        "bottom_color": LIGHT.line,
        "text_wrap": True,
        "valign": "top",
    }
    made = {
        "plain": {},
        "heading": head,
        "day": {"num_format": "yyyy-mm-dd", "align": "left"},
        "title": {"bold": True, "font_size": 16, "font_color": brand.accent},
        "section": {"bold": True, "font_size": 12},
        "quiet": {"font_color": brand.quiet},
        "wrapped": {"text_wrap": True, "valign": "top"},
        "money": {"num_format": MONEY_FORMAT},
        "input": {"bg_color": "#FFF6E5", "border": 1, "border_color": LIGHT.target},
        "share": {"num_format": "0.0%"},
        "number": {"num_format": "0.00"},
        "factor": {"num_format": "0.000000"},
        "result": {"bold": True, "num_format": MONEY_FORMAT, "top": 1, "top_color": LIGHT.line},
        "result_share": {"bold": True, "num_format": "0.0%"},
        "result_number": {"bold": True, "num_format": "0.0"},
    }
    return {name: book.add_format(plain | given) for name, given in made.items()}


def add(book: xlsxwriter.Workbook, report: Report, look: Mapping[str, Format]) -> None:
    """Add business case, cash flow, ledger and assumptions."""
    case_sheet = book.add_worksheet(say("readout.sheet.case"))
    flow_sheet = book.add_worksheet(say("readout.sheet.cash_flow"))
    ledger_sheet = book.add_worksheet(say("readout.sheet.ledger"))
    assumption_sheet = book.add_worksheet(say("readout.sheet.assumptions"))
    for sheet in (case_sheet, flow_sheet, ledger_sheet, assumption_sheet):
        sheet.set_tab_color(LIGHT.accent)
    _assumptions(book, assumption_sheet, report, look)
    case = report.case
    if case.reason:
        case_sheet.write_string(0, 0, say("readout.sheet.case"), look["title"])
        case_sheet.write_string(2, 0, say(f"reason.{case.reason}"), look["plain"])
        return
    last = _ledger(ledger_sheet, report, look)
    _cash_flow(book, flow_sheet, report, last, look)
    _results(case_sheet, report, look)


def _heads(sheet, row: int, keys: tuple[str, ...], look: Mapping[str, Format]) -> None:
    for column, key in enumerate(keys):
        sheet.write_string(row, column, say(f"readout.column.{key}"), look["heading"])


def _assumptions(book, sheet, report: Report, look: Mapping[str, Format]) -> None:
    _heads(
        sheet,
        0,
        (
            "assumption",
            "value",
            "name",
            "default",
            "lowest",
            "highest",
            "unit",
            "changed",
            "source",
            "meaning",
        ),
        look,
    )
    for column, width in enumerate((46, 14, 22, 12, 10, 12, 12, 10, 44, 60)):
        sheet.set_column(column, column, width)
    sheet.freeze_panes(1, 2)
    for row, one in enumerate(ASSUMPTIONS, 1):
        value = report.assumptions[one.key]
        sheet.write_string(row, 0, one.title, look["plain"])
        sheet.write_number(row, 1, value, look["input"])
        sheet.write_string(row, 2, one.key, look["quiet"])
        for column, number in enumerate((one.default, one.low, one.high), 3):
            sheet.write_number(row, column, number, look["plain"])
        changed = say("readout.yes") if one.key in report.assumptions.changes else ""
        for column, text in enumerate(
            (one.unit.name or one.unit.kind.value, changed, one.source, one.help), 6
        ):
            sheet.write_string(row, column, text, look["plain"])
        sheet.data_validation(
            row,
            1,
            row,
            1,
            {
                "validate": "decimal",
                "criteria": "between",
                "minimum": one.low,
                "maximum": one.high,
                "error_message": say("readout.column.range"),
            },
        )
        place = f"='{say('readout.sheet.assumptions')}'!$B${row + 1}"
        book.define_name(one.key, place)


def share_formula(row, weights: Mapping[str, float], recapture: float) -> str | None:
    """Return the share of a row as a formula over named cells; None where a rule fixed it."""
    grade = weights.get(row.grade)
    if row.kind != "benefit" or grade is None:
        return None
    name = f"weight_{row.grade.lower()}"
    if row.cash == "capacity" and math.isclose(row.weight, grade * recapture):
        return f"={name}*recapture_factor"
    return f"={name}" if row.cash != "capacity" and math.isclose(row.weight, grade) else None


def _ledger(sheet, report: Report, look: Mapping[str, Format]) -> int:
    """Write the ledger and return its last row, counted from one."""
    case = report.case
    _heads(
        sheet,
        0,
        (
            "kind",
            "function",
            "team",
            "line",
            "period",
            "month",
            "amount",
            "grade",
            "cash",
            "share",
            "factor",
            "counted",
            "present_value",
        ),
        look,
    )
    for column, width in enumerate((9, 18, 10, 44, 8, 12, 14, 8, 10, 9, 10, 14, 14)):
        sheet.set_column(column, column, width)
    sheet.freeze_panes(1, 4)
    flows = case.flows.sort_values(["kind", "function", "line", "period"], ignore_index=True)
    sheet.autofilter(0, 0, len(flows), 12)
    months = pd.date_range(case.start, periods=case.months, freq="MS")
    rate, plain, money = report.assumptions["discount_rate"], look["plain"], look["money"]
    weights, recapture = report.assumptions.evidence_weights, report.assumptions["recapture_factor"]
    for at, row in enumerate(iterate_rows(flows), 1):
        who = title(row.function)
        for column, text in enumerate((say(f"readout.kind.{row.kind}"), who, row.team, row.line)):
            sheet.write_string(at, column, text, plain)
        sheet.write_number(at, 4, row.period, plain)
        if row.period:
            sheet.write_datetime(at, 5, months[row.period - 1], look["day"])
        sheet.write_number(at, 6, row.amount, money)
        sheet.write_string(at, 7, row.grade, plain)
        sheet.write_string(at, 8, row.cash, plain)
        share = share_formula(row, weights, recapture)
        if share:
            sheet.write_formula(at, 9, share, look["number"], row.weight)
        else:
            sheet.write_number(at, 9, row.weight, look["number"])
        sheet.write_number(at, 10, row.factor, plain)
        line = at + 1
        sheet.write_formula(at, 11, f"=ROUND(G{line}*J{line}*K{line},2)", money, row.counted)
        worth = row.counted * (1 + rate) ** (-float(row.period) / YEAR)
        sheet.write_formula(at, 12, f"=L{line}*(1+discount_rate)^(-E{line}/12)", money, worth)
    return len(flows) + 1


def _cash_flow(book, sheet, report: Report, last: int, look: Mapping[str, Format]) -> None:
    case = report.case
    _heads(
        sheet,
        0,
        (
            "period",
            "month",
            "cost",
            "benefit",
            "net",
            "cumulative",
            "discount_factor",
            "pv_cost",
            "pv_benefit",
            "pv_net",
            "begun",
            "pays_back",
        ),
        look,
    )
    sheet.set_column(0, 0, 8)
    sheet.set_column(1, 11, 15)
    sheet.freeze_panes(1, 2)
    ledger = f"'{say('readout.sheet.ledger')}'!"
    money, begun, before = look["money"], False, 0.0
    paid = math.nan
    for at, row in enumerate(iterate_rows(case.monthly), 1):
        line = at + 1
        sheet.write_number(at, 0, row.period, look["plain"])
        if not pd.isna(row.month):
            sheet.write_datetime(at, 1, row.month, look["day"])
        for column, kind, value in ((2, "cost", row.cost), (3, "benefit", row.benefit)):
            sums = (
                f"SUMIFS({ledger}$L$2:$L${last},{ledger}$A$2:$A${last},"
                f'"{say(f"readout.kind.{kind}")}",{ledger}$E$2:$E${last},A{line})'
            )
            inside = f"=IF(A{line}<=horizon_months,{sums},0)"
            sheet.write_formula(at, column, inside, money, value)
        sheet.write_formula(at, 4, f"=D{line}-C{line}", money, row.net)
        carried = f"=ROUND(F{at}+E{line},2)" if at > 1 else f"=E{line}"
        sheet.write_formula(at, 5, carried, money, row.cumulative)
        sheet.write_formula(
            at, 6, f"=(1+discount_rate)^(-A{line}/12)", look["factor"], row.discount_factor
        )
        for column, of, value in (
            (7, "C", row.pv_cost),
            (8, "D", row.pv_benefit),
            (9, "E", row.pv_net),
        ):
            sheet.write_formula(at, column, f"={of}{line}*G{line}", money, value)
        earlier = begun
        begun = begun or row.cumulative != 0
        test = f"OR(K{at},F{line}<>0)" if at > 1 else f"F{line}<>0"
        sheet.write_formula(at, 10, f"={test}", look["plain"], begun)
        here, formula = _pays_back(at, line, row, earlier, before)
        paid = here if math.isnan(paid) else paid
        sheet.write_formula(at, 11, formula, look["number"], "" if math.isnan(here) else here)
        before = row.cumulative
    _names(book, case.months + 2)


def _pays_back(at: int, line: int, row, begun: bool, before: float) -> tuple[float, str]:
    """Month in which the running total comes back to zero, where it does so in this row."""
    if at == 1:
        return (0.0 if row.cumulative > 0 else math.nan), f'=IF(F{line}>0,0,"")'
    formula = (
        f"=IF(AND(K{at},F{at}<0,F{line}>=0),A{line}-1-F{at}/E{line},"
        f'IF(AND(NOT(K{at}),F{line}>0),0,""))'
    )
    if begun and before < 0 <= row.cumulative:
        return row.period - 1 - before / row.net, formula
    return (0.0 if not begun and row.cumulative > 0 else math.nan), formula


def _names(book, last: int) -> None:
    """Name the columns of the cash flow, so that the results read like their definitions."""
    flow = say("readout.sheet.cash_flow")
    for name, column in (
        ("period", "A"),
        ("cost", "C"),
        ("benefit", "D"),
        ("net", "E"),
        ("cumulative", "F"),
        ("pv_cost", "H"),
        ("pv_benefit", "I"),
        ("pv_net", "J"),
        ("pays_back", "L"),
    ):
        book.define_name(f"flow_{name}", f"='{flow}'!${column}$2:${column}${last}")


RESULTS: tuple[tuple[str, str, str], ...] = (
    ("pv_costs", "=SUM(flow_pv_cost)", "result"),
    ("pv_benefits", "=SUM(flow_pv_benefit)", "result"),
    ("npv", "=SUM(flow_pv_net)", "result"),
    ("roi", '=IF(B5>0,B7/B5,"–")', "result_share"),
    ("payback_months", '=IF(COUNT(flow_pays_back)>0,MIN(flow_pays_back),"–")', "result_number"),
    ("irr", '=IFERROR((1+IRR(flow_net,0.01))^12-1,"–")', "result_share"),
)
"""Field of the case, formula over the named columns, and how it is written."""


def _results(sheet, report: Report, look: Mapping[str, Format]) -> None:
    case, monthly = report.case, report.case.monthly
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 42)
    sheet.set_column(1, 8, 16)
    sheet.write_string(0, 0, say("readout.sheet.case"), look["title"])
    sheet.write_string(
        1,
        0,
        say("readout.case_about", start=case.start, months=case.months, currency=report.currency),
        look["quiet"],
    )
    for column, key in enumerate(("result", "live", "issued", "difference")):
        sheet.write_string(3, column, say(f"readout.column.{key}"), look["heading"])
    issued = {
        "pv_costs": float(monthly["pv_cost"].sum()),
        "roi": case.roi,
        "npv": case.npv,
        "pv_benefits": float(monthly["pv_benefit"].sum()),
        "irr": case.irr,
        "payback_months": case.payback_months,
    }
    for at, (key, formula, style) in enumerate(RESULTS, 4):
        value = issued[key]
        sheet.write_string(at, 0, say(f"readout.figure.{key}"), look["plain"])
        if key == "irr" and math.isnan(value):
            # None or several rates solve the flows; a spreadsheet would show any one of them.
            formula = '="–"'
        shown = "–" if math.isnan(value) else value
        sheet.write_formula(at, 1, formula, look[style], shown)
        if math.isnan(value):
            sheet.write_string(at, 2, "–", look[style])
        else:
            sheet.write_number(at, 2, value, look[style])
        gap = f'=IF(AND(ISNUMBER(B{at + 1}),ISNUMBER(C{at + 1})),ROUND(B{at + 1}-C{at + 1},6),"–")'
        sheet.write_formula(at, 3, gap, look[style], "–" if math.isnan(value) else 0)
    _write_simulated(sheet, report, look)
    _years(sheet, report, look)


def _write_simulated(sheet, report: Report, look: Mapping[str, Format]) -> None:
    """What no formula gives: simulated percentiles and the unweighted case."""
    case = report.case
    for at, (key, style) in enumerate(
        (("p10", "money"), ("p90", "money"), ("probability", "share"), ("accepted", "money")), 11
    ):
        sheet.write_string(at, 0, say(f"readout.figure.{key}"), look["plain"])
        sheet.write_number(at, 2, getattr(case, key), look[style])
    sheet.write_string(
        15, 0, say("readout.case_simulated", draws=f"{case.draws:,}", seed=case.seed), look["quiet"]
    )


def _years(sheet, report: Report, look: Mapping[str, Format]) -> None:
    heads = ("year", "cost", "benefit", "net", "cumulative", "pv_cost", "pv_benefit", "pv_net")
    top = 18
    sheet.write_string(top - 1, 0, say("readout.column.by_year"), look["section"])
    _heads(sheet, top, heads, look)
    for at, row in enumerate(iterate_rows(report.case.yearly), top + 1):
        line = at + 1
        sheet.write_number(at, 0, row.year, look["plain"])
        for column, key in enumerate(heads[1:], 1):
            if key == "cumulative":
                formula = f"=E{line - 1}+D{line}" if at > top + 1 else f"=D{line}"
            else:
                formula = (
                    f'=SUMIFS(flow_{key},flow_period,">"&(A{line}-1)*12,'
                    f'flow_period,"<="&A{line}*12)'
                )
            sheet.write_formula(at, column, formula, look["money"], getattr(row, key))
