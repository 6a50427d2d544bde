"""Periods that stand across columns → rows, each value with the column it came from."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.tables.headings import Heading
from ingest.values import dates
from ingest.values.parsed import Hints

FEWEST = 3
MOST_METRICS = 60
PERIODS = {1: "Month", 3: "Quarter", 6: "Half-year", 12: "Year"}
"""Heading of the periods in a long table: only months are read as months."""
_METRIC = re.compile(
    r"^(kpis?|metrics?|measures?|indicators?|figures?|line items?|kennzahl(en)?|messgröße)$", re.I
)
_SUM = re.compile(r"^(grand |row )?(total|sum|ytd|year to date|gesamt|summe|average|avg)\b", re.I)
_AGAIN = re.compile(r" \(\d+\)$")
_QUARTER = re.compile(r"\bQ ?[1-4]\b|\b[1-4]\. ?Quartal\b|\bT[1-4]\b", re.IGNORECASE)
_YEAR = re.compile(r"\b((?:19|20)\d{2})\b")
_PERIOD = re.compile(
    r"^(\d{4}-\d{2}-\d{2}|[^\W\d_]{3,10}\.?[-/. ']*(\d{2}|\d{4})|\d{4}[-/. ][^\W\d_]{3,10}"
    r"|(19|20)\d{2}|\d{4}[-/.M]\d{1,2}|\d{1,2}[-/.]\d{4}"
    r"|(FY)? ?Q[1-4][-/ ']*(FY)? ?\d{2,4}|(FY)? ?\d{2,4}[-/ ]*Q[1-4])$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Wide:
    """Which columns hold a period's values.

    Parameters
    ----------
    period : dict
        Column index → numpy datetime of the period's first day.
    measure : dict
        Column index → measure the column belongs to; empty where the sheet has one measure.
    sums : tuple of int
        Columns that repeat the row's total: left out.
    span : int
        Months each period speaks of: 1, 3, 6 or 12.
    coarser : tuple of int
        Those among ``sums`` that are periods of their own: quarters and years beside months.
    again : dict
        Columns that repeat the period and measure of an earlier one, also among ``sums``.
    """

    period: dict[int, np.datetime64]
    measure: dict[int, str]
    sums: tuple[int, ...]
    coarser: tuple[int, ...] = ()
    span: int = 1
    again: Mapping[int, int] = field(default_factory=dict)


def find_wide(heading: Heading, names: Sequence[str], hints: Sequence[str]) -> Wide | None:
    """Return the wide columns of a heading, None if months do not stand across columns.

    Parameters
    ----------
    heading : Heading
        ``groups`` may hold the periods (measures below them) or the measures (periods below).
    names : sequence of str
        Heading of each column.
    hints : sequence of str
        Lines above and the sheet's name: where bare month names find their year.
    """
    names = [_AGAIN.sub("", name) for name in names]
    spoken = dict(enumerate(names))
    parts = {
        i: (group, names[i].removeprefix(group).strip())
        for i, group in heading.groups.items()
        if i < len(names)
    }
    dated = _dated_groups(parts)
    levels = (
        (dated, dict.fromkeys(dated, "")),
        (
            {i: group for i, (group, _) in parts.items()},
            {i: under for i, (_, under) in parts.items()},
        ),
        (
            {i: under for i, (_, under) in parts.items()},
            {i: group for i, (group, _) in parts.items()},
        ),
        (spoken, dict.fromkeys(spoken, "")),
    )
    read = ((_periods(texts, hints), texts, measures) for texts, measures in levels)
    found = next((one for one in read if len(set(one[0].values())) >= FEWEST), None)
    if found is None:
        return None
    period, texts, measures = found
    coarser = _coarser(texts, period)
    period = {i: p for i, p in period.items() if i not in coarser}
    first: dict[tuple[np.datetime64, str], int] = {}
    again = {}
    for i, p in period.items():
        at = first.setdefault((p, measures[i]), i)
        if at != i:
            again[i] = at
    if 3 * len(again) > len(first):  # no slip: something else stands below each month
        return None
    sums = tuple(i for i, name in spoken.items() if i not in period and _sum(name, parts.get(i)))
    period = {i: p for i, p in period.items() if i not in again}
    measure = {i: measures[i] for i in period}
    span = min(_span(texts[i]) for i in period)
    return Wide(period, measure, (*sums, *coarser, *again), coarser, span, again)


def _dated_groups(parts: dict[int, tuple[str, str]]) -> dict[int, str]:
    """Return month (or quarter) and year of columns whose year stands merged over them."""
    found = {}
    for i, (group, under) in parts.items():
        year = _YEAR.findall(group)
        name = under.strip(". ")
        if len(set(year)) == 1 and (name.lower() in dates.MONTHS or _QUARTER.match(name)):
            found[i] = f"{name} {year[0]}"
    return found


def _coarser(texts: dict[int, str], period: dict[int, np.datetime64]) -> tuple[int, ...]:
    """Return quarters, halves and years that stand beside months; their sum would count twice."""
    spans = {i: _span(texts[i]) for i in period}
    finest = min(spans.values())
    enough = len({p for i, p in period.items() if spans[i] == finest}) >= FEWEST
    return tuple(i for i, span in spans.items() if span > finest) if enough else ()


def _span(text: str) -> int:
    """Return the months a period's name speaks of, roughly: 1, 3, 6 or 12."""
    plain = text.strip()
    if _QUARTER.search(plain):
        return 3
    if re.search(r"\bH[12]\b", plain, re.IGNORECASE):
        return 6
    return 12 if re.fullmatch(r"(FY)?[ ']?(19|20)?\d{2}", plain, re.IGNORECASE) else 1


