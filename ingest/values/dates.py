"""Dates as texts and serial numbers: the order of day and month is one decision per column."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.values.parsed import Hints, Parsed

SERIALS = (20_000.0, 80_000.0)
"""Day counts read as dates: 1954 to 2119 in the 1900 system."""
TWO_DIGIT_PIVOT = 69
"""Two-digit years below it are 2000 and later (POSIX ``strptime``)."""
MONTH_NAMES = {
    # As CLDR 49 writes them in eleven languages (English, German, French, Spanish, Italian,
    # Portuguese, Dutch, Polish, Danish, Swedish, Norwegian), and five spellings of exports.
    1: (
        "jan januar january janvier janv jän jänner ene enero gen "
        "gennaio janeiro januari sty styczeń stycznia"
    ),
    2: (
        "feb februar february février févr fév fev febrero febbraio "
        "fevereiro februari lut lutego luty"
    ),
    3: "mar mär märz mrz march mars marzo março maart mrt marca marts marzec",
    4: "apr april avril avr abr abril aprile kwi kwiecień kwietnia",
    5: "may mai mayo maggio mag maio mei maj maja",
    6: "jun juni june juin junio giugno giu junho cze czerwca czerwiec",
    7: "jul juli july juillet juil julio luglio lug julho lip lipca lipiec",
    8: "aug august août aou ago agosto augustus augusti sie sierpień sierpnia",
    9: "sep sept september septembre septiembre settembre set setembro wrz wrzesień września",
    10: (
        "oct okt oktober october octobre octubre ottobre ott "
        "out outubro paź październik października"
    ),
    11: "nov november novembre noviembre novembro lis listopad listopada",
    12: (
        "dec dez dezember december décembre déc dic diciembre dicembre dezembro "
        "des desember gru grudnia grudzień"
    ),
}
MONTHS = {name: month for month, names in MONTH_NAMES.items() for name in names.split()}
ZONES = {
    "z": 0,
    "utc": 0,
    "gmt": 0,
    "est": -5,
    "edt": -4,
    "cst": -6,
    "cdt": -5,
    "mst": -7,
    "mdt": -6,
    "pst": -8,
    "pdt": -7,
    "cet": 1,
    "cest": 2,
    "mez": 1,
    "mesz": 2,
    "bst": 1,
}
_TIME = (
    r"(?:[ T,]+(?:at |um |à )?(?P<hh>\d{1,2})(?:[:h.](?P<mi>\d{1,2}))?"
    r"(?:[:.](?P<ss>\d{1,2})(?:[.,](?P<ff>\d{1,9}))?)? *(?P<ap>[aApP]\.?[mM]\.?)? *(?:Uhr)?"
    r" *\(?(?P<zone>(?:UTC|GMT)?[+-]\d{2}:?\d{2}|Z|[A-Z]{3,4})?\)?)?$"
)
_DAY_NAME = (
    r"(?i)^(?:mon|tue|tues|wed|thu|thur|thurs|fri|sat|sun|mo|di|mi|do|fr|sa|so)"
    r"(?:day|sday|nesday|rsday|urday|ntag|enstag|ttwoch|nnerstag|eitag|mstag|nntag)?\.?,? +"
)
_MONTH = r"(?P<mon>[\p{L}]{3,12})\.?"
_YEAR = r"(?P<y>\d{4}|\d{2})"
_FULL_YEAR = r"(?P<y>\d{4})"
_CENTURY = r"(?P<y>(?:19|20)\d{2})"
_DAY = r"(?P<d>\d{1,2})(?:st|nd|rd|th)?"
_FISCAL = (  # FY26 P01, Period 3 2026, 2026-P13, Wk 05 2026, 001.2026, 202613
    r"(?i)^(?:(?:FY)? ?'?\d{2,4}[-/. ]*)?"
    r"(?:P|M|W|Wk|Week|KW|Woche|Semaine|Per|Pd|Period|Periode|Période|Período)[-. ]*\d{1,2}"
    r"(?:[-/. ]*(?:FY)? ?'?\d{2,4})?$"
    r"|^0\d\d[-/.](?:19|20)\d{2}$|^(?:19|20)\d{2}[-/.]0\d\d$|^(?:19|20)\d{2}1[3-6]$"
)
_SHAPES = (
    (
        "numeric",
        r"^(?P<a>\d{1,4})(?P<sep>[-/. ]) ?(?P<b>\d{1,2})[-/. ] ?(?P<c>\d{4}|\d{1,2})\.?" + _TIME,
    ),
    ("D Mon Y", rf"^{_DAY}\.?[-/. ]*(?:de )?{_MONTH},?[-/. ']*(?:de )?{_YEAR}{_TIME}"),
    ("Mon D Y", rf"^{_MONTH}[- ]+{_DAY}(?:, *| +|-){_FULL_YEAR}{_TIME}"),
    ("Mon Y", rf"^{_MONTH},?[-/. ']*{_YEAR}$"),
    ("Y-M", rf"^{_CENTURY}[-/.M ]?(?P<m>0[1-9]|1[0-2]|[1-9])$"),
    ("M/Y", rf"^(?P<m>\d{{1,2}})[-/. ]{_FULL_YEAR}$"),
    (
        "YMD",
        rf"^{_CENTURY}(?P<m>\d{{2}})(?P<d>\d{{2}})"
        r"(?:T?(?P<hh>\d{2})(?P<mi>\d{2})(?P<ss>\d{2})?Z?)?$",
    ),
    ("Y Mon", rf"^{_FULL_YEAR}[-/. ]{_MONTH}(?:[-/. ]{_DAY})?$"),
    ("quarter", rf"(?i)^(?P<fy>FY)? ?Q(?P<q>[1-4])[-/ ']*(?P<fy2>FY)?[-/ ']*{_YEAR}$"),
    ("quarter", rf"(?i)^(?P<fy>FY)? ?{_YEAR}[-/ ']*Q(?P<q>[1-4])$"),
    ("week", rf"(?i)^{_FULL_YEAR}[- ]?(?:W|KW) ?(?P<w>\d{{1,2}})$"),
    ("year", rf"(?i)^(?P<fy>FY)[ ']?{_YEAR}$"),
    ("year", rf"^{_CENTURY}$"),
    ("serial", r"^(?P<serial>[2-7]\d{4}(?:\.\d+)?)$"),
)
_FIELDS = ("y", "m", "d", "hh", "mi", "ss", "q", "w", "a", "b", "c")


def parse_iso(texts: pa.Array, hints: Hints) -> Parsed | None:
    """Return ISO dates parsed in one go, or None where some cell needs a closer look."""
    plain = pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)
    try:
        return Parsed(plain.cast(pa.timestamp("us")), pa.nulls(0), "Y-M-D")
    except pa.ArrowInvalid:
        return None


def read(distinct: pa.Array, counts: np.ndarray, hints: Hints) -> Parsed:
    """Return the timestamps of distinct texts; those with a zone are turned into UTC.

    A month, quarter or year is its first day. Fiscal years are named after the calendar year in
    which they end.
    """
    texts = pc.replace_substring_regex(distinct, "[\u00a0\u202f\u2009]", " ")
    texts = pc.replace_substring_regex(texts, _DAY_NAME, "")
    values = np.full(len(texts), np.datetime64("NaT"), "datetime64[us]")
    reasons = np.full(len(texts), "not_a_date", object)
    left = np.flatnonzero(texts.is_valid().to_numpy(zero_copy_only=False))
    found: dict[str, int] = {}
    ambiguous = False
    for shape, pattern in _SHAPES:
        if not len(left):
            break
        parts = pc.extract_regex(texts.take(pa.array(left)), pattern)
        hit = parts.is_valid().to_numpy(zero_copy_only=False)
        if not hit.any():
            continue
        at = left[hit]
        fields = _fields(parts.filter(pa.array(hit)))
        format_, open_ = shape, False
        if shape == "numeric":
            format_, open_ = _order(fields, counts[at], hints)
            reasons[at] = "date_order"
        moments = _moments(fields, hints)
        values[at] = moments
        found[format_] = found.get(format_, 0) + int(counts[at].sum())
        ambiguous |= open_
        left = left[~hit]
    format_ = max(found, key=lambda key: found[key]) if found else ""
    missing = np.isnat(values)
    unread = missing & (reasons == "not_a_date") & texts.is_valid().to_numpy(zero_copy_only=False)
    _fill_reasons(texts, np.flatnonzero(unread), reasons)
    result = pa.array(values, pa.timestamp("us"), mask=missing)
    return Parsed(result, pa.array(reasons, pa.string()), format_, ambiguous)


def from_serials(array: pa.Array, hints: Hints) -> Parsed:
    """Return dates of day counts (1900 or 1904 system), of yyyymmdd, yyyymm or year numbers."""
    number = array.to_numpy(zero_copy_only=False)
    days = serial_to_datetime(number, hints.date_1904)
    inside = (number >= SERIALS[0]) & (number <= SERIALS[1])
    values = np.where(inside, days, np.datetime64("NaT"))
    whole = np.nan_to_num(np.where(inside, 0, number), nan=0.0)
    texts = pa.array([str(int(n)) if n and n == int(n) else None for n in whole], pa.string())
    reasons = pa.repeat(pa.scalar("not_a_date"), len(array))
    if texts.null_count < len(texts):
        coded = texts.dictionary_encode()
        parsed = read(coded.dictionary, np.ones(len(coded.dictionary), int), hints)
        other = parsed.values.take(coded.indices).to_numpy(zero_copy_only=False)
        values = np.where(np.isnat(values), other.astype("datetime64[us]"), values)
    result = pa.array(values.astype("datetime64[us]"), pa.timestamp("us"), mask=np.isnat(values))
    return Parsed(result, reasons, "serial 1904" if hints.date_1904 else "serial 1900")


def serial_to_datetime(number: np.ndarray, date_1904: bool) -> np.ndarray:
    """Return datetime64[us] of spreadsheet day counts, to the millisecond.

    The 1900 system counts a 29 February 1900 that never was (ECMA-376 part 1, 18.17.4.1), so
    counts below 60 are one day later than the later rule gives.
    """
    epoch = np.datetime64("1904-01-01" if date_1904 else "1899-12-30", "us")
    with np.errstate(invalid="ignore"):
        shifted = number + (0 if date_1904 else (number < 60))
        milliseconds = np.rint(np.nan_to_num(shifted) * 86_400_000).astype(np.int64)
    moments = epoch + (milliseconds * 1000).astype("timedelta64[us]")
    moments[~np.isfinite(number)] = np.datetime64("NaT")
    return moments


@dataclass
class _Fields:
    """Parts of the texts of one shape as integer arrays; absent parts are -1."""

    number: dict[str, np.ndarray]
    text: dict[str, list[str | None]]
    length: dict[str, np.ndarray]

    def get(self, name: str, default: int) -> np.ndarray:
        have = self.number[name]
        return np.where(have < 0, default, have)


def _fields(parts: pa.StructArray) -> _Fields:
    names = {field.name for field in parts.type}
    number, length = {}, {}
    for name in _FIELDS:
        if name not in names:
            number[name] = np.full(len(parts), -1)
            length[name] = np.zeros(len(parts), int)
            continue
        part = pc.struct_field(parts, name)
        filled = pc.if_else(pc.equal(part, ""), "-1", pc.fill_null(part, "-1"))
        number[name] = filled.cast(pa.int64()).to_numpy(zero_copy_only=False)
        length[name] = pc.binary_length(filled).to_numpy(zero_copy_only=False)
    wanted = ("mon", "ap", "zone", "fy", "fy2", "serial", "ff", "sep")
    text = {n: pc.struct_field(parts, n).to_pylist() for n in wanted if n in names}
    return _Fields(number, text, length)


def _order(fields: _Fields, counts: np.ndarray, hints: Hints) -> tuple[str, bool]:
    """Decide day, month and year of ``a/b/c`` for the column; fill y, m, d; return the format."""
    a, b, c = (fields.number[name] for name in "abc")
    year_first = (fields.length["a"] >= 3) | (a > 31)
    if hints.order == "Y/M/D" and (fields.length["c"] <= 2).all():
        year_first |= True
    rest = ~year_first
    swapped = year_first & (b > 12) & (c <= 12)
    day_first = counts[rest & (a > 12) & (b <= 12)].sum()
    month_first = counts[rest & (b > 12) & (a <= 12)].sum()
    points = [sep == "." for sep in fields.text["sep"]]
    ambiguous = False
    if day_first or month_first:
        first_is_day = bool(day_first >= month_first)
    elif rest.any() and all(point for point, r in zip(points, rest, strict=True) if r):
        first_is_day = True
    elif hints.order in ("D/M/Y", "M/D/Y"):
        first_is_day = hints.order == "D/M/Y"
    else:
        first_is_day = _likely_day_first(fields, rest)
        ambiguous = bool((rest & (a != b)).any())
    fields.number["y"] = np.where(year_first, a, c)
    fields.length["y"] = np.where(year_first, fields.length["a"], fields.length["c"])
    fields.number["m"] = np.where(
        year_first, np.where(swapped.any(), c, b), b if first_is_day else a
    )
    fields.number["d"] = np.where(
        year_first, np.where(swapped.any(), b, c), a if first_is_day else b
    )
    if year_first.all():
        return ("Y/D/M" if swapped.any() else "Y/M/D"), False
    return ("D/M/Y" if first_is_day else "M/D/Y"), ambiguous


def _likely_day_first(fields: _Fields, rest: np.ndarray) -> bool:
    """The better guess where nothing proves the order; the caller still reports it as open."""
    a, b = fields.number["a"][rest], fields.number["b"][rest]
    if len(np.unique(b)) == 1 and len(np.unique(a)) > 1 and b[0] == 1:
        return False
    return not any(fields.text.get("ap") or ())


def _moments(fields: _Fields, hints: Hints) -> np.ndarray:
    if "serial" in fields.text:
        number = np.array([float(text or "nan") for text in fields.text["serial"]])
        return serial_to_datetime(number, hints.date_1904)
    year = fields.get("y", -1)
    short = fields.length["y"] <= 2
    year = np.where(short, year + np.where(year < TWO_DIGIT_PIVOT, 2000, 1900), year)
    month, day = fields.get("m", 1), fields.get("d", 1)
    if "mon" in fields.text:
        month = np.array([MONTHS.get((name or "").lower(), 0) for name in fields.text["mon"]])
    if (fields.number["q"] > 0).any():
        month = 3 * (fields.number["q"] - 1) + 1
    if "fy" in fields.text:
        year, month = _fiscal(fields, year, month, hints.fiscal_year_start)
    moments = _calendar(year, month, day)
    if (fields.number["w"] > 0).any():
        moments = _iso_week(year, fields.number["w"])
    return moments + _time_of_day(fields)


def _fiscal(
    fields: _Fields, year: np.ndarray, month: np.ndarray, start: int
) -> tuple[np.ndarray, np.ndarray]:
    marks = zip(fields.text["fy"], fields.text.get("fy2", fields.text["fy"]), strict=True)
    fiscal = np.array([bool(one or other) for one, other in marks])
    begins = (year - (1 if start > 1 else 0)) * 12 + (start - 1) + (month - 1)
    shifted = np.where(fiscal, begins, year * 12 + month - 1)
    return shifted // 12, shifted % 12 + 1


def _calendar(year: np.ndarray, month: np.ndarray, day: np.ndarray) -> np.ndarray:
    valid = (month >= 1) & (month <= 12) & (day >= 1) & (year >= 1900) & (year <= 2200)
    months = (np.where(valid, year, 1970) - 1970) * 12 + np.where(valid, month, 1) - 1
    first = months.astype("datetime64[M]")
    moments = first.astype("datetime64[D]") + (np.where(valid, day, 1) - 1)
    valid &= moments.astype("datetime64[M]") == first
    moments = moments.astype("datetime64[us]")
    moments[~valid] = np.datetime64("NaT")
    return moments


def _iso_week(year: np.ndarray, week: np.ndarray) -> np.ndarray:
    """Monday of an ISO 8601 week: week 1 holds 4 January."""
    fourth = _calendar(year, np.ones_like(year), np.full_like(year, 4)).astype("datetime64[D]")
    monday = fourth - (fourth.astype(np.int64) + 3) % 7
    moments = (monday + 7 * (week - 1)).astype("datetime64[us]")
    moments[(week < 1) | (week > 53)] = np.datetime64("NaT")
    return moments


def _time_of_day(fields: _Fields) -> np.ndarray:
    hour, minute, second = (fields.get(name, 0) for name in ("hh", "mi", "ss"))
    if any(fields.text.get("ap") or ()):
        marks = [(mark or "").lower()[:1] for mark in fields.text["ap"]]
        hour = np.where(np.array(marks) == "p", hour % 12 + 12, hour)
        hour = np.where(np.array(marks) == "a", hour % 12, hour)
    valid = (hour < 24) & (minute < 60) & (second < 60)
    micro = ((hour * 60 + minute) * 60 + second) * 1_000_000
    if any(fields.text.get("ff") or ()):
        micro = micro + [int((text or "0").ljust(6, "0")[:6]) for text in fields.text["ff"]]
    if any(fields.text.get("zone") or ()):
        offsets = [_offset(zone) for zone in fields.text["zone"]]
        valid &= np.array([offset is not None for offset in offsets])
        micro = micro - np.array([(offset or 0) * 60_000_000 for offset in offsets])
    result = micro.astype("timedelta64[us]")
    result[~valid] = np.timedelta64("NaT")
    return result


def _offset(zone: str | None) -> int | None:
    """Return minutes ahead of UTC, None for a zone nobody knows."""
    text = (zone or "").lower()
    if not text:
        return 0
    if text in ZONES:
        return ZONES[text] * 60
    digits = text.removeprefix("utc").removeprefix("gmt").replace(":", "")
    if digits[:1] in "+-" and len(digits) == 5:
        minutes = int(digits[1:3]) * 60 + int(digits[3:])
        return -minutes if digits[0] == "-" else minutes
    return None


def _fill_reasons(texts: pa.Array, left: np.ndarray, reasons: np.ndarray) -> None:
    if not len(left):
        return
    rest = texts.take(pa.array(left))
    for pattern, reason in (
        (r"^\d{1,2}:\d{2}(:\d{2})?( *[AaPp][Mm])?$", "time_without_date"),
        (r"^\d{1,2}[-/. ]([\p{L}]{3,9}|\d{1,2})\.?$", "date_without_year"),
        (_FISCAL, "fiscal_period"),
    ):
        hit = pc.match_substring_regex(rest, pattern).to_numpy(zero_copy_only=False)
        reasons[left[hit]] = reason
