"""Are the intervals of `metrics.effects` right as often as they claim, and how fast are they?

    python bench/effects.py [--panels 1000] [--cells easy,hard] [--speed]
    PYTHON bench/effects.py --rival [--panels 50]

Simulated panels with known effects, seeded. Every cell runs every design and the automatic
choice on the same panels. ``--rival`` compares with CausalPy and wants the
interpreter it is installed for.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.reference import reference_seconds
from metrics.effects import (
    Panel,
    Verdict,
    all_designs,
    difference_in_differences,
    estimate,
    series,
)
from metrics.effects.choice import DESIGNS, choose
from metrics.effects.ramp import ramp
from metrics.errors import NotEnoughData

SEED = 20261101
VERDICTS = 60
SLOW_PANELS = 200


@dataclass(frozen=True)
class Cell:
    """One kind of company. Noise, drift and swings are fractions of the level."""

    name: str
    treated: int
    controls: int
    rho: float
    months: int = 36
    noise: float = 0.03
    drift: float = 0.0
    outliers: float = 0.0
    staggered: bool = False
    effect: float = 0.0


BASES = (
    Cell("easy 5+5", 5, 5, 0.6),
    Cell("5+5 white", 5, 5, 0.0),
    Cell("5+5 sticky", 5, 5, 0.8),
    Cell("5+5 drift", 5, 5, 0.6, drift=0.02),
    Cell("5+5 outliers", 5, 5, 0.6, outliers=0.02),
    Cell("5+5 staggered", 5, 5, 0.6, staggered=True),
    Cell("1+3", 1, 3, 0.6),
    Cell("1+3 white", 1, 3, 0.0),
    Cell("1+12", 1, 12, 0.6),
    Cell("1+12 drift", 1, 12, 0.6, drift=0.02),
    Cell("2+3 hard", 2, 3, 0.8, months=24, drift=0.01),
    Cell("3+8 staggered", 3, 8, 0.4, staggered=True),
    Cell("12+12", 12, 12, 0.6),
    Cell("12+3 outliers", 12, 3, 0.4, outliers=0.02),
)
CELLS = tuple(replace(base, effect=effect) for base in BASES for effect in (0.0, 0.05, 0.10))


def autoregressive(
    generator: np.random.Generator, shape: tuple[int, int], rho: float
) -> np.ndarray:
    """Stationary first-order series with unit variance, one per column."""
    shocks = generator.standard_normal(shape)
    series = np.empty(shape)
    series[0] = shocks[0]
    for row in range(1, shape[0]):
        series[row] = rho * series[row - 1] + np.sqrt(1 - rho**2) * shocks[row]
    return series


def simulate(cell: Cell, generator: np.random.Generator) -> tuple[Panel, float]:
    """A panel and its true mean effect per treated unit and month after the start.

    Common trend, season and shocks; levels that differ by 10 %; a drift of every unit's own,
    ``drift`` being its standard deviation per year; outliers of five noise deviations.
    """
    units = cell.treated + cell.controls
    months = np.arange(cell.months)
    level = 100 * np.exp(0.1 * generator.standard_normal(units))
    noise = cell.noise * autoregressive(generator, (cell.months, units), cell.rho)
    shocks = 0.02 * autoregressive(generator, (cell.months, 1), 0.8)
    season = 0.05 * np.sin(2 * np.pi * (months + generator.integers(12)) / 12)
    drift = cell.drift / 12 * generator.standard_normal(units) * (months[:, None] - cell.months / 2)
    odd = generator.random((cell.months, units)) < cell.outliers
    noise = noise + 5 * cell.noise * odd * generator.standard_normal((cell.months, units))
    untreated = level * (1 + 0.003 * months[:, None] + season[:, None] + shocks + noise + drift)
    starts = cell.months // 2 + (3 * (np.arange(cell.treated) % 3) if cell.staggered else 0)
    starts = np.broadcast_to(starts, cell.treated)
    age = months[:, None] - starts
    gain = np.zeros((cell.months, units))
    gain[:, : cell.treated] = np.where(age >= 0, cell.effect * ramp(age + 1.0), 0.0)
    truth = float((untreated * gain)[:, : cell.treated][age >= 0].mean())
    outcome = pd.DataFrame(untreated * (1 + gain))
    return Panel(outcome, dict(enumerate(starts.tolist())), season=12), truth


def panels(cell: Cell, count: int) -> Iterator[tuple[Panel, float]]:
    """The same panels for every effect size of a base cell."""
    for draw in range(count):
        key = [SEED, *map(ord, cell.name), draw]
        yield simulate(cell, np.random.default_rng(key))


def run_cell(cell: Cell, count: int) -> pd.DataFrame:
    """One row per panel and design; the automatic choice is the row ``headline``.

    Designs that never make the headline run on the first ``SLOW_PANELS`` only.
    """
    rows = []
    for draw, (panel, truth) in enumerate(panels(cell, count)):
        chosen, _ = choose(panel)
        for design in DESIGNS:
            if draw >= SLOW_PANELS and design not in (difference_in_differences, series, chosen):
                continue
            try:
                fit = design.fit(panel)
            except NotEnoughData:
                continue
            covered = fit.low <= truth <= fit.high
            row = (covered, fit.significant, fit.high - fit.low, fit.estimate - truth, truth)
            rows += [(name, *row) for name in (design.NAME, "headline")[: 1 + (design is chosen)]]
    columns = ["design", "covered", "found", "width", "error", "truth"]
    return pd.DataFrame(rows, columns=columns)


def summary(cell: Cell, rows: pd.DataFrame) -> pd.DataFrame:
    """Coverage, share found, mean width and bias of every design in one cell."""
    table = rows.groupby("design").agg(
        coverage=("covered", "mean"),
        found=("found", "mean"),
        width=("width", "mean"),
        bias=("error", "mean"),
        bias_error=("error", "sem"),
        truth=("truth", "mean"),
    )
    return table.assign(cell=cell.name, effect=cell.effect).reset_index()


def verdicts(cell: Cell, count: int) -> float:
    """Share of panels with the strict verdict *caused*."""
    found = [estimate(panel).verdict is Verdict.CAUSED for panel, _ in panels(cell, count)]
    return float(np.mean(found))


def judge(table: pd.DataFrame) -> pd.DataFrame:
    """The headline of every cell against the bars: width relative to the narrowest calibrated."""
    rows = []
    for (cell, effect), part in table.groupby(["cell", "effect"], sort=False):
        head = part[part["design"] == "headline"].iloc[0]
        rivals = part[(part["design"] != "headline") & (part["coverage"] >= 0.93)]
        narrowest = rivals["width"].min()
        rows.append(
            (
                cell,
                effect,
                head["coverage"],
                head["found"],
                head["width"] / narrowest,
                head["bias"],
                head["bias_error"],
                head["truth"],
            )
        )
    columns = [
        "cell",
        "effect",
        "coverage",
        "found",
        "relative_width",
        "bias",
        "bias_error",
        "truth",
    ]
    return pd.DataFrame(rows, columns=columns)


def speed() -> None:
    """Seconds of one effect with all designs and checks, and of a portfolio, beside a reference.

    Processor seconds stand beside wall seconds: a busy machine stretches only the latter.
    """
    cell = replace(BASES[0], effect=0.05)
    portfolio = [panel for panel, _ in panels(cell, 150)]
    estimate(portfolio[0])

    def one() -> None:
        estimate(portfolio[0])
        all_designs(portfolio[0])

    def many() -> None:
        for panel in portfolio:
            estimate(panel)

    for name, work in (
        ("one effect, all designs and checks", one),
        ("30 initiatives x 5 KPIs", many),
    ):
        reference = reference_seconds()
        wall, processor = time.perf_counter(), time.process_time()
        work()
        wall, processor = time.perf_counter() - wall, time.process_time() - processor
        print(f"{name}: {wall:.2f} s, processor {processor:.2f} s (reference {reference:.2f} s)")


RIVAL_CELLS = ("easy 5+5", "5+5 sticky", "1+12", "2+3 hard")
RIVAL_SAMPLES = {
    "draws": 500,
    "tune": 500,
    "chains": 1,
    "cores": 1,
    "progressbar": False,
    "random_seed": 1,
}


def rival(count: int) -> None:
    """CausalPy's difference in differences beside our headline, row by row.

    Run by the rival's own interpreter. Its other panel design, the synthetic control, takes
    about ten times as long for one fit.
    """
    import causalpy  # pyright: ignore[reportMissingImports]

    print("draw,cell,who,covered,found,width,error,seconds", flush=True)
    for draw in range(count):
        for cell in (c for c in CELLS if c.name in RIVAL_CELLS and c.effect == 0.05):
            *_, (panel, truth) = panels(cell, draw + 1)
            begin = time.perf_counter()
            chosen, _ = choose(panel)
            fit = chosen.fit(panel)
            spent = time.perf_counter() - begin
            _row(draw, cell, "ours", truth, fit.estimate, fit.low, fit.high, spent)
            begin = time.perf_counter()
            result = causalpy.DifferenceInDifferences(
                _long(panel),
                formula="y ~ 1 + group * post_treatment",
                time_variable_name="t",
                group_variable_name="group",
                model=causalpy.pymc_models.LinearRegression(sample_kwargs=RIVAL_SAMPLES),
            )
            found = result.effect_summary().table.iloc[0]
            spent = time.perf_counter() - begin
            bounds = (found["mean"], found["hdi_lower"], found["hdi_upper"])
            _row(draw, cell, "CausalPy", truth, *bounds, spent)


def _row(
    draw: int,
    cell: Cell,
    who: str,
    truth: float,
    estimate: float,
    low: float,
    high: float,
    s: float,
) -> None:
    covered, found = int(low <= truth <= high), int(low > 0 or high < 0)
    figures = f"{covered},{found},{high - low:.3f},{estimate - truth:.3f},{s:.4f}"
    print(f"{draw},{cell.name},{who},{figures}", flush=True)


def _long(panel: Panel) -> pd.DataFrame:
    """Rows unit, t, y with the 0/1 columns CausalPy asks for."""
    table = panel.outcome.rename_axis(index="t").reset_index()
    table = table.melt(id_vars="t", var_name="unit", value_name="y")
    table["group"] = table["unit"].isin(panel.treated).astype(int)
    table["post_treatment"] = table["t"] >= panel.cohorts[0][0]
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--panels", type=int, default=1000)
    parser.add_argument("--cells", default="")
    parser.add_argument("--speed", action="store_true")
    parser.add_argument("--rival", action="store_true")
    arguments = parser.parse_args()
    if arguments.rival:
        rival(arguments.panels)
        return
    if arguments.speed:
        speed()
        return
    tables = []
    for cell in CELLS:
        if arguments.cells and cell.name not in arguments.cells.split(","):
            continue
        begin = time.perf_counter()
        part = summary(cell, run_cell(cell, arguments.panels))
        caused = verdicts(cell, min(VERDICTS, arguments.panels))
        tables.append(part.assign(caused=caused))
        spent = time.perf_counter() - begin
        print(f"{cell.name} {cell.effect:.0%}: {spent:.0f} s, caused {caused:.1%}", file=sys.stderr)
        print(part.round(3).drop(columns=["cell", "effect"]).to_string(index=False), flush=True)
    table = pd.concat(tables)
    print(table.round(4).to_csv(index=False))
    print(judge(table).round(3).to_string(index=False))


if __name__ == "__main__":
    main()
