"""What initiatives caused: designs, checks, ramps and many effects at once."""

from metrics.effects.choice import NAMES as DESIGN_NAMES
from metrics.effects.estimate import all_designs, estimate
from metrics.effects.panel import Panel
from metrics.effects.result import BoundedEstimate, Check, Effect, Fit, Status, Verdict
from metrics.effects.table import panel_from_table

__all__ = [
    "DESIGN_NAMES",
    "BoundedEstimate",
    "Check",
    "Effect",
    "Fit",
    "Panel",
    "Status",
    "Verdict",
    "all_designs",
    "estimate",
    "panel_from_table",
]
