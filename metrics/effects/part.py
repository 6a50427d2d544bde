"""What each initiative did: the panel from the records, the effect, and the money in it.

Treated teams, comparison teams and months are derived from the initiative's own record. Only
teams no initiative of the function ever touched serve as comparison: an already treated team
would hide part of the effect.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from metrics.effects import Effect, Panel, Verdict, estimate, exposure
from metrics.effects import rows as evidence
from metrics.effects.standing_out import drawn_as_they_were, without_standing_out
from metrics.errors import InvalidInput, NotEnoughData
from metrics.frames import (
    CONTRIBUTIONS,
    OBSERVATIONS,
    PROVISIONAL,
    RESTATEMENTS,
)
from metrics.frames.frame import iterate_rows
from metrics.functions import BY_KEY, KPI_OWNER, KPIS, MEASURES
from metrics.intervals import quantile
from metrics.measures.kpis import ObservationBlock, arrange
from metrics.model import ALL, Better, Kpi, teams_of
from metrics.portfolio.panel import AROUND_START
from metrics.units import UnitKind

LEVEL, MONEY_LEVEL = 95.0, 80.0
RAMP = 6
"""Months until an initiative has nine tenths of its effect (domain S2-07)."""
YEAR = 12
ANTICIPATION = -AROUND_START[0]
"""Months before a start that are left out: people prepare, and some begin early."""
GRADE = {Verdict.CAUSED: "B", Verdict.WENT_WITH: "C"}
RANDOMISED = "randomised"
"""Starts decided by lot: what such an initiative is shown to cause is evidence A."""

EFFECT_COLUMNS = [
    "initiative",
    "function",
    "teams",
    "kpi",
    "start",
    "end",
    "months_before",
    "months_after",
    "comparison_teams",
    "estimate",
    "low",
    "high",
    "level",
    "relative",
    "relative_low",
    "relative_high",
    "minimum_detectable",
    "design",
    "verdict",
    "grade",
    "saving",
    "saving_low",
    "saving_high",
    "saving_level",
    "reason",
    "expected",
    "comparison",
    *evidence.LASTING_COLUMNS,
    *evidence.TOGETHER_COLUMNS,
]
PATH_COLUMNS = ["initiative", "period", "actual", "expected", "low", "high"]
CHECK_COLUMNS = ["initiative", "name", "status", "code", "facts"]
CLAIM_COLUMNS = ["function", "name", "kpi", "month", "saving", "grade", "low", "high"]


@dataclass(frozen=True)
class EffectsPart:
    """Effects of all initiatives, with their paths, checks and the savings they claim.

    Attributes
    ----------
    effects : DataFrame
        One row per initiative. ``relative`` is a fraction of what was expected; ``saving`` is
        the amount a year at the level reached after the ramp, NaN where the KPI is no cost.
        ``expected`` is the relative change its owners expect; ``steady`` the level reached after
        the ramp, in the KPI's unit; ``adjusted`` and ``shrunk`` speak of it among all others.
    paths : DataFrame
        Actual and expected KPI of the treated teams by month.
    checks, notes : DataFrame
        Every check with its status, code and facts (JSON); why this design, likewise.
    designs : DataFrame
        Every design side by side, in the KPI's unit.
    months : DataFrame
        Effect by months since the start with pointwise bounds, in the KPI's unit.
    saved : DataFrame
        Saving by month since the start, and ``total`` so far with its band, for cost KPIs.
    others : DataFrame
        Every other KPI of the function: relative effect with its interval, and whether it stands
        out of all of them under false-discovery control.
    moderators : DataFrame
        What goes with more effect, as ``metrics.exposure.moderators``.
    survival : DataFrame
        Share of initiatives still run by month since the start, with bounds.
    noise : DataFrame
        Standard error after so many months as a fraction of the expected level, for planning.
    claims, monthly : DataFrame
        Savings by month under the first definition (effects shown, one by one), by initiative
        and added up: what forecasts issued under it are scored by.
    together : DataFrame
        ``month``, ``saving``: what everything compared saved, as ``metrics.portfolio`` appraises.
    saving, saving_low, saving_high : float
        A year's saving of everything compared, as ``metrics.portfolio`` appraises it.
    """

    effects: pd.DataFrame
    paths: pd.DataFrame
    checks: pd.DataFrame
    notes: pd.DataFrame
    designs: pd.DataFrame
    months: pd.DataFrame
    saved: pd.DataFrame
    others: pd.DataFrame
    moderators: pd.DataFrame
    survival: pd.DataFrame
    noise: pd.DataFrame
    claims: pd.DataFrame
    monthly: pd.DataFrame
    together: pd.DataFrame
    saving: float
    saving_low: float
    saving_high: float
    saving_level: float
    reason: str


def effects(
    observations: pd.DataFrame,
    initiatives: pd.DataFrame,
    contributions: pd.DataFrame | None = None,
    restatements: pd.DataFrame | None = None,
) -> EffectsPart:
    """Estimate the effect of every initiative on the KPI it was started for.

    Parameters
    ----------
    observations, initiatives, contributions, restatements : DataFrame
        Frames of the same names; the last two may be missing.
    """
    contributed = CONTRIBUTIONS.empty() if contributions is None else contributions
    restated = RESTATEMENTS.empty() if restatements is None else restatements
    earlier = exposure.first_reported(observations, restated)
    rows: list[dict] = []
    found: dict[str, _Found] = {}
    now, before = _blocks(observations), _blocks(earlier)
    for one in iterate_rows(initiatives):
        row = {
            "initiative": one.initiative,
            "function": one.function,
            "teams": one.teams,
            "kpi": one.kpi,
            "start": one.start,
            "end": one.end,
            "level": LEVEL,
            "verdict": str(Verdict.CANNOT_TELL),
            "expected": one.expected,
        }
        try:
            kpi = _named_kpi(one)
            known = {"dose": exposure.dose(one, contributed)}
            if earlier is not None:
                first = outcome_and_volume(before(one.function), kpi)[0]
                known["earlier"] = without_standing_out(first)[0]
            found[one.initiative] = _estimate_one(now(one.function), kpi, one, initiatives, known)
        except (NotEnoughData, InvalidInput) as refused:
            rows.append(row | {"reason": refused.code})
            continue
        rows.append(row | found[one.initiative].row)
    wholes = {name: one.whole for name, one in found.items()}
    table = _table(rows, wholes)
    claimed = _join_found(found, "claims", CLAIM_COLUMNS, "name")
    as_of = observations["month"].max()
    return EffectsPart(
        effects=table,
        paths=_join_found(found, "path", PATH_COLUMNS),
        checks=_join_found(found, "checks", CHECK_COLUMNS),
        notes=_join_found(found, "notes", evidence.NOTE_COLUMNS),
        designs=_join_found(found, "designs", evidence.DESIGN_COLUMNS),
        months=_join_found(found, "months", evidence.MONTH_COLUMNS),
        saved=_join_found(found, "saved", evidence.SAVED_COLUMNS),
        others=evidence.mark_discoveries(
            _join_found(found, "others", evidence.OTHER_COLUMNS), LEVEL
        ),
        moderators=exposure.moderators(table, initiatives, contributed, as_of, LEVEL),
        survival=exposure.survival(initiatives, as_of),
        noise=_join_found(found, "noise", evidence.NOISE_COLUMNS),
        claims=claimed,
        monthly=_by_month(claimed),
        together=_by_month(claimed.iloc[:0]),
        saving=np.nan,
        saving_low=np.nan,
        saving_high=np.nan,
        saving_level=MONEY_LEVEL,
        reason="no_initiatives" if table.empty else "not_valued",
    )


def _blocks(observations: pd.DataFrame | None) -> Callable[[str], ObservationBlock]:
    """Return what arranges a function's observations; they are read and arranged once."""
    read = cache(lambda: arrange(OBSERVATIONS.empty() if observations is None else observations))
    return cache(lambda function: read().block(BY_KEY[function]))


