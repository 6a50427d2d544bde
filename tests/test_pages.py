"""Every page in-process: no client, an empty client, the sample company, a bad file, a fault."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.runtime.context import ContextProxy
from streamlit.testing.v1 import AppTest

from loop.sample import SAMPLE_AS_OF
from metrics.functions import BY_KEY
from metrics.model import Profile
from ui.door.menu import ENTRIES
from words import say
from workspaces.store import Store

ROOT = Path(__file__).parents[1]
PAGES = [path.stem for path in sorted((ROOT / "pages").glob("*.py"))]
GOOD = b"Month,Team,Support cost,Tickets resolved\n2025-01,North,1000,100\n2025-02,North,1100,100\n"
BAD = b"Month,Team,Support cost,Tickets resolved\n2025-03,North,1000,100\n2025-04,North,about 900,100\n"


@pytest.fixture(autouse=True)
def at_this_machine(monkeypatch) -> None:
    """The test client names no address of a browser; pages answer this machine only."""
    monkeypatch.setattr(ContextProxy, "ip_address", property(lambda _: None))


@pytest.fixture
def database(tmp_path, monkeypatch) -> Iterator[Path]:
    """A new database behind the app; what the process cached is forgotten."""
    path = tmp_path / "attune.sqlite"
    monkeypatch.setenv("ATTUNE_DATABASE_URL", str(path))
    st.cache_resource.clear()
    yield path
    st.cache_resource.clear()


@pytest.fixture
def company(sample, monkeypatch) -> Iterator[Store]:
    """The sample company behind the app; these tests only look."""
    monkeypatch.setenv("ATTUNE_DATABASE_URL", str(sample.path))
    st.cache_resource.clear()
    yield sample.store
    st.cache_resource.clear()


def opened(page: str, **address: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    for key, value in address.items():
        app.query_params[key] = value
    app.run()
    if page != ENTRIES[0].file:
        app.switch_page(f"pages/{page}.py").run()
    return app


@pytest.fixture
def alone(monkeypatch):
    """Open a page without the menu: the test client forgets widgets of pages it switched to."""
    monkeypatch.setattr("ui.door.session.guard", lambda: None)

    def open_alone(page: str) -> AppTest:
        return AppTest.from_file(str(ROOT / "pages" / f"{page}.py"), default_timeout=120).run()

    return open_alone


def empty_client(database: Path) -> str:
    store = Store.open(str(database))
    client = store.create_client(Profile("Small Ltd", ("support",)), "tests", SAMPLE_AS_OF)
    store.close()
    return client


def text(app: AppTest) -> str:
    """Everything written on the page."""
    return "\n".join(
        str(element.value)
        for kind in ("title", "subheader", "markdown", "caption", "success", "warning", "error")
        for element in app.get(kind)
    ) + "\n".join(str(getattr(e.proto, "body", "")) for e in app.get("html"))


def test_the_menu_lists_every_page_once() -> None:
    assert sorted(entry.file for entry in ENTRIES) == PAGES
    assert all(say(entry.title) for entry in ENTRIES)


@pytest.mark.parametrize("page", PAGES)
def test_without_a_client_the_way_in_is_shown(database, page) -> None:
    app = opened(page)
    assert not app.exception
    if page == "methods":
        assert app.title[0].value == say("page.methods.title")
        return
    assert app.title[0].value == say("page.welcome.title")
    labels = {button.label for button in app.button}
    assert {say("page.welcome.sample"), say("page.welcome.create")} <= labels


@pytest.mark.parametrize("page", PAGES)
def test_an_empty_client_is_met_with_a_way_on(database, page) -> None:
    empty_client(database)
    app = opened(page)
    assert not app.exception
    assert len(app.title) == 1
    if page in ("overview", "measure"):
        assert say("page.overview.empty", client="Small Ltd") in text(app)
        assert any(link.proto.label == say("page.overview.upload") for link in app.get("page_link"))


@pytest.mark.parametrize("page", PAGES)
def test_the_sample_company_on_every_page(company, page) -> None:
    app = opened(page)
    assert not app.exception
    assert not app.error
    assert len(app.title) == 1
    app.run()
    assert not app.exception, "a rerun changes nothing"


def test_the_overview_says_the_verdict_and_four_tiles(company, sample) -> None:
    from metrics.overview import overview
    from ui.look.writing import said

    app = opened("overview")
    seen = overview(sample.report, scope=len(sample.snapshot.profile.functions))
    shown = text(app)
    for line in seen.verdict:
        assert said(line) in shown
    assert len(seen.tiles) == 4
    for tile in seen.tiles:
        assert said(tile.figure) in shown
        assert say(f"tile.{tile.key}_title") in shown
    assert shown.count(say("tile.where_from")) == 4


@pytest.mark.parametrize("function", [key for key in BY_KEY if BY_KEY[key].kpis])
def test_each_function_on_measure(company, sample, function) -> None:
    values = sample.report["measures"].values
    statistics = sample.report["measures"].statistics
    if function not in {*values["function"], *statistics["function"]}:
        pytest.fail("the sample company feeds every function")
    app = opened("measure", function=function)
    assert not app.exception
    assert app.query_params["function"] in (function, [function])
    shown = " ".join(str(list(t.value.iloc[:, 0])) for t in app.dataframe) + text(app)
    fed = values[(values["function"] == function) & values["value"].notna()]["kpi"].unique()
    for kpi in fed:
        assert BY_KEY[function].kpi(kpi).title in shown


def test_a_nonsense_address_falls_back(company) -> None:
    app = opened("measure", function="astrology", kpi="luck", client="nobody")
    assert not app.exception
    assert len(app.title) == 1


def test_methods_can_be_searched(database, alone) -> None:
    app = alone("methods")
    assert "Cost per lead" in text(app)
    app.text_input[0].set_value("net promoter").run()
    assert "Net promoter score" in text(app)
    assert "Cost per lead" not in text(app)
    app.text_input[0].set_value("no such thing as this").run()
    assert say("page.methods.none", search="no such thing as this") in text(app)
    assert not app.exception


def uploader(app: AppTest):
    return app.file_uploader[0]


def pressed(app: AppTest, label: str) -> None:
    next(b for b in app.button if b.label == label).click().run()


def test_files_are_read_judged_saved_and_undone(database, alone) -> None:
    client = empty_client(database)
    app = alone("data")
    uploader(app).set_value([("good.csv", GOOD, "text/csv"), ("bad.csv", BAD, "text/csv")])
    app.run()
    assert not app.exception
    findings = next(t.value for t in app.dataframe if "severity" in t.value)
    bad = findings[findings["file"] == "bad.csv"]
    assert "C3" in " ".join(bad["place"])
    assert "about 900" in " ".join(bad["found"])
    pressed(app, say("data.next", step=say("data.step_save")))
    pressed(app, say("page.data.save", revision=2))
    assert not app.exception
    assert say("page.data.saved", revision=2) in [s.value for s in app.success]
    store = Store.open(str(database))
    observations = store.snapshot(client)["observations"]
    assert observations.loc[observations["measure"] == "support_cost", "value"].sum() == 3100
    pressed(app, say("page.data.undo", revision=2))
    assert not app.exception
    assert store.snapshot(client)["observations"].empty
    assert store.revision(client) == 3
    store.close()


def test_rubbish_is_refused_with_a_sentence(database, alone) -> None:
    client = empty_client(database)
    app = alone("data")
    uploader(app).set_value([("broken.xlsx", b"PK\x03\x04 this is no workbook", "")])
    app.run()
    assert not app.exception
    findings = next(t.value for t in app.dataframe if "severity" in t.value)
    assert list(findings["file"]) == ["broken.xlsx"]
    onward = next(b for b in app.button if b.label == say("data.next", step=say("data.step_save")))
    assert onward.disabled, "there is nothing to save"
    store = Store.open(str(database))
    assert store.revision(client) == 1
    store.close()


def test_without_sign_in_other_machines_are_turned_away(database, monkeypatch) -> None:
    monkeypatch.setattr(ContextProxy, "ip_address", property(lambda _: "203.0.113.7"))
    app = opened("overview")
    assert say("access.loopback_only") in text(app)
    assert [title.value for title in app.title] == [say("access.title")]
    assert not app.button


def test_readers_are_never_shown_a_traceback() -> None:
    import tomllib

    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert settings["client"]["showErrorDetails"] == "none"
    assert settings["browser"]["gatherUsageStats"] is False
