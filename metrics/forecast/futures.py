"""Futures of histories as they are known: every reading of the calendar has its share of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy

from metrics.forecast.ensemble import Ensemble, fit
from metrics.forecast.history import Ready
from metrics.forecast.scale import Domain


@dataclass(frozen=True)
class HistoryPredictions:
    """Predictions of many histories; each reading of a history is a row of the ensemble."""

    ready: tuple[Ready, ...]
    ensemble: Ensemble

    def row(self, position: int) -> int:
        """Row of the likeliest reading of a history."""
        return sum(len(one.readings) for one in self.ready[:position])

    def of(
        self, position: int, draws: int, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Point forecast (horizon) and simulated futures (draws × horizon) of one history.

        Futures are shared out over the readings by what speaks for each, and each future draws the
        elasticity anew, so that doubt about the calendar is in every interval.
        """
        row, readings = self.row(position), self.ready[position].readings
        effects = [reading.effect for reading in readings if reading.effect]
        if not effects:
            return self.ensemble.point[row], self.ensemble.paths(row, draws, rng)
        counts = _counts([effect.share for effect in effects], draws)
        streams = rng.spawn(len(counts))
        point, paths = np.zeros(self.ensemble.point.shape[1]), []
        for place, (effect, count, stream) in enumerate(zip(effects, counts, streams, strict=True)):
            x = readings[place].ahead
            point += effect.share * self.ensemble.point[row + place] * np.exp(effect.elasticity * x)
            doubt = (
                scipy.stats.t(effect.months - 2).ppf(stream.uniform(size=count // 2)) * effect.error
            )
            elasticity = effect.elasticity + np.concatenate([doubt, -doubt])
            made = self.ensemble.paths(row + place, count, stream)
            paths.append(made * np.exp(np.outer(elasticity, x)))
        return point, np.concatenate(paths)


def predict_histories(
    ready: Sequence[Ready], horizon: int, season: int, kind: Domain
) -> HistoryPredictions:
    """Fit all readings of histories of one kind and season together."""
    rows = [reading.even for one in ready for reading in one.readings]
    return HistoryPredictions(tuple(ready), fit(rows, horizon, season, kind))


def _counts(shares: Sequence[float], draws: int) -> list[int]:
    """Even numbers of futures by share, `draws` in all."""
    rest = [2 * round(share * draws / 2) for share in shares[1:]]
    return [draws - sum(rest), *rest]
