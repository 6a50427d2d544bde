"""Files a client's documents are made with: opened in the worker before they are ever used.

A template may carry macros, embedded programs, links that fetch, or more than memory holds; a
logo may be no picture at all. Whoever opens our deck trusts us, not the template.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from zipfile import ZipFile

from ingest.limits import DEFAULTS, of_file
from ingest.readers import guard, worker
from ingest.readers.cells import Refused
from metrics.errors import InvalidInput
from readout.brand import Brand

LARGEST_LOGO, LARGEST_TEMPLATE = 5_000_000, 30_000_000
MOST_POINTS = 16_000_000
MOST_INFLATED = 150_000_000
_RUNS = re.compile(
    r"vbaproject|vbadata|activex|oleobject|/embeddings/|/externallinks/|customui|\.exe$"
    r"|^(?!/ppt/printersettings/printersettings\d+\.bin$).*\.bin$"
)
"""Parts that run, or hold what another program opens."""
_PROGRAMS = (b"macroEnabled", b"vnd.ms-office.activeX", b"oleObject", b"vbaProject")


def check_files(chosen: Brand) -> None:
    """Open logo and template in the worker.

    Raises
    ------
    InvalidInput
        ``brand_logo`` or ``brand_template``.
    """
    if chosen.logo and not _passes("check_logo", chosen.logo):
        raise InvalidInput("brand_logo")
    if chosen.template and not _passes("check_template", chosen.template):
        raise InvalidInput("brand_template")


def without_unsafe(kept: Brand) -> Brand:
    """Return the brand without a logo or template that was kept and would not pass now."""
    logo = kept.logo if kept.logo and _passes("check_logo", kept.logo) else b""
    template = kept.template if kept.template and _passes("check_template", kept.template) else b""
    return replace(kept, logo=logo, template=template)


def _passes(task: str, data: bytes) -> bool:
    held = _Held(data)
    return _asked(task, hashlib.sha256(data).hexdigest(), held)


class _Held:
    """Bytes that do not count for the cache: their checksum does."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held)

    def __hash__(self) -> int:
        return 0


@lru_cache(maxsize=64)
def _asked(task: str, _sha256: str, held: _Held) -> bool:
    data, held.data = held.data, b""  # the cache keeps no file
    try:
        worker.run(f"loop.branding:{task}", data, task, of_file(DEFAULTS, len(data)))
    except Refused as refusal:
        if refusal.code == "reader_busy":
            raise
        return False
    return True


def check_logo(data: bytes, name: str, limits: Mapping[str, int]) -> None:
    """Refuse what is no picture; called in the worker only."""
    from PIL import Image

    if len(data) > LARGEST_LOGO:
        raise Refused("brand_logo")
    Image.MAX_IMAGE_PIXELS = MOST_POINTS
    with Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as picture:
        if picture.width * picture.height > MOST_POINTS:
            raise Refused("brand_logo")
        picture.load()


def check_template(data: bytes, name: str, limits: Mapping[str, int]) -> None:
    """Refuse what does more than look like something; called in the worker only."""
    from pptx import Presentation

    if len(data) > LARGEST_TEMPLATE:
        raise Refused("brand_template")
    package = guard.check_archive(data, {**limits, "inflated_bytes": MOST_INFLATED})
    for part in package.namelist():
        lower = part.lower().replace("\\", "/")
        if _RUNS.search("/" + lower):
            raise Refused("brand_template")
        if lower.endswith((".xml", ".rels", ".vml")):
            _check_part(package, part)
    deck = Presentation(io.BytesIO(data))
    if not len(deck.slide_layouts):
        raise Refused("brand_template")


def _check_part(package: ZipFile, part: str) -> None:
    with guard.member(package, part) as stream:
        content = stream.read()
    guard.refuse_entities(content)
    if part.lower() == "[content_types].xml" and any(word in content for word in _PROGRAMS):
        raise Refused("brand_template")
    if part.lower().endswith(".rels"):
        for one in guard.parse(content):
            if one.get("TargetMode", "").lower() == "external" or "://" in one.get("Target", ""):
                raise Refused("brand_template")
    elif re.search(rb"<p:oleObj|<p:control\b|ppaction://(program|macro)", content):
        raise Refused("brand_template")
