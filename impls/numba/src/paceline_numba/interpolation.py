"""Trajectory interpolation in Numba; the contract is in :mod:`paceline.operations`.

A batch goes through in blocks of queries: bracket -> fractions -> products -> weights -> apply. Each stage is a plain
loop over a block's arrays, which LLVM turns into vector code; the arrays stay in the first-level cache. Rows are
unsigned: a signed index is checked for being negative, Python's way, and that check keeps a loop from becoming vector
code.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from paceline_numba import _kernels
from paceline_numba._kernels import jit as _jit

Stamps = NDArray[np.int64]
Floats = NDArray[np.float64]
Rows = NDArray[np.uintp]
Quaternion = tuple[float, float, float, float]
Integer = Any  # a Python int where Python calls, an int64 or uintp in compiled code

BLOCK = 256
GUESSES = 64  # from one anchor, which moves where guesses fail
ZERO, ONE = np.uintp(0), np.uintp(1)
SPLIT = 134_217_729.0  # 2**27 + 1: T. J. Dekker's constant, halves a double's 53 bits
TINY, HUGE = 1e-280, 1e280  # squared norms outside of these are rescaled before use
NEAR_UNIT = 2e-4  # up to here from 1, five terms of 1/sqrt(n) reach full precision
SMALL, MEDIUM = 8e-4, 2.8e-2  # up to here of 1 - cos, four and eight terms of the sine ratio do


class Block(NamedTuple):
    """The working memory of a block of queries, one array per quantity."""

    row: Rows  # of the lower knot
    elapsed: Stamps  # ns since the lower knot
    length: Stamps  # ns between the knots
    upper: Floats  # 1 where the upper knot is the nearer one, else 0
    num: Floats  # ns since the nearer knot, negative before it
    den: Floats  # length, or 1 where it is 0
    fraction: Floats  # num / den
    n0: Floats  # the quaternions' squared norms, then 1 / norm with the arc's sign in n1
    n1: Floats
    x: Floats  # their dot product, then 1 - |cos|
    a: Floats  # their weights
    b: Floats


@_jit
def _new_block() -> Block:
    times, floats = np.empty((2, BLOCK), np.int64), np.empty((9, BLOCK))
    return Block(
        np.empty(BLOCK, np.uintp),
        times[0],
        times[1],
        floats[0],
        floats[1],
        floats[2],
        floats[3],
        floats[4],
        floats[5],
        floats[6],
        floats[7],
        floats[8],
    )


# Bracket: which two knots, and how far between them.


@_jit
def _first_disorder(stamps: Stamps) -> int:
    before, after = stamps[:-1], stamps[1:]
    for start in range(0, len(after), 1024):  # no exit inside a chunk, so that it is vector code
        wrong = False
        a, b = before[start : start + 1024], after[start : start + 1024]
        for i in range(len(a)):
            wrong |= b[i] <= a[i]
        if wrong:
            for i in range(len(a)):
                if b[i] <= a[i]:
                    return start + i + 1
    return -1


@_jit
def _rate(stamps: Stamps) -> float:
    """Knots per ns."""
    return (len(stamps) - 1) / float(stamps[-1] - stamps[0]) if len(stamps) > 1 else 0.0


@_jit
def _search(stamps: Stamps, t: Integer, i: Integer) -> Integer:
    """Find the last knot at or before t: gallop away from i until it is enclosed, then bisect."""
    step = 1
    if stamps[i] > t:
        low, high = i - 1, i
        while stamps[low] > t:
            step *= 2
            low, high = max(low - step, 0), low
    else:
        low, high = i, i + 1
        while stamps[high] <= t:
            step *= 2
            low, high = high, min(high + step, len(stamps) - 1)
    size = high - low
    while size > 1:
        half = size >> 1
        low += half if stamps[low + half] <= t else 0
        size -= half
    return low


@_jit
def _guess(
    stamps: Stamps, at: Stamps, start: Integer, stop: Integer, anchor: Integer, rate: float, block: Block
) -> None:
    """Guess rows, several at once in vector code; the reads that correct them then wait for nothing."""
    first, last, last_segment, stamp = stamps[0], stamps[-1] - 1, len(stamps) - 2, stamps[anchor]
    row, times = block.row, block.elapsed
    for k in range(start, stop):
        t = min(max(at[k], first), last)  # so that a segment ends after t
        times[k] = t
        row[k] = np.uintp(min(max(anchor + np.int64(float(t - stamp) * rate), 0), last_segment))


@_jit
def _bracket(
    stamps: Stamps, at: Stamps, extrapolate: bool, anchor: Integer, rate: float, block: Block
) -> tuple[Integer, float]:
    """Fill row, elapsed and length; return where the next guesses start from, and at what pace."""
    row, elapsed, length = block.row, block.elapsed, block.length
    if len(stamps) == 1:  # one knot is its own pair
        for k in range(len(at)):
            row[k], elapsed[k], length[k] = ZERO, 0, 0
        return anchor, rate
    first, last = stamps[0], stamps[-1]
    for begin in range(0, len(at), GUESSES):
        start, stop = np.uintp(begin), np.uintp(min(begin + GUESSES, len(at)))
        _guess(stamps, at, start, stop, anchor, rate, block)
        missed = False
        for k in range(start, stop):
            t, i = elapsed[k], row[k]
            i += np.uintp(stamps[i + ONE] <= t)  # jitter puts one guess in ten a knot off: a branch would cost more
            i -= np.uintp(stamps[i] > t)
            if not stamps[i] <= t < stamps[i + ONE]:
                missed = True
                i = np.uintp(_search(stamps, t, np.int64(i)))
            t = at[k] if extrapolate else min(max(at[k], first), last)
            row[k], elapsed[k], length[k] = i, t - stamps[i], stamps[i + ONE] - stamps[i]
        if missed:  # go on from here, at the pace of these queries
            before, anchor = np.int64(row[start]), np.int64(row[stop - ONE])
            if anchor != before:
                rate = float(anchor - before) / float(stamps[anchor] - stamps[before])
    return anchor, rate


@_jit
def _wrapped(t1: Integer, t0: Integer) -> Integer:
    return np.int64(np.uint64(t1) - np.uint64(t0))  # of signed numbers Numba takes for granted that it fits


@_jit
def _in_order(t0: Integer, t1: Integer) -> bool:
    in_order: bool = (t0 <= t1) & (_wrapped(t1, t0) >= 0)
    return in_order


@_jit
def _pair_times(t: Stamps, t0: Stamps, t1: Stamps, extrapolate: bool, block: Block) -> bool:
    """Take each row as its own pair of knots; False where a pair is in the wrong order or too far apart for int64."""
    row, elapsed, length = block.row, block.elapsed, block.length
    good = True
    for k in range(len(t)):
        good &= _in_order(t0[k], t1[k])
        inside = t[k] if extrapolate else min(max(t[k], t0[k]), t1[k])
        row[k], length[k] = np.uintp(k), _wrapped(t1[k], t0[k])
        elapsed[k] = _wrapped(inside, t0[k]) if t1[k] != t0[k] else 0  # with t0 == t1 it is the first
    return good


@_jit
def _fractions(block: Block, n: int) -> None:
    """Measure from the nearer knot, in int64 before any double."""
    upper, num, den, fraction = block.upper, block.num, block.den, block.fraction
    for k in range(n):
        elapsed, length = block.elapsed[k], block.length[k]
        from_end = elapsed > length >> 1
        upper[k] = 1.0 if from_end else 0.0
        num[k] = float(elapsed - length if from_end else elapsed)
        den[k] = float(max(length, 1))
        fraction[k] = num[k] / den[k]


# Rotations: products -> weights -> apply.


@_jit
def _dot(x0: float, y0: float, z0: float, w0: float, x1: float, y1: float, z1: float, w1: float) -> float:
    # The same order of additions in every backend, so that all take the same arc at half a turn.
    return (x0 * x1 + y0 * y1) + (z0 * z1 + w0 * w1)


@_jit
def _rescaled(x: float, y: float, z: float, w: float) -> tuple[bool, float, float, float, float]:
    """Scale by a power of two so that squares fit a double; False if zero or not finite."""
    if not (math.isfinite(x) and math.isfinite(y) and math.isfinite(z) and math.isfinite(w)):
        return False, x, y, z, w
    largest = max(abs(x), abs(y), abs(z), abs(w))
    e = -math.frexp(largest)[1]
    return largest > 0.0, math.ldexp(x, e), math.ldexp(y, e), math.ldexp(z, e), math.ldexp(w, e)


@_jit
def _slerp_one(q0: Quaternion, q1: Quaternion, f: float, g: float) -> tuple[bool, float, float, float, float]:
    """Interpolate where the block's arithmetic does not do: extreme norms, outside of the knots. False if bad.

    The angle is taken from the chord, which keeps its digits between near rotations however far they are carried on.
    """
    good0, x0, y0, z0, w0 = _rescaled(q0[0], q0[1], q0[2], q0[3])
    good1, x1, y1, z1, w1 = _rescaled(q1[0], q1[1], q1[2], q1[3])
    if not (good0 and good1):
        return False, x0, y0, z0, w0
    i0 = 1.0 / math.sqrt(_dot(x0, y0, z0, w0, x0, y0, z0, w0))
    i1 = 1.0 / math.sqrt(_dot(x1, y1, z1, w1, x1, y1, z1, w1))
    if _dot(x0, y0, z0, w0, x1, y1, z1, w1) < 0.0:
        i1 = -i1
    x0, y0, z0, w0 = i0 * x0, i0 * y0, i0 * z0, i0 * w0
    x1, y1, z1, w1 = i1 * x1, i1 * y1, i1 * z1, i1 * w1
    chord = math.sqrt((x1 - x0) ** 2 + (y1 - y0) ** 2 + (z1 - z0) ** 2 + (w1 - w0) ** 2)
    theta = 2.0 * math.asin(min(0.5 * chord, 1.0))
    if theta > 0.0:
        f, g = math.sin(f * theta) / math.sin(theta), math.sin(g * theta) / math.sin(theta)
    return True, g * x0 + f * x1, g * y0 + f * y1, g * z0 + f * z1, g * w0 + f * w1


# sin(f theta) / sin(theta) is f (1 + c1 x (1 + c2 x (...))) with x = 1 - cos(theta), ck = (k - f f / k) / (2 k + 1).
# A cosine's rounding is harmless: the weights depend smoothly on x, with a slope of f (1 - f f) / 3 near 0.


@_jit
def _ratio4(f: float, x: float) -> float:
    s = f * f
    p = 1.0 + (4.0 / 9.0 - s * (1.0 / 36.0)) * x
    p = 1.0 + (3.0 / 7.0 - s * (1.0 / 21.0)) * x * p
    p = 1.0 + (2.0 / 5.0 - s * (1.0 / 10.0)) * x * p
    return f * (1.0 + (1.0 / 3.0 - s * (1.0 / 3.0)) * x * p)


@_jit
def _ratio8(f: float, x: float) -> float:
    s = f * f
    p = 1.0 + (8.0 / 17.0 - s * (1.0 / 136.0)) * x
    p = 1.0 + (7.0 / 15.0 - s * (1.0 / 105.0)) * x * p
    p = 1.0 + (6.0 / 13.0 - s * (1.0 / 78.0)) * x * p
    p = 1.0 + (5.0 / 11.0 - s * (1.0 / 55.0)) * x * p
    p = 1.0 + (4.0 / 9.0 - s * (1.0 / 36.0)) * x * p
    p = 1.0 + (3.0 / 7.0 - s * (1.0 / 21.0)) * x * p
    p = 1.0 + (2.0 / 5.0 - s * (1.0 / 10.0)) * x * p
    return f * (1.0 + (1.0 / 3.0 - s * (1.0 / 3.0)) * x * p)


# At any angle up to a right one between the 4-vectors, minimax polynomials: with y = x / 2 = sin(theta / 2)**2,
# asin(sqrt y) / sqrt y (error 3.5e-18) and sin(sqrt u) / sqrt u (2e-19).


@_jit
def _half_angle_ratio(y: float) -> float:
    p = -4.4388245427697991841 + y * 1.1264209926865336581
    p = -9.6696808959848812169 + y * (8.3250001629555336106 + y * p)
    p = -4.5358038577774418889 + y * (7.7681843194784742809 + y * p)
    p = -0.66412569321062864754 + y * (2.0016098322224659101 + y * p)
    p = -0.02631644573455330052 + y * (0.18095803245665061987 + y * p)
    p = 0.010929346635853875852 + y * (0.015091814736796417417 + y * p)
    p = 0.017349310312271253491 + y * (0.014019172263170341292 + y * p)
    p = 0.030381939881651882321 + y * (0.022372313173181128287 + y * p)
    p = 0.074999999999216019025 + y * (0.044642857225198235356 + y * p)
    return 0.99999999999999999815 + y * (0.16666666666666962275 + y * p)


@_jit
def _sine_ratio(u: float) -> float:
    p = -7.6430257389643450587e-13 + u * 2.7215660921125597963e-15
    p = -2.5052106889975130936e-8 + u * (1.6058940847832492062e-10 + u * p)
    p = -0.0001984126984120863862 + u * (2.7557319211223259502e-6 + u * p)
    p = -0.16666666666666665306 + u * (0.0083333333333331862815 + u * p)
    return 0.99999999999999999979 + u * p


@_jit
def _inverse_root(n: float) -> float:
    e = n - 1.0
    return 1.0 + e * (-0.5 + e * (0.375 + e * (-0.3125 + e * 0.2734375)))


@_jit
def _products(q0: Floats, q1: Floats, block: Block, n: int) -> None:
    """Fill x with the dot products, n0 and n1 with the squared norms."""
    row, n0, n1, x = block.row, block.n0, block.n1, block.x
    for k in range(n):
        i = row[k]
        x0, y0, z0, w0 = q0[i, 0], q0[i, 1], q0[i, 2], q0[i, 3]
        x1, y1, z1, w1 = q1[i, 0], q1[i, 1], q1[i, 2], q1[i, 3]
        x[k] = _dot(x0, y0, z0, w0, x1, y1, z1, w1)
        n0[k] = _dot(x0, y0, z0, w0, x0, y0, z0, w0)
        n1[k] = _dot(x1, y1, z1, w1, x1, y1, z1, w1)


@_jit
def _inverse_norms(block: Block, n: int) -> bool:
    """Turn squared norms into 1 / norm; False where one is extreme or not a number."""
    n0, n1 = block.n0, block.n1
    near, usual = True, True
    for k in range(n):
        near &= (abs(n0[k] - 1.0) <= NEAR_UNIT) & (abs(n1[k] - 1.0) <= NEAR_UNIT)
    if near:  # what recorders write; neither a root nor a division
        for k in range(n):
            n0[k], n1[k] = _inverse_root(n0[k]), _inverse_root(n1[k])
        return True
    for k in range(n):
        usual &= (n0[k] > TINY) & (n0[k] < HUGE) & (n1[k] > TINY) & (n1[k] < HUGE)
        n0[k], n1[k] = 1.0 / math.sqrt(n0[k]), 1.0 / math.sqrt(n1[k])
    return usual


@_jit
def _weights(block: Block, n: int) -> None:
    """Fill a and b; one formula serves a block, by its largest angle."""
    upper, fraction, n0, n1, x, a, b = block.upper, block.fraction, block.n0, block.n1, block.x, block.a, block.b
    small, medium = True, True
    for k in range(n):
        dot = x[k]
        x[k] = 1.0 - abs(dot) * n0[k] * n1[k]
        n1[k] = -n1[k] if dot < 0.0 else n1[k]  # the shorter arc
        small &= x[k] <= SMALL
        medium &= x[k] <= MEDIUM
    if small:
        for k in range(n):
            a[k] = _ratio4((1.0 - upper[k]) - fraction[k], x[k]) * n0[k]
            b[k] = _ratio4(upper[k] + fraction[k], x[k]) * n1[k]
    elif medium:
        for k in range(n):
            a[k] = _ratio8((1.0 - upper[k]) - fraction[k], x[k]) * n0[k]
            b[k] = _ratio8(upper[k] + fraction[k], x[k]) * n1[k]
    else:
        for k in range(n):
            y, f, g = 0.5 * x[k], upper[k] + fraction[k], (1.0 - upper[k]) - fraction[k]
            half = _half_angle_ratio(y)
            scale, square = half / math.sqrt(1.0 - y), 4.0 * y * half * half
            a[k] = g * scale * _sine_ratio(g * g * square) * n0[k]
            b[k] = f * scale * _sine_ratio(f * f * square) * n1[k]


@_jit
def _slerp_block(q0: Floats, q1: Floats, block: Block, n: int, extrapolate: bool, out: Floats) -> int:
    """Interpolate a block's rotations; return the first query with a bad knot, or -1."""
    _products(q0, q1, block, n)
    usual = _inverse_norms(block, n)
    _weights(block, n)
    for k in range(n):
        i, a, b = block.row[k], block.a[k], block.b[k]
        x, y = a * q0[i, 0] + b * q1[i, 0], a * q0[i, 1] + b * q1[i, 1]
        z, w = a * q0[i, 2] + b * q1[i, 2], a * q0[i, 3] + b * q1[i, 3]
        out[k, 0], out[k, 1], out[k, 2], out[k, 3] = x, y, z, w  # together, or they could not be one vector
    if extrapolate or not usual:
        for k in range(n):
            f, g = block.upper[k] + block.fraction[k], (1.0 - block.upper[k]) - block.fraction[k]
            if not usual or not 0.0 <= f <= 1.0:
                p, q = q0[block.row[k]], q1[block.row[k]]
                good, x, y, z, w = _slerp_one((p[0], p[1], p[2], p[3]), (q[0], q[1], q[2], q[3]), f, g)
                if not good:
                    return k
                out[k, 0], out[k, 1], out[k, 2], out[k, 3] = x, y, z, w
    return -1


