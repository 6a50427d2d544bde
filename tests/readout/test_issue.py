"""A read-out is drafted, reviewed, issued; what was issued never changes."""

from __future__ import annotations

import io
import json
import math
import subprocess
import sys
import zipfile
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from pptx import Presentation
from pypdf import PdfReader

from loop import entries, readouts, reports
from metrics.errors import InvalidInput, StaleRevision
from metrics.overview import overview
from readout.brand import Brand
from tests.support.servers import PATIENCE
from workspaces.access import LOCAL, enter
from workspaces.store import Store

pytestmark = pytest.mark.slow


@pytest.fixture
def own(sample, tmp_path):
    """The sample in a store of its own, with its parts computed."""
    path = tmp_path / "own.sqlite"
    import sqlite3

    with sqlite3.connect(sample.path) as source, sqlite3.connect(path) as target:
        source.backup(target)
    store = Store.open(str(path))
    yield store
    store.close()


def at(report, revision: int):
    return replace(report, revision=revision)


def issued(store, sample):
    number = readouts.review(enter(store, LOCAL, sample.client), store.revision(sample.client))
    return readouts.issue(enter(store, LOCAL, sample.client), at(sample.report, number))


def test_states_follow_one_another_and_a_changed_figure_is_a_draft(own, sample) -> None:
    client = sample.client
    assert readouts.state(enter(own, LOCAL, client)) == "draft"
    with pytest.raises(InvalidInput, match="not_reviewed"):
        readouts.issue(enter(own, LOCAL, client), sample.report)
    first = own.revision(client)
    assert readouts.review(enter(own, LOCAL, client), first) == first + 1
    assert readouts.state(enter(own, LOCAL, client)) == "reviewed"
    with pytest.raises(StaleRevision):
        readouts.review(enter(own, LOCAL, client), first)
    one = readouts.issue(enter(own, LOCAL, client), at(sample.report, first + 1))
    assert readouts.state(enter(own, LOCAL, client)) == "issued"
    assert (one.number, one.revision) == (1, first + 1)
    with pytest.raises(InvalidInput, match="issued_already"):
        readouts.issue(enter(own, LOCAL, client), sample.report)
    readouts.save_brand(enter(own, LOCAL, client), own.revision(client), Brand(accent="#123456"))
    assert readouts.state(enter(own, LOCAL, client)) == "issued", "a new colour changes no figure"
    assert readouts.brand(enter(own, LOCAL, client)).accent == "#123456"
    rows = own.snapshot(client)["targets"]
    entries.save_frame(enter(own, LOCAL, client), own.revision(client), "targets", rows)
    assert readouts.state(enter(own, LOCAL, client)) == "draft"


def test_issued_files_are_whole_and_the_report_comes_back_as_it_was(own, sample) -> None:
    one = issued(own, sample)
    data = {key: own.issued_report(sample.client, id) for key, id in one.files.items()}
    assert set(data) == {kind.key for kind in readouts.FILES} | {readouts.PARTS}
    assert sha256(data["document"]).hexdigest() == one.checksum
    assert len(Presentation(io.BytesIO(data["deck"])).slides) >= 12
    assert openpyxl.load_workbook(io.BytesIO(data["workbook"])).sheetnames
    assert len(PdfReader(io.BytesIO(data["summary"])).pages) == 1
    again = readouts.issued_report(enter(own, LOCAL, sample.client), one)
    assert again.case.npv == sample.report.case.npv
    assert reports.document(again) == reports.document(at(sample.report, one.revision))
    assert all(
        len(each) < 2_000_000
        for key, each in data.items()
        if key in ("deck", "workbook", "report", "summary")
    )


def test_a_part_that_was_not_issued_says_nothing_though_it_could_be_computed_now(
    own, sample
) -> None:
    """A read-out handed out before the programme's economics existed still opens, without them."""
    one = issued(own, sample)
    kept, older = own.issued_report(sample.client, one.files[readouts.PARTS]), io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(kept)) as new, zipfile.ZipFile(older, "w") as old:
        for name in set(new.namelist()) - {"economics"}:
            old.writestr(name, new.read(name))
    identifier = own.issue(sample.client, one.revision, "zip", older.getvalue(), "first")
    again = readouts.issued_report(
        enter(own, LOCAL, sample.client),
        replace(one, files={**one.files, readouts.PARTS: identifier}),
    )
    lights = {"tile.lights", "tile.lights_unknown"}
    case, told = (overview(report, 5).tiles[2].lines for report in (again, sample.report))
    assert {line.code for line in told} - {line.code for line in case} <= lights
    assert len(told) == len(case) + 1
    assert again.case.npv == sample.report.case.npv
    assert set(again.parts) == set(sample.report.parts)


