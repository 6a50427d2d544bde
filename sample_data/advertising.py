"""Marketing: the campaign report of Google Ads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from company import MONTHS, World, teams
from records import exported
from sheets import write_text
from spelling import spelled

HEADERS = (
    "Campaign status",
    "Account name",
    "Campaign",
    "Campaign type",
    "Month",
    "Currency code",
    "Impr.",
    "Clicks",
    "CTR",
    "Avg. CPC",
    "Cost",
    "Conversions",
    "Cost / conv.",
    "Conv. rate",
)
CAMPAIGNS = (("Search", "Brand", 0.35), ("Search", "Power tools", 0.45), ("Display", "Fair", 0.2))


def enquiries(world: World) -> np.ndarray:
    """Return conversions by region and month, the last month not over."""
    return exported(world["enquiries"])


def media(world: World) -> np.ndarray:
    """Return advertising spend by region and month, to the cent."""
    conversions = enquiries(world)
    return np.round(world["cost_per_enquiry"][:, : conversions.shape[1]] * conversions, 2)


def write_campaigns(path: Path, world: World, rng: np.random.Generator) -> None:
    """Write ``google_ads_campaigns.csv``: two title lines, ``--``, and Total rows."""
    conversions, cost = enquiries(world), media(world)
    months = conversions.shape[1]
    clicks = np.rint(conversions / world["enquiries_per_click"][:, :months]).astype(int)
    impressions = np.rint(clicks / world["click_rate"][:, :months]).astype(int)
    shape = (*conversions.shape, len(CAMPAIGNS))
    weights = np.array([weight for *_, weight in CAMPAIGNS]) * rng.lognormal(0, 0.12, shape)
    parts = [_split(total, weights) for total in (impressions, clicks, conversions)]
    money = _split(np.rint(cost * 100).astype(int), weights)
    rows, sums = [], {}
    for index in np.ndindex(*shape):
        team, month, campaign = index
        kind, topic, _ = CAMPAIGNS[campaign]
        region = teams("marketing")[team]
        numbers = [int(part[index]) for part in (*parts, money)]
        rows.append(
            (
                "Paused" if kind == "Display" and month > 40 else "Enabled",
                spelled("ads", "marketing", region),
                f"{region} | {kind} | {topic}",
                kind,
                str(MONTHS[month]),
                "EUR",
                *_figures(*numbers),
            )
        )
        for key in (kind, "All campaigns"):
            sums[key] = np.add(sums.get(key, 0), numbers)
    totals = [
        (f"Total: {key}", "--", "--", "--", "--", "EUR", *_figures(*sums[key].tolist()))
        for key in ("All campaigns", "Search", "Display")
    ]
    title = [("Campaign report",), ("November 1, 2022 - November 20, 2026",)]
    write_text(path, (*title, HEADERS, *rows, *totals))


def _split(total: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Split whole totals by weight along a last axis so that the parts add up."""
    edges = np.cumsum(weights, axis=-1) / weights.sum(axis=-1, keepdims=True)
    return np.diff(np.rint(total[..., None] * edges).astype(int), axis=-1, prepend=0)


def _figures(impressions: int, clicks: int, conversions: int, cents: int) -> tuple[str, ...]:
    cost = cents / 100

    def ratio(top: float, bottom: float, form: str) -> str:
        return form.format(top / bottom) if bottom else "--"

    return (
        f"{impressions:,}",
        f"{clicks:,}",
        ratio(clicks, impressions, "{:.2%}"),
        ratio(cost, clicks, "{:.2f}"),
        f"{cost:,.2f}",
        f"{conversions:,.2f}",
        ratio(cost, conversions, "{:.2f}"),
        ratio(conversions, clicks, "{:.2%}"),
    )
