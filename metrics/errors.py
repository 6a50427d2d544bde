"""What can go wrong in the arithmetic, and who should catch it.

::

    AttuneError               anything a person may be shown: a code and the facts of its sentence
    ├── NotEnoughData         too little history: how much there is, how much is needed, of what
    ├── InvalidInput          a value or setting that contradicts its own definition
    └── StaleRevision         somebody saved in between (raised by ``workspaces``)

Faults *in data* are not exceptions: they are ``Finding`` records with a cell address.
"""

from __future__ import annotations

from typing import Any


class AttuneError(Exception):
    """Root of everything Attune raises on purpose.

    Parameters
    ----------
    code : str
        Key of the sentence in ``words``.
    **facts
        Numbers and names the sentence needs.
    """

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(f"{code} {facts}" if facts else code)
        self.code = code
        self.facts = facts


class NotEnoughData(AttuneError):
    """Too little history for the claim that was asked for.

    Parameters
    ----------
    have, need : int
        Number of observations present and required.
    what : str
        What is counted: ``months``, ``raters``, ``control teams``.
    """

    def __init__(self, have: int, need: int, what: str, code: str = "not_enough_data") -> None:
        super().__init__(code, have=have, need=need, what=what)
        self.have, self.need, self.what = have, need, what


class InvalidInput(AttuneError):
    """A value that contradicts its own definition, such as a negative horizon."""


class StaleRevision(AttuneError):
    """A writer saw an older revision than the one it wants to replace."""
