"""The business functions, one file each, and look-ups over them."""

from metrics.functions import (
    advocacy,
    communications,
    company,
    information_technology,
    marketing,
    partners,
    people,
    procurement,
    product,
    sales,
    supply_chain,
    support,
)
from metrics.model import BusinessFunction, Kpi, Measure, Statistic

FUNCTIONS: tuple[BusinessFunction, ...] = (
    marketing.FUNCTION,
    support.FUNCTION,
    sales.FUNCTION,
    supply_chain.FUNCTION,
    procurement.FUNCTION,
    product.FUNCTION,
    people.FUNCTION,
    communications.FUNCTION,
    partners.FUNCTION,
    information_technology.FUNCTION,
)
SHARED: tuple[BusinessFunction, ...] = (company.FUNCTION, advocacy.FUNCTION)
"""What every function draws on; not a function of its own in scope or maturity."""

BY_KEY: dict[str, BusinessFunction] = {f.key: f for f in (*FUNCTIONS, *SHARED)}
MEASURES: dict[str, Measure] = {m.key: m for f in BY_KEY.values() for m in f.measures}
OWNER: dict[str, str] = {m.key: f.key for f in BY_KEY.values() for m in f.measures}
KPIS: dict[str, Kpi] = {k.key: k for f in BY_KEY.values() for k in f.kpis}
STATISTICS: dict[str, Statistic] = {s.key: s for f in BY_KEY.values() for s in f.statistics}
KPI_OWNER: dict[str, str] = {
    k.key: f.key for f in BY_KEY.values() for k in (*f.kpis, *f.statistics)
}


def title(function: str) -> str:
    """Return the title of a function, or the key itself where it is not one of ours."""
    return BY_KEY[function].title if function in BY_KEY else function


def field_title(key: str) -> str:
    """Return the title of an indicator or a measure, or the key where it is neither."""
    if key in KPIS:
        return KPIS[key].title
    return MEASURES[key].header if key in MEASURES else key
