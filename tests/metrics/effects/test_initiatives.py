"""What each initiative did, against the known truth of the sample company."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from metrics.effects.part import effects
from metrics.frames import INITIATIVES, MONTH_NOT_OVER
from tests.support.initiatives import MONTHS, START, initiative, observed, support


@pytest.fixture(scope="module")
def found(sample) -> pd.DataFrame:
    return sample.report.effects.effects.set_index("initiative")


def true_change(sample, initiative: dict, kpi: str) -> float:
    """True relative change of the KPI over all months since the start, mean over its teams.

    A stopped initiative is compared while it ran, as the estimate says.
    """
    months = pd.PeriodIndex(sample.truth["months"], freq="M")
    after = months >= pd.Period(initiative["start"])
    if initiative["abandoned_after_months"]:
        after &= months < pd.Period(initiative["start"]) + initiative["abandoned_after_months"]
    paths = initiative["kpi_effects"][kpi]["path"]
    return float(np.mean([np.array(path)[after].mean() for path in paths.values()]))


def test_every_initiative_has_its_row(sample, found) -> None:
    assert set(found.index) == {i["name"] for i in sample.truth["initiatives"]}
    assert (found["reason"] == "").all()


def test_true_effects_lie_in_their_intervals(sample, found) -> None:
    """Fourteen true effects in 95 % intervals; all of them, as it happens."""
    missed = {}
    for each in sample.truth["initiatives"]:
        row = found.loc[each["name"]]
        truth = true_change(sample, each, row["kpi"])
        if not row["relative_low"] <= truth <= row["relative_high"]:
            missed[each["id"]] = (truth, row["relative_low"], row["relative_high"])
    assert not missed


def test_what_does_nothing_is_not_shown(sample, found) -> None:
    idle = [i["name"] for i in sample.truth["initiatives"] if i["does_nothing"]]
    assert idle
    for name in idle:
        assert found.loc[name, "verdict"] == "not shown"
        assert found.loc[name, "grade"] == ""
        claims = sample.report.effects.claims
        assert not (claims["name"] == name).any()


def test_no_shown_effect_has_the_wrong_sign(sample, found) -> None:
    for each in sample.truth["initiatives"]:
        row = found.loc[each["name"]]
        if row["grade"]:
            truth = true_change(sample, each, row["kpi"])
            assert np.sign(row["estimate"]) == np.sign(truth), each["id"]


def test_the_years_saving_contains_the_true_one(sample, found) -> None:
    part = sample.report.effects
    # Everything compared is in it, shown or not, harm with its sign.
    counted = found.dropna(subset="saving")
    truth = sum(
        i["saving_last_12_months"]
        for i in sample.truth["initiatives"]
        if i["name"] in counted.index
    )
    assert part.saving_low < truth < part.saving_high
    assert part.saving == pytest.approx(counted["saving"].sum())


def test_claims_add_up_to_the_monthly_saving(sample) -> None:
    part = sample.report.effects
    added = part.claims.groupby("month")["saving"].sum()
    monthly = part.monthly.set_index("month")["saving"]
    assert monthly.to_numpy() == pytest.approx(added[monthly.index].to_numpy(), rel=1e-12)


def test_a_known_effect_and_the_money_in_it() -> None:
    """−2 a resolution at 100 resolutions a month is 2,400 a year."""
    part = effects(observed(support()), initiative())
    row = part.effects.iloc[0]
    assert row["low"] < -2 < row["high"]
    assert row["estimate"] == pytest.approx(-2, abs=0.3)
    assert (row["verdict"], row["grade"], row["comparison_teams"]) == ("caused", "B", 5)
    assert part.monthly["month"].min() == START
    assert part.claims["saving"].sum() == pytest.approx(2_400, rel=0.15)


def test_an_effect_for_the_worse_is_shown_and_claims_nothing() -> None:
    part = effects(observed(support(effect=2.0)), initiative())
    assert part.effects.iloc[0]["verdict"] == "caused"
    assert part.claims.empty
    # What it is worth is said by the appraisal of cost, not by the design of one effect.
    assert math.isnan(part.effects.iloc[0]["saving"])
    assert (math.isnan(part.saving), part.reason) == (True, "not_valued")


def test_touched_teams_are_no_comparison() -> None:
    table = pd.concat([initiative(), initiative(initiative="Later", teams="T1; T2")])
    part = effects(observed(support()), table)
    assert list(part.effects["comparison_teams"]) == [3, 3]


def test_the_month_that_is_not_over_is_not_part_of_it() -> None:
    frame = observed(support())
    frame.loc[frame["month"] == MONTHS[-1], ["value", "reason"]] = [1.0, MONTH_NOT_OVER]
    part = effects(frame, initiative())
    assert part.paths["period"].max() == MONTHS[-2]
    assert part.effects.iloc[0]["estimate"] == pytest.approx(-2, abs=0.3)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"kpi": "win_rate"}, "initiative_kpi_unknown"),
        ({"function": "astrology"}, "initiative_function_unknown"),
        ({"start": pd.NaT}, "initiative_without_start"),
        ({"teams": "Nobody"}, "not_enough_data"),
        ({"start": pd.Timestamp("2023-04-01")}, "not_enough_data"),
        ({"start": pd.Timestamp("2027-01-01")}, "not_enough_data"),
    ],
)
def test_what_cannot_be_told_says_why(changed, reason) -> None:
    part = effects(observed(support()), initiative(**changed))
    row = part.effects.iloc[0]
    assert (row["verdict"], row["reason"]) == ("cannot tell", reason)
    assert np.isnan(row[["estimate", "low", "high", "saving"]].astype(float)).all()
    assert part.claims.empty


def test_no_initiatives_no_effects() -> None:
    part = effects(observed(support()), INITIATIVES.empty())
    assert (len(part.effects), part.reason) == (0, "no_initiatives")