def _table(rows: list[dict], wholes: dict[str, Effect]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=EFFECT_COLUMNS).drop(columns=evidence.TOGETHER_COLUMNS)
    table = table.join(evidence.shrink_together(wholes), on="initiative")[EFFECT_COLUMNS]
    texts = (
        "initiative",
        "function",
        "teams",
        "kpi",
        "verdict",
        "design",
        "grade",
        "reason",
        "comparison",
    )
    for name in EFFECT_COLUMNS:
        if name in texts:
            table[name] = table[name].astype("str").fillna("")
        elif name not in ("start", "end"):
            table[name] = table[name].astype(float)
    return table


def _join_found(
    found: dict[str, _Found], field: str, columns: list[str], name: str = "initiative"
) -> pd.DataFrame:
    pieces = [
        getattr(one, field).assign(**{name: key})
        for key, one in found.items()
        if getattr(one, field) is not None
    ]
    return (
        pd.concat(pieces, ignore_index=True)[columns] if pieces else pd.DataFrame(columns=columns)
    )


def _by_month(claims: pd.DataFrame) -> pd.DataFrame:
    if claims.empty:
        return pd.DataFrame({"month": pd.Series(dtype="datetime64[us]"), "saving": []})
    # An initiative whose last month is missing would make the total drop: end where all speak.
    last = claims.groupby("name")["month"].max().min()
    total = claims.groupby("month", as_index=False)["saving"].sum()
    return total[total["month"] <= last]


