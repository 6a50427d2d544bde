"""What an upload brings that feeds no figure, with the reason and what would change it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ingest.layouts import LEFT_OUT
from ingest.model import Intake
from metrics.functions import FUNCTIONS, KPIS, MEASURES
from metrics.model import Snapshot

OF_THE_CLIENT = ("teams", "exchange_rates")


@dataclass(frozen=True)
class Unfed:
    """A table or a measure that feeds nothing.

    Parameters
    ----------
    what : str
        File and sheet, or the measure's name.
    why : str
        ``unknown``, ``left_out``, ``no_rows``, ``no_partner``.
    kpi, needs : str
        For a measure without its partner: the indicator it comes closest to, and what that needs.
    """

    what: str
    why: str
    kpi: str = ""
    needs: str = ""


def feeds_nothing(found: Intake, after: Snapshot) -> list[Unfed]:
    """Return what of an upload no indicator, cost or driver reads once it is saved.

    Parameters
    ----------
    after : Snapshot
        The client as it would be.
    """
    return [*_tables(found), *_measures(found, after)]


def _tables(found: Intake) -> Iterable[Unfed]:
    rows = {name for name, frame in found.frames.items() if len(frame)}
    for one in found.tables:
        place = str(one.table.place())
        if one.source is None:
            yield Unfed(place, "unknown")
        elif one.source == LEFT_OUT:
            yield Unfed(place, "left_out")
        elif not one.measures and one.source not in rows | set(OF_THE_CLIENT):
            yield Unfed(place, "no_rows")


def _measures(found: Intake, after: Snapshot) -> Iterable[Unfed]:
    rows = found.frames.get("observations")
    if rows is None or rows.empty:
        return
    told = after["observations"]
    have = set(told.loc[told["value"].notna(), "measure"])
    read = {m for kpi in KPIS.values() if set(kpi.measures) <= have for m in kpi.measures}
    read |= {kpi.driver for kpi in KPIS.values() if kpi.driver}
    read |= {m for f in FUNCTIONS for m in (f.cost, f.quantity, *f.drivers) if m}
    for measure in sorted(set(rows["measure"]) - read):
        near = [kpi for kpi in KPIS.values() if measure in kpi.measures]
        if measure not in MEASURES or not near:
            continue
        kpi = min(near, key=lambda one: len(set(one.measures) - have))
        lacking = [MEASURES[m].header for m in dict.fromkeys(kpi.measures) if m not in have]
        if lacking:
            needs = ", ".join(f"“{header}”" for header in lacking)
            yield Unfed(MEASURES[measure].header, "no_partner", kpi.title, needs)
