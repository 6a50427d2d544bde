"""The programme: eighteen initiatives, their sizes known, and what each month cost."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from company import HISTORY, MONTHS, Initiative

INITIATIVES = (
    Initiative(
        "HT-01",
        "Customer community, first wave",
        "support",
        ("DACH", "UK & Ireland"),
        "2024-05",
        (("tickets_per_customer", -0.12),),
        "contact_rate",
        -0.15,
        "Answer once, help many",
        "customers",
        "Discourse",
        "external",
        12500,
        1400,
        25,
        change="process",
    ),
    Initiative(
        "HT-02",
        "Customer community, second wave",
        "support",
        ("US East",),
        "2025-01",
        (("tickets_per_customer", -0.10),),
        "contact_rate",
        -0.12,
        "Answer once, help many",
        "customers",
        "Discourse",
        "external",
        4000,
        700,
        13,
        change="process",
    ),
    Initiative(
        "HT-03",
        "Expert answers in the knowledge base",
        "support",
        ("Nordics", "Benelux"),
        "2024-10",
        (("cost_per_resolution", -0.09), ("reopen_rate", -0.15)),
        "cost_per_resolution",
        -0.08,
        "Solve at the first contact",
        "employees",
        "Confluence",
        "internal",
        3500,
        400,
        16,
        change="tool",
    ),
    Initiative(
        "HT-04",
        "Customer stories instead of paid reach, first wave",
        "marketing",
        ("DACH", "Benelux"),
        "2024-06",
        (("cost_per_enquiry", -0.11),),
        "cost_per_enquiry",
        -0.10,
        "Grow leads at no additional cost",
        "customers",
        "LinkedIn",
        "external",
        7000,
        1250,
        22,
        change="campaign",
    ),
    Initiative(
        "HT-05",
        "Customer stories instead of paid reach, second wave",
        "marketing",
        ("US East",),
        "2025-02",
        (("cost_per_enquiry", -0.09),),
        "cost_per_enquiry",
        -0.10,
        "Grow leads at no additional cost",
        "customers",
        "LinkedIn",
        "external",
        3000,
        650,
        12,
        change="campaign",
    ),
    Initiative(
        "HT-06",
        "Brand channel with short videos",
        "marketing",
        ("France", "Iberia"),
        "2024-09",
        (),
        "cost_per_enquiry",
        -0.12,
        "",
        "prospects",
        "TikTok",
        "external",
        9500,
        1550,
        19,
        change="campaign",
    ),
    Initiative(
        "HT-07",
        "Referral circle",
        "sales",
        ("Nordics", "UK & Ireland", "US West"),
        "2024-08",
        (("win_rate", 0.10), ("referral_share", 0.15)),
        "win_rate",
        0.08,
        "Win through recommendation",
        "customers",
        "Salesforce",
        "external",
        5500,
        1150,
        21,
        change="campaign",
    ),
    Initiative(
        "HT-08",
        "Deal rooms with customer experts",
        "sales",
        ("DACH", "Canada"),
        "2025-03",
        (("cost_per_opportunity", -0.15),),
        "cost_per_opportunity",
        -0.10,
        "Lower the cost of a sale",
        "customers",
        "Teams",
        "external",
        6500,
        1300,
        33,
        stopped=4,
        change="process",
    ),
    Initiative(
        "HT-09",
        "Carrier and site forum, first wave",
        "supply_chain",
        ("Nordics", "Benelux"),
        "2024-03",
        (("freight_to_value", -0.09),),
        "freight_to_value",
        -0.05,
        "Fuller trucks, fewer trips",
        "partners",
        "Discourse",
        "external",
        5000,
        550,
        15,
        change="process",
    ),
    Initiative(
        "HT-10",
        "Carrier and site forum, second wave",
        "supply_chain",
        ("US East", "US West"),
        "2024-11",
        (("freight_to_value", -0.08),),
        "freight_to_value",
        -0.05,
        "Fuller trucks, fewer trips",
        "partners",
        "Discourse",
        "external",
        3500,
        550,
        13,
        change="process",
    ),
    Initiative(
        "HT-11",
        "Early warnings from suppliers",
        "supply_chain",
        ("DACH",),
        "2025-04",
        (("on_time_delivery", 0.08), ("expedite_share", -0.15)),
        "on_time_delivery",
        0.06,
        "Deliver when promised",
        "suppliers",
        "Supplier portal",
        "external",
        5500,
        500,
        11,
        change="tool",
    ),
    Initiative(
        "HT-12",
        "Supplier exchange",
        "procurement",
        ("UK & Ireland", "France"),
        "2024-04",
        (("contract_compliance", 0.12),),
        "contract_compliance",
        0.10,
        "Buy under contract",
        "suppliers",
        "Coupa",
        "external",
        3000,
        350,
        12,
        change="tool",
    ),
    Initiative(
        "HT-13",
        "Buyers' network",
        "procurement",
        ("DACH", "US East", "Canada"),
        "2024-12",
        (("cost_per_purchase_order", -0.13), ("sourcing_cycle_days", -0.10)),
        "cost_per_purchase_order",
        -0.08,
        "One way of buying at 45 sites",
        "employees",
        "Viva Engage",
        "internal",
        2000,
        250,
        14,
        change="process",
    ),
    Initiative(
        "HT-14",
        "Answers to suppliers within 48 hours",
        "procurement",
        ("Nordics",),
        "2025-06",
        (("acknowledgement_rate", 0.09),),
        "acknowledgement_rate",
        0.10,
        "Be easy to supply",
        "suppliers",
        "Coupa",
        "external",
        1500,
        200,
        7,
        change="process",
    ),
    Initiative(
        "HT-15",
        "Colleagues recommend colleagues",
        "people",
        ("DACH", "France"),
        "2024-07",
        (("cost_per_hire", -0.12), ("referral_share_of_hires", 0.15)),
        "cost_per_hire",
        -0.10,
        "Hire through our own people",
        "employees",
        "Viva Engage",
        "internal",
        3200,
        380,
        12,
        change="campaign",
    ),
    Initiative(
        "HT-16",
        "Colleagues help colleagues",
        "information_technology",
        ("US East", "Nordics"),
        "2024-12",
        (("tickets_per_user", -0.11),),
        "desk_contact_rate",
        -0.10,
        "Answer once, help many",
        "employees",
        "Viva Engage",
        "internal",
        1100,
        140,
        4,
        change="process",
    ),
    Initiative(
        "HT-17",
        "Customers shape the next tool",
        "product",
        ("DACH", "Benelux"),
        "2024-10",
        (("idea_conversion", 0.15), ("external_idea_share", 0.12)),
        "idea_conversion",
        0.10,
        "Build what is wanted",
        "customers",
        "Discourse",
        "external",
        2400,
        260,
        9,
        change="process",
    ),
    Initiative(
        "HT-18",
        "Partner forum",
        "partners",
        ("UK & Ireland", "Canada"),
        "2025-02",
        (("cost_per_active_partner", -0.09), ("partner_answer_share", 0.12)),
        "cost_per_active_partner",
        -0.12,
        "Partners help each other",
        "partners",
        "Discourse",
        "external",
        1200,
        130,
        4,
        change="tool",
    ),
)

HOURLY_RATE = 55.0
"""EUR for an hour of own people."""
SETUP_MONTHS = 2
"""Months before the start in which training and set-up are paid."""
MIX = {"licences": 0.30, "moderation": 0.30, "content": 0.25, "agency": 0.15}
"""How the monthly cost of an initiative splits, people apart."""


class CostLine(NamedTuple):
    """One booked amount."""

    month: int
    function: str
    team: str
    initiative: str
    category: str
    amount: float
    hours: float


def last_month(initiative: Initiative) -> int:
    """Return the index of the last month an initiative costs money."""
    if initiative.stopped is None:
        return HISTORY - 1
    return initiative.begin + initiative.stopped - 1


def cost_lines() -> list[CostLine]:
    """Return every programme cost of the complete months, to the cent."""
    lines = [line for initiative in INITIATIVES for line in _lines(initiative)]
    lines += [
        CostLine(month, "support", "Online Care", "", "agency", 3400.0, 0.0)
        for month in range(HISTORY)
    ]
    return sorted(lines)


def _lines(initiative: Initiative) -> list[CostLine]:
    lines = []
    for team in initiative.teams:
        portion = 1 / len(initiative.teams)

        def line(month: int, category: str, amount: float, hours: float = 0.0, team: str = team):
            return CostLine(
                month,
                initiative.function,
                team,
                initiative.id,
                category,
                round(amount, 2),
                round(hours, 1),
            )

        for month in range(initiative.begin - SETUP_MONTHS, initiative.begin):
            lines.append(line(month, "training", initiative.setup * portion / SETUP_MONTHS))
        for month in range(initiative.begin, last_month(initiative) + 1):
            hours = round(initiative.hours * portion, 1)
            lines.append(line(month, "people", hours * HOURLY_RATE, hours))
            lines += [
                line(month, category, initiative.monthly * portion * part)
                for category, part in MIX.items()
            ]
    return lines


def totals(initiative: Initiative) -> tuple[float, float]:
    """Return cost without own people, and hours of own people, so far."""
    lines = [line for line in cost_lines() if line.initiative == initiative.id]
    cost = sum(line.amount for line in lines if line.category != "people")
    return round(cost, 2), round(sum(line.hours for line in lines), 1)


def first_day(month: int) -> str:
    """Return the first day of month ``month`` in ISO form."""
    return str(np.datetime64(MONTHS[month], "D"))
