"""The whole corpus; ``python -m tests.corpus.build FOLDER`` writes it to look at."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.corpus import cells, hostile, layouts

CASES = (*layouts.CASES, *cells.CASES, *hostile.CASES)


def main(folder: str) -> None:
    """Write every file of the corpus into ``folder``."""
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    for case in CASES:
        (target / Path(case.name).name).write_bytes(case.make())


if __name__ == "__main__":
    main(sys.argv[1])
