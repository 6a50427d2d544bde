"""The case before anything is compared: what it costs, and what would pay that back."""

from __future__ import annotations

import math

from metrics.business_case.part import ProgrammeCase
from metrics.report import Report
from metrics.units import SHARE
from ui.business_case.case import write_money
from ui.look import writing
from words import say


def known(case: ProgrammeCase) -> bool:
    """Return whether costs and break-even stand although no odds can be told."""
    return not math.isnan(case.break_even)


def headline(report: Report, case: ProgrammeCase) -> None:
    """Show cost, break-even and what finance would accept; no odds belong to them."""
    accepted = "–" if math.isnan(case.accepted) else write_money(case.accepted, report)
    share = case.break_even_share
    about = (
        say("case.break_even_alone")
        if math.isnan(share)
        else say("case.break_even_about", share=SHARE.write(share))
    )
    writing.cards(
        [
            (
                say("case.cost_year"),
                write_money(case.cost_a_year, report),
                say("case.cost_year_about"),
                "",
            ),
            (say("case.break_even"), write_money(case.break_even, report), about, ""),
            (say("case.accepted"), accepted, say("case.accepted_about"), ""),
        ]
    )
