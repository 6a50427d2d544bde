"""What should be decided about each initiative: the proposals of the report."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from metrics.assumptions import Assumptions
from metrics.model import Snapshot
from metrics.portfolio import proposals as valuing
from metrics.portfolio.panel import YEAR
from metrics.portfolio.part import BETWEEN, ValuePart, appraisal_of


@dataclass(frozen=True)
class DecisionsPart:
    """What should be decided, the most valuable first.

    Columns as ``metrics.portfolio.proposals``.
    """

    proposals: pd.DataFrame


def proposals(snapshot: Snapshot, assumptions: Assumptions, value: ValuePart) -> DecisionsPart:
    """Propose what to do about each initiative, in net euros a year with their odds."""
    verdicts = {
        name: str(claim.verdict)
        for claim in value.claims.itertuples()
        for name in str(claim.initiatives).split(BETWEEN)
    }
    table = valuing.proposals(
        appraisal_of(snapshot, value),
        verdicts,
        _yearly_costs(snapshot["costs"]),
        assumptions["extension_effect"],
        assumptions["plan_confidence"],
        value.seed,
    )
    return DecisionsPart(table)


def top_proposals(table: pd.DataFrame, n: int = 3) -> pd.DataFrame:
    """Return the ``n`` proposals to show: the best of each kind first, then by value."""
    best = table.drop_duplicates("code")
    rest = table[~table.index.isin(best.index)]
    return pd.concat([best, rest]).head(n).sort_values("value", ascending=False)


def _yearly_costs(costs: pd.DataFrame) -> dict[str, float]:
    recent = costs[costs["month"] > costs["month"].max() - pd.DateOffset(months=YEAR)]
    return {str(k): float(v) for k, v in recent.groupby("initiative")["amount"].sum().items()}