@dataclass(frozen=True)
class _Found:
    row: dict
    whole: Effect
    path: pd.DataFrame
    checks: pd.DataFrame
    notes: pd.DataFrame
    designs: pd.DataFrame
    months: pd.DataFrame
    others: pd.DataFrame
    noise: pd.DataFrame
    saved: pd.DataFrame | None
    claims: pd.DataFrame | None


def _named_kpi(one) -> Kpi:
    if one.function not in BY_KEY:
        raise InvalidInput("initiative_function_unknown", function=one.function)
    if one.kpi not in KPIS or KPI_OWNER[one.kpi] != one.function:
        raise InvalidInput("initiative_kpi_unknown", kpi=one.kpi)
    if pd.isna(one.start):
        raise InvalidInput("initiative_without_start", initiative=one.initiative)
    return KPIS[one.kpi]


def _estimate_one(
    arranged: ObservationBlock, kpi: Kpi, one, initiatives: pd.DataFrame, known: dict[str, Any]
) -> _Found:
    outcome, volume = outcome_and_volume(arranged, kpi)
    same = initiatives[initiatives["function"] == one.function]
    touched = {t for teams in same["teams"] for t in teams_of(teams)}
    treated = [t for t in teams_of(one.teams) if t in outcome]
    controls = [t for t in outcome if t not in touched]
    if not treated:
        raise NotEnoughData(0, 1, "treated_teams")
    actual = outcome[[*treated, *controls]].dropna()
    panel_data, standing_out = without_standing_out(actual)
    before = int((panel_data.index < one.start).sum())
    after = int((panel_data.index >= one.start).sum())
    if before < YEAR:
        raise NotEnoughData(before, YEAR, "months_before_start")
    if after < 1:
        raise NotEnoughData(after, 1, "months_after_start")
    # An initiative that was given up: its months are the treatment, what follows is decay.
    stopped = one.end + pd.DateOffset(months=1) if pd.notna(one.end) else None
    stop = stopped if stopped is not None and stopped <= panel_data.index[-1] else None
    panel = Panel(
        panel_data,
        dict.fromkeys(treated, one.start),
        season=12,
        stop=stop,
        anticipation=ANTICIPATION,
        unit=kpi.unit.kind.value,
    )
    others = tuple(
        (other.initiative, team, other.start)
        for other in iterate_rows(same.dropna(subset="start"))
        if other.initiative != one.initiative
        for team in teams_of(other.teams)
    )
    whole = estimate(panel, level=LEVEL, others=others, **known)
    whole = drawn_as_they_were(whole, actual[treated], standing_out)
    row = {
        "months_before": before,
        "months_after": after,
        "comparison_teams": len(controls),
        "estimate": whole.estimate,
        "low": whole.low,
        "high": whole.high,
        "relative": whole.relative.estimate,
        "relative_low": whole.relative.low,
        "relative_high": whole.relative.high,
        "minimum_detectable": whole.minimum_detectable,
        "design": whole.design,
        "verdict": str(whole.verdict),
        "grade": _grade(whole.verdict, one),
        "reason": "",
        "comparison": "; ".join(controls),
    }
    helps = (whole.estimate > 0) == (kpi.better is Better.HIGHER)
    row |= evidence.persistence_figures(
        whole, None if stop is None else _months_between(one.start, stop)
    )
    claims = saved = None
    if is_cost(kpi):
        path = whole.path[whole.path["period"] >= one.start]
        quantity = volume.loc[path["period"], treated].sum(axis=1).to_numpy() / kpi.scale
        saved = evidence.cumulative_saving(whole, quantity)
        if whole.verdict in GRADE and helps:
            claims = _claims(whole, path, quantity, row["grade"]).assign(
                function=one.function, kpi=kpi.key
            )
    listed = [
        {
            "name": c.name,
            "status": str(c.status),
            "code": c.code,
            "facts": json.dumps(dict(c.facts), default=str, sort_keys=True),
        }
        for c in whole.checks
    ]
    return _Found(
        row,
        whole,
        whole.path,
        pd.DataFrame(listed),
        notes=pd.DataFrame(evidence.notes(whole)),
        others=_estimate_other_kpis(arranged, kpi, panel),
        designs=evidence.designs(panel, whole),
        months=whole.by_month_since_start,
        noise=evidence.noise(panel, whole),
        saved=saved,
        claims=claims,
    )


