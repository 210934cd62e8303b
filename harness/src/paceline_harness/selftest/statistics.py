"""Exact binomial bounds: how far a counted share may be from the true one."""

from __future__ import annotations

from scipy.stats import beta

LEVEL = 0.95


def upper_bound(hits: int, of: int, level: float = LEVEL) -> float:
    """Return the one-sided Clopper–Pearson upper bound of the share behind `hits` of `of`; 1 when nothing was tried."""
    return 1.0 if hits >= of else float(beta.ppf(level, hits + 1, of - hits))


def lower_bound(hits: int, of: int, level: float = LEVEL) -> float:
    """Return the one-sided Clopper–Pearson lower bound of the share behind `hits` of `of`; 0 when nothing was hit."""
    return 0.0 if hits <= 0 else float(beta.ppf(1 - level, hits, of - hits + 1))


def two_sided(hits: int, of: int, level: float = LEVEL) -> tuple[float, float]:
    """Return the two-sided Clopper–Pearson interval of the share behind `hits` of `of`."""
    half = 1 - (1 - level) / 2
    return lower_bound(hits, of, half), upper_bound(hits, of, half)
