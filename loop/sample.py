"""The sample company, Halden Tools."""

from __future__ import annotations

import json
from datetime import date

from loop.reports import ROOT, report
from loop.uploads import (
    accept,
    check,
)
from metrics.functions import FUNCTIONS
from metrics.model import Profile
from workspaces.access import Person, clients, create_client, enter
from workspaces.store import Store

SAMPLE = ROOT / "sample_data" / "files"


SAMPLE_NAME = "Halden Tools (sample)"


SAMPLE_AS_OF = date(2026, 11, 20)


def load_sample(store: Store, who: Person, reset: bool = False) -> tuple[str, int]:
    """Return the sample company, set up from its files when it is not there yet.

    Parameters
    ----------
    reset : bool
        Delete it first, with everything entered since.
    """
    present = [c for c in clients(store, who) if c.name == SAMPLE_NAME]
    if present and not reset:
        return present[0].id, present[0].revision
    for client in present:
        enter(store, who, client.id).delete()
    workspace = enter(store, who, create_client(store, who, sample_profile(), SAMPLE_AS_OF))
    files = [(path.name, path.read_bytes()) for path in sorted(SAMPLE.iterdir())]
    found = check(files, sample_profile(), as_of=SAMPLE_AS_OF)
    revision = accept(workspace, 1, files, found)
    # Whoever opens the sample first does not wait for it.
    tuple(report(workspace).parts.values())
    return workspace.client, revision


def sample_profile() -> Profile:
    """Return the scope declaration of the sample company."""
    settings = json.loads((ROOT / "sample_data" / "profile.json").read_text(encoding="utf-8"))
    return Profile(
        name=SAMPLE_NAME,
        functions=tuple(f.key for f in FUNCTIONS),
        teams={team: tuple(other) for team, other in settings["teams"].items()},
        currency=settings["currency"],
        exchange_rates=settings["exchange_rates"],
        fiscal_year_start=settings["fiscal_year_start"],
    )
