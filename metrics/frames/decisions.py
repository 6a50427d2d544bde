"""What is kept of the loop: decisions, and the scores their predictions got. Only ever added to."""

from __future__ import annotations

from metrics.frames.frame import (
    DAY,
    MONTH,
    NUMBER,
    TEXT,
    WHOLE,
    declare,
)

KINDS = ("keep", "scale", "change", "stop", "start")
BENEFIT = "benefit"
"""Series of the predictions: money a function's spending and conduct save a month."""
PLAN, WITHOUT = "plan", "without"

DECISIONS = declare(
    "decisions",
    ("decision", TEXT, "identifier: cycle, function and start of a checksum"),
    ("cycle", TEXT, "month or quarter it belongs to, such as 2026-10 or 2026-Q4"),
    ("function", TEXT, "key of the business function"),
    ("kind", TEXT, "keep, scale, change, stop, start"),
    ("initiative", TEXT, "initiative it speaks of, '' for the function's whole budget"),
    ("owner", TEXT, "who answers for it"),
    ("day", DAY, "day it was decided"),
    ("reason", TEXT, "why, in the owner's words"),
    ("supersedes", TEXT, "decision it takes the place of, '' if none"),
    ("proposal", TEXT, "name of the proposal it takes up, '' if none"),
    ("before", NUMBER, "spending a month before, base currency"),
    ("after", NUMBER, "spending a month from now on, base currency"),
    ("evidence", MONTH, "last month of the data it rests on"),
    ("months", NUMBER, "months its prediction speaks of"),
    ("promised", NUMBER, "benefit gained a month that was promised, base currency"),
    ("promised_low", NUMBER, "lower bound"),
    ("promised_high", NUMBER, "upper bound"),
    ("level", NUMBER, "interval level in per cent"),
    ("multiplier", NUMBER, "what earlier promises came to when this one was made"),
    ("factor", NUMBER, "factor on the width of its intervals when it was made"),
)
DECISION_SCORES = declare(
    "decision_scores",
    ("decision", TEXT, "decision that is scored"),
    ("function", TEXT, "key of the business function"),
    ("team", TEXT, "teams whose months are compared; 'all' or '' for the whole function"),
    ("by", TEXT, "whose prediction: 'model', or the person whose call it is"),
    ("scored", DAY, "day of the score"),
    ("revision", WHOLE, "revision of the data that was scored on"),
    ("months", NUMBER, "months that had arrived"),
    ("actual", NUMBER, "benefit a month that came"),
    ("predicted", NUMBER, "benefit a month that was predicted"),
    ("low", NUMBER, "lower bound of the prediction"),
    ("high", NUMBER, "upper bound of the prediction"),
    ("level", NUMBER, "interval level in per cent"),
    ("inside", NUMBER, "1 if what came lies between the bounds, else 0"),
    ("without", NUMBER, "benefit a month predicted had nothing changed"),
    ("effect", NUMBER, "actual − without: what the decision is taken to have brought"),
    ("effect_error", NUMBER, "standard error of it"),
    ("promised", NUMBER, "benefit gained a month that was promised"),
    ("ratio", NUMBER, "realisation ratio: effect over promised effect, NaN if none was promised"),
    ("ratio_error", NUMBER, "standard deviation of its logarithm"),
    ("multiplier", NUMBER, "the ratio on the log scale, pulled to one"),
    ("reason", TEXT, "why there is no ratio, otherwise ''"),
)
FRAMES = (DECISIONS, DECISION_SCORES)
