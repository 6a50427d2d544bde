"""The tuning part of a report: what is known, proposed and decided, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from metrics.assumptions import Assumptions
from metrics.effects.part import EffectsPart
from metrics.errors import AttuneError, NotEnoughData
from metrics.forecast.issued import points
from metrics.frames.decisions import BENEFIT, PLAN, WITHOUT
from metrics.frames.frame import iterate_rows
from metrics.intervals import error_of
from metrics.model import ALL, Snapshot
from metrics.tuning import cycles as rhythm
from metrics.tuning import inputs, ledger
from metrics.tuning.allocation import LEVEL, Allocation, Limits, allocate
from metrics.tuning.calibration import reliability, width_factor
from metrics.tuning.prediction import course, predict
from metrics.tuning.proposals import first_tests, tests
from metrics.tuning.realisation import realisation
from metrics.tuning.response import FunctionHistory, Response, respond
from metrics.tuning.running import LoopPart, known_scores

LEVELS = (50.0, 80.0, 95.0)
PREDICTION_COLUMNS = ["function", "initiative", "team", "scenario", "level", "mean", "low", "high"]


@dataclass(frozen=True)
class TuningPart:
    """Measured, modelled, decided, and what became of it.

    Attributes
    ----------
    table : DataFrame
        One row per function: the columns of ``Allocation.table``, ``curvature``, ``weight`` (share
        of its own data in the return), ``raw`` and ``raw_error``, ``source`` of evidence, and
        measured ``benefit`` and ``spent`` a month over the last twelve; ``cashable`` savings a
        month, own people's ``hours_per_unit`` of cost (NaN where nobody booked any).
    draws : DataFrame
        ``draw``, ``function``, ``marginal``, ``curvature``: what every probability is read from.
    predictions : DataFrame
        ``function``, ``scenario`` (plan, without), ``level``, ``mean``, ``low``, ``high`` of the
        mean month of the next cycle; widths already carry the calibration factor. Rows of an
        ``initiative`` speak of the benefit of its ``team`` (its teams) and have no plan.
    ledger : DataFrame
        As ``ledger.ledger``.
    reliability : DataFrame
        ``kind`` (all, function, owner, by), ``name`` and the columns of ``reliability``.
    cycles : DataFrame
        As ``cycles.cycles``.
    tests, schedule : DataFrame
        As ``proposals.tests``: what would tell, and its calendar.
    realisation : DataFrame
        As ``realisation.realisation``: initiatives, promised against delivered.
    plan : dict
        ``total``, ``gain``, ``low``, ``high``, ``level``, ``probability``, ``moved`` a month;
        ``net_cost`` over ``horizon`` months and the probability ``free`` that it is none;
        ``multiplier`` with its ``weight`` and number ``seen``; width ``factor`` and
        ``scored``; ``cycle``, ``evidence`` (ISO month), ``months`` of a cycle, ``seed``.
    reason : str
        Why there is no plan, otherwise "".
    """

    table: pd.DataFrame
    draws: pd.DataFrame
    predictions: pd.DataFrame
    ledger: pd.DataFrame
    reliability: pd.DataFrame
    cycles: pd.DataFrame
    tests: pd.DataFrame
    schedule: pd.DataFrame
    realisation: pd.DataFrame
    plan: dict[str, Any]
    reason: str


def tuning(
    snapshot: Snapshot, assumptions: Assumptions, loop: LoopPart, compared: EffectsPart
) -> TuningPart:
    """Put the loop together for one client."""
    months = inputs.months_of(snapshot)
    histories = inputs.histories(snapshot, compared.effects)
    decisions, issued = snapshot["decisions"], snapshot["issued_forecasts"]
    scores = known_scores(snapshot, loop.pending)
    pace = rhythm.Rhythm.MONTH if assumptions["cycle_months"] < 2 else rhythm.Rhythm.QUARTER
    found = points(issued, loop.actuals.assign(kpi=BENEFIT))
    evidence = months[-1] if len(months) else None
    facts: dict[str, Any] = {
        "cycle": rhythm.name_of(evidence, pace) if evidence is not None else "",
        "evidence": f"{evidence:%Y-%m}" if evidence is not None else "",
        "months": pace.months,
        "seed": assumptions.whole("seed"),
        "confidence": assumptions["plan_confidence"],
        "largest_change": assumptions["largest_change"],
        "ramp_half": assumptions["ramp_half_months"],
        "cashable_error": _cash_error(compared.effects),
    }
    table, draws, predictions, asked, calendar, reason = _propose(
        snapshot, histories, decisions, found, scores, _cash(compared.effects), facts
    )
    if not reason:
        courses = _courses(snapshot, loop.actuals, months, facts)
        predictions = pd.concat([predictions, courses], ignore_index=True)
    return TuningPart(
        table=table,
        draws=draws,
        predictions=predictions,
        ledger=ledger.ledger(decisions, scores),
        reliability=_reliability(found, decisions),
        cycles=rhythm.cycles(decisions, scores, evidence, pace),
        tests=asked,
        schedule=calendar,
        realisation=realisation(compared.effects),
        plan=facts,
        reason=reason,
    )


def _propose(
    snapshot: Snapshot,
    histories: list[FunctionHistory],
    decisions: pd.DataFrame,
    found: pd.DataFrame,
    scores: pd.DataFrame,
    cash: Mapping[str, float],
    facts: dict[str, Any],
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame, str]:
    """Plan and predictions, or the reason there is none; fills ``facts``."""
    earned = ledger.earned_multiplier(scores)
    narrow = found[(found["scenario"] == PLAN) & (found["by"] == "model")]
    factor = width_factor(_unscaled_predictions(narrow, decisions))
    facts |= {
        "multiplier": earned.value,
        "weight": earned.weight,
        "seen": earned.seen,
        "factor": factor,
        "scored": int((narrow["level"] == LEVEL).sum()),
    }
    blank = (
        pd.DataFrame(),
        pd.DataFrame(),
        pd.DataFrame(columns=PREDICTION_COLUMNS),
        pd.DataFrame(),
        pd.DataFrame(),
    )
    if not histories or snapshot["costs"].empty:
        return *blank, "no_programme_costs"
    in_force = plan_in_force(histories, decisions, facts["evidence"])
    try:
        known = respond(histories, planned=in_force, seed=facts["seed"])
        total = float(known.current.sum())
        limits = Limits(
            total,
            largest_change=facts["largest_change"],
            cashable=cash,
            cashable_error=facts["cashable_error"],
            ramp_half=facts["ramp_half"],
        )
        best = allocate(known, limits, confidence=facts["confidence"], multiplier=earned.value)
    except NotEnoughData as refused:
        return *blank[:3], *first_tests(histories, snapshot, facts), refused.code
    except AttuneError as refused:
        return *blank, refused.code
    facts |= summary(best, total)
    asked, calendar = tests(known, best, snapshot, facts)
    hours = inputs.hours_per_unit(snapshot["initiatives"], known.functions)
    return (
        _table(best, known, histories, cash, hours),
        _draws(known),
        _predictions(known, best, facts),
        asked,
        calendar,
        "",
    )


def plan_in_force(
    histories: list[FunctionHistory], decisions: pd.DataFrame, evidence: str
) -> np.ndarray:
    """Spending a month in force: the recent months', or what was decided since."""
    live = ledger.valid_decisions(decisions)
    live = live[(live["initiative"] == "") & live["after"].notna()]
    newer = live[live["evidence"] >= pd.Timestamp(evidence)].sort_values("day")
    decided = dict(zip(newer["function"], newer["after"], strict=True))
    return np.array(
        [
            decided.get(one.function, float(np.nanmean(one.spend[-3:])) if len(one.spend) else 0.0)
            for one in histories
        ]
    )


