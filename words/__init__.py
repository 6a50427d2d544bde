"""Every sentence a person reads, one catalogue per language.

Facts come as a code and numbers; the sentence is here and nowhere else. A catalogue is a folder
of TOML files; ``findings.toml`` with ``error_cell = "..."`` is said by ``findings.error_cell``.
"""

from __future__ import annotations

import string
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

LANGUAGE = "en"


class _Numbers(string.Formatter):
    """Chooses between two forms by a number: ``{teams} {teams:team|teams}``."""

    def format_field(self, value: Any, format_spec: str) -> str:
        if "|" not in format_spec:
            return super().format_field(value, format_spec)
        one, many = format_spec.split("|")
        return one if str(value) == "1" else many


_FILL = _Numbers()


@cache
def catalogue(language: str = LANGUAGE) -> dict[str, str]:
    """Return every sentence of a language by its full code."""
    sentences: dict[str, str] = {}
    for file in sorted((Path(__file__).parent / language).glob("*.toml")):
        _flatten(file.stem, tomllib.loads(file.read_text(encoding="utf-8")), sentences)
    return sentences


def _flatten(prefix: str, node: dict[str, Any], into: dict[str, str]) -> None:
    for key, value in node.items():
        if isinstance(value, dict):
            _flatten(f"{prefix}.{key}", value, into)
        else:
            into[f"{prefix}.{key}"] = value


def say(code: str, /, **facts: Any) -> str:
    """Return the sentence for ``code`` with its facts filled in; lists are joined by commas.

    ``{n:is|are}`` is the first form where the fact is 1, otherwise the second.

    Raises
    ------
    KeyError
        No such sentence, or a fact it needs is missing: a fault of the program.
    """
    plain = {
        name: ", ".join(map(str, fact)) if isinstance(fact, list | tuple) else fact
        for name, fact in facts.items()
    }
    return _FILL.vformat(catalogue()[code], (), plain)


def refusal(code: str, facts: Mapping[str, Any]) -> str:
    """Return the sentence of an error by its code, or a general one that names the code."""
    known = f"errors.{code}"
    return say(known if knows(known) else "errors.unknown", **{"code": code, **facts})


def knows(code: str) -> bool:
    """Is there a sentence for ``code``?"""
    return code in catalogue()
