"""The command line: its contract, its published numbers, its exit codes, its sentences."""

from __future__ import annotations

import ast
import json
import math
import string
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd
import pytest
from jsonschema import Draft202012Validator

import cli
from commands import calculations, clients
from loop import reports
from metrics.document.documents import as_document
from metrics.document.plain import plain
from metrics.forecast.scale import Domain
from tests.support.places import DATA, ROOT
from words import catalogue, knows
from workspaces.store import Store

SCHEMAS = {path.stem: json.loads(path.read_text()) for path in ROOT.glob("docs/schemas/*.json")}


def faults(schema: str, answer: dict) -> list[str]:
    found = Draft202012Validator(SCHEMAS[schema]).iter_errors(answer)
    return [f"{fault.json_path}: {fault.message[:200]}" for fault in found]


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
    """Run a command as JSON; return its exit code and its validated answer."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ATTUNE_DATABASE_URL", f"sqlite:///{tmp_path}/attune.sqlite")

    def command(name: str, *arguments: object) -> tuple[int, dict]:
        code = cli.main([name, *map(str, arguments), "--json"])
        shown = capsys.readouterr()
        assert shown.out.count("\n") == 1
        answer = json.loads(shown.out, parse_constant=pytest.fail)
        schema = "error" if set(answer) == {"error"} else name
        assert faults(schema, answer) == []
        assert (code == 2) == ("error" in answer)
        assert answer.get("error", "") in shown.err
        return code, answer

    return command


def write(name: str, text: str, encoding: str = "utf-8") -> str:
    Path(name).write_text(text, encoding=encoding)
    return name


TICKETS = "Month,Team,Tickets opened,Resolved tickets,Support cost\n" + "\n".join(
    f"{2023 + m // 12}-{m % 12 + 1:02d},{team},{100 + m},{95 + m},{1000 + 7 * m}"
    for m in range(30)
    for team in ("North", "South")
)


def test_every_schema_is_valid_and_every_command_has_one():
    for schema in SCHEMAS.values():
        Draft202012Validator.check_schema(schema)
    commands = {command.__name__.replace("_", "-") for command in clients.COMMANDS}
    assert set(SCHEMAS) == commands | {"error", "report-document"}


def test_help_loads_nothing_heavy():
    code = (
        "import cli, sys; cli.main(['--help']);"
        "print(sorted({'pandas', 'numpy', 'duckdb', 'sqlalchemy', 'rich', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip().endswith("[]")
    assert all(command.__name__.replace("_", "-") in done.stdout for command in clients.COMMANDS)


def test_series_may_be_of_every_domain_the_forecast_knows():
    assert [name.value for name in calculations.DomainName] == list(get_args(Domain))


def test_case_gives_the_published_table(run):
    file = write(
        "case.csv",
        "period,cost,benefit\n3,647783,4229760\n0,53150,0\n1,666715,1606511\n2,636772,3061331\n",
    )
    code, answer = run("case", file, "--rate", 0.10)
    assert code == 0
    assert round(answer["pv_costs"]) == 1_672_201
    assert round(answer["pv_benefits"]) == 7_168_371
    assert round(answer["npv"]) == 5_496_170
    assert answer["roi"] == pytest.approx(3.2868, abs=1e-4)
    assert answer["payback_months"] == pytest.approx(0.68, abs=0.005)


def test_case_says_why_a_figure_is_missing(run):
    file = write("case.csv", "period,cost,benefit\n0,100,0\n1,100,10\n")
    _, answer = run("case", file, "--rate", 0.10)
    assert answer["irr"] is None
    assert answer["payback_months"] is None
    assert set(answer["reasons"]) == {"irr", "payback_months"}
    assert "not earned back" in answer["reason"]


def test_case_by_month_compounds_the_annual_rate(run):
    rows = "\n".join(f"{t},{100 if t == 0 else 0},{121 if t == 24 else 0}" for t in range(25))
    _, answer = run(
        "case", write("m.csv", f"period,cost,benefit\n{rows}\n"), "--rate", 0.10, "--monthly"
    )
    assert answer["npv"] == pytest.approx(0, abs=1e-9)
    assert answer["irr"] == pytest.approx(0.10)


SAVINGS = {
    "plain": "item,base_quantity,base_unit_cost,quantity,unit_cost\nphone,10000,12,9000,11.5\ncommunity,2000,3,6000,2.5\n",
    "european": "\ufeffItem;Base_Quantity;Base_Unit_Cost;Quantity;Unit_Cost\nphone;10.000;12;9.000;11,5\ncommunity;2.000;3;6.000;2,5\n",
}


@pytest.mark.parametrize("kind", SAVINGS)
def test_savings_give_the_cost_oracle_however_the_table_is_written(run, kind):
    file = write("savings.csv", SAVINGS[kind])
    code, answer = run("savings", file, "--demand-base", 1000, "--demand", 1050)
    assert code == 0
    expected = {
        "rate": -7500,
        "volume": 31500,
        "mix": -31500,
        "total": -7500,
        "contact_driven_saving": 39000,
        "volume_adjusted_saving": 13800,
        "induced_demand": 25200,
    }
    assert {key: answer[key] for key in expected} == pytest.approx(expected)


def test_savings_keep_new_and_lost_items_apart(run):
    file = write(
        "s.csv",
        "item,base_quantity,base_unit_cost,quantity,unit_cost\na,10,2,12,3\nnew,,,5,4\nlost,3,7,,\n",
    )
    _, answer = run("savings", file)
    assert (answer["new"], answer["lost"]) == (20, -21)
    parts = sum(answer[part] for part in ("rate", "volume", "mix", "new", "lost"))
    assert parts == pytest.approx(answer["total"])
    assert answer["induced_demand"] is None
    assert "demand" in answer["reason"]


def test_nps_from_scores_and_from_counts_agree(run):
    scores = [10] * 9 + [8] * 6 + [3] * 3
    lines = "\n".join(map(str, scores))
    code, answer = run("nps", write("scores.csv", f"score\n{lines}\nn/a\n"))
    assert code == 0
    assert answer["nps"] == pytest.approx(33.333, abs=1e-3)
    assert answer["low"] < answer["nps"] < answer["high"]
    _, counted = run("nps", write("counts.csv", "promoters,passives,detractors\n5,6,1\n4,0,2\n"))
    assert counted == answer


CASE = "period,cost,benefit\n0,10,0\n1,0,20\n"
ITEMS = "item,base_quantity,base_unit_cost,quantity,unit_cost\nphone,10,5,8,5\n"


@pytest.mark.parametrize(
    ("command", "text", "options", "said"),
    [
        ("case", CASE, ("--rate", 10), "0.10 means 10 %"),
        ("case", CASE.replace("20", "1e308"), ("--rate", 0.1), "is no sum of money"),
        ("nps", "score\n9\n", ("--level", 0.95), "not 0.95"),
        ("nps", "promoters,passives,detractors\n5,,1\n", (), "write 0 where there was none"),
        ("forecast", "series,period,value\na,1,2\n", ("--horizon", 2, "--level", 0.8), "were 0.8."),
        (
            "forecast",
            "series,period,value,Value\na,1,2,3\n",
            ("--horizon", 2),
            "same heading: value",
        ),
        ("forecast", "", ("--horizon", 2), "table.csv is empty"),
        ("savings", ITEMS + "Total,10,5,8,5\n", (), "is a total"),
        ("ingest", TICKETS, ("--client", "A", "--currency", "euro"), "three letters"),
        ("ingest", TICKETS, ("--client", " "), "name of the client is empty"),
    ],
)
def test_slips_are_refused_with_a_sentence(run, command, text, options, said):
    code, answer = run(command, write("table.csv", text), *options)
    assert code == 2
    assert said in answer["error"]


def test_savings_say_what_they_are_scaled_by_and_agreement_its_seed(run):
    file = write("items.csv", ITEMS)
    assert run("savings", file)[1]["basis"] == "contacts"
    demand = ("--demand-base", 10, "--demand", 9)
    assert run("savings", file, *demand)[1]["basis"] == "demand"
    ratings = write("r.csv", "unit,rater,value\na,x,1\na,y,2\nb,x,3\nb,y,3\n")
    assert run("agreement", ratings, "--scale", "ordinal", "--seed", 7)[1]["seed"] == 7


def test_forecast_says_what_it_filled_and_where_it_becomes_a_scenario(run):
    months = pd.period_range("2023-01", periods=24, freq="M")
    lines = [f"a,{m},{100 + 7 * (i % 5)}" for i, m in enumerate(months) if not 8 <= i < 14]
    file = write("gap.csv", "series,period,value\n" + "\n".join(lines) + "\n")
    notes = {note["code"]: note for note in run("forecast", file, "--horizon", 3)[1]["notes"]}
    assert notes["gaps"]["series"] == "a"
    assert notes["gaps"]["facts"]["count"] == 6
    assert "filled in between: 6 (" in notes["gaps"]["sentence"]
    assert "scenario" not in notes
    far = {note["code"] for note in run("forecast", file, "--horizon", 25)[1]["notes"]}
    assert {"gaps", "scenario"} <= far


def test_nps_refuses_text_naming_the_cell(run):
    code, answer = run("nps", write("scores.csv", "name,score\na,9\nb,ten\n"))
    assert code == 2
    assert "B3" in answer["error"]
    assert "ten" in answer["error"]


RATINGS = {
    "A": "* * * * * 3 4 1 2 1 1 3 3 * 3",
    "B": "1 * 2 1 3 3 4 3 * * * * * * *",
    "C": "* * 2 1 3 4 4 * 2 1 1 3 3 * 4",
}


@pytest.mark.parametrize(
    ("scale", "alpha"), [("nominal", 0.691), ("ordinal", 0.807), ("interval", 0.811)]
)
def test_agreement_gives_the_published_alpha(run, scale, alpha):
    rows = [
        f"{unit},{rater},{'' if value == '*' else value}"
        for rater, values in RATINGS.items()
        for unit, value in enumerate(values.split())
    ]
    file = write("a.csv", "unit,rater,value\n" + "\n".join(rows))
    code, answer = run("agreement", file, "--scale", scale)
    assert code == 0
    assert answer["alpha"] == pytest.approx(alpha, abs=5e-4)
    assert answer["low"] <= answer["alpha"] <= answer["high"]
    assert answer["icc_2k"] is None
    assert list(answer["reasons"]) == ["icc_2k"]


def test_agreement_gives_the_published_intraclass_correlation(run):
    table = [(9, 2, 5, 8), (6, 1, 3, 2), (8, 4, 6, 8), (7, 1, 2, 6), (10, 5, 6, 9), (6, 2, 4, 7)]
    rows = [f"{u},{r},{v}" for u, values in enumerate(table) for r, v in enumerate(values)]
    file = write("a.csv", "unit,rater,value\n" + "\n".join(rows))
    _, answer = run("agreement", file, "--scale", "interval")
    assert answer["icc_2k"] == pytest.approx(0.62, abs=0.005)


def panel(noise: float = 1.0) -> str:
    rows = ["unit,period,value"]
    for unit in range(6):
        gain = 50 if unit < 3 else 20
        rows += [f"u{unit},2024,{100 + unit}"]
        rows += [f"u{unit},2025,{100 + unit + gain + noise * (unit % 3 - 1)}"]
    return "\n".join(rows)


def test_effect_gives_thirty_per_member(run):
    arguments = (write("p.csv", panel()), "--treated", "u0,u1,u2", "--start", 2025)
    code, answer = run("effect", *arguments, "--design", "difference-in-differences")
    assert code == 0
    assert answer["estimate"] == pytest.approx(30)
    assert answer["low"] < 30 < answer["high"]
    assert answer["relative"]["estimate"] == pytest.approx(30 / 121)
    assert [row["period"] for row in answer["path"]] == [2024, 2025]
    assert answer["path"][1]["expected"] == pytest.approx(121)
    _, chosen = run("effect", *arguments)
    assert chosen["design"] == "difference-in-differences"
    refused = [other for other in chosen["alternatives"] if other["estimate"] is None]
    assert all("needed" in other["reason"] for other in refused)


def test_effect_without_comparison_never_says_caused(run):
    rng = np.random.default_rng(7)
    values = [
        f"all,{2022 + m // 12}-{m % 12 + 1:02d},{100 + rng.normal() - 40 * (m >= 30)}"
        for m in range(48)
    ]
    file = write("p.csv", "unit,period,value\n" + "\n".join(values))
    _, answer = run("effect", file, "--treated", "all", "--start", "2024-07")
    assert answer["design"] == "before-after"
    assert answer["verdict"] == "went with"
    assert len(answer["path"]) == 48


def test_effect_refuses_a_design_the_data_cannot_carry(run):
    arguments = (write("p.csv", panel()), "--treated", "u0", "--start", "2025")
    code, answer = run("effect", *arguments, "--design", "synthetic-control")
    assert code == 2
    assert "before the start" in answer["error"]
    code, answer = run("effect", *arguments, "--design", "magic")
    assert code == 2
    assert "difference-in-differences" in answer["error"]


def test_forecast_adds_up_and_names_what_it_refuses(run):
    rng = np.random.default_rng(3)
    rows = ["series,period,value"]
    for m in range(30):
        period = f"{2023 + m // 12}-{m % 12 + 1:02d}"
        rows += [f"flow,{period},{round(100 + 10 * math.sin(m) + rng.normal(0, 3), 1)}"]
        rows += [f"share,{period},{0.3 + 0.05 * rng.random():.4f}"]
        rows += [f"short,{period},{m}"] * (m < 5)
    code, answer = run("forecast", write("f.csv", "\n".join(rows)), "--horizon", 3, "--level", 80)
    assert code == 1
    assert [(r["series"], r["code"]) for r in answer["refused"]] == [("short", "not_enough_data")]
    path, sums = (pd.DataFrame(answer[key]) for key in ("forecasts", "sums"))
    assert set(path["level"]) == {80}
    assert path.loc[path["series"] == "flow", "period"].tolist() == [
        "2025-07",
        "2025-08",
        "2025-09",
    ]
    assert ((path["low"] <= path["mean"]) & (path["mean"] <= path["high"])).all()
    assert (path.loc[path["series"] == "share", ["low", "high"]].stack().between(0, 1)).all()
    means = path.groupby("series")["mean"].apply(list)
    last = sums[sums["horizon"] == 3].set_index("series")["mean"]
    assert last["flow"] == pytest.approx(sum(means["flow"]))
    assert last["share"] == pytest.approx(sum(means["share"]) / 3)
    assert {row["series"] for row in answer["backtest"]} == {"flow", "share"}
    assert all(row["coverage95"] is not None for row in answer["backtest"])


def test_check_says_what_is_there_and_what_is_wrong(run):
    bad = TICKETS.replace("North,100,95,1000", "North,100,95,#DIV/0!", 1)
    code, answer = run(
        "check", write("good.csv", TICKETS), write("bad.csv", bad), write("empty.csv", "")
    )
    good, bad, empty = answer["files"]
    assert code == 1
    assert [file["outcome"] for file in answer["files"]] == ["loads", "warnings", "refused"]
    assert good["tables"][0]["rows"] == 60
    assert len(good["tables"][0]["months"]) == 30
    assert {"support_cost", "resolved_tickets"} <= set(good["tables"][0]["measures"])
    errors = [f for f in bad["findings"] if f["severity"] == "error"]
    assert [f["cell"] for f in errors] == ["E2"]
    assert empty["tables"] == []
    assert run("check", "empty.csv")[0] == 2
    assert run("check", "good.csv")[0] == 0
    assert run("check", "missing.csv")[0] == 2


def test_check_writes_a_mapping_that_it_reads_again(run):
    write("good.csv", TICKETS)
    code, first = run("check", "good.csv", "--write-mapping", "map.yaml")
    assert code == 0
    assert Path("map.yaml").stat().st_size > 0
    assert run("check", "good.csv", "--mapping", "map.yaml")[1] == first


def test_ingest_creates_saves_and_refuses_errors_until_accepted(run):
    write("good.csv", TICKETS)
    write("bad.csv", TICKETS.replace("North,100,95,1000", "North,100,95,#DIV/0!", 1))
    assert run("ingest", "good.csv", "--client", "Acme", "--no-create")[0] == 2
    code, answer = run("ingest", "good.csv", "--client", "Acme", "--currency", "GBP")
    assert (code, answer["revision"]) == (0, 2)
    store = Store.open()
    snapshot = store.snapshot(store.clients()[0].id)
    store.close()
    assert snapshot.profile.currency == "GBP"
    assert snapshot.profile.functions == ("support",)
    assert snapshot["observations"]["value"].sum() > 0
    code, answer = run("ingest", "bad.csv", "--client", "Acme")
    assert code == 2
    assert answer["revision"] is None
    assert "--accept" in answer["error"]
    code, answer = run("ingest", "bad.csv", "--client", "Acme", "--accept", "--overlap", "keep")
    assert (code, answer["revision"]) == (1, 3)


def test_rates_of_a_new_client_are_given_by_hand(run):
    write("usd.csv", "Month,Team,Support cost (USD)\n2024-01,North,100\n2024-02,North,200\n")
    code, answer = run("ingest", "usd.csv", "--client", "Acme")
    assert code == 2
    assert "USD" in answer["files"][0]["findings"][0]["message"]
    assert "rate" in run("ingest", "usd.csv", "--client", "Acme", "--rate", "USD:1")[1]["error"]
    code, _ = run("ingest", "usd.csv", "--client", "Acme", "--rate", "usd=0.5", "--rate", "GBP=2")
    assert code == 0
    with closing(Store.open()) as store:
        snapshot = store.snapshot(store.clients()[0].id)
    assert snapshot.profile.exchange_rates == {"USD": 0.5, "GBP": 2}
    assert snapshot.frames["observations"]["value"].sum() == 150
    assert "new" in run("ingest", "usd.csv", "--client", "Acme", "--rate", "USD=0.5")[1]["error"]


def test_a_csv_has_no_sheet_and_needs_no_reason_for_it(run):
    write("bad.csv", TICKETS + "\n2025-07,North,many,1,1\n")
    _, answer = run("check", "bad.csv")
    file = answer["files"][0]
    for each in (*file["tables"], *file["findings"]):
        assert each["sheet"] is None
        assert "reason" not in each


def test_report_is_whole_valid_and_the_same_when_read_again(run):
    write("good.csv", TICKETS)
    run("ingest", "good.csv", "--client", "Acme")
    _, first = run("report", "--client", "Acme", "--out", "report.json")
    document = json.loads(Path("report.json").read_text(), parse_constant=pytest.fail)
    assert faults("report-document", document) == []
    assert document["revision"] == 2
    assert set(document["parts"]) == set(reports.BY_NAME)
    described = SCHEMAS["report-document"]["properties"]["parts"]["properties"]
    assert set(described) == set(reports.BY_NAME)
    unexplained = [o for o in objects(document) if None in o.values() and not o.get("reason")]
    assert unexplained == []
    _, again = run("report", "--client", "Acme", "--out", "again.json", "--revision", 2)
    assert again["checksum"] == first["checksum"]
    code, answer = run("report", "--client", "Acme", "--out", "report.doc")
    assert code == 2
    assert "json" in answer["error"]


def test_proposals_say_what_to_record_first(run):
    write("good.csv", TICKETS)
    run("ingest", "good.csv", "--client", "Acme")
    code, answer = run("proposals", "--client", "Acme")
    assert code == 0
    first = answer["proposals"][0]
    assert (first["action"], first["value"], first["open"]) == ("record", None, True)
    assert first["reason"]
    assert "{" not in first["what"]


def objects(value):
    if isinstance(value, dict):
        yield value
    for each in (
        value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    ):
        yield from objects(each)


def test_plain_values_keep_what_they_mean():
    row = pd.DataFrame({"month": [pd.Timestamp(2026, 1, 1)], "value": [np.nan], "reason": ["x"]})
    assert plain(row) == [{"month": "2026-01-01", "value": None, "reason": "x"}]
    assert plain({"a": float("inf")}) == {"a": None, "reason": "not_defined"}
    assert plain((np.int64(2), np.bool_(True), calculations.RatingScaleName("ordinal"))) == [
        2,
        True,
        "ordinal",
    ]
    with pytest.raises(TypeError):
        plain(object())
    assert as_document.__doc__


def test_a_client_may_begin_with_a_survey_alone(run, tmp_path):
    rows = [
        f"{m},advocacy,{k},{n}"
        for m in ("2024-01", "2024-02")
        for k, n in (("promoters", 60), ("passives", 25), ("detractors", 15))
    ]
    survey = write("survey.csv", "\n".join(["month,function,measure,value", *rows]))
    code, answer = run("ingest", survey, "--client", "Acme")
    assert code == 0
    (moved,) = answer["moved"]
    assert (moved["kpi"], moved["after"]) == ("net_promoter_score", pytest.approx(45))
    assert "before" in moved["reason"]
    run("ingest", write("good.csv", TICKETS), "--client", "Acme")
    with closing(Store.open(str(tmp_path / "attune.sqlite"))) as store:
        assert store.snapshot(store.named("Acme").id).profile.functions == ("support",)


def test_copies_go_round_and_deletion_is_proved(run, monkeypatch, tmp_path):
    run("ingest", write("good.csv", TICKETS), "--client", "Acme")
    _, copy = run("export-client", "--client", "Acme", "--out", "acme.attune")
    _, whole = run("backup", "--out", "all.attune")
    assert whole["rows"]["client"] == copy["rows"]["client"] == 1
    code, answer = run("import-client", "acme.attune")
    assert code == 2
    assert "here already" in answer["error"]
    code, answer = run("delete-client", "--client", copy["id"])
    assert code == 2
    assert "--yes" in answer["error"]
    _, gone = run("delete-client", "--client", copy["id"], "--yes")
    assert set(gone["left"].values()) == {0}
    assert gone["bytes_left"] == 0
    code, answer = run("report", "--client", "Acme", "--out", "r.json")
    assert code == 2
    assert "Acme" in answer["error"]
    assert run("import-client", "acme.attune")[1]["id"] == copy["id"]
    assert run("restore", "all.attune")[0] == 2
    monkeypatch.setenv("ATTUNE_DATABASE_URL", f"sqlite:///{tmp_path}/other.sqlite")
    code, answer = run("restore", "acme.attune")
    assert code == 2
    assert "import-client" in answer["error"]
    assert run("restore", "all.attune")[1]["rows"]["client"] == 1


def test_wrong_use_is_a_sentence_too(run):
    assert run("nps")[0] == 2
    assert run("case", write("c.csv", "a,b\n1,2\n"), "--rate", "ten")[0] == 2
    code, answer = run("case", "c.csv", "--rate", "0.1")
    assert code == 2
    assert "period, cost, benefit" in answer["error"]


def test_people_get_tables_and_no_json(run, capsys):
    write("good.csv", TICKETS)
    assert cli.main(["check", "good.csv"]) == 0
    shown = capsys.readouterr()
    assert "good.csv: loads" in shown.out
    assert "60" in shown.out


RAISED = {"InvalidInput", "AttuneError", "BackupRefused", "AccessDenied", "StaleRevision"}


def raised() -> list[tuple[str, str, set[str] | None]]:
    """Every code raised as a literal: the full code, where, and the facts given (None: open)."""
    found = []
    folders = ("metrics", "ingest", "workspaces", "loop")
    files = [*(p for folder in folders for p in (ROOT / folder).rglob("*.py"))]
    for path in files:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                not isinstance(node, ast.Call)
                or not isinstance(node.func, ast.Name)
                or not node.args
            ):
                continue
            given = {k.arg for k in node.keywords}
            facts = None if None in given else given
            where = f"{path.relative_to(ROOT)}:{node.lineno}"
            if node.func.id == "NotEnoughData":
                codes = [k.value for k in node.keywords if k.arg == "code"] + node.args[3:4]
                facts, literals = {"have", "need", "what"}, codes
            elif node.func.id in RAISED:
                literals = [
                    n for n in ast.walk(node.args[0]) if not isinstance(node.args[0], ast.JoinedStr)
                ]
            else:
                continue
            found += [
                (f"errors.{n.value}", where, facts)
                for n in literals
                if isinstance(n, ast.Constant) and isinstance(n.value, str)
            ]
    return found


def placeholders(code: str) -> set[str]:
    return {
        name.split(".")[0] for _, name, _, _ in string.Formatter().parse(catalogue()[code]) if name
    }


def test_every_refusal_has_its_sentence_with_facts_that_fill_it():
    codes = raised()
    assert len(codes) > 100
    missing = sorted({f"{code} ({where})" for code, where, _ in codes if not knows(code)})
    assert missing == []
    unfilled = [
        f"{code} ({where}): {placeholders(code) - facts}"
        for code, where, facts in codes
        if facts is not None and not placeholders(code) <= facts
    ]
    assert unfilled == []


def test_every_check_and_note_of_an_effect_has_its_sentence():
    codes = set()
    for path in (ROOT / "metrics" / "effects").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in ("Note", "Check")
            ):
                code = node.args[0 if node.func.id == "Note" else 2]
                codes |= {n.value for n in ast.walk(code) if isinstance(n, ast.Constant)}
    assert len(codes) > 30
    assert sorted(code for code in codes if not knows(f"effect.{code}")) == []


@pytest.mark.skipif(
    not (DATA / "marketing").is_dir(),
    reason="the real data sets are not here (ATTUNE_DATA)",
)
def test_check_reads_a_real_export(run):
    data = DATA
    code, answer = run("check", data / "marketing" / "Live.csv")
    assert code in (0, 1)
    (file,) = answer["files"]
    assert file["file"] == "Live.csv"
    assert file["tables"][0]["rows"] == 7050