def summary(best: Allocation, total: float) -> dict[str, Any]:
    """Headline figures of a plan as plain values."""

    def number(value: float) -> float | None:
        return float(value) if np.isfinite(value) else None

    return {
        "total": total,
        "gain": best.gain,
        "low": best.low,
        "high": best.high,
        "level": best.level,
        "probability": number(best.probability),
        "moved": best.moved,
        "net_cost": number(best.net_cost),
        "free": number(best.free),
        "horizon": best.horizon,
    }


def response_of(part: TuningPart) -> Response:
    """Rebuild the response from a stored part, for plans under other limits."""
    table = part.table
    wide = part.draws.pivot(index="draw", columns="function", values=["marginal", "curvature"])
    drawn, bent = (
        wide[each][list(table["function"])].to_numpy() for each in ("marginal", "curvature")
    )
    unknown = table[table["reason"].isin(["no_history", "never_spent", "never_varied"])]
    return Response(
        tuple(table["function"]),
        table["current"].to_numpy(),
        drawn,
        bent,
        table["raw"].to_numpy(),
        table["raw_error"].fillna(np.inf).to_numpy(),
        table["weight"].to_numpy(),
        dict(zip(unknown["function"], unknown["reason"], strict=True)),
        {},
    )


def plan_again(part: TuningPart, limits: Limits) -> Allocation:
    """Plan again under other limits, from the same response."""
    return allocate(
        response_of(part),
        limits,
        confidence=part.plan["confidence"],
        multiplier=part.plan["multiplier"],
    )


