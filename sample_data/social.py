"""The programme's register: what Halden Tools knows about its own programme, sheet by sheet.

``GATES`` and ``SUPPORT`` are what a judge must find in it: they were written first, the rows after.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
from company import FIRST
from sheets import workbook, write
from spelling import TITLES

AUTHOR = "Halden Tools, Programme office"
GATES = {
    "isolated_team": "fail",
    "both_motivators": "warn",
    "tactics_before_strategy": "warn",
    "tool_traceability": "warn",
    "assessment_first": "warn",
    "broadcast": "pass",
    "follower_chasing": "warn",
    "time_trap": "warn",
    "campaign_share": "pass",
    "accidental_strategist": "warn",
    "hero_dependency": "warn",
    "installed_not_adopted": "fail",
    "ivory_tower": "warn",
    "reputation_without_drivers": "pass",
    "give_up": "warn",
    "organisation_model": "warn",
    "hollow_practice": "fail",
    "one_accountable": "warn",
    "mental_model": "warn",
    "resistance": "warn",
}
"""Verdict by gate, the mix of raters apart: that follows from the questionnaire."""
SUPPORT = ((15, 3), (6, 14))
"""Learners supported and not: how many executed successfully, how many did not."""


def _month(text: str) -> datetime | None:
    return datetime(int(text[:4]), int(text[5:7]), 1) if text else None


OBJECTIVES = (
    (
        "Answer once, help many",
        "support",
        "Service at lower cost",
        "NET-3",
        "customers",
        "Contact rate",
        "Head of support",
        "2024-03",
        "Customer council",
    ),
    (
        "Solve at the first contact",
        "support",
        "Service at lower cost",
        "PRO-3",
        "employees",
        "Cost per resolution",
        "Head of support",
        "2024-08",
        "",
    ),
    (
        "Grow leads at no additional cost",
        "marketing",
        "Growth without more budget",
        "STR-3",
        "prospects",
        "Cost per enquiry",
        "Head of marketing",
        "2024-09",
        "",
    ),
    (
        "Best known brand in power tools",
        "marketing",
        "",
        "",
        "prospects",
        "Brand awareness",
        "Head of marketing",
        "2024-09",
        "",
    ),
    (
        "Win through recommendation",
        "sales",
        "Growth without more budget",
        "ADV-3",
        "customers",
        "Win rate",
        "Head of sales",
        "2024-07",
        "",
    ),
    (
        "Lower the cost of a sale",
        "sales",
        "Growth without more budget",
        "TEC-2",
        "customers",
        "Cost per opportunity",
        "Head of sales",
        "2025-06",
        "",
    ),
    (
        "Fuller trucks, fewer trips",
        "supply_chain",
        "Working capital and freight",
        "NET-3",
        "partners",
        "Freight to value",
        "Head of logistics",
        "2024-01",
        "Two carriers",
    ),
    (
        "Deliver when promised",
        "supply_chain",
        "Working capital and freight",
        "ADV-3",
        "suppliers",
        "On-time delivery",
        "Head of logistics",
        "2025-02",
        "",
    ),
    (
        "Buy under contract",
        "procurement",
        "Savings in purchasing",
        "NET-3",
        "suppliers",
        "Contract compliance",
        "Head of procurement",
        "2024-02",
        "Supplier panel",
    ),
    (
        "One way of buying at 45 sites",
        "procurement",
        "Savings in purchasing",
        "ORG-4",
        "employees",
        "Cost per purchase order",
        "Head of procurement",
        "2024-10",
        "",
    ),
    (
        "Be easy to supply",
        "procurement",
        "Savings in purchasing",
        "ADV-3",
        "suppliers",
        "Acknowledgement rate",
        "Head of procurement",
        "2025-05",
        "Supplier panel",
    ),
)
TOOLS = (
    (
        "Discourse",
        "support",
        "Answer once, help many",
        "Community manager",
        "2024-02",
        21000,
        900,
        410,
    ),
    (
        "Confluence",
        "support",
        "Solve at the first contact",
        "Support team lead",
        "2023-05",
        26000,
        620,
        470,
    ),
    (
        "LinkedIn Sales Navigator",
        "marketing",
        "Grow leads at no additional cost",
        "Campaign lead",
        "2024-05",
        18000,
        60,
        34,
    ),
    ("TikTok studio", "marketing", "", "", "2024-08", 14000, 12, 5),
    (
        "Salesforce Communities",
        "sales",
        "Win through recommendation",
        "Head of sales",
        "2024-06",
        32000,
        240,
        88,
    ),
    (
        "Teams rooms",
        "sales",
        "Lower the cost of a sale",
        "Key account manager",
        "2025-02",
        9000,
        240,
        40,
    ),
    ("Supplier portal", "procurement", "Be easy to supply", "Buyer", "2023-01", 41000, 380, 260),
    (
        "Viva Engage",
        "procurement",
        "One way of buying at 45 sites",
        "Buyer",
        "2024-11",
        38000,
        2500,
        390,
    ),
    ("Listening suite", "marketing", "", "Content editor", "2025-01", 36000, 25, 6),
)
# person, function, role, employer, business, social, six skills, decides on money, last active
PEOPLE = (
    ("M-1", "marketing", "lead", "own", 2, 5, 2, 4, 1, 2, 4, 4, "yes", "2026-10"),
    ("M-2", "marketing", "catalyst", "own", 3, 4, 1, 4, 3, 2, 3, 2, "", "2026-11"),
    ("M-3", "marketing", "member", "own", 2, 3, 1, 3, 1, 1, 4, 1, "", "2026-09"),
    ("M-4", "marketing", "executive", "own", 5, 1, 4, 1, 1, 3, 3, 0, "yes", "2025-11"),
    ("S-1", "support", "lead", "own", 4, 2, 3, 1, 2, 3, 3, 1, "yes", "2026-08"),
    ("S-2", "support", "catalyst", "own", 3, 4, 2, 3, 3, 3, 4, 3, "", "2026-11"),
    ("S-3", "support", "executive", "own", 5, 3, 4, 1, 1, 3, 4, 1, "yes", "2026-10"),
    *(
        (f"brightline-{n}", "support", "member", "agency", 1, 4, 1, 4, 1, 0, 4, 3, "", "2026-11")
        for n in range(1, 7)
    ),
    ("V-1", "sales", "lead", "own", 4, 2, 3, 1, 1, 2, 4, 1, "yes", "2026-06"),
    ("V-2", "sales", "member", "own", 4, 3, 2, 2, 1, 2, 4, 2, "", "2026-10"),
    ("V-3", "sales", "member", "own", 3, 1, 2, 1, 1, 1, 3, 1, "", ""),
    ("L-1", "supply_chain", "lead", "own", 4, 3, 4, 2, 3, 4, 3, 3, "yes", "2026-11"),
    ("L-2", "supply_chain", "catalyst", "own", 4, 4, 3, 3, 3, 3, 4, 3, "", "2026-11"),
    ("L-3", "supply_chain", "executive", "own", 5, 3, 4, 1, 2, 4, 4, 1, "yes", "2026-10"),
    ("P-1", "procurement", "lead", "own", 4, 3, 4, 2, 3, 3, 3, 3, "yes", "2026-11"),
    ("P-2", "procurement", "catalyst", "own", 4, 4, 3, 3, 3, 3, 4, 2, "", "2026-11"),
    ("P-3", "procurement", "executive", "own", 5, 2, 4, 1, 1, 3, 3, 1, "yes", "2026-09"),
)
POLICIES = (
    ("hub and spoke", "all", "organisation model", "2025-01", "", None),
    ("Social guideline, version 2", "all", "guideline", "2024-04", "no", 0.61),
    ("No chat with customers from site networks", "sales", "access", "2022-09", "yes", None),
    ("Supplier contact code", "procurement", "guideline", "2025-03", "no", 0.83),
)
# process, function, then person and part in the chain
RESPONSIBILITIES = (
    ("Answer in the community", "support", "S-2", "A", "brightline-1", "R"),
    ("Moderate the community", "support", "brightline-1", "R", "brightline-2", "R"),
    ("Turn answers into articles", "support", "S-1", "A", "S-2", "R"),
    ("Publish customer stories", "marketing", "M-1", "A", "M-2", "R"),
    ("Handle a public complaint", "marketing", "M-1", "A", "S-1", "A"),
    ("Ask for a referral", "sales", "V-1", "A", "V-2", "R"),
    ("Run a deal room", "sales", "V-2", "R", "V-3", "R"),
    ("Publish the carrier forecast", "supply_chain", "L-1", "A", "L-2", "R"),
    ("Act on an early warning", "supply_chain", "L-1", "A", "P-2", "C"),
    ("Onboard a supplier", "procurement", "P-1", "A", "P-2", "R"),
    ("Answer a supplier in 48 hours", "procurement", "P-2", "A", "P-1", "I"),
)
ASSESSMENTS = (
    ("Customer interviews, 40 accounts", "support", "customers", "2024-01"),
    ("Supplier panel", "procurement", "suppliers", "2023-12"),
    ("Carrier workshop", "supply_chain", "partners", "2023-11"),
    ("Buyers' survey, 45 sites", "procurement", "employees", "2024-08"),
    ("Win and loss interviews", "sales", "customers", "2025-09"),
    ("Enquiry study", "marketing", "prospects", "2024-07"),
)
CHANNELS = (
    ("Community", "support", 6200, 2900),
    ("Knowledge base", "support", 2100, 1150),
    ("LinkedIn", "marketing", 2900, 520),
    ("TikTok", "marketing", 3300, 60),
    ("Referral circle", "sales", 1900, 340),
    ("Deal rooms", "sales", 480, 45),
    ("Carrier forum", "supply_chain", 1500, 610),
    ("Supplier portal", "procurement", 1700, 780),
    ("Viva Engage", "procurement", 900, 260),
)
TASKS = (
    (
        "Name one accountable person for each community process",
        "support",
        "ORG-3",
        "Head of support",
        "2026-12-18",
        "doing",
        1,
        "Contact rate",
        0.03,
    ),
    (
        "Bring ten support engineers into the community",
        "support",
        "ORG-3",
        "Community manager",
        "2027-02-26",
        "open",
        3,
        "Contact rate",
        0.05,
    ),
    (
        "Connect deal rooms to the customer record",
        "sales",
        "TEC-2",
        "Head of sales",
        "2026-10-30",
        "open",
        2,
        "Cost per opportunity",
        0.04,
    ),
    (
        "Write the carriers' code of answers",
        "supply_chain",
        "PRO-4",
        "Head of logistics",
        "2026-09-25",
        "done",
        1,
        "Freight to value",
        0.02,
    ),
    (
        "Give back unused seats of Viva Engage",
        "procurement",
        "",
        "",
        "2027-01-29",
        "open",
        0.5,
        "Cost per purchase order",
        None,
    ),
)

HEADERS = {
    "Objectives": (
        "Objective",
        "Function",
        "Corporate goal",
        "Gap",
        "Constituency",
        "KPI",
        "Owner",
        "Approved",
        "Created with",
    ),
    "Tools": ("Tool", "Function", "Objective", "Owner", "Chosen", "Spend", "Licences", "Active"),
    "People": (
        "Person",
        "Function",
        "Role",
        "Employer",
        "Business",
        "Social",
        "Strategy",
        "Content",
        "Training",
        "Change management",
        "Communicating",
        "Technical",
        "Budget",
        "Last active",
    ),
    "Training": (
        "Learner",
        "Function",
        "Course name",
        "Completion date",
        "Hours",
        "Practice hours",
        "Mentoring hours",
        "Certified",
        "Artefact",
        "Applied",
        "Supported",
        "Succeeded",
    ),
    "Policies": ("Policy", "Function", "Kind", "Month", "Blocks", "Acknowledged"),
    "Responsibilities": ("Process", "Function", "Person", "RACI"),
    "Assessments": ("Assessment", "Function", "Constituency", "Month"),
    "Channels": ("Channel", "Function", "Hours", "Outcomes"),
    "Contacts": (
        "Contact",
        "Person",
        "Function",
        "Constituency",
        "Relevance",
        "Days",
        "Two way",
        "Followers",
    ),
    "Beliefs": ("Rater", "Function", "Model", "Growth", "Stance"),
    "Tasks": ("Task", "Function", "Step", "Owner", "Due", "Status", "Effort", "KPI", "Expected"),
}


def write_register(path: Path, rng: np.random.Generator) -> None:
    """Write ``programme_register.xlsx``: one sheet a register."""
    raci = [
        (process, TITLES[function], person, part)
        for process, function, *pairs in RESPONSIBILITIES
        for person, part in zip(pairs[::2], pairs[1::2], strict=True)
    ]
    sheets = {
        "Objectives": [(*row[:7], _month(row[7]), row[8]) for row in OBJECTIVES],
        "Tools": [(*row[:4], _month(row[4]), *row[5:]) for row in TOOLS],
        "People": [(*row[:-1], _month(row[-1])) for row in PEOPLE],
        "Training": _training(rng),
        "Policies": [(*row[:3], _month(row[3]), *row[4:]) for row in POLICIES],
        "Responsibilities": raci,
        "Assessments": [(*row[:3], _month(row[3])) for row in ASSESSMENTS],
        "Channels": CHANNELS,
        "Contacts": _contacts(rng),
        "Beliefs": _beliefs(),
        "Tasks": [(*row[:4], datetime.fromisoformat(row[4]), *row[5:]) for row in TASKS],
    }
    with workbook(path, AUTHOR) as book:
        for name, rows in sheets.items():
            place = HEADERS[name].index("Function")
            named = [
                (*row[:place], TITLES.get(row[place], row[place]), *row[place + 1 :])
                for row in rows
            ]
            write(book.add_worksheet(name), [HEADERS[name], *named])


def _training(rng: np.random.Generator) -> list[tuple]:
    """One to four sessions a learner; success as in ``SUPPORT``."""
    learners = [
        (supported, outcome)
        for supported, counts in zip(("yes", "no"), SUPPORT, strict=True)
        for outcome, count in zip(("yes", "no"), counts, strict=True)
        for _ in range(count)
    ] + [("no", "")] * 4
    rows = []
    for number, (supported, outcome) in enumerate(learners, 1):
        function = FIRST[number % len(FIRST)]
        sessions = int(rng.integers(1, 5)) if supported == "yes" else int(rng.integers(1, 3))
        start = int(rng.integers(0, 20))
        gap = int(rng.integers(1, 4)) if outcome == "yes" else int(rng.integers(5, 9))
        applied = start + gap if outcome and number % 7 else None
        for session in range(sessions):
            last = session == sessions - 1
            hours = int(rng.choice((4, 6, 8)))
            certified = last and sessions > 1
            rows.append(
                (
                    f"T-{number:02}",
                    function,
                    ("Foundations", "Listening", "Community practice", "Strategy workshop")[
                        session
                    ],
                    _at(start + session),
                    hours,
                    round(hours * (0.5 if supported == "yes" else 0.2), 1),
                    2 if supported == "yes" else None,
                    "yes" if certified else "no",
                    "Assessment of own function" if certified and number % 2 else "",
                    None if applied is None else _at(applied),
                    supported,
                    outcome,
                )
            )
    return rows


def _at(month: int) -> datetime:
    return datetime(2024 + month // 12, month % 12 + 1, 1)


def _contacts(rng: np.random.Generator) -> list[tuple]:
    """Fifty contacts; those with many followers are the less relevant ones."""
    holders = [(row[0], row[1]) for row in PEOPLE if row[3] == "own"]
    audience = {
        "marketing": "prospects",
        "support": "customers",
        "sales": "customers",
        "supply_chain": "partners",
        "procurement": "suppliers",
    }
    rows = []
    for number in range(1, 51):
        person, function = holders[number % len(holders)]
        loud = rng.random()
        relevance = round(float(np.clip(0.75 - 0.6 * loud + rng.normal(0, 0.12), 0, 1)), 2)
        rows.append(
            (
                f"K-{number:03}",
                person,
                function,
                audience[function],
                relevance,
                int(rng.gamma(2, 35)),
                "yes" if rng.random() < 0.45 else "no",
                int(10 ** (2 + 3 * loud)),
            )
        )
    return rows


def _beliefs() -> list[tuple]:
    homes = ("marketing",) * 3 + ("support",) * 3 + ("sales",) * 3 + ("supply_chain",) * 2
    homes += ("procurement",) * 3
    narrow, sceptics = {1, 2, 3, 7, 8}, {7, 8, 13}
    return [
        (
            f"R{number:02}",
            home,
            "marketing channel" if number in narrow else "cross-functional",
            "followers" if number in narrow else "relevant people",
            "sceptical" if number in sceptics else "neutral" if number % 3 else "willing",
        )
        for number, home in enumerate(homes, 1)
    ]
