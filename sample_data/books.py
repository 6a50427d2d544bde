"""The company's own workbooks: size, operating cost, programme cost, initiatives."""

from __future__ import annotations

from datetime import datetime
from itertools import groupby
from pathlib import Path

import numpy as np
from advertising import enquiries, media
from company import HISTORY, MONTHS, World, teams
from opportunities import created_counts
from orders import RATES, order_counts
from places import SITES
from programme import HOURLY_RATE, INITIATIVES, cost_lines, first_day, last_month, totals
from receipts import due_lines, freight
from sheets import workbook, write
from spelling import TITLES, other_spellings, spelled
from tickets import contacts

AUTHOR = "Halden Tools, Finance"
PEOPLE_SHARE, PEOPLE_RATE = 0.7, 52.0
"""Share of a function's own cost that is people, and what their hour costs."""
COST_HEADER = {
    "marketing": "Marketing operating cost (EUR)",
    "support": "Support operating cost (EUR)",
    "sales": "Sales operating cost (EUR)",
    "supply_chain": "Supply chain operating cost (EUR)",
    "procurement": "Procurement operating cost (EUR)",
}
REMARK = {
    "marketing": "Media spend included. Source: SAP CO, cost centres 41xx",
    "support": "Source: SAP CO, cost centres 52xx; Online Care is run by Brightline",
    "sales": "Without commission of partners. Source: SAP CO, cost centres 43xx",
    "supply_chain": "Freight included. Source: SAP CO, cost centres 61xx",
    "procurement": "Process cost only, not the goods. Source: SAP CO, cost centres 64xx",
}
MONTH_STYLE = {
    "marketing": "date",
    "support": "%Y-%m",
    "sales": "%b %Y",
    "supply_chain": "%m/%Y",
    "procurement": "date",
}


def leads(world: World) -> np.ndarray:
    """Return leads of all channels by region and month."""
    found = enquiries(world)
    return np.rint(found * world["leads_per_enquiry"][:, : found.shape[1]]).astype(int)


def customers(world: World) -> np.ndarray:
    """Return active customers by support team at month end."""
    return np.rint(world["active_customers"][:, :HISTORY]).astype(int)


def operating_cost(world: World) -> dict[str, np.ndarray]:
    """Return the operating cost of each function by team and complete month, to the cent."""
    bought = {"marketing": media(world), "supply_chain": freight(world)}
    return {
        function: np.round(own + bought[function][:, :HISTORY] if function in bought else own, 2)
        for function, own in own_cost(world).items()
    }


def own_cost(world: World) -> dict[str, np.ndarray]:
    """Return the operating cost without media and freight, by team and complete month."""
    driven = {
        "marketing": ("people_cost_per_lead", leads),
        "support": ("cost_per_resolution", contacts),
        "sales": ("cost_per_opportunity", created_counts),
        "supply_chain": ("handling_per_line", due_lines),
        "procurement": ("cost_per_purchase_order", order_counts),
    }
    return {
        function: (world[rate][:, :HISTORY] * volume(world)[:, :HISTORY])
        for function, (rate, volume) in driven.items()
    }


def write_operating_cost(path: Path, world: World) -> None:
    """Write ``operating_costs.xlsx``: one sheet a function; title, Total and remark rows."""
    extra = {
        "marketing": ("Leads", leads(world)),
        "support": ("Active customers", customers(world)),
    }
    with workbook(path, AUTHOR) as book:
        for function, cost in operating_cost(world).items():
            sheet = book.add_worksheet(TITLES[function])
            header, more = extra.get(function, (None, None))
            hours = np.round(own_cost(world)[function] * PEOPLE_SHARE / PEOPLE_RATE, 1)
            rows = [
                (
                    _month(month, MONTH_STYLE[function]),
                    spelled("plain", function, team),
                    cost[row, month],
                    hours[row, month],
                    None if more is None else int(more[row, month]),
                )
                for month in range(HISTORY)
                for row, team in enumerate(teams(function))
            ]
            write(
                sheet,
                [
                    (f"Halden Tools: operating cost, {TITLES[function]}",),
                    (),
                    ("Month", "Team", COST_HEADER[function], "Hours", header),
                    *rows,
                    ("Total", None, round(cost.sum(), 2), round(hours.sum(), 1)),
                    (REMARK[function],),
                ],
            )


