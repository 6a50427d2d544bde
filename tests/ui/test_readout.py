"""The Overview and the Read-out page: what is shown to whom, and what is kept."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import replace
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from loop import entries, readouts
from metrics.overview import Outcome, outcomes, overview, since_last, target
from metrics.units import MONEY, write_day, write_month, writing_in
from readout.reading import say_line
from tests.support.places import ROOT
from tests.support.servers import PATIENCE
from ui.door import cached
from ui.look.glossary import TERMS, explain_terms
from ui.methods.formulas import FORMULAS, indicator
from ui.overview import shown
from ui.overview.tour import STEPS
from words import say
from workspaces.access import LOCAL, enter
from workspaces.people import Role
from workspaces.store import Store


@pytest.fixture
def own(sample, tmp_path, monkeypatch):
    """The sample in a database of its own, behind the app."""
    path = tmp_path / "own.sqlite"
    with sqlite3.connect(sample.path) as source, sqlite3.connect(path) as target_base:
        source.backup(target_base)
    monkeypatch.setenv("ATTUNE_DATABASE_URL", f"sqlite:///{path}")
    cached.store.clear()
    store = Store.open(str(path))
    yield store
    store.close()
    cached.store.clear()


def opened(page: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=PATIENCE).run()
    return app if page == "overview" else app.switch_page(f"pages/{page}.py").run()


def words_of(app: AppTest) -> str:
    found = " ".join(str(e.value) for e in app.main if hasattr(e, "value"))
    found += " ".join(e.proto.body for e in app.get("html"))
    return re.sub("<[^>]+>", "", found).replace("&amp;", "&").replace("&gt;", ">")


def test_the_page_offers_the_next_step_of_the_sign_off(own, sample) -> None:
    """The clicks themselves are in the consultant's journey: AppTest drops them here."""
    app = opened("readout")
    assert not app.exception
    assert say("readout_page.state_draft") in words_of(app)
    assert say("readout_page.review") in [b.label for b in app.button]
    readouts.review(enter(own, LOCAL, sample.client), own.revision(sample.client))
    app = opened("readout")
    labels = [b.label for b in app.button]
    assert say("readout_page.issue", number=1) in labels
    assert say("readout_page.review") not in labels


def test_overview_says_draft_and_offers_its_page(own, sample) -> None:
    app = opened("overview")
    assert not app.exception
    found = words_of(app)
    assert say("readout_page.shown_draft") in found
    assert say("page.overview.outcomes") in " ".join(s.value for s in app.subheader)


@pytest.mark.parametrize(("role", "issued"), [(Role.EXECUTIVE, True), (Role.ANALYST, False)])
def test_an_executive_sees_issued_figures_while_a_draft_is_in_the_making(
    own, sample, role, issued
) -> None:
    """The newest revision says something else; only who works on it sees that, as a draft."""
    client = sample.client
    number = readouts.review(enter(own, LOCAL, client), own.revision(client))
    one = readouts.issue(enter(own, LOCAL, client), replace(sample.report, revision=number))
    entries.save_frame(
        enter(own, LOCAL, client), own.revision(client), "targets", own.snapshot(client)["targets"]
    )
    case = replace(sample.report.case, npv=sample.report.case.npv + 50_000)
    draft = replace(
        sample.report, revision=own.revision(client), parts={**sample.report.parts, "case": case}
    )
    session = SimpleNamespace(
        workspace=enter(own, LOCAL, client),
        client=SimpleNamespace(id=client),
        role=role,
        issued=lambda one: readouts.issued_report(enter(own, LOCAL, client), one),
        report=lambda: draft,
        profile=sample.snapshot.profile,
    )
    seen = shown.load(session)  # type: ignore[arg-type]
    assert (seen.state == "issued") is issued
    assert (seen.report.case.npv == sample.report.case.npv) is issued
    assert seen.name == (one.name if issued else "")
    case_tile = next(tile for tile in seen.overview.tiles if tile.key == "case")
    assert case_tile.since is not None
    assert (case_tile.since.facts["name"] == one.name) is not issued, "not compared with itself"
    assert (case_tile.since.code == "tile.since_same") is issued


