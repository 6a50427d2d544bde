"""The page Model: what it says, what it draws, what it answers to."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from metrics.functions import KPIS
from metrics.units import COUNT, MONEY, SHARE
from tests.support.pages import empty_client, opened, text
from ui.initiatives import charts
from ui.initiatives.all_initiatives import percent, write_money
from ui.initiatives.one_initiative import answer_plan
from ui.look.theme import DARK, LIGHT
from ui.look.writing import keep_together
from words import say

IDLE = "Brand channel with short videos"
STOPPED = "Deal rooms with customer experts"
RATE = "Customer community, first wave"


def model(**address: str) -> AppTest:
    app = opened("initiatives", **address)
    assert not app.exception
    assert not app.error
    return app


def row(sample, name: str):
    return next(r for r in sample.report.effects.effects.itertuples() if r.initiative == name)


def test_without_initiatives_there_is_one_sentence_and_a_way_on(database) -> None:
    empty_client(database)
    app = model()
    assert say("model.empty", client="Small Ltd") in text(app)
    assert [link.proto.label for link in app.main.get("page_link")] == [say("model.enter")]


def test_the_first_sentence_counts_and_adds_up(company, sample) -> None:
    part = sample.report.effects
    shown = text(model())
    assert (
        say("model.shown", shown=int((part.effects["grade"] != "").sum()), all=len(part.effects))
        in shown
    )
    assert write_money(part.saving, sample.report) in shown
    assert write_money(part.saving_low, sample.report) in shown
    idle = part.effects.loc[part.effects["verdict"] == "not shown", "initiative"]
    assert IDLE in set(idle)
    assert f": {'; '.join(idle)}." in shown


@pytest.mark.parametrize("name", [IDLE, STOPPED, RATE])
def test_one_initiative_is_shown_wholly(company, sample, name) -> None:
    app, one = model(view="one", initiative=name), row(sample, name)
    assert app.query_params["initiative"] in (name, [name])
    shown = text(app)
    assert (
        say(
            f"model.verdict_{one.verdict.replace(' ', '_')}",
            kpi=KPIS[one.kpi].title,
            value=percent(one.relative),
            level="95",
            low=percent(one.relative_low),
            high=percent(one.relative_high),
        )
        in shown
    )
    headings = [s.value for s in app.subheader]
    for heading in ("path", "months", "checks", "designs", "planner"):
        assert say(f"model.{heading}") in headings
    # A rate priced by the function's own cost is seen in that cost: one claim, one saving.
    assert say("model.total") in headings
    checks = sample.report.effects.checks
    for check in checks[checks["initiative"] == name].itertuples():
        assert f">{check.status}<" in shown
    designs = next(t.value for t in app.dataframe if "design" in t.value)
    assert (designs["note"] == say("model.design_headline")).sum() == 1
    assert len(designs) == 5


def test_the_cells_behind_an_effect_are_listed_when_asked_for(company, alone) -> None:
    app = alone("initiatives", view="one")
    assert not any("place" in t.value for t in app.dataframe)
    app.session_state["model-cells"] = True
    app.run()
    cells = next(t.value for t in app.dataframe if "place" in t.value)
    assert cells["place"].str.len().gt(0).all()
    assert {say("model.cells_treated"), say("model.cells_control")} == set(cells["role"])


def test_a_nonsense_address_falls_back(company, sample) -> None:
    app = model(view="one", initiative="no such thing")
    first = sample.report.effects.effects["initiative"].iloc[0]
    assert app.query_params["initiative"] in (first, [first])


def test_the_planner_answers_what_the_method_says(company, sample) -> None:
    one, noise = row(sample, IDLE), sample.report.effects.noise
    mine = noise[noise["initiative"] == IDLE]
    found, answer = answer_plan(one, mine, abs(one.expected))
    assert answer in text(model(view="one", initiative=IDLE))
    assert (
        say(
            "model.planner_months",
            effect="12 %",
            target="80 %",
            months=say("model.months_many", n=f"{found.months:.0f}"),
        )
        in answer
    )
    curve = found.curve.set_index("months")["power"]
    assert curve[found.months] >= 0.8 > curve[found.months - 1]
    nothing, answer = answer_plan(one, mine, 0.005)
    assert np.isnan(nothing.months), "half a per cent is beyond these teams"
    assert say("model.planner_never", effect="0.5 %", target="80 %") in answer
    assert say("model.planner_teams_never", after="12 months", all=6) in answer


def test_the_planned_noise_is_what_the_effect_carries(sample) -> None:
    """Of 14 initiatives the smallest effect planned at their age is near the one they report."""
    part = sample.report.effects
    for one in part.effects.itertuples():
        noise = part.noise[part.noise["initiative"] == one.initiative]
        planned = np.interp(one.months_after, noise["months"], noise["standard_error"])
        reported = one.minimum_detectable / 2.8016 * one.relative / one.estimate
        assert 0.7 < planned / reported < 1.4, one.initiative


def test_saved_so_far_is_the_sum_of_the_months(sample) -> None:
    part = sample.report.effects
    ends = part.saved.groupby("initiative")["total"].last()
    months = part.saved.groupby("initiative")["saving"].sum()
    assert len(months) > 5
    assert ends.to_numpy() == pytest.approx(months.to_numpy(), rel=1e-6)
    assert ends.sum() == pytest.approx(sample.report.value.so_far_total["value"], rel=1e-6)
    last = part.saved.groupby("initiative").last()
    assert (last["low"] < last["total"]).all()
    assert (last["total"] < last["high"]).all()


def test_every_design_and_check_of_the_sample_has_its_words(sample) -> None:
    part = sample.report.effects
    assert part.designs.groupby("initiative")["headline"].sum().eq(1).all()
    for check in part.checks.itertuples():
        assert say(f"effect.{check.code}", **json.loads(check.facts))
        assert say(f"model.check_{check.name.replace(' ', '_').replace('-', '_')}")
        assert say(f"model.check_{check.status}")
    for name in part.designs["design"].unique():
        assert say(f"model.design_{name.replace('-', '_')}")


def test_shrinking_pulls_towards_nothing_and_idle_is_no_discovery(sample) -> None:
    table = sample.report.effects.effects.set_index("initiative")
    assert (table["shrunk"].abs() < table["relative"].abs()).all()
    assert table.loc[IDLE, "found"] == 0
    assert table["found"].sum() == (table["grade"] != "").sum()


def forest_rows(**changed) -> pd.DataFrame:
    row = {
        "label": "Forum",
        "value": 0.1,
        "low": 0.05,
        "high": 0.15,
        "hoped": 0.12,
        "mood": "better",
        "shown": "+10 %",
        "kpi": "Win rate",
        "said": "",
        "between": "",
        "hoped_said": "",
    }
    return pd.DataFrame([row, row | {"label": "Idle", "mood": "", "low": -0.2} | changed])


@pytest.mark.parametrize("colours", [LIGHT, DARK])
def test_colour_in_the_forest_means_something(colours) -> None:
    spec = charts.forest(forest_rows(), colours, description="said").to_dict()
    assert spec["description"] == "said"
    data = [r for rows in spec["datasets"].values() for r in rows if "colour" in r]
    assert {r["label"]: r["colour"] for r in data} == {
        "Forum": colours.good,
        "Idle": colours.neutral,
    }
    low, high = next(
        layer["encoding"]["x"]["scale"]["domain"]
        for layer in spec["layer"]
        if layer.get("encoding", {}).get("x", {}).get("field") == "value"
    )
    assert low < -0.2
    assert high > 0.15


def test_a_hope_never_covers_the_figure() -> None:
    spec = charts.forest(forest_rows(hoped=0.17), LIGHT, description="").to_dict()
    edges = {
        r["label"]: r["edge"] for rows in spec["datasets"].values() for r in rows if "edge" in r
    }
    assert edges == {"Forum": 0.15, "Idle": 0.17}


def months(n: int = 24) -> pd.DataFrame:
    period = pd.date_range("2024-01-01", periods=n, freq="MS")
    return pd.DataFrame(
        {
            "period": period,
            "actual": 0.2,
            "expected": 0.3,
            "low": 0.25,
            "high": 0.35,
            "total": np.arange(n) * 1e4,
        }
    )


def test_shares_are_drawn_in_per_cent_and_starts_are_marked() -> None:
    marks = pd.DataFrame({"period": [pd.Timestamp("2025-01-01")], "label": ["start"]})
    spec = charts.path(months(), SHARE, "EUR", marks, LIGHT, description="x").to_dict()
    data = [r for rows in spec["datasets"].values() for r in rows]
    assert {r["actual"] for r in data if "actual" in r} == {20.0}
    assert any(r.get("label") == "start" for r in data)


def test_small_figures_are_never_thousandths() -> None:
    since = pd.DataFrame(
        {"since_start": [-1, 0, 1], "estimate": [0.0, 0.1, 0.2], "low": -0.3, "high": 0.5}
    )
    spec = charts.event_study(since, since.head(0), COUNT, "", LIGHT, description="x")
    formats = {
        layer["encoding"]["y"]["axis"]["format"]
        for layer in spec.to_dict()["layer"]
        if "axis" in layer.get("encoding", {}).get("y", {})
    }
    assert formats == {"~r"}
    total = charts.total(
        months().assign(low=0, high=3e5), MONEY, "EUR", LIGHT, description="x"
    ).to_dict()
    assert total["layer"][0]["encoding"]["y"]["axis"]["format"] == "~s"


def test_the_wanted_chance_is_marked() -> None:
    curve = pd.DataFrame({"months": [1.0, 6, 12], "power": [0.1, 0.7, 0.95]})
    spec = charts.power(curve, 0.8, LIGHT, description="x").to_dict()
    data = [r for rows in spec["datasets"].values() for r in rows]
    assert {"y": 0.8} in data
    assert [r["said"] for r in data if "said" in r][:3] == ["10 %", "70 %", "95 %"]


def test_what_goes_with_effects_and_what_else_moved(company, sample) -> None:
    name = "Expert answers in the knowledge base"
    every, one = model(), model(view="one", initiative=name)
    headings = [s.value for page in (one, every) for s in page.subheader]
    assert {say(f"model.{key}") for key in ("with", "lasts", "others")} <= set(headings)
    part = sample.report.effects
    at = part.survival.set_index("month").loc[6]
    assert keep_together(SHARE.write(at["survival"])) in text(every)
    found = part.others[part.others["found"] == 1]
    assert "reopen_rate" in set(found.loc[found["initiative"] == name, "kpi"]), "true: −15 %"
    assert set(found["initiative"]).isdisjoint({IDLE}), "what does nothing moves nothing"
