"""Sample formats and layouts in Numba; the contract is in :mod:`paceline.operations`.

A conversion is written once, over vectors, and compiled for each pair of formats when that is first asked for. Vectors
are loaded before any is stored, so a conversion in place needs nothing of its own. No floating-point operation is
contracted or reordered: all backends agree on every bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paceline_numba import _kernels
from paceline_numba._emit import F32, F64, I8, I16, I32, Memory, Value
from paceline_numba._emit import emitted as _emitted

Samples = NDArray[Any]

_I16, _I32, _I24, _U8, _F32, _F64 = range(6)  # as paceline.audio.formats counts them
_TYPES = ("int16", "int32", "uint8", "uint8", "float32", "float64")
_FLOATS = _TYPES[_F32:]
_SIZES = ("uint8", "uint16", "uint32", "uint64")  # what stands for samples whose bits are moved
_ELEMENTS = (I16, I32, I32, I8, F32, F64)
_BITS = (16, 32, 24, 8)
_NEAREST, _FLOOR, _TRUNCATE = range(3)
_ROUND = ("llvm.rint", "llvm.floor", "llvm.trunc")

AT_ONCE = 64
"""Samples of a turn: up to eight of the widest registers."""


FAR_FROM = 65_536
"""Bytes from which on an output is not in the first-level cache when it is written, so that its lines are fetched."""

AHEAD = 1_024
"""Bytes before that."""


def _convert(x: Memory, out: Memory, count: Value, source: int, target: int, rounding: int) -> None:
    """Convert ``count`` samples; what is less than a turn's, at either end, by way of the stack."""
    wide_out = 3 if target == _I24 else 1
    far = (count * (out.bytes * wide_out)).compare(">=", FAR_FROM)
    head = _before_line(out, count, wide_out)
    _convert_few(x, head - head, head, out, source, target, rounding)
    turns = (count - head) // AT_ONCE
    with turns.loop() as turn:
        first = head + turn * AT_ONCE
        with far.then():
            out.fetch(first * wide_out, AHEAD, AT_ONCE * wide_out * out.bytes)
        _convert_some(x, first, out, source, target, rounding)
    done = head + turns * AT_ONCE
    _convert_few(x, done, count - done, out, source, target, rounding)


def _before_line(out: Memory, count: Value, wide: int) -> Value:
    """Return how many samples there are before a cache line, if many follow: stores that straddle two cost more."""
    ahead = out.address() * -1 & 63
    head = ahead * 43 & 63 if wide == 3 else ahead // out.bytes  # 3 * 43 is 1 more than two lines
    return count.compare(">=", 8 * AT_ONCE).choose(head, 0)


def _convert_few(x: Memory, first: Value, count: Value, out: Memory, source: int, target: int, rounding: int) -> None:
    with count.compare(">", 0).then():
        wide, wide_out = (3 if code == _I24 else 1 for code in (source, target))
        some = Memory.local(x.builder, x.element, AT_ONCE * wide)
        some_out = Memory.local(x.builder, out.element, AT_ONCE * wide_out)
        some.copy(0, x, first * wide, count * wide)
        _convert_some(some, count - count, some_out, source, target, rounding)
        out.copy(first * wide_out, some_out, 0, count * wide_out)


def _convert_some(x: Memory, first: Value, out: Memory, source: int, target: int, rounding: int) -> None:
    if source == target:
        value = x.load(first * 3, AT_ONCE * 3) if source == _I24 else x.load(first, AT_ONCE)
        out.store(first * 3 if source == _I24 else first, value)
        return
    value, bits = _load(x, first, source)
    if target >= _F32:
        value = value.to(_ELEMENTS[target])
        value = value * 0.5 ** (bits - 1) if bits else value
    elif not bits:
        value = _whole(value * 2.0 ** (_BITS[target] - 1), _BITS[target], rounding)
    elif bits > _BITS[target]:
        value = _narrowed(value, bits, _BITS[target], rounding)
    else:
        value = value.to(_ELEMENTS[target]) << (_BITS[target] - bits)
    _store(value, out, first, target)


