"""Trajectory interpolation in NumPy; the contract is in :mod:`paceline.operations`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Stamps = NDArray[np.int64]
Floats = NDArray[np.float64]
Quaternion = tuple[float, float, float, float]

_NAN = (math.nan, math.nan, math.nan, math.nan)
_SPLIT = 134_217_729.0  # 2**27 + 1: T. J. Dekker's constant, halves a double's 53 bits


def slerp_quaternion(t: int, t0: int, q0: Quaternion, t1: int, q1: Quaternion, extrapolate: bool = False) -> Quaternion:
    """Interpolate one pair; four NaNs where t1 < t0 or a quaternion is zero or not finite."""
    x0, y0, z0, w0 = q0
    x1, y1, z1, w1 = q1
    n0 = x0 * x0 + y0 * y0 + z0 * z0 + w0 * w0
    n1 = x1 * x1 + y1 * y1 + z1 * z1 + w1 * w1
    if type(n0) is not float or type(n1) is not float:  # NumPy scalars would keep a narrower type
        return slerp_quaternion(t, t0, _floats(q0), t1, _floats(q1), extrapolate)
    if not (1e-280 < n0 < 1e280 and 1e-280 < n1 < 1e280):
        scaled = _rescaled(q0), _rescaled(q1)
        if scaled[0] is None or scaled[1] is None:
            return _NAN
        return slerp_quaternion(t, t0, scaled[0], t1, scaled[1], extrapolate)
    if t1 < t0:
        return _NAN
    if not extrapolate:
        t = t0 if t < t0 else min(t, t1)
    f = (t - t0) / (t1 - t0) if t1 != t0 else 0.0
    g = (t1 - t) / (t1 - t0) if t1 != t0 else 1.0
    i0, i1 = 1.0 / math.sqrt(n0), 1.0 / math.sqrt(n1)
    dot = (x0 * x1 + y0 * y1) + (z0 * z1 + w0 * w1)
    theta = math.acos(min(abs(dot) * i0 * i1, 1.0))
    if theta > 0.0:
        scale = 1.0 / math.sin(theta)
        f, g = math.sin(f * theta) * scale, math.sin(g * theta) * scale
    a, b = g * i0, (-f if dot < 0.0 else f) * i1
    return a * x0 + b * x1, a * y0 + b * y1, a * z0 + b * z1, a * w0 + b * w1


def slerp_quaternions_batch(
    t: Stamps, t0: Stamps, q0: Floats, t1: Stamps, q1: Floats, extrapolate: bool, out: Floats
) -> int:
    """Interpolate n pairs; return the first row with t1 < t0 or a bad quaternion."""
    bad = ~_apart(t0, t1)
    bad[_bad(q0)] = True
    bad[_bad(q1)] = True
    if bad.any():
        return int(bad.argmax())
    elapsed, length = _within(t, t0, t1, extrapolate)
    _slerp(q0, q1, elapsed, length, extrapolate, out)
    return -1


def interpolate_positions_batch(
    t: Stamps, t0: Stamps, p0: Floats, t1: Stamps, p1: Floats, extrapolate: bool, out: Floats
) -> int:
    """Interpolate n pairs linearly; return the first row with t1 < t0."""
    bad = ~_apart(t0, t1)
    if bad.any():
        return int(bad.argmax())
    elapsed, length = _within(t, t0, t1, extrapolate)
    _lerp(p0, p1, elapsed, length, out)
    return -1


def interpolate_trajectory_batch(
    stamps: Stamps,
    positions: Floats,
    quats: Floats,
    at: Stamps,
    extrapolate: bool,
    out_positions: Floats,
    out_quats: Floats,
) -> int:
    """Interpolate poses at the queries; return the first knot out of order, or touched and bad."""
    disorder = _first_disorder(stamps)
    if disorder >= 0:
        return disorder
    i, j, elapsed, length = _bracket(stamps, at, extrapolate)
    q0, q1 = quats.take(i, axis=0), quats.take(j, axis=0)
    bad0, bad1 = _bad(q0), _bad(q1)
    if bad0.size or bad1.size:
        k = int(np.concatenate([bad0, bad1]).min())
        return int(i[k] if k in bad0 else j[k])
    _lerp(positions.take(i, axis=0), positions.take(j, axis=0), elapsed, length, out_positions)
    _slerp(q0, q1, elapsed, length, extrapolate, out_quats)
    return -1


def interpolate_linear(stamps: Stamps, values: Floats, at: Stamps, extrapolate: bool, out: Floats) -> int:
    """Interpolate channels at the queries; return the first knot out of order."""
    disorder = _first_disorder(stamps)
    if disorder >= 0:
        return disorder
    i, j, elapsed, length = _bracket(stamps, at, extrapolate)
    _lerp(values.take(i, axis=0), values.take(j, axis=0), elapsed, length, out)
    return -1


def trajectory_check(stamps: Stamps, quats: Floats) -> int:
    """Return the first knot out of order, or bad."""
    disorder = _first_disorder(stamps)
    if disorder >= 0:
        return disorder
    bad = _bad(quats)
    return int(bad[0]) if bad.size else -1


def trajectory_at(
    stamps: Stamps,
    positions: Floats,
    quats: Floats,
    at: Stamps,
    extrapolate: bool,
    out_positions: Floats,
    out_quats: Floats,
) -> int:
    """Interpolate poses of checked knots at the queries; return -1."""
    i, j, elapsed, length = _bracket(stamps, at, extrapolate)
    _lerp(positions.take(i, axis=0), positions.take(j, axis=0), elapsed, length, out_positions)
    _slerp(quats.take(i, axis=0), quats.take(j, axis=0), elapsed, length, extrapolate, out_quats)
    return -1


def trajectory_gap(stamps: Stamps, at: Stamps, out: Stamps) -> int:
    """Write the distance in ns from each query to the nearest knot; return -1."""
    after = np.minimum(np.searchsorted(stamps, at), len(stamps) - 1)
    before = np.maximum(after - 1, 0)
    np.minimum(np.abs(at - stamps[before]), np.abs(at - stamps[after]), out=out)
    return -1


def _first_disorder(stamps: Stamps) -> int:
    wrong = stamps[1:] <= stamps[:-1]
    return int(wrong.argmax()) + 1 if wrong.any() else -1


def _bracket(
    stamps: Stamps, at: Stamps, extrapolate: bool
) -> tuple[NDArray[np.intp], NDArray[np.intp], Stamps, Stamps]:
    """Return each query's two knots, the time since the first and the time between them; one knot is its own pair."""
    if not extrapolate or len(stamps) == 1:  # one knot has no direction to be carried on in
        at = np.clip(at, stamps[0], stamps[-1])
    last = max(len(stamps) - 2, 0)
    i = np.clip(np.searchsorted(stamps, at, side="right") - 1, 0, last)
    j = np.minimum(i + 1, len(stamps) - 1)
    start = stamps[i]
    return i, j, at - start, stamps[j] - start


