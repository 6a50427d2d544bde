"""What became of the forecasts that were issued, and what has changed since the last of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from metrics.assumptions import Assumptions
from metrics.effects.part import EffectsPart
from metrics.forecast import forecast_many
from metrics.forecast.issued import (
    BASIS,
    FORECAST,
    MODEL_ITSELF,
    PROGRAMME,
    broken_issues,
    calibration,
    points,
    scores,
)
from metrics.forecast.ratios import Ratio
from metrics.frames import PROVISIONAL
from metrics.measures.part import MeasuresPart
from metrics.model import ALL, Snapshot
from metrics.outlook.influence import apply_effect, remove_effect
from metrics.outlook.part import ForecastsPart, ratio_of
from metrics.outlook.scenarios import FIRST_SAVING, SAVING
from metrics.portfolio.bridge import COMPANY

ISSUE_COLUMNS = [
    "issue",
    "issued",
    "revision",
    "by",
    "model",
    "code_version",
    "assumptions",
    "seed",
    "note",
    "series",
    "first",
    "last",
    "arrived",
    "intact",
]
CHANGE_COLUMNS = [
    "series",
    "issue",
    "months",
    "then",
    "now",
    "change",
    "restated",
    "new_months",
    "model",
    "assumptions",
]
# A move below this share of the forecast is rounding.
_ROUNDING = 1e-9
RESTATED_COLUMNS = ["issue", "series", "month", "was", "now"]


@dataclass(frozen=True)
class TrackRecordPart:
    """How past forecasts did, and how the newest differs from the one before.

    Attributes
    ----------
    issues : DataFrame
        ``ISSUE_COLUMNS``: one row per issue; ``series`` and ``arrived`` count series and the
        predicted values that have arrived; ``intact`` whether the checksum still holds.
    points, scores : DataFrame
        As ``metrics.forecast.issued.points`` and ``scores``.
    calibration : DataFrame
        As ``metrics.forecast.issued.calibration``.
    changes : DataFrame
        ``CHANGE_COLUMNS``: mean forecast over the months both speak of, then and now, and the
        difference by cause; the four causes add up to it.
    last : DataFrame
        ``series``, ``period``, ``mean``, ``issued``: the model's last issue.
    restated : DataFrame
        ``RESTATED_COLUMNS``: months behind the last issue of the model that say something else
        today.
    """

    issues: pd.DataFrame
    points: pd.DataFrame
    scores: pd.DataFrame
    calibration: pd.DataFrame
    changes: pd.DataFrame
    last: pd.DataFrame
    restated: pd.DataFrame


def track_record(
    snapshot: Snapshot,
    assumptions: Assumptions,
    measured: MeasuresPart,
    compared: EffectsPart,
    ahead: ForecastsPart,
) -> TrackRecordPart:
    """Score what was issued and take apart what has changed."""
    issued, actual = snapshot["issued_forecasts"], actuals(measured, compared)
    found = points(issued, actual)
    last = _latest_issue(issued)
    known = _values(measured, ahead)
    return TrackRecordPart(
        issues=_issues(issued, found),
        points=found,
        scores=scores(issued, actual),
        calibration=calibration(found),
        changes=_changes(last, known, assumptions, ahead),
        last=_said_last(last),
        restated=_restated_rows(last, known),
    )


def actuals(measured: MeasuresPart, compared: EffectsPart) -> pd.DataFrame:
    """Final values of every KPI and of the saving: ``function, team, kpi, month, value``."""
    values = measured.values
    final = values[(values["item"] == ALL) & ~values["reason"].isin(PROVISIONAL)]
    # Two definitions, never mixed: what was promised under the first is scored by the first.
    saved = pd.concat(
        [
            months.rename(columns={"saving": "value"}).assign(kpi=name)
            for name, months in (
                (FIRST_SAVING, compared.monthly),
                (SAVING, compared.together),
            )
        ]
    ).assign(function=COMPANY, team=ALL)
    columns = ["function", "team", "kpi", "month", "value"]
    return pd.concat([final[columns], saved[columns]], ignore_index=True).dropna(subset="value")


def _latest_issue(issued: pd.DataFrame) -> pd.DataFrame:
    """Rows of the model's last issue."""
    own = issued[(issued["by"] == MODEL_ITSELF) & (issued["decision"] == "")]
    if own.empty:
        return own
    # Rows are appended, so the last row belongs to the last issue.
    return own[own["issue"] == own["issue"].iloc[-1]]


