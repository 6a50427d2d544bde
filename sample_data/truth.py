"""What is truly so: effects, savings, the programme's value and what comes next.

Only tests may read the file that this module fills; the product never does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from company import (
    AGENCY_TEAM,
    DRIVERS,
    FUNCTIONS,
    HISTORY,
    MONTHS,
    SEED,
    Initiative,
    World,
    Worlds,
    teams,
)
from functions import COST as LATER_COST
from functions import TRANSFER_AMOUNT, TRANSFER_START, TRANSFER_TEAMS, desk_tickets, moved
from ledger import CLAIMS, counted
from listening import REFERRAL_PREMIUM, SHARES
from programme import INITIATIVES, cost_lines
from spelling import other_spellings
from voices import satisfaction_shares

Terms = Callable[[World], tuple[np.ndarray, np.ndarray]]
DISCOUNT_RATE = 0.10
GROSS_MARGIN = 0.35
"""Part of an additional won deal that is profit before selling cost."""
CASE_START, CASE_MONTHS = 12, 36
"""The case covers November 2023 to October 2026: three years."""


def _ratio(driver: str, volume: str) -> Terms:
    return lambda world: (world[driver] * world[volume], world[volume])


def _tickets(world: World) -> np.ndarray:
    return world["active_customers"] * world["tickets_per_customer"]


def _per_ticket(driver: str) -> Terms:
    return lambda world: (world[driver] * _tickets(world), _tickets(world))


def _leads(world: World) -> np.ndarray:
    return world["enquiries"] * world["leads_per_enquiry"]


def _marketing_cost(world: World) -> np.ndarray:
    media = world["enquiries"] * world["cost_per_enquiry"]
    return media + world["people_cost_per_lead"] * _leads(world)


def _goods(world: World) -> np.ndarray:
    return world["lines_due"] * world["line_value"]


def _freight(world: World) -> np.ndarray:
    return _goods(world) * world["freight_to_value"]


def _won(world: World) -> np.ndarray:
    """Value won when as many deals close as are created."""
    return world["opportunities"] * world["win_rate"] * world["deal_value"]


def _later_cost(function: str) -> Callable[[World], np.ndarray]:
    rate, volume = LATER_COST[function]
    return lambda world: world[rate] * volume(world) + moved(function)


def _orders(world: World) -> np.ndarray:
    return world["purchase_orders"] * world["order_value"]


KPIS: dict[str, dict[str, Terms]] = {
    "marketing": {
        "cost_per_lead": lambda w: (_marketing_cost(w), _leads(w)),
        "cost_per_enquiry": _ratio("cost_per_enquiry", "enquiries"),
        "click_rate": lambda w: (
            w["enquiries"] / w["enquiries_per_click"],
            w["enquiries"] / w["enquiries_per_click"] / w["click_rate"],
        ),
    },
    "support": {
        "contact_rate": lambda w: (_tickets(w), w["active_customers"]),
        "cost_per_resolution": _per_ticket("cost_per_resolution"),
        "reopen_rate": _per_ticket("reopen_rate"),
        "time_to_first_reply": _per_ticket("time_to_first_reply"),
        "time_to_resolve": _per_ticket("time_to_resolve"),
    },
    "sales": {
        "win_rate": _ratio("win_rate", "opportunities"),
        "cost_per_opportunity": _ratio("cost_per_opportunity", "opportunities"),
        "selling_cost_ratio": lambda w: (w["cost_per_opportunity"] * w["opportunities"], _won(w)),
        "sales_cycle_days": _ratio("sales_cycle_days", "opportunities"),
        "referral_revenue_share": lambda w: (w["referral_share"] * _won(w), _won(w)),
    },
    "supply_chain": {
        "freight_to_value": lambda w: (_freight(w), _goods(w)),
        "cost_per_delivery_line": lambda w: (
            _freight(w) + w["handling_per_line"] * w["lines_due"],
            w["lines_due"],
        ),
        "on_time_delivery": _ratio("on_time_delivery", "lines_due"),
        "expedite_share": lambda w: (w["expedite_share"] * _freight(w), _freight(w)),
    },
    "procurement": {
        "cost_per_purchase_order": _ratio("cost_per_purchase_order", "purchase_orders"),
        "sourcing_cycle_days": _ratio("sourcing_cycle_days", "purchase_orders"),
        "acknowledgement_rate": _ratio("acknowledgement_rate", "purchase_orders"),
        "first_time_match": _ratio("first_time_match", "purchase_orders"),
        "contract_compliance": lambda w: (w["contract_compliance"] * _orders(w), _orders(w)),
    },
    "product": {
        "idea_conversion": _ratio("idea_conversion", "ideas"),
        "external_idea_share": _ratio("external_idea_share", "ideas"),
        "insight_lead_time": _ratio("insight_lead_time", "validated_insights"),
        "cost_per_validated_insight": lambda w: (
            _later_cost("product")(w),
            w["validated_insights"],
        ),
        "co_created_revenue_share": _ratio("co_created_share", "young_product_revenue"),
    },
    "people": {
        "cost_per_hire": _ratio("cost_per_hire", "hires"),
        "referral_share_of_hires": _ratio("referral_share_of_hires", "hires"),
        "time_to_fill": _ratio("time_to_fill", "hires"),
        "time_to_expert": _ratio("time_to_expert", "internal_questions"),
        "practice_activity": _ratio("practice_activity", "practice_members"),
    },
    "communications": {
        "cost_per_placement": lambda w: (_later_cost("communications")(w), w["earned_placements"]),
        "share_of_voice": lambda w: (w["own_mentions"], w["own_mentions"] / w["share_of_voice"]),
        "message_pull_through": _ratio("message_pull_through", "own_mentions"),
    },
    "partners": {
        "cost_per_active_partner": _ratio("cost_per_active_partner", "active_partners"),
        "partner_answer_share": _ratio("partner_answer_share", "partner_questions"),
        "partner_onboarding_days": _ratio("partner_onboarding", "onboarded_partners"),
    },
    "information_technology": {
        "desk_contact_rate": lambda w: (desk_tickets(w), w["it_users"]),
        "cost_per_desk_ticket": lambda w: (
            w["cost_per_desk_ticket"] * desk_tickets(w),
            desk_tickets(w),
        ),
        "adoption_gap": _ratio("adoption_gap", "it_users"),
        "orphan_tool_share": _ratio("orphan_tool_share", "social_tool_spend"),
        "record_join_rate": _ratio("record_join_rate", "joinable_records"),
    },
}
"""Numerator and denominator of every KPI whose truth is known, by the product's own keys."""

