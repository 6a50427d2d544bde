"""Numbers and money as texts: ``1.234,50 €``, ``(1,234)``, ``12 %``, ``1.2k``, ``500-``."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.values.parsed import Hints, Parsed

SYMBOLS = {
    "€": "EUR",
    "$": "USD",
    "us$": "USD",
    "£": "GBP",
    "¥": "JPY",
    "₹": "INR",
    "r$": "BRL",
    "a$": "AUD",
    "c$": "CAD",
    "zł": "PLN",
    "₽": "RUB",
    "₺": "TRY",
    "₩": "KRW",
    "₪": "ILS",
    "฿": "THB",
    "kč": "CZK",
    "rs": "INR",
    "rs.": "INR",
    "fr.": "CHF",
    "euro": "EUR",
    "euros": "EUR",
}
_ISO = (
    "AED ARS AUD BGN BRL CAD CHF CLP CNY COP CZK DKK EGP EUR GBP HKD HUF IDR ILS INR ISK JPY KES "
    "KRW KWD MAD MXN MYR NGN NOK NZD PEN PHP PKR PLN QAR RON RSD RUB SAR SEK SGD THB TND TRY TWD "
    "UAH USD UYU VND ZAR"
)
ISO = frozenset(_ISO.split())
"""ISO 4217 codes of currencies in everyday use."""
SCALES = {
    "k": 1e3,
    "m": 1e6,
    "mn": 1e6,
    "mio": 1e6,
    "b": 1e9,
    "bn": 1e9,
    "mrd": 1e9,
    "%": 0.01,
    "‰": 0.001,
}
_SPACES = "[\u0020\u00a0\u202f\u2009\u2007'’`]"
_MONEY = r"[\p{Sc}]|[A-Za-z]{1,2}[$]|[A-Za-z]{2,3}\.?|[Ee]uros?|zł|kč|Kč"
_SHAPE = (
    rf"^(?P<open>\()?{_SPACES}*(?P<sign>[+\-−–])?{_SPACES}*(?P<before>{_MONEY})?{_SPACES}*"
    rf"(?P<sign2>[+\-−–])?{_SPACES}*(?P<digits>\d[\d.,]*|[.,]\d+)(?P<exp>[eE][+-]?\d+)?{_SPACES}*"
    rf"(?P<scale>%|‰|[kKmMbB]|[mM]n|[mM]io\.?|[bB]n|[mM]rd\.?)?{_SPACES}*(?P<after>{_MONEY})?"
    rf"{_SPACES}*(?P<trail>[-−])?(?P<close>\))?$"
)
_BETWEEN_DIGITS = rf"(\d){_SPACES}(\d{{3}})"
_THREE_AFTER_POINT = re.compile(r"^[1-9]\d{0,2}\.\d{3}$")


def parse_plain(texts: pa.Array, hints: Hints) -> Parsed | None:
    """Return plain numbers parsed in one go, or None where some cell needs a closer look."""
    if hints.decimal == ",":
        return None
    plain = pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)
    try:
        values = plain.cast(pa.float64())
    except pa.ArrowInvalid:
        return None
    if not pc.all(pc.is_finite(values)).as_py() or _perhaps_thousands(plain):
        return None
    return Parsed(values, pa.nulls(0), "1234.5")


def _perhaps_thousands(texts: pa.Array) -> bool:
    """``1.234`` and nothing but: grouping or three decimals?"""
    first = texts.slice(0, 200).drop_null().to_pylist()
    dotted = [text for text in first if "." in text]
    return bool(dotted) and all(_THREE_AFTER_POINT.match(text) for text in dotted)


def read(distinct: pa.Array, counts: np.ndarray, hints: Hints) -> Parsed:
    """Return the numbers of distinct texts.

    Parameters
    ----------
    distinct : string array
        Null where the text means "no value".
    counts : ndarray
        How often each text occurs: the decimal mark is decided by weight of evidence.
    """
    joined = distinct
    for _ in range(2):  # overlapping groups: 1 234 567
        joined = pc.replace_substring_regex(joined, _BETWEEN_DIGITS, r"\1\2")
    joined = pc.replace_substring_regex(joined, rf"^({_MONEY}) *\(", r"(\1")
    parts = pc.extract_regex(joined, _SHAPE)
    digits = pc.struct_field(parts, "digits")
    mark, ambiguous, format_ = _decimal_mark(digits, counts, hints)
    values = _cast(digits, pc.struct_field(parts, "exp"), mark)
    values = pc.multiply(values, _factor(parts))
    codes, known = _codes(parts)
    finite = pc.fill_null(pc.is_finite(values), True)
    values = pc.if_else(pc.and_(known, finite), values, pa.scalar(None, pa.float64()))
    reasons = pa.repeat(pa.scalar("not_a_number"), len(distinct))
    if mark is not None and len(distinct):
        unread = pc.and_(digits.is_valid(), pc.and_(values.is_null(), finite))
        other = pc.fill_null(unread, False)
        reasons = pc.if_else(pc.and_(other, known), "decimal_mark", reasons)
    return Parsed(values, reasons, format_, ambiguous, codes)


def _decimal_mark(digits: pa.Array, counts: np.ndarray, hints: Hints) -> tuple[str, bool, str]:
    """Return the decimal mark, whether it stays open, and how numbers are written."""

    def weight(pattern: str) -> int:
        hit = pc.fill_null(pc.match_substring_regex(digits, pattern), False)
        return int(counts[hit.to_numpy(zero_copy_only=False)].sum())

    comma = weight(r"\..*,|^[^,]*,(\d{1,2}|\d{4,})$|^[.0]*,\d*$|^[^,]*\.\d{3}\.\d{3}$|^0,|^\d{4,},")
    point = weight(
        r",.*\.|^[^.]*\.(\d{1,2}|\d{4,})$|^[,0]*\.\d*$|^[^.]*,\d{3},\d{3}$|^0\.|^\d{4,}\."
    )
    if comma or point:
        mark = "," if comma > point else "."
        return mark, False, "1.234,5" if mark == "," else "1,234.5"
    open_point = weight(r"^\d{1,3}\.\d{3}$")
    open_comma = weight(r"^\d{1,3},\d{3}$")
    if hints.decimal:
        return hints.decimal, False, "1.234,5" if hints.decimal == "," else "1,234.5"
    long = weight(r"^\d{4,}$")
    if open_point and not long:
        return ".", True, "1234.5"
    return ".", bool(open_comma and long), "1,234.5" if open_comma else "1234.5"


def _cast(digits: pa.Array, exponent: pa.Array, mark: str) -> pa.Array:
    group = "," if mark == "." else "."
    well = rf"^\d*$|^\d{{1,3}}([{group}]\d{{3}})+([{mark}]\d*)?$|^\d*[{mark}]\d*$"
    grouped_indian = rf"^\d{{1,2}}([{group}]\d{{2}})+[{group}]\d{{3}}([{mark}]\d*)?$"
    good = pc.or_(
        pc.match_substring_regex(digits, well), pc.match_substring_regex(digits, grouped_indian)
    )
    plain = pc.replace_substring(pc.replace_substring(digits, group, ""), mark, ".")
    text = pc.binary_join_element_wise(plain, pc.fill_null(exponent, ""), "")
    return pc.if_else(good, text, pa.scalar(None, pa.string())).cast(pa.float64())


def _factor(parts: pa.StructArray) -> pa.Array:
    def filled(name: str) -> pa.Array:
        return pc.fill_null(pc.greater(pc.binary_length(pc.struct_field(parts, name)), 0), False)

    minus = pa.array(["-", "−", "–"])
    signs = [
        pc.fill_null(pc.is_in(pc.struct_field(parts, name), value_set=minus), False)
        for name in ("sign", "sign2", "trail")
    ]
    negative = pc.and_(filled("open"), filled("close"))
    for sign in signs:
        negative = pc.xor(negative, sign)
    scale = pc.utf8_lower(pc.utf8_rtrim(pc.struct_field(parts, "scale"), "."))
    keys = pa.array(list(SCALES))
    at = pc.index_in(scale, value_set=keys)
    factor = pc.fill_null(pa.array(list(SCALES.values())).take(at), 1.0)
    return pc.if_else(negative, pc.negate(factor), factor)


def _codes(parts: pa.StructArray) -> tuple[pa.Array, pa.Array]:
    """Return the ISO code of each text and whether what stands beside the digits is known."""
    codes: list[str | None] = []
    known: list[bool] = []
    pairs = zip(
        pc.struct_field(parts, "before").to_pylist(),
        pc.struct_field(parts, "after").to_pylist(),
        strict=True,
    )
    for before, after in pairs:
        found = [code_of(text) for text in (before, after) if text]
        codes.append(next((code for code in found if code), None))
        known.append(all(found))
    return pa.array(codes, pa.string()), pa.array(known, pa.bool_())


def code_of(text: str) -> str | None:
    """Return the ISO 4217 code meant by a symbol or code, None if it is neither."""
    upper = text.strip().upper()
    return upper if upper in ISO else SYMBOLS.get(text.strip().lower())
