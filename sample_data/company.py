"""The true world of Halden Tools: regions, initiatives, and every driver month by month.

A *driver* is a quantity that a function lives by (tickets per customer, freight per value).
Its path in a region is level × trend × season × effect of initiatives × noise. The exports show
the world with noise; ``truth.json`` keeps it without.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SEED = 20261126
"""The second seed tried from 20261122 on with which no simple comparison of treated and untreated
teams ends further than 1.5 standard deviations from the truth (referral share and selling cost
ratio, noisy by nature, were left out): a demonstration, no proof of calibration."""
FIRST_MONTH = np.datetime64("2022-11", "M")
HISTORY, FUTURE = 48, 12
"""Complete months that the exports hold, and months simulated beyond them."""
MONTHS = FIRST_MONTH + np.arange(HISTORY + FUTURE)
EXPORT_DAY = 20
"""The exports were taken on 20 November 2026: month ``HISTORY`` is not over."""

FIRST = ("marketing", "support", "sales", "supply_chain", "procurement")
"""Functions whose systems export records; they are also the only ones that write in public."""
FUNCTIONS = (
    *FIRST,
    "product",
    "people",
    "communications",
    "partners",
    "information_technology",
)
REGIONS = {
    "DACH": 0.18,
    "UK & Ireland": 0.13,
    "France": 0.11,
    "Nordics": 0.10,
    "Benelux": 0.09,
    "Iberia": 0.08,
    "US East": 0.14,
    "US West": 0.09,
    "Canada": 0.08,
}
"""Region and its share of the business; a region is also the team of each function there."""
AGENCY_TEAM = "Online Care"
"""The support team that is really an agency: it alone does nearly all the social talking."""
AGENCY_SHARE = 0.09


def teams(function: str) -> tuple[str, ...]:
    """Return the teams of a function, largest regions first."""
    return (*REGIONS, AGENCY_TEAM) if function == "support" else tuple(REGIONS)


@dataclass(frozen=True)
class Driver:
    """One quantity of one function.

    Parameters
    ----------
    level : float
        Value of a typical region in the first year; for a ``volume`` the company's monthly total.
    yearly : float
        Relative growth a year.
    season : float
        Amplitude of the yearly wave, relative.
    noise : float
        Standard deviation of the monthly unit noise, relative.
    volume : bool
        Shared out by region size.
    share : bool
        A fraction that must stay between 0 and 1.
    """

    function: str
    key: str
    level: float
    yearly: float = 0.0
    season: float = 0.0
    noise: float = 0.03
    volume: bool = False
    share: bool = False


DRIVERS = (
    Driver("support", "active_customers", 20400, 0.035, noise=0.004, volume=True),
    Driver("support", "tickets_per_customer", 0.0292, 0.02, 0.06),
    Driver("support", "cost_per_resolution", 84.0, 0.03, 0.02),
    Driver("support", "reopen_rate", 0.16, 0.0, 0.02, share=True),
    Driver("support", "time_to_first_reply", 260.0, -0.03, 0.05),
    Driver("support", "time_to_resolve", 31.0, -0.01, 0.04),
    Driver("support", "satisfaction", 0.82, 0.004, noise=0.015, share=True),
    Driver("marketing", "enquiries", 2150, 0.03, 0.10, volume=True),
    Driver("marketing", "cost_per_enquiry", 92.0, 0.04, 0.03),
    Driver("marketing", "click_rate", 0.031, 0.0, 0.03, share=True),
    Driver("marketing", "enquiries_per_click", 0.045, 0.0, 0.02, share=True),
    Driver("marketing", "leads_per_enquiry", 1.9, 0.01, 0.02, noise=0.02),
    Driver("marketing", "people_cost_per_lead", 38.0, 0.025, 0.02),
    Driver("sales", "opportunities", 235, 0.03, 0.06, volume=True),
    Driver("sales", "win_rate", 0.31, 0.0, 0.02, 0.02, share=True),
    Driver("sales", "deal_value", 27500.0, 0.03, 0.03),
    Driver("sales", "cost_per_opportunity", 1380.0, 0.03, 0.03),
    Driver("sales", "sales_cycle_days", 74.0, 0.0, 0.02),
    Driver("sales", "referral_share", 0.17, 0.01, noise=0.03, share=True),
    Driver("supply_chain", "lines_due", 262, 0.02, 0.07, volume=True),
    Driver("supply_chain", "line_value", 16200.0, 0.03, 0.02),
    Driver("supply_chain", "freight_to_value", 0.058, 0.02, 0.03, share=True),
    Driver("supply_chain", "handling_per_line", 165.0, 0.025, 0.02),
    Driver("supply_chain", "on_time_delivery", 0.81, 0.0, 0.015, 0.02, share=True),
    Driver("supply_chain", "expedite_share", 0.14, 0.0, 0.05, share=True),
    Driver("procurement", "purchase_orders", 172, 0.02, 0.06, volume=True),
    Driver("procurement", "order_value", 21500.0, 0.03, 0.03),
    Driver("procurement", "cost_per_purchase_order", 118.0, 0.025, 0.02),
    Driver("procurement", "sourcing_cycle_days", 17.5, 0.0, 0.03),
    Driver("procurement", "acknowledgement_rate", 0.74, 0.0, 0.01, 0.02, share=True),
    Driver("procurement", "contract_compliance", 0.62, 0.005, 0.01, 0.02, share=True),
    Driver("procurement", "first_time_match", 0.79, 0.0, 0.01, 0.02, share=True),
    Driver("product", "validated_insights", 60, 0.02, 0.04, volume=True),
    Driver("product", "cost_per_validated_insight", 900.0, 0.025, 0.02),
    Driver("product", "insight_lead_time", 21.0, 0.0, 0.04),
    Driver("product", "ideas", 240, 0.03, 0.08, volume=True),
    Driver("product", "external_idea_share", 0.34, 0.0, 0.02, share=True),
    Driver("product", "idea_conversion", 0.22, 0.0, 0.02, share=True),
    Driver("product", "young_product_revenue", 2.4e6, 0.03, 0.05, volume=True),
    Driver("product", "co_created_share", 0.19, 0.01, noise=0.03, share=True),
    Driver("people", "hires", 46, 0.0, 0.08, volume=True),
    Driver("people", "cost_per_hire", 4300.0, 0.03, 0.02),
    Driver("people", "time_to_fill", 48.0, 0.0, 0.03),
    Driver("people", "referral_share_of_hires", 0.24, 0.0, 0.02, share=True),
    Driver("people", "retention", 0.81, 0.0, noise=0.02, share=True),
    Driver("people", "staff_asked", 420, 0.0, 0.0, volume=True),
    Driver("people", "employee_promoters", 0.31, 0.01, noise=0.02, share=True),
    Driver("people", "employee_detractors", 0.26, 0.0, noise=0.02, share=True),
    Driver("people", "internal_questions", 520, 0.03, 0.04, volume=True),
    Driver("people", "time_to_expert", 185.0, -0.02, 0.03),
    Driver("people", "practice_members", 640, 0.05, noise=0.01, volume=True),
    Driver("people", "practice_activity", 0.27, 0.0, noise=0.02, share=True),
    Driver("people", "cross_site_share", 0.22, 0.01, noise=0.02, share=True),
    Driver("communications", "earned_placements", 140, 0.02, 0.05, volume=True),
    Driver("communications", "cost_per_placement", 410.0, 0.03, 0.02),
    Driver("communications", "own_mentions", 1900, 0.03, 0.06, volume=True),
    Driver("communications", "share_of_voice", 0.23, 0.0, 0.02, share=True),
    Driver("communications", "own_engagement", 5200, 0.04, 0.06, volume=True),
    Driver("communications", "message_pull_through", 0.37, 0.0, 0.02, share=True),
    Driver("communications", "positive_mentions", 0.34, 0.0, noise=0.02, share=True),
    Driver("communications", "negative_mentions", 0.15, 0.0, noise=0.03, share=True),
    Driver("communications", "earned_impressions", 2.6e6, 0.03, 0.06, volume=True),
    Driver("partners", "active_partners", 430, 0.03, noise=0.005, volume=True),
    Driver("partners", "cost_per_active_partner", 96.0, 0.03, 0.02),
    Driver("partners", "active_partner_ratio", 0.29, 0.0, noise=0.02, share=True),
    Driver("partners", "onboarded_partners", 27, 0.0, 0.06, volume=True),
    Driver("partners", "partner_onboarding", 71.0, 0.0, 0.03),
    Driver("partners", "partner_questions", 620, 0.03, 0.05, volume=True),
    Driver("partners", "partner_answer_share", 0.31, 0.0, noise=0.02, share=True),
    Driver("partners", "partner_promoters", 0.33, 0.0, noise=0.02, share=True),
    Driver("partners", "partner_detractors", 0.21, 0.0, noise=0.02, share=True),
    Driver("information_technology", "it_users", 2480, 0.004, noise=0.002, volume=True),
    Driver("information_technology", "tickets_per_user", 0.62, 0.01, 0.04),
    Driver("information_technology", "cost_per_desk_ticket", 23.5, 0.03, 0.02),
    Driver("information_technology", "adoption_gap", 0.58, -0.02, noise=0.02, share=True),
    Driver("information_technology", "social_tool_spend", 21500.0, 0.03, volume=True),
    Driver("information_technology", "orphan_tool_share", 0.27, -0.03, noise=0.02, share=True),
    Driver("information_technology", "joinable_records", 88000, 0.05, noise=0.003, volume=True),
    Driver("information_technology", "record_join_rate", 0.41, 0.04, noise=0.01, share=True),
)


@dataclass(frozen=True)
class Initiative:
    """What was started where and when, what it truly changes, and what people expected.

    ``effects`` are the relative changes of drivers at full effect; the ramp takes six months.
    ``stopped`` is the number of months after which it was given up; ``change`` says whether a
    process, a tool or a campaign brings it.
    """

    id: str
    name: str
    function: str
    teams: tuple[str, ...]
    start: str
    effects: tuple[tuple[str, float], ...]
    kpi: str
    expected: float
    objective: str
    constituency: str
    tool: str
    boundary: str
    setup: float
    monthly: float
    hours: float
    stopped: int | None = None
    change: str = ""

    @property
    def begin(self) -> int:
        """Index of the first month."""
        return int((np.datetime64(self.start, "M") - FIRST_MONTH).astype(int))

    def path(self) -> np.ndarray:
        """Return the share of the full effect reached in each month, 0 to 1."""
        since = np.arange(len(MONTHS)) - self.begin
        reached = np.where(since >= 0, ramp(since), 0.0)
        if self.stopped is None:
            return reached
        fading = ramp(self.stopped) * 0.5 ** ((since - self.stopped) / FADE_HALF_LIFE)
        return np.where(since >= self.stopped, fading, reached)


FADE_HALF_LIFE = 3.0
"""Months in which the effect of an abandoned initiative halves."""


def ramp(months: np.ndarray | float) -> np.ndarray:
    """Return the six-month logistic ramp: 0.1 at the start, 0.5 at three months, 0.9 at six."""
    return 1 / (1 + np.exp(-np.log(9) / 3 * (np.asarray(months, dtype=float) - 3)))


def base(driver: Driver, rng: np.random.Generator) -> np.ndarray:
    """Return the driver's noise-free path without initiatives, teams × months."""
    names = teams(driver.function)
    time = np.arange(len(MONTHS))
    if driver.volume:
        shares = np.array([REGIONS.get(name, AGENCY_SHARE) for name in names])
        level = driver.level * shares
        level *= np.exp(rng.normal(0, 0.05, len(names)))
    else:
        level = driver.level * np.exp(rng.normal(0, 0.08, len(names)))
    if driver.share:
        level = np.minimum(level, 1 - (1 - driver.level) * 0.7)
    phase = rng.uniform(0, 12)
    season = 1 + driver.season * np.sin(2 * np.pi * (time - phase) / 12)
    return level[:, None] * (1 + driver.yearly) ** (time / 12) * season