def _apart(t0: Stamps, t1: Stamps) -> NDArray[np.bool_]:
    # Overflow wraps to a negative difference, which the public function words as too far apart.
    return (t0 <= t1) & (t1 - t0 >= 0)


def _within(t: Stamps, t0: Stamps, t1: Stamps, extrapolate: bool) -> tuple[Stamps, Stamps]:
    # A segment without length has no direction to be carried on in.
    within = np.where(t0 == t1, t0, t) if extrapolate else np.clip(t, t0, t1)
    return within - t0, t1 - t0


def _bad(q: Floats) -> NDArray[np.intp]:
    """Return the rows that are zero or not finite, in order."""
    with np.errstate(over="ignore", invalid="ignore"):
        n = _dot(q, q)
        doubtful = np.flatnonzero(~((n > 1e-280) & (n < 1e280)))
    rows = q[doubtful]
    bad: NDArray[np.intp] = doubtful[~(np.isfinite(rows).all(axis=1) & rows.any(axis=1))]
    return bad


def _in_range(q: Floats) -> tuple[Floats, Floats]:
    """Return q and its squared norms; rows whose squares would leave the range of a double scaled by a power of two."""
    with np.errstate(over="ignore"):
        n = _dot(q, q)
    extreme = ~((n > 1e-280) & (n < 1e280))
    if extreme.any():
        q = q.copy()
        q[extreme] = np.ldexp(q[extreme], -np.frexp(np.abs(q[extreme]).max(axis=1))[1][:, None])
        n = _dot(q, q)
    return q, n


def _dot(a: Floats, b: Floats) -> Floats:
    # The same order of additions in every backend, so that all take the same arc at half a turn.
    p = a * b
    total: Floats = (p[:, 0] + p[:, 1]) + (p[:, 2] + p[:, 3])
    return total


