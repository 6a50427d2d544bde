"""Tables of the noise against the covariance written out and inverted."""

import numpy as np
import pytest

from metrics.portfolio import noise as noises


def test_precision_is_the_inverse_of_the_covariance_of_the_months_seen():
    seen = np.ones((12, 2), dtype=bool)
    seen[[3, 4, 9], 0] = False
    found = noises.tabulate(seen)
    lags = np.abs(np.subtract.outer(np.arange(12), np.arange(12)))
    for at in (0, 8, 19):
        rho = noises.GRID[at]
        covariance = rho**lags / (1 - rho**2)
        for team in range(2):
            places = np.flatnonzero(seen[:, team])
            wanted = np.zeros((12, 12))
            wanted[np.ix_(places, places)] = np.linalg.inv(covariance[np.ix_(places, places)])
            assert found.precision[at, team] == pytest.approx(wanted, abs=1e-8)
            steps = np.tril(np.ones((12, 12)))
            assert found.steps[at, team] == pytest.approx(wanted @ steps, abs=1e-8)
            squares = np.diag(steps.T @ wanted @ steps)
            assert found.squares[at, team] == pytest.approx(squares, abs=1e-8)


def test_draws_of_the_noise_centre_on_what_made_it():
    rng = np.random.default_rng(7)
    months, rho, deviation = 600, 0.6, 0.03
    series = np.zeros((months, 1))
    for month in range(1, months):
        series[month] = rho * series[month - 1] + deviation * rng.standard_normal()
    seen = np.ones((months, 1), dtype=bool)
    seen[100:104] = False
    tables = noises.tabulate(seen)
    left = np.where(seen, series, 0.0)[None].repeat(400, axis=0)
    at, variance = noises.draw(tables, left, seen, rng)
    assert noises.GRID[at].mean() == pytest.approx(rho, abs=0.08)
    assert np.sqrt(variance).mean() == pytest.approx(deviation, rel=0.08)
