"""Agreement equals the published examples and its own definition."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.errors import InvalidInput
from metrics.maturity.raters import agree, agreement, intraclass_correlations

KRIPPENDORFF = (
    "* * * * * 3 4 1 2 1 1 3 3 * 3",
    "1 * 2 1 3 3 4 3 * * * * * * *",
    "* * 2 1 3 4 4 * 2 1 1 3 3 * 4",
)
SHROUT_FLEISS = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
)


def long(table):
    rows = [
        (unit, rater, value)
        for unit, row in enumerate(np.asarray(table, float))
        for rater, value in enumerate(row)
    ]
    return pd.DataFrame(rows, columns=["unit", "rater", "value"])


def krippendorff():
    table = [[np.nan if v == "*" else float(v) for v in row.split()] for row in KRIPPENDORFF]
    return np.array(table).T


@pytest.mark.parametrize(
    ("scale", "alpha"), [("nominal", 0.691), ("ordinal", 0.807), ("interval", 0.811)]
)
def test_krippendorff_example(scale, alpha):
    result = agreement(long(krippendorff()), scale)
    assert result.alpha == pytest.approx(alpha, abs=5e-4)
    assert result.low < result.alpha <= result.high
    assert (result.units, result.raters, result.pairable) == (13, 3, 26)


def by_definition(table, scale):
    """Alpha from the coincidence matrix, pair by pair."""
    units = [[v for v in row if not np.isnan(v)] for row in table]
    units = [u for u in units if len(u) > 1]
    pooled = [v for u in units for v in u]
    count = {v: pooled.count(v) for v in pooled}

    def difference(a, b):
        if scale == "nominal":
            return float(a != b)
        if scale == "interval":
            return (a - b) ** 2
        low, high = min(a, b), max(a, b)
        between = sum(n for v, n in count.items() if low <= v <= high)
        return (between - (count[low] + count[high]) / 2) ** 2 if a != b else 0.0

    pairs = [
        (difference(a, b) / (len(u) - 1)) for u in units for a, b in itertools.permutations(u, 2)
    ]
    n = len(pooled)
    expected = sum(difference(a, b) for a, b in itertools.permutations(pooled, 2)) / (n - 1)
    return 1 - sum(pairs) / expected if expected else np.nan


cell = st.one_of(st.none(), st.sampled_from([0.0, 0.25, 0.5, 1.0]))


@given(
    st.lists(st.tuples(cell, cell, cell, cell), min_size=2, max_size=7),
    st.sampled_from(["nominal", "ordinal", "interval"]),
)
@settings(max_examples=60, deadline=None)
def test_alpha_is_its_definition(rows, scale):
    table = np.array([[np.nan if v is None else v for v in row] for row in rows], float)
    result = agree(table, scale, seed=1, draws=0)
    if result.reason:
        assert np.isnan(result.alpha)
    else:
        assert result.alpha == pytest.approx(by_definition(table, scale))


def test_shrout_fleiss_example():
    icc = intraclass_correlations(SHROUT_FLEISS)
    published = (0.17, 0.29, 0.71, 0.44, 0.62, 0.91)
    forms = (icc.icc_1_1, icc.icc_2_1, icc.icc_3_1, icc.icc_1_k, icc.icc_2_k, icc.icc_3_k)
    assert tuple(round(v, 2) for v in forms) == published
    assert agreement(long(SHROUT_FLEISS), "interval").icc_2k == pytest.approx(icc.icc_2_k)


def test_known_reliability_is_recovered():
    rng = np.random.default_rng(7)
    truth = rng.normal(0, 2, (4000, 1))
    table = truth + rng.normal(0, 1, (1, 3)) * 0 + rng.normal(0, 1, (4000, 3))
    icc = intraclass_correlations(table)
    assert icc.icc_2_1 == pytest.approx(0.8, abs=0.02)
    assert icc.icc_2_k == pytest.approx(4 / (4 + 1 / 3), abs=0.02)


@pytest.mark.parametrize(
    ("table", "reason", "icc_reason"),
    [
        ([[1], [2], [3]], "one_rater", "fewer_than_two_units_or_raters"),
        ([[1, 1], [1, 1]], "no_variation", "no_variation"),
        ([[1, np.nan], [np.nan, 2]], "no_unit_rated_twice", "not_fully_crossed"),
        ([[np.nan, np.nan]], "no_value", "fewer_than_two_units_or_raters"),
    ],
)
def test_undefined_says_why(table, reason, icc_reason):
    result = agreement(long(table), "interval")
    assert np.isnan(result.alpha)
    assert np.isnan(result.icc_2k)
    assert (result.reason, result.icc_reason) == (reason, icc_reason)


def test_perfect_agreement_and_text_values():
    frame = long([[1, 1], [2, 2], [3, 3]])
    assert agreement(frame, "ordinal").alpha == 1
    words = frame.assign(value=frame["value"].map({1.0: "a", 2.0: "b", 3.0: "c"}))
    assert agreement(words, "nominal").alpha == 1
    with pytest.raises(InvalidInput, match="value_not_numeric"):
        agreement(words, "ordinal")


@pytest.mark.parametrize(
    ("frame", "scale", "code"),
    [
        (long([[1, 2]]), "ratio", "unknown_scale"),
        (long([[1, 2]]).drop(columns="rater"), "nominal", "column_missing"),
        (pd.concat([long([[1, 2]])] * 2), "nominal", "rater_twice"),
    ],
)
def test_wrong_tables_are_refused(frame, scale, code):
    with pytest.raises(InvalidInput) as caught:
        agreement(frame, scale)
    assert caught.value.code == code


def test_bootstrap_covers_the_alpha_of_the_population():
    """Intervals of 95 % from samples of 40 units hold the large-sample value about as often."""
    rng = np.random.default_rng(5)

    def sample(n):
        truth = rng.integers(1, 6, (n, 1))
        return np.clip(truth + rng.integers(-1, 2, (n, 3)), 1, 5).astype(float)

    target = agree(sample(20000), "ordinal", seed=1, draws=0).alpha
    held = 0
    for seed in range(150):
        result = agree(sample(40), "ordinal", seed=seed, draws=200)
        held += result.low <= target <= result.high
    assert 0.88 <= held / 150 <= 0.99
