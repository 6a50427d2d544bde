"""The tidy frames: column, dtype, unit and meaning, fixed for the whole product.

Column names are never parameters and never carry meaning of their own (an interval level is a
column). Months are the first day; text is ``str``; amounts are ``float64``; fractions are 0–1;
missing is NaN with a ``reason``.
"""

from __future__ import annotations

from metrics.frames.decisions import FRAMES as TUNING
from metrics.frames.frame import (
    MONTH,
    NUMBER,
    TEXT,
    WHOLE,
    Column,
    Frame,
)
from metrics.frames.frame import declare as _frame
from metrics.frames.register import REGISTER
from metrics.frames.value import VALUE

MONTH_NOT_OVER = "month_not_over"
RECORDS_OPEN = "records_open"
PROVISIONAL = (MONTH_NOT_OVER, RECORDS_OPEN)
"""Reasons of values that exist but may still move: kept out of trends and forecasts."""


_WHO = (
    ("function", TEXT, "key of the business function"),
    ("team", TEXT, "team, or 'all' for the function"),
)
_INTERVAL = (
    ("low", NUMBER, "lower bound"),
    ("high", NUMBER, "upper bound"),
    ("level", NUMBER, "interval level in per cent"),
)

OBSERVATIONS = _frame(
    "observations",
    *_WHO,
    ("item", TEXT, "channel, product, supplier; 'all'"),
    ("constituency", TEXT, "'all' or one of the client's constituencies"),
    ("month", MONTH, "first day of the month"),
    ("measure", TEXT, "key of the measure"),
    ("value", NUMBER, "sum over the month in the measure's unit, or its last or mean"),
    ("currency", TEXT, "ISO code for money, otherwise ''"),
    ("upload", TEXT, "upload the value came with"),
    ("place", TEXT, "cell, or range with filter and row count"),
    ("reason", TEXT, "why missing or provisional, otherwise ''"),
    key=("function", "team", "item", "constituency", "measure", "month"),
)
LATE_ANSWERS = Frame("late_answers", OBSERVATIONS.columns, OBSERVATIONS.key)
"""Groups of a survey as they are by now, where too few answers came since they were shown."""
STATISTICS = _frame(
    "statistics",
    *_WHO,
    ("period", TEXT, "month, quarter, year or whole"),
    ("month", MONTH, "first day of the period"),
    ("statistic", TEXT, "key of the statistic"),
    ("value", NUMBER, "in the statistic's unit"),
    ("n", NUMBER, "records it was computed from"),
    ("upload", TEXT, "upload the value came with"),
    ("place", TEXT, "range with filter and row count"),
    ("reason", TEXT, "why missing or provisional, otherwise ''"),
    key=("function", "team", "period", "month", "statistic"),
)
KPI_VALUES = _frame(
    "kpi_values",
    *_WHO,
    ("item", TEXT, "channel, product, supplier; 'all'"),
    ("month", MONTH, "first day of the month or period"),
    ("kpi", TEXT, "key of the KPI"),
    ("numerator", NUMBER, "sum of numerator measures"),
    ("denominator", NUMBER, "sum of denominator measures"),
    ("value", NUMBER, "numerator ÷ denominator × scale"),
    *_INTERVAL,
    ("n", NUMBER, "denominator count where the KPI is a proportion"),
    ("unit", TEXT, "name of the unit"),
    ("reason", TEXT, "why missing or provisional, otherwise ''"),
)
CHANGES = _frame(
    "changes",
    *_WHO,
    ("kpi", TEXT, "key of the KPI"),
    ("baseline_start", MONTH, "first month of the baseline period"),
    ("baseline_months", NUMBER, "months with data in the baseline"),
    ("current_start", MONTH, "first month of the current period"),
    ("current_months", NUMBER, "months with data in the current period"),
    ("baseline", NUMBER, "value over the baseline period"),
    ("current", NUMBER, "value over the current period"),
    ("change", NUMBER, "current − baseline"),
    *_INTERVAL,
    ("verdict", TEXT, "better, worse, changed, not shown, cannot tell"),
    ("reason", TEXT, "why it cannot be told, otherwise ''"),
)
SAVINGS = _frame(
    "savings",
    *_WHO,
    ("kpi", TEXT, "cost KPI that was split"),
    ("month", MONTH, "first month of the current period"),
    ("driver", TEXT, "demand driver"),
    ("baseline", NUMBER, "cost in the baseline period"),
    ("actual", NUMBER, "cost in the current period"),
    ("rate", NUMBER, "change from unit cost"),
    ("volume", NUMBER, "change from quantity"),
    ("mix", NUMBER, "change from the shares of items"),
    ("new", NUMBER, "cost of items without a baseline"),
    ("lost", NUMBER, "cost of items that ended, negative"),
    ("inflation", NUMBER, "part of the change that the price index explains; 0 without one"),
    ("saving", NUMBER, "baseline × driver growth − actual; positive is less cost"),
    *_INTERVAL,
    ("grade", TEXT, "evidence A–E"),
    ("cash", TEXT, "cashable, avoided or capacity"),
    ("reason", TEXT, "why missing, otherwise ''"),
)
ANSWERS = _frame(
    "answers",
    ("wave", TEXT, "assessment wave, such as 2026-10"),
    ("model_version", TEXT, "version of the maturity model answered"),
    ("rater", TEXT, "pseudonym of the rater"),
    ("rater_role", TEXT, "role shown instead of a name"),
    ("rater_function", TEXT, "function the rater works in"),
    ("function", TEXT, "function that is assessed"),
    ("constituency", TEXT, "'all' or a constituency"),
    ("question", TEXT, "question id such as STR-2"),
    ("value", NUMBER, "0–1; NaN unless answered"),
    ("state", TEXT, "answered, not applicable, don't know"),
    ("stage", TEXT, "before or after discussion"),
    ("evidence", TEXT, "what was shown"),
    ("evidence_kind", TEXT, "assertion, document, system record, kpi"),
    key=("wave", "rater", "function", "constituency", "question", "stage"),
)
INITIATIVES = _frame(
    "initiatives",
    ("initiative", TEXT, "name"),
    ("function", TEXT, "key of the business function"),
    ("teams", TEXT, "treated teams, separated by ';'"),
    ("start", MONTH, "first month"),
    ("end", MONTH, "last month, NaT while running"),
    ("cost", NUMBER, "one-off and running cost so far, base currency"),
    ("hours", NUMBER, "own people's hours so far"),
    ("objective", TEXT, "objective it serves, '' if none"),
    ("constituency", TEXT, "whom it engages"),
    ("tool", TEXT, "main tool"),
    ("boundary", TEXT, "internal or external"),
    ("kpi", TEXT, "KPI it should move"),
    ("expected", NUMBER, "expected relative change of that KPI, fraction"),
    ("change", TEXT, "kind of change: process, tool or campaign; '' if nobody said"),
    ("assignment", TEXT, "'randomised' where lots decided which teams start, otherwise ''"),
    key=("initiative",),
)
COSTS = _frame(
    "costs",
    *_WHO,
    ("month", MONTH, "first day of the month"),
    ("category", TEXT, "licences, people, agency, training, moderation, content"),
    ("initiative", TEXT, "initiative it was spent on, '' for what was there before"),
    ("amount", NUMBER, "incremental programme cost"),
    ("currency", TEXT, "ISO code"),
    ("upload", TEXT, "upload the value came with"),
    ("place", TEXT, "cell"),
    key=("function", "team", "month", "category", "initiative"),
)
CONTRIBUTIONS = _frame(
    "contributions",
    ("month", MONTH, "first day of the month"),
    ("contributor", TEXT, "pseudonym"),
    *_WHO,
    ("constituency", TEXT, "who was addressed"),
    ("objective", TEXT, "objective it serves, '' if none"),
    ("kind", TEXT, "post, reply, answer, idea"),
    ("count", NUMBER, "contributions in the month"),
    key=("month", "contributor", "function", "team", "constituency", "kind"),
)
TARGETS = _frame(
    "targets",
    *_WHO,
    ("kpi", TEXT, "key of the KPI"),
    ("month", MONTH, "month by which it should be reached"),
    ("value", NUMBER, "target in the KPI's unit"),
    key=("function", "team", "kpi", "month"),
)
RESTATEMENTS = _frame(
    "restatements",
    *_WHO,
    ("item", TEXT, "channel, product, supplier; 'all'"),
    ("constituency", TEXT, "'all' or one of the client's constituencies"),
    ("month", MONTH, "first day of the month"),
    ("measure", TEXT, "key of the measure"),
    ("was", NUMBER, "final value before"),
    ("now", NUMBER, "value that replaced it"),
    ("revision", WHOLE, "revision that replaced it"),
    ("upload", TEXT, "upload the new value came with"),
    ("place", TEXT, "where the new value stands"),
)
ISSUED_FORECASTS = _frame(
    "issued_forecasts",
    ("issue", TEXT, "identifier of the issue: day and start of its checksum"),
    ("issued", MONTH, "day of issue"),
    ("revision", WHOLE, "revision of the data it rests on"),
    ("by", TEXT, "'model', or the pseudonym or role of the person whose call it is"),
    ("decision", TEXT, "decision whose result is predicted, '' if none"),
    *_WHO,
    ("kpi", TEXT, "key of the KPI or series"),
    ("scenario", TEXT, "plan, without, tuned"),
    ("kind", TEXT, "forecast; basis (a value it rests on); programme (effect that was assumed)"),
    ("month", MONTH, "first day of the month spoken of"),
    ("mean", NUMBER, "point forecast, or the value of the basis"),
    *_INTERVAL,
    ("model", TEXT, "name and version of the model, '' for a person's call"),
    ("code_version", TEXT, "version of the mathematics"),
    ("assumptions", TEXT, "checksum of the assumptions"),
    ("seed", WHOLE, "seed of the simulated paths"),
    ("checksum", TEXT, "SHA-256 over all that was said in the issue"),
    ("note", TEXT, "remark of whoever issued it"),
)

APPEND_ONLY = ("issued_forecasts", "decisions", "decision_scores")
"""Frames whose rows are never changed, taken out or undone."""

FRAMES: dict[str, Frame] = {
    frame.name: frame
    for frame in (
        OBSERVATIONS,
        LATE_ANSWERS,
        STATISTICS,
        KPI_VALUES,
        CHANGES,
        SAVINGS,
        ANSWERS,
        INITIATIVES,
        COSTS,
        CONTRIBUTIONS,
        TARGETS,
        *VALUE,
        *REGISTER,
        *TUNING,
        RESTATEMENTS,
        ISSUED_FORECASTS,
    )
}

__all__ = ["FRAMES", "MONTH", "NUMBER", "TEXT", "WHOLE", "Column", "Frame"]