def limits_of(part: TuningPart, total: float, **asked: Any) -> Limits:
    """Limits of a client: what is known of cashable savings and hours, and what is ``asked``."""
    known = part.table.set_index("function")
    hours, saved = known["hours_per_unit"].dropna(), known["cashable"]
    return Limits(
        total,
        cashable=saved[saved != 0].to_dict(),
        hours_per_unit=hours.to_dict(),
        cashable_error=part.plan["cashable_error"],
        ramp_half=part.plan["ramp_half"],
        **asked,
    )


def judge_plan(part: TuningPart, amounts: Mapping[str, float]) -> dict[str, float]:
    """What a plan of one's own would bring against the present split: gain, bounds, probability."""
    known = response_of(part)
    asked = np.array(
        [amounts.get(f, c) for f, c in zip(known.functions, known.current, strict=True)]
    )
    gains = part.plan["multiplier"] * known.gains(asked - known.current).sum(axis=1)
    cost = float(asked.sum() - known.current.sum())
    low, high = np.quantile(gains, [0.1, 0.9])
    return {
        "gain": float(gains.mean()),
        "low": float(low),
        "high": float(high),
        "cost": cost,
        "probability": float((gains > cost).mean()),
    }


def _carried_effects(effects: pd.DataFrame) -> pd.DataFrame:
    return effects[(effects["grade"] != "") & effects["end"].isna() & effects["saving"].notna()]


def _cash_error(effects: pd.DataFrame) -> float:
    """Standard error of the sum of cashable savings a month."""
    shown = _carried_effects(effects)
    errors = error_of(shown["saving_low"], shown["saving_high"], shown["saving_level"]) / 12
    return float(np.sqrt(np.nansum(errors**2)))


def _cash(effects: pd.DataFrame) -> dict[str, float]:
    """Cashable benefit a month by function: savings that comparison with other teams shows."""
    shown = _carried_effects(effects)
    return {str(f): float(v) / 12 for f, v in shown.groupby("function")["saving"].sum().items()}


def _table(
    best: Allocation,
    known: Response,
    histories: list[FunctionHistory],
    cash: Mapping[str, float],
    hours: Mapping[str, float],
) -> pd.DataFrame:
    def year(values: np.ndarray) -> float:
        seen = values[np.isfinite(values)][-12:]
        return float(seen.mean()) if len(seen) else float("nan")

    return best.table.assign(
        curvature=known.curvature.mean(axis=0),
        weight=known.weight,
        raw=known.raw,
        raw_error=np.where(np.isfinite(known.raw_error), known.raw_error, np.nan),
        source=["; ".join(e.source for e in one.evidence) for one in histories],
        benefit=[year(one.benefit) for one in histories],
        spent=[year(one.spend) for one in histories],
        cashable=[cash.get(one.function, 0.0) for one in histories],
        hours_per_unit=[hours.get(one.function, np.nan) for one in histories],
    )


