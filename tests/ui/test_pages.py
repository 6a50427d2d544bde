"""Every page in-process: no client, an empty client, the sample company, a bad file, a fault."""

from __future__ import annotations

import html

import pytest
from streamlit.runtime.context import ContextProxy

from metrics.functions import BY_KEY
from tests.support.pages import empty_client, opened, pressed, text, uploader
from tests.support.places import ROOT
from ui.door.menu import ENTRIES
from words import say
from workspaces.store import Store

PAGES = [path.stem for path in sorted((ROOT / "pages").glob("*.py"))]
GOOD = b"Month,Team,Support cost,Tickets resolved\n2025-01,North,1000,100\n2025-02,North,1100,100\n"
BAD = b"Month,Team,Support cost,Tickets resolved\n2025-03,North,1000,100\n2025-04,North,about 900,100\n"


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
    if page in ("overview", "indicators"):
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
    from ui.look.writing import say_line

    app = opened("overview")
    seen = overview(sample.report, scope=len(sample.snapshot.profile.functions))
    shown = html.unescape(text(app))
    for line in seen.verdict:
        assert say_line(line) in shown
    assert len(seen.tiles) == 4
    for tile in seen.tiles:
        assert say_line(tile.figure) in shown
        assert say(f"tile.{tile.key}_title") in shown
    assert shown.count(say("tile.where_from")) == 4


@pytest.mark.parametrize("function", [key for key in BY_KEY if BY_KEY[key].kpis])
def test_each_function_on_measure(company, sample, function) -> None:
    values = sample.report.measures.values
    statistics = sample.report.measures.statistics
    if function not in {*values["function"], *statistics["function"]}:
        pytest.fail("the sample company feeds every function")
    app = opened("indicators", function=function)
    assert not app.exception
    assert app.query_params["function"] in (function, [function])
    shown = " ".join(str(list(t.value.iloc[:, 0])) for t in app.dataframe) + text(app)
    fed = values[(values["function"] == function) & values["value"].notna()]["kpi"].unique()
    for kpi in fed:
        assert BY_KEY[function].kpi(kpi).title in shown


def test_a_nonsense_address_falls_back(company) -> None:
    app = opened("indicators", function="astrology", kpi="luck", client="nobody")
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