# Positions and other channels: apply.


@_jit
def _two_sum(a: float, b: float) -> tuple[float, float]:
    """Return a + b and its rounding error (D. E. Knuth)."""
    s = a + b
    other = s - a
    return s, (a - (s - other)) + (b - other)


@_jit
def _two_product(a: float, b: float) -> tuple[float, float]:
    """Return a * b and its rounding error (T. J. Dekker)."""
    a_high = a * SPLIT
    a_high = a_high - (a_high - a)
    b_high = b * SPLIT
    b_high = b_high - (b_high - b)
    a_low, b_low = a - a_high, b - b_high
    p = a * b
    return p, ((a_high * b_high - p) + a_high * b_low + a_low * b_high) + a_low * b_low


@_jit
def _exact(p0: float, p1: float, before: float, after: float, length: float) -> float:
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


@_jit
def _compensated(base: float, p0: float, p1: float, from_end: bool, num: float, den: float, plain: float) -> float:
    """Sum the products exactly; where that overflows, the plain result."""
    if num == 0.0:
        return base  # at a knot, also where its neighbour is NaN
    exact = _exact(p0, p1, den + num, -num, den) if from_end else _exact(p0, p1, num, den - num, den)
    return exact if math.isfinite(exact) else plain


@_jit
def _is_plain(step: float, total: float) -> bool:
    return 8.0 * abs(step) <= abs(total)  # rounding the step then leaves the total within 1 ulp


