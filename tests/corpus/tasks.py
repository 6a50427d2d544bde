"""Readers that misbehave, to be run in the worker."""

from __future__ import annotations

import ctypes
import time
from typing import Any


def crash(*_: Any) -> None:
    ctypes.string_at(0)


def hang(*_: Any) -> None:
    while True:
        time.sleep(0.1)


def eat(*_: Any) -> None:
    bytearray(5_000_000_000)


def stumble(*_: Any) -> None:
    raise KeyError("a fault of ours")
