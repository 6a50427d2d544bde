"""Frames, documents and profiles as bytes that are the same whenever the content is the same."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as parquet

from metrics.errors import InvalidInput
from metrics.frames import FRAMES
from metrics.model import Profile
from workspaces.faults import StorageFault, note


@dataclass(frozen=True)
class NewUpload:
    """A file as it arrived: its name, its bytes, the kind of export, and a line about it.

    Rows of the frames saved with it name it in their ``upload`` column; with a single upload
    they may leave that blank.
    """

    name: str
    data: bytes
    source: str = ""
    summary: str = ""


class Held(NamedTuple):
    """What holds at a revision: a blob, under a name, from a source (an upload id)."""

    kind: str
    name: str
    source: str
    sha256: str


def digest(data: bytes) -> str:
    """Return the SHA-256 of ``data`` in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def whole(data: bytes, sha256: str) -> bytes:
    """Return bytes that are what their name says.

    Raises
    ------
    StorageFault
        ``disk_damaged``: they are no longer what was written.
    """
    if digest(bytes(data)) != sha256:
        damaged = StorageFault("disk_damaged")
        note(damaged)
        raise damaged
    return bytes(data)


def source_order(source: str) -> tuple[int, ...]:
    """Order of arrival of upload ids such as ``r7.2`` (second file of revision 7)."""
    return tuple(int(number) for number in source[1:].split("."))


def encode_frame(frame: pd.DataFrame) -> bytes:
    """Return ``frame`` as Parquet compressed with Zstandard."""
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    out = io.BytesIO()
    parquet.write_table(table, out, compression="zstd")
    return out.getvalue()


def decode_frame(name: str, pieces: Iterable[bytes]) -> pd.DataFrame:
    """Return the pieces of one frame, one below the other."""
    tables = [parquet.read_table(io.BytesIO(data)) for data in pieces]
    return FRAMES[name].conform(pa.concat_tables(tables).to_pandas())


class StoredFrames(Mapping[str, pd.DataFrame]):
    """The frames of a revision by name, each decoded when it is first asked for.

    A page shows what was computed before and reads few of them.
    """

    def __init__(self, pieces: Mapping[str, Sequence[bytes]]) -> None:
        self._pieces = dict(pieces)
        self._decoded: dict[str, pd.DataFrame] = {}

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in self._decoded:
            self._decoded[name] = decode_frame(name, self._pieces[name])
        return self._decoded[name]

    def __contains__(self, name: object) -> bool:
        return name in self._pieces

    def __iter__(self) -> Iterator[str]:
        return iter(self._pieces)

    def __len__(self) -> int:
        return len(self._pieces)


def encode_document(document: Mapping[str, Any]) -> bytes:
    """Return a document as JSON.

    Raises
    ------
    InvalidInput
        If it holds what JSON cannot (NaN, infinity, objects).
    """
    try:
        return json.dumps(document, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        raise InvalidInput("document_not_storable", why=str(error)) from error


def profile_document(profile: Profile) -> dict[str, Any]:
    """Return a profile as a document."""
    return asdict(profile)


def profile_from(document: Mapping[str, Any]) -> Profile:
    """Return the profile a document holds; JSON has lists where a profile has tuples."""
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in document.items()
    }
    values["teams"] = {team: tuple(names) for team, names in document["teams"].items()}
    values["reorganised"] = tuple(tuple(move) for move in document.get("reorganised", ()))
    return Profile(**values)


def split_by_upload(
    frames: Mapping[str, pd.DataFrame], uploads: Sequence[NewUpload], number: int
) -> list[tuple[str, str, bytes, int]]:
    """Return (frame, upload id, bytes, rows) for each upload's share of each frame.

    Parameters
    ----------
    frames : mapping
        Frame name → rows. Any frame may carry an ``upload`` column with the name of one of
        ``uploads`` or the id of an earlier upload; blank means the only one, or typed in.
    number : int
        Revision being written; its uploads are called ``r<number>.1``, ``r<number>.2`` …

    Raises
    ------
    InvalidInput
        ``unknown_frame``, or ``upload_unclear`` where a row could belong to several uploads.
    """
    identifiers = {upload.name: f"r{number}.{i}" for i, upload in enumerate(uploads, 1)}
    if len(identifiers) < len(uploads):
        raise InvalidInput("uploads_share_a_name", names=[upload.name for upload in uploads])
    only = f"r{number}.{len(uploads)}" if len(uploads) < 2 else ""
    result = []
    for name, frame in frames.items():
        if name not in FRAMES:
            raise InvalidInput("unknown_frame", frame=name)
        known = "upload" in FRAMES[name].names
        given = frame["upload"] if "upload" in frame else pd.Series("", index=frame.index)
        owners = given.fillna("").replace(identifiers).replace("", only)
        if (owners == "").any():
            raise InvalidInput("upload_unclear", frame=name, rows=int((owners == "").sum()))
        rows = (
            frame.assign(upload=owners) if known else frame.drop(columns="upload", errors="ignore")
        )
        for owner, share in rows.groupby(owners, sort=True):
            data = encode_frame(FRAMES[name].conform(share))
            result.append((name, str(owner), data, len(share)))
    return result
