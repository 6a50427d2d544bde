"""What pages say of companies in which it is not so: indicators called better or worse, effects.

    python -m bench.value_pages --companies 200

Indicators that never move (a level, a season, noise of the team's own), read as the product reads
a page; and the effects page under level shifts, strike months and early starts.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import numpy as np
import pandas as pd

from bench.companies import Company, autoregressive, company
from bench.value import CELLS, FIRST, SEED, share
from metrics.effects import Panel
from metrics.effects.choice import choose
from metrics.effects.part import ANTICIPATION, YEAR
from metrics.effects.standing_out import without_standing_out
from metrics.frames import OBSERVATIONS
from metrics.functions import KPIS
from metrics.measures.baseline import changes
from metrics.model import ALL

STILL = {
    "support": ("sla_met", "time_to_resolve", "time_to_first_reply", "satisfaction", "reopen_rate"),
    "procurement": ("sourcing_cycle_days", "acknowledgement_rate", "first_time_match"),
    "people": ("time_to_fill", "retention_after_a_year", "referral_share_of_hires"),
}


def still_indicators(one: Company, rng: np.random.Generator) -> pd.DataFrame:
    """Return observations of indicators that never move, by team."""
    months = pd.date_range(FIRST, periods=one.months, freq="MS")
    clock, pieces = np.arange(one.months), []
    for function in one.functions:
        for team in range(function.cost.shape[1]):
            for key in STILL[function.key]:
                kpi = KPIS[key]
                count = np.round(function.demand[:, team])
                noise = autoregressive(
                    rng, one.months, rng.uniform(0.3, 0.7), rng.uniform(0.02, 0.05)
                )
                season = rng.uniform(0, 0.05) * np.sin(2 * np.pi * (clock + rng.integers(12)) / 12)
                top = count * 0.7 * np.exp(noise + season)
                for measure, value in ((kpi.numerator[0], top), (kpi.denominator[0], count)):
                    pieces.append(
                        pd.DataFrame(
                            {
                                "function": function.key,
                                "team": f"Team {team}",
                                "month": months,
                                "measure": measure,
                                "value": value,
                            }
                        )
                    )
    table = pd.concat(pieces, ignore_index=True).dropna(subset="value")
    return OBSERVATIONS.conform(
        table.drop_duplicates(["function", "team", "month", "measure"], ignore_index=True)
    )


def pages(companies: int) -> None:
    """Print how many pages hold a false better or worse: of functions, of teams, of either."""
    rng = np.random.default_rng([SEED, 11])
    whole, teams = [], []
    for place in range(companies):
        table = changes(still_indicators(company(rng, rough=place % 2 == 1), rng), {}, 12, 80)
        said = table["verdict"].isin(["better", "worse"])
        whole.append(bool((said & (table["team"] == ALL)).any()))
        teams.append(bool((said & (table["team"] != ALL)).any()))
    print(f"{companies} companies, seed {SEED}, half of them rough")
    print("  page of functions: a false better or worse", share(whole))
    print("  page of teams                             ", share(teams))
    print("  either                                    ", share(np.logical_or(whole, teams)))


def panels(one: Company) -> Iterator[tuple[Panel, float]]:
    """Return what the effects page reads of each initiative, and its true mean effect."""
    months = pd.date_range(FIRST, periods=one.months, freq="MS")
    for function in one.functions:
        touched = {team for each in function.initiatives for team in each.teams}
        controls = [team for team in range(function.cost.shape[1]) if team not in touched]
        for each in function.initiatives:
            columns = [*each.teams, *controls]
            unit = pd.DataFrame(function.cost / function.quantity, months)[columns].dropna()
            start = months[each.start]
            if not controls or (unit.index < start).sum() < YEAR or unit.index[-1] < start:
                continue
            without = pd.DataFrame(function.without / function.quantity, months).loc[unit.index]
            mine = list(each.teams)
            truth = (unit[mine] - without[mine]).loc[start:].to_numpy().mean()
            mended, _ = without_standing_out(unit)
            starts = dict.fromkeys(each.teams, start)
            yield Panel(mended, starts, season=12, anticipation=ANTICIPATION), float(truth)


def effects(companies: int) -> None:
    """Print how often the effects page's intervals hold, and find what is not there."""
    for name in ("plain", "rough", "plain-nothing", "rough-nothing"):
        rng = np.random.default_rng([SEED, CELLS.index(name)])
        held, found = [], []
        for _ in range(companies):
            one = company(rng, name.startswith("rough"), not name.endswith("nothing"))
            for panel, truth in panels(one):
                fit = choose(panel)[0].fit(panel)
                held.append(fit.low <= truth <= fit.high)
                found.append(fit.significant)
        print(f"{name}: {len(held)} effects, held {share(held)}, found {share(found)}", flush=True)


def main() -> None:
    """Run both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--companies", type=int, default=200)
    chosen = parser.parse_args()
    pages(chosen.companies)
    effects(chosen.companies)


if __name__ == "__main__":
    main()
