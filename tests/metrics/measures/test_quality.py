"""Plausibility across cells: each check fires on what it is for and stays silent on its like."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from metrics.frames import OBSERVATIONS
from metrics.measures.quality import examine

CALM = [100, 104, 98, 101, 97, 103, 99, 102, 100, 101, 98, 103]


def typed(values, measure="tickets", function="support", team="North", start="2025-01", **more):
    """Rows of a summary sheet, one cell each."""
    months = pd.date_range(start, periods=len(values), freq="MS")
    rows = pd.DataFrame(
        {
            "function": function,
            "team": team,
            "item": "all",
            "constituency": "all",
            "month": months,
            "measure": measure,
            "value": np.array(values, dtype=float),
            "place": [f"a.xlsx › Support!C{i + 2}" for i in range(len(values))],
            **more,
        }
    )
    return OBSERVATIONS.conform(rows.dropna(subset="value"))


def counted(values, **more):
    """Rows counted from records: no cell, a file with a filter."""
    rows = typed(values, **more)
    return rows.assign(place=[f"t.csv, 9 rows, opened in {m:%Y-%m}" for m in rows["month"]])


def codes(rows, old=None):
    return {finding.code for finding in examine(rows, old)}


def both(*frames):
    return OBSERVATIONS.conform(pd.concat(frames, ignore_index=True))


def test_calm_figures_have_no_finding():
    assert codes(both(typed(CALM), typed(CALM, "support_cost"), counted(CALM, team="x"))) == set()


def test_a_slipped_decimal_is_named_with_its_cell():
    found = [f for f in examine(typed([*CALM[:6], 1030, *CALM[6:]])) if f.code == "month_jumps"]
    assert [str(f.place) for f in found] == ["a.xlsx › Support!C8"]
    assert found[0].facts["month"] == "2025-07"


@pytest.mark.parametrize("level", [[100] * 6 + [500] * 6, [3, 1, 9, 0, 2, 30, 1, 4, 2, 8, 1, 5]])
def test_a_new_level_and_small_numbers_are_no_jump(level):
    assert "month_jumps" not in codes(typed(level))


def test_the_ends_of_counted_records_are_no_jump():
    assert "month_jumps" not in codes(counted([3, *CALM, 2]))
    assert "month_jumps" in codes(counted([*CALM[:6], 3, *CALM[6:]]))


def test_a_month_missing_inside_a_series_is_a_gap():
    rows = typed(CALM)
    assert "months_missing" in codes(rows[rows["month"] != "2025-05-01"])
    assert "months_missing" not in codes(rows[rows["month"] > "2025-02-01"])
    thin = rows[rows["month"].dt.month.isin([1, 4, 8, 12])]
    assert "months_missing" not in codes(thin)


def test_a_gap_of_records_is_told_once_for_all_figures_of_a_function():
    pieces = [counted(CALM, measure=m) for m in ("tickets", "resolved_tickets", "routed_tickets")]
    rows = both(*pieces)
    found = examine(rows[rows["month"] != "2025-05-01"])
    gaps = [f for f in found if f.code == "months_missing"]
    assert len(gaps) == 1
    assert "and 2 further figures" in gaps[0].facts["measure"]


def test_cost_without_volume():
    cost = typed([1000.0] * 6, "support_cost")
    done = [50, 51, np.nan, 52, 50, 49]
    assert "cost_without_volume" in codes(both(cost, typed(done, "resolved_tickets")))
    assert "cost_without_volume" not in codes(both(cost, typed([50] * 6, "resolved_tickets")))
    assert "cost_without_volume" not in codes(cost), "volume may come from elsewhere"


def test_a_part_above_its_whole_is_an_error_and_counts_as_missing():
    from ingest.intake import check

    sheet = (
        b"Month,Team,Tickets with a service level,Tickets within service level\n"
        b"2025-01,North,100,90\n2025-02,North,100,110\n"
    )
    found = check([("s.csv", sheet)])
    wrong = [f for f in found.findings if f.code == "share_above_one"]
    assert [(f.severity.value, str(f.place)) for f in wrong] == [("error", "s.csv › D3")]
    rows = found.frames["observations"].set_index(["measure", "month"])["value"]
    assert np.isnan(rows["sla_met_tickets", pd.Timestamp("2025-02-01")])
    assert rows["sla_met_tickets", pd.Timestamp("2025-01-01")] == 90
    assert rows["sla_tickets", pd.Timestamp("2025-02-01")] == 100


def test_a_share_that_leaps_and_one_that_moves():
    whole = typed([100] * 6, "sla_tickets")
    assert "share_leaps" in codes(both(whole, typed([90, 91, 60, 61, 62, 60], "sla_met_tickets")))
    calm = typed([90, 80, 70, 60, 50, 40], "sla_met_tickets")
    assert "share_leaps" not in codes(both(whole, calm))
    few = both(typed([8] * 6, "sla_tickets"), typed([8, 2, 8, 2, 8, 2], "sla_met_tickets"))
    assert "share_leaps" not in codes(few)


def test_a_running_total_and_a_growing_series():
    assert "running_total" in codes(typed(np.cumsum(CALM)))
    assert "running_total" not in codes(typed([100 * 1.05**i for i in range(12)]))
    assert "running_total" not in codes(typed([100 + 10 * i for i in range(12)]))


def test_a_stock_may_rise_as_it_likes():
    customers = typed(np.cumsum(CALM), "active_customers", "company")
    assert "running_total" not in codes(customers)


def test_the_same_months_under_other_teams_would_count_twice():
    old = both(typed([60.0] * 4, team="North"), typed([40.0] * 4, team="South"))
    whole = typed([100.0] * 4, team="all")
    renamed = both(typed([60.0] * 4, team="Nord"), typed([40.0] * 4, team="Süd"))
    new_teams = typed([25.0] * 4, team="West")
    assert "same_under_other_teams" in codes(whole, old)
    assert "same_under_other_teams" in codes(renamed, old)
    assert "same_under_other_teams" not in codes(new_teams, old)
    assert "same_under_other_teams" not in codes(old, old)
    assert "same_under_other_teams" not in codes(
        whole.assign(month=pd.Timestamp("2030-01-01")), old
    )


def test_a_later_export_that_shrinks_a_month():
    old = typed(CALM)
    less = old.assign(value=old["value"].where(old["month"] != "2025-03-01", 60.0))
    assert "month_shrank" in codes(less, old)
    assert "month_shrank" not in codes(old.assign(value=old["value"] * 1.2), old)
    assert "month_shrank" not in codes(old.assign(value=old["value"] * 0.97), old)


def test_mixed_currencies_in_one_column():
    from ingest.intake import check
    from metrics.model import Profile

    client = Profile("x", ("support",), currency="EUR", exchange_rates={"USD": 0.9})

    def found(second: str) -> set[str]:
        sheet = f"Month;Support cost\n2025-01;€ 100,50\n2025-02;{second}\n2025-03;€ 90,10\n"
        return {f.code for f in check([("s.csv", sheet.encode())], client).findings}

    assert "mixed_currencies" in found("USD 120,20")
    assert "mixed_currencies" not in found("€ 120,20")


def test_many_findings_of_a_kind_are_counted_not_listed():
    rows = both(*(typed([*CALM[:6], 1030, *CALM[6:]], team=f"T{n}") for n in range(30)))
    found = [f for f in examine(rows) if f.code in ("month_jumps", "more_like_this")]
    assert len(found) == 13
    assert found[-1].count == 18
