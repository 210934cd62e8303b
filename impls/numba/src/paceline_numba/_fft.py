"""Complex FFTs with one signal per vector lane, run from the plans of :mod:`paceline.audio._fft`.

A row is one point of 32 real signals or 16 complex ones: 16 real parts, then 16 imaginary parts. No pass shuffles
within a row or moves one: forward decimates in frequency, inverse in time. An inverse pass is the forward arithmetic
with the rows' halves taken for each other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import cos, pi, sin, sqrt
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from paceline_numba._emit import F32, Memory, Value, address, emitted
from paceline_numba._kernels import inlined

LANES: Final = 16
ROW: Final = 2 * LANES
"""Floats of a row."""

RADICES: Final = (8, 7, 5, 4, 3, 2)


@inlined
def aligned(floats: Any) -> NDArray[np.float32]:
    """Return working memory from the start of a cache line on."""
    memory = np.empty(floats + 16, np.float32)
    skip = (-address(memory) & 63) // 4
    return memory[skip : skip + floats]


@dataclass(frozen=True, slots=True)
class Complex:
    """Vectors of real and imaginary parts."""

    re: Value
    im: Value

    def __add__(self, b: Complex) -> Complex:
        return Complex(self.re + b.re, self.im + b.im)

    def __sub__(self, b: Complex) -> Complex:
        return Complex(self.re - b.re, self.im - b.im)

    def turned(self) -> Complex:
        """Return it times -i."""
        return Complex(self.im, -self.re)

    def scaled(self, a: Value | float) -> Complex:
        return Complex(self.re * a, self.im * a)

    def plus(self, a: float, b: Complex) -> Complex:
        """Return self + a * b."""
        return Complex(b.re.times_plus(a, self.re), b.im.times_plus(a, self.im))

    def twiddled(self, c: Value | float, s: Value | float) -> Complex:
        """Return it times c + i s."""
        return Complex((-self.im).times_plus(s, self.re * c), self.re.times_plus(s, self.im * c))


def dft(x: list[Complex]) -> list[Complex]:
    """Transform 2 to 8 points."""
    return {2: _two, 4: _four, 8: _eight}.get(len(x), _odd)(x)


def _two(x: list[Complex]) -> list[Complex]:
    return [x[0] + x[1], x[0] - x[1]]


def _four(x: list[Complex]) -> list[Complex]:
    a, b, c, d = x[0] + x[2], x[0] - x[2], x[1] + x[3], (x[1] - x[3]).turned()
    return [a + c, b + d, a - c, b - d]


def _eight(x: list[Complex]) -> list[Complex]:
    """Two transforms of four; the second one's odd factors, (1 - i)/√2 and (-1 - i)/√2, wait for its last sums."""
    even = _four([x[k] + x[k + 4] for k in range(4)])
    a, b, c, d = (x[k] - x[k + 4] for k in range(4))
    b, d = Complex(b.re + b.im, b.im - b.re), Complex(d.im - d.re, -(d.re + d.im))  # without the factor 1/√2
    a, c = a + c.turned(), a - c.turned()
    total, other = b + d, (b - d).turned()
    half = sqrt(0.5)
    odd = [a.plus(half, total), c.plus(half, other), a.plus(-half, total), c.plus(-half, other)]
    return [even[0], odd[0], even[1], odd[1], even[2], odd[2], even[3], odd[3]]


