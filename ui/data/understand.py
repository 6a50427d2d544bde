"""Step two of the Data page: what was recognised, how it is written, and what each column means."""

from __future__ import annotations

import html
from dataclasses import replace
from typing import Any

import pandas as pd
import pyarrow as pa
import streamlit as st

from ingest import layouts, mapping, personal, records
from ingest.model import Recognised, Table
from ingest.sheets.figures import MEASURE_SHEET
from ingest.sources import BY_KEY as SOURCES
from loop import review
from metrics.functions import MEASURES
from metrics.units import write_percent
from ui.data import explain
from ui.data import walk as data
from ui.look import writing
from words import say

UNKNOWN = ""
SAMPLE_CHARACTERS = 40
ROWS_SHOWN = 5
HIDDEN = "•••"
STAGES_ASKED = ("stages_unknown", "stages_one_sided")
STAGES = ("", "won", "lost")


def show(walk: data.Walk) -> None:
    """Show all tables, then the columns of one of them."""
    unknown, tables = walk.unknown, walk.found.tables
    about = (
        say("data.unknown_some", n=len(unknown), all=len(tables))
        if unknown
        else say("data.unknown_none")
    )
    writing.heading(say("page.data.read"), about)
    rows = [_row(walk, one) for one in tables] + _refused_rows(walk)
    frame = pd.DataFrame(rows)
    with st.container(key="wide-tables"):
        st.dataframe(frame, hide_index=True, width="stretch", column_config=_labels(frame))
    with st.container(key="narrow-tables"):
        writing.cards(
            [
                (
                    r["file"],
                    r["source"] if r["confidence"] != "–" else r["by"] or r["source"],
                    say("data.table_rows", rows=f"{r['rows']:,}", months=r["months"]),
                    r["written"],
                )
                for r in rows
            ]
        )
    if tables:
        first = tables.index(unknown[0]) if unknown else 0
        picked = data.pick(
            walk.draft,
            f"table-{len(walk.entries)}-{len(tables)}",
            say("data.table"),
            range(len(tables)),
            first,
            format_func=lambda i: str(tables[i].table.place()),
        )
        _first_rows(tables[picked])
        _columns(walk, tables[picked])
    data.turn(walk)


def _labels(frame: pd.DataFrame) -> dict[str, Any]:
    own = {"written": "data.written", "by": "data.by", "confidence": "data.confidence"}
    labels: dict[str, Any] = {c: say(own.get(c, f"table.{c}")) for c in frame}
    labels["file"] = st.column_config.TextColumn(labels["file"], width="small")
    labels["sheet"] = st.column_config.TextColumn(labels["sheet"], width="small")
    return labels


def _row(walk: data.Walk, one: Recognised) -> dict[str, Any]:
    by = (
        say("data.by_person", who=one.by)
        if one.by
        else say("data.by_headings" if one.source else "data.by_nobody")
    )
    return {
        "file": one.table.file,
        "sheet": one.table.sheet or "",
        "source": data.source_title(one.source),
        "rows": one.rows,
        "months": f"{one.months[0]} – {one.months[-1]}" if one.months else "",
        "written": _file_format(walk, one.table.file),
        "by": by,
        "confidence": write_percent(one.confidence) if one.source else "–",
    }


def _refused_rows(walk: data.Walk) -> list[dict[str, Any]]:
    have = {one.table.file.split("/")[0] for one in walk.found.tables}
    return [
        {
            "file": file,
            "sheet": "",
            "source": say(f"outcome.{outcome}"),
            "rows": 0,
            "months": "",
            "written": _file_format(walk, file),
            "by": "",
            "confidence": "–",
        }
        for file, outcome in walk.found.outcomes.items()
        if file not in have
    ]


def _file_format(walk: data.Walk, file: str) -> str:
    """Return how a file is written: encoding, delimiter, decimal mark, or its format."""
    notes = walk.found.notes.get(file.split("/")[0], {})
    own = {
        k.rsplit(": ", 1)[-1]: v
        for k, v in notes.items()
        if ": " not in k or k.rsplit(": ", 1)[0] == file
    }
    if "delimiter" in own:
        own.setdefault("decimal", ".")
    names = {"encoding": "{}", "delimiter": "“{}”", "decimal": "1{}5", "format": "{}"}
    return " · ".join(names.get(k, k + " {}").format(v) for k, v in own.items())


