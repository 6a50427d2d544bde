"""What was found in files as plain data, findings with their sentence and place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ingest.model import Intake
from metrics.errors import InvalidInput
from metrics.functions import FUNCTIONS
from metrics.model import Finding, Profile
from words import say


def as_document(found: Intake) -> dict[str, Any]:
    """Return ``files``: file, outcome, tables (file, sheet, source, rows, months, measures, how
    columns were mapped) and findings.

    A finding about a member of an archive stands with the archive and names the member.
    """
    return {
        "files": [
            {
                "file": file,
                "outcome": outcome,
                "tables": [
                    {
                        "file": one.table.file,
                        "sheet": one.table.sheet,
                        "source": one.source,
                        "rows": one.rows,
                        "months": list(one.months),
                        "measures": list(one.measures),
                        "mapping": dict(one.mapping),
                    }
                    for one in found.tables
                    if _is_inside(one.table.file, file)
                ],
                "findings": [_finding(f) for f in found.findings if _is_inside(f.place.file, file)],
            }
            for file, outcome in found.outcomes.items()
        ]
    }


def complete_profile(profile: Profile, found: Intake) -> Profile:
    """Return the profile of a new client with what its files declare.

    Functions are those the files speak of: none where they hold only what belongs to the whole
    company, such as a survey of customers. Teams with their spellings and exchange rates come
    from sheets that state them.

    Raises
    ------
    InvalidInput
        ``nothing_to_save``: the files speak of no function.
    """
    if not _functions(found):
        raise InvalidInput("nothing_to_save")
    return add_declarations(profile, found)


def _functions(found: Intake) -> set[str]:
    frames = [frame for frame in found.frames.values() if "function" in frame]
    return {str(function) for frame in frames for function in frame["function"].unique()}


def add_declarations(profile: Profile, found: Intake) -> Profile:
    """Return the profile with the teams and rates that the files state.

    A rate that was another is the file's from now on: amounts kept already stay as converted.

    A client that has no function in scope yet gets those the files speak of.
    """
    stated = found.declared
    used = _functions(found) - profile.not_applicable.keys()
    functions = tuple(function.key for function in FUNCTIONS if function.key in used)
    teams = {
        team: tuple(dict.fromkeys((*profile.teams.get(team, ()), *names)))
        for team, names in stated.teams.items()
    }
    return replace(
        profile,
        functions=profile.functions or functions,
        teams={**profile.teams, **teams},
        reorganised=tuple(dict.fromkeys((*profile.reorganised, *stated.reorganised))),
        exchange_rates={**profile.exchange_rates, **stated.rates},
    )


def rates(given: Sequence[str]) -> dict[str, float]:
    """Return ``USD=0.92`` as what one unit of a currency is worth in the base currency.

    Raises
    ------
    InvalidInput
        ``rate_unreadable``: no currency of three letters, or no number above zero.
    """
    found = {}
    for text in given:
        match = re.fullmatch(r"\s*([A-Za-z]{3})\s*=\s*(\d{1,9}(?:\.\d+)?)\s*", text)
        if match is None or not float(match[2]):
            raise InvalidInput("rate_unreadable", value=text)
        found[match[1].upper()] = float(match[2])
    return found


def _is_inside(name: str, file: str) -> bool:
    return name == file or name.startswith(f"{file}/")


def _finding(one: Finding) -> dict[str, Any]:
    return {
        "severity": one.severity.value,
        "code": one.code,
        "message": say(f"findings.{one.code}", **one.facts),
        "file": one.place.file,
        "sheet": one.place.sheet,
        "cell": one.place.cell,
        "value": one.value,
        "count": one.count,
    }
