"""Bytes → cells with addresses → tables: the one door for files.

The kind of a file is judged by its bytes, never by its name. Everything is read in a worker with
its own memory and time limits; of an archive each member in a child of its own, all of them before
one deadline. A file that cannot be read is one finding; oddities inside a file are findings with
an address.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from zipfile import ZipInfo

from ingest.limits import DEFAULTS, of_file
from ingest.model import FileRead, Table
from ingest.readers import delimited, guard, worker
from ingest.readers.cells import Refused, Sheet
from ingest.sheets import template
from ingest.tables.find import find_tables
from metrics.model import Finding, Place, Severity

TASK = "ingest.workbook:read_in_worker"
ONE_READER = "ingest.workbook:read_by_one"
ALL_MEMBERS = "ingest.workbook:read_members"
ReadOne = Callable[[bytes, str, Mapping[str, int]], FileRead | worker.Pickled]
HAND_OVER_SECONDS = 1.5
"""Of a file's time, kept for handing over what was read until then."""


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
        answer = worker.run(TASK, data, name, of_file(limits, len(data)))
    except Refused as refusal:
        return refused_file(name, refusal)
    if isinstance(answer, FileRead):
        return answer
    parts = (part if isinstance(part, FileRead) else pickle.loads(part) for part in answer)  # noqa: S301
    return _join_reads(name, list(parts))


def refused_file(name: str, refusal: Refused) -> FileRead:
    """Return the reading of a file that is not read: one error finding."""
    finding = Finding(refusal.code, Severity.ERROR, Place(name), facts=refusal.facts)
    return FileRead(name, (), (finding,), refused=True)


def read_in_worker(
    data: bytes, name: str, limits: Mapping[str, int]
) -> FileRead | worker.Pickled | list[FileRead | worker.Pickled]:
    """Read a file of any kind, an archive into its members; called in the worker only."""
    worker.give_up_in(limits["seconds"] - HAND_OVER_SECONDS)
    kind = _kind(data, limits)
    if kind == "zip":
        try:
            return worker.apart(ALL_MEMBERS, data, name, limits)
        except Refused as refusal:
            if refusal.code not in ("reader_crashed", "reader_memory"):
                raise
        return list(_members(name, data, limits, _apart))  # one of them ended the others
    return _twice(data, name, limits) if kind == "xlsx" else read_by_one(data, name, limits)


def read_by_one(data: bytes, name: str, limits: Mapping[str, int]) -> FileRead:
    """Read a file that is no archive of files by the one reader that is meant for its kind."""
    from ingest.readers import binary, markup, opendocument, xlsx

    kind = _kind(data, limits)
    plain = {"html": markup.read_html, "xml": markup.read_xml, "ods": opendocument.read}
    try:
        if kind == "csv":
            sheet, notes = delimited.read(data, limits)
            return reading(name, [sheet], notes)
        if kind == "zip":
            raise Refused("archive_in_archive")
        if kind in plain:
            sheets, notes = plain[kind](data, limits), {}
        else:
            sheets, notes = (xlsx if kind == "xlsx" else binary).read(data, limits)
    except guard.DAMAGED as error:
        raise Refused("file_corrupt", detail=str(error)[:200]) from error
    return reading(name, sheets, {"format": kind, **notes})


def _kind(data: bytes, limits: Mapping[str, int]) -> str:
    if data[:2] == b"PK":
        guard.check_archive(data, limits)
    return guard.kind_of(data)


def _twice(data: bytes, name: str, limits: Mapping[str, int]) -> worker.Pickled:
    """Read a workbook; by cells alone where the grid they span ends the process that holds it."""
    try:
        return worker.apart(ONE_READER, data, name, limits)
    except Refused as refusal:
        if refusal.code not in ("reader_crashed", "reader_memory"):
            raise
        try:
            return worker.apart(ONE_READER, data, name, {**limits, "cells_only": 1})
        except Refused as second:
            given_up = ("reader_crashed", "reader_memory", "reader_time", "file_corrupt")
            raise refusal if second.code in given_up else second from None


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


def read_members(
    data: bytes, name: str, limits: Mapping[str, int]
) -> list[FileRead | worker.Pickled]:
    """Read all members of an archive in one process; called in the worker only."""
    return list(_members(name, data, limits, read_by_one))


def _members(
    name: str, data: bytes, limits: Mapping[str, int], read_one: ReadOne
) -> Iterator[FileRead | worker.Pickled]:
    opened = guard.archive(data)
    wanted = [member for member in opened.infolist() if _holds_table(member)]
    if not wanted:
        raise Refused("file_empty")
    if len(wanted) > limits["archive_files"]:
        raise Refused("archive_many_files", found=len(wanted), limit=limits["archive_files"])
    for member in wanted:
        inner = f"{name}/{member.filename}"
        try:
            with guard.member(opened, member.filename) as stream:
                content = stream.read()
            yield read_one(content, inner, limits)
        except Refused as refusal:
            yield refused_file(inner, refusal)
        except guard.DAMAGED as error:
            yield refused_file(inner, Refused("file_corrupt", detail=str(error)[:200]))


def _apart(data: bytes, name: str, limits: Mapping[str, int]) -> worker.Pickled:
    if guard.kind_of(data) == "xlsx":
        return _twice(data, name, limits)
    return worker.apart(ONE_READER, data, name, limits)


def _holds_table(member: ZipInfo) -> bool:
    path = PurePosixPath(member.filename)
    return not (member.is_dir() or path.name.startswith(".") or path.parts[0] == "__MACOSX")


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