@_jit
def _mended(
    step: float, total: float, base: float, p0: float, p1: float, from_end: bool, num: float, den: float
) -> float:
    return total if _is_plain(step, total) else _compensated(base, p0, p1, from_end, num, den, total)


@_jit
def _lerp_positions(p0: Floats, p1: Floats, block: Block, n: int, out: Floats) -> None:
    """Interpolate a block's rows of three from the nearer knot."""
    for k in range(n):
        i, w, from_end = block.row[k], block.fraction[k], block.upper[k] != 0.0
        x0, y0, z0 = p0[i, 0], p0[i, 1], p0[i, 2]
        x1, y1, z1 = p1[i, 0], p1[i, 1], p1[i, 2]
        x, y, z = (x1 if from_end else x0), (y1 if from_end else y0), (z1 if from_end else z0)
        dx, dy, dz = w * (x1 - x0), w * (y1 - y0), w * (z1 - z0)
        out[k, 0], out[k, 1], out[k, 2] = x + dx, y + dy, z + dz
        if not (_is_plain(dx, x + dx) & _is_plain(dy, y + dy) & _is_plain(dz, z + dz)):
            num, den = block.num[k], block.den[k]
            out[k, 0] = _mended(dx, x + dx, x, x0, x1, from_end, num, den)
            out[k, 1] = _mended(dy, y + dy, y, y0, y1, from_end, num, den)
            out[k, 2] = _mended(dz, z + dz, z, z0, z1, from_end, num, den)