def noise(driver: Driver, rng: np.random.Generator) -> np.ndarray:
    """Return multiplicative noise: own and common autocorrelated parts and rare outliers."""
    rows, months = len(teams(driver.function)), len(MONTHS)
    own = _autoregressive(rng, rows, months, driver.noise)
    common = _autoregressive(rng, 1, months, driver.noise / 2)
    outliers = rng.random((rows, months)) < OUTLIER_RATE
    size = rng.choice((-1.0, 1.0), (rows, months)) * 5 * driver.noise
    return np.exp(own + common + outliers * size)


OUTLIER_RATE = 0.004
AUTOCORRELATION = 0.6


def _autoregressive(rng: np.random.Generator, rows: int, months: int, deviation: float):
    shocks = rng.normal(0, deviation, (rows, months))
    shocks[:, 1:] *= np.sqrt(1 - AUTOCORRELATION**2)
    for month in range(1, months):
        shocks[:, month] += AUTOCORRELATION * shocks[:, month - 1]
    return shocks


def effects(driver: Driver, initiatives: tuple[Initiative, ...]) -> np.ndarray:
    """Return the factor by which initiatives change the driver, teams × months."""
    names = teams(driver.function)
    factor = np.ones((len(names), len(MONTHS)))
    for initiative in initiatives:
        size = dict(initiative.effects).get(driver.key)
        if initiative.function == driver.function and size is not None:
            rows = [names.index(team) for team in initiative.teams]
            factor[rows] *= 1 + size * initiative.path()
    return factor


World = dict[str, np.ndarray]
"""Every driver by key, teams × months."""


@dataclass(frozen=True)
class Worlds:
    """The same company three times: as it was, without noise, and had nobody started anything."""

    observed: World
    expected: World
    without: World


def simulate(initiatives: tuple[Initiative, ...], seed: int = SEED) -> Worlds:
    """Simulate all drivers; the same seed gives the same company."""
    observed, expected, without = {}, {}, {}
    streams = np.random.default_rng([seed, 0]).spawn(len(DRIVERS))
    for driver, rng in zip(DRIVERS, streams, strict=True):
        plain = base(driver, rng)
        moved = plain * effects(driver, initiatives)
        seen = moved * noise(driver, rng)
        cap = 0.985 if driver.share else np.inf
        without[driver.key], expected[driver.key] = np.minimum(plain, cap), np.minimum(moved, cap)
        observed[driver.key] = np.minimum(seen, cap)
    return Worlds(observed, expected, without)
