"""Terms explained where they stand: a dotted line, and the meaning on hover or focus."""

from __future__ import annotations

import html
import re
from functools import cache

from words import say

TERMS: tuple[str, ...] = (
    "social_business",
    "net_present_value",
    "payback",
    "evidence_grade",
    "interval",
    "wave",
    "net_promoter_score",
    "baseline",
    "percentile",
    "caused",
    "went_with",
    "not_shown",
    "volume_adjusted",
    "maturity",
    "contradict",
    "comparison_teams",
    "initiative",
    "indicator",
    "no_additional_cost",
    "weighted_by_evidence",
    "back_test",
    "seed",
    "revision",
    "read_out",
    "mase",
    "draws",
    "capped",
)
"""Keys of ``words/en/glossary.toml``; longer terms win over shorter ones inside them."""


@cache
def _known() -> tuple[re.Pattern[str], dict[str, str]]:
    means = {say(f"glossary.{key}.term").lower(): say(f"glossary.{key}.means") for key in TERMS}
    longest = sorted(means, key=len, reverse=True)
    either = "|".join(re.escape(term) for term in longest)
    return re.compile(rf"(?<!\w)({either})(?:s|ed)?(?!\w)", re.IGNORECASE), means


def explain_terms(escaped: str) -> str:
    """Return HTML text with the first mention of each term explained."""
    pattern, means = _known()
    seen: set[str] = set()

    def explained(match: re.Match[str]) -> str:
        term = match.group(1).lower()
        if term in seen:
            return match.group(0)
        seen.add(term)
        meaning = html.escape(means[term], quote=True)
        return f'<abbr title="{meaning}" tabindex="0">{match.group(0)}</abbr>'

    return pattern.sub(explained, escaped)
