"""What functions share: the demand drivers and the size of the company."""

from metrics.model import Adds, BusinessFunction, Measure
from metrics.units import COUNT, INDEX, MONEY

FUNCTION = BusinessFunction(
    key="company",
    title="Company",
    measures=(
        Measure(
            "revenue",
            "Revenue",
            MONEY,
            "Net revenue booked in the month.",
            aliases=("net revenue", "sales revenue", "turnover"),
        ),
        Measure(
            "active_customers",
            "Active customers",
            COUNT,
            "Customers with a contract or an order in the last twelve months, at month end.",
            Adds.LAST,
            aliases=("customers", "active accounts"),
        ),
        Measure(
            "new_customers",
            "New customers",
            COUNT,
            "Customers with their first contract or order in the month.",
        ),
        Measure(
            "price_index",
            "Price index",
            INDEX,
            "Prices of what the company buys, any base, at the month's mean.",
            Adds.MEAN,
            aliases=("inflation index", "cost index"),
        ),
        Measure(
            "headcount",
            "Headcount",
            COUNT,
            "Employees at month end, full-time equivalents.",
            Adds.LAST,
            aliases=("employees", "fte"),
        ),
        Measure(
            "orders",
            "Customer orders",
            COUNT,
            "Customer orders received in the month.",
            aliases=("sales orders", "order count"),
        ),
    ),
    kpis=(),
)
