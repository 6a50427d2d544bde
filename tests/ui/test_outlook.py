"""The page Forecast: what it says, what it refuses, and that issuing freezes what was shown."""

from __future__ import annotations

import re
from contextlib import closing
from datetime import date

import pytest

from metrics.forecast.issued import broken_issues
from metrics.model import Profile
from readout.figures import series_title
from tests.support.pages import text as marked
from tests.support.uploads import KPI, observations, upload
from ui.look.theme import DARK, LIGHT
from words import say
from workspaces.store import Store


def client(database, last: str) -> str:
    with closing(Store.open(str(database))) as store:
        identifier = store.create_client(Profile("A", ("support",)), "me", date(2026, 7, 1))
        upload(store, identifier, last)
        return identifier


def text(app) -> str:
    """Everything written on the page, without the marks of the glossary."""
    return re.sub(r"<[^>]+>", "", marked(app))


def frozen(database, identifier: str):
    with closing(Store.open(str(database))) as store:
        return store.snapshot(identifier)["issued_forecasts"]


def test_the_forecast_is_said_drawn_and_issued(database, alone) -> None:
    identifier = client(database, "2026-06-01")
    app = alone("outlook")
    assert not app.exception
    shown = text(app)
    assert series_title(KPI) in shown
    assert "MASE" in shown
    assert say("outlook.what_if_none") in shown
    assert len(app.dataframe[0].value) == 12
    app = alone("outlook", view="record")
    assert say("outlook.record_none") in text(app)
    press(app, say("outlook.issue_button"))
    assert not app.exception
    assert not app.error
    rows = frozen(database, identifier)
    assert set(rows["kpi"]) == {KPI}
    assert broken_issues(rows) == []
    after = text(app)
    assert say("outlook.nothing_arrived") in after
    assert say("outlook.changed_nothing") in after
    with closing(Store.open(str(database))) as store:
        upload(store, identifier, "2026-08-01")
    shown = text(alone("outlook", view="record"))
    assert say("outlook.scores_about") in shown
    assert "2 cases" in shown


def press(app, label: str) -> None:
    next(b for b in app.button if b.label == label).click().run()


def test_a_persons_call_needs_a_whole_range_the_right_way_round(database, alone) -> None:
    identifier = client(database, "2026-06-01")
    app = alone("outlook", view="record")
    press(app, say("outlook.call_button"))
    assert say("outlook.call_missing") in text(app)
    for name, value in (("low", 60.0), ("mean", 44.0), ("high", 50.0)):
        app.number_input(f"call-{KPI}-{name}").set_value(value)
    press(app, say("outlook.call_button"))
    assert app.error
    assert frozen(database, identifier).empty
    app.number_input(f"call-{KPI}-low").set_value(40.0)
    press(app, say("outlook.call_button"))
    assert not app.error
    rows = frozen(database, identifier)
    said = rows[rows["kind"] == "forecast"].iloc[0]
    assert (said["by"], said["low"], said["mean"], said["high"]) == ("analyst", 40, 44, 50)


def test_nine_months_are_refused_with_what_can_be_said_instead(database, alone) -> None:
    client(database, "2023-09-01")
    app = alone("outlook")
    assert not app.exception
    shown = text(app)
    assert say("outlook.refused_short", series=series_title(KPI), have=9, need=12) in shown
    assert "average" in shown
    assert not [b for b in app.button if b.label == say("outlook.issue_button")]


def test_a_client_without_figures_is_met_with_a_way_on(database, alone) -> None:
    with closing(Store.open(str(database))) as store:
        store.create_client(Profile("A", ("support",)), "me", date(2026, 7, 1))
    app = alone("outlook")
    assert say("outlook.empty", client="A") in text(app)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_the_fan_shows_history_bands_plans_and_targets(colours) -> None:
    import pandas as pd

    from metrics.units import SHARE
    from ui.look import fan as charts

    months = pd.date_range("2026-01-01", periods=3, freq="MS")
    history = pd.DataFrame(
        {
            "period": pd.date_range("2025-01-01", periods=12, freq="MS"),
            "value": [0.5] * 11 + [float("nan")],
        }
    )
    ahead = pd.DataFrame(
        [
            {
                "period": m,
                "level": float(v),
                "mean": 0.5,
                "low": 0.5 - v / 500,
                "high": 0.5 + v / 500,
            }
            for m in months
            for v in (50, 80, 95)
        ]
    )
    line = pd.DataFrame({"period": months, "mean": [0.4] * 3})
    chart = charts.fan(
        history,
        ahead,
        SHARE,
        "EUR",
        colours,
        description="d",
        lines={"without": line},
        issued=line,
        target=line.head(1),
    )
    drawn = chart.to_dict()
    marks = [layer["mark"]["type"] for layer in drawn["layer"]]
    assert marks.count("area") == 2
    assert drawn["description"] == "d"
    values = [row["mean"] for data in drawn["datasets"].values() for row in data if "mean" in row]
    assert 50.0 in [v for v in values if v is not None], "shares are drawn in per cent"
    labels = {row["label"] for data in drawn["datasets"].values() for row in data if "label" in row}
    assert {"without", say("outlook.line_plan"), say("outlook.line_target")} <= labels


def test_the_synthetic_months_are_what_the_store_gives_back() -> None:
    """Guards the helper: a course that changed with its end would fake every restatement."""
    short, long = observations("2026-06-01"), observations("2026-08-01")
    both = short.merge(long, on=["measure", "month"], suffixes=("", "_later"))
    assert len(both) == len(short)
    assert (both["value"] == both["value_later"]).all()