def test_tiles_say_what_changed_only_beyond_the_interval_stated_then(sample) -> None:
    report = sample.report
    seen = overview(report, len(sample.snapshot.profile.functions))
    now = readouts.values(report)
    assert all(t.since is None for t in since_last(seen, "EUR", now, {}, "").tiles)
    same = since_last(seen, "EUR", now, now, "read-out 1")
    assert {t.since.code for t in same.tiles if t.since} <= {
        "tile.since_same",
        "tile.since_unknown",
    }
    value, low, high = now["case.expected"]
    inside = now | {"case.expected": [value + 1, low, high]}
    outside = now | {"case.expected": [value + 1, value + 0.5, value + 2]}
    for then, code in ((inside, "tile.since_inside"), (outside, "tile.since_outside")):
        tile = next(t for t in since_last(seen, "EUR", now, then, "x").tiles if t.key == "case")
        assert tile.since is not None
        assert tile.since.code == code
        assert MONEY.write(-1, "EUR", True) in say_line(tile.since)


def test_outcomes_hold_expectation_against_the_measured_interval(sample) -> None:
    report = sample.report
    table = report.effects.effects.head(2).assign(
        expected=[-0.10, 0.5],
        relative=[-0.10, -0.10],
        relative_low=[-0.14, -0.14],
        relative_high=[-0.06, -0.06],
    )
    plain = replace(
        report,
        parts={
            **report.parts,
            "tuning": replace(report.tuning, ledger=report.tuning.ledger.head(0)),
            "effects": replace(report.effects, effects=table),
        },
    )
    found = outcomes(plain)
    assert {(one.name, one.held) for one in found} == {
        (table.iloc[0]["initiative"], True),
        (table.iloc[1]["initiative"], False),
    }
    assert all(isinstance(one, Outcome) and say(one.came.code, **one.came.facts) for one in found)


def test_target_says_its_chance_or_that_it_cannot(sample) -> None:
    import pandas as pd

    report, month = sample.report, pd.Timestamp("2027-08-01")
    row = {
        "series": "saving-2",
        "scenario": "current",
        "month": month,
        "target": 180_000.0,
        "probability": 0.62,
        "reached": pd.NaT,
        "reason": "",
    }

    def told(**changes):
        part = replace(report.forecasts, targets=pd.DataFrame([row | changes]))
        return target(replace(report, parts={**report.parts, "forecasts": part}), "saving-2")

    line = told()
    assert line is not None
    assert say_line(line) == say(
        "tile.target", target="€180 k", month="August 2027", probability="62 %"
    )
    unknown = told(probability=float("nan"))
    assert unknown is not None
    assert unknown.code == "tile.target_unknown"
    assert told(series="other") is None


def test_numbers_and_dates_follow_the_locale() -> None:
    from datetime import date

    day = date(2026, 11, 20)
    for tag, money, written, month in (
        ("en-GB", "€1.92 M", "20 November 2026", "November 2026"),
        ("de-DE", "1,92 M €", "20.11.2026", "11.2026"),
        ("fr-FR", "1,92 M €", "20/11/2026", "11/2026"),
        ("xx-XX", "€1.92 M", "20 November 2026", "November 2026"),
    ):
        with writing_in(tag):
            assert MONEY.write(1_921_000, "EUR") == money
            assert (write_day(day), write_month(day)) == (written, month)
    assert MONEY.write(1_921_000, "EUR") == "€1.92 M"


def test_every_term_is_explained_once_and_stays_text() -> None:
    for key in TERMS:
        term = say(f"glossary.{key}.term")
        found = explain_terms(f"Before {term} and {term} after")
        assert found.count("<abbr") == 1
        assert re.sub("<[^>]+>", "", found) == f"Before {term} and {term} after"
    assert explain_terms("&lt;b&gt; nothing known here") == "&lt;b&gt; nothing known here"


def test_every_formula_has_its_words_and_every_indicator_a_fraction() -> None:
    from metrics.functions import KPIS

    for key, formula in FORMULAS:
        assert say(f"formula.{key}.title")
        assert say(f"formula.{key}.letters")
        assert formula.count("{") == formula.count("}")
    for kpi in KPIS.values():
        assert indicator(kpi).startswith(r"\frac{")


def test_tour_visits_pages_that_exist_and_has_a_sentence_for_each() -> None:
    from ui.door.menu import ENTRIES

    for who, pages in STEPS.items():
        assert 4 <= len(pages) <= 6
        for page in pages:
            assert page in {entry.file for entry in ENTRIES}
            assert say(f"tour.{who}.{page}")
