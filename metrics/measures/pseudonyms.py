"""Names of persons as pseudonyms: the same in every upload of a client, another for each client.

A file is read without knowing whose it is: there a name becomes a fingerprint, which anybody who
guesses the name could compute. Before anything is kept the fingerprint becomes a pseudonym by the
client's own key (HMAC-SHA-256, of which 16 hexadecimal digits stand).
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Collection, Mapping

import pandas as pd

COLUMNS = ("person", "rater", "contact", "contributor", "customer")
"""Columns of any frame that hold persons."""
_CODE = re.compile(r"[A-Za-z]{0,2}[-_ ]?\d{1,12}|[A-Za-z]+-\d{1,5}|R-[0-9a-f]{6}")
"""What an organisation numbers its people with, and what a rater is given who answers here."""
_PSEUDONYM = re.compile(r"person-[0-9a-f]{16}")
_FINGERPRINT = re.compile(r"person-([0-9a-f]{64})([0-9a-f]{8})")
_BEFORE = re.compile(r"person-([0-9a-f]{8})")
"""As they were kept before, without a key: eight digits anybody could compute."""


def fingerprint(name: str, before: str = "") -> str:
    """Return what stands for a name until its client is known; codes stay as they are.

    Parameters
    ----------
    before : str
        The eight digits under which it was kept before, so that it meets them.
    """
    text = name.strip()
    known = (_CODE, _PSEUDONYM, _FINGERPRINT, _BEFORE)
    if not text or any(each.fullmatch(text) for each in known):
        return text
    letters = unicodedata.normalize("NFKD", text)
    plain = "".join(each for each in letters if not unicodedata.combining(each)).casefold()
    whole = hashlib.sha256(re.sub(r"[\W_]+", " ", plain).strip().encode()).hexdigest()
    return f"person-{whole}{before or whole[:8]}"


def pseudonym(key: bytes, name: str, kept: Collection[str] = ()) -> str:
    """Return a name, or its fingerprint, as the client's pseudonym.

    Parameters
    ----------
    kept : collection of str
        Pseudonyms the client holds: one that comes from before is taken where it is among them.
    """
    text = fingerprint(name)
    found = _FINGERPRINT.fullmatch(text) or _BEFORE.fullmatch(text)
    if found is None:
        return text
    whole, before = (_keyed(key, found[i]) for i in (1, found.lastindex or 1))
    return before if before in kept else whole


def _keyed(key: bytes, text: str) -> str:
    return f"person-{hmac.new(key, text.encode(), hashlib.sha256).hexdigest()[:16]}"


def columns(frame: pd.DataFrame) -> list[str]:
    """Return the columns of a frame that hold persons."""
    return [name for name in COLUMNS if name in frame]


def pseudonymised(
    key: bytes, frames: Mapping[str, pd.DataFrame], held: Mapping[str, pd.DataFrame]
) -> dict[str, pd.DataFrame]:
    """Return frames in which every person stands under the client's pseudonym.

    Parameters
    ----------
    held : mapping
        The frames the client holds, with the pseudonyms that come from before.
    """
    result = dict(frames)
    for name, frame in frames.items():
        for column in columns(frame):
            kept = set(held[name][column].unique()) if name in held else ()
            known = {each: pseudonym(key, str(each), kept) for each in frame[column].unique()}
            result[name] = result[name].assign(**{column: frame[column].map(known)})
    return result
