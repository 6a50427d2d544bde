"""The Tune page and command on a small company: shown, decided, refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import date

import icalendar
import pandas as pd
import pytest
import streamlit as st
from jsonschema import Draft202012Validator
from streamlit.runtime.context import ContextProxy
from streamlit.testing.v1 import AppTest

import cli
from loop import decisions, entries
from metrics.functions import BY_KEY
from metrics.model import Profile
from readout.calendar import tasks_calendar
from tests.support.decisions import KEYS, choice, until
from tests.support.places import ROOT
from tests.support.servers import PATIENCE
from ui.decisions import plan as tune
from words import say
from workspaces.access import LOCAL, enter
from workspaces.store import Store

ORDER = tuple(KEYS)
SCHEMA = json.loads((ROOT / "docs" / "schemas" / "tune.json").read_text(encoding="utf-8"))


@pytest.fixture
def small(tmp_path, monkeypatch) -> Iterator[str]:
    """A small company behind app and command, one decision taken and scored."""
    path = tmp_path / "small.sqlite"
    monkeypatch.setenv("ATTUNE_DATABASE_URL", str(path))
    monkeypatch.setattr(ContextProxy, "ip_address", property(lambda _: None))
    st.cache_resource.clear()
    with closing(Store.open(str(path))) as store:
        client = store.create_client(Profile("Small", tuple(KEYS)), "tests", date(2025, 7, 10))
        revision = entries.assume(enter(store, LOCAL, client), 1, {"cycle_months": 1.0})
        revision = store.save(client, revision, "tests", "enter", frames=until(29))
        revision = decisions.decide(enter(store, LOCAL, client), revision, choice())
        new = {name: frame[frame["month"] == "2025-07-01"] for name, frame in until(30).items()}
        revision = store.save(
            client, revision, "tests", "enter", frames=new, as_of=date(2025, 8, 10)
        )
        decisions.score(enter(store, LOCAL, client), revision)
    yield "Small"
    st.cache_resource.clear()


def shown(app: AppTest) -> str:
    return " ".join(
        [e.proto.body for e in app.get("html")]
        + [e.value for e in app.markdown]
        + [e.value for e in app.subheader]
    )


def test_page_shows_what_was_decided_and_what_became_of_it(small, alone) -> None:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=PATIENCE).run()
    app.switch_page("pages/decisions.py").run()
    assert not app.exception
    assert "Move " in shown(app)
    text = shown(alone("decisions", view="decided"))
    assert say("tune.last") in text
    assert say("tune.state_noise") in text or "Realisation" in text
    app = alone("decisions", view="budgets")
    text = shown(app)
    assert "Move " in text
    assert say("tune.limits") in text
    assert say("tune.decide_submit") in [b.label for b in app.button]
    assert [s.label for s in app.slider] == [
        say("tune.try_slider", function=BY_KEY[f].title) for f in sorted(KEYS, key=ORDER.index)
    ]


def test_deciding_answers_in_its_box_and_shows_the_amount_as_entered(small, alone) -> None:
    app = alone("decisions", view="budgets")

    def box():
        return next(e for e in app.expander if e.label == say("tune.decide"))

    def submitted() -> None:
        next(b for b in app.button if b.label == say("tune.decide_submit")).click().run()
        assert not app.exception

    next(s for s in app.selectbox if s.label == say("tune.decide_kind")).select("scale").run()
    amount = say("tune.decide_after", currency="EUR")
    next(n for n in app.number_input if n.label == amount).set_value(1234.5).run()
    submitted()
    title = next(s for s in app.selectbox if s.label == say("tune.decide_function")).value
    assert box().error[0].value.startswith(BY_KEY[title].title)
    for code in ("owner", "reason"):
        asked = say(f"tune.decide_{code}")
        assert "required" in asked
        next(t for t in app.text_input if t.label == asked).set_value("Because").run()
    submitted()
    assert "frozen" in box().success[0].value
    assert "€1\u202f234.50" in shown(app)


def test_command_answers_with_its_contract(small, capsys) -> None:
    assert cli.main(["tune", "--client", small, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert list(Draft202012Validator(SCHEMA).iter_errors(answer)) == []
    total = answer["total"]
    assert sum(row["proposed"] for row in answer["plan"]) == pytest.approx(total, abs=0.01)
    assert answer["low"] <= answer["expected_gain"] <= answer["high"]
    asked = ["tune", "--client", small, "--total", str(1.1 * total), "--floor", "people=100"]
    assert cli.main([*asked, "--json"]) == 0
    more = json.loads(capsys.readouterr().out)
    assert sum(row["proposed"] for row in more["plan"]) == pytest.approx(1.1 * total, abs=0.01)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--total", "1000000"], "total can lie between"),
        (["--total", "-5"], "must be a positive amount"),
        (["--total", "0"], "must be a positive amount"),
        (["--total", "1e300"], "total can lie between"),
        (["--total", "nan"], "must be a positive amount"),
        (["--hours", "5"], "Nobody booked hours"),
        (["--within", "0"], "between 1 and 120 months"),
        (["--within", "1000000000"], "between 1 and 120 months"),
        (["--total", "inf"], "must be a positive amount"),
        (["--total", "plenty"], "total"),
        (["--change", "nan"], "largest change"),
        (["--floor", "people=nan"], "no number"),
        (["--ceiling", "people=-5"], "floor"),
        (["--change", "-1"], "largest change"),
        (["--hours", "nan"], "no number"),
        (["--floor", "people=99999999"], "The floors add up"),
        (["--floor", "astrology=1"], "has no budget"),
        (["--ceiling", "people=lots"], "should read like"),
        (["--no-additional-cost"], "keeps every limit"),
    ],
)
def test_command_refuses_with_a_sentence(small, capsys, options, said) -> None:
    assert cli.main(["tune", "--client", small, *options, "--json"]) == 2
    assert said in json.loads(capsys.readouterr().out)["error"]


def another(name: str, functions: tuple[str, ...], **frames: pd.DataFrame) -> str:
    with closing(Store.open()) as store:
        client = store.create_client(Profile(name, functions), "tests", date(2025, 7, 10))
        if frames:
            store.save(client, 1, "tests", "enter", frames=frames)
    return name


def asked(capsys, *options: str) -> tuple[int, dict]:
    code = cli.main(["tune", *options, "--json"])
    return code, json.loads(capsys.readouterr().out, parse_constant=pytest.fail)


def test_command_without_costs_says_what_is_missing(small, capsys) -> None:
    bare = another("Bare", ORDER, observations=until(29)["observations"])
    code, answer = asked(capsys, "--client", bare)
    assert (code, list(answer)) == (2, ["error"])
    assert "costs have not been uploaded" in answer["error"]
    code, answer = asked(capsys, "--client", "Nobody")
    assert code == 2
    assert "Nobody" in answer["error"]


def test_command_with_one_function_keeps_it_and_says_what_more_would_bring(small, capsys) -> None:
    only = {name: frame[frame["function"] == "people"] for name, frame in until(29).items()}
    one = another("Single", ("people",), **only)
    code, answer = asked(capsys, "--client", one)
    assert code == 0
    assert list(Draft202012Validator(SCHEMA).iter_errors(answer)) == []
    row = answer["plan"][0]
    assert row["proposed"] == pytest.approx(row["current"], abs=0.01)
    assert answer["probability_of_gain"] is None
    assert answer["reason"].startswith("Nothing is moved")
    total = str(1.1 * answer["total"])
    code, more = asked(capsys, "--client", one, "--total", total)
    assert (code, more["plan"][0]["proposed"]) == (0, pytest.approx(float(total), abs=0.01))


def test_command_keeps_a_function_without_history_and_says_why(small, capsys) -> None:
    frames = until(29)
    late = frames["observations"]["function"].ne("people") | (
        frames["observations"]["month"] >= "2025-01-01"
    )
    frames["observations"] = frames["observations"][late]
    code, answer = asked(capsys, "--client", another("Young", ORDER, **frames))
    assert code == 0
    assert list(Draft202012Validator(SCHEMA).iter_errors(answer)) == []
    kept = {row["function"]: row for row in answer["refusals"]}
    assert kept["people"]["reason"] == "no_history"
    assert "twelve months" in kept["people"]["sentence"]
    plan = {row["function"]: row for row in answer["plan"]}
    assert plan["people"]["proposed"] == pytest.approx(plan["people"]["current"], abs=0.01)


def test_command_where_nothing_was_ever_varied_says_what_to_do(small, capsys) -> None:
    frames = until(29)
    frames["costs"] = frames["costs"].assign(amount=1000.0)
    code, answer = asked(capsys, "--client", another("Flat", ORDER, **frames))
    assert code == 2
    assert "Vary one budget on purpose" in answer["error"]


def test_calendar_of_a_test_opens_in_any_calendar() -> None:
    rows = pd.DataFrame(
        {
            "due": pd.to_datetime(["2026-12-01"]),
            "function": ["sales"],
            "task": [say("tune.event_first", function="Sales", team="Iberia")],
            "owner": "",
            "status": "open",
            "question": "",
        }
    )
    book = icalendar.Calendar.from_ical(tasks_calendar(rows, "c", date(2026, 11, 20)))
    events = list(book.walk("VEVENT"))
    assert [str(e["summary"]) for e in events] == ["Sales: start in Iberia"]


def test_probabilities_are_whole_and_never_certain() -> None:
    assert [tune.chance(p) for p in (0.0, 0.847, 1.0)] == [
        "<\u00a01\u00a0%",
        "85\u00a0%",
        ">\u00a099\u00a0%",
    ]