def _first_rows(one: Recognised) -> None:
    """Show the first rows as the file writes them, above all that is asked about them."""
    table = one.table
    head = table.data.slice(0, ROWS_SHOWN)
    left = {heading for heading, how in one.personal.items() if how == personal.LEFT}
    shown = pd.DataFrame(
        {
            heading: [HIDDEN if heading in left and v else v for v in _texts(head, column)]
            for column, heading in enumerate(table.header)
        }
    )
    shown.insert(0, say("table.row"), [str(row) for row in head.column("row").to_pylist()])
    writing.show_quiet(say("data.first_rows", place=table.place(), rows=f"{one.rows:,}"))
    st.dataframe(shown, hide_index=True, width="stretch")


def _texts(data_: pa.Table, column: int) -> list[str]:
    cells = data_.column(f"c{column}").to_pylist()
    return [
        "" if cell is None else f"{cell:,g}" if isinstance(cell, float) else str(cell)[:80]
        for cell in cells
    ]


def _columns(walk: data.Walk, one: Recognised) -> None:
    """Ask what kind of table it is and what each column means; remembered when confirmed."""
    table = one.table
    here = layouts.layout(table.header)
    kinds = [UNKNOWN, *layouts.kinds(), layouts.LEFT_OUT]
    known = records.RECORDS if records.is_explained(one.source) else one.source
    default = known or layouts.closest_kind(table) or UNKNOWN
    kind = data.pick(
        walk.draft, f"kind-{here}", say("data.kind"), kinds, default, format_func=_kind_title
    )
    if kind == UNKNOWN:
        return
    explained, columns, ready = None, {}, True
    if kind == records.RECORDS:
        explained = explain.ask(walk, table)
    elif kind != layouts.LEFT_OUT:
        columns = _pick_columns(walk, one, kind, here)
        gone = layouts.missing(kind, {h: f for h, f in columns.items() if f})
        if gone:
            names = ", ".join(f"“{field.aliases[0]}”" for field in gone)
            writing.show_quiet(say("data.missing", fields=names))
        ready = not gone
    order, decimal = _questions(walk, table, here)
    stages = _stages(walk, table, here, columns) if columns else {}
    if kind == records.RECORDS:
        asked = replace(table, hints=replace(table.hints, order=order, decimal=decimal))
        ready = explained is not None and explain.show_trial(walk, asked, explained)
    if st.button(
        say("data.confirm"), disabled=not ready, type="primary", key=f"confirm-{here}-{kind}"
    ):
        answers: dict[str, Any] = {"by": walk.current.workspace.author, "at": review.utc_now()}
        told = {"order": order, "decimal": decimal, "stages": stages}
        answers |= {name: value for name, value in told.items() if value}
        entry = layouts.entry_for(table, kind, columns, explained, **answers)
        walk.draft.entries[here] = entry
        data.read_again(walk.current)
        st.toast(say("data.confirmed"))
        st.rerun()


def _kind_title(kind: str) -> str:
    if kind == UNKNOWN:
        return say("data.kind_none")
    if kind == records.RECORDS:
        return say("data.kind_records_pick")
    if kind in SOURCES:
        return say("data.kind_export", title=data.source_title(kind))
    return data.source_title(kind)


def _pick_columns(walk: data.Walk, one: Recognised, kind: str, here: str) -> dict[str, str]:
    """Show a list to pick from for every column; those left out stand behind a fold."""
    table = one.table
    matches = one.matches if one.source == kind else layouts.suggest(table, kind)
    by_column = {match.column: match for match in matches}
    persons = {
        found.column: one.personal.get(found.header, personal.LEFT)
        for found in personal.find(table)
    }
    persons |= {table.header.index(h): how for h, how in one.personal.items() if h in table.header}
    fields = [UNKNOWN, *(field.key for field in layouts.fields_of(kind))]
    chosen: dict[str, str] = {}
    unused = [i for i in range(len(table.header)) if i not in by_column]
    for column in by_column:
        match = by_column[column]
        sure = say("data.sure", share=match.confidence * 100)
        chosen[match.header] = _pick_column(
            walk, table, column, fields, match.field, f"{kind}-{here}", sure, persons, kind
        )
    if unused:
        lacking = layouts.missing(kind, chosen)
        with st.expander(say("data.columns_more", n=len(unused)), expanded=bool(lacking)):
            for column in unused:
                chosen[table.header[column]] = _pick_column(
                    walk,
                    table,
                    column,
                    fields,
                    UNKNOWN,
                    f"{kind}-{here}",
                    say("data.not_suggested"),
                    persons,
                    kind,
                )
    return chosen


