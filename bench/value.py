"""Does the euro hold? Savings and business cases of simulated companies against their truth.

    python -m bench.value --cell plain --companies 200
    python -m bench.value --scenes --draws 200

Prints shares plus or minus two standard errors, and the seed.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bench.companies import Company, company
from bench.scenes import SCENES, draw
from metrics.portfolio import appraisal as appraising
from metrics.portfolio.claims import SURE, claims
from metrics.portfolio.pools import CostPool, Start
from metrics.portfolio.worth import benefits, worth

SEED = 2_026
HORIZON, RATE, LEVEL = 36, 0.10, 80
CELLS = ("plain", "rough", "plain-nothing", "rough-nothing", "mixed")
FIRST = pd.Timestamp(2021, 1, 1)


@dataclass
class Row:
    """What was said of one company, and what is true."""

    said: float
    low: float
    high: float
    truth: float
    place: float
    bill: float
    surely: bool
    caused: bool
    npv: np.ndarray
    npv_truth: float
    probability: float
    effects_held: list[bool]
    effects_alarm: list[bool]


def pools_of(one: Company) -> tuple[list[CostPool], list[Start]]:
    """Return a company as the product's pools and starts."""
    months = pd.date_range(FIRST, periods=one.months, freq="MS")
    pools, starts = [], []
    for function in one.functions:
        teams = tuple(f"Team {place}" for place in range(function.cost.shape[1]))
        pools.append(
            CostPool(
                function.key,
                f"{function.key}_cost",
                months,
                teams,
                function.cost,
                function.demand,
                function.quantity,
                "demand",
            )
        )
        starts += [
            Start(
                each.name,
                function.key,
                tuple(teams[team] for team in each.teams),
                months[each.start],
            )
            for each in function.initiatives
        ]
    return pools, starts


def judge(one: Company, seed: int, ratio: float | None = None) -> Row | None:
    """Appraise a company; None where nothing in it can be compared.

    Parameters
    ----------
    ratio : float, optional
        Programme cost as a multiple of the present value of what it truly saves.
    """
    pools, starts = pools_of(one)
    found = appraising.appraise(pools, starts, seed)
    if not found.known:
        return None
    amounts = appraising.saving_draws(found)[:, : found.compared].sum(axis=1)
    table = claims(found, LEVEL)
    truth = one.saving()
    low, high = np.quantile(amounts, [0.1, 0.9])
    true = {each.name: each.effect for f in one.functions for each in f.initiatives}
    held, alarm = [], []
    for group in range(found.compared):
        relative = np.expm1(found.effect[:, group])
        bounds = np.quantile(relative, [0.025, 0.975])
        held.append(bool(bounds[0] <= true[found.names(group)[0]] <= bounds[1]))
        alarm.append(bool(bounds[0] > 0 or bounds[1] < 0))
    value, npv_truth, probability = _worth(one, found, pools[0].months, seed, ratio)
    return Row(
        float(amounts.mean()),
        float(low),
        float(high),
        truth,
        float((amounts < truth).mean()),
        one.bill(),
        bool((amounts > 0).mean() >= SURE),
        bool(table["verdict"].isin(["helped", "harmed"]).any()),
        value,
        npv_truth,
        probability,
        held,
        alarm,
    )


def _worth(
    one: Company,
    found: appraising.Appraisal,
    months: pd.DatetimeIndex,
    seed: int,
    ratio: float | None,
) -> tuple[np.ndarray, float, float]:
    """Return P10, P50, P90, the truth, and the probability said."""
    first = min(each.start for function in one.functions for each in function.initiatives)
    horizon = pd.date_range(months[first], periods=HORIZON, freq="MS")
    discount = (1 + RATE) ** (-np.arange(1, HORIZON + 1) / 12)
    saved = benefits(found, horizon).draws.sum(axis=1)
    truth = np.zeros(HORIZON)
    for function in one.functions:
        teams = sorted({team for each in function.initiatives for team in each.teams})
        record = np.nansum(function.saved[:, teams], axis=1)
        length = min(len(record) - first, HORIZON)
        truth[:length] += record[first : first + length]
        truth[length:] += record[-12:].mean()
    worth_of = float(truth @ discount)
    scale = ratio if ratio is not None else 0.5
    cost = np.full(HORIZON, max(scale * abs(worth_of), 1.0) / discount.sum())
    booked = np.arange(HORIZON) < len(months) - first
    said = worth(saved, cost, booked, discount, seed)
    return said.percentiles([10, 50, 90]), worth_of - float(cost @ discount), said.probability


