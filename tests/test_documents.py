"""What the documents at the door say is so: their paths exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.places import ROOT

KEPT = (
    "CONTRIBUTING.md",
    "README.md",
    "SECURITY.md",
    "docs/architecture.md",
    "docs/decisions/*.md",
)
INVENTED = {"new_system.py", "new_design.py", "new_page.py", "new_page", "new_page.toml"}
"""Names that stand for what a reader is about to write."""
PATH = re.compile(r"`((?:[\w.-]+/)+(?:[\w-]+\.\w+)?)[^`]*`|\]\((?!http)([^)#]+)\)")


@pytest.mark.parametrize(
    "file", [f for name in KEPT for f in sorted(ROOT.glob(name))], ids=lambda f: f.name
)
def test_every_path_a_document_names_exists(file: Path) -> None:
    for code, link in PATH.findall(file.read_text(encoding="utf-8")):
        if not INVENTED & set(Path(code or link).parts):
            assert (ROOT / code if code else file.parent / link).exists(), code or link
