"""Forecasts that agree with each other."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from metrics.errors import InvalidInput
from metrics.forecast.coherent import (
    correlated_order,
    ratio_paths,
    reconcile,
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


def test_ratio_of_paths():
    found = ratio_paths(np.array([[6.0, 1.0]]), np.array([[3.0, 0.0]]))
    np.testing.assert_array_equal(found, [[2.0, np.nan]])


def test_reconciliation_splits_the_gap_by_variance():
    """Total 12, parts 5 and 5: the gap of 2 is shared by variance 1 : 1 : 2 (hand computed)."""
    wobble = np.array([-1.0, 1.0])
    paths = {
        "all": (12 + wobble)[:, None],
        "a": (5 + wobble)[:, None],
        "b": (5 + np.sqrt(2) * wobble)[:, None],
    }
    found = reconcile(paths, {"all": ("a", "b")})
    np.testing.assert_allclose(found["all"], found["a"] + found["b"])
    assert found["a"].mean() == pytest.approx(5.5)
    assert found["b"].mean() == pytest.approx(6.0)
    assert found["all"].mean() == pytest.approx(11.5)


def test_reconciliation_leaves_what_adds_up_alone():
    rng = np.random.default_rng(4)
    a, b, c = rng.gamma(2, size=(3, 50, 2))
    paths = {"top": a + b + c, "mid": a + b, "a": a, "b": b, "c": c}
    found = reconcile(paths, {"top": ("mid", "c"), "mid": ("a", "b")})
    for name, path in paths.items():
        np.testing.assert_allclose(found[name], path)


@pytest.mark.parametrize(
    ("parts", "code"),
    [({"a": ("b", "x")}, "unknown_part"), ({"a": ("b",), "b": ("a",)}, "circular_parts")],
)
def test_broken_hierarchies_are_refused(parts, code):
    paths = {name: np.ones((2, 1)) for name in "ab"}
    with pytest.raises(InvalidInput) as caught:
        reconcile(paths, parts)
    assert caught.value.code == code