def test_every_file_tells_the_same_numbers(own, sample) -> None:
    """Deck notes, workbook, PDF and JSON of one issue, opened again and held side by side."""
    one = issued(own, sample)
    data = {key: own.issued_report(sample.client, id) for key, id in one.files.items()}
    document = json.loads(data["document"])
    case = document["parts"]["case"]
    assert one.values["case.expected"][0] == case["npv"]
    assert one.values["saving.a_year"][0] == document["parts"]["effects"]["saving"]
    notes = " ".join(
        slide.notes_slide.notes_text_frame.text
        for slide in Presentation(io.BytesIO(data["deck"])).slides
    )
    book = openpyxl.load_workbook(io.BytesIO(data["workbook"]), data_only=True)
    sheet = {row[0]: row[2] for row in book["Figures"].iter_rows(min_row=2, values_only=True)}
    words = "".join(
        "".join(p.extract_text().split()) for p in PdfReader(io.BytesIO(data["report"])).pages
    )
    assert len(one.values) == len(sheet)
    for key, (value, *_) in one.values.items():
        if value is None:
            assert sheet[key] is None, key
            continue
        assert sheet[key] == pytest.approx(value, rel=1e-14), key
        assert repr(value) in words, key
    for key in ("case.expected", "saving.a_year", "advocacy.nps"):
        assert f"Exact {one.values[key][0]!r} [{key}]" in notes


def test_the_next_readout_says_what_changed_and_what_was_restated(own, sample) -> None:
    one = issued(own, sample)
    case = replace(sample.report.case, npv=sample.report.case.npv + 50_000)
    later = replace(
        sample.report, revision=one.revision + 5, parts={**sample.report.parts, "case": case}
    )
    snapshot = own.snapshot(sample.client)
    frames = dict(snapshot.frames)
    frames["restatements"] = pd.DataFrame(
        {
            "function": ["support", "support"],
            "month": pd.to_datetime(["2026-01-01", "2026-02-01"]),
            "revision": [one.revision - 1, one.revision + 3],
        }
    )
    read = readouts.reading(
        enter(own, LOCAL, sample.client), later, replace(snapshot, frames=frames), "draft"
    )
    assert read.earlier_name == one.name
    assert [c.after.key for c in read.changes] == ["case.expected"]
    assert "1 of the values" in read.restatement()
    first = readouts.reading(
        enter(own, LOCAL, sample.client), at(sample.report, one.revision), snapshot, "draft"
    )
    assert first.earlier_name == "", "a read-out is not compared with itself"


def test_issued_bytes_never_change(own, sample) -> None:
    one = issued(own, sample)
    before = {key: own.issued_report(sample.client, id) for key, id in one.files.items()}
    readouts.save_brand(
        enter(own, LOCAL, sample.client), own.revision(sample.client), Brand(footer="New")
    )
    entries.save_frame(
        enter(own, LOCAL, sample.client),
        own.revision(sample.client),
        "targets",
        own.snapshot(sample.client)["targets"],
    )
    kept = readouts.history(enter(own, LOCAL, sample.client))[0]
    assert kept == one
    assert {k: own.issued_report(sample.client, i) for k, i in kept.files.items()} == before


def test_values_kept_are_those_of_the_report(own, sample) -> None:
    one = issued(own, sample)
    assert all(v is None or math.isfinite(v) for row in one.values.values() for v in row)
    assert one.values["case.expected"][0] == sample.report.case.npv


@pytest.mark.parametrize("kind", ["pptx", "xlsx", "pdf"])
def test_command_line_writes_each_kind(sample, tmp_path, kind) -> None:
    root = Path(readouts.__file__).parents[1]
    out = tmp_path / f"x.{kind}"
    done = subprocess.run(
        [
            sys.executable,
            "cli.py",
            "report",
            "--client",
            sample.client,
            "--out",
            str(out),
            "--json",
        ],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env={"ATTUNE_DATABASE_URL": f"sqlite:///{sample.path}", "PATH": "/usr/bin:/bin"},
    )
    assert done.returncode == 0, done.stderr
    assert sha256(out.read_bytes()).hexdigest() == json.loads(done.stdout)["checksum"]
