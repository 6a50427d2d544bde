"""How an answer is said without a screen: tables for people, one JSON object for machines.

Calculations hand out codes and facts; here the sentence is put beside them, once for all commands.
"""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import typer

from metrics.errors import AttuneError
from words import knows, refusal, say

ROWS_SHOWN = 60
COLUMNS_SHOWN = 8
DONE, WITH_ERRORS, COULD_NOT = 0, 1, 2


@dataclass(frozen=True)
class Answer:
    """What a command has to say, and its exit code."""

    document: dict[str, Any]
    code: int = DONE


def option(flag: str, key: str = "", **facts: str) -> Any:
    key = key or flag.lstrip("-").split("/")[0].replace("-", "_")
    return typer.Option(flag, help=say(f"cli.option.{key}", **facts))


def sentence(error: AttuneError) -> str:
    """Return the sentence of an error."""
    return refusal(error.code, _numbers(error.facts))


def say_code(code: str, facts: dict[str, Any]) -> str:
    return say(code, **_numbers(facts))


def _numbers(facts: dict[str, Any]) -> dict[str, Any]:
    return {k: float("nan") if v is None else v for k, v in facts.items()}


def _add_sentences(value: Any) -> Any:
    """Put the sentence beside codes with facts, and in the place of reasons that are codes."""
    if isinstance(value, list):
        return [_add_sentences(each) for each in value]
    if not isinstance(value, dict):
        return value
    result = {key: _add_sentences(each) for key, each in value.items()}
    if "code" in value and "facts" in value:
        family = "effect" if knows(f"effect.{value['code']}") else "forecast"
        result["sentence"] = say_code(f"{family}.{value['code']}", value["facts"])
    for known in (f"cli.reason.{value.get('reason')}", f"errors.{value.get('reason')}"):
        if knows(known):
            result["reason"] = say_code(known, value.get("refused", {}))
            break
    return result


def progress(code: str, **facts: Any) -> None:
    """Say on standard error what is being done."""
    print(say_code(f"cli.{code}", facts), file=sys.stderr)


def values(
    found: Any, keys: tuple[str, ...], reasons: Mapping[str, str | None] | None = None
) -> dict[str, Any]:
    """Return fields of a result, with the sentence of why one is missing or not final."""
    result = {key: getattr(found, key) for key in keys}
    why = {key: code for key, code in (reasons or {}).items() if code and key in keys}
    if not why:
        return result
    sentences = {key: say(f"cli.reason.{code}") for key, code in why.items()}
    reason = " ".join(dict.fromkeys(sentences.values()))
    return result | {"reason": reason, "reasons": sentences}


def describe_error(error: Exception) -> str:
    """Return what a person reads of an error nobody raised on purpose; the rest is printed."""
    if isinstance(error, OSError) and error.filename:
        return say("cli.file", file=error.filename, why=error.strerror)
    traceback.print_exc()
    return say("cli.fault", kind=type(error).__name__)


def refuse(text: str, as_json: bool) -> None:
    """Say why something could not be done."""
    print(say("cli.error", sentence=text), file=sys.stderr)
    if as_json:
        print(json.dumps({"error": text}))


def show(document: dict[str, Any], as_json: bool) -> None:
    """Print an answer: as one line of JSON, or single values as lines and lists as tables."""
    from metrics.document.plain import plain

    worded = _add_sentences(plain(document))
    if "error" in worded:
        print(say("cli.error", sentence=worded["error"]), file=sys.stderr)
    if as_json:
        print(json.dumps(worded, allow_nan=False))
        return
    from rich.console import Console

    console = Console()
    for file in worded.pop("files", []):
        _show_file(console, file)
    for key, value in worded.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            _show_rows(console, key, value)
        else:
            console.print(f"{key}: {_text(value)}", highlight=False, markup=False)


def _show_file(console: Any, file: dict[str, Any]) -> None:
    outcome = say(f"outcome.{file['outcome']}")
    console.print(f"{file['file']}: {outcome}", highlight=False, markup=False)
    tables = [
        {**t, "months": " – ".join(dict.fromkeys([t["months"][0], t["months"][-1]]))}
        if t["months"]
        else t
        for t in file["tables"]
    ]
    _show_rows(console, "tables", tables)
    _show_rows(console, "findings", file["findings"])


def _show_rows(console: Any, title: str, rows: list[dict[str, Any]]) -> None:
    from rich.table import Table

    if not rows:
        return
    names = [name for name, value in rows[0].items() if not isinstance(value, dict)]
    if len(names) > COLUMNS_SHOWN:
        # Too wide for a terminal: one row below the other, each value with its name.
        for row in rows[:ROWS_SHOWN]:
            filled = {name: row[name] for name in names if row.get(name) not in ("", None)}
            console.print(f"{title}: {_text(filled)}", highlight=False, markup=False)
        return
    grid = Table(*names, title=title, title_justify="left")
    for row in rows[:ROWS_SHOWN]:
        grid.add_row(*(_text(row.get(name)) for name in names))
    console.print(grid, markup=False)
    if len(rows) > ROWS_SHOWN:
        console.print(say("cli.more", rows=len(rows) - ROWS_SHOWN))


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{key} {_text(each)}" for key, each in value.items())
    if isinstance(value, list):
        return ", ".join(_text(each) for each in value)
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:,.2f}" if abs(value) >= 1000 else f"{value:.6g}"
    return str(value)