SCALE = {"contact_rate": 100, "desk_contact_rate": 100}
"""Factor after the division, where it is not 1."""

COST: dict[str, Callable[[World], np.ndarray]] = {
    "marketing": _marketing_cost,
    "support": lambda w: w["cost_per_resolution"] * _tickets(w),
    "sales": lambda w: w["cost_per_opportunity"] * w["opportunities"],
    "supply_chain": lambda w: _freight(w) + w["handling_per_line"] * w["lines_due"],
    "procurement": lambda w: w["cost_per_purchase_order"] * w["purchase_orders"],
    **{function: _later_cost(function) for function in LATER_COST},
}
"""Operating cost of a function, team × month."""


def truth(worlds: Worlds) -> dict[str, Any]:
    """Return everything that is true, ready for JSON."""
    return {
        "seed": SEED,
        "company": "Halden Tools",
        "currency": "EUR",
        "months": [str(month) for month in MONTHS[:HISTORY]],
        "future_months": [str(month) for month in MONTHS[HISTORY:]],
        "month_not_over": str(MONTHS[HISTORY]),
        "teams": {function: list(teams(function)) for function in FUNCTIONS},
        "spellings": {f: {t: o for g, t, o in other_spellings() if g == f} for f in FUNCTIONS},
        "isolated_agency": {"function": "support", "team": AGENCY_TEAM},
        "unit_noise": {driver.key: driver.noise for driver in DRIVERS},
        "initiatives": [_initiative(initiative, worlds) for initiative in INITIATIVES],
        "programme": _programme(worlds),
        "transfer": {
            "from": "communications",
            "to": "product",
            "teams": list(TRANSFER_TEAMS),
            "start": TRANSFER_START,
            "each_team_and_month": TRANSFER_AMOUNT,
            "saving_of_the_company": 0.0,
        },
        "deflection_shares": SHARES,
        "referral_premium": REFERRAL_PREMIUM,
        "ledger": {
            "claimed_by_month": round(sum(c.amount for c in CLAIMS), 2),
            "counts_by_month": counted(),
            "claims": len(CLAIMS),
        },
        "levels": _levels(worlds),
        "future": _future(worlds.observed),
        "net_promoter_score": _rounded(100 * satisfaction_shares() @ [-1, 0, 1]),
    }


def relative_effects(initiative: Initiative, worlds: Worlds) -> dict[str, np.ndarray]:
    """Return the true relative effect on each KPI that moved, treated teams × months."""
    rows = [teams(initiative.function).index(team) for team in initiative.teams]
    found = {}
    for kpi in KPIS[initiative.function]:
        with_it, without = _values(initiative.function, kpi, worlds)
        effect = (with_it / without - 1)[rows]
        if np.abs(effect).max() > 1e-12 or kpi == initiative.kpi:
            found[kpi] = effect
    return found


def savings(initiative: Initiative, worlds: Worlds) -> tuple[np.ndarray, np.ndarray]:
    """Return cost saved and margin gained by an initiative in each month, EUR."""
    rows = [teams(initiative.function).index(team) for team in initiative.teams]
    cost = COST[initiative.function]
    saved = (cost(worlds.without) - cost(worlds.expected))[rows].sum(axis=0)
    won = (_won(worlds.expected) - _won(worlds.without))[rows].sum(axis=0)
    margin = GROSS_MARGIN * won if initiative.function == "sales" else np.zeros_like(saved)
    return saved, margin


