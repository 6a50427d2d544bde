"""Files that do nothing but hold what they say: text stays text, and names are only names.

A spreadsheet runs text that begins like a formula. In xlsx a cell says that it is text; csv cannot,
so there an apostrophe stands before it (OWASP, "CSV injection").
"""

from __future__ import annotations

import io
import re
from typing import Any

import pandas as pd

BEGINNINGS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")
"""What spreadsheets take for the beginning of a formula, in full-width letters too."""
XLSX: dict[str, Any] = {"strings_to_formulas": False, "strings_to_urls": False}
"""Options for XlsxWriter under which text stays text and nothing links outward."""
LONGEST_NAME = 120
_UNSAFE = re.compile(r'[\x00-\x1f\x7f-\x9f<>:"/\\|?*\u200b-\u200f\u202a-\u202e\u2066-\u2069]+')
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|(com|lpt)\d)(\..*)?")


def text(value: Any) -> Any:
    """Return a value for csv: text that could be a formula behind an apostrophe, all else as is."""
    risky = isinstance(value, str) and value.lstrip(" \u00a0\ufeff").startswith(BEGINNINGS)
    return f"'{value}" if risky else value


def csv(frame: pd.DataFrame) -> bytes:
    """Return csv in which no text, headings included, can become a formula."""
    guarded = frame.rename(columns=text).copy()
    for place in range(frame.shape[1]):
        column = frame.iloc[:, place]
        if not pd.api.types.is_numeric_dtype(column.dtype) and column.dtype.kind not in "mM":
            guarded.isetitem(place, [text(v) for v in column])
    # With this line end a lone carriage return is quoted too; unquoted it would begin a new row.
    return guarded.to_csv(index=False, lineterminator="\r\n").encode("utf-8-sig")


def workbook(frame: pd.DataFrame) -> bytes:
    """Return an xlsx file in which text stays text."""
    out = io.BytesIO()
    with pd.ExcelWriter(out, engine="xlsxwriter", engine_kwargs={"options": XLSX}) as writer:
        frame.to_excel(writer, index=False, sheet_name="Attune", freeze_panes=(1, 0))
        writer.sheets["Attune"].autofit()
    return out.getvalue()


def file_name(name: str) -> str:
    """Return a file name without folders, control characters or what a system keeps for itself."""
    stem, dot, ending = name.strip().rpartition(".")
    stem, ending = (stem, re.sub(r"[^A-Za-z0-9-]", "", ending)[:15]) if dot else (ending, "")
    plain = re.sub(r"\s+", " ", _UNSAFE.sub(" ", stem)).strip(" .~-")[:LONGEST_NAME].strip(" .")
    plain = f"_{plain}" if _RESERVED.fullmatch(plain) else plain or "file"
    return f"{plain}.{ending}" if ending else plain
