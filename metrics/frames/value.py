"""What finance and executives type in: claims of benefit, standing in the market, expectations."""

from __future__ import annotations

from metrics.frames.frame import MONTH, NUMBER, TEXT, Frame, declare

MARKET_SHARE, REPUTATION = "market share", "reputation"

BENEFITS = declare(
    "benefits",
    ("benefit", TEXT, "name of the claim"),
    ("function", TEXT, "key of the business function that claims it"),
    ("team", TEXT, "team, or 'all' for the function"),
    ("mechanism", TEXT, "how it comes about; one mechanism, one claim"),
    ("kpi", TEXT, "KPI that shows it"),
    ("start", MONTH, "first month"),
    ("end", MONTH, "last month, empty while it goes on"),
    ("amount", NUMBER, "money a month; negative is harm or the giving side of a transfer"),
    ("currency", TEXT, "ISO code, empty for the base currency"),
    ("grade", TEXT, "evidence A–E"),
    ("cash", TEXT, "cashable, avoided or capacity"),
    ("layer", TEXT, "influenced, attributed or incremental; empty is attributed"),
    ("overlap_group", TEXT, "claims that may be the same money share a name; one of them counts"),
    ("transfer", TEXT, "both sides of a move between teams share a name"),
    ("change", TEXT, "process, tool or campaign"),
    ("low", NUMBER, "lowest share of the amount, such as 0.6"),
    ("mode", NUMBER, "most likely share of the amount"),
    ("high", NUMBER, "highest share of the amount"),
    ("upload", TEXT, "upload the value came with"),
    ("place", TEXT, "cell"),
    key=("benefit", "function", "team", "start"),
    needed=("benefit", "mechanism", "amount"),
)
STANDING = declare(
    "standing",
    ("series", TEXT, "market share or reputation", (MARKET_SHARE, REPUTATION)),
    ("month", MONTH, "first day of the month"),
    ("value", NUMBER, "market share as a fraction; reputation in points of one fixed survey"),
    ("upload", TEXT, "upload the value came with"),
    ("place", TEXT, "cell"),
    key=("series", "month"),
    needed=("series", "month", "value"),
)
RELEVANCE = declare(
    "relevance",
    ("rater", TEXT, "role of the executive who was asked"),
    ("function", TEXT, "key of the business function"),
    ("value", NUMBER, "how much the function is expected to gain, 0–10"),
    ("upload", TEXT, "upload the value came with"),
    ("place", TEXT, "cell"),
    key=("rater", "function"),
    needed=("rater", "function", "value"),
)
CUSTOMERS = declare(
    "customers",
    ("customer", TEXT, "pseudonym"),
    ("segment", TEXT, "segment within which customers are compared"),
    ("acquired", MONTH, "month of the first order"),
    ("referred", TEXT, "yes or no; empty where the source is unknown", ("yes", "no")),
    ("value", NUMBER, "margin a year or lifetime value, base currency"),
    ("upload", TEXT, "upload the value came with"),
    ("place", TEXT, "cell"),
    key=("customer",),
    needed=("customer", "segment", "acquired", "referred", "value"),
)
VALUE: tuple[Frame, ...] = (BENEFITS, STANDING, RELEVANCE, CUSTOMERS)
