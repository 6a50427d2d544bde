"""A fictional company's thirty months of messy exports: every figure is its truth, or is named."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from ingest import intake
from metrics.assumptions import Assumptions
from metrics.frames import FRAMES
from metrics.model import Finding, Profile, Snapshot
from metrics.portfolio.part import ValuePart
from metrics.report import compute
from tests.support.places import STRANGERS
from words import say

MAKER = STRANGERS / "norden_pumps.py"
TEAMS = ("Nord", "Süd", "Export")
COSTS = {
    "Support": "support_cost",
    "Sales": "selling_cost",
    "Marketing": "marketing_cost",
    "Procurement": "procurement_cost",
    "Supply chain": "supply_chain_cost",
}
CONTROLLING, TICKETS = "Controlling_monthly_summary.xlsx", "tickets_2026-09-15.csv"
LAST, HALF = "2026-08", "2026-09"


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not MAKER.is_file():
        pytest.skip("the company of strangers is not on this machine")
    folder = tmp_path_factory.mktemp("norden")
    subprocess.run([sys.executable, str(MAKER), str(folder)], check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def taken(company: Path) -> intake.Intake:
    files = [(path.name, path.read_bytes()) for path in sorted((company / "first").iterdir())]
    return intake.check(files, Profile("Norden Pumps", (), currency="EUR"))


@pytest.fixture(scope="module")
def saved(company: Path) -> ValuePart:
    """The value of the report, once somebody said which spellings are one team."""
    spellings = ("Service {}", "Norden Pumps {}", "Einkauf {}", "Logistik {}")
    teams = {team: tuple(form.format(team) for form in spellings) for team in TEAMS}
    teams["Nord"] += ("Service Nrod",)
    profile = Profile("Norden Pumps", ("support", "marketing"), teams=teams, currency="EUR")
    files = [(path.name, path.read_bytes()) for path in sorted((company / "first").iterdir())]
    found = intake.check(files, profile)
    assert found.as_of is not None
    frames = {name: frame.empty() for name, frame in FRAMES.items()} | dict(found.frames)
    return compute(Snapshot(profile, 1, found.as_of, frames), Assumptions()).value


def _figures(rows: pd.DataFrame) -> dict[tuple[str, str, str], float]:
    team = rows["team"].map(lambda name: next((t for t in TEAMS if name.endswith(t)), name))
    month = rows["month"].dt.strftime("%Y-%m")
    return rows.groupby([rows["measure"], team, month])["value"].sum(min_count=1).to_dict()


def _wanted(truth: dict) -> dict[tuple[str, str, str], float]:
    wanted = {}
    for month, teams in truth["monthly"].items():
        for team in TEAMS if month <= LAST else ():
            own = teams[team]
            told = {
                "tickets": own["tickets_created"],
                "deals_won": own["won"],
                "enquiries": own["leads"],
                "ad_spend": own["ad_spend"],
                "purchase_orders": own["pos"],
                "promoters": own["nps"][0],
                **{COSTS[name]: cost for name, cost in own["cost"].items()},
            }
            wanted |= {(measure, team, month): float(v) for measure, v in told.items()}
    return wanted


def test_every_figure_is_the_truth_or_is_named(company: Path, taken: intake.Intake) -> None:
    truth = json.loads((company / "truth.json").read_text(encoding="utf-8"))
    figures, wanted = _figures(taken.frames["observations"]), _wanted(truth)
    differs = {
        key
        for key, value in wanted.items()
        if figures.get(key, 0.0) != pytest.approx(value, abs=0.02)
    }
    # the tickets of a team that was misspelt, and the cost somebody wrote a word into
    assert differs == {
        ("tickets", "Nord", "2025-11"),
        ("tickets", "Nord", "2025-12"),
        ("support_cost", "Süd", "2025-11"),
    }
    assert len(wanted) == 29 * 3 * 11


def test_every_finding_has_a_sentence_with_all_its_facts(taken: intake.Intake) -> None:
    said = [say(f"findings.{f.code}", **f.facts) for f in taken.findings]
    assert all(said)
    assert {"month_column_repeated"} <= {f.code for f in taken.findings}


def _found(taken: intake.Intake, code: str, file: str) -> list[Finding]:
    return [f for f in taken.findings if f.code == code and f.place.file == file]


def test_six_traps_are_named_at_their_cells(company: Path, taken: intake.Intake) -> None:
    sheet = openpyxl.load_workbook(company / "first" / CONTROLLING).worksheets[0]
    orders = openpyxl.load_workbook(company / "first" / "ME2N_Bestellungen.xlsx").worksheets[0]

    (alike,) = _found(taken, "teams_alike", TICKETS)
    with (company / "first" / TICKETS).open(encoding="cp1252", newline="") as file:
        rows = list(csv.reader(file, delimiter=";"))
    assert alike.value == "Service Nrod" == rows[int(str(alike.place.cell)[1:]) - 1][7]

    twice = _found(taken, "month_column_repeated", CONTROLLING)
    assert {sheet[f.place.cell].value for f in twice} == {"Mär", "Mär 2025"}

    (text,) = _found(taken, "not_a_number", CONTROLLING)
    assert sheet[text.place.cell].value == text.value == "ca. 9.500"

    (foreign,) = _found(taken, "currency_without_rate", "ME2N_Bestellungen.xlsx")
    assert orders[foreign.place.cell].value == 84_000

    (slip,) = _found(taken, "date_far_away", "deliveries.csv")
    assert slip.value == "2062-06-12"
    with (company / "first" / "deliveries.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file, delimiter=";"))
    assert lines[int(str(slip.place.cell)[1:]) - 1][6] == "12.06.2062"

    assert _found(taken, "month_half", CONTROLLING)
    half = taken.frames["observations"]
    half = half[half["month"] == pd.Timestamp(f"{HALF}-01")]
    assert set(half["reason"]) <= {"month_not_over", "records_open"}
    assert taken.as_of is not None
    assert f"{taken.as_of}" == "2026-09-15"


def test_every_finding_has_its_sentence(taken: intake.Intake) -> None:
    for finding in taken.findings:
        assert say(f"findings.{finding.code}", **finding.facts)


def test_the_forum_saves_what_it_saves_and_the_null_is_not_shown(
    company: Path, saved: ValuePart
) -> None:
    """Twelve per cent off the cost of a ticket in two of three teams; nothing in marketing."""
    truth = json.loads((company / "truth.json").read_text(encoding="utf-8"))
    year = [month for month in truth["monthly"] if "2025-09" <= month <= LAST]
    spent = sum(truth["monthly"][m][team]["cost"]["Support"] for m in year for team in TEAMS[:2])
    claims = saved.claims.set_index("initiatives")
    forum, null = claims.loc["Kundenforum"], claims.loc["LinkedIn for planners"]
    assert forum["relative_low"] < -0.12 < forum["relative_high"] < 0
    assert forum["low"] < spent * (1 / 0.88 - 1) < forum["high"]
    assert (forum["verdict"], forum["driver"]) == ("helped", "active_customers")
    assert null["relative_low"] < 0 < null["relative_high"]
    assert null["verdict"] == "not shown"
