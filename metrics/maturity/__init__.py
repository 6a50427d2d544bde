"""Maturity of a social business: how far, how sure, and where the data disagree."""

from metrics.maturity.model import MaturityModel, load_model
from metrics.maturity.raters import Agreement, agreement
from metrics.maturity.scoring import MaturityScores, score

__all__ = ["Agreement", "MaturityModel", "MaturityScores", "agreement", "load_model", "score"]