def net_present_value(benefit: np.ndarray, cost: np.ndarray) -> dict[str, Any]:
    """Return the three-year value of monthly flows, discounted yearly and monthly."""
    flow = (benefit - cost)[CASE_START : CASE_START + CASE_MONTHS]
    years = flow.reshape(-1, 12).sum(axis=1)
    yearly = sum(amount / (1 + DISCOUNT_RATE) ** (n + 1) for n, amount in enumerate(years))
    months = np.arange(1, CASE_MONTHS + 1)
    monthly = float((flow / (1 + DISCOUNT_RATE) ** (months / 12)).sum())
    return {
        "net_by_year": _rounded(years),
        "discounted_at_year_ends": round(float(yearly), 2),
        "discounted_at_month_ends": round(monthly, 2),
    }


def _values(function: str, kpi: str, worlds: Worlds) -> tuple[np.ndarray, np.ndarray]:
    """Return the noise-free KPI with and without the programme, teams × months."""
    terms = map(KPIS[function][kpi], (worlds.expected, worlds.without))
    with_it, without = (SCALE.get(kpi, 1) * top / bottom for top, bottom in terms)
    return with_it, without


def _initiative(initiative: Initiative, worlds: Worlds) -> dict[str, Any]:
    saved, margin = savings(initiative, worlds)
    last_year = slice(HISTORY - 12, HISTORY)
    effects = {
        kpi: {
            "full_effect": dict(initiative.effects).get(kpi),
            "at_last_month": dict(
                zip(initiative.teams, _rounded(effect[:, HISTORY - 1]), strict=True)
            ),
            "path": dict(zip(initiative.teams, _rounded(effect[:, :HISTORY]), strict=True)),
        }
        for kpi, effect in relative_effects(initiative, worlds).items()
    }
    return {
        "id": initiative.id,
        "name": initiative.name,
        "function": initiative.function,
        "teams": list(initiative.teams),
        "never_treated_teams": _never_treated(initiative.function),
        "start": initiative.start,
        "abandoned_after_months": initiative.stopped,
        "does_nothing": not initiative.effects,
        "main_kpi": initiative.kpi,
        "driver_effects": dict(initiative.effects),
        "kpi_effects": effects,
        "saving_by_month": _rounded(saved[:HISTORY]),
        "saving_last_12_months": round(float(saved[last_year].sum()), 2),
        "saving_next_12_months": round(float(saved[HISTORY:].sum()), 2),
        "margin_gain_last_12_months": round(float(margin[last_year].sum()), 2),
    }


def _never_treated(function: str) -> list[str]:
    treated = {team for it in INITIATIVES if it.function == function for team in it.teams}
    return [team for team in teams(function) if team not in treated]


def _programme(worlds: Worlds) -> dict[str, Any]:
    flows = [savings(initiative, worlds) for initiative in INITIATIVES]
    nothing = np.zeros(len(MONTHS))
    saved = sum((flow[0] for flow in flows), nothing)
    margin = sum((flow[1] for flow in flows), nothing)
    incremental, existing = np.zeros(len(MONTHS)), np.zeros(len(MONTHS))
    for line in cost_lines():
        (incremental if line.initiative else existing)[line.month] += line.amount
    return {
        "discount_rate": DISCOUNT_RATE,
        "gross_margin": GROSS_MARGIN,
        "first_month": str(MONTHS[CASE_START]),
        "months": CASE_MONTHS,
        "incremental_cost_by_month": _rounded(incremental[:HISTORY]),
        "existing_agency_cost_by_month": _rounded(existing[:HISTORY]),
        "saving_by_month": _rounded(saved[:HISTORY]),
        "margin_gain_by_month": _rounded(margin[:HISTORY]),
        "saving_last_12_months": round(float(saved[HISTORY - 12 : HISTORY].sum()), 2),
        "net_present_value_of_savings": net_present_value(saved, incremental),
        "net_present_value_with_margin": net_present_value(saved + margin, incremental),
    }


def _levels(worlds: Worlds) -> dict[str, Any]:
    """Noise-free KPI values of complete and future months, with and without the programme."""
    levels: dict[str, Any] = {}
    for function, kpis in KPIS.items():
        levels[function] = {}
        for kpi in kpis:
            expected, without = _values(function, kpi, worlds)
            levels[function][kpi] = {
                team: {"expected": _rounded(expected[row])}
                | ({"without": _rounded(without[row])} if (expected != without)[row].any() else {})
                for row, team in enumerate(teams(function))
            }
    return levels


def _future(observed: World) -> dict[str, Any]:
    """What twelve further months will bring, noise included, as numerator and denominator."""
    return {
        function: {
            kpi: {
                team: {
                    "numerator": _rounded(top[row, HISTORY:]),
                    "denominator": _rounded(bottom[row, HISTORY:]),
                }
                for row, team in enumerate(teams(function))
            }
            for kpi, (top, bottom) in ((kpi, terms(observed)) for kpi, terms in kpis.items())
        }
        for function, kpis in KPIS.items()
    }


def _rounded(values: np.ndarray) -> Any:
    """Round to seven significant digits, as plain lists."""
    if np.ndim(values) > 1:
        return [_rounded(row) for row in values]
    return [float(f"{value:.7g}") for value in np.asarray(values).tolist()]
