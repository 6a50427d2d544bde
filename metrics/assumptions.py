"""Every number that is not the client's: default, range, source; nowhere else.

A client may change a value within its range; the change is stored with who and when, and every
report carries the checksum of the values it was computed with.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from metrics.errors import InvalidInput
from metrics.units import COUNT, INDEX, SHARE, Kind, Unit

MONTHS = Unit(Kind.DURATION, "months")


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

ASSUMPTIONS: tuple[Assumption, ...] = (
    Assumption("discount_rate", "Discount rate", 0.10, 0.0, 0.30, SHARE,
               "Forrester, Total Economic Impact studies",
               "Higher values make later benefits count less."),
    Assumption("horizon_months", "Horizon of the business case", 36, 12, 120, MONTHS,
               "Forrester, Total Economic Impact studies: three years",
               "How far benefits and costs are added up."),
    Assumption("baseline_months", "Length of baseline and current period", 12, 12, 24, MONTHS,
               "Ours: a whole year, so that seasons cancel",
               "Longer periods are steadier and slower."),
    Assumption("forecast_months", "Forecast horizon", 12, 3, 24, MONTHS, "Ours",
               "How far the forecast reaches; beyond 24 months it is a scenario."),
    Assumption("open_share_limit", "Share of open records that marks a month", 0.05, 0.0, 0.5,
               SHARE, "Ours", "Months above it are kept out of trends and forecasts."),
    Assumption("recapture_factor", "Value of freed hours that is used again", 0.5, 0.0, 1.0, SHARE,
               "Practitioners' default, no study", "Scales benefits of the kind capacity."),
    Assumption("weight_a", "Weight of evidence A: randomised or hold-out", 1.0, 0, 1, SHARE,
               LADDER, COUNTS),
    Assumption("weight_b", "Weight of evidence B: compared with controls", 0.7, 0, 1, SHARE,
               LADDER, COUNTS),
    Assumption("weight_c", "Weight of evidence C: before and after, volume-adjusted", 0.4, 0, 1,
               SHARE, LADDER, COUNTS),
    Assumption("weight_d", "Weight of evidence D: documented claim", 0.15, 0, 1, SHARE,
               LADDER, COUNTS),
    Assumption("weight_e", "Weight of evidence E: assertion", 0.0, 0, 1, SHARE, LADDER,
               COUNTS),
    Assumption("ramp_half_months", "Months until half of an effect is reached", 3, 1, 12, MONTHS,
               "A. Schultze: about six months to a working network", "Shape of the expected ramp."),
    Assumption("simulation_draws", "Draws of each simulation", 10_000, 1_000, 100_000, COUNT,
               "Ours: steady to about one per cent", "More draws are steadier."),
    Assumption("interval_level", "Level of intervals in headlines, per cent", 80, 50, 95, INDEX,
               "Ours", "Wider levels are right more often and say less."),
    Assumption("seed", "Seed of every simulation", 20_261_101, 1, 2**31, COUNT, "Ours",
               "Printed with every report, so that it can be repeated."),
)  # fmt: skip

BY_KEY = {assumption.key: assumption for assumption in ASSUMPTIONS}


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
                    "assumption_out_of_range", title=known.title, value=value, low=known.low,
                    high=known.high,
                )  # fmt: skip
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
