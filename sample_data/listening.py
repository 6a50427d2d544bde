"""What the community saves and who recommends: deflection, advocates, customers, targets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from company import FIRST_MONTH, HISTORY
from functions import day
from sheets import workbook, write, write_text
from spelling import TITLES

COMMUNITY = int((np.datetime64("2024-05", "M") - FIRST_MONTH).astype(int))
"""First month of the customer community."""
HELPED, LEAVES_ANYWAY = 0.31, 0.18
"""Share of people at the request form who leave without sending: with suggestions, and without."""
INTENT, RESOLVED, WOULD_CONTACT = 0.43, 0.62, 0.11
SHARES = {
    "helped": HELPED,
    "leaves_anyway": LEAVES_ANYWAY,
    "support_intent": INTENT,
    "resolved": RESOLVED,
    "would_contact": WOULD_CONTACT,
}
"""True shares behind the community's records."""
REFERRAL_PREMIUM = 0.16
"""True relative margin of referred customers over others of the same segment."""
SEGMENTS = {"Trades": 640.0, "Industry": 2150.0, "Retail": 1180.0}
TARGETS = (
    ("contact_rate", "support", "", "2027-06", 2.6),
    ("contact_rate", "support", "DACH", "2027-06", 2.4),
    ("cost_per_resolution", "support", "", "2027-06", 86.0),
    ("cost_per_lead", "marketing", "", "2027-03", 84.0),
    ("win_rate", "sales", "", "2027-03", 0.34),
    ("win_rate", "sales", "Nordics", "2027-03", 0.36),
    ("freight_to_value", "supply_chain", "", "2027-06", 0.056),
    ("on_time_delivery", "supply_chain", "", "2026-12", 0.85),
    ("acknowledgement_rate", "procurement", "", "2026-12", 0.80),
    ("contract_compliance", "procurement", "", "2027-06", 0.70),
    ("idea_conversion", "product", "", "2027-06", 0.25),
    ("cost_per_hire", "people", "", "2027-03", 4300.0),
    ("referral_share_of_hires", "people", "France", "2027-03", 0.30),
    ("share_of_voice", "communications", "", "2027-06", 0.26),
    ("cost_per_active_partner", "partners", "", "2027-06", 98.0),
    ("desk_contact_rate", "information_technology", "", "2027-03", 58.0),
    ("adoption_gap", "information_technology", "", "2026-12", 0.50),
    ("net_promoter_score", "advocacy", "", "2027-06", 30.0),
)


def write_targets(path: Path) -> None:
    """Write ``targets.xlsx``: KPI, team, month by which, value."""
    rows = [
        (TITLES.get(function, "Advocacy"), team or None, kpi, month, value)
        for kpi, function, team, month, value in TARGETS
    ]
    with workbook(path, "Halden Tools, Programme office") as book:
        write(
            book.add_worksheet("Targets"),
            [
                ("Function", "Team", "KPI", "Month", "Target"),
                *rows,
            ],
        )


def write_community(path: Path, rng: np.random.Generator) -> None:
    """Write ``community_records.xlsx``: page views, survey, request form, and advocacy."""
    months = range(COMMUNITY, HISTORY)
    grown = 1 - np.exp(-np.arange(1, len(months) + 1) / 4)
    deflection, advocacy = [], []
    for month, size in zip(months, grown, strict=True):
        visits, views = int(950 * size), int(700 * size)
        asked = int(rng.integers(180, 240))
        intent = int(rng.binomial(asked, INTENT))
        resolved = int(rng.binomial(intent, RESOLVED))
        would = int(rng.binomial(resolved, WOULD_CONTACT))
        intents = int(rng.poisson(240 * size))
        hidden = intents // 10
        deflection.append(
            (
                day(month),
                int(24 * size),
                views,
                int(views * 2.4),
                visits,
                asked,
                intent,
                resolved,
                would,
                intents,
                int(rng.binomial(intents, HELPED)),
                hidden,
                int(rng.binomial(hidden, LEAVES_ANYWAY)),
                round(2_150.0 + 400 * size, 2),
            )
        )
    for month in range(HISTORY):
        contacts = 8_200 + 22 * month
        share = 0.031 + 0.0012 * max(month - COMMUNITY, 0) ** 0.8
        sent = int(rng.poisson(140 + 2.2 * max(month - COMMUNITY, 0)))
        due = 20_100 + 30 * month
        advocacy.append(
            (
                day(month),
                contacts,
                int(rng.binomial(contacts, share)),
                sent,
                int(rng.binomial(sent, 0.22)),
                due,
                int(rng.binomial(due, 0.893)),
            )
        )
    with workbook(path, "Halden Tools, Community team") as book:
        write(
            book.add_worksheet("Support"),
            [
                ("Halden Tools: what the community saves; supported products only",),
                (),
                (
                    "Month",
                    "Accepted answers",
                    "Views of answered discussions",
                    "Views of other discussions",
                    "Community visits",
                    "Visitors asked",
                    "Came for support",
                    "Found their answer",
                    "Would have contacted support",
                    "Request forms opened",
                    "Left the form helped",
                    "Request forms in the hold-out",
                    "Left the form in the hold-out",
                    "Community upkeep (EUR)",
                ),
                *deflection,
            ],
        )
        write(
            book.add_worksheet("Advocacy"),
            [
                (
                    "Month",
                    "Active contacts",
                    "Advocates",
                    "Invitations",
                    "Invitations accepted",
                    "Customers a year ago",
                    "Of these still customers",
                ),
                *advocacy,
            ],
        )


def write_customers(path: Path, rng: np.random.Generator) -> None:
    """Write ``customers.csv``: segment, month of the first order, referred or not, margin."""
    n = 2_400
    segment = rng.choice(list(SEGMENTS), n, p=(0.5, 0.2, 0.3))
    # Referred customers are commoner where margins are high: unmatched they look better still.
    chance = np.select([segment == "Industry", segment == "Retail"], [0.34, 0.22], 0.14)
    referred = rng.random(n) < chance
    acquired = rng.integers(0, 36, n) // 6 * 6
    margin = np.array([SEGMENTS[name] for name in segment]) * (1 - 0.004 * acquired)
    margin *= np.where(referred, 1 + REFERRAL_PREMIUM, 1) * rng.lognormal(-0.08, 0.4, n)
    unknown = rng.random(n) < 0.06
    rows = [
        (
            f"C-{i:05d}",
            segment[i],
            f"{day(int(acquired[i])):%Y-%m}",
            "" if unknown[i] else ("yes" if referred[i] else "no"),
            f"{margin[i]:.2f}",
        )
        for i in range(n)
    ]
    header = ("Customer", "Segment", "Acquired", "Referred", "Value")
    write_text(path, [header, *rows])
