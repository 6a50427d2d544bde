"""Forecasts that agree with each other: ratios of what is divided, teams that add up.

Both work draw by draw on simulated paths, so that every bound of the result comes from whole
futures in which the books balance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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


def ratio_paths(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """Ratio draw by draw and period by period; NaN where the denominator is not positive.

    For a ratio over several periods divide the sums: ``numerator.sum(1) / denominator.sum(1)``.
    """
    if numerator.shape != denominator.shape:
        raise InvalidInput(
            "unequal_shapes", numerator=numerator.shape, denominator=denominator.shape
        )
    return np.divide(
        numerator,
        denominator,
        out=np.full(numerator.shape, np.nan),
        where=denominator > 0,
    )


def reconcile(
    paths: Mapping[str, np.ndarray], parts: Mapping[str, Sequence[str]]
) -> dict[str, np.ndarray]:
    """Make totals equal the sum of their parts, moving uncertain series more than certain ones.

    Minimum-trace projection with variance weights (Wickramasuriya, Athanasopoulos & Hyndman 2019),
    applied to every simulated path (Panagiotelis et al. 2023), the variance of a series being that
    of its own paths in the period.

    Parameters
    ----------
    paths : mapping of str to numpy.ndarray
        draws × horizon by series: leaves and totals.
    parts : mapping of str to sequence of str
        Direct children of every total; totals may be children of others, and every series is
        reached.

    Returns
    -------
    dict of str to numpy.ndarray
        Same shapes, adding up exactly.

    Raises
    ------
    InvalidInput
        ``unknown_part`` when a total names a series that is absent, ``circular_parts`` when a
        total contains itself.
    """
    names = list(paths)
    leaves = [name for name in names if name not in parts]
    summing = np.array([_leaf_row(name, leaves, parts, ()) for name in names])
    stacked = np.stack([paths[name] for name in names])
    out = np.empty_like(stacked)
    for step in range(stacked.shape[2]):
        values = stacked[:, :, step]
        variance = values.var(axis=1)
        weight = 1 / np.maximum(variance, 1e-12 * max(variance.max(), 1e-300))
        weighted = summing * weight[:, None]
        bottom = np.linalg.solve(summing.T @ weighted, weighted.T @ values)
        # What cannot be negative must not become so by balancing the books.
        lowest = stacked[[names.index(leaf) for leaf in leaves]].min(axis=(1, 2))
        bottom = np.where((lowest >= 0)[:, None], np.maximum(bottom, 0), bottom)
        out[:, :, step] = summing @ bottom
    return dict(zip(names, out, strict=True))


def _leaf_row(
    name: str, leaves: list[str], parts: Mapping[str, Sequence[str]], above: tuple[str, ...]
) -> np.ndarray:
    """How often each leaf counts in a series."""
    if name in above:
        raise InvalidInput("circular_parts", series=name)
    if name not in parts:
        if name not in leaves:
            raise InvalidInput("unknown_part", series=name)
        return (np.array(leaves) == name).astype(float)
    return np.sum([_leaf_row(part, leaves, parts, (*above, name)) for part in parts[name]], axis=0)


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
