"""Where things are that tests read."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "sample_data"
DATA = Path(os.environ.get("ATTUNE_DATA", ROOT.parent / "shared" / "data"))
"""Public data sets, which are not part of the tree: tests of them skip where they are absent."""
STRANGERS = Path(os.environ.get("ATTUNE_STRANGERS", DATA.parent / "strangers"))
"""Inputs with their right answers beside them; absent likewise."""
