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
from workspaces.store import Store

SAMPLE = ROOT / "sample_data" / "files"


SAMPLE_NAME = "Halden Tools (sample)"


SAMPLE_AS_OF = date(2026, 11, 20)


def load_sample(store: Store, author: str, reset: bool = False) -> tuple[str, int]:
    """Return the sample company, set up from its files when it is not there yet.

    Parameters
    ----------
    reset : bool
        Delete it first, with everything entered since.
    """
    present = [c for c in store.clients() if c.name == SAMPLE_NAME]
    if present and not reset:
        return present[0].id, present[0].revision
    for client in present:
        store.delete_client(client.id, author)
    client_id = store.create_client(sample_profile(), author, SAMPLE_AS_OF)
    files = [(path.name, path.read_bytes()) for path in sorted(SAMPLE.iterdir())]
    found = check(files, sample_profile(), as_of=SAMPLE_AS_OF)
    revision = accept(store, client_id, 1, author, files, found)
    # Whoever opens the sample first does not wait for it.
    tuple(report(store, client_id).parts.values())
    return client_id, revision


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
