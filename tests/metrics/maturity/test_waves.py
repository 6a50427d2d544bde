"""Change, bias views and the roadmap."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from metrics.frames import INITIATIVES
from metrics.frames.register import OBJECTIVES
from metrics.maturity import load_model, score
from metrics.maturity.answers import COLUMNS
from metrics.maturity.roadmap import EFFORT, PRIOR_EFFECT, next_steps, trace
from metrics.maturity.waves import change

MODEL = load_model()
FLAT = {d.key: (1.0, 0.5, 0.0, 0.0) for d in MODEL.dimensions}


def answers(practice, raters, wave="1", function="sales", role="manager"):
    rows = [
        (
            wave,
            "1.0",
            r,
            role,
            "finance",
            function,
            "all",
            f"{d}-{k}",
            v,
            "answered",
            "before",
            "",
            "document",
        )
        for r in raters
        for d, steps in practice.items()
        for k, v in zip((2, 3, 4, 5), steps, strict=True)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def changed(frame):
    result = change(frame, MODEL, functions_in_scope=("sales",), earlier="1", later="2")
    return result.set_index("dimension")


def test_change_is_paired_by_rater():
    levels = {"a": 0.0, "b": 0.25, "c": 0.5}
    frames = []
    for rater, base in levels.items():
        frames.append(answers({"STR": (1, base, 0, 0), "ADV": (0, 0, 0, base)}, [rater], "1"))
        frames.append(answers({"STR": (1, base, 0.5, 0), "ADV": (0, 0, 0, 0.25)}, [rater], "2"))
    found = changed(pd.concat(frames))
    assert found.loc["STR", "change"] == pytest.approx(0.5)
    assert found.loc["STR", "low"] == pytest.approx(0.5)
    assert (found.loc["STR", "verdict"], found.loc["ADV", "verdict"]) == ("improved", "not shown")
    new_rater = answers({"STR": (0, 0, 0, 0)}, ["d"], "2")
    assert changed(pd.concat([*frames, new_rater])).loc["STR", "raters"] == 3


def test_one_rater_cannot_tell():
    frame = pd.concat([answers(FLAT, ["a"], "1"), answers(FLAT, ["a"], "2")])
    assert set(changed(frame)["verdict"]) == {"cannot tell"}


def test_change_is_claimed_wrongly_as_rarely_as_stated():
    """Without any change, an 80 % interval excludes 0 about one time in five."""
    rng = np.random.default_rng(1)
    claims = []
    for _ in range(8):
        frames = [
            answers({d: rng.choice([0.25, 0.5], 4) for d in FLAT}, [f"r{i}"], wave)
            for i in range(5)
            for wave in ("1", "2")
        ]
        claims += list(changed(pd.concat(frames))["verdict"].ne("not shown"))
    assert 0.10 < np.mean(claims) < 0.32


def scored(practice):
    return score(answers(practice, ["a", "b"]), MODEL, functions_in_scope=("sales",), draws=0)


def test_next_step_lifts_the_floor_first():
    practice = FLAT | {"ORG": (0.5, 0.0, 0.0, 0.0)}
    table = next_steps(scored(practice), MODEL)
    first = table.iloc[0]
    assert (first.question, first["rank"], first.basis) == ("ORG-2", 1, "prior")
    # ORG rises from 1.5 to 2 with weight 1.5 of 11.5; the mean stays the smaller of the two limits.
    assert first.gain == pytest.approx(1.5 * 0.5 / 11.5)
    assert first.effect == pytest.approx(first.gain * PRIOR_EFFECT[0])
    assert first.effect_low < 0 < first.effect_high
    assert first.effort == EFFORT[2]
    assert "STR" not in set(table.loc[table["attained"] >= 3, "dimension"])


def test_own_effects_replace_the_prior_and_value_decides():
    practice = FLAT | {"ORG": (0.5, 0.0, 0.0, 0.0), "LEA": (1.0, 0.0, 0.0, 0.0)}
    frame = pd.concat([answers(practice, ["a"]), answers(practice, ["a"], function="logistics")])
    scores = score(frame, MODEL, functions_in_scope=("sales", "logistics"), draws=0)
    effects = pd.DataFrame(
        [("sales", 0.1, 0.05, 0.15), ("logistics", 0.1, 0.05, 0.15)],
        columns=["function", "mean", "low", "high"],
    )
    table = next_steps(scores, MODEL, effects=effects, worth={"sales": 1.0, "logistics": 9.0})
    assert table.iloc[0].function == "logistics"
    assert table.iloc[0].value == pytest.approx(9 * table.iloc[0].effect)
    unknown = next_steps(scores, MODEL, effects=effects, worth={"sales": 1.0})
    assert unknown.iloc[0].function == "sales", "what nobody can value comes last"
    assert set(table["basis"]) == {"own effect"}


def test_trace_finds_what_hangs_in_the_air():
    practice = FLAT | {"ORG": (0.5, 0.0, 0.0, 0.0), "LEA": (0.0, 0.0, 0.0, 0.0)}
    objectives = OBJECTIVES.conform(
        pd.DataFrame(
            [
                {"objective": "roles", "function": "sales", "gap": "ORG-2"},
                {"objective": "shine", "function": "sales", "gap": ""},
            ]
        )
    )
    initiatives = INITIATIVES.conform(pd.DataFrame([{"initiative": "i", "objective": "roles"}]))
    found = trace(scored(practice), objectives, initiatives)
    items = found.groupby("kind")["item"].agg(list).to_dict()
    assert items == {
        "orphan gap": ["LEA"],
        "orphan objective": ["shine"],
        "unexecuted objective": ["shine"],
    }
