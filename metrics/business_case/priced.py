"""What an effect on a wanted output is worth: more deals won, at the client's own prices.

A rate such as deals won per decision has no money in it. Each unit of its numerator is priced by
the ratio of two measures of the same teams (won value ÷ deals won) and counts times the
contribution margin. A rate priced by a function's own cost (requests per customer) claims nothing
here: what it saves is seen in that cost, and claimed there once (``metrics.portfolio``).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from metrics.frames import PROVISIONAL
from metrics.frames.frame import iterate_rows
from metrics.functions import BY_KEY, KPIS
from metrics.intervals import error_of, quantile
from metrics.model import ALL, Better, Kpi, teams_of

PRICED_COLUMNS = ["function", "name", "kpi", "month", "saving", "grade", "low", "high", "cash"]


def priced_claims(
    effects: pd.DataFrame, paths: pd.DataFrame, observations: pd.DataFrame, margin: float
) -> pd.DataFrame:
    """Return the monthly worth of shown effects on rates that have a price.

    Parameters
    ----------
    effects, paths : DataFrame
        As in ``metrics.initiatives.EffectsPart``.
    observations : DataFrame
        Frame of that name.
    margin : float
        Contribution margin, 0 to 1; at 0 revenue claims nothing.

    Returns
    -------
    DataFrame
        ``function, name, kpi, month, saving, grade, low, high, cash``: base currency a month,
        ``low`` and ``high`` as factors at 80 %.
    """
    pieces = []
    for one in iterate_rows(effects[effects["grade"] != ""]):
        kpi = KPIS.get(str(one.kpi))
        helps = kpi is not None and (one.estimate > 0) == (kpi.better is Better.HIGHER)
        if kpi is None or kpi.price is None or not helps or one.estimate == 0:
            continue
        # Work priced by the function's own cost is seen in that cost: one saving, one claim.
        if kpi.price[0] == BY_KEY[str(one.function)].cost or margin == 0:
            continue
        path = paths[(paths["initiative"] == one.initiative) & (paths["period"] >= one.start)]
        teams = teams_of(one.teams)
        worth = _worth(kpi, path, observations[observations["team"].isin([*teams, ALL])], teams)
        error = float(error_of(one.low, one.high, one.level))
        spread = float(quantile(80)) * error / abs(one.estimate)
        pieces.append(
            worth.assign(
                saving=worth["saving"] * margin,
                function=one.function,
                name=one.initiative,
                kpi=one.kpi,
                grade=one.grade,
                low=1 - spread,
                high=1 + spread,
                cash="cashable",
            )
        )
    pieces = [piece for piece in pieces if len(piece)]
    return (
        pd.concat(pieces, ignore_index=True)[PRICED_COLUMNS]
        if pieces
        else pd.DataFrame(columns=PRICED_COLUMNS)
    )


def _worth(
    kpi: Kpi, path: pd.DataFrame, observations: pd.DataFrame, teams: list[str]
) -> pd.DataFrame:
    """Units more or less than expected, times what one is worth in the same month."""

    def total(measures: tuple[str, ...]) -> pd.Series:
        rows = observations[
            observations["measure"].isin(measures) & ~observations["reason"].isin(PROVISIONAL)
        ]
        own = rows[rows["team"].isin(teams)]
        # A measure known for the company alone cannot speak for some of its teams.
        return own.groupby("month")["value"].sum(min_count=1)

    assert kpi.price is not None
    months = pd.Index(path["period"])
    money, quantity = (total((m,)).reindex(months) for m in kpi.price)
    base = total(kpi.denominator).reindex(months).to_numpy()
    gap = (path["actual"] - path["expected"]).to_numpy()
    units = gap / kpi.scale * base * (1 if kpi.better is Better.HIGHER else -1)
    price = np.divide(
        money.to_numpy(),
        quantity.to_numpy(),
        out=np.full(len(months), np.nan),
        where=quantity.to_numpy() > 0,
    )
    found = pd.DataFrame({"month": months, "saving": units * price})
    return found.dropna().reset_index(drop=True)