def _said_last(last: pd.DataFrame) -> pd.DataFrame:
    ahead = last[(last["kind"] == FORECAST) & (last["team"] == ALL)]
    ahead = ahead.drop_duplicates(["kpi", "month"])
    named = ahead.rename(columns={"kpi": "series", "month": "period"})
    return named[["series", "period", "mean", "issued"]].reset_index(drop=True)


def _issues(issued: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    wrong = set(broken_issues(issued))
    rows: list[dict[str, Any]] = []
    for name, one in issued.groupby("issue", sort=False):
        ahead = one[one["kind"] == FORECAST]
        first = one.iloc[0]
        scored = found[found["issue"] == name]
        rows.append(
            {
                **{c: first[c] for c in ISSUE_COLUMNS[:9]},
                "series": ahead.groupby(["function", "team", "kpi"]).ngroups,
                "first": ahead["month"].min(),
                "last": ahead["month"].max(),
                "arrived": len(scored.drop_duplicates(["function", "team", "kpi", "month"])),
                "intact": name not in wrong,
            }
        )
    return pd.DataFrame(rows, columns=ISSUE_COLUMNS)


def _values(measured: MeasuresPart, ahead: ForecastsPart) -> dict[str, Ratio]:
    """Series of the present forecast as they are known today."""
    whole = measured.values[measured.values["item"] == ALL]
    found = {}
    for name, rows in ahead.history.groupby("series", sort=False):
        if name == SAVING:
            line = rows.set_index("period")["value"].asfreq("MS")
            found[SAVING] = Ratio(line, None, "real")
        else:
            found[str(name)] = ratio_of(whole[whole["kpi"] == name], str(name))
    return found


def _line(rows: pd.DataFrame, kind: str) -> dict[str, pd.Series]:
    return {
        str(name): one.drop_duplicates("month").set_index("month")["mean"].sort_index()
        for name, one in rows[rows["kind"] == kind].groupby("kpi")
    }


def _restated_rows(last: pd.DataFrame, known: Mapping[str, Ratio]) -> pd.DataFrame:
    rows = []
    for name, was in _line(last, BASIS).items():
        if name not in known:
            continue
        now = known[name].value.reindex(was.index)
        moved = ~np.isclose(was, now, rtol=1e-6, atol=0, equal_nan=True)
        rows += [
            {
                "issue": last["issue"].iloc[0],
                "series": name,
                "month": month,
                "was": was[month],
                "now": now[month],
            }
            for month in was.index[moved]
        ]
    return pd.DataFrame(rows, columns=RESTATED_COLUMNS)


def _changes(
    last: pd.DataFrame, known: Mapping[str, Ratio], assumptions: Assumptions, part: ForecastsPart
) -> pd.DataFrame:
    present = {
        str(name): one.drop_duplicates("period").set_index("period")["mean"]
        for name, one in part.forecasts.groupby("series", sort=False)
    }
    then, basis, assumed = (_line(last, kind) for kind in (FORECAST, BASIS, PROGRAMME))
    today = {
        str(name): one.set_index("period")["value"]
        for name, one in part.programme.groupby("series")
    }
    both = [
        n
        for n in then
        if n in present and n in basis and len(then[n].index.intersection(present[n].index))
    ]
    runs: dict[str, tuple[Ratio, pd.Series]] = {}
    for name in both:
        months = present[name].index.intersection(then[name].index)
        effect = assumed.get(name, pd.Series(0.0, basis[name].index.union(then[name].index)))
        now = today.get(name, pd.Series(0.0, known[name].value.index.union(present[name].index)))
        old = known[name].value.reindex(basis[name].index)
        growth = effect.reindex(months).fillna(0.0)
        at_old, at_now = basis[name].index[-1], known[name].value.index[-1]
        runs |= {
            f"{name}|model": (_ratio(known[name], basis[name]), effect),
            f"{name}|restated": (
                _ratio(known[name], old),
                _join_effects(now, at_old, growth - effect.get(at_old, 0.0)),
            ),
            f"{name}|new": (
                known[name],
                _join_effects(now, at_now, growth - effect.get(at_now, 0.0)),
            ),
        }
    means = _means(runs, {n: present[n].index.union(then[n].index) for n in both})
    same = bool(len(last)) and last["assumptions"].iloc[0] == assumptions.checksum
    return pd.DataFrame(
        [
            _change(n, then[n], present[n], means, last, same)
            for n in both
            if f"{n}|new" in means and f"{n}|restated" in means and f"{n}|model" in means
        ],
        columns=CHANGE_COLUMNS,
    )


def _ratio(like: Ratio, value: pd.Series) -> Ratio:
    return Ratio(value.asfreq("MS"), None, like.kind, like.bounds)


def _join_effects(now: pd.Series, until: pd.Timestamp, growth: pd.Series) -> pd.Series:
    """Today's effects up to a month, then grown as was assumed when the forecast was issued."""
    past = now[now.index <= until]
    anchor = past.iloc[-1] if len(past) else 0.0
    ahead = anchor + growth[growth.index > until]
    return pd.concat([past, ahead])


def _means(
    runs: Mapping[str, tuple[Ratio, pd.Series]], wanted: Mapping[str, pd.Index]
) -> dict[str, pd.Series]:
    """Point forecasts of histories with their effects taken out before and put back after."""
    found: dict[str, pd.Series] = {}
    for kind in ("real", "nonnegative", "share"):
        alike = {n: run for n, run in runs.items() if run[0].kind == kind}
        bare = {}
        for name, (ratio, effect) in alike.items():
            past = effect.reindex(ratio.value.index).fillna(0.0).to_numpy()
            low, high = ratio.bounds if kind == "share" else (0.0, 1.0)
            value = remove_effect(ratio.value.to_numpy(float), past, kind, ratio.bounds)
            bare[name] = pd.Series((value - low) / (high - low), ratio.value.index)
        horizon = max(
            (
                len(pd.date_range(r.value.index[-1], wanted[n.split("|")[0]].max(), freq="MS")) - 1
                for n, (r, _) in alike.items()
            ),
            default=0,
        )
        if horizon < 1:
            continue
        done = forecast_many(bare, horizon, kind=kind, levels=(80,), draws=2, folds=0).forecasts
        for name, one in done.items():
            ratio, effect = alike[name]
            low, high = ratio.bounds if kind == "share" else (0.0, 1.0)
            line = one.path.set_index("period")["mean"] * (high - low) + low
            ahead = effect.reindex(line.index).ffill().fillna(0.0).to_numpy()
            found[name] = pd.Series(
                apply_effect(line.to_numpy(), ahead, kind, ratio.bounds), line.index
            )
    return found


def _change(
    name: str,
    then: pd.Series,
    now: pd.Series,
    means: Mapping[str, pd.Series],
    last: pd.DataFrame,
    same: bool,
) -> dict[str, Any]:
    months = then.index.intersection(now.index)
    steps = [then, *(means[f"{name}|{step}"] for step in ("model", "restated", "new")), now]
    level = [float(step.reindex(months).mean()) for step in steps]
    moved = np.diff(level)
    model, restated, new, rest = np.where(np.abs(moved) > _ROUNDING * abs(level[0]), moved, 0.0)
    return {
        "series": name,
        "issue": last["issue"].iloc[0],
        "months": len(months),
        "then": level[0],
        "now": level[-1],
        "change": level[-1] - level[0],
        "model": model,
        "restated": restated,
        # With the same assumptions what is left comes from effects learnt anew from the data.
        "new_months": new + (rest if same else 0.0),
        "assumptions": 0.0 if same else rest,
    }
