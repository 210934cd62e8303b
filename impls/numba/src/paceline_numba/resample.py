"""Resampling in Numba; the contract is in :mod:`paceline.operations`.

``resample`` takes 32 blocks of the signal through the frequency domain at a time, two in each of 16 lanes: the response
is real and even, so the real and the imaginary part of one transform stay apart by themselves. The first forward pass
reads 16 rows of samples and the last inverse pass writes 16; the first inverse pass fetches its bins from where the
forward passes left them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types
from numpy.typing import NDArray

from paceline_numba import _fft, _kernels
from paceline_numba._emit import F32, Memory, Value
from paceline_numba._emit import address as _address
from paceline_numba._emit import emitted as _emitted
from paceline_numba._emit import together as _together
from paceline_numba._fft import LANES, ROW
from paceline_numba._kernels import inlined as _inlined
from paceline_numba._kernels import jit as _jit

Samples = NDArray[Any]
Floats = NDArray[np.float32]
Indices = NDArray[np.int64]
Integer = Any  # a Python int where Python calls, an int64 in compiled code

STREAMS = 2 * LANES
"""Real signals that go through a transform at once."""

NEAR = 128
"""Rows, 16 KiB, that stay in the first-level cache while all further passes go over them."""

WIDEST = 8
FLOAT = 4
"""Bytes."""


# Whole signals. Passes go deep first, leaf by leaf: before a leaf's rows are worked on, the passes of all blocks that
# begin there are run; in the inverse, after a leaf, those of all blocks that end there.


@_inlined
def _leaf(size: Integer, radices: Indices) -> tuple[Integer, Integer]:
    """Return the first stage whose blocks stay near, and their rows."""
    stage, block = 1, size // radices[0]
    while block > NEAR:
        block //= radices[stage]
        stage += 1
    return stage, block


@_inlined
def _starts(size: Integer, radices: Indices) -> Indices:
    """Return where each stage's twiddles begin."""
    starts = np.empty(len(radices), np.int64)
    part, total = size, 0
    for stage in range(len(radices)):
        part //= radices[stage]
        starts[stage] = total
        total += part * (radices[stage] - 1)
    return starts


