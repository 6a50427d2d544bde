"""Every number that is not the client's: default, range, source; nowhere else.

A client may change a value within its range; the change is stored with who and when, and every
report carries the checksum of the values it was computed with.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from metrics.errors import InvalidInput
from metrics.units import COUNT, INDEX, SHARE, Unit, UnitKind

MONTHS = Unit(UnitKind.DURATION, "months")
T = TypeVar("T")


@dataclass(frozen=True)
class Assumption:
    """One number the client did not give.

    Parameters
    ----------
    key, title : str
    default, low, high : float
        Used value unless changed, and the range a client may choose from.
    unit : Unit
    source : str
        Where the default comes from; "Ours" when it is our own choice.
    help : str
        What changes when the value changes.
    """

    key: str
    title: str
    default: float
    low: float
    high: float
    unit: Unit
    source: str
    help: str


LADDER = "Ours: the evidence ladder of docs/methods/value.md"
COUNTS = "Share of the amount that counts in the headline."
ILLUSTRATION = "Ours: an illustration to be replaced by the client's figures"
HIRE = "Hire or train; amounts in the client's currency."

ASSUMPTIONS: tuple[Assumption, ...] = (
    Assumption(
        "discount_rate",
        "Discount rate",
        0.10,
        0.0,
        0.30,
        SHARE,
        "Forrester, Total Economic Impact studies",
        "Higher values make later benefits count less.",
    ),
    Assumption(
        "horizon_months",
        "Horizon of the business case",
        36,
        12,
        120,
        MONTHS,
        "Forrester, Total Economic Impact studies: three years",
        "How far benefits and costs are added up.",
    ),
    Assumption(
        "baseline_months",
        "Length of baseline and current period",
        12,
        12,
        24,
        MONTHS,
        "Ours: a whole year, so that seasons cancel",
        "Longer periods are steadier and slower.",
    ),
    Assumption(
        "forecast_months",
        "Forecast horizon",
        12,
        3,
        24,
        MONTHS,
        "Ours",
        "How far the forecast reaches; beyond 24 months it is a scenario.",
    ),
    Assumption(
        "recapture_factor",
        "Value of freed hours that is used again",
        0.5,
        0.0,
        1.0,
        SHARE,
        "Practitioners' default, no study",
        "Scales benefits of the kind capacity.",
    ),
    Assumption(
        "weight_a", "Weight of evidence A: randomised or hold-out", 1.0, 0, 1, SHARE, LADDER, COUNTS
    ),
    Assumption(
        "weight_b", "Weight of evidence B: compared with controls", 0.7, 0, 1, SHARE, LADDER, COUNTS
    ),
    Assumption(
        "weight_c",
        "Weight of evidence C: before and after, volume-adjusted",
        0.4,
        0,
        1,
        SHARE,
        LADDER,
        COUNTS,
    ),
    Assumption(
        "weight_d", "Weight of evidence D: documented claim", 0.15, 0, 1, SHARE, LADDER, COUNTS
    ),
    Assumption("weight_e", "Weight of evidence E: assertion", 0.0, 0, 1, SHARE, LADDER, COUNTS),
    Assumption(
        "ramp_half_months",
        "Months until half of an effect is reached",
        3,
        1,
        12,
        MONTHS,
        "A. Schultze: about six months to a working network",
        "Shape of the expected ramp.",
    ),
    Assumption(
        "share_giving_up",
        "Share of programmes given up early",
        0.5,
        0.0,
        0.95,
        SHARE,
        "A. Schultze: half give up within six months",
        "Weighs what a start brings; in forecasts as much as half a case of the client's own.",
    ),
    Assumption(
        "giving_up_months",
        "Months within which they are given up",
        6,
        1,
        24,
        MONTHS,
        "A. Schultze: half give up within six months",
        "Turns the share into a monthly risk.",
    ),
    Assumption(
        "delay_months",
        "Later start to compare with",
        3,
        1,
        24,
        MONTHS,
        "Ours",
        "How much later the other start is.",
    ),
    Assumption(
        "benefit_correlation",
        "Correlation between lines of a case",
        0.3,
        0.0,
        1.0,
        SHARE,
        "Ours: without it thirty guesses cancel each other out",
        "Higher values widen the range of the net present value.",
    ),
    Assumption(
        "contribution_margin",
        "Contribution margin on won revenue",
        0.0,
        0.0,
        1.0,
        SHARE,
        "The client's to enter; at 0 no revenue enters the case",
        "Share of additional revenue that counts as a benefit.",
    ),
    Assumption(
        "tracking_unsure",
        "Share of benefits whose tracking is unsure",
        0.0,
        0.0,
        1.0,
        SHARE,
        "Ours: the evidence weights carry it; 66 % in Forrester, TEI of Intellum",
        "Multiplied by the next figure it lowers every benefit.",
    ),
    Assumption(
        "tracking_risk",
        "How far unsure benefits may be off",
        0.3,
        0.0,
        1.0,
        SHARE,
        "Forrester, TEI of Intellum, p. 42",
        "Haircut on benefits that are unsure.",
    ),
    Assumption(
        "cost_risk",
        "Addition to every cost for risk",
        0.0,
        0.0,
        1.0,
        SHARE,
        "Ours: booked costs are known",
        "Raises every cost.",
    ),
    Assumption(
        "flexibility_value",
        "Value of later options, thousands",
        0.0,
        0.0,
        1e6,
        COUNT,
        "Forrester, Total Economic Impact: zero unless argued",
        "Stands beside the case and is never added.",
    ),
    Assumption(
        "views_per_request_accepted",
        "Views of accepted answers that stand for a request",
        5,
        1,
        1_000,
        COUNT,
        "Higher Logic Vanilla",
        "Rule of thumb; evidence grade D.",
    ),
    Assumption(
        "views_per_request_other",
        "Other views that stand for a request",
        20,
        1,
        1_000,
        COUNT,
        "Higher Logic Vanilla",
        "Rule of thumb; evidence grade D.",
    ),
    Assumption(
        "view_share",
        "Requests avoided by a view of an accepted answer",
        0.05,
        0.0,
        1.0,
        SHARE,
        "Customary rule that FeverBee describes and calls inflated",
        "Rule of thumb; evidence grade D.",
    ),
    Assumption(
        "marginal_cost_share",
        "Marginal cost of a request, share of its average",
        0.5,
        0.0,
        1.0,
        SHARE,
        "Ours: about half of a desk's cost is fixed within a year",
        "What a request that was never made saves while nobody was released.",
    ),
    Assumption(
        "capacity_released",
        "Capacity was really released (1) or not (0)",
        0,
        0,
        1,
        COUNT,
        "Ours: no, until the ledger shows it",
        "With 1 deflected requests count at their average cost.",
    ),
    Assumption(
        "most_active_share",
        "Most active share of people",
        0.01,
        0.001,
        0.5,
        SHARE,
        "Attune catalogue AD9",
        "Whose share of all acts warns of fragility.",
    ),
    Assumption(
        "launch_failure_before",
        "Launches that fail without early information",
        0.4,
        0,
        1,
        SHARE,
        "Castellion & Markham, Journal of Product Innovation Management, 2013",
        "Base rate of the value of earlier information.",
    ),
    Assumption(
        "launch_failure_after",
        "Launches that fail with early information",
        0.4,
        0,
        1,
        SHARE,
        "The client's to enter; equal rates are worth nothing",
        "Difference to the base rate is what information changes.",
    ),
    Assumption(
        "launch_loss",
        "Loss of a failed launch, thousands",
        0,
        0,
        1e6,
        COUNT,
        "The client's to enter",
        "Value of earlier information.",
    ),
    Assumption(
        "launches",
        "Launches within the horizon",
        0,
        0,
        10_000,
        COUNT,
        "The client's to enter",
        "Value of earlier information.",
    ),
    Assumption("train_course", "Course for one person", 4_000, 0, 1e6, COUNT, ILLUSTRATION, HIRE),
    Assumption(
        "train_backfill", "Replacement while learning", 6_000, 0, 1e6, COUNT, ILLUSTRATION, HIRE
    ),
    Assumption("train_loss", "Output lost while learning", 0.4, 0, 1, SHARE, ILLUSTRATION, HIRE),
    Assumption("train_months", "Months of learning", 6, 0, 36, MONTHS, ILLUSTRATION, HIRE),
    Assumption(
        "own_monthly_cost",
        "Full monthly cost of an own person",
        8_000,
        0,
        1e6,
        COUNT,
        ILLUSTRATION,
        HIRE,
    ),
    Assumption(
        "hire_recruiting", "Recruiting one person", 4_700, 0, 1e6, COUNT, ILLUSTRATION, HIRE
    ),
    Assumption("hire_loss", "Output lost while settling in", 0.5, 0, 1, SHARE, ILLUSTRATION, HIRE),
    Assumption("hire_months", "Months of settling in", 3, 0, 36, MONTHS, ILLUSTRATION, HIRE),
    Assumption(
        "hire_monthly_cost",
        "Full monthly cost of a new person",
        9_000,
        0,
        1e6,
        COUNT,
        ILLUSTRATION,
        HIRE,
    ),
    Assumption(
        "hire_premium",
        "Lasting premium of a new person, a month",
        1_000,
        0,
        1e6,
        COUNT,
        ILLUSTRATION,
        HIRE,
    ),
    Assumption(
        "effect_half_life",
        "Months in which half of an effect is gone after a stop",
        6,
        1,
        60,
        MONTHS,
        "Ours; replaced by what was measured where an initiative was stopped",
        "Longer lives make stopping cost less at once.",
    ),
    Assumption(
        "market_maturity",
        "How advanced the market is",
        0.5,
        0.0,
        1.0,
        SHARE,
        "A. Schultze: in an advanced market mistakes are no longer acceptable; the scale is ours",
        "At 1 a failed experiment costs what was spent on it once more.",
    ),
    Assumption(
        "extension_effect",
        "Effect in teams reached later, against the first",
        0.7,
        0.0,
        1.0,
        SHARE,
        "Ours: the willing start first, later teams respond less",
        "Scales what an extension adds: saturation.",
    ),
    Assumption(
        "simulation_draws",
        "Draws of each simulation",
        10_000,
        1_000,
        100_000,
        COUNT,
        "Ours: steady to about one per cent",
        "More draws are steadier.",
    ),
    Assumption(
        "interval_level",
        "Level of intervals in headlines, per cent",
        80,
        50,
        95,
        INDEX,
        "Ours",
        "Wider levels are right more often and say less.",
    ),
    Assumption(
        "cycle_months",
        "Length of a cycle of measure, model, tune",
        3,
        1,
        3,
        MONTHS,
        "Ours",
        "One month or a quarter: how often budgets are decided and predictions scored.",
    ),
    Assumption(
        "largest_change",
        "Largest change of a budget per cycle",
        0.20,
        0.01,
        1.0,
        SHARE,
        "Ours: larger moves leave what the data have seen",
        "Larger values promise more and are surer to disappoint.",
    ),
    Assumption(
        "plan_confidence",
        "Probability with which a plan must help",
        0.80,
        0.5,
        0.99,
        SHARE,
        "Ours: docs/benchmarks/tune.md",
        "Higher values move less money.",
    ),
    Assumption(
        "seed",
        "Seed of every simulation",
        20_261_101,
        1,
        2**31,
        COUNT,
        "Ours",
        "Printed with every report, so that it can be repeated.",
    ),
)

BY_KEY = {assumption.key: assumption for assumption in ASSUMPTIONS}


RENAMED = {"give_up_share": "share_giving_up"}
"""Keys of before → keys of now. Two were one number; where both were kept, today's key holds."""
GONE = frozenset({"open_share_limit", "advocate_acts", "repeat_days"})
"""Keys of before that no figure ever read."""