def _load(x: Memory, first: Value, source: int) -> tuple[Value, int]:
    """Return samples and their bits, 0 for floats; three bytes become the upper ones of 32 bits."""
    if source == _I24:
        packed = x.load(first * 3, 3 * AT_ONCE)
        zero = packed ^ packed
        places = [place for k in range(0, 3 * AT_ONCE, 3) for place in (3 * AT_ONCE, k, k + 1, k + 2)]
        return packed.pick(places, zero).bits(I32, AT_ONCE), 32
    value = x.load(first, AT_ONCE)
    if source == _U8:
        value = value ^ -128
    return value, 0 if source >= _F32 else _BITS[source]


def _store(value: Value, out: Memory, first: Value, target: int) -> None:
    if target == _I24:
        places = [4 * k + byte for k in range(AT_ONCE) for byte in range(3)]
        out.store(first * 3, value.bits(I8, 4 * AT_ONCE).pick(places))
    else:
        value = value.to(_ELEMENTS[target])
        out.store(first, value ^ -128 if target == _U8 else value)


def _whole(value: Value, bits: int, rounding: int) -> Value:
    """Round and clamp; no number becomes 0."""
    smallest, largest = -(2.0 ** (bits - 1)), 2.0 ** (bits - 1) - 1
    if rounding == _NEAREST and bits < 32:
        # Processors convert no number to 0 or to the smallest integer, whose lower bits are 0 too.
        return value.at_least(smallest).at_most(largest).call("llvm.lrint", to=I32)
    value = value.compare("==", value).choose(value, 0.0).call(_ROUND[rounding])
    if bits == 32 and value.element == F32:  # which has no number from there to what is too large
        largest -= 127
        return value.compare("<=", largest).choose(value.at_least(smallest).at_most(largest).to(I32), (1 << 31) - 1)
    return value.at_least(smallest).at_most(largest).to(I32)


def _narrowed(value: Value, bits: int, target_bits: int, rounding: int) -> Value:
    """Keep the upper bits of an integer, rounded by the lower ones."""
    lost = bits - target_bits
    if (bits, target_bits, rounding) == (32, 16, _NEAREST):  # twice as many 16-bit lanes go into a register
        halves = value.bits(I16, 2 * AT_ONCE)
        low, high = halves.pick(range(0, 2 * AT_ONCE, 2)), halves.pick(range(1, 2 * AT_ONCE, 2))
        up = (low ^ -(1 << 15)).compare(">", -(high & 1))  # unsigned: low > 0x8000 - the parity of high
        return up.choose(high.call("llvm.sadd.sat", 1), high)
    if rounding == _NEAREST:  # what would round up beyond the largest is lowered first
        half = 1 << (lost - 1)
        value = value.call("llvm.smin", (1 << (bits - 1)) - 1 - half)
        value = value + (half - 1) + (value >> lost & 1)
    elif rounding == _TRUNCATE:
        value = value + (value >> (bits - 1) & (1 << lost) - 1)
    return value >> lost


_emit_conversion = _emitted(_convert, name="convert", constants=True)


def convert_format(x: Samples, source: int, out: Samples, target: int, rounding: int) -> int:
    """Convert (n,) samples, or (3n,) bytes of packed 24-bit ones, into ``out``; always -1."""
    done: int = _converters[source][target][rounding](x, out)
    return done


def _first(source: int, target: int, rounding: int) -> Any:
    """Return what stands for a conversion until it is first called."""

    def convert(x: Samples, out: Samples) -> Any:
        return _converter(source, target, rounding)(x, out)

    return convert


_converters = [[[_first(source, target, how) for how in range(3)] for target in range(6)] for source in range(6)]