def _month(month: int, style: str) -> datetime | str:
    day = datetime.fromisoformat(first_day(month))
    return day if style == "date" else day.strftime(style)


def write_company(path: Path, world: World, rng: np.random.Generator) -> None:
    """Write ``company.xlsx``: size by month, sites, teams with spellings, exchange rates."""
    months = np.arange(HISTORY)
    season = 1 + 0.07 * np.sin(2 * np.pi * (months - 4) / 12)
    wobble = np.exp(rng.normal(0, 0.015, (2, HISTORY)))
    revenue = np.round(16.2e6 * 1.035 ** (months / 12) * season * wobble[0], -2)
    orders = np.rint(9700 * 1.025 ** (months / 12) * season * wobble[1]).astype(int)
    headcount = np.rint(2510 + months * 0.9 + rng.normal(0, 4, HISTORY)).astype(int)
    active = customers(world).sum(axis=0)
    with workbook(path, AUTHOR) as book:
        write(
            book.add_worksheet("Company"),
            [
                ("Month", "Revenue (EUR)", "Active customers", "Headcount", "Orders"),
                *(
                    (
                        _month(m, "date"),
                        revenue[m],
                        int(active[m]),
                        int(headcount[m]),
                        int(orders[m]),
                    )
                    for m in range(HISTORY)
                ),
                ("Source: group reporting; fiscal year starts in January",),
            ],
        )
        write(
            book.add_worksheet("Sites"),
            [
                ("Plant", "City", "Country", "Region", "Continent", "Acquired from", "Since"),
                *SITES,
            ],
        )
        write(
            book.add_worksheet("Teams"),
            [
                ("Function", "Team", "Other spellings"),
                *(
                    (TITLES[function], team, "; ".join(other))
                    for function, team, other in other_spellings()
                ),
            ],
        )
        write(
            book.add_worksheet("Exchange rates"),
            [
                ("Currency", "From month", "EUR for one unit"),
                *((code, _month(0, "date"), rate) for code, rate in RATES.items()),
            ],
        )


def write_programme_cost(path: Path) -> None:
    """Write ``programme_costs.xlsx``: every booked amount with yearly subtotals and a total."""
    names = {initiative.id: initiative.name for initiative in INITIATIVES}
    header = (
        "Month",
        "Function",
        "Team",
        "Initiative",
        "Category",
        "Hours",
        "Rate (EUR/h)",
        "Amount (EUR)",
    )
    rows, total = [], 0.0
    for year, group in groupby(cost_lines(), key=lambda line: str(MONTHS[line.month])[:4]):
        lines = list(group)
        rows += [
            (
                _month(line.month, "date"),
                TITLES[line.function],
                spelled("programme", line.function, line.team),
                names.get(line.initiative),
                line.category,
                line.hours or None,
                HOURLY_RATE if line.hours else None,
                line.amount,
            )
            for line in lines
        ]
        amount = round(sum(line.amount for line in lines), 2)
        rows.append((f"Subtotal {year}", *[None] * 6, amount))
        total += amount
    with workbook(path, AUTHOR) as book:
        write(
            book.add_worksheet("Programme costs"),
            [
                ("Halden Tools: social business programme, cost by month",),
                ("Amounts in EUR without tax; lines without initiative are older contracts",),
                (),
                header,
                *rows,
                ("Total", *[None] * 6, round(total, 2)),
            ],
        )


def write_initiatives(path: Path) -> None:
    """Write ``initiatives.xlsx``: one row an initiative; End stays empty while it runs."""
    header = (
        "ID",
        "Initiative",
        "Function",
        "Teams",
        "Start",
        "End",
        "Cost (EUR)",
        "Hours",
        "Objective",
        "Constituency",
        "Tool",
        "Boundary",
        "KPI",
        "Expected effect",
        "Kind of change",
    )
    rows = []
    for it in INITIATIVES:
        cost, hours = totals(it)
        end = _month(last_month(it), "date") if it.stopped else None
        rows.append(
            (
                it.id,
                it.name,
                TITLES[it.function],
                "; ".join(it.teams),
                _month(it.begin, "date"),
                end,
                cost,
                hours,
                it.objective,
                it.constituency,
                it.tool,
                it.boundary,
                it.kpi,
                it.expected,
                it.change,
            )
        )
    with workbook(path, "Halden Tools, Programme office") as book:
        write(book.add_worksheet("Initiatives"), [header, *rows])
