"""Forecasts as they were issued: frozen with a checksum, and scored when the actual values arrive.

Whoever predicts something (the model, a person, a decision) issues rows of the frame
``issued_forecasts`` and is scored by the same rule:

    issue(rows, issued=..., revision=..., by=...)   rows → frozen rows
    points(issued, actuals)                         one row per predicted month and level
    scores(issued, actuals)                         one row per issue and series
    calibration(found)                              how often the intervals held so far
    broken_issues(issued)                           issues that no longer match their checksum
"""

from __future__ import annotations

import hashlib
from datetime import date

import numpy as np
import pandas as pd

from metrics.errors import InvalidInput
from metrics.forecast.scoring import interval_score, naive_scale, seasonal_naive
from metrics.frames import ISSUED_FORECASTS
from metrics.intervals import wilson
from metrics.model import ALL

MODEL_ITSELF = "model"
PLAN = "plan"
FORECAST, BASIS, PROGRAMME = "forecast", "basis", "programme"
SEASON = 12

SERIES = ["issue", "issued", "by", "decision", "function", "team", "kpi", "scenario"]
_SAID = [c for c in ISSUED_FORECASTS.names if c not in ("issue", "checksum")]
POINT_COLUMNS = [
    *SERIES,
    "month",
    "level",
    "mean",
    "low",
    "high",
    "actual",
    "error",
    "inside",
    "interval_score",
]
SCORE_COLUMNS = [
    *SERIES,
    "months",
    "error",
    "bias",
    "mase",
    "mase_naive",
    "weighted_interval_score",
    "verdict",
]


def issue(
    rows: pd.DataFrame,
    *,
    issued: date,
    revision: int,
    by: str = MODEL_ITSELF,
    model: str = "",
    code_version: str = "",
    assumptions: str = "",
    seed: int = 0,
    note: str = "",
) -> pd.DataFrame:
    """Freeze what is predicted.

    Parameters
    ----------
    rows : DataFrame
        ``function``, ``kpi``, ``month``, ``level`` (per cent), ``mean``, ``low``, ``high``;
        optionally ``team`` ("all"), ``scenario`` ("plan"), ``decision`` (""), and ``kind``
        ("forecast"; "basis" for the past values it rests on, in ``mean``, which give the scale of
        its errors and show later whether the past was restated).
    issued : date
    revision : int
        Revision of the data it rests on.
    by : str
        ``model``, or the pseudonym or role of a person.

    Returns
    -------
    DataFrame
        Frame ``issued_forecasts``, every row carrying the identifier and checksum of the issue.

    Raises
    ------
    InvalidInput
        ``nothing_to_issue``; ``forecast_doubled`` (one month and level twice);
        ``bounds_reversed`` (low above high, or the mean outside).
    """
    defaults = {"team": ALL, "scenario": PLAN, "decision": "", "kind": FORECAST}
    given = {
        name: rows[name].fillna(value).replace("", value) if name in rows else value
        for name, value in defaults.items()
    }
    said = rows.assign(
        **given,
        issued=pd.Timestamp(issued),
        revision=revision,
        by=by,
        model=model,
        code_version=code_version,
        assumptions=assumptions,
        seed=seed,
        note=note,
    )
    frozen = ISSUED_FORECASTS.conform(said).sort_values(
        ["kind", *SERIES[3:], "month", "level"], ignore_index=True
    )
    _check(frozen)
    checksum = _checksum(frozen)
    return frozen.assign(issue=f"{issued:%Y-%m-%d}-{checksum[:8]}", checksum=checksum)


def _check(frozen: pd.DataFrame) -> None:
    ahead = frozen[frozen["kind"] == FORECAST]
    if ahead.empty:
        raise InvalidInput("nothing_to_issue")
    doubled = frozen.duplicated(["kind", *SERIES[3:], "month", "level"])
    if doubled.any():
        one = frozen[doubled].iloc[0]
        raise InvalidInput("forecast_doubled", kpi=one["kpi"], month=f"{one['month']:%Y-%m}")
    room = 1e-9 * ahead[["low", "high"]].abs().max(axis=1)
    wrong = (ahead["low"] > ahead["mean"] + room) | (ahead["mean"] > ahead["high"] + room)
    if wrong.any():
        one = ahead[wrong].iloc[0]
        raise InvalidInput(
            "bounds_reversed",
            kpi=one["kpi"],
            month=f"{one['month']:%Y-%m}",
            low=one["low"],
            mean=one["mean"],
            high=one["high"],
        )


def _checksum(rows: pd.DataFrame) -> str:
    text = rows[_SAID].to_csv(index=False, float_format="%.12g", date_format="%Y-%m-%d")
    return hashlib.sha256(text.encode()).hexdigest()


def broken_issues(issued: pd.DataFrame) -> list[str]:
    """Return the issues whose rows are no longer what their checksum says."""
    order = ["kind", *SERIES[3:], "month", "level"]
    return [
        str(name)
        for name, rows in issued.groupby("issue")
        if {_checksum(rows.sort_values(order, ignore_index=True))} != set(rows["checksum"])
    ]


