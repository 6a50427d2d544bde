"""What a programme costs and brings: graded benefits, cash flows, ranges and what drives them."""

from metrics.business_case.case import BusinessCase, build_case
from metrics.business_case.cash_flow import CaseResult, evaluate
from metrics.business_case.lines import Benefit, Cost, frame_of

__all__ = [
    "Benefit",
    "BusinessCase",
    "CaseResult",
    "Cost",
    "build_case",
    "evaluate",
    "frame_of",
]
