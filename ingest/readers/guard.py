"""What kind of file it is, judged by its bytes, and whether its archive is safe to open."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import IO
from xml.etree.ElementTree import Element, ParseError
from xml.parsers.expat import ExpatError

from defusedxml.ElementTree import fromstring

from ingest.readers.cells import Refused

NOT_TABLES = (
    (b"%PDF", "PDF"),
    (b"\x89PNG", "picture"),
    (b"\xff\xd8\xff", "picture"),
    (b"GIF8", "picture"),
    (b"\x1f\x8b", "gzip archive"),
    (b"7z\xbc\xaf", "7z archive"),
    (b"Rar!", "rar archive"),
    (b"PAR1", "parquet file"),
    (b"\x7fELF", "program"),
    (b"MZ", "program"),
    (b"SQLite format 3", "database"),
    (b"{\\rtf", "rich text document"),
)
DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    NotImplementedError,
    UnicodeDecodeError,
    ParseError,
    ExpatError,
)
"""What reading a damaged archive or its XML may raise."""
UTF_32 = (b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
OPENDOCUMENT = b"application/vnd.oasis.opendocument.spreadsheet"


def kind_of(data: bytes) -> str:
    """Return ``xlsx, xlsb, ods, xls, zip, html, xml`` or ``csv``; the name's ending is ignored.

    Raises
    ------
    Refused
        Empty, encrypted, or a kind that holds no tables.
    """
    nothing = b"\x00 \t\r\n\xef\xbb\xbf\xff\xfe"
    if not data[:4096].strip(nothing) and not data.strip(nothing):
        raise Refused("file_empty")
    if data[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return _kind_of_archive(data)
    if data[:8] == OLE:
        return _kind_of_ole(data)
    for magic, what in NOT_TABLES:
        if data.startswith(magic):
            raise Refused("file_type_unknown", kind=what)
    return _kind_of_text(data)


def _kind_of_archive(data: bytes) -> str:
    names = set(archive(data).namelist())
    if "xl/workbook.bin" in names:
        return "xlsb"
    lower = {name.lower().lstrip("/") for name in names}
    if "xl/workbook.xml" in lower or "[content_types].xml" in lower:
        if any(name.startswith(("word/", "ppt/")) for name in lower):
            raise Refused("file_type_unknown", kind="Word or PowerPoint document")
        return "xlsx"
    if any(name.endswith((".iwa", "Index.zip")) for name in names):
        raise Refused("file_type_unknown", kind="document of Apple Numbers")
    if "content.xml" in names and "mimetype" in names:
        with member(archive(data), "mimetype") as stream:
            mimetype = stream.read(len(OPENDOCUMENT))
        if mimetype != OPENDOCUMENT:
            raise Refused("file_type_unknown", kind="OpenDocument text or slides")
        return "ods"
    return "zip"


def _kind_of_ole(data: bytes) -> str:
    def holds(stream: str) -> bool:
        return stream.encode("utf-16-le") in data

    if holds("EncryptedPackage"):
        raise Refused("file_encrypted")
    if any(holds(name) for name in ("Workbook", "WORKBOOK", "Book", "BOOK")):
        return "xls"
    raise Refused("file_type_unknown", kind="old Office document")


def _kind_of_text(data: bytes) -> str:
    head = data[:4096]
    if head.startswith(UTF_32):
        return "csv"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head.decode("utf-16", "replace").encode()
    head = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if head.startswith(b"<"):
        if b"urn:schemas-microsoft-com:office:spreadsheet" in head and b"<html" not in head:
            return "xml"
        if any(tag in head for tag in (b"<html", b"<table", b"<!doctype html", b"<head", b"<div")):
            return "html"
        if head.startswith(b"<?xml"):
            raise Refused("file_type_unknown", kind="XML of another program")
    if head.startswith(b"mime-version:"):
        return "html"
    if head.startswith((b"{", b"[{")):
        raise Refused("file_type_unknown", kind="JSON")
    zeros = max(head[::2].count(0), head[1::2].count(0)) * 3 > len(head)  # UTF-16, no mark
    controls = sum(byte < 9 for byte in head) * 10 > len(head) or _noise(head)
    if not zeros and controls:
        raise Refused("file_type_unknown", kind="binary file")
    return "csv"


def _noise(head: bytes) -> bool:
    """Are there more control characters than a slip in a text leaves (2 of 100, at least 5)?"""
    noise = sum(0 < byte < 9 or 13 < byte < 26 or 27 < byte < 32 for byte in head)
    return noise > 4 and noise * 50 > len(head)


def archive(data: bytes) -> zipfile.ZipFile:
    """Return the opened archive; Refused if its directory is damaged."""
    try:
        return zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise Refused("file_corrupt", detail=str(error)) from error


def member(opened: zipfile.ZipFile, name: str) -> IO[bytes]:
    """Return a member as a stream; Refused where the directory points nowhere."""
    try:
        return opened.open(name)
    except (ValueError, KeyError) as error:
        raise Refused("file_corrupt", detail=str(error)[:200]) from error


def check_archive(data: bytes, limits: Mapping[str, int]) -> zipfile.ZipFile:
    """Return the archive after judging it from its directory alone, before inflating anything.

    Raises
    ------
    Refused
        Encrypted, too many members, too much when inflated, or names that leave the folder.
    """
    opened = archive(data)
    members = opened.infolist()
    if len(members) > limits["members"]:
        raise Refused("archive_many_files", found=len(members), limit=limits["members"])
    inflated = sum(member.file_size for member in members)
    packed = max(1, min(len(data), sum(member.compress_size for member in members)))
    ratio = inflated / packed
    bomb = inflated > limits["ratio_floor_bytes"] and ratio > limits["ratio"]
    if inflated > limits["inflated_bytes"] or bomb:
        megabytes = inflated // 1_000_000
        raise Refused("archive_bomb", megabytes=megabytes, ratio=round(ratio))
    for member in members:
        if member.flag_bits & 1:
            raise Refused("file_encrypted")
        path = PurePosixPath(member.filename.replace("\\", "/"))
        outside = path.is_absolute() or ".." in path.parts
        if outside or not path.parts or ":" in path.parts[0]:
            raise Refused("archive_path", name=member.filename[:80])
    return opened


def refuse_entities(head: bytes) -> None:
    """Refuse XML that declares entities: no office program writes any, bombs do."""
    plain = head[:100_000].replace(b"\x00", b"")  # UTF-16 of plain letters
    if b"<!DOCTYPE" in plain or b"<!ENTITY" in plain:
        raise Refused("xml_entities")


def encoding_of(head: bytes) -> str:
    """Return how an XML part is written: UTF-8, or UTF-16 as its first bytes tell."""
    if head.startswith((b"\xff\xfe", b"<\x00")):
        return "utf-16-le"
    return "utf-16-be" if head.startswith((b"\xfe\xff", b"\x00<")) else "utf-8"


def parse(xml: bytes) -> Element:
    """Return a small part of a package parsed; never with a document type."""
    refuse_entities(xml)
    return fromstring(xml, forbid_dtd=True)