def _pick_column(
    walk: data.Walk,
    table: Table,
    column: int,
    fields: list[str],
    field: str,
    where: str,
    sure: str,
    persons: dict[int, str],
    kind: str,
) -> str:
    heading = table.header[column]
    seen = mapping.samples(table, column)
    shown = " | ".join(str(value)[:SAMPLE_CHARACTERS] for value in seen)
    left, right = st.columns([3, 2], vertical_alignment="center")
    with left:
        st.html(
            f"<strong>{html.escape(heading)}</strong>"
            f'<p class="attune-quiet">'
            f"{html.escape(say('data.column_about', confidence=sure, samples=shown or '–'))}</p>"
        )
        if column in persons:
            left_out = persons[column] == personal.LEFT
            writing.show_quiet(
                say("data.column_person_left" if left_out else "data.column_person_pseudonyms")
            )
    return data.pick(
        walk.draft,
        f"{where}-{column}",
        say("data.column_means", heading=heading),
        fields,
        field,
        right,
        format_func=lambda key: _field_title(kind, key),
        label_visibility="collapsed",
    )


def _field_title(kind: str, key: str) -> str:
    if key == UNKNOWN:
        return say("data.column_out")
    if kind == MEASURE_SHEET and key in MEASURES:
        return MEASURES[key].header
    field = next(f for f in layouts.fields_of(kind) if f.key == key)
    name = next((a for a in field.aliases if not a.startswith("~")), key)
    return f"{name}{' *' if field.required else ''}"


def _questions(walk: data.Walk, table: Table, here: str) -> tuple[str, str]:
    """Ask what the cells leave open: the order of dates, the decimal mark."""
    asked = {f.code for f in walk.found.findings if f.place.file == table.file}
    if "format_assumed" not in asked and not (table.hints.order or table.hints.decimal):
        return "", ""
    left, right = st.columns(2)
    orders = {"": "order_found", "D/M/Y": "order_day", "M/D/Y": "order_month"}
    decimals = {"": "decimal_found", ",": "decimal_comma", ".": "decimal_point"}
    order = data.pick(
        walk.draft,
        f"order-{here}",
        say("data.order"),
        list(orders),
        table.hints.order or "",
        left,
        format_func=lambda key: say(f"data.{orders[key]}"),
    )
    decimal = data.pick(
        walk.draft,
        f"decimal-{here}",
        say("data.decimal"),
        list(decimals),
        table.hints.decimal or "",
        right,
        format_func=lambda key: say(f"data.{decimals[key]}"),
    )
    return order, decimal


def _stages(walk: data.Walk, table: Table, here: str, columns: dict[str, str]) -> dict[str, str]:
    """Ask which of the client's own stages are won and which lost, once."""
    asked = any(
        f.code in STAGES_ASKED and (f.place.file, f.place.sheet) == (table.file, table.sheet)
        for f in walk.found.findings
    )
    heading = next((heading for heading, field in columns.items() if field == "stage"), None)
    if heading is None or not (asked or table.hints.outcomes):
        return {}
    said = dict(table.hints.outcomes)
    writing.show_quiet(say("data.stages"))
    left, right = st.columns(2)
    meanings = {}
    for i, stage in enumerate(records.values(table, heading)):
        meanings[stage] = data.pick(
            walk.draft,
            f"stage-{here}-{stage}",
            stage,
            STAGES,
            said.get(stage, ""),
            (left, right)[i % 2],
            format_func=lambda key: say(f"data.stage_{key or 'open'}"),
        )
    return {stage: meaning for stage, meaning in meanings.items() if meaning}
