"""Where the company's own data contradict its answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Verdict = Literal["supports", "neutral", "contradicts", "no data"]


@dataclass(frozen=True)
class Contradiction:
    """One rule applied to one function ("all" for the company).

    ``supported_level`` (1-5) is the highest level of ``dimension`` the data support.
    """

    rule: str
    function: str
    dimension: str
    verdict: Verdict
    supported_level: float
    facts: Mapping[str, Any] = field(default_factory=dict)
