"""What a programme costs and brings: graded benefits, cash flows, ranges and what drives them."""

from metrics.business_case.cash_flow import CaseResult, evaluate

__all__ = ["CaseResult", "evaluate"]
