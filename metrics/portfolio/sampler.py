"""Effects of all compared initiatives of a client at once, by Gibbs sampling.

y[t, i] = a[i] + g[t] + sum of exposure[j, t, i] theta[j] + d[i] 1[t >= c[i]] + noise, where y is
log cost per unit of demand, a the team's level, g the month effect common to the pool's teams,
theta the relative effect of an initiative, d a level step that nobody announced (at most one a
team; its month, size and existence are sampled) and the noise an autoregression of the team's
own. theta[j] ~ Normal(mu, tau squared) over all initiatives of the client. Given the noise and the
months of the steps everything else is Gaussian and drawn at once; the month of a step is drawn
with all of it integrated out, so the chains mix in a few dozen sweeps. Where the work done is
known, its log per unit of demand stands beside the effects with a slope of the pool's own: how
far cost follows work. The effects are then those at the same work.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metrics.portfolio import noise as noises
from metrics.portfolio.noise import Noise

CHAINS, BURN, SWEEPS, EXTRA = 12, 20, 70, 3
FEWEST_CHAINS, TEAM_CHAINS = 6, 216
"""A large client gets fewer chains: so many teams times chains, as long as there are six."""
LEVEL_DEVIATION = 2.0
"""Prior of team levels and month effects, in logs: wide enough to say nothing."""
STEP_DEVIATION = 0.08
STEP_PRIOR = (1.0, 5.0)
"""Beta prior of the share of a client's teams that have a step."""
MEAN_DEVIATION = 0.20
"""Prior of mu, around no effect."""
SPREADS = np.geomspace(0.005, 0.5, 32)
SPREAD_SCALE = 0.10
"""Half-normal prior of tau, on the grid above."""
SLOPE_MEAN, SLOPE_DEVIATION = 0.7, 0.4
"""Prior of how far cost follows work: 0 where all of it is fixed, 1 where all of it varies."""


@dataclass(frozen=True)
class CostPanel:
    """What the sampler needs of a pool.

    Attributes
    ----------
    value : array (months, teams)
        Log cost per unit of demand.
    exposure : array (half-lives, initiatives, months, teams)
        Share of the full effect; the first axis has one entry where nothing has ended.
    seen : array (months, teams)
        Which team-months speak.
    work : array (months, teams), optional
        Log quantity per unit of demand.
    """

    value: np.ndarray
    exposure: np.ndarray
    seen: np.ndarray
    work: np.ndarray | None = None


@dataclass(frozen=True)
class Draws:
    """Draws of the joint posterior.

    Attributes
    ----------
    effect : array (draws, initiatives)
        Relative effects as logs.
    mean, spread : array (draws,)
        mu and tau.
    life : array (draws, initiatives)
        Place of the half-life on the first axis of ``CostPanel.exposure``.
    step : list of array (teams,)
        Posterior probability that the team has a level step, by pool.
    slope : list of array (draws,)
        How far cost follows work, by pool; nought where work is not known.
    """

    effect: np.ndarray
    mean: np.ndarray
    spread: np.ndarray
    life: np.ndarray
    step: list[np.ndarray]
    slope: list[np.ndarray]


