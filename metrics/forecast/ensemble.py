"""From histories to simulated futures: every form on every scale, weighted by evidence."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy

from metrics.forecast.components import forms
from metrics.forecast.mixture import Basis, Mixture, predict, weights
from metrics.forecast.scale import BOUNDS, SCALES, Domain, Scale, margin

# Least share of the likeliest form's weight that is still worth drawing from.
_NEGLIGIBLE = 1e-4
# Tails of a surprise: Student t with this freedom. Business series surprise more than a normal.
FREEDOM = 6.0
# Evidence counts to this power: forms are never exactly right (Miller & Dunson 2019).
POWER = 0.7
# Drawing one form for each future (a linear pool) is too wide where the forms differ, averaging the
# forms is too narrow where they are wrong together (Lichtendahl, Grushka-Cockayne & Winkler 2013).
# The shorter the history, the more the forms differ for want of evidence alone: this many cycles
# of the season over those seen is the share of futures that average.
AVERAGED_CYCLES = 1.5
# A season is claimed from one and a half cycles on.
SEASONAL_CYCLES = 1.5


@dataclass(frozen=True)
class Ensemble:
    """Predictions of many histories of one kind, on all its scales."""

    kind: Domain
    basis: Basis
    lengths: np.ndarray
    margins: np.ndarray
    scales: tuple[Scale, ...]
    mixtures: tuple[Mixture, ...]

    @cached_property
    def weight(self) -> np.ndarray:
        """Posterior weights, series × (scales · forms)."""
        prior = np.log([form.prior for form in self.basis.forms])
        return weights(self._evidence(prior))

    def _evidence(self, log_prior: np.ndarray) -> np.ndarray:
        return np.concatenate(
            [
                POWER * mixture.evidence + np.log(scale.prior) + log_prior
                for scale, mixture in zip(self.scales, self.mixtures, strict=True)
            ],
            axis=1,
        )

    @cached_property
    def point(self) -> np.ndarray:
        """Point forecast, series × horizon: mean of the forms' medians, weighted with caution.

        Caution is little weight on slopes that wander fast.
        """
        low, high = BOUNDS[self.kind]
        middles = [
            np.clip(scale.inverse(mixture.middle, self.margins[:, :, None]), low, high)
            for scale, mixture in zip(self.scales, self.mixtures, strict=True)
        ]
        prior = np.log([form.point_prior for form in self.basis.forms])
        weight = weights(self._evidence(prior))
        return np.einsum("sg,sgh->sh", weight, np.concatenate(middles, axis=1))

    def paths(self, row: int, draws: int, rng: np.random.Generator) -> np.ndarray:
        """Simulated futures of one series, draws × horizon, the second half mirroring the first.

        Some follow one form each, drawn by its weight; the others are what all forms together make
        of the same surprises (``AVERAGED_CYCLES``). A longer horizon prolongs the same futures:
        forms and sizes of the surprises are drawn first, then the surprises step by step.
        """
        half, horizon = draws // 2, self.mixtures[0].middle.shape[2]
        weight = self.weight[row]
        ladder = np.cumsum(np.where(weight > _NEGLIGIBLE * weight.max(), weight, 0.0))
        chosen = np.searchsorted(ladder / ladder[-1], _stratified_uniforms(rng, half))
        size = _stratified_uniforms(rng, half)
        together = (
            _stratified_uniforms(rng, half)
            < AVERAGED_CYCLES * self.basis.season / self.lengths[row]
        )
        shocks = rng.standard_normal((horizon, half)).T
        out = np.empty((2, half, horizon))
        out[:, together] = self._averaged(row, size[together], shocks[together])
        alone = np.flatnonzero(~together)
        count = len(self.basis.forms)
        for position in range(len(self.scales)):
            pair = alone[chosen[alone] // count == position]
            form = chosen[pair] % count
            moves = np.einsum("dhk,dk->dh", self._future(row)[form], shocks[pair])
            moves *= self.mixtures[position].spread[row, form][:, None]
            middle = self.mixtures[position].middle[row, form]
            out[:, pair] = self._mirrored(row, position, middle, moves, size[pair])
        return out.reshape(draws, horizon)

    def _future(self, row: int) -> np.ndarray:
        """Cholesky factors of the months to come, forms × horizon × horizon."""
        n, horizon = self.lengths[row], self.mixtures[0].middle.shape[2]
        return self.basis.factor[:, n : n + horizon, n : n + horizon]

    def _averaged(self, row: int, size: np.ndarray, shocks: np.ndarray) -> np.ndarray:
        """Futures in which every form has its say, 2 × draws × horizon."""
        total, weight = np.zeros((2, *shocks.shape)), self.weight[row].reshape(len(self.scales), -1)
        for position, mixture in enumerate(self.mixtures):
            share = weight[position].sum()
            if share <= _NEGLIGIBLE:
                continue
            part = weight[position] / share
            middle = part @ mixture.middle[row]
            spread = np.tensordot(part * mixture.spread[row], self._future(row), 1)
            total += share * self._mirrored(row, position, middle, shocks @ spread.T, size)
        return total

    def _mirrored(
        self, row: int, position: int, middle: np.ndarray, moves: np.ndarray, size: np.ndarray
    ) -> np.ndarray:
        """Values of both signs of the moves, fattened to what few surprises can tell."""
        mixture, scale = self.mixtures[position], self.scales[position]
        freedom = min(mixture.freedom[row], FREEDOM)
        fat = (freedom - 2) / scipy.special.chdtri(freedom, size)
        stretched = moves * np.sqrt(fat * _inflation(mixture.freedom[row]))[:, None]
        both = np.stack([middle + stretched, middle - stretched])
        return np.clip(scale.inverse(both, self.margins[row]), *BOUNDS[self.kind])


def fit(histories: list[np.ndarray], horizon: int, season: int, kind: Domain) -> Ensemble:
    """Weigh all forms on all scales of a kind.

    Parameters
    ----------
    histories : list of numpy.ndarray
        Values at consecutive steps, without NaN, none constant; lengths may differ.
    horizon, season : int
        Steps ahead, steps per season cycle (1: none).
    kind : Domain
        What the values can be.
    """
    lengths = np.array([len(history) for history in histories])
    # The last value repeated beyond a row's end keeps the scales finite; it is never read.
    values = np.array([np.pad(h, (0, lengths.max() - len(h)), "edge") for h in histories])
    seasonal = season > 1 and lengths.max() >= SEASONAL_CYCLES * season
    basis = Basis(forms(seasonal), int(lengths.max()) + horizon, season)
    without = lengths < SEASONAL_CYCLES * season
    has_season = np.array([form.season > 0 for form in basis.forms])
    margins = margin(values, kind)
    mixtures = []
    for scale in SCALES[kind]:
        mixture = predict(scale.forward(values, margins), lengths, horizon, basis)
        jacobian = np.cumsum(scale.log_jacobian(values, margins)[:, 1:], axis=1)
        mixture.evidence[:] += jacobian[np.arange(len(values)), lengths - 2][:, None]
        mixture.evidence[np.ix_(without, has_season)] = -np.inf
        mixtures.append(mixture)
    return Ensemble(kind, basis, lengths, margins, SCALES[kind], tuple(mixtures))


def _inflation(freedom: int) -> float:
    """Variance of a Student t: doubt about the size of a surprise estimated from few of them."""
    return freedom / (freedom - 2)


def _stratified_uniforms(rng: np.random.Generator, count: int) -> np.ndarray:
    """Uniform numbers in (0, 1), one from each of `count` equal strata, in random order."""
    return (rng.permutation(count) + rng.uniform(1e-9, 1 - 1e-9, count)) / count