def _grade(verdict: Verdict, one) -> str:
    if verdict is Verdict.CAUSED and one.assignment == RANDOMISED:
        return "A"
    return GRADE.get(verdict, "")


def _estimate_other_kpis(arranged: ObservationBlock, judged: Kpi, panel: Panel) -> pd.DataFrame:
    """What else moved in the same teams: one quick estimate for each other KPI."""
    rows = []
    for kpi in BY_KEY[KPI_OWNER[judged.key]].kpis:
        if kpi.key == judged.key:
            continue
        outcome = outcome_and_volume(arranged, kpi)[0]
        names = [name for name in panel.outcome.columns if name in outcome]
        treated = {name: start for name, start in panel.starts.items() if name in names}
        other = without_standing_out(outcome[names].dropna())[0]
        if not treated or (other.index < min(treated.values())).sum() < YEAR:
            continue
        try:
            found = evidence.quick_estimate(replace(panel, outcome=other, starts=treated), LEVEL)
        except (NotEnoughData, InvalidInput):
            continue
        rows.append({"kpi": kpi.key} | found)
    return pd.DataFrame(rows, columns=evidence.OTHER_COLUMNS[1:])


def _months_between(start: pd.Timestamp, stop: pd.Timestamp) -> int:
    return (stop.year - start.year) * YEAR + stop.month - start.month


def is_cost(kpi: Kpi) -> bool:
    numerator = MEASURES[kpi.numerator[0]]
    return numerator.unit.kind is UnitKind.MONEY and kpi.better is Better.LOWER


def outcome_and_volume(arranged: ObservationBlock, kpi: Kpi) -> tuple[pd.DataFrame, pd.DataFrame]:
    """KPI and denominator by month and team, final months only."""
    cells = arranged.level(None, ALL)
    top, _, why_top = cells.terms(kpi.numerator)
    bottom, _, why_bottom = cells.terms(kpi.denominator)
    reasons = np.array(arranged.reasons, dtype=object)[np.maximum(why_top, why_bottom)]
    moving = np.isin(reasons, PROVISIONAL)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where((bottom > 0) & ~moving, top / bottom, np.nan) * kpi.scale
    if kpi.key in cells.hidden:
        # A team with a group under five in any month would take the month from all others.
        value[cells.hidden[kpi.key].any(axis=1)] = np.nan
    frame = pd.DataFrame(value.T, index=arranged.months, columns=list(cells.teams))
    volume = pd.DataFrame(bottom.T, index=arranged.months, columns=list(cells.teams))
    known = frame.dropna(axis=1, how="all")
    # Months before everybody reports, and after the last final one, are not part of the panel.
    complete = known.dropna()
    return known.loc[complete.index.min() : complete.index.max()] if len(
        complete
    ) else known, volume


def _claims(whole: Effect, path: pd.DataFrame, quantity: np.ndarray, grade: str) -> pd.DataFrame:
    saving = (path["expected"] - path["actual"]).to_numpy() * quantity
    spread = quantile(80) * whole.standard_error / abs(whole.estimate)
    return pd.DataFrame(
        {
            "month": path["period"].to_numpy(),
            "saving": saving,
            "grade": grade,
            "low": 1 - spread,
            "high": 1 + spread,
        }
    )
