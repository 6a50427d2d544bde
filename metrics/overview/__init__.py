"""The two-minute answer: verdict, tiles and what became of decisions, as codes with facts.

Every renderer (page, slide, PDF) says the same because all of them read this. A verdict never
says more than the evidence: a saving is "shown" only by comparison, "not shown" is an answer.
"""

from __future__ import annotations

from metrics.overview import tiles, verdict
from metrics.overview.lines import Line, Outcome, Overview, Tile
from metrics.overview.outcomes import outcomes
from metrics.overview.since import since_last
from metrics.overview.tiles import count_assessed, target, targets
from metrics.report import Report


def overview(report: Report, scope: int) -> Overview:
    """Write the overview of a report.

    Parameters
    ----------
    report : Report
    scope : int
        Functions the client declared in scope.
    """
    return Overview(
        verdict=verdict.verdict(report, scope),
        support=verdict.support(report),
        tiles=tiles.tiles(report, scope),
    )


__all__ = [
    "Line",
    "Outcome",
    "Overview",
    "Tile",
    "count_assessed",
    "outcomes",
    "overview",
    "since_last",
    "target",
    "targets",
]
