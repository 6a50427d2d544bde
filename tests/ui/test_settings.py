"""Settings in-process: rename, invite, share, withdraw, delete with proof; by whom."""

from __future__ import annotations

import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from tests.support.pages import empty_client, text
from tests.support.places import ROOT
from tests.support.servers import PATIENCE
from words import say
from workspaces import people
from workspaces.access import Role
from workspaces.store import Store


@pytest.fixture
def settings(database, monkeypatch):
    """Open an area of the page over a new client; the store behind it."""
    client = empty_client(database)
    monkeypatch.setattr("ui.door.session.guard", lambda: None)
    monkeypatch.setattr("ui.door.session.link_to", lambda page, filters: f"{page}?{filters}")
    store = Store.open(str(database))

    def open_area(area: str, **address: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "pages" / "settings.py"), default_timeout=PATIENCE)
        app.query_params["client"], app.query_params["area"] = client, area
        for key, value in address.items():
            app.query_params[key] = value
        return app.run()

    yield open_area, store, client
    store.close()


def press(app: AppTest, label: str) -> AppTest:
    next(b for b in app.button if b.label == label).click()
    app.run()
    assert not app.exception
    return app


def test_a_client_is_renamed(settings) -> None:
    open_area, store, client = settings
    app = open_area("client")
    app.text_input[0].set_value("Larger Ltd")
    press(app, say("settings.rename_do"))
    assert store.named("Larger Ltd").id == client
    assert say("settings.renamed", name="Larger Ltd") in text(app)


def test_functions_year_and_currency_change_and_an_amount_needs_its_worth(settings) -> None:
    open_area, store, client = settings
    money = pd.DataFrame(
        {
            "function": ["support"],
            "month": [pd.Timestamp("2025-01-01")],
            "measure": ["support_cost"],
            "value": [100.0],
            "currency": ["EUR"],
        }
    )
    store.save(client, 1, "t", "enter", frames={"observations": money})
    app = open_area("client")
    pick = {one.label: one for one in app.selectbox}
    pick[say("page.setup.currency")].set_value("USD")
    pick[say("page.setup.fiscal")].set_value(7)
    press(app, say("settings.profile_do"))
    assert store.revision(client) == 2, "an amount without its worth is not guessed"
    assert "EUR" in " ".join(error.value for error in app.error)
    worth = say("settings.worth", currency="EUR")
    next(one for one in app.number_input if one.label == worth).set_value(1.5)
    press(app, say("settings.profile_do"))
    after = store.snapshot(client)
    assert (after.profile.currency, after.profile.fiscal_year_start) == ("USD", 7)
    assert after["observations"]["value"].tolist() == [150.0]
    press(app, say("settings.profile_do"))
    assert store.revision(client) == 3, "nothing changed, nothing saved"


def test_a_client_is_deleted_only_by_its_name_and_the_proof_is_shown(settings) -> None:
    open_area, store, _client = settings
    app = open_area("client")
    sure = say("settings.delete_sure", name="Small Ltd")
    typed = next(i for i, one in enumerate(app.text_input) if one.label == sure)
    app.text_input[typed].set_value("Small")
    press(app, say("settings.delete_do"))
    assert say("settings.delete_differs") in [e.value for e in app.error]
    app.text_input[typed].set_value("Small Ltd")
    press(app, say("settings.delete_do"))
    assert store.clients() == ()
    proof = app.dataframe[0].value
    assert proof["removed"].sum() > 0
    assert proof["left"].sum() == 0
    assert say("settings.deleted_files", places=0) in text(app)


def test_people_are_invited_and_removed(settings) -> None:
    open_area, store, client = settings
    app = open_area("people")
    app.text_input[0].set_value("nobody")
    press(app, say("settings.invite_do"))
    assert app.error
    app.text_input[0].set_value("Anna@Example.com")
    app.selectbox[0].set_value(Role.ANALYST)
    press(app, say("settings.invite_do"))
    assert people.people(store, client)["role"].tolist() == ["analyst"]
    press(app, say("settings.remove_do"))
    assert people.people(store, client).empty


def test_a_link_is_made_shown_once_and_withdrawn(settings) -> None:
    open_area, store, client = settings
    app = press(open_area("links"), say("settings.share_do"))
    links = people.links(store, client)
    assert links["scope"].tolist() == ["overview"]
    shown = [code.value for code in app.code]
    assert any("'link': " in each for each in shown)
    app.run()
    assert not any("'link': " in each.value for each in app.code), "shown once"
    press(app, say("settings.withdraw"))
    assert people.links(store, client).empty


def test_a_pasted_address_keeps_its_filters_and_never_its_client(settings) -> None:
    open_area, store, client = settings
    app = open_area("links")
    app.text_input[0].set_value(
        "https://a.example/indicators?client=rival&function=sales&months=12"
    )
    press(app, say("settings.share_do"))
    assert people.links(store, client)["scope"].tolist() == ["indicators?function=sales&months=12"]
    assert not any("rival" in each.value for each in app.code)
    app.text_input[0].set_value("https://a.example/settings?client=rival")
    press(app, say("settings.share_do"))
    assert say("settings.paste_wrong") in [e.value for e in app.error]
    assert len(people.links(store, client)) == 1


def test_the_audit_and_the_limits_are_listed(settings) -> None:
    open_area, _, _ = settings
    app = open_area("audit")
    assert app.dataframe[0].value["action"].tolist() == [say("settings.action_create")]
    app = open_area("installation")
    assert not app.exception
    assert len(app.dataframe[0].value) > 10
    st.cache_resource.clear()
