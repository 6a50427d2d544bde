"""What gates read: recorded frames by name, and the day they are judged from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Inputs:
    """What was recorded, by frame name, and the day it is judged from."""

    frames: Mapping[str, pd.DataFrame]
    as_of: pd.Timestamp

    def __getitem__(self, name: str) -> pd.DataFrame:
        return self.frames[name]

    def __contains__(self, name: str) -> bool:
        return name in self.frames
