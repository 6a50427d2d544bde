"""A file that comes again, corrected: what its earlier version brought and it no longer says.

Values of the same team and month are replaced one by one. What a correction takes away has no such
successor: the months of a team that is spelled otherwise now, the month of a slip in a date. It
would stand beside the corrected values for good and count twice. It goes, where the new file can
be seen to be the same document; what only fell out of a window of months stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

import numpy as np
import pandas as pd

from metrics.frames import COSTS, FRAMES, OBSERVATIONS, STATISTICS
from metrics.measures.overlaps import place_of
from metrics.model import Finding, Place, Severity

AMOUNTS: Mapping[str, str] = {
    OBSERVATIONS.name: "value",
    STATISTICS.name: "value",
    COSTS.name: "amount",
}
"""Frames that files bring by the month, and the column that holds the figure."""
SAME, ALMOST = 0.5, 0.9
"""Share of what the earlier file brought that must come again, at its place or moved, before a
file is taken for its correction: under the same name, and under another."""
ALIKE = 0.75
"""Likeness (``difflib``) of two spellings of one team."""
TELLING = 3
"""Different figures that must agree before they show more than chance does."""
ROWS_ELSEWHERE = 6
"""Figures an earlier file of another name must have brought before it is compared at all."""
_ASIDE = re.compile(
    r"\bcopy\b|\bkopie\b|\bcorrect(ed|ion)?\b|\bkorr(igiert|ektur)?\b|\bfinal\b|\bneu\b"
    r"|\bnew\b|\bv(ersion)? ?\d+\b|\d+"
)


@dataclass(frozen=True)
class Correction:
    """A file that came again: rows of the frame kept that go, and those that stay.

    ``gone`` and ``left`` are positions in the old frame.
    """

    file: str
    before: str
    gone: np.ndarray
    left: np.ndarray


def corrections(
    new: pd.DataFrame, old: pd.DataFrame, frame: str = OBSERVATIONS.name, whole: bool = False
) -> Iterator[Correction]:
    """Yield what earlier versions of the new files brought that these no longer say.

    Parameters
    ----------
    new, old : pandas.DataFrame
        The same frame as read from files and as kept.
    frame : str
        One of ``AMOUNTS``.
    whole : bool
        Everything that files of the same name brought goes, whatever the months.
    """
    if new.empty or old.empty:
        return
    key, value = list(FRAMES[frame].key), AMOUNTS[frame]
    mine = new.assign(_file=_files(new["place"]))
    theirs = old.assign(_file=_files(old["place"]), _at=np.arange(len(old)))
    theirs = theirs[(theirs["_file"] != "") & theirs[value].notna()]
    theirs = theirs.assign(_again=_among(theirs, mine, key))
    later = {str(file): rows for file, rows in mine.groupby("_file", sort=False)}
    for (_, name), earlier in theirs.groupby(["upload", "_file"], sort=False):
        before = str(name)
        if earlier["_again"].all():
            continue
        for file in sorted(later, key=lambda f: (_plain(f) != _plain(before), f)):
            left = earlier[~earlier["_again"]]["_at"].to_numpy()
            again = _plain(file) == _plain(before)
            if again and whole:
                yield Correction(file, before, left, left[:0])
                break
            gone = _taken_back(earlier, later[file], key, value, document(file) == document(before))
            if len(gone) or again:
                yield Correction(file, before, gone, np.setdiff1d(left, gone))
                break


def document(name: str) -> str:
    """Return a file's name without folder, ending, dates, counters and words for versions."""
    plain = re.sub(r"[\W_]+", " ", _plain(name))
    return re.sub(r"\s+", " ", _ASIDE.sub(" ", plain)).strip() or plain


def _plain(name: str) -> str:
    """Return a file's name without folder, ending and the counter of a second download."""
    return re.sub(r"\s*\(\d+\)$", "", re.sub(r"\.\w+$", "", name.rsplit("/", 1)[-1].lower()))


def _files(places: pd.Series) -> pd.Series:
    known = {place: place_of(place).file if place else "" for place in places.unique()}
    return places.map(known)


def _among(rows: pd.DataFrame, others: pd.DataFrame, key: list[str]) -> np.ndarray:
    return pd.MultiIndex.from_frame(rows[key]).isin(pd.MultiIndex.from_frame(others[key]))