def _sum(name: str, parts: tuple[str, str] | None) -> bool:
    under = parts[1] if parts else ""
    return bool(_SUM.match(name.strip()) or _SUM.match(under) or _YEAR.fullmatch(under))


def _periods(names: dict[int, str], hints: Sequence[str]) -> dict[int, np.datetime64]:
    bare = {i: n for i, n in names.items() if n.strip(". ").lower() in dates.MONTHS}
    if len(bare) >= FEWEST:
        years = [year for hint in hints for year in _YEAR.findall(hint)]
        if len(set(years)) != 1:
            return {}
        names = {i: f"{name.strip('. ')} {years[0]}" for i, name in bare.items()}
    named = {i: name for i, name in names.items() if _PERIOD.match(name.strip())}
    if not named:
        return {}
    texts = pa.array([name.strip() for name in named.values()], pa.string())
    values = dates.read(texts, np.ones(len(texts), int), Hints()).values.to_numpy(
        zero_copy_only=False
    )
    return {i: v for i, v in zip(named, values, strict=True) if not np.isnat(v)}


def melt(
    data: pa.Table, wide: Wide, names: Sequence[str], positions: Sequence[int], value_name: str
) -> tuple[pa.Table, tuple[str, ...], tuple[int, ...]]:
    """Return long data, its headings and their positions; rows without any value are dropped."""
    kept = [i for i in range(len(names)) if i not in wide.period and i not in wide.sums]
    measures = list(dict.fromkeys(wide.measure.values()))
    parts = []
    for period in sorted(set(wide.period.values())):
        columns = {f"c{n}": data[f"c{i}"] for n, i in enumerate(kept)}
        month = pa.scalar(period.astype("datetime64[us]").item(), pa.timestamp("us"))
        columns[f"c{len(kept)}"] = pa.repeat(month, len(data))
        for n, measure in enumerate(measures, len(kept) + 1):
            at = next(
                (i for i, p in wide.period.items() if p == period and wide.measure[i] == measure),
                None,
            )
            missing = pa.nulls(len(data), pa.string())
            columns[f"c{n}"] = missing if at is None else data[f"c{at}"]
            columns[f"p{n}"] = pa.repeat(pa.scalar(-1 if at is None else positions[at]), len(data))
        columns["row"] = data["row"]
        parts.append(columns)
    joined = {name: _stack_chunks([part[name] for part in parts]) for name in parts[0]}
    long = pa.table(joined)
    filled = None
    for n in range(len(kept) + 1, len(kept) + 1 + len(measures)):
        valid = long[f"c{n}"].is_valid()
        filled = valid if filled is None else pc.or_(filled, valid)
    long = long.filter(filled).sort_by([("row", "ascending"), (f"c{len(kept)}", "ascending")])
    headings = (*(names[i] for i in kept), PERIODS[wide.span], *(m or value_name for m in measures))
    first = min(wide.period, key=lambda i: positions[i])
    at = {m: next(i for i in wide.period if wide.measure[i] == m) for m in measures}
    places = (
        *(positions[i] for i in kept),
        positions[first],
        *(positions[at[m]] for m in measures),
    )
    return long, headings, places


def metrics_to_columns(
    data: pa.Table, names: Sequence[str], positions: Sequence[int]
) -> tuple[pa.Table, tuple[str, ...], tuple[int, ...]] | None:
    """Return one column per metric where the long table names metrics in its only other column.

    ``p3`` and ``r3`` then hold the spreadsheet column and row of each value of ``c3``. None
    where the rows are teams or the like: their heading does not speak of metrics.
    """
    if len(names) != 3 or not _METRIC.match(names[0].strip()) or data["c0"].null_count:
        return None
    metrics = pc.unique(data["c0"]).to_pylist()
    months = pc.unique(data["c1"]).sort()
    if len(metrics) > MOST_METRICS or not pa.types.is_string(data["c0"].type):
        return None
    result = {"c0": months}
    for n, metric in enumerate(metrics, 1):
        part = data.filter(pc.equal(data["c0"], metric))
        if len(pc.unique(part["c1"])) < len(part):
            return None
        at = pc.index_in(months, value_set=part["c1"].combine_chunks())
        result |= {f"c{n}": part["c2"].take(at), f"p{n}": part["p2"].take(at)}
        result[f"r{n}"] = part["row"].take(at)
    rows = pc.min_element_wise(*(result[f"r{n}"] for n in range(1, len(metrics) + 1)))
    places = (positions[1], *(positions[2] for _ in metrics))
    return pa.table({**result, "row": rows}), (names[1], *metrics), places


def _stack_chunks(pieces: list[pa.ChunkedArray | pa.Array]) -> pa.ChunkedArray:
    kinds = {piece.type for piece in pieces if piece.null_count < len(piece)}
    kind = kinds.pop() if len(kinds) == 1 else pa.string()
    chunks = []
    for piece in pieces:
        cast = piece.cast(kind) if piece.null_count < len(piece) else pa.nulls(len(piece), kind)
        chunks += cast.chunks if isinstance(cast, pa.ChunkedArray) else [cast]
    return pa.chunked_array(chunks, kind)
