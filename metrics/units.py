"""Units: what a number counts, and the one place that knows how it is written.

Fractions are stored as 0–1 and written ``18 %``; money is stored in the base currency and
written with its symbol. Three significant figures, because a fourth has never been earned by
business data of this kind. Numbers, money and dates follow the reader's locale, set once around
all that is written (``writing_in``).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

NARROW_SPACE = "\u202f"
CURRENCY_SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "BRL": "R$", "INR": "₹"}
NOT_AVAILABLE = "–"


@dataclass(frozen=True)
class Locale:
    """How a country writes numbers, money and dates (Unicode CLDR).

    Parameters
    ----------
    day, month : str
        Formats of ``strftime``; figures only where the month's name would be in another language.
    money_behind : bool
        The currency stands behind the amount.
    """

    decimal: str
    group: str
    day: str
    month: str
    money_behind: bool


LOCALES = {
    "en-GB": Locale(".", NARROW_SPACE, "%-d %B %Y", "%B %Y", False),
    "de-DE": Locale(",", ".", "%d.%m.%Y", "%m.%Y", True),
    "fr-FR": Locale(",", NARROW_SPACE, "%d/%m/%Y", "%m/%Y", True),
}
_LOCALE: ContextVar[str] = ContextVar("locale", default="en-GB")


@contextmanager
def writing_in(tag: str) -> Iterator[None]:
    """Write numbers and dates by a locale of ``LOCALES``; an unknown one is en-GB."""
    token = _LOCALE.set(tag if tag in LOCALES else "en-GB")
    try:
        yield
    finally:
        _LOCALE.reset(token)


def write_in(tag: str) -> None:
    """Write by this locale until told otherwise: for a thread that serves one reader."""
    _LOCALE.set(tag if tag in LOCALES else "en-GB")


def written_in() -> str:
    """Return the tag of the locale numbers and dates are written by."""
    return _LOCALE.get()


def _locale() -> Locale:
    return LOCALES[_LOCALE.get()]


def write_day(day: date) -> str:
    """Return a day as the reader writes it, and a dash where there is none."""
    if day != day:  # a missing date differs from itself, as a missing number does
        return NOT_AVAILABLE
    return day.strftime(_locale().day)


def write_month(day: date, short: bool = False) -> str:
    """Return a month as the reader writes it; ``short`` where an axis has no room for its name."""
    if day != day:
        return NOT_AVAILABLE
    form = _locale().month
    return day.strftime(form.replace("%B", "%b") if short else form)


def axis_month() -> str:
    """Return the format of months on an axis (d3), as the reader writes them."""
    return _locale().month.replace("%B %Y", "%b %y")


def write_moment(at: datetime) -> str:
    """Return a day as the reader writes it, with hour and minute."""
    return f"{write_day(at)}, {at:%H:%M}"


def write_percent(share: float) -> str:
    """Return a fraction 0–1 in whole per cents, and a dash where it is not known."""
    return f"{share * 100:.0f} %" if math.isfinite(share) else NOT_AVAILABLE


def write_chance(probability: float) -> str:
    """Return a probability 0–1 in whole per cents, never 0 or 100: nothing simulated is certain."""
    if probability < 0.01:
        return "< 1 %"
    return "> 99 %" if probability > 0.99 else write_percent(probability)


class UnitKind(StrEnum):
    """What is counted; decides scale, rounding and how the unit is written."""

    COUNT = "count"
    SHARE = "share"
    MONEY = "money"
    DURATION = "duration"
    POINTS = "points"
    RATE = "rate"
    LEVEL = "level"


@dataclass(frozen=True)
class Unit:
    """A unit of measurement.

    Parameters
    ----------
    kind : Kind
        ``SHARE`` is a fraction 0–1; ``MONEY`` is in the client's base currency.
    name : str
        Written after the number (``days``, ``per 100 customers``); empty for counts, money and
        shares.
    """

    kind: UnitKind
    name: str = ""

    def write(
        self, value: float, currency: str = "", change: bool = False, bare: bool = False
    ) -> str:
        """Return ``value`` as a person reads it, with three significant figures.

        Parameters
        ----------
        value : float
            In storage units (a share is 0–1). NaN and infinity are written as a dash.
        currency : str
            ISO 4217 code, used for money only.
        change : bool
            Write a sign, and percentage points instead of per cent for shares.
        bare : bool
            Leave the unit's name out, where it stands beside the number already.
        """
        if value is None or not math.isfinite(value):
            return NOT_AVAILABLE
        sign = "−" if value < 0 else "+" if change and value > 0 else ""
        size = abs(value)
        if self.kind is UnitKind.SHARE:
            figure = f"{sign}{three_figures(size * 100)}"
            return figure if bare else f"{figure} {'points' if change else '%'}"
        if self.kind is UnitKind.MONEY:
            symbol = CURRENCY_SYMBOLS.get(currency, f"{currency} " if currency else "")
            figure = (
                f"{sign}{abbreviate(size)} {symbol.strip()}".strip()
                if _locale().money_behind
                else f"{sign}{symbol}{abbreviate(size)}"
            )
            return f"{figure} {self.name}" if self.name and not bare else figure
        if self.kind is UnitKind.POINTS:
            return f"{sign}{three_figures(size)}"
        if self.kind is UnitKind.LEVEL:
            # 2.97 stands on level 2: written 3.0 it would contradict its own level.
            tenth = round(size, 1) if change else min(round(size, 1), math.floor(size + 1e-9) + 0.9)
            return f"{sign}{tenth:.1f}".replace(".", _locale().decimal)
        figure = f"{sign}{abbreviate(size) if self.kind is UnitKind.COUNT else three_figures(size)}"
        return f"{figure} {self.name}" if self.name and not bare else figure


def three_figures(size: float) -> str:
    """Write a non-negative number with three significant figures and grouped thousands."""
    if size == 0:
        return "0"
    digits = 2 - math.floor(math.log10(size))
    rounded = round(size, digits)
    if rounded >= 100:
        return f"{rounded:,.0f}".replace(",", _locale().group)
    text = f"{rounded:.{min(max(digits, 0), 6)}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.replace(".", _locale().decimal)


def write_amount(amount: float, currency: str) -> str:
    """Return an amount to the cent, not rounded: what somebody entered or decided."""
    if not math.isfinite(amount):
        return NOT_AVAILABLE
    here, symbol = _locale(), CURRENCY_SYMBOLS.get(currency, f"{currency} " if currency else "")
    text = f"{abs(amount):,.2f}".removesuffix(".00")
    figure = text.translate({ord(","): here.group, ord("."): here.decimal})
    sign = "−" if amount < 0 else ""
    if here.money_behind:
        return f"{sign}{figure} {symbol.strip()}".strip()
    return f"{sign}{symbol}{figure}"


def abbreviate(size: float) -> str:
    """Write a non-negative number in thousands (k), millions (M) or billions (bn)."""
    for limit, suffix in ((999.5e6, "bn"), (999.5e3, "M"), (9.995e3, "k")):
        if size >= limit:
            scale = {"bn": 1e9, "M": 1e6, "k": 1e3}[suffix]
            return f"{three_figures(size / scale)} {suffix}"
    return three_figures(size)


COUNT = Unit(UnitKind.COUNT)
SHARE = Unit(UnitKind.SHARE)
MONEY = Unit(UnitKind.MONEY)
POINTS = Unit(UnitKind.POINTS)
DAYS = Unit(UnitKind.DURATION, "days")
HOURS = Unit(UnitKind.DURATION, "hours")
MINUTES = Unit(UnitKind.DURATION, "minutes")
TIMES = Unit(UnitKind.RATE, "×")
PER_POST = Unit(UnitKind.RATE, "per post")
PER_VISIT = Unit(UnitKind.RATE, "per visit")
PER_QUESTION = Unit(UnitKind.RATE, "per question")
PER_100_CUSTOMERS = Unit(UnitKind.RATE, "per 100 customers")
PER_1000_CONTACTS = Unit(UnitKind.RATE, "per 1,000 contacts")
PER_100_PEOPLE = Unit(UnitKind.RATE, "per 100 people")
PER_1000_PEOPLE = Unit(UnitKind.RATE, "per 1,000 people")
PER_OPPORTUNITY = Unit(UnitKind.RATE, "per open opportunity")
PER_CUSTOMER = Unit(UnitKind.RATE, "per active customer")
PER_1000_REVENUE = Unit(UnitKind.MONEY, "per 1,000 of revenue")
PER_1000_SPEND = Unit(UnitKind.MONEY, "per 1,000 of spend")
INDEX = Unit(UnitKind.RATE, "")
MATURITY = Unit(UnitKind.LEVEL)
"""A maturity score of 1 to 5, to a tenth: enough to see where on its level it stands."""
