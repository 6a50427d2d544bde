"""What a slide says in one line: the finding as its title, the topic above it.

Written from the same figures as the slide below; where nothing was found the topic is the title.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from metrics.functions import title
from metrics.maturity.contradiction import contradicted
from metrics.portfolio.wording import counted_apart
from metrics.units import MATURITY, MONEY, write_month
from readout.figures import series_title
from readout.proposals import NOTHING, say_head
from readout.reading import Reading
from words import say


def heading(key: str, read: Reading) -> tuple[str, str]:
    """Return the topic of a slide and its headline; the topic is "" where it is the headline."""
    if key == "front":
        return "", read.report.client
    topic = say(f"deck.title.{key}")
    found = HEADLINES[key](read) if key in HEADLINES else ""
    if not found:
        return "", topic
    return topic, found if key == "verdict" else found.removesuffix(".")


def _verdict(read: Reading) -> str:
    return read.verdict


def _heatmap(read: Reading) -> str:
    told = read.report.maturity.functions.dropna(subset=["published"])
    if len(told) < 2:
        return ""
    low, high = (told.loc[told["published"].agg(end)] for end in ("idxmin", "idxmax"))
    return say(
        "deck.headline.heatmap",
        low=MATURITY.write(low["published"]),
        lowest=title(low["function"]),
        high=MATURITY.write(high["published"]),
        highest=title(high["function"]),
    )


def _contradictions(read: Reading) -> str:
    part = read.report.maturity
    found = len(contradicted(part.contradictions))
    judged = part.gates[part.gates["verdict"].isin(["pass", "warn", "fail"])]
    if judged.empty:
        return ""
    return say(
        "deck.headline.contradictions",
        n=found,
        all=len(judged),
        fails=int((judged["verdict"] == "fail").sum()),
    )


def _waterfall(read: Reading) -> str:
    case = read.report.case
    if case.reason:
        return ""
    claimed, counted, cost = (
        MONEY.write(float(amount), read.currency)
        for amount in (
            case.benefits["amount"].sum(),
            case.benefits["counted"].sum(),
            case.monthly["cost"].sum(),
        )
    )
    return say("deck.headline.waterfall", claimed=claimed, counted=counted, cost=cost)


def _business_case(read: Reading) -> str:
    if read.report.case.reason:
        return ""
    worth, chance = read.figures["case.expected"], read.figures["case.probability"]
    return say(
        "deck.headline.business_case",
        value=worth.said(read.currency),
        between=worth.between(read.currency),
        chance=chance.said(read.currency),
    )


def _effects(read: Reading) -> str:
    table = read.report.effects.effects
    if table.empty:
        return ""
    return say("verdict.effects", **counted_apart(table))


def _forecast(read: Reading) -> str:
    series, part = read.first_series, read.report.forecasts
    if series is None:
        return ""
    one = read.figures[f"forecast.{series}"]
    end = part.forecasts.loc[part.forecasts["series"] == series, "period"].max()
    return say(
        "deck.headline.forecast",
        series=series_title(series),
        value=one.said(read.currency),
        between=one.between(read.currency),
        month=write_month(end),
    )


def _tuning(read: Reading) -> str:
    table = read.report.effects.effects
    told = table.dropna(subset=["expected", "relative"])
    if told.empty:
        return ""
    inside = told["expected"].between(told["relative_low"], told["relative_high"]).sum()
    return say("deck.tuning_count", inside=int(inside), all=len(told))


def _decisions(read: Reading) -> str:
    first = say_head(read.report, 1)
    if not first or first[0].value == NOTHING:
        return ""
    return say("deck.headline.decisions", what=first[0].what, value=first[0].value)


HEADLINES: Mapping[str, Callable[[Reading], str]] = {
    "verdict": _verdict,
    "heatmap": _heatmap,
    "contradictions": _contradictions,
    "waterfall": _waterfall,
    "business_case": _business_case,
    "effects": _effects,
    "forecast": _forecast,
    "tuning": _tuning,
    "decisions": _decisions,
}