def points(issued: pd.DataFrame, actuals: pd.DataFrame) -> pd.DataFrame:
    """Compare every predicted month whose actual value is known.

    Parameters
    ----------
    issued : DataFrame
        Frame ``issued_forecasts``.
    actuals : DataFrame
        ``function``, ``team``, ``kpi``, ``month``, ``value``: final values only.

    Returns
    -------
    DataFrame
        ``POINT_COLUMNS``: ``error`` is forecast − actual; ``inside`` whether the interval held
        (NaN where none was given); ``interval_score`` as in ``metrics.forecast.scoring``.
    """
    ahead = issued[issued["kind"] == FORECAST]
    known = actuals.dropna(subset="value").rename(columns={"value": "actual"})
    keys = ["function", "team", "kpi", "month"]
    found = ahead.merge(known[[*keys, "actual"]], on=keys)
    bounded = found["low"].notna() & found["high"].notna() & found["level"].between(1, 99.9)
    inside = ((found["low"] <= found["actual"]) & (found["actual"] <= found["high"])).astype(float)
    level = found["level"].where(bounded, 50.0)
    score = interval_score(found["actual"], found["low"], found["high"], level)
    return found.assign(
        error=found["mean"] - found["actual"],
        inside=inside.where(bounded),
        interval_score=score.where(bounded),
    )[POINT_COLUMNS]


def scores(issued: pd.DataFrame, actuals: pd.DataFrame) -> pd.DataFrame:
    """Score every issued series on the months that have arrived.

    Returns
    -------
    DataFrame
        ``SCORE_COLUMNS``. ``error`` is the mean absolute error and ``bias`` the mean of forecast −
        actual, in the KPI's unit; ``mase`` divides the error by that of repeating last year inside
        the frozen basis, ``mase_naive`` is what repeating last year scored on the same months, and
        ``weighted_interval_score`` (Bracher et al. 2021) has the same scale: all NaN without a
        basis. ``verdict`` is better, similar or worse than repeating last year, or ``unknown``.
    """
    found = points(issued, actuals)
    basis = issued[issued["kind"] == BASIS]
    rows = [
        dict(zip(SERIES, key, strict=True)) | _score(one, _history(basis, one))
        for key, one in found.groupby(SERIES, sort=False)
    ]
    return pd.DataFrame(rows, columns=SCORE_COLUMNS)


def _history(basis: pd.DataFrame, one: pd.DataFrame) -> pd.Series:
    first = one.iloc[0]
    same = basis[
        (basis["issue"] == first["issue"])
        & (basis["function"] == first["function"])
        & (basis["team"] == first["team"])
        & (basis["kpi"] == first["kpi"])
    ]
    return same.set_index("month")["mean"].sort_index().asfreq("MS")


def _score(one: pd.DataFrame, history: pd.Series) -> dict[str, float | str]:
    by_month = one.drop_duplicates("month").sort_values("month")
    error = by_month["error"].abs()
    result = {"months": len(by_month), "error": error.mean(), "bias": by_month["error"].mean()}
    if len(history) < 2 or history.isna().all():
        blank = float("nan")
        return result | {
            "mase": blank,
            "mase_naive": blank,
            "weighted_interval_score": blank,
            "verdict": "unknown",
        }
    scale = naive_scale(history.to_numpy(), SEASON)
    last = history.index[-1]
    ahead = [(m.year - last.year) * 12 + m.month - last.month for m in by_month["month"]]
    naive = seasonal_naive(history.ffill().to_numpy(), max(ahead), SEASON)[np.array(ahead) - 1]
    bounded = one.dropna(subset="interval_score")
    weighted = (
        0.5 * error.sum() + ((1 - bounded["level"] / 100) / 2 * bounded["interval_score"]).sum()
    )
    terms = len(by_month) * (bounded["level"].nunique() + 0.5)
    mase = error.mean() / scale
    reference = float(np.abs(naive - by_month["actual"]).mean() / scale)
    verdict = (
        "better" if mase < 0.97 * reference else "worse" if mase > 1.03 * reference else ("similar")
    )
    return result | {
        "mase": mase,
        "mase_naive": reference,
        "verdict": verdict,
        "weighted_interval_score": weighted / terms / scale,
    }


def calibration(found: pd.DataFrame) -> pd.DataFrame:
    """How often intervals held so far, by whose they were and their level.

    Parameters
    ----------
    found : DataFrame
        Result of ``points``.

    Returns
    -------
    DataFrame
        ``by``, ``level``, ``hits``, ``n``, ``coverage`` (0–1), ``low``, ``high``: 95 % Wilson
        bounds, which take months as independent and are too narrow where they are not.
    """
    bounded = found.dropna(subset="inside")
    table = bounded.groupby(["by", "level"], as_index=False)["inside"].agg(hits="sum", n="count")
    low, high = wilson(table["hits"].to_numpy(float), table["n"].to_numpy(float))
    return table.assign(coverage=table["hits"] / table["n"], low=low, high=high)


__all__ = [
    "BASIS",
    "FORECAST",
    "MODEL_ITSELF",
    "PLAN",
    "PROGRAMME",
    "broken_issues",
    "calibration",
    "issue",
    "points",
    "scores",
]
