"""A chain is shown where it is, and not where two series only share a trend or a season."""

import numpy as np
import pandas as pd
import pytest

from metrics.advocacy import advocacy_chain
from metrics.errors import InvalidInput, NotEnoughData

STEPS = ("experience", "advocacy", "growth")


def company(seed, linked, months=60):
    """Trending, seasonal series; where linked, changes follow after two and three months."""
    generator = np.random.default_rng(seed)
    season = 5 * np.sin(2 * np.pi * np.arange(months) / 12)
    first, second, third = generator.normal(0, 1, (3, months))
    if linked:
        second[2:] += 1.5 * first[:-2]
        third[3:] += 1.5 * second[:-3] / 1.8
    columns = [np.cumsum(noise + 0.5) + season for noise in (first, second, third)]
    index = pd.date_range("2021-01-01", periods=months, freq="MS")
    return pd.DataFrame(dict(zip(STEPS, columns, strict=True)), index=index)


def test_true_chain_is_found_with_its_lags():
    found = [advocacy_chain(company(seed, linked=True), STEPS) for seed in range(40)]
    assert np.mean([c.shown for c in found]) > 0.9
    lags = [tuple(link.lag for link in c.links) for c in found if c.shown]
    assert np.mean([lag == (2, 3) for lag in lags]) > 0.95
    assert all(
        c.lag == sum(lag) for c, lag in zip((c for c in found if c.shown), lags, strict=True)
    )


def test_shared_trend_and_season_are_not_a_chain():
    links = [
        link
        for seed in range(150)
        for link in advocacy_chain(company(seed, linked=False), STEPS).links
    ]
    assert np.mean([link.state != "not_shown" for link in links]) < 0.09
    # The same series would fool anybody who correlates levels.
    level = [company(seed, linked=False).corr().loc["experience", "advocacy"] for seed in range(20)]
    assert np.mean(level) > 0.8


def test_refusals():
    good = company(1, linked=False)
    with pytest.raises(NotEnoughData):
        advocacy_chain(good.head(23), STEPS)
    for bad in (good.drop(good.index[5]), good.assign(growth=1.0), good.drop(columns="growth")):
        with pytest.raises(InvalidInput):
            advocacy_chain(bad, STEPS)
