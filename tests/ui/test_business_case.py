"""The Business case page: every side of it, what it saves, and what it never overwrites."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
import pytest
import streamlit as st
from streamlit.runtime.context import ContextProxy
from streamlit.testing.v1 import AppTest

from loop import entries, reports
from loop.sample import SAMPLE_AS_OF
from metrics.errors import InvalidInput
from metrics.frames import FRAMES
from metrics.functions import KPIS, MEASURES
from metrics.model import Profile
from tests.support.places import ROOT
from tests.support.servers import PATIENCE
from ui.business_case import case as view
from ui.data import ledgers as inputs
from ui.door.session import Session
from words import say
from workspaces import people
from workspaces.access import LOCAL, Role, enter
from workspaces.store import Store

START = pd.Timestamp("2025-01-01")


@pytest.fixture(autouse=True)
def at_this_machine(monkeypatch) -> None:
    monkeypatch.setattr(ContextProxy, "ip_address", property(lambda _: None))
    monkeypatch.setattr("ui.door.session.guard", lambda: None)
    # A page run alone knows no other pages to link to.
    monkeypatch.setattr(st, "page_link", lambda *_, **__: None)


@pytest.fixture
def own(sample, tmp_path, monkeypatch) -> Iterator[Store]:
    """The sample company in a database of its own."""
    path = sample.copy(tmp_path / "attune.sqlite")
    monkeypatch.setenv("ATTUNE_DATABASE_URL", str(path))
    st.cache_resource.clear()
    store = Store.open(str(path))
    yield store
    store.close()
    st.cache_resource.clear()


def opened(page: str = "business_case", **address: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "pages" / f"{page}.py"), default_timeout=PATIENCE)
    for key, value in address.items():
        app.query_params[key] = value
    return app.run()


def text(app: AppTest) -> str:
    return " ".join(
        str(e.value)
        for kind in ("markdown", "html", "caption", "warning")
        for e in app.get(kind)
        if hasattr(e, "value")
    ) + " ".join(
        str(getattr(e, "body", "") or getattr(e.proto, "body", "")) for e in app.get("html")
    )


@pytest.mark.parametrize("side", view.VIEWS)
def test_every_side_of_the_case_opens(own, side) -> None:
    app = opened(view=side)
    assert not app.exception
    assert app.title[0].value == say("case.title")
    assert app.get("vega_lite_chart") or side == "assumptions"


def test_the_verdict_follows_the_odds(sample) -> None:
    case = sample.report.case
    expected = "signs" if case.p10 > 0 else "refuses" if case.p90 < 0 else "not_yet"
    assert view.verdict(case) == expected


def test_the_cash_flow_shown_is_that_of_the_report(own, sample) -> None:
    table = opened(view="case").dataframe[0].value
    yearly = sample.report.case.yearly
    assert table["net"].iloc[:-1].sum() == pytest.approx(yearly["net"].sum())
    assert table["pv_net"].iloc[-1] == pytest.approx(sample.report.case.npv, abs=0.01)


def test_every_benefit_names_its_indicator_or_measure_by_title(sample) -> None:
    shown = set(view.lines(sample.report)["kpi"])
    titles = {one.title for one in KPIS.values()} | {one.header for one in MEASURES.values()}
    assert shown
    assert shown <= titles | {""}


def test_sliders_change_the_what_if_and_nothing_that_is_saved(own, sample) -> None:
    app = opened(view="what_if")
    before = own.revision(sample.client)
    slider = next(s for s in app.slider if s.label == say("case.slider_adoption"))
    slider.set_value(200).run()
    assert not app.exception
    assert own.revision(sample.client) == before
    assert own.document(sample.client, "assumptions") is None


def test_a_kept_scenario_computes_nothing_again_and_can_be_removed(own, sample) -> None:
    revision = own.revision(sample.client)
    number = entries.keep_scenario(
        enter(own, LOCAL, sample.client), revision, "Half", {"adoption": 0.5}
    )
    chosen = reports.assumptions(enter(own, LOCAL, sample.client))
    assert own.part(sample.client, number, reports.part_key(chosen, "case")) is not None
    app = opened(view="what_if")
    assert not app.exception
    assert "Half" in app.dataframe[0].value["scenario"].tolist()
    entries.keep_scenario(enter(own, LOCAL, sample.client), number, "Half", None)
    assert own.document(sample.client, "scenarios") == {}


def test_assumptions_have_a_history_and_go_back(own, sample) -> None:
    mine = enter(own, LOCAL, sample.client)
    ben = people.sign_in(own, "ben@example.com", "Ben")
    mine.give_role(ben.email, Role.CONSULTANT)
    one = entries.assume(mine, mine.revision(), {"discount_rate": 0.08})
    two = entries.assume(
        enter(own, ben, sample.client), one, {"discount_rate": 0.12, "cost_risk": 0.1}
    )
    changes = entries.assumption_changes(mine)
    assert [(c["author"], c["key"], c["old"], c["new"]) for c in changes] == [
        (ben.email, "discount_rate", 0.08, 0.12),
        (ben.email, "cost_risk", None, 0.1),
        (LOCAL.email, "discount_rate", None, 0.08),
    ]
    app = opened(view="assumptions")
    assert not app.exception
    entries.assume(mine, two, {"cost_risk": None, "discount_rate": None})
    assert reports.assumptions(mine).changes == {}
    with pytest.raises(InvalidInput, match="assumption_out_of_range"):
        entries.assume(mine, two + 1, {"discount_rate": 3.0})


def test_exchange_rates_are_kept_with_the_profile(own, sample) -> None:
    revision = own.revision(sample.client)
    number = entries.set_exchange_rates(enter(own, LOCAL, sample.client), revision, {"USD": 0.5})
    assert own.snapshot(sample.client, number).profile.exchange_rates == {"USD": 0.5}
    for rates in ({"usd": 1.0}, {"USD": 0.0}, {"USD": float("inf")}):
        with pytest.raises(InvalidInput):
            entries.set_exchange_rates(enter(own, LOCAL, sample.client), number, rates)


@pytest.mark.parametrize("table", inputs.TABLES)
def test_every_table_that_feeds_the_case_opens(own, table) -> None:
    app = opened("data", view="tables", table=table)
    assert not app.exception


def claims(*rows: dict) -> pd.DataFrame:
    base = {
        "benefit": "Fewer visits",
        "function": "support",
        "mechanism": "remote help",
        "start": START,
        "amount": 100.0,
        "grade": "D",
        "cash": "avoided",
    }
    return FRAMES["benefits"].conform(pd.DataFrame([base | row for row in rows]))


def test_claims_are_refused_before_they_are_saved(own, sample) -> None:
    client = next(c for c in own.clients() if c.id == sample.client)
    current = Session(enter(own, LOCAL, client.id), client)
    assert inputs.claims_wrong(claims({}), current) == []
    twice = inputs.claims_wrong(claims({}, {"benefit": "Again", "function": "sales"}), current)
    assert "claimed twice" in twice[0]
    late = inputs.claims_wrong(claims({"end": pd.Timestamp("2024-01-01")}), current)
    assert "ends before it starts" in late[0]
    foreign = inputs.claims_wrong(claims({"currency": "XYZ"}), current)
    assert "XYZ" in foreign[0]
    name = sample.snapshot["initiatives"]["initiative"].iloc[0]
    measured = inputs.claims_wrong(claims({"mechanism": name}), current)
    assert name in measured[0]
    assert inputs.claims_wrong(claims({"mechanism": name, "overlap_group": name}), current) == []


def test_other_tables_say_what_is_wrong() -> None:
    late = pd.DataFrame(
        {"initiative": ["Forum"], "start": [START], "end": [pd.Timestamp("2024-01-01")]}
    )
    assert "Forum" in inputs.initiatives_wrong(late)[0]
    share = pd.DataFrame({"series": ["market share"], "value": [12.0]})
    assert inputs.standing_wrong(share)
    assert not inputs.standing_wrong(share.assign(value=0.12))
    assert inputs.relevance_wrong(pd.DataFrame({"value": [11.0]}))


def test_without_costs_the_page_says_so_and_leads_on(tmp_path, monkeypatch) -> None:
    path = tmp_path / "attune.sqlite"
    monkeypatch.setenv("ATTUNE_DATABASE_URL", str(path))
    st.cache_resource.clear()
    store = Store.open(str(path))
    store.create_client(Profile("Small Ltd", ("support",)), "tests", SAMPLE_AS_OF)
    app = opened()
    assert not app.exception
    assert any(say("reason.no_programme_costs") in str(m.value) for m in app.markdown)
    store.close()
    st.cache_resource.clear()
