"""How a client's read-outs look: name, logo, colours, font, footer, locale, own template."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from metrics.errors import InvalidInput
from metrics.units import LOCALES
from readout.palette import LIGHT

KIND = "brand"
"""Name of the document that keeps it."""
FONT = re.compile(r"\w[\w .,'&+()-]{0,59}")
"""Names of families as they are sold: letters, digits and what stands between them."""
LONGEST_FOOTER = 500
PICTURES = {b"\x89PNG": "png", b"\xff\xd8\xff": "jpeg"}


@dataclass(frozen=True)
class Brand:
    """What a client's settings say about its documents.

    Parameters
    ----------
    accent, ink, quiet : str
        Colours as ``#rrggbb``; ``quiet`` is for what stands beside a figure.
    font : str
        Family named in the deck and the workbook; documents carry a font of their own.
    footer : str
        Stands at the foot of every slide and page.
    logo : bytes
        PNG or JPEG, empty for none.
    template : bytes
        The client's own ``.pptx``, empty for ours.
    locale : str
        One of ``metrics.units.LOCALES``.
    """

    accent: str = LIGHT.accent
    ink: str = LIGHT.ink
    quiet: str = LIGHT.quiet
    font: str = "Calibri"
    footer: str = ""
    logo: bytes = b""
    template: bytes = b""
    locale: str = "en-GB"

    def __post_init__(self) -> None:
        for colour in (self.accent, self.ink, self.quiet):
            if not re.fullmatch("#[0-9A-Fa-f]{6}", colour):
                raise InvalidInput("brand_colour", colour=colour)
        if self.logo and not self.logo.startswith(tuple(PICTURES)):
            raise InvalidInput("brand_logo")
        if self.template and not self.template.startswith(b"PK"):
            raise InvalidInput("brand_template")
        if not FONT.fullmatch(self.font):
            raise InvalidInput("brand_font", font=self.font[:60])
        if len(self.footer) > LONGEST_FOOTER or not self.footer.isprintable():
            raise InvalidInput("brand_footer", limit=LONGEST_FOOTER)
        if self.locale not in LOCALES:
            raise InvalidInput("brand_locale", locale=self.locale, known=list(LOCALES))

    def document(self) -> dict[str, Any]:
        """Return the brand as it is kept."""
        plain = asdict(self)
        return plain | {k: base64.b64encode(plain[k]).decode() for k in ("logo", "template")}


def brand_from(document: Mapping[str, Any] | None) -> Brand:
    """Return the brand a document describes; ours where it says nothing.

    A font or footer that was kept before there were rules for them is brought under these.

    Raises
    ------
    InvalidInput
        A colour, picture or locale that cannot be used.
    """
    known: dict[str, Any] = {
        k: v for k, v in (document or {}).items() if k in Brand.__dataclass_fields__
    }
    try:
        files: dict[str, Any] = {
            k: base64.b64decode(known[k]) for k in ("logo", "template") if k in known
        }
    except binascii.Error as fault:
        raise InvalidInput("brand_logo") from fault
    if not FONT.fullmatch(known.get("font", Brand.font)):
        del known["font"]
    if "footer" in known:
        plain = "".join(c if c.isprintable() else " " for c in known["footer"])
        known["footer"] = plain[:LONGEST_FOOTER]
    return Brand(**known | files)
