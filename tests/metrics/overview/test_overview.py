"""The verdict never says more than the evidence, and every line of it can be said."""

from __future__ import annotations

import dataclasses
import math
import re

import pytest

from metrics.assumptions import Assumptions
from metrics.model import Profile, Snapshot
from metrics.overview import Overview, count_assessed, overview
from metrics.report import Report, compute
from metrics.units import MONEY
from ui.look.writing import say_line


def lines(seen: Overview) -> list[str]:
    """Everything the overview says, filled in."""
    return [
        say_line(line)
        for line in (
            *seen.verdict,
            *seen.support,
            *(x for t in seen.tiles for x in (t.figure, *t.lines, t.source, t.change) if x),
        )
    ]


def changed(report: Report, **parts) -> Report:
    """The sample's report with some fields of its parts replaced."""
    new = {name: dataclasses.replace(report[name], **fields) for name, fields in parts.items()}
    return dataclasses.replace(report, parts={**report.parts, **new})


def codes(report: Report) -> list[str]:
    return [line.code for line in overview(report, scope=5).verdict]


def test_the_sample_is_said_without_a_gap(sample) -> None:
    seen = overview(sample.report, scope=5)
    assert [tile.key for tile in seen.tiles] == ["standing", "saving", "case", "advocacy"]
    for text in lines(seen):
        assert not re.search(r"\bnan\b", text)
        assert "{" not in text
        assert "None" not in text


def test_without_data_everything_cannot_be_told(sample) -> None:
    from datetime import date

    blank = Snapshot(Profile("Blank", ("support",)), 1, date(2026, 11, 20), {})
    report = compute(blank, Assumptions())
    seen = overview(report, scope=1)
    assert count_assessed(report) == 0
    assert codes(report) == [
        "verdict.cost_unknown",
        "verdict.saving_unknown",
        "verdict.pays_unknown",
        "verdict.standing_unknown",
        "verdict.asks_to_know",
    ]
    assert all(tile.words for tile in seen.tiles)
    assert all(lines(seen))


@pytest.mark.parametrize("assessed", [1, 2])
def test_a_company_too_little_assessed_for_a_level_is_told_why(sample, assessed) -> None:
    names = ["marketing", "support"][:assessed]
    answers = sample.snapshot["answers"]
    few = dataclasses.replace(
        sample.snapshot,
        frames={**sample.snapshot.frames, "answers": answers[answers["function"].isin(names)]},
    )
    seen = overview(compute(few, Assumptions()), scope=5)
    standing = next(tile for tile in seen.tiles if tile.key == "standing")
    assert standing.words
    assert [say_line(line) for line in standing.lines] == [
        "Only marketing is assessed."
        if assessed == 1
        else "Fewer than three functions are assessed."
    ]


def test_a_saving_is_claimed_by_comparison_only(sample) -> None:
    compared = sample.report
    assert codes(compared)[0] == "verdict.saving_saves_at_cost"
    lost = compared["value"].saving | {"value": -5.0, "low": -9.0, "high": -1.0}
    assert codes(changed(compared, value={"verdict": "loses", "saving": lost}))[0] == (
        "verdict.saving_loses_at_cost"
    )
    open_ = compared["value"].saving | {"low": -9.0, "high": 5.0}
    assert codes(changed(compared, value={"verdict": "not shown", "saving": open_}))[1] == (
        "verdict.saving_between"
    )
    blank = dict.fromkeys(("value", "low", "high", "level", "probability"), math.nan)
    alone = {"reason": "no_initiatives", "verdict": "", "saving": blank, "before_after": blank}
    assert (
        codes(changed(compared, value=alone, savings={"low": 1.0, "high": 3.0, "total": 2.0}))[1]
        == "verdict.saving_before_after"
    )
    unsure = changed(compared, value=alone, savings={"low": -1.0, "high": 3.0, "total": 1.0})
    assert codes(unsure)[1] == "verdict.saving_not_shown"
    tile = overview(unsure, scope=5).tiles[1]
    assert (tile.words, tile.figure.code) == (True, "tile.not_shown")
    assert all(lines(overview(unsure, scope=5)))


@pytest.mark.parametrize(
    ("levels", "code"),
    [([2, 2, 2, 2, 2], "none"), ([3, 2, 2, 2, 2], "some"), ([3, 4, 5, 3, 3], "all")],
)
def test_working_as_a_social_business_begins_at_level_three(sample, levels, code) -> None:
    functions = sample.report.maturity.functions.head(len(levels))
    functions = functions.assign(level=[float(n) for n in levels])
    report = changed(sample.report, maturity={"functions": functions})
    assert f"verdict.standing_{code}" in codes(report)


def test_no_number_of_draws_shows_certainty(sample) -> None:
    for probability, text in ((1.0, "> 99 %"), (0.0, "< 1 %"), (0.5, "50 %")):
        report = changed(sample.report, case={"probability": probability, "reason": ""})
        shown = [say_line(line) for line in overview(report, scope=5).tiles[2].lines]
        assert any(text in line for line in shown)


def test_a_case_that_never_pays_says_so(sample) -> None:
    report = changed(sample.report, case={"payback_months": math.nan, "reason": ""})
    seen = overview(report, scope=5)
    assert "verdict.pays_not" in [line.code for line in seen.verdict]
    assert "tile.no_payback" in [line.code for line in seen.tiles[2].lines]


def test_four_sentences_in_the_order_they_are_asked(sample) -> None:
    """Cost and return, how sure, where we stand, what to decide; each number is the report's."""
    report = sample.report
    said_ = [say_line(line) for line in overview(report, scope=10).verdict]
    assert len(said_) == 4
    cost = report.case.cost_a_year
    assert f"{cost / 1000:.0f} k" in said_[0]
    assert f"{report.value.saving['value'] / 1000:.0f} k" in said_[0]
    assert f"{100 * report.case.probability:.0f} %" in said_[1]
    assert f"level {report.maturity.enterprise['level']} of 5" in said_[2]
    head = report.proposals.table.query("ripe").dropna(subset="rank").head(3)
    assert MONEY.write(head["value"].sum(), report.currency) in said_[3]


def test_what_has_paid_back_is_not_said_to_be_still_to_come(sample) -> None:
    measured = sample.report.case.months_measured
    for months, code in ((measured - 1.5, "has_paid"), (measured + 1.5, "will_pay")):
        report = changed(sample.report, case={"payback_months": months})
        assert f"verdict.{code}" in codes(report)
