"""Five more functions as monthly figures: product, people, communications, partners, IT.

Every drawn figure is the whole number nearest to its true level, so that the truth stays known;
``transferred`` moves cost between two functions without saving the company a cent.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np
from company import FIRST_MONTH, HISTORY, MONTHS, World, teams
from records import DAY, chosen
from records import cells as single
from sheets import workbook, write, write_text
from spelling import spelled

TRANSFER_TEAMS, TRANSFER_START, TRANSFER_AMOUNT = ("France", "Iberia"), "2025-05", 600.0
"""Writers move from communications to product: what one saves a month and team, the other pays."""
SHEETS = {
    "product": "Product",
    "people": "HR",
    "communications": "PR",
    "partners": "Channel",
    "information_technology": "IT",
}
REMARK = {
    "product": "Insight work only. Since May 2025 two writers of PR are booked here",
    "people": "Recruiting only. Hires stand in the applicant tracking system",
    "communications": "Mentions by query set 3, unchanged since 2022; no advertising values",
    "partners": "Channel support, commission not included",
    "information_technology": "Service desk only, without projects",
}


def moved(function: str) -> np.ndarray:
    """Return cost that moved into a function (positive) or out of it, team × month."""
    amount = np.zeros((len(teams(function)), len(MONTHS)))
    sign = {"communications": -1.0, "product": 1.0}.get(function, 0.0)
    begin = int((np.datetime64(TRANSFER_START, "M") - FIRST_MONTH).astype(int))
    for team in TRANSFER_TEAMS:
        amount[teams(function).index(team), begin:] = sign * TRANSFER_AMOUNT
    return amount


def _whole(values: np.ndarray) -> np.ndarray:
    return np.rint(values[:, :HISTORY]).astype(int)


def _part(whole: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Return as many of ``whole`` as ``share`` says; fractions carry to the next month."""
    wanted = np.cumsum(whole * share[:, :HISTORY], axis=1)
    return np.clip(np.diff(np.rint(wanted), axis=1, prepend=0), 0, whole).astype(int)


def _classes(whole: np.ndarray, up: np.ndarray, down: np.ndarray) -> tuple[np.ndarray, ...]:
    first, last = _part(whole, up), _part(whole, down)
    last = np.minimum(last, whole - first)
    return first, whole - first - last, last


def _constant(value: float, like: np.ndarray) -> np.ndarray:
    return np.full(like.shape, value)


def cost_of(function: str, world: World) -> np.ndarray:
    """Return the operating cost of one of the five functions, team × complete month, in cents."""
    rate, volume = COST[function]
    own = world[rate][:, :HISTORY] * _whole(volume(world))
    return np.round(own + moved(function)[:, :HISTORY], 2)


def desk_tickets(world: World) -> np.ndarray:
    return world["it_users"] * world["tickets_per_user"]


COST: dict[str, tuple[str, Callable[[World], np.ndarray]]] = {
    "product": ("cost_per_validated_insight", lambda w: w["validated_insights"]),
    "people": ("cost_per_hire", lambda w: w["hires"]),
    "communications": ("cost_per_placement", lambda w: w["earned_placements"]),
    "partners": ("cost_per_active_partner", lambda w: w["active_partners"]),
    "information_technology": ("cost_per_desk_ticket", desk_tickets),
}
"""What a function's cost is made of: driver of the unit cost, and the quantity."""


def _product(world: World) -> dict[str, np.ndarray]:
    insights = _whole(world["validated_insights"])
    ideas = _whole(world["ideas"])
    revenue = np.round(world["young_product_revenue"][:, :HISTORY], 2)
    return {
        "Product operating cost (EUR)": cost_of("product", world),
        "Validated insights": insights,
        "Insights with both dates": insights,
        "Days of insight lead": np.rint(insights * world["insight_lead_time"][:, :HISTORY]),
        "Ideas submitted": ideas,
        "Ideas from outside": _part(ideas, world["external_idea_share"]),
        "Ideas implemented": _part(ideas, world["idea_conversion"]),
        "Revenue of young products (EUR)": revenue,
        "Revenue of co-created products (EUR)": np.round(
            revenue * world["co_created_share"][:, :HISTORY], 2
        ),
    }


def _people(world: World) -> dict[str, np.ndarray]:
    hires, asked = _whole(world["hires"]), _whole(world["internal_questions"])
    members = _whole(world["practice_members"])
    staff = _whole(world["staff_asked"])
    up, middle, down = _classes(staff, world["employee_promoters"], world["employee_detractors"])
    referred = _part(hires, world["referral_share_of_hires"])
    return {
        "HR operating cost (EUR)": cost_of("people", world),
        "Recruiting cost of referrals (EUR)": np.round(referred * 1350.0, 2),
        "Employee promoters": up,
        "Employee passives": middle,
        "Employee detractors": down,
        "Minutes to a useful internal answer": np.rint(
            asked * world["time_to_expert"][:, :HISTORY]
        ),
        "Internal questions with a useful answer": asked,
        "Members of communities of practice": members,
        "Active members of communities of practice": _part(members, world["practice_activity"]),
        "Internal answers with sites": asked,
        "Answers across sites": _part(asked, world["cross_site_share"]),
    }


def _communications(world: World) -> dict[str, np.ndarray]:
    mentions = _whole(world["own_mentions"])
    coded = np.minimum(mentions, 60)
    up, middle, down = _classes(coded, world["positive_mentions"], world["negative_mentions"])
    earned = _whole(world["earned_impressions"])
    engagement = _whole(world["own_engagement"])
    return {
        "Communications operating cost (EUR)": cost_of("communications", world),
        "Earned placements": _whole(world["earned_placements"]),
        "Own mentions": mentions,
        "Competitor mentions": _whole(world["own_mentions"] / world["share_of_voice"]) - mentions,
        "Own engagement": engagement,
        "Mentions read by people": coded,
        "Mentions with a key message": _part(coded, world["message_pull_through"]),
        "Positive mentions": up,
        "Neutral mentions": middle,
        "Negative mentions": down,
        "Earned impressions": earned,
        "Paid impressions": np.rint(earned * 1.9),
        "Owned impressions": np.rint(earned * 0.8),
    }


