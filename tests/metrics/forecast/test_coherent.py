"""Forecasts that agree with each other."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from metrics.errors import InvalidInput
from metrics.forecast.coherent import (
    correlated_order,
    shrunk_correlation,
)


def test_reordering_keeps_every_path_and_gives_the_correlation():
    rng = np.random.default_rng(0)
    paths = [rng.normal(size=(2000, 3)) + i for i in range(2)]
    wanted = np.array([[1.0, 0.7], [0.7, 1.0]])
    found = correlated_order(paths, wanted, seed=1)
    for before, after in zip(paths, found, strict=True):
        np.testing.assert_array_equal(np.sort(before.sum(axis=1)), np.sort(after.sum(axis=1)))
    achieved = spearmanr(found[0].sum(axis=1), found[1].sum(axis=1)).statistic
    assert achieved == pytest.approx(0.68, abs=0.05)


def test_impossible_correlation_is_refused():
    with pytest.raises(InvalidInput):
        correlated_order([np.ones((4, 1))] * 2, np.array([[1.0, 2.0], [2.0, 1.0]]), seed=1)


def test_correlation_is_shrunk_more_on_few_rows():
    rng = np.random.default_rng(2)
    common = rng.normal(size=(400, 1))
    changes = common + 0.5 * rng.normal(size=(400, 3))
    long, short = shrunk_correlation(changes), shrunk_correlation(changes[:8])
    assert long[0, 1] == pytest.approx(0.8, abs=0.05)
    assert np.linalg.eigvalsh(short).min() > 0
    np.testing.assert_array_equal(shrunk_correlation(changes[:3]), np.eye(3))