def _taken_back(
    earlier: pd.DataFrame, later: pd.DataFrame, key: list[str], value: str, same: bool
) -> np.ndarray:
    """Return the earlier rows that a file takes back, as positions in the frame kept."""
    about = [name for name in key if name not in ("team", "month", "item")]
    earlier = earlier[_among(earlier, later, about)]
    left = earlier[~earlier["_again"]].reset_index(drop=True)
    if left.empty or not (same or len(earlier) >= ROWS_ELSEWHERE):
        return np.array([], int)
    again = earlier[earlier["_again"]].merge(later[[*key, value]], on=key, suffixes=("", "_now"))
    kept = len(again) if same else int(np.isclose(again[value], again[f"{value}_now"]).sum())
    added = later[~_among(later, earlier, key)]
    elsewhere = _renamed(left, added, key, value, kept > 0) | _moved(left, added, key, value)
    if (kept + int(elsewhere.sum())) / len(earlier) < (SAME if same else ALMOST):
        return np.array([], int)
    gone = elsewhere
    if same:
        spans = left[about].merge(
            later.groupby(about)["month"].agg(first="min", last="max").reset_index(), on=about
        )
        inside = (left["month"] >= spans["first"]) & (left["month"] <= spans["last"])
        gone = elsewhere | inside.to_numpy() | _apart(left, earlier, spans)
    return left["_at"].to_numpy()[gone]


def _renamed(
    left: pd.DataFrame, added: pd.DataFrame, key: list[str], value: str, known: bool
) -> np.ndarray:
    """Mark teams whose figures stand under one other name now, more than by chance."""
    same = [name for name in key if name != "team"]
    pairs = _pairs(left, added, same, "team", value)
    result = np.zeros(len(left), bool)
    for (before, now), found in pairs.groupby(["team", "team_now"], sort=False):
        alike = SequenceMatcher(None, str(before).lower(), str(now).lower()).ratio() >= ALIKE
        enough = found["_row"].nunique() >= ALMOST * (left["team"] == before).sum()
        if enough and (known or alike or _different(found[value]) >= TELLING):
            result[found["_row"].to_numpy()] = True
    return result


def _moved(left: pd.DataFrame, added: pd.DataFrame, key: list[str], value: str) -> np.ndarray:
    """Mark figures that all stand at one distance in time now, in series that vary."""
    same = [name for name in key if name != "month"]
    pairs = _pairs(left, added, same, "month", value)
    result = np.zeros(len(left), bool)
    if pairs.empty:
        return result
    for _, found in pairs.groupby(_number(pairs["month_now"]) - _number(pairs["month"])):
        varied = found.groupby(same)[value].agg(_different).max()
        if found["_row"].nunique() >= ALMOST * len(left) and varied >= TELLING:
            result[found["_row"].to_numpy()] = True
    return result


def _pairs(
    left: pd.DataFrame, added: pd.DataFrame, same: list[str], other: str, value: str
) -> pd.DataFrame:
    """Join rows whose figure and all but one column agree."""
    both = left.assign(_row=np.arange(len(left))).merge(
        added[[*same, other, value]], on=same, suffixes=("", "_now")
    )
    return both[np.isclose(both[value], both[f"{value}_now"])]


def _different(figures: pd.Series) -> int:
    return int(figures[figures != 0].round(9).nunique())


def _number(months: pd.Series) -> pd.Series:
    return months.dt.year * 12 + months.dt.month


def _apart(left: pd.DataFrame, earlier: pd.DataFrame, spans: pd.DataFrame) -> np.ndarray:
    """Mark rows that a gap divided from the file's months before: no window of months, a slip."""
    months = set(_number(earlier["month"]))
    own, first, last = _number(left["month"]), _number(spans["first"]), _number(spans["last"])
    return np.array(
        [
            any(between not in months for between in range(min(m + 1, b + 1), max(m, a)))
            for m, a, b in zip(own, first, last, strict=True)
        ],
        bool,
    )


def without_corrected(
    old: pd.DataFrame, new: pd.DataFrame, frame: str = OBSERVATIONS.name, whole: bool = False
) -> pd.DataFrame:
    """Return the rows kept without those that corrected files took back."""
    gone = [one.gone for one in corrections(new, old, frame, whole)]
    if not gone:
        return old
    kept = np.ones(len(old), bool)
    kept[np.concatenate(gone)] = False
    return old[kept]


def corrected_files(new: pd.DataFrame, old: pd.DataFrame) -> Iterator[Finding]:
    """Say what a corrected file takes back, and what of an earlier one it leaves standing."""
    for one in corrections(new, old):
        for code, severity, rows in (
            ("file_corrected", Severity.WARNING, one.gone),
            ("file_says_less", Severity.INFO, one.left),
        ):
            if not len(rows):
                continue
            told = old.iloc[rows]
            months = told["month"].sort_values()
            facts = {
                "file": one.file,
                "before": one.before,
                "count": len(rows),
                "teams": ", ".join(sorted(told["team"].unique())[:4]),
                "first": f"{months.iloc[0]:%Y-%m}",
                "last": f"{months.iloc[-1]:%Y-%m}",
            }
            yield Finding(code, severity, Place(one.file), one.before, facts, len(rows))
