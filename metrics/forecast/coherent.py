"""Forecasts that agree with each other: ratios of what is divided, teams that add up.

Both work draw by draw on simulated paths, so that every bound of the result comes from whole
futures in which the books balance.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from metrics.errors import InvalidInput


def correlated_order(
    paths: Sequence[np.ndarray], correlation: np.ndarray, seed: int
) -> list[np.ndarray]:
    """Re-order whole paths of several series so that their totals go together as asked.

    The paths themselves, and so every series' own intervals and autocorrelation, stay as they are;
    only which future of one meets which future of the other changes (Iman & Conover 1982).

    Parameters
    ----------
    paths : sequence of numpy.ndarray
        One draws × horizon array per series, equal draws.
    correlation : numpy.ndarray
        Rank correlation wanted between the series' totals, positive semi-definite.
    seed : int
        Seed of the normal scores.
    """
    draws = len(paths[0])
    if any(len(path) != draws for path in paths):
        raise InvalidInput("unequal_draws", draws=tuple(len(path) for path in paths))
    values, vectors = np.linalg.eigh(np.asarray(correlation, float))
    if values.min() < -1e-8:
        raise InvalidInput("invalid_correlation", smallest_eigenvalue=float(values.min()))
    root = vectors * np.sqrt(np.maximum(values, 0))
    scores = np.random.default_rng(seed).standard_normal((draws, len(paths))) @ root.T
    out = []
    for path, score in zip(paths, scores.T, strict=True):
        ordered = np.empty_like(path)
        ordered[np.argsort(score)] = path[np.argsort(path.sum(axis=1), kind="stable")]
        out.append(ordered)
    return out


def shrunk_correlation(changes: np.ndarray) -> np.ndarray:
    """Correlation of the series' changes, shrunk towards none (Schäfer & Strimmer 2005).

    Parameters
    ----------
    changes : numpy.ndarray
        periods × series; seasonal or period-to-period changes on the scale of the forecast. Rows
        with a NaN are left out.

    Returns
    -------
    numpy.ndarray
        series × series, positive definite; the identity when fewer than four full rows exist.
    """
    full = changes[np.isfinite(changes).all(axis=1)]
    count, width = full.shape
    if count < 4:
        return np.eye(width)
    spread = full.std(axis=0, ddof=1)
    z = (full - full.mean(axis=0)) / np.where(spread > 0, spread, np.inf)
    products = z[:, :, None] * z[:, None, :]
    raw = products.sum(axis=0) / (count - 1)
    noise = count / (count - 1) ** 3 * ((products - products.mean(axis=0)) ** 2).sum(axis=0)
    off = ~np.eye(width, dtype=bool)
    signal = (raw[off] ** 2).sum()
    keep = 1 - min(1.0, noise[off].sum() / signal) if signal > 0 else 0.0
    return np.where(off, keep * raw, 1.0)


def share_out(
    parts: np.ndarray, total: np.ndarray, ceiling: np.ndarray | None = None
) -> np.ndarray:
    """Move the parts of a total that stands until they add up to it.

    Minimum-trace reconciliation with variance weights and one immutable forecast (Zhang, Kang,
    Panagiotelis & Li 2023): each part takes of the difference what its share of the variance is.
    Nothing is moved below zero or above its ceiling; what is left goes to the others.

    Parameters
    ----------
    parts : numpy.ndarray
        parts × draws × horizon; those nowhere negative stay so.
    total : numpy.ndarray
        draws × horizon.
    ceiling : numpy.ndarray, optional
        Largest possible values, shaped as ``parts``.

    Returns
    -------
    numpy.ndarray
        Shaped as ``parts``, adding up to ``total`` wherever floor and ceiling allow it.
    """
    floor = np.where(parts.min(axis=(1, 2)) >= 0, 0.0, -np.inf)[:, None, None]
    variance = parts.var(axis=1, keepdims=True)
    smallest = max(float(variance.max()), 1e-300) * 1e-12
    weight = np.broadcast_to(np.maximum(variance, smallest), parts.shape)
    out = parts.astype(float)
    for _ in range(len(parts) + 1):
        missing = total - out.sum(axis=0)
        if np.abs(missing).max() <= 1e-9 * max(1.0, float(np.abs(total).max())):
            break
        room = np.where(missing > 0, np.inf if ceiling is None else ceiling - out, out - floor)
        pull = np.where(room > 0, weight, 0.0)
        step = missing * pull / np.maximum(pull.sum(axis=0), smallest)
        out = np.maximum(out + step, floor)
        out = out if ceiling is None else np.minimum(out, ceiling)
    return out
