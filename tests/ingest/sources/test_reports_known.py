"""The reports of public documentation: recognised, or their kind named as the nearest."""

from __future__ import annotations

import pytest

from bench.headings import KINDS, is_right, never_seen, own_names, read_reports
from tests.support.places import DATA

HEADERS = DATA / "export_headers.csv"
pytestmark = pytest.mark.skipif(
    not HEADERS.is_file(), reason="the headers of exports are not on this machine"
)


def test_reports_are_recognised_or_their_kind_is_named() -> None:
    reports = read_reports(HEADERS)
    assert set(KINDS) <= set(reports)
    wrong = [r for r, columns in reports.items() if not is_right(KINDS.get(r), columns)]
    assert len(wrong) <= 0.1 * len(reports), wrong


def test_reports_of_a_system_never_seen_are_too() -> None:
    """What was learnt from a system's own headings alone is taken away in turn."""
    reports = read_reports(HEADERS)
    wrong = []
    for report, columns in reports.items():
        with never_seen(own_names(reports, report[0])):
            wrong += [] if is_right(KINDS.get(report), columns) else [report]
    assert len(wrong) <= 0.25 * len(reports), wrong