def _odd(x: list[Complex]) -> list[Complex]:
    """Points k and -k share their products: their sum has cosines, their difference sines."""
    n = len(x)
    half = range(1, n // 2 + 1)
    sums, differences = [x[k] + x[n - k] for k in half], [(x[k] - x[n - k]).turned() for k in half]
    first = x[0]
    for each in sums:
        first = first + each
    result = [first] * n
    for q in half:
        a, b = x[0], None
        for k, total, difference in zip(half, sums, differences, strict=True):
            a = a.plus(cos(2 * pi * q * k / n), total)
            s = sin(2 * pi * q * k / n)
            b = difference.scaled(s) if b is None else b.plus(s, difference)
        assert b is not None
        result[q], result[n - q] = a + b, a - b
    return result


def _butterflies(
    radix: int,
    inverse: bool,
    count: Value,
    load: Callable[[Value, int, int], Value],
    store: Callable[[Value, int, int, Value], None],
    twiddles: Callable[[Value], Callable[[int], Value]] | None,
) -> None:
    """Emit a loop over butterflies: ``load(i, q, part)`` is the real or imaginary half of point q of butterfly i."""
    re, im = (LANES, 0) if inverse else (0, LANES)
    with count.loop() as i:
        x = [Complex(load(i, q, re), load(i, q, im)) for q in range(radix)]
        if twiddles is None:
            x = dft(x)
        else:
            factor = twiddles(i)
            turn = [(factor(2 * q).repeat(LANES), factor(2 * q + 1).repeat(LANES)) for q in range(radix - 1)]
            if inverse:
                x[1:] = [point.twiddled(*by) for point, by in zip(x[1:], turn, strict=True)]
            x = dft(x)
            if not inverse:
                x[1:] = [point.twiddled(*by) for point, by in zip(x[1:], turn, strict=True)]
        for q, point in enumerate(x):
            store(i, q, re, point.re)
            store(i, q, im, point.im)


def _for_each_radix(radix: Value, emit: Callable[[int], None]) -> None:
    for known in RADICES:
        with radix.compare("==", known).then():
            emit(known)


def _twiddles(table: Memory, first: Value, radix: int) -> Callable[[Value], Callable[[int], Value]]:
    """Return those of butterfly i, of a table that begins with number ``first``."""

    def of(i: Value) -> Callable[[int], Value]:
        begin = (first + i * (radix - 1)) * 2
        return lambda k: table.load(begin + k)

    return of


def _move(
    inverse: bool,
    source: Memory,
    source_first: Value,
    source_step: Value,
    target: Memory,
    target_first: Value,
    target_step: Value,
    count: Value,
    radix: Value,
    table: Memory,
    first: Value,
) -> None:
    """Run butterflies i < count from rows source_first + i + q * source_step into the target's, likewise."""

    def emit(r: int) -> None:
        _butterflies(
            r,
            inverse,
            count,
            lambda i, q, half: source.load((source_first + i + source_step * q) * ROW + half, LANES),
            lambda i, q, half, v: target.store((target_first + i + target_step * q) * ROW + half, v),
            _twiddles(table, first, r),
        )

    _for_each_radix(radix, emit)


def _leaves(inverse: bool, rows: Memory, start: Value, count: Value, radix: Value) -> None:
    """Run butterflies of neighbouring rows, which have no twiddles."""

    def emit(r: int) -> None:
        _butterflies(
            r,
            inverse,
            count,
            lambda i, q, half: rows.load((start + i * r + q) * ROW + half, LANES),
            lambda i, q, half, v: rows.store((start + i * r + q) * ROW + half, v),
            None,
        )

    _for_each_radix(radix, emit)


def _gathered(
    source: Memory, bins: Memory, gains: Memory, rows: Memory, start: Value, count: Value, radix: Value
) -> None:
    """Run the first inverse pass: row k is row bins[k] of the source times gains[k]."""

    def emit(r: int) -> None:
        def load(i: Value, q: int, half: int) -> Value:
            k = start + i * r + q
            return source.load(bins.load(k) * ROW + half, LANES) * gains.load(k).repeat(LANES)

        _butterflies(r, True, count, load, lambda i, q, half, v: rows.store((start + i * r + q) * ROW + half, v), None)

    _for_each_radix(radix, emit)


forward: Any = emitted(partial(_move, False), name="forward")
inverse: Any = emitted(partial(_move, True), name="inverse")
forward_leaves: Any = emitted(partial(_leaves, False), name="forward_leaves")
gathered: Any = emitted(_gathered, name="gathered")


# Between runs of samples and rows: 16 x 16 numbers at a time.


_ROUNDS: Final = (
    (1, [4 * group + lane for group in range(4) for lane in (0, 16, 1, 17)], 2),
    (2, [4 * group + lane for group in range(4) for lane in (0, 1, 16, 17)], 2),
    (4, [group + lane for group in (0, 8, 16, 24) for lane in range(4)], 4),
    (8, [group + lane for group in (0, 8, 16, 24) for lane in range(4)], 4),
)
"""How far apart the vectors are that are joined, which lanes of the two go into the first, and how far from those are
the others. Single shuffles all: neighbours, pairs, and twice whole groups of four."""


def transposed(rows: list[Value]) -> list[Value]:
    """Turn 16 vectors of 16."""
    for distance, lanes, beside in _ROUNDS:
        others = [lane + beside for lane in lanes]
        for k in range(LANES):
            if not k & distance:
                a, b = rows[k], rows[k + distance]
                rows[k], rows[k + distance] = a.pick(lanes, b), a.pick(others, b)
    return [rows[k & ~3 | (k & 1) << 1 | (k & 2) >> 1] for k in range(LANES)]  # the first round parts pairs


def _fill(runs: Memory, first_run: Value, offset: Value, tile: Memory, first: Value, step: Value) -> None:
    """Put 16 samples of 16 runs, whose addresses are given, into tile: sample j of all of them at first + j * step."""
    rows = [Memory.at(runs.load(first_run + lane), F32).load(offset, LANES) for lane in range(LANES)]
    for j, row in enumerate(transposed(rows)):
        tile.store(first + step * j, row)


def _drain(tile: Memory, first: Value, step: Value, places: Memory, first_place: Value, offset: Value) -> None:
    """Put 16 rows back behind each other, from ``offset`` on of the addresses in ``places``."""
    columns = [tile.load(first + step * j, LANES) for j in range(LANES)]
    for lane, column in enumerate(transposed(columns)):
        Memory.at(places.load(first_place + lane), F32).store(offset, column)


fill: Any = emitted(_fill, name="fill")
drain: Any = emitted(_drain, name="drain")