def _converter(source: int, target: int, rounding: int) -> Any:
    """Compile a conversion, once for all roundings where nothing is rounded."""
    exact = source == target or target >= _F32 or (source < _F32 and _BITS[source] < _BITS[target])
    kernel = _compiled_conversion(source, target, _NEAREST if exact else rounding)
    for how in range(3) if exact else [rounding]:
        _converters[source][target][how] = kernel
    return kernel


@_kernels.once
def _compiled_conversion(source: int, target: int, rounding: int) -> Any:
    width = 3 if source == _I24 else 1

    def convert(x: Samples, out: Samples) -> int:
        _emit_conversion(x, out, len(x) // width, source, target, rounding)
        return -1

    signature = f"intp(Array({_TYPES[source]}, 1, 'C', readonly=True), Array({_TYPES[target]}, 1, 'C'))"
    return _kernels.entry(_kernels.compiled(convert, signature, name=f"_convert_{source}_{target}_{rounding}"))


# Layouts.


def _zip(x: Memory, out: Memory, frames: Value, channels: int) -> None:
    """Interleave 2, 4 or 8 channels, whole vectors only: the first with the middle one and so on, until all are."""
    lanes = _lanes(x)
    half = lanes // 2
    with (frames // lanes).loop() as turn:
        rows = [x.load(frames * c + turn * lanes, lanes) for c in range(channels)]
        for _ in range(channels.bit_length() - 1):
            pairs = zip(rows[: channels // 2], rows[channels // 2 :], strict=True)
            first = [lane // 2 + lane % 2 * lanes for lane in range(lanes)]
            rows = [a.pick([lane + begin for lane in first], b) for a, b in pairs for begin in (0, half)]
        for k, row in enumerate(rows):
            out.store((turn * channels + k) * lanes, row)


def _unzip(x: Memory, out: Memory, frames: Value, channels: int) -> None:
    """Take 2, 4 or 8 channels apart, whole vectors only: every second one from the others, until all are."""
    lanes = _lanes(x)
    with (frames // lanes).loop() as turn:
        rows = [x.load((turn * channels + k) * lanes, lanes) for k in range(channels)]
        for _ in range(channels.bit_length() - 1):
            pairs = list(zip(rows[::2], rows[1::2], strict=True))
            rows = [a.pick(range(begin, 2 * lanes, 2), b) for begin in (0, 1) for a, b in pairs]
        for c, row in enumerate(rows):
            out.store(frames * c + turn * lanes, row)


def _across(x: Memory, out: Memory, first: Value, frames: Value, channels: Value, apart: int) -> None:
    """Interleave frames from ``first`` on one by one, or take them apart."""
    with (frames - first).loop() as i, channels.loop() as c:
        together, planar = (first + i) * channels + c, frames * c + first + i
        if apart:
            out.store(planar, x.load(together))
        else:
            out.store(together, x.load(planar))


def _mean_of_two(x: Memory, out: Memory, frames: Value, signed: int) -> None:
    """Add two channels and halve that, half to even; whole vectors only."""
    lanes = _lanes(x)
    with (frames // lanes).loop() as turn:
        both = x.load(turn * (2 * lanes), 2 * lanes)
        left, right = both.pick(range(0, 2 * lanes, 2)), both.pick(range(1, 2 * lanes, 2))
        if left.element == F64:
            mean = (left + right) * 0.5
        elif left.element == F32:  # as in double precision, unless the sum is too large
            total = left + right
            too_large = total.call("llvm.fabs").compare("==", float("inf"))
            mean = too_large.choose(left * 0.5 + right * 0.5, total * 0.5)
        else:  # the halves of what differs, and the bits that are the same
            differs = left ^ right
            down = (left & right) + (differs >> 1 if signed else differs >> 1 & 127)
            mean = down + (down & differs & 1)
        out.store(turn * lanes, mean)


def _lanes(x: Memory) -> int:
    """Return how many numbers are in 64 bytes."""
    return 64 // x.bytes


def _copy(target: Memory, source: Memory, count: Value) -> None:
    target.copy(0, source, 0, count)


_emit_zip, _emit_unzip = (
    _emitted(_zip, name="zip", constants=True),
    _emitted(_unzip, name="unzip", constants=True),
)
_emit_across = _emitted(_across, name="across", constants=True)
_emit_mean = _emitted(_mean_of_two, name="mean", constants=True)
_emit_copy = _emitted(_copy, name="copy")


def _interleave(x: Samples, out: Samples) -> int:
    channels, frames = x.shape
    done = frames - frames % (64 // x.itemsize)
    if channels == 1:
        _emit_copy(out, x, frames)
        return -1
    if channels == 2:
        _emit_zip(x, out, frames, 2)
    elif channels == 4:
        _emit_zip(x, out, frames, 4)
    elif channels == 8:
        _emit_zip(x, out, frames, 8)
    else:
        done = 0
    _emit_across(x, out, done, frames, channels, 0)
    return -1


def _deinterleave(x: Samples, out: Samples) -> int:
    frames, channels = x.shape
    done = frames - frames % (64 // x.itemsize)
    if channels == 1:
        _emit_copy(out, x, frames)
        return -1
    if channels == 2:
        _emit_unzip(x, out, frames, 2)
    elif channels == 4:
        _emit_unzip(x, out, frames, 4)
    elif channels == 8:
        _emit_unzip(x, out, frames, 8)
    else:
        done = 0
    _emit_across(x, out, done, frames, channels, 1)
    return -1


def _mean(signed: int, whole: int) -> Any:
    def mean(x: Samples, out: Samples) -> int:
        frames, channels = x.shape
        done = 0
        if channels == 2:
            _emit_mean(x, out, frames, signed)
            done = frames - frames % (64 // x.itemsize)
        for i in range(done, frames):
            total = np.float64(x[i, 0])  # float() would leave a float32 one
            for c in range(1, channels):
                total += x[i, c]
            total /= channels
            out[i] = np.rint(total) if whole else total
        return -1

    return mean


def _by_type(operation: str, names: Iterable[str], function: Callable[[str], Any], axes_out: int) -> _kernels.ByType:
    """Return an operation's kernels, of the functions for each dtype's name."""

    def make(name: str) -> Any:
        signature = f"intp(Array({name}, 2, 'C', readonly=True), Array({name}, {axes_out}, 'C'))"
        return _kernels.compiled(function(name), signature, name=f"_{operation}_{name}")

    return _kernels.ByType(names, make)


_interleavers = _by_type("interleave", _SIZES, lambda _: _interleave, 2)
_deinterleavers = _by_type("deinterleave", _SIZES, lambda _: _deinterleave, 2)
_means = _by_type(
    "to_mono", dict.fromkeys(_TYPES), lambda name: _mean(int(name != "uint8"), int(name not in _FLOATS)), 1
)

WARM: _kernels.Warm = {
    "convert_format": [
        partial(_converter, source, target, how)
        for source, targets in enumerate(_converters)
        for target, roundings in enumerate(targets)
        for how in range(len(roundings))
    ],
    "interleave": _interleavers.all(),
    "deinterleave": _deinterleavers.all(),
    "to_mono": _means.all(),
}


def interleave(x: Samples, out: Samples) -> int:
    """Write (channels, frames) as (frames, channels); always -1."""
    done: int = _interleavers[x.dtype.char](x, out)
    return done


def deinterleave(x: Samples, out: Samples) -> int:
    """Write (frames, channels) as (channels, frames); always -1."""
    done: int = _deinterleavers[x.dtype.char](x, out)
    return done


def to_mono(x: Samples, out: Samples) -> int:
    """Write the mean of every frame's channels; always -1."""
    done: int = _means[x.dtype.char](x, out)
    return done