def current(kept: Mapping[str, T]) -> dict[str, T]:
    """Return what was kept under the keys of its day by the keys of today."""
    renamed = {RENAMED[key]: value for key, value in kept.items() if key in RENAMED}
    return renamed | {k: v for k, v in kept.items() if k not in RENAMED and k not in GONE}


def default(key: str) -> float:
    """Return the default of an assumption, for functions that are used without a client."""
    return BY_KEY[key].default


class Assumptions(Mapping[str, float]):
    """The values in force: defaults with the client's changes on top.

    Parameters
    ----------
    changes : mapping, optional
        Key → value.

    Raises
    ------
    InvalidInput
        An unknown key, or a value outside its range.
    """

    def __init__(self, changes: Mapping[str, float] | None = None) -> None:
        for key, value in (changes or {}).items():
            if key not in BY_KEY:
                raise InvalidInput("assumption_unknown", key=key)
            known = BY_KEY[key]
            if not known.low <= value <= known.high:
                raise InvalidInput(
                    "assumption_out_of_range",
                    title=known.title,
                    value=value,
                    low=known.low,
                    high=known.high,
                )
        self.changes = dict(changes or {})
        self._values = {a.key: float(self.changes.get(a.key, a.default)) for a in ASSUMPTIONS}

    def __getitem__(self, key: str) -> float:
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def whole(self, key: str) -> int:
        """Return a value that counts something."""
        return round(self._values[key])

    @property
    def evidence_weights(self) -> dict[str, float]:
        """Evidence grade A–E → share of the amount that counts in the headline."""
        return {grade: self[f"weight_{grade.lower()}"] for grade in "ABCDE"}

    @property
    def checksum(self) -> str:
        """Eight characters that change whenever a value does."""
        text = json.dumps(self._values, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:8]
