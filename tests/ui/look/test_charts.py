"""Charts as functions: the specification is valid, small, described, and says what it drew."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd
import pytest

from metrics.units import MONEY, SHARE
from ui.look import charts
from ui.look import fan as fans
from ui.look.theme import DARK, LIGHT, chart_style

MOST = 2_000
MONTHS = pd.date_range("2022-11-01", periods=60, freq="MS")
AHEAD = pd.date_range("2027-11-01", periods=24, freq="MS")


def history(n: int = 60) -> pd.DataFrame:
    return pd.DataFrame({"period": MONTHS[:n], "value": np.linspace(100, 200, n)})


def ahead() -> pd.DataFrame:
    return pd.concat(
        pd.DataFrame(
            {
                "period": AHEAD,
                "level": level,
                "mean": 200.0,
                "low": 200 - level,
                "high": 200 + level,
            }
        )
        for level in (80.0, 95.0)
    )


def fan(colours=LIGHT, past: pd.DataFrame | None = None, **changes) -> alt.LayerChart:
    facts = {
        "description": "Saving: 200 in October 2027.",
        "start": MONTHS[20],
        "start_label": "first initiative",
        "end_label": "€200",
    } | changes
    return fans.fan(history() if past is None else past, ahead(), MONEY, "EUR", colours, **facts)


def heatmap(colours=LIGHT) -> alt.LayerChart:
    cells = pd.DataFrame(
        [
            (
                f"F{i}",
                f"D{j}",
                float(1 + (i + j) % 5) if i else np.nan,
                "3.1",
                "▲" if j == 2 else "",
            )
            for i in range(10)
            for j in range(10)
        ],
        columns=["row", "column", "level", "said", "mark"],
    )
    return charts.heatmap(
        cells,
        {1: "Isolated", 2: "b", 3: "c", 4: "d", 5: "Adaptive"},
        colours,
        description="F1 2; F2 3",
    )


def dots(colours=LIGHT) -> alt.LayerChart:
    rows = pd.DataFrame(
        {
            "label": [f"A rather long name of initiative number {i}" for i in range(14)],
            "value": np.linspace(-0.2, 0.2, 14),
            "low": -0.3,
            "high": 0.3,
            "said": "+1 %",
            "mood": ["better", "worse", "changed", "not shown"] * 3 + ["", ""],
        }
    )
    return charts.interval_dots(rows, colours, description="A +1 %", zero_label="0")


def waterfall(colours=LIGHT) -> alt.LayerChart:
    steps = pd.DataFrame(
        [
            ("Baseline", 0.0, 126e3, "total"),
            ("Volume", 126e3, 157.5e3, "up"),
            ("Rate", 157.5e3, 150e3, "down"),
            ("Current", 0.0, 118.5e3, "total"),
        ],
        columns=["label", "start", "end", "kind"],
    )
    return charts.waterfall(steps, MONEY, "EUR", colours, description="Baseline €126 k")


def small(colours=LIGHT) -> alt.LayerChart:
    rows = pd.DataFrame({"month": MONTHS, "value": np.linspace(0.1, 0.4, 60)})
    return charts.small_line(
        rows, "North", SHARE, "EUR", colours, (0.1, 0.4), description="North: 40 %"
    )


ALL = [fan, heatmap, dots, waterfall, small]


def rows(chart: alt.LayerChart) -> int:
    return sum(len(values) for values in chart.to_dict()["datasets"].values())


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("draw", ALL, ids=lambda f: f.__name__)
def test_a_chart_is_valid_described_and_small(draw, colours) -> None:
    chart = draw(colours)
    specification = chart.to_dict(validate=True)
    assert specification["description"]
    assert 0 < rows(chart) <= MOST
    assert specification["layer"]
    drawn = {key: part for key, part in specification.items() if key != "config"}
    assert "legend" not in str(drawn).replace("'legend': None", "")


def channels(chart: alt.LayerChart) -> list[dict]:
    return [layer.get("encoding", {}) for layer in chart.to_dict()["layer"]]


def test_every_channel_names_its_type() -> None:
    """Inference of types from data is most of the cost of drawing."""
    for draw in ALL:
        for encoding in channels(draw()):
            for name, channel in encoding.items():
                if isinstance(channel, dict) and "field" in channel and name not in ("x2", "y2"):
                    assert "type" in channel, (draw.__name__, name)


def test_the_fan_draws_history_solid_and_the_forecast_dashed_in_two_bands() -> None:
    marks = [layer["mark"] for layer in fan().to_dict()["layer"]]
    bands = [m for m in marks if m["type"] == "area"]
    lines = [m for m in marks if m["type"] == "line"]
    assert [b["opacity"] for b in bands] == sorted(b["opacity"] for b in bands), "80 % is darker"
    assert [("strokeDash" in m) for m in lines] == [True, False]


def test_a_share_is_drawn_in_per_cent() -> None:
    past = pd.DataFrame({"period": MONTHS, "value": 0.25})
    chart = fans.fan(past, ahead().head(0), SHARE, "EUR", LIGHT, description="25 %")
    values = [
        row["mean"]
        for data in chart.to_dict()["datasets"].values()
        for row in data
        if "mean" in row
    ]
    assert set(values) == {25.0}


def test_a_hole_in_the_history_is_left_out_and_not_drawn_as_zero() -> None:
    past = history()
    past.loc[7, "value"] = np.nan
    drawn = [
        row["mean"]
        for data in fan(past=past).to_dict()["datasets"].values()
        for row in data
        if row.get("mean") is not None and "between" not in row
    ]
    assert len(drawn) == 59
    assert min(drawn) == 100


def test_an_empty_forecast_is_only_a_history() -> None:
    chart = fans.fan(history(), ahead().head(0), MONEY, "EUR", LIGHT, description="History")
    assert chart.to_dict(validate=True)


def test_a_cell_that_was_not_assessed_carries_no_number() -> None:
    layers = heatmap().to_dict()
    sets = layers["datasets"]
    texts = [
        row.get("shown") for layer in layers["layer"][:2] for row in sets[layer["data"]["name"]]
    ]
    assert not any("nan" in str(t) for t in texts)
    hatched = sets[layers["layer"][2]["data"]["name"]]
    assert {row["row"] for row in hatched} == {"F0"}


def test_colour_follows_what_is_shown_and_not_the_sign() -> None:
    specification = dots().to_dict()
    drawn = {
        row["mood"]: row["colour"]
        for data in specification["datasets"].values()
        for row in data
        if "mood" in row
    }
    assert drawn["better"] == LIGHT.good
    assert drawn["worse"] == LIGHT.bad
    assert drawn["not shown"] == drawn[""] == LIGHT.neutral


def test_the_waterfall_says_each_step_with_its_sign() -> None:
    said = [row["said"] for data in waterfall().to_dict()["datasets"].values() for row in data]
    assert said == ["€126 k", "+€31.5 k", "−€7\u202f500", "€118 k"]


def test_the_style_keeps_text_readable_and_grids_horizontal() -> None:
    for colours in (LIGHT, DARK):
        config = chart_style(colours)["config"]
        assert config["axis"]["labelFontSize"] >= 12
        assert (config["axisX"]["grid"], config["axisY"]["grid"]) == (False, True)


def test_the_sample_report_stays_within_the_marks(sample) -> None:
    part = sample.report.forecasts
    for series in part.forecasts["series"].unique():
        past = part.history[part.history["series"] == series]
        coming = part.forecasts[
            (part.forecasts["series"] == series) & (part.forecasts["level"] >= 80)
        ]
        chart = fans.fan(past, coming, MONEY, "EUR", LIGHT, description=series)
        assert rows(chart) <= MOST
