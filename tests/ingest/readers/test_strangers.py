"""Workbooks of strangers end as their index says, through the door of ``cli.py check``."""

from __future__ import annotations

import csv

import pytest

from ingest import intake
from ingest.document import as_document
from metrics.model import Profile
from tests.support.places import DATA

FOLDER = DATA / "workbooks"
LINES = (
    list(csv.DictReader((FOLDER / "INDEX.csv").open(encoding="utf-8"))) if FOLDER.is_dir() else []
)
OUTCOMES = {"loads": "loads", "warnings": "loads with warnings", "refused": "clear refusal"}
ARGUED = {
    "corrupt/calamine__malformed_format.xls": "a calendar of 31 days over a legend of four lines: "
    "31 rows are right, the index counts the legend too",
    "ooxml-variant/poi__SampleSS.strict.xlsx": "three title lines over a heading and one record: "
    "one row of data is right, the index counts the titles too",
    "layout/readxl__skipping.xlsx": "two lines of prose over a heading and two records: two rows "
    "of data are right, the index counts the prose and the heading too",
}
"""Files that end otherwise, and why that is right."""


def _ends_as_expected(line: dict[str, str]) -> str:
    """Return '' if the file ends as its line says, else what differs."""
    path = FOLDER / line["file"]
    profile = Profile("Strangers", (), currency="EUR")
    document = as_document(intake.check([(path.name, path.read_bytes())], profile))["files"][0]
    said = OUTCOMES[document["outcome"]]
    wanted = {line["expected_outcome"], *line["also_acceptable"].split("; ")} - {""}
    if "loads with warnings" in wanted:
        wanted.add("loads")
    if said not in wanted:
        codes = [finding["code"] for finding in document["findings"]]
        return f"{said}, wanted {' or '.join(sorted(wanted))}: {codes[:5]}"
    if not line["data_rows"] or document["outcome"] == "refused":
        return ""
    rows = sum(
        t["rows"] for t in document["tables"] if not line["sheet"] or t["sheet"] == line["sheet"]
    )
    expected = int(line["data_rows"])
    return "" if abs(rows - expected) <= max(1, 0.02 * expected) else f"{rows} rows of {expected}"


@pytest.mark.skipif(not LINES, reason="the workbooks of strangers are not on this machine")
@pytest.mark.parametrize("line", LINES, ids=lambda line: line["file"])
def test_a_strangers_workbook(line: dict[str, str]) -> None:
    differs = _ends_as_expected(line)
    assert bool(differs) == (line["file"] in ARGUED), differs


def test_few_files_are_argued() -> None:
    assert not LINES or len(LINES) - len(ARGUED) >= 101
