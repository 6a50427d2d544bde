"""Bytes → cells with addresses → tables: the one door for files.

The kind of a file is judged by its bytes, never by its name. Text is read in this process;
workbooks and HTML in a worker with its own memory and time limits. A file that cannot be read
is one finding; oddities inside a file are findings with an address.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePosixPath

from ingest.limits import DEFAULTS
from ingest.model import FileRead, Table
from ingest.readers import delimited, guard, worker
from ingest.readers.cells import Refused, Sheet
from ingest.sheets import template
from ingest.tables.find import find_tables
from metrics.model import Finding, Place, Severity

SECOND_SECONDS = 60
"""How long a second opinion may take on a workbook whose first reader did not survive."""


def read(name: str, data: bytes, limits: Mapping[str, int] = DEFAULTS) -> FileRead:
    """Return the tables of one file and what was odd about it; never raises for a bad file.

    Parameters
    ----------
    name : str
        As the person calls it; folders in it are dropped.
    data : bytes
    limits : mapping
        See ``ingest.limits``.
    """
    name = PurePosixPath(name.replace("\\", "/")).name or "file"
    try:
        if len(data) > limits["file_bytes"]:
            raise Refused("file_too_large", found=len(data), limit=limits["file_bytes"])
        return _read(name, data, limits, 0)
    except Refused as refusal:
        return refused_file(name, refusal)


def refused_file(name: str, refusal: Refused) -> FileRead:
    """Return the reading of a file that is not read: one error finding."""
    finding = Finding(refusal.code, Severity.ERROR, Place(name), facts=refusal.facts)
    return FileRead(name, (), (finding,), refused=True)


def _read(name: str, data: bytes, limits: Mapping[str, int], depth: int) -> FileRead:
    if data[:2] == b"PK":
        guard.check_archive(data, limits)
    kind = guard.kind_of(data)
    if kind == "csv":
        sheet, notes = delimited.read(data, limits)
        return reading(name, [sheet], notes)
    if kind == "zip":
        return _read_archive(name, data, limits, depth)
    try:
        return worker.run("ingest.workbook:read_in_worker", data, name, limits)
    except Refused as refusal:
        # A grid too large to be held ends the process that holds it; cells alone may be few.
        if kind != "xlsx" or refusal.code not in ("reader_crashed", "reader_memory"):
            raise
        small = {**limits, "seconds": min(limits["seconds"], SECOND_SECONDS), "cells_only": 1}
        try:
            return worker.run("ingest.workbook:read_in_worker", data, name, small)
        except Refused as second:
            given_up = ("reader_crashed", "reader_memory", "reader_time", "file_corrupt")
            raise refusal if second.code in given_up else second from None


def read_in_worker(data: bytes, name: str, limits: Mapping[str, int]) -> FileRead:
    """Read a workbook or markup file; called in the worker process only."""
    from ingest.readers import binary, markup, opendocument, xlsx

    kind = guard.kind_of(data)
    plain = {"html": markup.read_html, "xml": markup.read_xml, "ods": opendocument.read}
    try:
        if kind in plain:
            sheets, notes = plain[kind](data, limits), {}
        else:
            sheets, notes = (xlsx if kind == "xlsx" else binary).read(data, limits)
    except guard.DAMAGED as error:
        raise Refused("file_corrupt", detail=str(error)[:200]) from error
    return reading(name, sheets, {"format": kind, **notes})


def reading(name: str, sheets: list[Sheet], notes: Mapping[str, str]) -> FileRead:
    """Return the reading of sheets: their tables and findings."""
    tables: list[Table] = []
    findings: list[Finding] = []
    blank = False
    for sheet in sheets:
        if sheet.name == template.ABOUT:
            continue
        found, odd = find_tables(sheet, name)
        filled = [template.without_examples(table) for table in found]
        blank |= any(table.data.num_rows for table in found) and not any(
            table.data.num_rows for table in filled
        )
        tables += [
            one
            for one, was in zip(filled, found, strict=True)
            if one.data.num_rows or not was.data.num_rows
        ]
        findings += odd
    if not tables and not blank and not any(f.severity == Severity.ERROR for f in findings):
        quiet = ("sheet_without_table", "sheet_empty", "hidden_sheet", "stray_cell")
        findings = [f for f in findings if f.code not in quiet]
        findings.append(Finding("no_table", Severity.ERROR, Place(name)))
    return FileRead(name, tuple(tables), tuple(findings), not tables and not blank, notes)


def _read_archive(name: str, data: bytes, limits: Mapping[str, int], depth: int) -> FileRead:
    if depth >= limits["archive_depth"]:
        raise Refused("archive_in_archive")
    opened = guard.archive(data)
    parts: list[FileRead] = []
    for member in opened.infolist():
        path = PurePosixPath(member.filename)
        if member.is_dir() or path.name.startswith(".") or path.parts[0] == "__MACOSX":
            continue
        inner = f"{name}/{member.filename}"
        try:
            with guard.member(opened, member.filename) as stream:
                content = stream.read()
            parts.append(_read(inner, content, limits, depth + 1))
        except Refused as refusal:
            parts.append(refused_file(inner, refusal))
        except guard.DAMAGED as error:
            parts.append(refused_file(inner, Refused("file_corrupt", detail=str(error)[:200])))
    if not parts:
        raise Refused("file_empty")
    return _join_reads(name, parts)


def _join_reads(name: str, parts: list[FileRead]) -> FileRead:
    whole = not any(not part.refused for part in parts)
    findings = [
        finding
        if whole or finding.severity != Severity.ERROR or not part.refused
        else replace(finding, severity=Severity.WARNING)
        for part in parts
        for finding in part.findings
    ]
    notes = {f"{part.file}: {key}": note for part in parts for key, note in part.notes.items()}
    tables = tuple(table for part in parts for table in part.tables)
    return FileRead(name, tables, tuple(findings), whole, notes)
