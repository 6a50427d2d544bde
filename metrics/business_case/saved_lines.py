"""The lines of the programme's case: what was saved, by whom, and how well that is proven."""

from __future__ import annotations

import pandas as pd

from metrics.business_case.programme import NOTHING, Saved, Scenario
from metrics.frames.frame import iterate_rows
from metrics.portfolio.claims import BETWEEN, before_after_once

BEFORE_AFTER_GRADE, UNSHOWN_GRADE, SHOWN_GRADE, RANDOMISED_GRADE = "C", "C", "B", "A"


def scale_amounts(rows: pd.DataFrame, scenario: Scenario, amount: str = "saving") -> pd.DataFrame:
    """Return amounts under a what-if: a factor on them, and months they come later."""
    return rows.assign(
        **{amount: rows[amount] * scenario.adoption},
        month=rows["month"] + pd.DateOffset(months=scenario.delay),
    )


def expected_lines(lines: pd.DataFrame, saved: Saved) -> pd.DataFrame:
    """Return what initiatives save as lines of a case, with the grade of its evidence."""
    if lines.empty:
        return pd.DataFrame()
    shown = saved.claims["verdict"].isin(["helped", "harmed"])
    verdict = dict(zip(saved.claims["initiatives"], shown, strict=True))
    rows = []
    for group, one in lines.groupby("group", sort=False):
        members = saved.appraisal.names(int(group))
        earned = SHOWN_GRADE if verdict.get(BETWEEN.join(members)) else UNSHOWN_GRADE
        if earned == SHOWN_GRADE and set(members) <= set(saved.randomised):
            earned = RANDOMISED_GRADE
        rows.append(one.assign(grade=earned, change=saved.changes.get(members[0], "")))
    table = pd.concat(rows, ignore_index=True).rename(columns={"saving": "amount"})
    table = table.assign(benefit=table["name"], kpi=[_pool(saved, f) for f in table["function"]])
    return _as_lines(table)


def _pool(saved: Saved, function: str) -> str:
    pools = saved.claims.loc[saved.claims["function"] == function, "pool"]
    return str(pools.iloc[0]) if len(pools) else ""


def _as_lines(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(
        team="all",
        mechanism=table["benefit"],
        overlap_group=table["benefit"],
        mode=1.0,
        shape="normal",
        cash="cashable",
        layer="incremental",
    )


def before_after(saved: Saved, horizon: pd.DatetimeIndex, scenario: Scenario) -> pd.DataFrame:
    """Return what stands apart, level over the horizon from its start; for finance alone."""
    apart = before_after_once(saved.claims)
    starts = {one.name: one.start for one in saved.appraisal.starts}
    rows = []
    for one in iterate_rows(apart):
        members = str(one.initiatives).split(BETWEEN)
        begun = min(starts[name] for name in members) + pd.DateOffset(months=scenario.delay)
        months = horizon[horizon >= begun]
        rows.append(
            pd.DataFrame(
                {
                    "month": months,
                    "benefit": " + ".join(members),
                    "function": one.function,
                    "kpi": one.pool,
                    "amount": scenario.adoption * one.amount / 12,
                    "grade": BEFORE_AFTER_GRADE,
                    "change": saved.changes.get(members[0], ""),
                    "low": NOTHING,
                    "high": NOTHING,
                }
            )
        )
    if not rows:
        return pd.DataFrame()
    return _as_lines(pd.concat(rows, ignore_index=True)).assign(mode=NOTHING)


def no_benefits() -> pd.DataFrame:
    """Return the frame of benefits without a row."""
    texts = (
        "benefit",
        "function",
        "team",
        "mechanism",
        "kpi",
        "grade",
        "cash",
        "currency",
        "layer",
        "overlap_group",
        "transfer",
        "change",
        "shape",
    )
    empty = {name: pd.Series(dtype="str") for name in texts}
    numbers = {name: pd.Series(dtype=float) for name in ("amount", "low", "mode", "high")}
    return pd.DataFrame(empty | numbers | {"month": pd.Series(dtype="datetime64[us]")})