@_jit
def _lerp_channels(p0: Floats, p1: Floats, block: Block, n: int, out: Floats) -> None:
    """Interpolate a block's rows, a channel at a time: gathered first, so that the arithmetic is vector code."""
    row, fraction, upper, low, high, total = block.row, block.fraction, block.upper, block.a, block.b, block.x
    for c in range(p0.shape[1]):
        for k in range(n):
            low[k], high[k] = p0[row[k], c], p1[row[k], c]
        plain = True
        for k in range(n):
            step = fraction[k] * (high[k] - low[k])
            total[k] = (high[k] if upper[k] != 0.0 else low[k]) + step
            plain &= _is_plain(step, total[k])
        for k in range(n):
            out[k, c] = total[k]
        if not plain:
            for k in range(n):
                from_end = upper[k] != 0.0
                step, base = fraction[k] * (high[k] - low[k]), high[k] if from_end else low[k]
                out[k, c] = _mended(step, total[k], base, low[k], high[k], from_end, block.num[k], block.den[k])


@_jit
def _lerp_block(p0: Floats, p1: Floats, block: Block, n: int, out: Floats) -> None:
    if p0.shape[1] == 3:
        _lerp_positions(p0, p1, block, n, out)
    else:
        _lerp_channels(p0, p1, block, n, out)