def _partners(world: World) -> dict[str, np.ndarray]:
    active = _whole(world["active_partners"])
    known = np.rint(active * 1.35).astype(int)
    asked, onboarded = _whole(world["partner_questions"]), _whole(world["onboarded_partners"])
    surveyed = _constant(18, active).astype(int)
    up, middle, down = _classes(surveyed, world["partner_promoters"], world["partner_detractors"])
    return {
        "Channel support cost (EUR)": cost_of("partners", world),
        "Partners": known,
        "Active partners": active,
        "Contributing partners": _part(known, world["active_partner_ratio"]),
        "Partners onboarded": onboarded,
        "Days to the first deal": np.rint(onboarded * world["partner_onboarding"][:, :HISTORY]),
        "Partner questions": asked,
        "Questions answered by partners": _part(asked, world["partner_answer_share"]),
        "Partner promoters": up,
        "Partner passives": middle,
        "Partner detractors": down,
    }


def _information_technology(world: World) -> dict[str, np.ndarray]:
    users, licensed = _whole(world["it_users"]), _whole(world["it_users"] * 0.62)
    tools = np.round(world["social_tool_spend"][:, :HISTORY], 2)
    records = _whole(world["joinable_records"])
    social = _whole(world["it_users"] * 0.4)
    incidents = _part(social, _constant(0.0035, world["it_users"]))
    return {
        "IT operating cost (EUR)": cost_of("information_technology", world),
        "IT tickets": _whole(desk_tickets(world)),
        "IT users": users,
        "Licensed users": licensed,
        "Weekly contributors": _part(licensed, 1 - world["adoption_gap"]),
        "Social tool spend (EUR)": tools,
        "Tool spend without objective (EUR)": np.round(
            tools * world["orphan_tool_share"][:, :HISTORY], 2
        ),
        "Records to join": records,
        "Joined records": _part(records, world["record_join_rate"]),
        "Policy incidents": incidents,
        "Active users of social tools": social,
    }


FIGURES = {
    "product": _product,
    "people": _people,
    "communications": _communications,
    "partners": _partners,
    "information_technology": _information_technology,
}


def day(month: int) -> datetime:
    return datetime.fromisoformat(str(np.datetime64(MONTHS[month], "D")))


def write_figures(path: Path, world: World) -> None:
    """Write ``function_figures.xlsx``: a sheet a function, with title, total and remark rows."""
    with workbook(path, "Halden Tools, Finance") as book:
        for function, figures in FIGURES.items():
            columns = figures(world)
            rows = [
                (
                    day(month) if function != "people" else f"{day(month):%m/%Y}",
                    spelled("plain", function, team),
                    *(float(values[row, month]) for values in columns.values()),
                )
                for month in range(HISTORY)
                for row, team in enumerate(teams(function))
            ]
            cost = next(iter(columns.values()))
            write(
                book.add_worksheet(SHEETS[function]),
                [
                    (f"Halden Tools: {SHEETS[function]}, by month and region",),
                    (),
                    ("Month", "Region", *columns),
                    *rows,
                    ("Total", None, round(float(cost.sum()), 2)),
                    (REMARK[function],),
                ],
            )
        engagement = _communications(world)["Own engagement"].sum(axis=0)
        rivals = (("Kronwerk", 0.9), ("Tarrant Tools", 1.4), ("Norra Verktyg", 0.6))
        write(
            book.add_worksheet("Competitors"),
            [
                ("Month", "Function", "Item", "Competitor engagement"),
                *(
                    (day(m), "Communications", name, float(round(engagement[m] * size)))
                    for m in range(HISTORY)
                    for name, size in rivals
                ),
            ],
        )


def write_hires(path: Path, world: World, rng: np.random.Generator) -> None:
    """Write ``hires.csv`` as the applicant tracking system lists them, people left out."""
    where = single(_whole(world["hires"]))
    hired = MONTHS[where.month].astype("M8[D]") + (rng.random(len(where)) * 28).astype(int) * DAY
    mean = world["time_to_fill"][where.team, where.month]
    opened = (
        hired
        - np.maximum(np.rint(mean * rng.lognormal(-0.045, 0.3, len(where))), 3).astype(int) * DAY
    )
    referred = chosen(rng, where, world["referral_share_of_hires"])
    other = rng.choice(["Job board", "Career site", "Agency", "Campus"], len(where))
    source = np.where(referred, "Employee referral", other)
    stays = chosen(rng, where, world["retention"])
    left = (
        hired
        + np.where(
            stays, 366 + rng.exponential(1800, len(where)), rng.integers(30, 364, len(where))
        ).astype(int)
        * DAY
    )
    gone = left <= np.datetime64("2026-11-20")
    names = [spelled("plain", "people", team) for team in teams("people")]
    order = np.argsort(hired, kind="stable")
    rows = [
        (
            f"REQ-{n:05d}",
            names[where.team[i]],
            source[i],
            opened[i],
            hired[i],
            left[i] if gone[i] else "",
        )
        for n, i in enumerate(order, 1)
    ]
    header = (
        "Requisition ID",
        "Region",
        "Candidate source",
        "Requisition opened",
        "Hire date",
        "Termination date",
    )
    write_text(path, [header, *rows])
