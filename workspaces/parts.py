"""Parts of a report as bytes and back: frames as Parquet, the rest as JSON, in one archive.

No pickle: a restored backup may come from somebody else and must not be able to run code.
"""

from __future__ import annotations

import dataclasses
import io
import json
import zipfile
from typing import Any

import pandas as pd


def freeze(part: Any) -> bytes:
    """Return a flat dataclass of frames and JSON-able values as bytes, the same each time."""
    plain: dict[str, Any] = {}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for field in dataclasses.fields(part):
            value = getattr(part, field.name)
            if isinstance(value, pd.DataFrame):
                archive.writestr(_entry(f"{field.name}.parquet"), value.to_parquet(index=False))
            else:
                plain[field.name] = value
        archive.writestr(_entry("plain.json"), json.dumps(plain, sort_keys=True))
    return out.getvalue()


def thaw(kind: type, data: bytes) -> Any:
    """Return the part of type ``kind`` that ``freeze`` wrote."""
    values: dict[str, Any] = {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        values |= json.loads(archive.read("plain.json"))
        for name in archive.namelist():
            if name.endswith(".parquet"):
                frame = pd.read_parquet(io.BytesIO(archive.read(name)))
                values[name.removesuffix(".parquet")] = frame
    return kind(**values)


def _entry(name: str) -> zipfile.ZipInfo:
    # A fixed date keeps the bytes equal for equal content.
    return zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
