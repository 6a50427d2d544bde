r"""What the true practice may be, given several raters and the evidence behind their answers.

The generating model (a many-facet rating model after Linacre 1989, on the scale of the answers)::

    practice of a question     theta = clip(t, 0, 1),  t ~ N(step + function + dimension, omega^2)
    what a rater perceives     x = t + severity + noise
    severity of a rater        ~ N(0, sigma_b^2), the same in all answers of that rater
    noise of an answer         ~ N(0, sigma_k^2), k the kind of evidence behind it
    the answer                 the option nearest to x

All variances carry inverse-gamma priors: with few raters their posterior is wide, which gives the
heavy tails of a t-interval, and all functions of a wave are pooled to estimate them. The evidence
noise of the model is the prior of ``sigma_k``. Posterior by Gibbs sampling (Albert and Chib 1993
for the perceptions; the practice on a grid, so that several draws per sweep are exact). A severity
shared by all raters cannot be seen in answers; only data can contradict it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy

GRID_STEP = 0.05
FINE = 4  # fine steps per grid step: resolution of the severity in the likelihood table
GRID = np.arange(-0.6, 1.6 + 1e-9, GRID_STEP)
SEVERITY_LIMIT = 0.6
_MARGIN = round(SEVERITY_LIMIT / GRID_STEP) * FINE
_FINE_GRID = GRID[0] + (np.arange((len(GRID) - 1) * FINE + 1 + 2 * _MARGIN) - _MARGIN) * (
    GRID_STEP / FINE
)
DRAWS_PER_SWEEP = 10
BURN_IN = 40
# (degrees of freedom, standard deviation): weak centres, overruled by a wave of ordinary size.
SEVERITY_PRIOR = (3.0, 0.12)
NOISE_FREEDOM = 6.0
CELL_PRIOR = (3.0, 0.25)
GROUP_PRIOR = (3.0, 0.20)
STEP_MEAN, STEP_VARIANCE = 0.5, 0.25


@dataclass(frozen=True)
class Ratings:
    """Answers and the cells they speak of, as integer codes.

    ``cell``, ``rater``, ``kind``: one code per answer. ``lower``, ``upper``: the range of
    perception that leads to the answer. ``step``, ``function``, ``group``: one code per cell
    (``group`` is function and dimension). ``noise``: prior standard deviation by kind.
    """

    cell: np.ndarray
    rater: np.ndarray
    kind: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    step: np.ndarray
    function: np.ndarray
    group: np.ndarray
    noise: np.ndarray


def simulate(ratings: Ratings, *, draws: int, seed: int) -> np.ndarray:
    """Draw the true practice of every cell from its posterior.

    Parameters
    ----------
    ratings : Ratings
    draws : int
        Number of draws (> 0).
    seed : int

    Returns
    -------
    ndarray, shape (draws, cells)
        Practice in [0, 1]. A cell without answers is drawn from what its neighbours suggest.
    """
    sampler = _Sampler(ratings, np.random.default_rng(seed))
    for _ in range(BURN_IN):
        sampler.sweep(1)
    sweeps = -(-draws // DRAWS_PER_SWEEP)
    kept = [sampler.sweep(DRAWS_PER_SWEEP) for _ in range(sweeps)]
    return np.clip(np.concatenate(kept)[:draws], 0.0, 1.0)


class _Sampler:
    """State of the chain: practice ``t``, severities, means and variances."""

    def __init__(self, ratings: Ratings, rng: np.random.Generator) -> None:
        order = np.argsort(ratings.cell, kind="stable")
        self.rng, self.data = rng, ratings
        self.cell, self.rater = ratings.cell[order], ratings.rater[order]
        self.kind = ratings.kind[order]
        self.lower, self.upper = ratings.lower[order], ratings.upper[order]
        self.answered, self.starts = np.unique(self.cell, return_index=True)
        cases, self.case = np.unique(
            np.column_stack([self.kind, self.lower, self.upper]), axis=0, return_inverse=True
        )
        self.case = self.case.ravel()
        self.case_kind = cases[:, 0].astype(int)
        self.case_bounds = cases[:, 1:]
        self.columns = np.arange(len(GRID)) * FINE
        self.severity = np.zeros(int(self.rater.max()) + 1)
        self.mean = np.full(len(ratings.step), STEP_MEAN)
        self.steps = np.full(int(ratings.step.max()) + 1, STEP_MEAN)
        self.groups = np.zeros(int(ratings.group.max()) + 1)
        self.functions = np.zeros(int(ratings.function.max()) + 1)
        self.group_function = np.zeros(len(self.groups), int)
        self.group_function[ratings.group] = ratings.function
        self.noise2 = ratings.noise**2
        self.severity2 = SEVERITY_PRIOR[1] ** 2
        self.cell2 = CELL_PRIOR[1] ** 2
        self.group2 = self.function2 = GROUP_PRIOR[1] ** 2
        self._connect()

    def _connect(self) -> None:
        """Find the functions and raters that can only be shifted together."""
        functions, raters = len(self.functions), len(self.severity)
        rated = self.data.function[self.cell]
        edges = scipy.sparse.coo_array(
            (np.ones(len(rated)), (rated, self.rater + functions)),
            shape=(functions + raters,) * 2,
        )
        self.parts, part = scipy.sparse.csgraph.connected_components(edges, directed=False)
        self.function_part, self.rater_part = part[:functions], part[functions:]

    def sweep(self, draws: int) -> np.ndarray:
        """Update everything once; return ``draws`` exact draws of ``t`` given the rest."""
        practice = self._practice(draws)
        self.practice = practice[-1].copy()
        self._severities(self._perceptions())
        self._shift()
        self._shift_company()
        self._means()
        return practice

    def _practice(self, draws: int) -> np.ndarray:
        """Draw ``t`` of each cell from its grid posterior, perceptions integrated out."""
        scale = np.sqrt(self.noise2)[self.case_kind][:, None]
        low, high = self.case_bounds[:, :1], self.case_bounds[:, 1:]
        table = np.log(
            scipy.special.ndtr((high - _FINE_GRID) / scale)
            - scipy.special.ndtr((low - _FINE_GRID) / scale)
            + 1e-9
        ).astype(np.float32)
        offset = np.rint(self.severity / (GRID_STEP / FINE)).astype(np.int64) + _MARGIN
        base = self.case * table.shape[1] + offset[self.rater]
        likelihood = table.ravel().take(base[:, None] + self.columns)
        log = -0.5 * (GRID - self.mean[:, None]) ** 2 / self.cell2
        log[self.answered] += np.add.reduceat(likelihood, self.starts, axis=0)
        weight = np.exp(log - log.max(axis=1, keepdims=True))
        cumulative = np.cumsum(weight, axis=1)
        uniform = self.rng.random((draws, len(weight), 1)) * cumulative[:, -1:]
        index = (uniform > cumulative).sum(axis=2)
        jitter = (self.rng.random(index.shape) - 0.5) * GRID_STEP
        return GRID[np.minimum(index, len(GRID) - 1)] + jitter

    def _perceptions(self) -> np.ndarray:
        centre = self.practice[self.cell] + self.severity[self.rater]
        scale = np.sqrt(self.noise2)[self.kind]
        low, high = (
            scipy.special.ndtr((self.lower - centre) / scale),
            scipy.special.ndtr((self.upper - centre) / scale),
        )
        uniform = np.clip(low + self.rng.random(len(low)) * (high - low), 1e-10, 1 - 1e-10)
        return np.clip(centre + scale * scipy.special.ndtri(uniform), self.lower, self.upper)

    def _severities(self, perceived: np.ndarray) -> None:
        rng, gap = self.rng, perceived - self.practice[self.cell]
        weight = 1 / self.noise2[self.kind]
        precision = np.bincount(self.rater, weight, len(self.severity)) + 1 / self.severity2
        centre = np.bincount(self.rater, weight * gap, len(self.severity)) / precision
        severity = centre + rng.standard_normal(len(centre)) / np.sqrt(precision)
        self.severity = np.clip(severity, -SEVERITY_LIMIT, SEVERITY_LIMIT)
        squares = (gap - self.severity[self.rater]) ** 2
        kinds = len(self.noise2)
        count = np.bincount(self.kind, minlength=kinds)
        total = np.bincount(self.kind, squares, kinds)
        prior = NOISE_FREEDOM * self.data.noise**2
        self.noise2 = (prior + total) / rng.chisquare(NOISE_FREEDOM + count)
        self.severity2 = self._variance(self.severity, SEVERITY_PRIOR)

    def _shift(self) -> None:
        """Move the level of functions against the severity of their raters.

        The answers cannot tell the two apart, so only their priors decide.
        """
        function, rater = self.function_part, self.rater_part
        precision = (
            np.bincount(function, minlength=self.parts) / self.function2
            + np.bincount(rater, minlength=self.parts) / self.severity2
        )
        pull = (
            np.bincount(rater, self.severity, self.parts) / self.severity2
            - np.bincount(function, self.functions, self.parts) / self.function2
        )
        move = pull / precision + self.rng.standard_normal(self.parts) / np.sqrt(precision)
        self.severity = np.clip(self.severity - move[rater], -SEVERITY_LIMIT, SEVERITY_LIMIT)
        self.functions = self.functions + move[function]
        self.groups = self.groups + move[function][self.group_function]
        self.mean = self.mean + move[function][self.data.function]
        self.practice = self.practice + move[function][self.data.function]

    def _shift_company(self) -> None:
        """Move the level of the whole company against all severities, then against functions."""
        spread = len(self.steps) / STEP_VARIANCE
        off = (self.steps - STEP_MEAN).sum() / STEP_VARIANCE
        precision = len(self.severity) / self.severity2 + spread
        pull = self.severity.sum() / self.severity2 - off
        move = pull / precision + self.rng.standard_normal() / np.sqrt(precision)
        self.severity = np.clip(self.severity - move, -SEVERITY_LIMIT, SEVERITY_LIMIT)
        self.steps, self.mean = self.steps + move, self.mean + move
        self.practice = self.practice + move
        precision = len(self.functions) / self.function2 + spread
        pull = self.functions.sum() / self.function2 - off - move * spread
        move = pull / precision + self.rng.standard_normal() / np.sqrt(precision)
        self.steps = self.steps + move
        self.groups, self.functions = self.groups - move, self.functions - move

    def _means(self) -> None:
        """Update the step, function and dimension means and their spread."""
        data, t = self.data, self.practice
        self.steps = self._effect(
            t - self.groups[data.group], data.step, self.cell2, STEP_VARIANCE, STEP_MEAN
        )
        rest = t - self.steps[data.step]
        centre = self.functions[self.group_function]
        self.groups = self._effect(rest, data.group, self.cell2, self.group2, centre)
        self.functions = self._effect(
            self.groups, self.group_function, self.group2, self.function2, 0.0
        )
        self.mean = self.steps[data.step] + self.groups[data.group]
        self.cell2 = self._variance(t - self.mean, CELL_PRIOR)
        self.group2 = self._variance(self.groups - self.functions[self.group_function], GROUP_PRIOR)
        self.function2 = self._variance(self.functions, GROUP_PRIOR)

    def _effect(
        self,
        values: np.ndarray,
        code: np.ndarray,
        within: float,
        between: float,
        centre: np.ndarray | float,
    ) -> np.ndarray:
        count = np.bincount(code)
        precision = count / within + 1 / between
        mean = (np.bincount(code, values) / within + centre / between) / precision
        return mean + self.rng.standard_normal(len(count)) / np.sqrt(precision)

    def _variance(self, values: np.ndarray, prior: tuple[float, float]) -> float:
        freedom, scale = prior
        total = freedom * scale**2 + float(values @ values)
        return float(total / self.rng.chisquare(freedom + len(values)))