@_inlined
def _forward(rows: Floats, size: Integer, radices: Indices, twiddles: Floats, starts: Indices) -> None:
    """Run the forward passes after the first."""
    stages = len(radices)
    first, near = _leaf(size, radices)
    for begin in range(0, size, near):
        block = size // radices[0]
        for stage in range(1, stages):
            part = block // radices[stage]
            if stage < first:
                if begin % block == 0:
                    _pass(False, rows, begin, begin + block, part, radices[stage], twiddles, starts[stage])
            elif part > 1:
                _pass(False, rows, begin, begin + near, part, radices[stage], twiddles, starts[stage])
            else:
                _fft.forward_leaves(rows, begin, near // block, radices[stage])
            block = part


@_inlined
def _inverse(
    source: Floats,
    bins: Indices,
    gains: Floats,
    rows: Floats,
    size: Integer,
    radices: Indices,
    twiddles: Floats,
    starts: Indices,
) -> None:
    """Run the inverse passes but for the last one; the first takes its rows from ``source``."""
    stages = len(radices)
    first, near = _leaf(size, radices)
    for begin in range(0, size, near):
        end = begin + near
        _fft.gathered(source, bins, gains, rows, begin, near // radices[stages - 1], radices[stages - 1])
        part = radices[stages - 1]
        for stage in range(stages - 2, 0, -1):
            block = part * radices[stage]
            if stage >= first:
                _pass(True, rows, begin, end, part, radices[stage], twiddles, starts[stage])
            elif end % block == 0:
                _pass(True, rows, end - block, end, part, radices[stage], twiddles, starts[stage])
            part = block


@_inlined
def _pass(
    inverse: bool,
    rows: Floats,
    start: Integer,
    stop: Integer,
    part: Integer,
    radix: Integer,
    twiddles: Floats,
    first: Integer,
) -> None:
    """Run one stage over whole blocks, in place."""
    for block in range(start, stop, radix * part):
        if inverse:
            _fft.inverse(rows, block, part, rows, block, part, part, radix, twiddles, first)
        else:
            _fft.forward(rows, block, part, rows, block, part, part, radix, twiddles, first)


@_inlined
def _place_bins(response: Floats, order_in: Indices, order_out: Indices, bins: Indices, gains: Floats) -> None:
    """For each row of the inverse transform, find the forward one's that becomes it; unreached: a row of zeros."""
    size_in, size_out = len(order_in), len(order_out)
    for row in range(size_out):
        bins[row], gains[row] = size_in, 0.0
    for k in range(len(response)):
        row = order_out[k]
        bins[row], gains[row] = order_in[k], response[k]
        if k > 0:
            row = order_out[size_out - k]
            bins[row], gains[row] = order_in[size_in - k], response[k]


@_jit
def _first_bad_frame(x: Samples) -> Integer:
    """Return the first frame that is not finite, or -1."""
    flat, channels = x.reshape(-1), max(x.shape[1], 1)
    zero = flat.dtype.type(0)
    for start in range(0, len(flat), 256):  # no exit inside, so that it is vector code
        part = flat[start : start + 256]
        bad = False
        for i in range(len(part)):
            bad |= part[i] - part[i] != zero
        if bad:
            for i in range(len(part)):
                if part[i] - part[i] != zero:
                    return (start + i) // channels
    return -1


@_inlined
def _find_runs(
    x: Floats,
    first: Integer,
    count: Integer,
    step: Integer,
    before: Integer,
    size: Integer,
    copies: Floats,
    runs: Indices,
) -> None:
    """Note where each run of a batch begins: in ``x``, or in a copy with zeros where the signal does not reach.

    A run is a block of mono, or both channels of a block of stereo; of more channels, one channel of a block. Tiles may
    read some samples more than a block has.
    """
    frames, channels = x.shape
    width = channels if channels <= 2 else 1
    across = channels // width
    flat = x.reshape(-1)
    length = (size + LANES) * width
    copies[:length] = 0.0
    runs[:] = _address(copies)  # those that there are none of
    used = length
    for i in range(count):
        block, channel = (first + i) // across, (first + i) % across
        start = block * step - before
        if across == 1 and start >= 0 and start + size + LANES <= frames:
            runs[i] = _address(flat) + start * width * FLOAT
            continue
        copy = copies[used : used + length]
        copy[:] = 0.0
        used += length
        runs[i] = _address(copy)
        low, high = max(-start, 0), min(frames - start, size)
        if across == 1:
            for k in range(low * width, high * width):
                copy[k] = flat[start * width + k]
        else:
            for k in range(low, high):
                copy[k] = x[start + k, channel]


@_inlined
def _read(
    runs: Indices, width: Integer, size: Integer, tile: Floats, rows: Floats, radices: Indices, twiddles: Floats
) -> None:
    """Run the first forward pass: the runs' samples, 16 rows at a time, become rows of the first radix' blocks."""
    radix = radices[0]
    part = size // radix
    count = min(part, LANES)
    for turn in range(0, part, LANES):
        start = min(turn, part - count)  # the last ones may overlap those before
        for q in range(radix):
            sample, at = (start + q * part) * width, q * LANES * ROW
            if width == 2:  # left and right become the real and the imaginary part
                _fft.fill(runs, 0, sample, tile, at, LANES)
                _fft.fill(runs, 0, sample + LANES, tile, at + LANES * LANES, LANES)
            else:
                _fft.fill(runs, 0, sample, tile, at, ROW)
                _fft.fill(runs, LANES, sample, tile, at + LANES, ROW)
        _fft.forward(tile, 0, LANES, rows, start, part, count, radix, twiddles, start * (radix - 1))


@_inlined
def _write(
    rows: Floats,
    places: Indices,
    width: Integer,
    skip: Integer,
    length: Integer,
    size: Integer,
    tile: Floats,
    radices: Indices,
    twiddles: Floats,
) -> bool:
    """Run the last inverse pass, and write ``length`` samples of each run to its place, from row ``skip`` on.

    Return whether all is finite: one sample that is not makes every bin so, and with that every row.
    """
    finite = True
    radix = radices[0]
    part = size // radix
    count = min(part, LANES)
    cut = np.empty((LANES, LANES), np.float32)
    cuts = np.empty(LANES, np.int64)
    for i in range(LANES):
        cuts[i] = _address(cut) + i * LANES * FLOAT
    for turn in range(0, part, LANES):
        start = min(turn, part - count)
        _fft.inverse(rows, start, part, tile, 0, LANES, count, radix, twiddles, start * (radix - 1))
        if start == 0:
            for i in range(ROW):
                finite &= tile[i] - tile[i] == 0
        for q in range(radix):
            for half in range(2):
                to, known = (start + q * part - skip) * width, count * width
                if width == 2:  # which has the next 8 frames in the tile's second half
                    first, at, step = 0, (2 * q + half) * LANES * LANES, LANES
                    to, known = to + half * LANES, known - half * LANES
                else:
                    first, at, step = half * LANES, q * LANES * ROW + half * LANES, ROW
                if to >= 0 and to + LANES <= length and known >= LANES:
                    _fft.drain(tile, at, step, places, first, to)
                elif -LANES < to < length:
                    _fft.drain(tile, at, step, cuts, 0, 0)
                    for i in range(LANES):
                        for k in range(max(0, -to), min(LANES, known, length - to)):
                            _put(places, first + i, to + k, cut[i, k])
    return finite


def _put_one(places: Memory, run: Value, sample: Value, value: Value) -> None:
    Memory.at(places.load(run), F32).store(sample, value)


_put = _emitted(_put_one, name="put")


def _resample(
    x: Floats,
    up: int,
    down: int,
    hop: int,
    guard: int,
    response: Floats,
    radices_in: Indices,
    twiddles_in: Floats,
    order_in: Indices,
    radices_out: Indices,
    twiddles_out: Floats,
    order_out: Indices,
    out: Floats,
) -> int:
    """Resample (frames, channels) block by block; return the first frame that is not finite, or -1."""
    frames, channels = x.shape
    if frames == 0 or channels == 0 or len(out) == 0:
        return -1
    size_in, size_out = len(order_in), len(order_out)
    width = channels if channels <= 2 else 1
    across, at_once = channels // width, STREAMS // width
    length = hop * up * width
    # One piece of memory, which the allocator hands out again: more of them would be given back and cost fresh pages.
    tile_end = WIDEST * LANES * ROW
    in_end = tile_end + (size_in + 1) * ROW
    out_end = in_end + size_out * ROW
    copies_end = out_end + (at_once + 1) * (size_in + LANES) * width
    memory = _fft.aligned(copies_end + (2 if across == 1 else STREAMS + 1) * length)
    tile, rows_in, rows_out = memory[:tile_end], memory[tile_end:in_end], memory[in_end:out_end]
    copies, spare = memory[out_end:copies_end], memory[copies_end:]
    rows_in[size_in * ROW :] = 0.0
    bins, gains = np.empty(size_out, np.int64), np.empty(size_out, np.float32)
    _place_bins(response, order_in, order_out, bins, gains)
    flat_in, flat_out = twiddles_in.reshape(-1), twiddles_out.reshape(-1)
    starts_in, starts_out = _starts(size_in, radices_in), _starts(size_out, radices_out)
    runs, places = np.empty(STREAMS, np.int64), np.empty(STREAMS, np.int64)
    flat = out.reshape(-1)
    end = -(-len(out) // (hop * up)) * across
    finite = True
    for first in range(0, end, at_once):
        count = min(at_once, end - first)
        _find_runs(x, first, count, hop * down, guard * down, size_in, copies, runs)
        places[:] = _address(spare)  # its first part is for runs that there are none of
        for i in range(count):
            begin = (first + i) * length
            if across > 1:
                places[i] += (i + 1) * length * FLOAT
            elif begin + length <= len(flat):
                places[i] = _address(flat) + begin * FLOAT
            else:  # the signal ends within the last block
                places[i] += length * FLOAT
        _read(runs, width, size_in, tile, rows_in, radices_in, flat_in)
        _forward(rows_in, size_in, radices_in, flat_in, starts_in)
        _inverse(rows_in, bins, gains, rows_out, size_out, radices_out, flat_out, starts_out)
        finite &= _write(rows_out, places, width, guard * up, length, size_out, tile, radices_out, flat_out)
        if across > 1:
            for i in range(count):
                block, channel = (first + i) // across, (first + i) % across
                for k in range(min(length, len(out) - block * length)):
                    out[block * length + k, channel] = spare[(i + 1) * length + k]
        elif end * length > len(flat) and first + count == end:
            begin = (end - 1) * length
            for k in range(len(flat) - begin):
                flat[begin + k] = spare[length + k]
    return -1 if finite else _first_bad_frame(x)  # a sum that is too large for a float is not the input's fault


# Streams: one dot product per output.

AT_ONCE = 4
"""Outputs that are summed at the same time, to keep the adders busy."""

IN_A_ROW = 32
"""Products that are added one after the other: rounding grows with their number, and filters may have 100,000 taps."""


def _dots(history: Memory, windows: list[Value], coefficients: Memory, filters: list[Value], taps: Value) -> Value:
    """Sum products of windows and filters, which begin at these places; what is listed again is loaded once.

    Each lane sums every 16th product (float64: 8th), 32 at a time, and the last lanes those that are left over, from
    vectors that overlap the ones before: the order is the same wherever a window is. There are at least as many taps
    as lanes.
    """
    lanes = _lanes(history.element)
    sums, totals = ([Memory.local(history.builder, history.element, lanes) for _ in windows] for _ in range(2))
    whole = taps // lanes
    over = taps - whole * lanes

    def add(k: Value, used: Value | None) -> None:
        x = {a: history.load(a + k, lanes) for a in dict.fromkeys(windows)}
        c = {b: coefficients.load(b + k, lanes) for b in dict.fromkeys(filters)}
        if used is not None:
            c = {b: used.choose(v, 0.0) for b, v in c.items()}
        for total, a, b in zip(sums, windows, filters, strict=True):
            total.store(0, x[a].times_plus(c[b], total.load(0, lanes)))

    with ((whole + IN_A_ROW - 1) // IN_A_ROW).loop() as block:
        first = block * IN_A_ROW
        with (whole - first).call("llvm.smin", IN_A_ROW).loop() as turn:
            add((first + turn) * lanes, None)
        for part, total in zip(sums, totals, strict=True):
            value = part.load(0, lanes)
            total.store(0, total.load(0, lanes) + value)
            part.store(0, value.same(0.0))
    with over.compare(">", 0).then():
        add(taps - lanes, Value.counting(history.builder, lanes).compare(">=", (-over + lanes).repeat(lanes)))
    return _together(
        [
            (total.load(0, lanes) + part.load(0, lanes)).folded(Value.__add__)
            for part, total in zip(sums, totals, strict=True)
        ]
    )


def _lanes(element: Any) -> int:
    return 16 if element == F32 else 8


def _copy(target: Memory, at: Value, source: Memory, source_at: Value, count: Value) -> None:
    target.copy(at, source, source_at, count)


def _apart(
    x: Memory,
    a0: Value,
    a1: Value,
    a2: Value,
    a3: Value,
    c: Memory,
    b0: Value,
    b1: Value,
    b2: Value,
    b3: Value,
    n: Value,
) -> Value:
    return _dots(x, [a0, a1, a2, a3], c, [b0, b1, b2, b3], n)


def _one_filter(x: Memory, a0: Value, a1: Value, a2: Value, a3: Value, c: Memory, b: Value, n: Value) -> Value:
    return _dots(x, [a0, a1, a2, a3], c, [b] * AT_ONCE, n)


def _one_window(x: Memory, a: Value, c: Memory, b0: Value, b1: Value, b2: Value, b3: Value, n: Value) -> Value:
    return _dots(x, [a] * AT_ONCE, c, [b0, b1, b2, b3], n)


def _sums(x: Any, *_others: Any) -> Any:
    return types.UniTuple(x.dtype, AT_ONCE)  # type: ignore[no-untyped-call]


_dots_apart = _emitted(_apart, _sums, name="dots_apart")
_dots_of_filter = _emitted(_one_filter, _sums, name="dots_of_filter")
_dots_of_window = _emitted(_one_window, _sums, name="dots_of_window")
_move = _emitted(_copy, name="copy")


@_inlined
def _append(x: Samples, begin: Integer, known: Integer, take: Integer, history: Samples, held: Integer) -> None:
    """Put frames behind those held: known ones from ``begin`` of x on, then zeros."""
    for channel in range(len(history)):
        row = history[channel]
        if len(history) == 1:
            _move(row, held, x, begin, known)
        else:
            for k in range(known):
                row[held + k] = x[begin + k, channel]
        for k in range(held + known, held + take):
            row[k] = 0


@_jit
def _few_taps(history: Samples, a: Integer, coefficients: Samples, b: Integer, taps: Integer) -> Any:
    total = history.dtype.type(0)
    for k in range(taps):
        total += history[a + k] * coefficients[b + k]
    return total


@_inlined
def _direct(
    history: Samples,
    begin: Integer,
    phase: Integer,
    up: Integer,
    down: Integer,
    coefficients: Samples,
    out: Samples,
    first: Integer,
    count: Integer,
    channel: Integer,
) -> None:
    """Write ``count`` outputs of a channel; the first one's window begins at ``begin`` of its history."""
    phases, order, taps = coefficients.shape
    flat = coefficients.reshape(-1)
    whole, part = down // up, down % up
    n = 0
    while n < count:
        some = 1
        if taps < LANES:
            out[first + n, channel] = _few_taps(history, begin, flat, phase * taps, taps)
        elif order == 4:
            fine = phase * phases
            b = fine // up * order * taps
            u = history.dtype.type((fine % up) / up)
            d = _dots_of_window(history, begin, flat, b, b + taps, b + 2 * taps, b + 3 * taps, taps)
            out[first + n, channel] = d[0] + u * (d[1] + u * (d[2] + u * d[3]))
        else:
            some = min(AT_ONCE, count - n)
            a1, p1 = _next(begin, phase, whole, part, up, some > 1)  # beyond the last: that one again
            a2, p2 = _next(a1, p1, whole, part, up, some > 2)
            a3, p3 = _next(a2, p2, whole, part, up, some > 3)
            if up == 1:
                d = _dots_of_filter(history, begin, a1, a2, a3, flat, 0, taps)
            else:
                d = _dots_apart(history, begin, a1, a2, a3, flat, phase * taps, p1 * taps, p2 * taps, p3 * taps, taps)
            for i in range(some):
                out[first + n + i, channel] = d[i]
            begin, phase = a3, p3
        begin, phase = _next(begin, phase, whole, part, up, True)
        n += some


@_jit
def _next(
    begin: Integer, phase: Integer, whole: Integer, part: Integer, up: Integer, go: bool
) -> tuple[Integer, Integer]:
    """Step to the next output without a division."""
    if not go:
        return begin, phase
    phase += part
    wraps = phase >= up
    return begin + whole + (1 if wraps else 0), phase - (up if wraps else 0)


def _chunk(
    x: Samples, flush: bool, up: int, down: int, coefficients: Samples, history: Samples, state: Indices, out: Samples
) -> int:
    """Take (frames, channels) and write every frame of output that they determine."""
    bad: int = _first_bad_frame(x)
    if bad >= 0:
        return bad
    channels, room = history.shape
    taps = coefficients.shape[2]
    half = taps // 2
    consumed, produced, held = state[0], state[1], state[2]
    left = len(x) + (half if flush else 0)
    done = wrote = 0
    while True:
        take = min(room - held, left)
        known = min(take, len(x) - done)
        _append(x, done, known, take, history, held)
        done, held, consumed, left = done + known, held + take, consumed + take, left - take
        first = consumed - held
        ready = -(-(consumed - half) * up // down) if consumed > half else 0
        count = min(max(ready - produced, 0), len(out) - wrote)
        if count > 0:
            time = produced * down
            for channel in range(channels):
                begin = time // up - half + 1 - first
                _direct(history[channel], begin, time % up, up, down, coefficients, out, wrote, count, channel)
            wrote, produced = wrote + count, produced + count
        drop = min(max(produced * down // up - half + 1 - first, 0), held)
        if drop > 0:
            held -= drop
            for channel in range(channels):
                row = history[channel]
                _move(row, 0, row, drop, held)
        if left == 0:
            break
    state[0], state[1], state[2] = consumed, produced, held
    return -1


def _compile_chunk(name: str) -> Any:
    given, bank = (f"Array({name}, {axes}, 'C', readonly=True)" for axes in (2, 3))
    kept = f"Array({name}, 2, 'C')"
    signature = f"intp({given}, boolean, int64, int64, {bank}, {kept}, Array(int64, 1, 'C'), {kept})"
    return _kernels.compiled(_chunk, signature, name=f"_chunk_{name}")


_CHUNKS = _kernels.ByType(("float32", "float64"), _compile_chunk)


def resample_chunk(
    x: Samples, flush: bool, up: int, down: int, coefficients: Samples, history: Samples, state: Indices, out: Samples
) -> int:
    """Take (frames, channels) and write every frame of output that they determine; the types are those of ``x``."""
    bad: int = _CHUNKS[x.dtype.char](x, flush, up, down, coefficients, history, state, out)
    return bad


_ROWS, _OUT = "Array(float32, 2, 'C', readonly=True)", "Array(float32, 2, 'C')"
_LIST, _TABLE = "Array(int64, 1, 'C', readonly=True)", "Array(float32, 2, 'C', readonly=True)"
_PLAN = f"{_LIST}, {_TABLE}, {_LIST}"
_RESPONSE = "Array(float32, 1, 'C', readonly=True)"

__getattr__, __dir__, WARM = _kernels.on_demand(
    globals(),
    {
        "resample": (
            _resample,
            [f"intp({_ROWS}, int64, int64, int64, int64, {_RESPONSE}, {_PLAN}, {_PLAN}, {_OUT})"],
        )
    },
)
WARM["resample_chunk"] = _CHUNKS.all()
