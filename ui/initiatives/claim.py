"""What stands behind the amount of one initiative: its claim, what it shares, what explains it."""

from __future__ import annotations

import math

from metrics.frames.frame import iterate_rows
from metrics.functions import field_title
from metrics.portfolio.part import BETWEEN
from metrics.report import Report
from ui.initiatives.all_initiatives import write_money
from ui.look import writing
from words import say


def claim(report: Report, one) -> None:
    """Say which cost the claim is on, with whom it is shared, and less or cheaper work."""
    for row in iterate_rows(report.value.claims):
        if one.initiative not in str(row.initiatives).split(BETWEEN):
            continue
        lines = [say("model.claim_on", pool=field_title(row.pool).lower())]
        if row.shares_with:
            lines.append(say("model.claim_shared", names=row.shares_with))
        if not math.isnan(row.less_work):
            less, cheaper = (
                write_money(row.less_work, report),
                write_money(row.cheaper_work, report),
            )
            lines.append(say("model.claim_split", less=less, cheaper=cheaper))
        if row.reason:
            lines.append(writing.reason(row.reason))
        if not row.compared and not math.isnan(row.amount):
            amount, low, high = (write_money(x, report) for x in (row.amount, row.low, row.high))
            lines.append(
                say(
                    "model.claim_apart", amount=amount, low=low, high=high, level=f"{row.level:.0f}"
                )
            )
        writing.show_quiet(" ".join(lines))
