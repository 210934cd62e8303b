"""What interpolation must give, naive on purpose and in more digits than a double has.

Slerp of single pairs is computed with mpmath at 50 digits, of many rows in 80-bit long double (where the machine has
none, in mpmath too); linear interpolation in fractions, which are exact. Stamps stay integers until they are divided.
"""

from __future__ import annotations

from bisect import bisect_right
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np

WIDE = np.finfo(np.longdouble).nmant >= 63
"""Whether long double has the 64 bits that hold a difference of stamps exactly and keep errors below 1e-18."""

_mp = mpmath.MPContext()
_mp.dps = 50


def segment(stamps: list[int], t: int) -> tuple[int, int]:
    """Return the indices of a query's two knots: the last segment that starts at or before it, clipped to the knots."""
    if len(stamps) == 1:
        return 0, 0
    i = min(max(bisect_right(stamps, t) - 1, 0), len(stamps) - 2)
    return i, i + 1


def clamp(t: int, t0: int, t1: int) -> int:
    return t0 if t < t0 else t1 if t > t1 else t


def slerp_digits(t: int, t0: int, q0: Any, t1: int, q1: Any, *, extrapolate: bool = False) -> list[Any]:
    """Slerp one pair in 50 digits: shorter arc, hemisphere of q0."""
    a, b = ([_mp.mpf(float(c)) for c in q] for q in (q0, q1))
    a, b = ([c / _mp.sqrt(_mp.fsum(c * c for c in q)) for c in q] for q in (a, b))
    if t0 == t1:
        return a
    if not extrapolate:
        t = clamp(t, t0, t1)
    f = _mp.mpf(t - t0) / _mp.mpf(t1 - t0)
    dot = _mp.fsum(x * y for x, y in zip(a, b, strict=True))
    if dot < 0:
        b, dot = [-c for c in b], -dot
    if dot > 1 - _mp.mpf(10) ** -40:
        return a
    angle = _mp.acos(dot)
    return [(_mp.sin((1 - f) * angle) * x + _mp.sin(f * angle) * y) / _mp.sin(angle) for x, y in zip(a, b, strict=True)]


def slerp(t: Any, t0: Any, q0: Any, t1: Any, q1: Any, *, extrapolate: bool = False) -> Any:
    """Slerp n pairs; (n, 4) of long double, or of mpmath numbers where a long double is no wider than a double."""
    t, t0, t1 = (np.asarray(x, np.int64) for x in (t, t0, t1))
    if not WIDE:
        rows = zip(t.tolist(), t0.tolist(), q0, t1.tolist(), q1, strict=True)
        return np.array([slerp_digits(*row, extrapolate=extrapolate) for row in rows], object).reshape(-1, 4)
    wide = np.longdouble
    a, b = (_unit(np.asarray(q, np.float64).astype(wide)) for q in (q0, q1))
    if not extrapolate:
        t = np.where(t < t0, t0, np.where(t > t1, t1, t))
    length = np.where(t1 == t0, 1, t1 - t0).astype(wide)
    f = np.where(t1 == t0, 0, t - t0).astype(wide) / length
    g = np.where(t1 == t0, 1, t1.astype(wide) - t.astype(wide)) / length
    b = np.where((a * b).sum(axis=1, keepdims=True) < 0, -b, b)
    chord = np.sqrt(((b - a) ** 2).sum(axis=1))
    angle = 2 * np.arcsin(np.minimum(chord / 2, 1))
    turns = angle > 0
    sine = np.where(turns, np.sin(angle), 1)
    a_weight, b_weight = (np.where(turns, np.sin(x * angle) / sine, x) for x in (g, f))
    return a_weight[:, None] * a + b_weight[:, None] * b


def dots(q0: Any, q1: Any) -> Any:
    """Return the cosine of half the angle between the rotations of each row, with its sign, as long double."""
    a, b = (_unit(np.asarray(q, np.float64).astype(np.longdouble)) for q in (q0, q1))
    return (a * b).sum(axis=1)


def lerp_exact(t: int, t0: int, p0: float, t1: int, p1: float, *, extrapolate: bool = False) -> Fraction:
    """Interpolate one number linearly, without any rounding."""
    if t0 == t1:
        return Fraction(p0)
    if not extrapolate:
        t = clamp(t, t0, t1)
    return Fraction(p0) + (Fraction(p1) - Fraction(p0)) * Fraction(t - t0, t1 - t0)


def lerp(t: Any, t0: Any, p0: Any, t1: Any, p1: Any, *, extrapolate: bool = False) -> tuple[Any, Any]:
    """Interpolate n rows of k numbers; return the nearest doubles, and what exact minus nearest still is."""
    p0, p1 = np.asarray(p0, np.float64), np.asarray(p1, np.float64)
    nearest, rest = np.empty_like(p0), np.empty_like(p0)
    times = [np.asarray(x, np.int64).tolist() for x in (t, t0, t1)]
    for row, (ti, t0i, t1i) in enumerate(zip(*times, strict=True)):
        for column in range(p0.shape[1]):
            exact = lerp_exact(ti, t0i, float(p0[row, column]), t1i, float(p1[row, column]), extrapolate=extrapolate)
            nearest[row, column] = float(exact)
            rest[row, column] = float(exact - Fraction(float(nearest[row, column])))
    return nearest, rest


def rotation_errors(actual: Any, exact: Any) -> Any:
    """Return the angle in rad of the rotation between each row and the exact one; another hemisphere is a full turn."""
    if exact.dtype == object:
        return np.array([_rotation_error(a, e) for a, e in zip(actual, exact, strict=True)], np.float64)
    actual = _unit(np.asarray(actual, np.float64).astype(np.longdouble))
    return 4 * np.arcsin(np.minimum(np.sqrt(((actual - _unit(exact)) ** 2).sum(axis=1)) / 2, 1))


def norm_errors(actual: Any) -> Any:
    """Return how far each row's norm is from one."""
    if not WIDE:
        return np.array([abs(float(_norm(row) - 1)) for row in actual])
    wide = np.asarray(actual, np.float64).astype(np.longdouble)
    return np.abs(np.sqrt((wide * wide).sum(axis=1)) - 1)


def ulp_errors(actual: Any, exact: tuple[Any, Any]) -> Any:
    """Return the distance of each double from the exact value, in units of the exact value's last place."""
    nearest, rest = exact
    with np.errstate(over="ignore"):  # far from an exact zero is infinitely far
        return np.abs((np.asarray(actual, np.float64) - nearest) - rest) / np.spacing(np.abs(nearest))


def _unit(q: Any) -> Any:
    q = q / np.abs(q).max(axis=1, keepdims=True)
    return q / np.sqrt((q * q).sum(axis=1, keepdims=True))


def _norm(q: Any) -> Any:
    return _mp.sqrt(_mp.fsum(_mp.mpf(c) ** 2 for c in map(_mp.mpf, q)))


def _rotation_error(actual: Any, exact: Any) -> float:
    norm = _norm([float(c) for c in actual])
    chord = _mp.sqrt(_mp.fsum((_mp.mpf(float(a)) / norm - e) ** 2 for a, e in zip(actual, exact, strict=True)))
    return float(4 * _mp.asin(min(chord / 2, _mp.mpf(1))))
