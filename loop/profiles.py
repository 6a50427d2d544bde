"""What a client says of itself, changed at any time: what is kept already follows."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from ingest.document import add_declarations
from ingest.model import Intake
from ingest.teams import Teams, apply_reorganisation
from metrics.errors import InvalidInput
from metrics.frames import APPEND_ONLY, FRAMES
from metrics.functions import KPIS, MEASURES
from metrics.model import Profile, Snapshot, teams_of
from metrics.units import UnitKind
from workspaces.access import Workspace

AMOUNTS: Mapping[str, tuple[str, ...]] = {
    "initiatives": ("cost",),
    "tools": ("spend",),
    "customers": ("value",),
}
"""Columns of frames that are always in the base currency."""
SUMS: Mapping[str, str] = {"costs": "amount", "contributions": "count"}
"""What is added up where rows of two spellings become rows of one team."""


def change(
    workspace: Workspace, expected_revision: int, profile: Profile, worth: float | None = None
) -> int:
    """Save what the client says of itself and return the new revision.

    Figures that were kept under a spelling go to its team, and are added up where two become one;
    amounts are converted where the base currency changes.

    Parameters
    ----------
    worth : float, optional
        What one unit of the former base currency is worth in the new one.

    Raises
    ------
    InvalidInput
        ``name_missing``, ``functions_missing``, ``spelling_of_two_teams``, ``rate_not_positive``,
        ``currency_unknown``; ``worth_missing`` or ``currency_issued`` where the currency changes.
    StaleRevision
        Somebody saved in between.
    """
    _examine(profile)
    snapshot = workspace.snapshot(expected_revision)
    frames = under_teams(snapshot, profile)
    if profile.currency != snapshot.profile.currency:
        frames |= _converted(snapshot, frames, profile.currency, worth)
    if profile.fiscal_year_start != snapshot.profile.fiscal_year_start:
        kept = frames.get("statistics", snapshot["statistics"])
        # Quarters and years are others now: what was counted by them is counted anew with a file.
        months = kept[kept["period"].isin(["month", "whole"])]
        frames |= {"statistics": months} if len(months) < len(kept) else {}
    return workspace.save(
        expected_revision,
        "profile",
        frames=frames,
        replace=set(frames),
        profile=profile,
        summary=", ".join(changed(snapshot.profile, profile)),
    )


def changed(before: Profile, after: Profile) -> list[str]:
    """Return the names of what differs."""
    names = Profile.__dataclass_fields__
    return [name for name in names if getattr(before, name) != getattr(after, name)]


def _examine(profile: Profile) -> None:
    if not profile.name.strip():
        raise InvalidInput("client_name_empty")
    if not profile.functions:
        raise InvalidInput("functions_missing")
    owners: dict[str, str] = {}
    for team, spellings in profile.teams.items():
        for name in (team, *spellings):
            if owners.setdefault(name.casefold(), team) != team:
                raise InvalidInput(
                    "spelling_of_two_teams", spelling=name, one=owners[name.casefold()], other=team
                )
    for code in (profile.currency, *profile.exchange_rates):
        if not (len(code) == 3 and code.isalpha() and code.isupper()):
            raise InvalidInput("currency_unknown", currency=code)
    for code, rate in profile.exchange_rates.items():
        if not 0 < rate < float("inf"):
            raise InvalidInput("rate_not_positive", currency=code, rate=rate)


def under_teams(snapshot: Snapshot, profile: Profile) -> dict[str, pd.DataFrame]:
    """Return the frames whose rows stand under a spelling of a team, with the team instead."""
    teams, frames = Teams(profile.teams), {}
    for name in FRAMES:
        if name in APPEND_ONLY or name == "restatements":
            continue
        rows = snapshot[name]
        if rows.empty or not {"team", "teams"} & set(rows):
            continue
        if "teams" in rows:
            told = [
                "; ".join(dict.fromkeys(teams.find(one) or one for one in teams_of(text))) or text
                for text in rows["teams"]
            ]
            if told != list(rows["teams"]):
                frames[name] = rows.assign(teams=told)
            continue
        spelled = {one: teams.find(one) for one in rows["team"].unique()}
        moves = [(one, team, "") for one, team in spelled.items() if team and team != one]
        if moves:
            frames[name] = _once(name, apply_reorganisation(rows, name, moves))
    return frames


def _once(name: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows that speak of the same once: added up, else as the later one says."""
    key = list(FRAMES[name].key)
    if name == "observations" or not key or not rows.duplicated(key).any():
        return rows
    if name not in SUMS:
        return rows.drop_duplicates(key, keep="last", ignore_index=True)
    parts = rows.groupby(key, as_index=False, sort=False, dropna=False)
    how = {c: "sum" if c == SUMS[name] else "first" for c in rows if c not in key}
    return parts.agg(how)[list(rows.columns)]


def _converted(
    snapshot: Snapshot, frames: Mapping[str, pd.DataFrame], code: str, worth: float | None
) -> dict[str, pd.DataFrame]:
    """Return the frames with amounts of the former base currency in the new one."""
    former, result = snapshot.profile.currency, {}
    for name in FRAMES:
        rows = frames.get(name, snapshot[name])
        if rows.empty:
            continue
        kpis = rows["kpi"].map(_is_money) if "kpi" in rows and "value" in rows else None
        if name in APPEND_ONLY:
            raise InvalidInput("currency_issued", former=former, frame=name)
        if name == "restatements":
            money = rows["measure"].map(lambda key: MEASURES[str(key)].unit.kind is UnitKind.MONEY)
            told = {c: rows[c].mask(money, rows[c] * (worth or 1)) for c in ("was", "now")}
        elif "currency" in rows:
            column = "value" if name == "observations" else "amount"
            own = rows["currency"] == former
            if name not in ("observations", "costs"):
                own |= rows["currency"] == ""
            now = rows["currency"].mask(own, code)
            told = {column: rows[column].mask(own, rows[column] * (worth or 1)), "currency": now}
        elif name in AMOUNTS:
            told = {c: rows[c] * (worth or 1) for c in AMOUNTS[name] if c in rows}
        elif kpis is not None and kpis.any():
            told = {"value": rows["value"].mask(kpis, rows["value"] * (worth or 1))}
        else:
            continue
        result[name] = rows.assign(**told)
    if result and not (worth and 0 < worth < float("inf")):
        raise InvalidInput("worth_missing", former=former, currency=code)
    return result


def _is_money(kpi: str) -> bool:
    return kpi in KPIS and KPIS[kpi].unit.kind is UnitKind.MONEY


def stated(profile: Profile, found: Intake) -> list[tuple[str, str, str]]:
    """Return what files state of the client that it did not say yet: kind, name and words."""
    after = add_declarations(profile, found)
    told = [
        ("team", team, "; ".join(names))
        for team, names in after.teams.items()
        if profile.teams.get(team) != names
    ]
    told += [
        ("rate", code, f"{rate:g}")
        for code, rate in after.exchange_rates.items()
        if profile.exchange_rates.get(code) != rate
    ]
    told += [
        ("reorganised", before, f"{now}, {first}")
        for before, now, first in after.reorganised
        if (before, now, first) not in profile.reorganised
    ]
    return told