# The operations.


@_jit
def _poses(
    stamps: Stamps,
    positions: Floats,
    quats: Floats,
    at: Stamps,
    extrapolate: bool,
    out_positions: Floats,
    out_quats: Floats,
) -> int:
    block = _new_block()
    step = min(len(stamps) - 1, 1)
    next_positions, next_quats = positions[step:], quats[step:]
    anchor, rate = 0, _rate(stamps)
    for start in range(0, len(at), BLOCK):
        queries = at[start : start + BLOCK]
        n = len(queries)
        anchor, rate = _bracket(stamps, queries, extrapolate, anchor, rate, block)
        _fractions(block, n)
        bad = _slerp_block(quats, next_quats, block, n, extrapolate, out_quats[start : start + n])
        if bad >= 0:
            i: Integer = np.int64(block.row[bad])
            q = quats[i]
            good: bool = _rescaled(q[0], q[1], q[2], q[3])[0]
            return int(i + step if good else i)
        _lerp_positions(positions, next_positions, block, n, out_positions[start : start + n])
    return -1


def _slerp_quaternion(
    t: int, t0: int, q0: Quaternion, t1: int, q1: Quaternion, extrapolate: bool = False
) -> Quaternion:
    """Interpolate one pair; four NaNs where t1 < t0 or a quaternion is zero or not finite."""
    if t1 < t0:
        return math.nan, math.nan, math.nan, math.nan
    if not extrapolate:
        t = min(max(t, t0), t1)
    f, g = 0.0, 1.0
    if t1 != t0:
        length = float(np.uint64(t1) - np.uint64(t0))  # which int64 need not hold
        f = float(np.uint64(t) - np.uint64(t0)) if t >= t0 else -float(np.uint64(t0) - np.uint64(t))
        g = float(np.uint64(t1) - np.uint64(t)) if t1 >= t else -float(np.uint64(t) - np.uint64(t1))
        f, g = f / length, g / length
    good, x, y, z, w = _slerp_one(q0, q1, f, g)
    return (x, y, z, w) if good else (math.nan, math.nan, math.nan, math.nan)


