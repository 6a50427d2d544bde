"""A fixed amount of work, so that seconds measured on different machines can be compared."""

from __future__ import annotations

import time

import numpy as np

REPEATS = 3


def reference_seconds() -> float:
    """Seconds this machine needs now for a fixed mix of numpy and plain Python, best of three."""
    return min(_once() for _ in range(REPEATS))


def _once() -> float:
    begin = time.perf_counter()
    matrix = np.random.default_rng(1).standard_normal((300, 300))
    for _ in range(20):
        matrix = np.tanh(matrix @ matrix.T / 300)
    total = 0
    for number in range(1_000_000):
        total += number % 7
    return time.perf_counter() - begin
