"""How each system spells a team: no two agree, as after every acquisition."""

from __future__ import annotations

import numpy as np
from company import AGENCY_TEAM, FUNCTIONS, teams

TITLES = {
    "marketing": "Marketing",
    "support": "Support",
    "sales": "Sales",
    "supply_chain": "Supply chain",
    "procurement": "Procurement",
    "product": "Product",
    "people": "People",
    "communications": "Communications",
    "partners": "Partners",
    "information_technology": "IT",
}


def spelled(style: str, function: str, team: str) -> str:
    """Return the team's name as the system ``style`` writes it."""
    title = TITLES[function]
    if team == AGENCY_TEAM:
        return "online care (Brightline)" if style == "plain" else AGENCY_TEAM
    if style == "ticket":
        return f"{team} Support" if team != "Iberia" else "iberia support"
    if style == "ticket, old":
        return f"Support {team}"
    if style == "crm":
        return f"{title} {team.replace('UK & Ireland', 'UK&I')}"
    if style == "ads":
        return f"Halden Tools {team}"
    if style == "erp":
        return team.upper().replace("&", "AND")
    if style == "coupa":
        return f"{team.replace('US ', 'USA ')} {title}"
    if style == "plain":
        return team.replace("&", "and")
    if style == "programme":
        return f"{team} {title.lower()}"
    return team


STYLES = {
    "marketing": ("ads", "plain", "programme"),
    "support": ("ticket", "ticket, old", "plain", "programme"),
    "sales": ("crm", "plain", "programme"),
    "supply_chain": ("erp", "plain", "programme"),
    "procurement": ("coupa", "plain", "programme"),
    **dict.fromkeys(FUNCTIONS[5:], ("plain", "programme")),
}


def other_spellings() -> list[tuple[str, str, list[str]]]:
    """Return function, team and every other spelling that the exports contain."""
    return [
        (
            function,
            team,
            sorted({spelled(style, function, team) for style in STYLES[function]} - {team}),
        )
        for function in FUNCTIONS
        for team in teams(function)
    ]


def labels(style: str, function: str) -> np.ndarray:
    """Return the spellings of all teams of a function, in order."""
    return np.array([spelled(style, function, team) for team in teams(function)])