def cell(name: str, companies: int, seed: int) -> list[Row]:
    """Return one row for each company in which something can be compared."""
    rng = np.random.default_rng([seed, CELLS.index(name)])
    rows = []
    for place in range(companies):
        ratio = float(np.exp(rng.uniform(np.log(0.3), np.log(3)))) if name == "mixed" else None
        rough = name.startswith("rough") or (name == "mixed" and place % 2 == 1)
        one = company(rng, rough=rough, works=not name.endswith("nothing"))
        row = judge(one, seed + place, ratio)
        if row is not None:
            rows.append(row)
    return rows


def share(hits: list[bool] | np.ndarray) -> str:
    """Return a share in per cent plus or minus two standard errors."""
    values = np.asarray(hits, dtype=float)
    p = values.mean()
    return f"{100 * p:.1f} ± {200 * np.sqrt(max(p * (1 - p), 1e-9) / len(values)):.1f} %"


def report(name: str, rows: list[Row], seed: int, seconds: float) -> None:
    """Print what a cell shows."""
    said, truth = sum(r.said for r in rows), sum(r.truth for r in rows)
    print(f"\n{name}: {len(rows)} companies, seed {seed}, {seconds / len(rows):.2f} s each")
    print("  80 % band holds the saving    ", share([r.low <= r.truth <= r.high for r in rows]))
    print(
        "  truth below / above the band  ",
        share([r.truth < r.low for r in rows]),
        "/",
        share([r.truth > r.high for r in rows]),
    )
    if truth:
        each = np.mean([r.said / r.bill for r in rows]) / np.mean([r.truth / r.bill for r in rows])
        print(f"  said / true                    {said / truth:.3f} (companies alike {each:.3f})")
    print(
        f"  half-width / bill              "
        f"{100 * np.mean([(r.high - r.low) / 2 / r.bill for r in rows]):.2f} %"
    )
    print("  a saving is claimed           ", share([r.surely for r in rows]))
    print("  something is shown            ", share([r.caused for r in rows]))
    print(
        "  P10-P90 holds present value   ",
        share([r.npv[0] <= r.npv_truth <= r.npv[2] for r in rows]),
    )
    print("  95 % interval holds an effect ", share([x for r in rows for x in r.effects_held]))
    if name.endswith("nothing"):
        print("  false alarms of single effects", share([x for r in rows for x in r.effects_alarm]))
    if name == "mixed":
        odds = np.array([r.probability for r in rows])
        pays = np.array([r.npv_truth > 0 for r in rows])
        for group in np.array_split(np.argsort(odds), 5):
            print(f"    said {100 * odds[group].mean():5.1f} %  pays {share(pays[group])}")


def scenes(draws: int, seed: int, which: list[str]) -> None:
    """Print for each scene what is said and true, the share held, and how often words are right."""
    for name in which:
        scene = SCENES[name]
        rng = np.random.default_rng([seed, list(SCENES).index(name)])
        said, truth, held, words, bills = [], [], [], [], []
        began = time.time()
        for place in range(draws):
            function = draw(scene, rng)
            one = Company([function], len(function.cost))
            found = appraising.appraise(*pools_of(one), seed + place)
            table = claims(found, LEVEL)
            words.append(tuple(table["verdict"]) == scene.words)
            if not found.known:
                continue
            amounts = appraising.saving_draws(found)[:, : found.compared].sum(axis=1)
            low, high = np.quantile(amounts, [0.1, 0.9])
            said.append(float(amounts.mean()))
            truth.append(one.saving())
            bills.append(one.bill())
            held.append(low <= truth[-1] <= high)
        line = f"{name:>3}: words {share(words)}"
        if said:
            line += (
                f", said {np.mean(said):,.0f}, true {np.mean(truth):,.0f} "
                f"(bill {np.mean(bills):,.0f}), band holds {share(held)}"
            )
        print(line, f"{(time.time() - began) / draws:.2f} s", flush=True)


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cell", choices=CELLS, action="append")
    parser.add_argument("--companies", type=int, default=200)
    parser.add_argument("--scenes", action="store_true")
    parser.add_argument("--scene", choices=list(SCENES), action="append")
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--seed", type=int, default=SEED)
    chosen = parser.parse_args()
    for name in chosen.cell or ([] if chosen.scenes else CELLS):
        began = time.time()
        rows = cell(name, chosen.companies, chosen.seed)
        report(name, rows, chosen.seed, time.time() - began)
    if chosen.scenes:
        scenes(chosen.draws, chosen.seed, chosen.scene or list(SCENES))


if __name__ == "__main__":
    main()
