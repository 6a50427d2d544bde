"""Every file of the corpus ends as its line says: no crash, no hang, no surprise."""

from __future__ import annotations

import pytest

from ingest import workbook
from metrics.model import Severity
from tests.corpus.build import CASES
from tests.corpus.case import Case
from words import catalogue


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, marks=pytest.mark.slow if case.name.startswith("libreoffice") else ())
        for case in CASES
    ],
    ids=lambda case: case.name,
)
def test_corpus(case: Case) -> None:
    reading = workbook.read(case.name, case.make())
    told = {f.code for f in reading.findings}
    told |= {f"{f.code}@{f.place.cell}" for f in reading.findings if f.place.cell}
    assert set(case.codes) <= told, told
    assert tuple(table.data.num_rows for table in reading.tables) == case.rows
    assert reading.refused == (not case.rows)
    if case.exact:
        wanted = {code.partition("@")[0] for code in case.codes}
        loud = {f.code for f in reading.findings if f.severity != Severity.INFO}
        assert loud <= wanted
    if case.headers:
        here = [name for name in reading.tables[0].header if name in case.headers]
        assert tuple(here) == case.headers
    for key, value in case.notes.items():
        assert reading.notes[key] == value
    if not case.rows:
        assert len(reading.findings) == 1
    for finding in reading.findings:
        assert catalogue()[f"findings.{finding.code}"].format(**finding.facts)


def test_the_corpus_is_large() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 120