def _slerp_quaternions_batch(
    t: Stamps, t0: Stamps, q0: Floats, t1: Stamps, q1: Floats, extrapolate: bool, out: Floats
) -> int:
    """Interpolate n pairs; return the first row with t1 < t0 or a bad quaternion."""
    block = _new_block()
    for start in range(0, len(t), BLOCK):
        end = min(start + BLOCK, len(t))
        n = end - start
        apart = _pair_times(t[start:end], t0[start:end], t1[start:end], extrapolate, block)
        _fractions(block, n)
        bad = _slerp_block(q0[start:end], q1[start:end], block, n, extrapolate, out[start:end])
        if not apart:
            for k in range(n):
                if k == bad or not _in_order(t0[start + k], t1[start + k]):
                    return start + k
        if bad >= 0:
            return start + bad
    return -1


def _interpolate_positions_batch(
    t: Stamps, t0: Stamps, p0: Floats, t1: Stamps, p1: Floats, extrapolate: bool, out: Floats
) -> int:
    """Interpolate n pairs linearly; return the first row with t1 < t0."""
    block = _new_block()
    for start in range(0, len(t), BLOCK):
        end = min(start + BLOCK, len(t))
        if not _pair_times(t[start:end], t0[start:end], t1[start:end], extrapolate, block):
            for k in range(start, end):
                if not _in_order(t0[k], t1[k]):
                    return k
        _fractions(block, end - start)
        _lerp_block(p0[start:end], p1[start:end], block, end - start, out[start:end])
    return -1


