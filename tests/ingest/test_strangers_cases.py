"""Small inputs of strangers give exactly the figures their README says, or say why not."""

from __future__ import annotations

import math

import pytest

from ingest import intake
from metrics.model import Profile
from tests.support.places import STRANGERS

FOLDER = STRANGERS / "cases"
JAN, FEB, MAR = "2025-01", "2025-02", "2025-03"
Q1 = (JAN, FEB, MAR)


def _months(months: tuple[str, ...], **measures: object) -> dict[tuple[str, str], float]:
    """Return (measure, month) → value; one number stands for every month."""
    return {
        (measure, month): float(value)
        for measure, values in measures.items()
        for month, value in zip(
            months,
            values if isinstance(values, tuple) else (values,) * len(months),
            strict=True,
        )
    }


ADS = _months(Q1, ad_spend=(170.5, 154, 170.5), clicks=(310, 280, 310))
HALF = tuple(f"2025-{month:02d}" for month in range(1, 7))
CASES: dict[str, tuple[dict[tuple[str, str], float], tuple[str, ...]]] = {
    "f01.xlsx": (
        _months(Q1, tickets=(6, 4, 5), resolved_tickets=(6, 4, 5), resolution_hours=(60, 40, 50))
        | _months(Q1, ratings=(3, 2, 2), positive_ratings=(3, 2, 2)),
        (),
    ),
    "f02b.csv": (
        _months((JAN, FEB), tickets=(310, 280), resolved_tickets=(248, 224)),
        ("days_added_up",),
    ),
    "f03.csv": (_months(Q1, tickets=(5, 7, 4)), ("columns_absent",)),
    "f04.csv": (_months(Q1, promoters=(3, 2, 4), passives=1, detractors=1), ()),
    "f05.csv": (_months(Q1, promoters=(3, 2, 2), passives=1, detractors=1), ()),
    "f05b.csv": (_months(Q1, promoters=(3, 2, 2), passives=1, detractors=1), ()),
    "f05c.csv": (
        _months(Q1, questions=4, answered_questions=2, question_views=(218, 222, 226)),
        ("only_questions_counted",),
    ),
    "f06.csv": (_months(Q1, work_items=6, resolved_items=4, item_days=20, timed_items=2), ()),
    "f07.csv": (
        _months(Q1, posts=8, post_impressions=(836, 900, 964), engagements=48)
        | _months(Q1, reactions=24, comments=16, shares=8),
        ("ids_damaged",),
    ),
    "f08.csv": (_months(Q1, purchase_orders=8, order_spend=8000, contract_spend=2000), ()),
    "f09.xlsx": (
        _months(HALF, tickets=(150, 152, 154, 156, 158, 160))
        | _months(HALF, resolved_tickets=(75, 77, 79, 81, 83, 85)),
        ("periods_left_out",),
    ),
    "f09d.xlsx": (
        _months(HALF, tickets=(150, 152, 154, 156, 158, 160))
        | _months(HALF, resolved_tickets=(75, 77, 79, 81, 83, 85)),
        (),
    ),
    "f09e.xlsx": (_months(Q1, tickets=(150, 152, 154), resolved_tickets=(75, 77, 79)), ()),
    "f10b.csv": (ADS | _months(Q1, impressions=(3100, 2800, 3100)), ()),
    "f11a.csv f11b.csv": (
        ADS | _months(Q1, enquiries=(31, 28, 31), impressions=(3596, 3206, 3596)),
        ("rows_in_two_files",),
    ),
    "f12.csv": (_months(Q1, tickets=(6, 4, 5)), ()),
    "f12b.csv": (_months(Q1, tickets=(5, 4, 5)), ("not_a_date",)),
    "f13.csv": (_months(Q1, posts=5, post_impressions=1010), ("heading_twin_blank",)),
    "f15.csv": (
        _months(Q1, deals_won=3, deals_lost=1, won_value=3000)
        | _months(("2024-09", "2024-10", "2024-11"), opportunities=4),
        (),
    ),
    "f15b.csv": (_months(Q1, deals_won=2, deals_lost=1, won_value=2000), ()),
    "f15d.csv": (
        _months(Q1, deals_won=5, source_known_value=2000, won_value=5000, referral_won_value=1000),
        (),
    ),
    "f16.csv": (_months(Q1, purchase_orders=2, order_spend=2000, contract_spend=1000), ()),
    "f18.csv": (_months(Q1, tickets=5), ()),
    "f19.csv": (
        _months(("2024-12", *Q1), ad_spend=(70, 280, 280, 280)),
        ("rows_are_weeks",),
    ),
}
"""Files → figures summed over teams and items, and the findings that must be said."""
TEAMS = {"f01.xlsx": {"North": (3, 2, 2), "South": (3, 2, 3)}, "f03.csv": {"Desk A": (5, 7, 4)}}


def _taken(names: str) -> intake.Intake:
    files = [(name, (FOLDER / name).read_bytes()) for name in names.split()]
    return intake.check(files, Profile("Strangers", (), currency="EUR"))


@pytest.mark.skipif(not FOLDER.is_dir(), reason="the cases of strangers are not on this machine")
@pytest.mark.parametrize("names", CASES)
def test_a_strangers_case(names: str) -> None:
    wanted, codes = CASES[names]
    taken = _taken(names)
    rows = taken.frames["observations"].copy()
    rows["month"] = rows["month"].dt.strftime("%Y-%m")
    found = rows.groupby(["measure", "month"])["value"].sum(min_count=1)
    got = {key: float(found.get(key, math.nan)) for key in wanted}
    assert got == pytest.approx(wanted, nan_ok=False)
    counted = set(found.dropna().index)
    extra = {key for key in counted if key[0] in {measure for measure, _ in wanted}} - set(wanted)
    assert not {key for key in extra if found[key]}, "no figure in other months"
    assert set(codes) <= {finding.code for finding in taken.findings}
    for team, tickets in TEAMS.get(names, {}).items():
        own = rows[(rows["team"] == team) & (rows["measure"] == "tickets")]
        assert tuple(own.groupby("month")["value"].sum()) == tickets


@pytest.mark.skipif(not FOLDER.is_dir(), reason="the cases of strangers are not on this machine")
def test_deleted_lines_leave_suppliers_too() -> None:
    statistics = _taken("f16.csv").frames["statistics"]
    active = statistics[statistics["statistic"] == "active_suppliers"]
    assert set(active["value"]) == {2.0}
