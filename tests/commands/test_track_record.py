"""Three monthly uploads on the command line: issued, scored, and what changed told by its cause."""

import json
from pathlib import Path

import numpy as np
import pytest
from jsonschema import Draft202012Validator

import cli
from tests.support.places import ROOT

SCHEMA = json.loads((ROOT / "docs" / "schemas" / "track-record.json").read_text())
MONTHS = [f"{2023 + m // 12}-{m % 12 + 1:02d}" for m in range(32)]
SURPRISES = np.random.default_rng(4).normal(0, 0.02, (32, 2))


def export(path: Path, first: int, last: int, restated: float = 1.0) -> str:
    """Tickets of two teams; the first month of the file may say something else than before."""
    lines = ["Month,Team,Tickets opened,Resolved tickets,Support cost"]
    for m in range(first, last):
        for t, team in enumerate(("North", "South")):
            cost = 9000 * (1 + 0.1 * np.cos(m * np.pi / 6) + SURPRISES[m, t])
            cost *= restated if m == first else 1.0
            lines.append(f"{MONTHS[m]},{team},{1000 + m},{950 + m},{cost:.2f}")
    path.write_text("\n".join(lines))
    return str(path)


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("ATTUNE_DATABASE_URL", f"sqlite:///{tmp_path}/attune.sqlite")

    def command(*arguments: str) -> dict:
        code = cli.main([*arguments, "--json"])
        shown = capsys.readouterr()
        assert code < 2, shown.err
        return json.loads(shown.out, parse_constant=pytest.fail)

    return command


def test_three_uploads_are_issued_scored_and_taken_apart(run, tmp_path):
    client = ("--client", "Three months")

    def upload(*given, **more):
        run("ingest", export(tmp_path / "tickets.csv", *given, **more), *client)

    def record(*options: str) -> dict:
        answer = run("track-record", *client, *options)
        assert list(Draft202012Validator(SCHEMA).iter_errors(answer)) == []
        return answer

    upload(0, 30)
    first = record("--issue", "--note", "before the summer")
    assert [one["arrived"] for one in first["issues"]] == [0]
    assert first["issues"][0]["note"] == "before the summer"
    assert first["scores"] == first["calibration"] == []
    upload(30, 31)
    second = record("--issue")
    assert [one["intact"] for one in second["issues"]] == [True, True]
    assert second["issues"][0]["arrived"] > 0
    upload(29, 32, restated=1.2)
    third = record()
    assert {one["months"] for one in third["scores"]} == {1, 2}
    assert all(one["error"] >= 0 for one in third["scores"])
    assert {one["n"] for one in third["calibration"]} == {3 * third["issues"][1]["arrived"]}
    assert {one["month"] for one in third["restated"]} == {MONTHS[29] + "-01"}
    for one in third["changes"]:
        causes = one["restated"] + one["new_months"] + one["model"] + one["assumptions"]
        assert causes == pytest.approx(one["change"], abs=1e-6 * abs(one["then"]))
    assert any(one["restated"] for one in third["changes"])