def _slerp(q0: Floats, q1: Floats, elapsed: Stamps, length: Stamps, extrapolate: bool, out: Floats) -> None:
    den = np.where(length == 0, 1, length).astype(np.float64)
    f = elapsed / den
    g = (length - elapsed) / den
    np.copyto(f, 0.0, where=length == 0)
    np.copyto(g, 1.0, where=length == 0)
    (q0, n0), (q1, n1) = _in_range(q0), _in_range(q1)
    dot, scale0, scale1 = _dot(q0, q1), 1.0 / np.sqrt(n0), 1.0 / np.sqrt(n1)
    np.negative(scale1, out=scale1, where=dot < 0.0)
    if extrapolate:
        # The chord keeps the digits of a small angle, which the distance outside the knots would magnify.
        chord = q1 * scale1[:, None] - q0 * scale0[:, None]
        theta = 2.0 * np.arcsin(np.minimum(0.5 * np.sqrt(_dot(chord, chord)), 1.0))
    else:
        theta = np.arccos(np.minimum(dot * scale0 * scale1, 1.0))
    turns = theta > 0.0
    sine = np.where(turns, np.sin(theta), 1.0)
    a = np.where(turns, np.sin(g * theta) / sine, g) * scale0
    b = np.where(turns, np.sin(f * theta) / sine, f) * scale1
    np.multiply(q0, a[:, None], out=out)
    out += q1 * b[:, None]


def _lerp(p0: Floats, p1: Floats, elapsed: Stamps, length: Stamps, out: Floats) -> None:
    """Write p0 + (p1 - p0) elapsed / length, from the nearer knot, within 1 ulp.

    Plain arithmetic is that near while the step is at most an eighth of the result; where they cancel more than that,
    the products are summed exactly.
    """
    from_end = elapsed > length - elapsed
    num = np.where(from_end, elapsed - length, elapsed).astype(np.float64)[:, None]
    den = np.where(length == 0, 1, length).astype(np.float64)[:, None]
    base = np.where(from_end[:, None], p1, p0)
    with np.errstate(invalid="ignore", over="ignore"):  # NaN, inf and overflow pass through as values
        step = (num / den) * (p1 - p0)
        np.add(base, step, out=out)
        cancels = ~(8.0 * np.abs(step) <= np.abs(out))
    if cancels.any():
        row, column = np.nonzero(cancels)
        before = elapsed.astype(np.float64)[row]
        after = (length - elapsed).astype(np.float64)[row]
        with np.errstate(all="ignore"):
            exact = _exact(p0[row, column], p1[row, column], before, after, den[row, 0])
        otherwise = np.where(num[row, 0] == 0.0, base[row, column], out[row, column])  # at a knot, or overflow
        out[cancels] = np.where(np.isfinite(exact) & (num[row, 0] != 0.0), exact, otherwise)


def _exact(p0: Floats, p1: Floats, before: Floats, after: Floats, length: Floats) -> Floats:
    """Return (p0 after + p1 before) / length: the products in two doubles each, their sum without loss."""
    high0, low0 = _two_product(p0, after)
    high1, low1 = _two_product(p1, before)
    high, a = _two_sum(high0, high1)
    low, b = _two_sum(low0, low1)
    middle, c = _two_sum(a, low)
    high, d = _two_sum(high, middle)
    low, e = _two_sum(c, b)
    middle, f = _two_sum(d, low)
    high, low = _two_sum(high, middle)
    low += e + f
    quotient = high / length
    product, rest = _two_product(quotient, length)
    return quotient + (((high - product) - rest) + low) / length


def _two_sum(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """Return a + b and its rounding error (D. E. Knuth)."""
    s = a + b
    other = s - a
    return s, (a - (s - other)) + (b - other)


def _two_product(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """Return a * b and its rounding error (T. J. Dekker)."""
    a_high = a * _SPLIT
    a_high = a_high - (a_high - a)
    b_high = b * _SPLIT
    b_high = b_high - (b_high - b)
    a_low, b_low = a - a_high, b - b_high
    p = a * b
    return p, ((a_high * b_high - p) + a_high * b_low + a_low * b_high) + a_low * b_low


def _floats(q: Any) -> Quaternion:
    x, y, z, w = map(float, q)
    return x, y, z, w


def _rescaled(q: Any) -> Quaternion | None:
    """Scale by a power of two so that squares fit a double; None if zero or not finite."""
    largest = max(map(abs, q))
    if not 0.0 < largest < math.inf or any(c != c for c in q):
        return None
    exponent = -math.frexp(largest)[1]
    x, y, z, w = (math.ldexp(c, exponent) for c in q)
    return x, y, z, w
