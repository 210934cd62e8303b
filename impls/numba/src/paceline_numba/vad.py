"""Voice activity in Numba; the contract is in :mod:`paceline.operations`.

One frame fills the lanes by itself: its samples lie in rows of 16, the columns are transformed without a shuffle, two
rows at a time as one that is complex, a transposition of 16 x 16 numbers brings the columns' results into rows, and
those are transformed in turn.
What is left of a frame is an energy and a product; the logarithms of eight frames are then taken in eight lanes, also
if there is only one frame. So each frame's bits come out of the same operations however the signal is cut. All of this
may contract products and sums: levels are equal within a tolerance.
"""

from __future__ import annotations

from math import cos, factorial, log, log10, pi, sin
from typing import Any

import numpy as np
from numba import types
from numba.np.numpy_support import carray as _carray
from numpy.typing import NDArray

from paceline_numba import _fft, _kernels
from paceline_numba._emit import F32, F64, I32, I64, Memory, Value
from paceline_numba._emit import emitted as _emitted
from paceline_numba._emit import on_stack as _on_stack
from paceline_numba._emit import together as _together
from paceline_numba._fft import LANES, ROW, Complex
from paceline_numba._kernels import inlined as _inlined
from paceline_numba._kernels import jit as _jit

Floats = NDArray[np.float32]
Counts = NDArray[np.int64]
Flags = NDArray[np.bool_]
Integer = Any  # a Python int where Python calls, an int64 in compiled code

_ADAPTIVE, _FIXED, _RMS = range(3)  # as paceline.audio._voice counts them
HEAD = 11
"""Numbers in a plan before the radices."""

LOUDEST = np.float32(1e12)
LOUDEST_BITS = int(LOUDEST.view(np.int32))
LOUD = 0.9e24
"""No sum of squares with one that is louder is less, however it is rounded."""
WIDE = 64
"""Samples that are looked at together."""

LEAST_POWER = 1e-14
LEAST_LEVEL = 4e-10
LEAST_PART = 0.05
"""What flatness leaves of a frame at least."""

AT_ONCE = 8
"""Frames whose logarithms are taken together."""

DB = 10 * log10(2)
"""10·log10(x) in units of log2(x)."""