def _interpolate_trajectory_batch(
    stamps: Stamps,
    positions: Floats,
    quats: Floats,
    at: Stamps,
    extrapolate: bool,
    out_positions: Floats,
    out_quats: Floats,
) -> int:
    """Interpolate poses at the queries; return the first knot out of order, or touched and bad."""
    bad = _first_disorder(stamps)
    if bad >= 0:
        return bad
    return _poses(stamps, positions, quats, at, extrapolate, out_positions, out_quats)


def _interpolate_linear(stamps: Stamps, values: Floats, at: Stamps, extrapolate: bool, out: Floats) -> int:
    """Interpolate channels at the queries; return the first knot out of order."""
    bad = _first_disorder(stamps)
    if bad >= 0:
        return bad
    block = _new_block()
    next_values = values[min(len(stamps) - 1, 1) :]
    anchor, rate = 0, _rate(stamps)
    for start in range(0, len(at), BLOCK):
        queries = at[start : start + BLOCK]
        anchor, rate = _bracket(stamps, queries, extrapolate, anchor, rate, block)
        _fractions(block, len(queries))
        _lerp_block(values, next_values, block, len(queries), out[start : start + BLOCK])
    return -1


def _trajectory_check(stamps: Stamps, quats: Floats) -> int:
    """Return the first knot out of order, or bad."""
    bad = _first_disorder(stamps)
    if bad >= 0:
        return bad
    for k in range(len(quats)):
        x, y, z, w = quats[k, 0], quats[k, 1], quats[k, 2], quats[k, 3]
        if not TINY < _dot(x, y, z, w, x, y, z, w) < HUGE and not _rescaled(x, y, z, w)[0]:
            return k
    return -1


def _trajectory_at(
    stamps: Stamps,
    positions: Floats,
    quats: Floats,
    at: Stamps,
    extrapolate: bool,
    out_positions: Floats,
    out_quats: Floats,
) -> int:
    """Interpolate poses of checked knots at the queries; return -1."""
    return _poses(stamps, positions, quats, at, extrapolate, out_positions, out_quats)


def _trajectory_gap(stamps: Stamps, at: Stamps, out: Stamps) -> int:
    """Write the distance in ns from each query to the nearest knot; return -1."""
    block = _new_block()
    following = stamps[min(len(stamps) - 1, 1) :]
    anchor, rate = 0, _rate(stamps)
    for start in range(0, len(at), BLOCK):
        queries, gaps = at[start : start + BLOCK], out[start : start + BLOCK]
        anchor, rate = _bracket(stamps, queries, True, anchor, rate, block)
        for k in range(len(queries)):
            gaps[k] = min(abs(queries[k] - stamps[block.row[k]]), abs(following[block.row[k]] - queries[k]))
    return -1


# What each kernel is compiled for: a tuple with an int in it is converted, and a wrong one refused.
_TIMES, _TABLE = "Array(int64, 1, 'C', readonly=True)", "Array(float64, 2, 'C', readonly=True)"
_OUT_TIMES, _OUT = "Array(int64, 1, 'C')", "Array(float64, 2, 'C')"
_FOUR = "UniTuple(float64, 4)"
_PAIRS = f"intp({_TIMES}, {_TIMES}, {_TABLE}, {_TIMES}, {_TABLE}, boolean, {_OUT})"
_POSES = f"intp({_TIMES}, {_TABLE}, {_TABLE}, {_TIMES}, boolean, {_OUT}, {_OUT})"

__getattr__, __dir__, WARM = _kernels.on_demand(
    globals(),
    {
        "slerp_quaternion": (
            _slerp_quaternion,
            [f"{_FOUR}(int64, int64, {_FOUR}, int64, {_FOUR}, {flag})" for flag in ("boolean", "Omitted(False)")],
        ),
        "slerp_quaternions_batch": (_slerp_quaternions_batch, [_PAIRS]),
        "interpolate_positions_batch": (_interpolate_positions_batch, [_PAIRS]),
        "interpolate_trajectory_batch": (_interpolate_trajectory_batch, [_POSES]),
        "interpolate_linear": (_interpolate_linear, [f"intp({_TIMES}, {_TABLE}, {_TIMES}, boolean, {_OUT})"]),
        "trajectory_check": (_trajectory_check, [f"intp({_TIMES}, {_TABLE})"]),
        "trajectory_at": (_trajectory_at, [_POSES]),
        "trajectory_gap": (_trajectory_gap, [f"intp({_TIMES}, {_TIMES}, {_OUT_TIMES})"]),
    },
)