def sample(
    panels: list[CostPanel],
    seed: int,
    sweeps: int = SWEEPS,
    most_chains: int = CHAINS,
    spread_known: float | None = None,
) -> Draws:
    """Return draws of the effects of all initiatives.

    Parameters
    ----------
    panels : list of Panel
        All with the same first axis of ``exposure``; an initiative has exposure in one of them
        or several.
    seed : int
    sweeps : int
        Sweeps that are kept, of each chain.
    most_chains : int
        Chains of a small client.
    spread_known : float, optional
        Deviation of the effects around nought, where it is not to be learnt from them.
    """
    rng = np.random.default_rng(seed)
    teams = sum(panel.seen.shape[1] for panel in panels)
    chains = int(np.clip(TEAM_CHAINS // teams, FEWEST_CHAINS, most_chains))
    count = panels[0].exposure.shape[1]
    home = [np.flatnonzero((p.exposure * p.seen).any(axis=(0, 2, 3))) for p in panels]
    states = [_State(p, own, chains, rng) for p, own in zip(panels, home, strict=True)]
    mean = np.zeros(chains)
    spread = np.full(chains, spread_known or 0.1)
    share = np.full(chains, 1 / 6)
    effect = np.zeros((chains, count))
    kept: list[np.ndarray] = []
    means: list[np.ndarray] = []
    spreads: list[np.ndarray] = []
    lives: list[np.ndarray] = []
    slopes: list[list[np.ndarray]] = [[] for _ in states]
    for sweep in range(BURN + sweeps):
        extra = np.zeros((1 + EXTRA, chains, count))
        for state, own, slope in zip(states, home, slopes, strict=True):
            extra[:, :, own], drawn = state.sweep(mean, spread, share, rng)
            if sweep >= BURN:
                slope.append(drawn.ravel())
        effect = extra[0]
        if spread_known is None:
            mean, spread = _hyper(effect, rng)
        steps = sum((s.month < s.months).sum(axis=1) for s in states)
        share = rng.beta(STEP_PRIOR[0] + steps, STEP_PRIOR[1] + teams - steps)
        if sweep >= BURN:
            kept.append(extra.reshape(-1, count))
            means.append(np.tile(mean, 1 + EXTRA))
            spreads.append(np.tile(spread, 1 + EXTRA))
            life = np.zeros((chains, count), dtype=int)
            for state, own in zip(states, home, strict=True):
                life[:, own] = state.life[:, : len(own)]
            lives.append(np.tile(life, (1 + EXTRA, 1)))
            for state in states:
                state.stepped += (state.month < state.months).mean(axis=0)
    return Draws(
        np.concatenate(kept),
        np.concatenate(means),
        np.concatenate(spreads),
        np.concatenate(lives),
        [s.stepped / sweeps for s in states],
        [np.concatenate(slope) for slope in slopes],
    )


def _hyper(effect: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw tau with mu integrated out, then mu."""
    count = effect.shape[1]
    variance = SPREADS**2
    total = effect.sum(axis=1)[:, None]
    squares = (effect**2).sum(axis=1)[:, None]
    wide = variance + count * MEAN_DEVIATION**2
    form = (squares - MEAN_DEVIATION**2 * total**2 / wide) / variance
    logs = (
        -0.5 * (SPREADS / SPREAD_SCALE) ** 2
        + np.log(SPREADS)
        - 0.5 * ((count - 1) * np.log(variance) + np.log(wide) + form)
    )
    at = (logs + rng.gumbel(size=logs.shape)).argmax(axis=1)
    spread = SPREADS[at]
    precision = count / spread**2 + 1 / MEAN_DEVIATION**2
    mean = total[:, 0] / spread**2 / precision
    return mean + rng.standard_normal(len(mean)) / np.sqrt(precision), spread


class _State:
    """One pool in all chains. Coefficients are ordered g, a, theta of this pool, slope, d."""

    def __init__(self, panel: CostPanel, own: np.ndarray, chains: int, rng: np.random.Generator):
        self.seen = panel.seen
        self.months, self.teams = panel.seen.shape
        value = np.where(panel.seen, panel.value, 0.0)
        centre = value.sum(axis=0) / np.maximum(panel.seen.sum(axis=0), 1)
        self.value = np.where(panel.seen, panel.value - centre, 0.0)
        self.exposure, self.thetas = _with_work(panel, own), len(own)
        self.own = self.exposure.shape[1]
        # Only what has ended, with months seen after it, has a half-life to be drawn.
        differs = (self.exposure != self.exposure[:1]) & panel.seen
        self.ended = np.flatnonzero(differs.any(axis=(0, 2, 3)))
        self.life = np.zeros((chains, self.own), dtype=int)
        if len(self.exposure) > 1:
            self.life[:] = rng.integers(len(self.exposure), size=(chains, self.own))
        self.noise: Noise = noises.tabulate(panel.seen)
        self.chains = chains
        self.rho = rng.integers(0, 10, (chains, self.teams))
        self.variance = np.full((chains, self.teams), 0.03**2)
        self.month = np.full((chains, self.teams), self.months)
        self.candidates = _step_weights(panel.seen)
        self.stepped = np.zeros(self.teams)
        t, n = self.months, self.teams
        self.level = t + np.arange(n)
        self.effects = t + n + np.arange(self.own)
        self.steps = t + n + self.own + np.arange(n)
        self.size = t + 2 * n + self.own
        self._localise()

    def _localise(self) -> None:
        """Set each team's own regressors: its level, and the initiatives at their half-lives."""
        t, n = self.months, self.teams
        self.now = self.exposure[self.life, np.arange(self.own)]
        local = np.ones((self.chains, n, t, 1 + self.own))
        local[..., 1:] = self.now.transpose(0, 3, 2, 1)
        self.local = local

    def _draw_lives(self, drawn: np.ndarray, rng: np.random.Generator) -> None:
        """Draw the half-life of what has ended, everything else given.

        Where no month after the end was seen, the prior is all there is.
        """
        unseen = np.setdiff1d(np.arange(self.own), self.ended)
        self.life[:, unseen] = rng.integers(len(self.exposure), size=(self.chains, len(unseen)))
        index = np.arange(self.teams)
        precision = self.noise.precision[self.rho, index] / self.variance[..., None, None]
        for one in self.ended:
            left = self.value - self._fitted(drawn)
            own = self.now[:, one] * drawn[:, self.effects[one], None, None]
            logs = np.empty((self.chains, len(self.exposure)))
            for life, share in enumerate(self.exposure[:, one]):
                rest = left + own - share * drawn[:, self.effects[one], None, None]
                rest = np.where(self.seen, rest, 0.0)
                logs[:, life] = -0.5 * np.einsum(
                    "ktn,knts,ksn->k", rest, precision, rest, optimize=True
                )
            self.life[:, one] = (logs + rng.gumbel(size=logs.shape)).argmax(axis=1)
            self.now = self.exposure[self.life, np.arange(self.own)]
        self._localise()

    def sweep(
        self, mean: np.ndarray, spread: np.ndarray, share: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Draw steps, coefficients and noise; return draws of this pool's effects and slope."""
        covariance, centre = self._posterior(mean, spread)
        for team in rng.permutation(self.teams):
            covariance, centre = self._step(team, covariance, centre, share, rng)
        root = np.linalg.cholesky(covariance + 1e-13 * np.eye(self.size))
        normal = rng.standard_normal((self.chains, self.size))
        drawn = centre + np.einsum("kpq,kq->kp", root, normal)
        if len(self.exposure) > 1:
            self._draw_lives(drawn, rng)
        left = self.value - self._fitted(drawn)
        self.rho, self.variance = noises.draw(
            self.noise, np.where(self.seen, left, 0.0), self.seen, rng
        )
        extra = rng.standard_normal((EXTRA, self.chains, self.size))
        more = centre + np.einsum("kpq,ekq->ekp", root, extra)
        found = np.concatenate([drawn[None], more])[:, :, self.effects]
        return found[:, :, : self.thetas], found[:, :, self.thetas :].sum(axis=2)

    def _fitted(self, drawn: np.ndarray) -> np.ndarray:
        t = self.months
        common = drawn[:, :t, None] + drawn[:, None, self.level]
        effect = np.einsum("kj,kjtn->ktn", drawn[:, self.effects], self.now)
        after = np.arange(t)[:, None] >= self.month[:, None, :]
        return common + effect + after * drawn[:, None, self.steps]

    def _posterior(self, mean: np.ndarray, spread: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return covariance and mean of all coefficients given noise and step months."""
        t, n = self.months, self.teams
        index = np.arange(n)
        precision = self.noise.precision[self.rho, index] / self.variance[..., None, None]
        after = (np.arange(t) >= self.month[..., None]).astype(float)
        local = np.concatenate([self.local, after[..., None]], 3)
        weighted = precision @ local
        inner = np.swapaxes(local, 2, 3) @ weighted
        known = np.einsum("knts,sn->knt", precision, self.value)
        rhs_local = np.einsum("kntq,knt->knq", local, known)
        q = np.zeros((self.chains, self.size, self.size))
        b = np.zeros((self.chains, self.size))
        q[:, :t, :t] = precision.sum(axis=1)
        b[:, :t] = known.sum(axis=1)
        for team in range(n):
            columns = np.concatenate([[self.level[team]], self.effects, [self.steps[team]]])
            q[:, :t, columns] += weighted[:, team]
            q[:, columns, :t] += np.swapaxes(weighted[:, team], 1, 2)
            q[:, columns[:, None], columns] += inner[:, team]
            b[:, columns] += rhs_local[:, team]
        prior = np.full((self.chains, self.size), LEVEL_DEVIATION**-2)
        thetas, slopes = np.split(self.effects, [self.thetas])
        prior[:, thetas] = (spread**-2)[:, None]
        prior[:, slopes] = SLOPE_DEVIATION**-2
        prior[:, self.steps] = STEP_DEVIATION**-2
        b[:, thetas] += (mean / spread**2)[:, None]
        b[:, slopes] += SLOPE_MEAN * SLOPE_DEVIATION**-2
        diagonal = np.arange(self.size)
        q[:, diagonal, diagonal] += prior
        covariance = np.linalg.inv(q)
        return covariance, np.einsum("kpq,kq->kp", covariance, b)

    def _step(
        self,
        team: int,
        covariance: np.ndarray,
        centre: np.ndarray,
        share: np.ndarray,
        rng: np.random.Generator,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Draw the month of one team's step with every coefficient integrated out."""
        t = self.months
        chain = np.arange(self.chains)
        d = self.steps[team]
        # Without the step: condition on its size being nought.
        column = covariance[:, :, d]
        without = covariance - column[:, :, None] * (column / column[:, d, None])[:, None, :]
        middle = centre - column * (centre[:, d] / column[:, d])[:, None]
        # Covariance of all coefficients with the fitted series of this team.
        places = np.concatenate([[self.level[team]], self.effects])
        local = self.local[:, team]
        across = np.swapaxes(local, 1, 2)
        towards = without[:, :, :t] + without[:, :, places] @ across
        fitted = towards[:, :t] + local @ towards[:, places]
        at = self.rho[:, team]
        scale = self.variance[:, team, None]
        steps = self.noise.steps[at, team] / scale[..., None]
        taken = np.einsum("ktc,ktc->kc", steps, fitted @ steps)
        information = self.noise.squares[at, team] / scale - taken + STEP_DEVIATION**-2
        left = self.value[:, team] - middle[:, :t] - (middle[:, None, places] @ across)[:, 0]
        score = np.einsum("ktc,kt->kc", steps, left)
        logs = np.full((self.chains, t + 1), -np.inf)
        logs[:, :t] = (
            0.5 * score**2 / information
            - 0.5 * np.log(information * STEP_DEVIATION**2)
            + self.candidates[:, team]
            + np.log(share)[:, None]
        )
        logs[:, t] = np.log1p(-share)
        month = (logs + rng.gumbel(size=logs.shape)).argmax(axis=1)
        self.month[:, team] = month
        some = month < t
        place = np.minimum(month, t - 1)
        chosen = steps[chain, :, place]
        along = np.einsum("kpt,kt->kp", towards, chosen) * some[:, None]
        known = np.where(some, information[chain, place], STEP_DEVIATION**-2)
        size = np.where(some, score[chain, place], 0.0) / known
        along[:, d] = -1.0
        without[:, d, :] = 0.0
        without[:, :, d] = 0.0
        covariance = without + along[:, :, None] * (along / known[:, None])[:, None, :]
        middle[:, d] = 0.0
        return covariance, middle - along * size[:, None]


def _with_work(panel: CostPanel, own: np.ndarray) -> np.ndarray:
    """Return the exposures of a pool's own initiatives, and its work less its mean as one more."""
    exposure = panel.exposure[:, own]
    if panel.work is None:
        return exposure
    work = np.where(panel.seen, panel.work, 0.0)
    level = work.sum(axis=0) / np.maximum(panel.seen.sum(axis=0), 1)
    work = np.where(panel.seen, work - level, 0.0)
    return np.concatenate(
        [exposure, np.broadcast_to(work, (len(exposure), 1, *work.shape))], axis=1
    )


def _step_weights(seen: np.ndarray) -> np.ndarray:
    """Return log prior weight of a step beginning in each month (months, teams).

    A step can begin in any observed month but the first; it takes on the weight of the
    unobserved months before it, in which it may have begun unseen.
    """
    months, teams = seen.shape
    weight = np.zeros((months, teams))
    for team in range(teams):
        places = np.flatnonzero(seen[:, team])
        weight[places[1:], team] = np.diff(places)
    total = weight.sum(axis=0, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(np.where(total > 0, weight / np.maximum(total, 1), 0.0))