def _loudest(x: Memory, count: Value) -> Value:
    """Return the largest magnitude of ``WIDE`` samples or more, as its bits: as integers those of NaN come last."""

    def bits(place: Value) -> Value:
        return x.load(place, WIDE).bits(I32, WIDE) & ~(1 << 31)

    worst = Memory.local(x.builder, I32, WIDE)
    with (count // WIDE).loop() as turn:
        worst.store(0, worst.load(0, WIDE).call("llvm.smax", bits(turn * WIDE)))
    return bits(count - WIDE).call("llvm.smax", worst.load(0, WIDE)).folded(lambda a, b: a.call("llvm.smax", b))


_emit_loudest = _emitted(_loudest, types.int32, name="loudest")


@_jit
def _first_bad(x: Floats) -> Integer:
    """Return the first sample that is no number or too large, or -1."""
    if len(x) >= WIDE and _emit_loudest(x, len(x)) <= LOUDEST_BITS:
        return -1
    for i in range(len(x)):
        if not abs(x[i]) <= LOUDEST:
            return i
    return -1


# The level of a frame.


def _vectors(first: Value, count: Value, take: Any) -> None:
    """Call ``take(place, used)`` for vectors from ``first`` on.

    Of the last one, which overlaps what is before it, only those lanes are used that are left over; of the others,
    None, all.
    """
    whole = count // LANES
    with whole.loop() as turn:
        take(first + turn * LANES, None)
    rest = count - whole * LANES
    with rest.compare(">", 0).then():
        take(first + count - LANES, Value.counting(first.builder, LANES).compare(">=", (-rest + LANES).repeat(LANES)))


def _pack(x: Memory, first: Value, frame: Value, window: Memory, rows: Memory, count: Value) -> Value:
    """Weight a frame: rows of 16 samples are real parts and every second one imaginary parts; zeros follow.

    Return whether no sample can be bad: with one the sum of the squares is not below a limit. The next frame is
    fetched meanwhile.
    """
    loud = Memory.local(x.builder, F32, ROW)
    loud.store(0, loud.load(0, ROW) * 0.0)

    def put(row: Value, samples: Value, weights: Value) -> None:
        loud.store(0, samples.times_plus(samples, loud.load(0, ROW)))
        rows.store(row * ROW, samples * weights)

    whole = frame // ROW
    with whole.loop() as row:
        for half in (0, LANES):
            x.fetch(first + frame + row * ROW + half, 0, 64)
        put(row, x.load(first + row * ROW, ROW), window.load(row * ROW, ROW))
    rest = frame - whole * ROW
    with rest.compare(">", 0).then():  # other tables lie behind the window, so that can be read on
        some = Memory.local(x.builder, F32, ROW)
        some.copy(0, x, first + whole * ROW, rest)
        put(whole, some.load(0, ROW), window.load(whole * ROW, ROW))
    filled = (frame + (ROW - 1)) // ROW
    zeros = Memory.local(x.builder, F32, ROW).load(0, ROW)
    with (count - filled).loop() as row:
        rows.store((filled + row) * ROW, zeros)
    return loud.load(0, ROW).folded(Value.__add__).compare("<", LOUD)


def _part(
    rows: Memory,
    order: Memory,
    order_at: Value,
    count: Value,
    tables: Memory,
    turns: Value,
    split: Value,
    halves: Value,
) -> None:
    """Part the rows that were transformed as real and imaginary parts, and turn what comes out."""

    def read(memory: Memory, place: Value) -> Complex:
        return Complex(memory.load(place, LANES), memory.load(place + LANES, LANES))

    with (count // 2 + 1).loop() as k:
        far = count - k
        a = read(rows, order.load(order_at + k) * ROW)
        b = read(rows, order.load(order_at + k.compare(">", 0).choose(far, 0)) * ROW)
        c, s = (tables.load(split + k * 2 + i).repeat(LANES) for i in range(2))
        odd = Complex(a.re - b.re, a.im + b.im).twiddled(c, s)
        even = Complex(a.re + b.re, a.im - b.im)
        near, mirrored = even + odd, Complex(even.re - odd.re, odd.im - even.im)
        for place, point in ((k, near), (far, mirrored)):
            turn = read(tables, turns + place * ROW)
            turned = point.twiddled(turn.re, turn.im)
            rows.store(halves + place * ROW, turned.re)
            rows.store(halves + place * ROW + LANES, turned.im)


class _Sums:
    """What is known of the bins weighed so far: their energy, and their powers' product."""

    def __init__(self, builder: Any) -> None:
        self.builder = builder
        self.energy, self.product = (Memory.local(builder, F32, LANES) for _ in range(2))
        self.exponents, self.biases = Memory.local(builder, I32, LANES), Memory.local(builder, I32, 1)
        self.product.store(0, self.energy.load(0, LANES) + 1.0)

    def weigh(self, x: Complex, first: Value, beyond: Value) -> None:
        """Take the powers |X|² + 1e-14 of the lanes in a range."""
        some = beyond.compare(">", 0) & first.compare("<", LANES) & first.compare("<", beyond)
        with some.then():
            lanes = Value.counting(self.builder, LANES)
            within = lanes.compare(">=", first.repeat(LANES)) & lanes.compare("<", beyond.repeat(LANES))
            power = x.im.times_plus(x.im, x.re.times_plus(x.re, x.re.same(LEAST_POWER)))
            self.energy.store(0, self.energy.load(0, LANES) + within.choose(power, 0.0))
            self._take(within.choose(power, 1.0), self.product.load(0, LANES))

    def normalize(self) -> None:
        """Keep the mantissas' product in the range of a float."""
        product = self.product.load(0, LANES)
        self._take(product, product.same(1.0))

    def _take(self, factor: Value, product: Value) -> None:
        raw = factor.bits(I32, LANES)
        self.exponents.store(0, self.exponents.load(0, LANES) + (raw >> 23))
        self.biases.store(0, self.biases.load(0) + 127 * LANES)
        self.product.store(0, product * (raw & (1 << 23) - 1 | 127 << 23).bits(F32, LANES))

    def told(self, parts: Memory, frame: Value) -> None:
        """Write energy, mantissa and exponent of a frame."""
        factors = self.product.load(0, LANES).to(F64)
        total = self.exponents.load(0, LANES).folded(Value.__add__) - self.biases.load(0)
        energy = self.energy.load(0, LANES).folded(Value.__add__).to(F64)
        for i, part in enumerate((energy, factors.folded(Value.__mul__), total.to(F64))):
            parts.store(frame + i * AT_ONCE, part)


def _band(
    halves: Memory,
    start: Value,
    count: Value,
    tables: Memory,
    firsts: Value,
    low: Value,
    high: Value,
    parts: Memory,
    frame: Value,
) -> None:
    """Go from the columns' bins to those of the whole frame; note the band's energy and its powers' product.

    Column k has the bins k, k + step, k + 2 step and so on; those beyond the middle are mirror images of lower ones.
    Of less than 16 columns the last one stands in for those that are missing, and is not counted again.
    """
    sums = _Sums(halves.builder)
    step = count * 2
    _weigh_firsts(halves, start, step, tables, firsts, low, high, sums)
    lower = high.compare("<=", count * 8)
    with lower.then():  # the other bins are not computed
        _weigh_columns(halves, start, count, low, high, sums, 4)
    with (lower ^ True).then():
        _weigh_columns(halves, start, count, low, high, sums, 8)
    sums.told(parts, frame)


def _weigh_firsts(
    halves: Memory, start: Value, step: Value, tables: Memory, firsts: Value, low: Value, high: Value, sums: _Sums
) -> None:
    """Take the first column's bins, multiples of the step; that column is real."""
    terms: list[Value | None] = [None] * 4
    for i in range(LANES):
        sample, factors = halves.load(start + i).repeat(LANES), tables.load(firsts + i * LANES, LANES)
        before = terms[i % 4]
        terms[i % 4] = sample * factors if before is None else sample.times_plus(factors, before)
    a, b, c, d = (term for term in terms if term is not None)
    bins = (a + b) + (c + d)
    half = [*range(LANES // 2)]
    x = Complex(bins.pick(half + half), bins.pick([LANES // 2 + k for k in half + half]))
    up = step - 1
    sums.weigh(x, (low + up) // step, ((high + up) // step).call("llvm.smin", LANES // 2))


def _weigh_columns(
    halves: Memory, start: Value, count: Value, low: Value, high: Value, sums: _Sums, wanted: int
) -> None:
    """Take the other bins; ``wanted`` of eight ranges on each side have to be computed."""
    step = count * 2
    with ((count + (LANES - 1)) // LANES).loop() as tile:
        first = tile * LANES + 1
        places = [start + (first + i).call("llvm.smin", count) * ROW for i in range(LANES)]
        re, im = (_fft.transposed([halves.load(place + part, LANES) for place in places]) for part in (0, LANES))
        x = _sixteen([Complex(*parts) for parts in zip(re, im, strict=True)])
        inside = count - first  # lanes before the middle column, which is its own mirror image
        for i in range(wanted):
            near = step * i + first
            sums.weigh(x[i], low - near, (high - near).call("llvm.smin", inside + 1))
            far = step * (i + 1) - first
            sums.weigh(x[LANES - 1 - i], far - high + 1, (far - low + 1).call("llvm.smin", inside))
        sums.normalize()


def _sixteen(x: list[Complex]) -> list[Complex]:
    """Transform 16 points, four by four."""
    columns = [_fft.dft(x[j::4]) for j in range(4)]
    for q in range(4):
        x[q::4] = _fft.dft([_turned(column[q], j * q) for j, column in enumerate(columns)])
    return x


def _turned(point: Complex, sixteenths: int) -> Complex:
    if sixteenths % 4 == 0:
        return point.turned() if sixteenths else point
    return point.twiddled(cos(pi * sixteenths / 8), -sin(pi * sixteenths / 8))


# Logarithms, right to 1e-12. Inlined series: a call would be one for each lane.

_FRACTION = (1 << 52) - 1
_ONE = 1023 << 52
_WHOLE = 1.5 * 2.0**52
"""Numbers near it have no fraction, and their last bits count up or down from 0."""


def _log2(x: Value) -> Value:
    """Of normal positive numbers."""
    offset = _ONE - int(np.float64(0.5**0.5).view(np.int64))  # mantissas are taken from [√½, √2)
    raw = x.bits(I64, x.count) + offset
    exponent = (raw >> 52).to(F64) - 1023.0
    mantissa = ((raw & _FRACTION) + (_ONE - offset)).bits(F64, x.count)
    s = (mantissa - 1.0) / (mantissa + 1.0)  # ln(m) = 2·artanh(s), |s| < 0.172
    series = _series(s * s, [1 / k for k in range(1, 16, 2)])
    return (s * series).times_plus(2 / log(2), exponent)


def _exp2(x: Value) -> Value:
    """Of numbers from -1,000 to 1,000."""
    shifted = x + _WHOLE
    t = (x - (shifted - _WHOLE)) * log(2)
    power = (shifted.bits(I64, x.count) << 52) + _ONE
    return power.bits(F64, x.count) * _series(t, [1 / factorial(k) for k in range(11)])


def _series(x: Value, factors: list[float]) -> Value:
    """Sum factors[k] * x**k: pairs, pairs of pairs and so on, which do not wait for each other."""
    terms = [x.same(factor) for factor in factors]
    while len(terms) > 1:
        pairs = [high.times_plus(x, low) for low, high in zip(terms[::2], terms[1::2], strict=False)]
        terms = pairs + terms[2 * len(pairs) :]
        x = x * x
    return terms[0]


def _levels(parts: Memory, width: Value) -> None:
    """Turn energies, first in ``parts``, into levels: 10·log10(E · max(1 - F, 0.05)² + 4e-10)."""
    energy, product, exponent = (parts.load(i * AT_ONCE, AT_ONCE) for i in range(3))
    bins = width.to(F64).repeat(AT_ONCE)
    mean = _exp2((_log2(product) + exponent) * (bins.same(1.0) / bins))
    left = (-mean).times_plus(bins / energy, mean.same(1.0)).at_least(LEAST_PART)
    level = _log2((energy * left).times_plus(left, LEAST_LEVEL)) * DB
    parts.store(0, level.to(F32).to(F64))


def _mean_square(x: Memory, first: Value, count: Value) -> Value:
    """In double precision; of as many samples as there are lanes, or more."""
    total = Memory.local(x.builder, F64, LANES)

    def take(place: Value, used: Value | None) -> None:
        sample = x.load(place, LANES).to(F64)
        sample = sample if used is None else used.choose(sample, 0.0)
        total.store(0, sample.times_plus(sample, total.load(0, LANES)))

    _vectors(first, count, take)
    return total.load(0, LANES).folded(Value.__add__) / count.to(F64)


# The levels of the last seconds.


def _places(history: Memory, first: Value, count: Value, level: Value, old: Value) -> Value:
    """Return how many of the levels from ``first`` on are below these two; ``first`` is no less than the lanes."""
    limits = [level.repeat(LANES), old.repeat(LANES)]
    totals = [Memory.local(history.builder, I32, LANES) for _ in limits]

    def take(place: Value, used: Value | None) -> None:
        known = history.load(place, LANES)
        for limit, total in zip(limits, totals, strict=True):
            below = known.compare("<", limit)
            below = below if used is None else below & used
            total.store(0, total.load(0, LANES) + below.to(I32, unsigned=True))

    _vectors(first, count, take)
    return _together([total.load(0, LANES).folded(Value.__add__).to(I64) for total in totals])


def _shift(memory: Memory, to: Value, origin: Value, count: Value) -> None:
    memory.copy(to, memory, origin, count)


_emit_pack, _emit_part = _emitted(_pack, types.boolean, name="pack"), _emitted(_part, name="part")
_emit_band, _emit_levels = _emitted(_band, name="band"), _emitted(_levels, name="levels")
_emit_mean_square = _emitted(_mean_square, types.float64, name="mean_square")
_emit_places = _emitted(_places, types.UniTuple(types.int64, 2), name="places")  # type: ignore[no-untyped-call]
_emit_shift = _emitted(_shift, name="shift")

NEAR = 4 * 2048 + ROW
"""Numbers of working memory that lie on the stack: those for spectra of 4,096 samples."""

_near, _few = _on_stack(types.float32, NEAR), _on_stack(types.float32, AT_ONCE)
_parts = _on_stack(types.float64, 3 * AT_ONCE)


@_inlined
def _columns(memory: Floats, rows: Integer, plan: Counts, radices: Integer, twiddles: Floats) -> None:
    """Transform the columns of all rows in place."""
    block, first = rows, 0
    for stage in range(radices):
        radix = plan[HEAD + stage]
        part = block // radix
        if part > 1:
            for begin in range(0, rows, block):
                _fft.forward(memory, begin, part, memory, begin, part, part, radix, twiddles, first)
        else:
            _fft.forward_leaves(memory, 0, rows // radix, radix)
        first += part * (radix - 1)
        block = part


@_inlined
def _insert(history: Floats, memory: Integer, seen: Integer, at: Integer, level: Any) -> tuple[Any, Any]:
    """Take a level in place of the oldest, and return the lower quartile and the 95th percentile.

    Counting all of them takes less time than two searches whose branches nobody can foresee.
    """
    known = min(seen, memory)
    place, gone = _emit_places(history, memory, known, level, history[at])
    if known < memory:
        gone = known
    if gone < place:
        place -= 1
        _emit_shift(history, memory + gone, memory + gone + 1, place - gone)
    else:
        _emit_shift(history, memory + place + 1, memory + place, gone - place)
    history[memory + place] = level
    history[at] = level
    count = min(seen + 1, memory)
    return history[memory + count // 4], history[memory + count * 19 // 20]


def _detect_voice(
    x: Floats,
    flush: bool,
    plan: Counts,
    tables: Floats,
    threshold: float,
    below_peak: float,
    history: Floats,
    state: Counts,
    scores: Floats,
    flags: Flags,
) -> int:
    """Judge the whole frames of (samples,) and write every decision that they determine."""
    mode, frame, rows, low, high = plan[0], plan[1], plan[2] // ROW, plan[3], plan[4]
    memory, shortest, hang, silence = plan[5], plan[6], plan[8], plan[9]
    lag = shortest - 1 + plan[7]
    delay = lag + silence - 1
    seen, run, until, start, end, told = state[0], state[1], state[2], state[3], state[4], state[5]
    whole = len(x) // frame
    turns = frame
    firsts = turns + ROW * (rows + 1)
    split = firsts + LANES * LANES
    twiddles = tables[split + 2 * (rows // 2 + 1) :]
    # The rows, then the real columns' bins up to the middle one.
    halves = rows * ROW
    floats = halves + (rows + 1) * ROW
    work = _carray(_near(), NEAR) if floats <= NEAR else _fft.aligned(floats)
    parts = _carray(_parts(), 3 * AT_ONCE)
    parts[:] = 1.0
    levels = _carray(_few(), AT_ONCE) if whole <= AT_ONCE else np.empty(whole, np.float32)
    # Bad samples are looked for meanwhile, so that a long signal goes through the cache once.
    checked = 0
    if mode != _RMS:
        for i in range(0, whole, AT_ONCE):
            count, good = min(AT_ONCE, whole - i), True
            for k in range(count):
                good &= _emit_pack(x, (i + k) * frame, frame, tables, work, rows)
                _columns(work, rows, plan, plan[10], twiddles)
                _emit_part(work, plan, HEAD + plan[10], rows, tables, turns, split, halves)
                _emit_band(work, halves, rows, tables, firsts, low, high, parts, k)
            checked = (i + count) * frame
            if not good:
                bad: int = _first_bad(x[i * frame : checked])
                if bad >= 0:
                    return int(i * frame + bad)
            _emit_levels(parts, high - low)
            for k in range(count):
                levels[i + k] = parts[k]
    bad = _first_bad(x[checked:])
    if bad >= 0:
        return int(checked + bad)
    at, slot = seen % memory, seen % (delay + 1)
    wrote, room = 0, min(len(scores), len(flags))
    for i in range(whole + (delay if flush else 0)):
        active: Any = False
        if i < whole:
            if mode == _RMS:
                power = _emit_mean_square(x, i * frame, frame)
                active = power > threshold * threshold
                score = np.float32(10 * log10(power + 1e-30))
            else:
                level = levels[i]
                if mode == _FIXED:
                    active = level > threshold
                    score = level
                else:
                    floor, peak = _insert(history, memory, seen, at, level)
                    active = level > max(floor + threshold, peak - below_peak)
                    score = level - floor
                    at = at + 1 if at + 1 < memory else 0
            history[2 * memory + slot] = score
        run = run + 1 if active else 0
        if run >= shortest:
            until = seen + hang
        late = seen - lag
        if 0 <= late <= until:
            if late - end > silence:
                start = late
            end = late
        slot = slot + 1 if slot < delay else 0
        decided = seen - delay
        if decided >= 0 and wrote < room:
            scores[wrote] = history[2 * memory + slot]
            flags[wrote] = start <= decided <= end
            wrote += 1
        seen += 1
    state[0], state[1], state[2], state[3], state[4], state[5] = seen, run, until, start, end, told + wrote
    return -1


_GIVEN, _KEPT = "Array(float32, 1, 'C', readonly=True)", "Array(float32, 1, 'C')"
_PLAN, _STATE = "Array(int64, 1, 'C', readonly=True)", "Array(int64, 1, 'C')"

__getattr__, __dir__, WARM = _kernels.on_demand(
    globals(),
    {
        "detect_voice": (
            _detect_voice,
            [
                f"intp({_GIVEN}, boolean, {_PLAN}, {_GIVEN}, float64, float64, {_KEPT}, {_STATE}, {_KEPT}, "
                "Array(boolean, 1, 'C'))"
            ],
        )
    },
)
