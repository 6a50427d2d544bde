"""Slides on how it was computed: method, assumptions, sources."""

from __future__ import annotations

from metrics.assumptions import ASSUMPTIONS, Assumption
from metrics.frames.frame import iterate_rows
from metrics.functions import title
from metrics.units import COUNT, UnitKind, write_day
from readout.draw import SlideCanvas
from readout.fitting import LINE
from readout.reading import Reading
from readout.slides import _heads
from words import say

METHODS = ("kpi", "saving", "effect", "maturity", "forecast", "case", "evidence")


def method(sheet: SlideCanvas, read: Reading) -> None:
    """Each kind of number: how it is computed and what it cannot say."""
    rows = [
        (say(f"deck.method.{key}"), say(f"deck.method.{key}_how"), say(f"deck.method.{key}_limit"))
        for key in METHODS
    ]
    sheet.table(
        sheet.area,
        _heads("number", "how", "limit"),
        rows,
        (1.6, 5, 4),
        size=13,
        row_lines=3,
        pad=12,
        describe=say("deck.method_words"),
    )
    sheet.notes.append(say("deck.method_note", code=read.report.code_version))


def assumptions(sheet: SlideCanvas, read: Reading) -> None:
    """Every number that is not the client's."""
    values = read.report.assumptions
    ordered = sorted(ASSUMPTIONS, key=lambda a: a.key not in values.changes)
    rows = [
        (a.title, write_assumption(a, values[a.key]) + (" *" if a.key in values.changes else ""))
        for a in ordered
    ]
    half = (len(rows) + 1) // 2
    body = sheet.area.first(sheet.area.height - 22)
    for box, part in zip(body.columns(1, 1, gap=40), (rows[:half], rows[half:]), strict=True):
        sheet.table(
            box,
            _heads("assumption", "value"),
            part,
            (4, 1),
            size=10,
            row_lines=1,
            right=(1,),
            pad=(box.height - 20) / (half + 1) - 10 * LINE,
            describe=say("deck.assumptions_words"),
        )
    sheet.quiet(
        sheet.area.below(sheet.area.height - 18, 0),
        say("deck.assumptions_about", n=len(values.changes)),
        10,
    )
    for a in ASSUMPTIONS:
        sheet.notes.append(f"{a.title}: {values[a.key]!r} [{a.key}]. {a.source}")


def write_assumption(one: Assumption, value: float) -> str:
    """Return an assumption as it is read."""
    if one.key == "seed":
        return f"{value:.0f}"
    if one.unit.kind in (UnitKind.COUNT, UnitKind.RATE):
        return f"{value:,.0f}".replace(",", " ")
    return one.unit.write(value)


def sources(sheet: SlideCanvas, read: Reading) -> None:
    """What the numbers rest on, and how to prove that they are these."""
    report = read.report
    rows = [
        ("as_of", write_day(report.as_of)),
        ("revision", f"{report.revision}"),
        ("checksum", read.checksum),
        ("code", report.code_version),
        ("assumptions", report.assumptions.checksum),
        ("seed", f"{report.assumptions.whole('seed')}"),
        ("state", say(f"deck.state_{read.state}")),
    ]
    said = [(say(f"deck.source.{key}"), text) for key, text in rows]
    taken = sheet.table(
        sheet.area,
        _heads("what", "value"),
        said,
        (2.4, 7),
        size=12,
        row_lines=2,
        describe=say("deck.sources_words"),
    )
    left, right = sheet.area.below(taken, 20).columns(2, 3, gap=36)
    left = sheet.heading(left, say("deck.sources_data"))
    for line in _data(read) or [say("deck.sources_none")]:
        left = left.below(sheet.text(left, line, 13), 6)
    counted = _by_function(read)
    if counted:
        sheet.table(
            right,
            _heads("function", "indicators", "values", "first", "last"),
            counted,
            (3, 1.4, 1.4, 1.6, 1.6),
            right=(1, 2),
            row_lines=1,
            pad=2,
            size=10,
            describe=say("deck.sources_functions", n=len(counted)),
        )


def _by_function(read: Reading) -> list[tuple[str, ...]]:
    """Indicators, values and months of each function."""
    values = read.report.measures.values
    if values.empty:
        return []
    table = values.groupby("function", sort=False).agg(
        kpis=("kpi", "nunique"), n=("value", "size"), first=("month", "min"), last=("month", "max")
    )
    return [
        (
            title(str(r.Index)),
            COUNT.write(r.kpis),
            COUNT.write(r.n),
            f"{r.first:%Y-%m}",
            f"{r.last:%Y-%m}",
        )
        for r in iterate_rows(table)
    ]


def _data(read: Reading) -> list[str]:
    values = read.report.measures.values
    lines = []
    if len(values):
        lines.append(
            say(
                "deck.sources_values",
                n=f"{len(values):,}".replace(",", " "),
                first=f"{values['month'].min():%Y-%m}",
                last=f"{values['month'].max():%Y-%m}",
                functions=values["function"].nunique(),
            )
        )
    part = read.report.maturity
    if part.wave:
        lines.append(say("deck.sources_maturity", wave=part.wave, version=part.model_version))
    lines.append(say("deck.sources_trace"))
    return lines