def _draws(known: Response) -> pd.DataFrame:
    count, size = known.draws.shape
    return pd.DataFrame(
        {
            "draw": np.repeat(np.arange(count), size),
            "function": np.tile(known.functions, count),
            "marginal": known.draws.ravel(),
            "curvature": known.curvature.ravel(),
        }
    )


def _predictions(known: Response, best: Allocation, facts: dict[str, Any]) -> pd.DataFrame:
    """Next cycle's benefit a month with the plan and without it, widths times the factor."""
    amounts = best.table["proposed"].to_numpy()
    return predictions_for(known, {PLAN: amounts, WITHOUT: known.current}, facts)


def predictions_for(
    known: Response, scenarios: Mapping[str, np.ndarray], facts: Mapping[str, Any]
) -> pd.DataFrame:
    """Rows of ``PREDICTION_COLUMNS`` for spending a month by scenario."""
    rows = []
    for scenario, amounts in scenarios.items():
        draws = predict(known, amounts, facts["months"], seed=facts["seed"])
        for place, function in enumerate(known.functions):
            named = {"function": function, "initiative": "", "team": ALL, "scenario": scenario}
            rows += _levels(draws[:, place], facts["factor"], named)
    return pd.DataFrame(rows, columns=PREDICTION_COLUMNS)


def _levels(draws: np.ndarray, factor: float, named: Mapping[str, str]) -> list[dict[str, Any]]:
    """One row per level, widths times the factor; none where nothing could be predicted."""
    mean = float(draws.mean())
    rows = []
    for level in LEVELS if np.isfinite(mean) else ():
        bounds = np.quantile(draws, [0.5 - level / 200, 0.5 + level / 200])
        low, high = mean + factor * (bounds - mean)
        rows.append(
            {**named, "level": level, "mean": mean, "low": min(low, mean), "high": max(high, mean)}
        )
    return rows


def _courses(
    snapshot: Snapshot, actuals: pd.DataFrame, months: pd.DatetimeIndex, facts: Mapping[str, Any]
) -> pd.DataFrame:
    """Next cycle's benefit of every initiative's teams as things stand.

    A decision about an initiative is scored where it happens: the months of other teams would
    only add their noise.
    """
    profile = snapshot.profile
    wide = actuals.pivot(index="month", columns=["function", "team"], values="value")
    rows = []
    for one in iterate_rows(snapshot["initiatives"].drop_duplicates("initiative")):
        team = inputs.treated_teams(one.teams)
        if not team or (one.function, team) not in wide:
            continue
        booked = snapshot["costs"].query("initiative == @one.initiative")
        spent = inputs.spending(booked, dict(profile.exchange_rates), profile.currency)
        spend = spent.sum(axis=1).reindex(months, fill_value=0.0).to_numpy(float)
        benefit = wide[one.function, team].reindex(months).to_numpy(float)
        history = FunctionHistory(one.function, spend, benefit)
        draws = course(history, facts["months"], seed=facts["seed"])
        named = {
            "function": one.function,
            "initiative": one.initiative,
            "team": team,
            "scenario": WITHOUT,
        }
        rows += _levels(draws, facts["factor"], named)
    return pd.DataFrame(rows, columns=PREDICTION_COLUMNS)


def _unscaled_predictions(found: pd.DataFrame, decisions: pd.DataFrame) -> pd.DataFrame:
    """Predictions with the factor their widths carried; the rule divides it out again."""
    factor = decisions.drop_duplicates("decision").set_index("decision")["factor"]
    return found.assign(factor=found["decision"].map(factor).fillna(1.0))


def _reliability(found: pd.DataFrame, decisions: pd.DataFrame) -> pd.DataFrame:
    owner = decisions.drop_duplicates("decision").set_index("decision")["owner"]
    rows = found[found["scenario"] == PLAN].assign(
        owner=lambda d: d["decision"].map(owner).astype("str").fillna(""), whole="all"
    )
    pieces = []
    for kind, column in (
        ("all", "whole"),
        ("function", "function"),
        ("owner", "owner"),
        ("by", "by"),
    ):
        told = reliability(rows, (column,))
        pieces.append(told.rename(columns={column: "name"}).assign(kind=kind))
    return pd.concat(pieces, ignore_index=True)
