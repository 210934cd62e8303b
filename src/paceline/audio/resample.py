"""Sampling-rate conversion: band-limited, linear in phase, with no delay left in.

============  =============  ========================  ==========  ==========================================
quality       passband       ripple in it (at most)    stopband    frames of the lower rate that a filter spans
============  =============  ========================  ==========  ==========================================
``"low"``     0 … 0.80       0.0014 dB                 −80 dB      52
``"medium"``  0 … 0.85       0.0002 dB                 −100 dB     92
``"high"``    0 … 0.90       0.00002 dB                −120 dB     164
``"best"``    0 … 0.95       0.00001 dB                −140 dB     378
============  =============  ========================  ==========  ==========================================

Passbands are parts of the lower of the two Nyquist frequencies, at which every stopband begins: aliases and images are
below the figure from there on. ``"best"`` reaches its figure with float64; float32 arithmetic ends near −135 dB.

The filter is one Kaiser-windowed sinc, the same in all backends; the signal counts as 0 before its first and after its
last sample. float64 is computed in float64, everything else in float32; integers are rounded to nearest and clamped.
Long float32 signals go through the frequency domain and short ones, float64 and streams through a direct polyphase sum.
The two differ by rounding, some 130 dB below full scale, and by what a stopband lets through: the frequency domain has
none of it.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from paceline._arguments import one_of
from paceline.audio._filter import QUALITIES, Bank, QualityName, bank, blocks, frames_out, reduced
from paceline.audio._samples import (
    SAMPLE_TYPES,
    Samples,
    as_axis,
    as_rate,
    as_samples,
    as_samples_out,
    disjoint,
    new,
    raise_for_sample,
)
from paceline.audio.formats import from_floats, to_floats
from paceline.selection import selector

__all__ = ["ResampleStream", "resample"]

LOWEST_RATE: Final = 1_000
HIGHEST_RATE: Final = 768_000

CHUNK_MS: Final = 20
"""How long the chunks of a stream are taken to be when its backend is chosen."""

_blocks: Final = selector("resample")
_direct: Final = selector("resample_chunk")

_ROOM: Final = 1024
"""Frames beside the filter's span in a stream's history, so that it is moved back once in that many."""


def resample(
    x: ArrayLike,
    in_rate: int,
    out_rate: int,
    *,
    quality: QualityName = "high",
    axis: int = 0,
    out: Samples | None = None,
    backend: str | None = None,
) -> Samples:
    """Convert a whole signal from one sampling rate to another.

    Parameters
    ----------
    x : (frames,) or (frames, channels) int16, int32, float32 or float64
        Samples, floats nominally in [-1, 1]. Any further axes are channels too.
    in_rate, out_rate : int
        Hz, 1,000 to 768,000.
    quality : {"low", "medium", "high", "best"}
        The filter; the module's table has its figures.
    axis : int
        Which axis counts the frames: 0 for (frames, channels), -1 for (channels, frames).
    out : array of x's dtype, optional
        Receives the result; may overlap ``x``.
    backend : str, optional
        Use this backend or raise.

    Returns
    -------
    array of x's dtype
        As ``x`` with ceil(frames · out_rate / in_rate) frames on ``axis``, the first of them at the time of x's first.

    Raises
    ------
    TypeError
        The dtype is none of the four, or a rate is no whole number.
    ValueError
        A rate is out of range, ``quality`` is unknown, a sample is not finite, or ``out`` does not fit.

    Notes
    -----
    Cost: two FFTs a block, some 100 operations a frame; beyond the quickest of sizes, a product for each of the
    filter's taps a frame. Ratios with a prime factor above 7 go the second way.
    """
    samples = as_samples(x, "x")
    up, down = _ratio(in_rate, out_rate, quality)
    if samples.ndim == 0:
        raise ValueError("x has no dimension; accepted is an array with a frames axis.")
    axis = as_axis(axis, samples.ndim)
    frames = frames_out(samples.shape[axis], up, down)
    shape = (*samples.shape[:axis], frames, *samples.shape[axis + 1 :])
    result = new(shape, samples.dtype) if out is None else as_samples_out(out, samples.dtype, shape)
    if result.size == 0:
        return result
    if up == down:
        finite = np.moveaxis(np.isfinite(samples), axis, 0).reshape(samples.shape[axis], -1).all(axis=1)
        if not finite.all():
            raise_for_sample(samples, axis, int(finite.argmin()), "x")
        result[...] = samples
        return result
    across = np.moveaxis(samples, axis, 0)
    floats = to_floats(np.require(across.reshape(len(across), -1), None, ["C", "A"]), backend)
    direct = axis == 0 and result.dtype == floats.dtype and (out is None or disjoint(out, floats))
    target = result.reshape(frames, -1) if direct else np.empty((frames, floats.shape[1]), floats.dtype)
    bad = _convert(floats, up, down, quality, target, backend)
    if bad >= 0:
        raise_for_sample(samples, axis, bad, "x")
    if not direct:
        moved = from_floats(target, samples.dtype, backend).reshape(frames, *across.shape[1:])
        result[...] = np.moveaxis(moved, 0, axis)
    return result


def _convert(x: Samples, up: int, down: int, quality: str, out: Samples, backend: str | None) -> int:
    plan = blocks(up, down, quality, *x.shape) if x.dtype == np.float32 else None
    if plan is not None:
        kernel = _blocks.pick(x.size, backend)
        hop, guard, response, forward, inverse = plan
        return int(kernel(x, up, down, hop, guard, response, *forward[1:], *inverse[1:], out))
    filters = bank(up, down, quality, x.dtype.name)
    history, state = _fresh(filters, x.shape[1], x.dtype)
    return int(_direct.pick(x.size, backend)(x, True, up, down, filters.coefficients, history, state, out))


def _ratio(in_rate: int, out_rate: int, quality: str) -> tuple[int, int]:
    one_of(quality, "quality", tuple(QUALITIES))
    return reduced(
        as_rate(in_rate, "in_rate", LOWEST_RATE, HIGHEST_RATE), as_rate(out_rate, "out_rate", LOWEST_RATE, HIGHEST_RATE)
    )


def _fresh(filters: Bank, channels: int, dtype: np.dtype[Any]) -> tuple[Samples, Samples]:
    history = np.zeros((channels, filters.taps + _ROOM), dtype)
    return history, np.array([0, 0, filters.taps // 2 - 1], np.int64)


class ResampleStream:
    """Converts a signal that arrives in chunks; the chunks' sizes never change the result, bit for bit.

    Parameters
    ----------
    in_rate, out_rate : int
        Hz, 1,000 to 768,000.
    channels : int
        1 takes chunks of shape (frames,) or (frames, 1); more take (frames, channels).
    dtype : {"int16", "int32", "float32", "float64"}
        Of the chunks, in and out.
    quality : {"low", "medium", "high", "best"}
        As for :func:`resample`.
    backend : str, optional
        Use this backend or raise.

    Raises
    ------
    TypeError, ValueError
        An argument is none of those.

    Notes
    -----
    Every call gives all the frames that its input determines: when chunks of 10 ms go in, 10 ms come out of each call
    after :attr:`delay` frames were held back once. What is given in all is what ``resample`` gives for the whole
    signal: the same bits where that uses the direct sum, else within -120 dB of full scale, because it then works
    in the frequency domain. Memory: the filter's span, whatever the chunks. The kernel releases the GIL; one stream
    belongs to one thread at a time.
    """

    def __init__(
        self,
        in_rate: int,
        out_rate: int,
        *,
        channels: int = 1,
        dtype: DTypeLike = "float32",
        quality: QualityName = "high",
        backend: str | None = None,
    ) -> None:
        self._up, self._down = _ratio(in_rate, out_rate, quality)
        self._rates = int(in_rate), int(out_rate)
        self._channels = _as_channels(channels)
        self._dtype = _as_sample_type(dtype)
        inside = np.dtype(np.float64) if self._dtype == np.float64 else np.dtype(np.float32)
        self._filters = bank(self._up, self._down, quality, inside.name)
        self._backend = backend
        chosen = _direct.choose(int(in_rate) * CHUNK_MS // 1000 * self._channels, backend)
        self._kernel = chosen.kernel
        self.backend = chosen.backend
        """The backend that runs."""
        self._history, self._state = _fresh(self._filters, self._channels, inside)
        self._last = False

    @property
    def delay(self) -> int:
        """Frames of output that are held back at most until ``last=True``: what half of the filter looks ahead."""
        return frames_out(self._filters.taps // 2, self._up, self._down)

    def reset(self) -> None:
        """Forget everything that went in, to begin a new signal."""
        self._history[:] = 0
        self._state[:] = 0, 0, self._filters.taps // 2 - 1
        self._last = False

    def frames_due(self, frames: int, last: bool = False) -> int:
        """Return how many frames ``process`` will give for a chunk of that many, to size its ``out``."""
        known = int(self._state[0]) + frames
        if not last:
            known = max(0, known - self._filters.taps // 2)
        return frames_out(known, self._up, self._down) - int(self._state[1])

    def process(self, chunk: ArrayLike, last: bool = False, *, out: Samples | None = None) -> Samples:
        """Take the next frames and return those of the output that they determine.

        Parameters
        ----------
        chunk : (frames,) or (frames, channels) of the stream's dtype
            Any number of frames, also none.
        last : bool
            Whether the signal ends here: then everything that was held back is given too.
        out : (at least ``frames_due(frames, last)``, …) of the stream's dtype, optional
            Receives the result in its first frames; nothing is then allocated for samples.

        Returns
        -------
        (frames,) or (frames, channels), as the chunk
            New, or the first frames of ``out``.

        Raises
        ------
        TypeError, ValueError
            The chunk has another dtype or shape or a sample that is not finite, or ``out`` does not fit: the stream is
            then as it was before the call.
        RuntimeError
            The stream has ended; :meth:`reset` begins a new one.
        """
        if self._last:
            raise RuntimeError("The stream has ended with last=True; reset() begins a new signal.")
        samples, shaped = self._as_chunk(chunk)
        due = self.frames_due(len(samples), last)
        result = new((due, *shaped[1:]), self._dtype) if out is None else self._as_out(out, due, shaped)
        floats = to_floats(samples, self._backend)
        same = floats.dtype == self._dtype and (out is None or disjoint(result, floats))
        target = result.reshape(due, self._channels) if same else np.empty((due, self._channels), floats.dtype)
        filters = self._filters
        bad = self._kernel(floats, last, self._up, self._down, filters.coefficients, self._history, self._state, target)
        if bad >= 0:
            raise_for_sample(floats.reshape(shaped), 0, bad, "chunk")
        self._last = last
        if not same:
            result[...] = from_floats(target, self._dtype, self._backend).reshape(result.shape)
        return result

    def _as_chunk(self, chunk: ArrayLike) -> tuple[Samples, tuple[int, ...]]:
        if type(chunk) is np.ndarray and chunk.dtype is self._dtype and chunk.ndim == 1 and self._channels == 1:
            flags = chunk.flags
            if flags.c_contiguous and flags.aligned:
                return chunk[:, None], chunk.shape
        samples = as_samples(chunk, "chunk", (self._dtype,))
        if not (samples.ndim == 2 and samples.shape[1] == self._channels) and not (
            samples.ndim == 1 and self._channels == 1
        ):
            accepted = "(frames,) or (frames, 1)" if self._channels == 1 else f"(frames, {self._channels})"
            raise ValueError(f"chunk has shape {samples.shape}; accepted is {accepted}.")
        return np.require(samples.reshape(len(samples), self._channels), None, ["C", "A"]), samples.shape

    def _as_out(self, out: object, due: int, shaped: tuple[int, ...]) -> Samples:
        if isinstance(out, np.ndarray) and out.ndim == len(shaped) and out.shape[1:] == shaped[1:]:
            if len(out) < due:
                raise ValueError(f"out has {len(out)} frames; accepted is room for the {due} that this chunk gives.")
            out = out[:due]
        return as_samples_out(out, self._dtype, (due, *shaped[1:]))


def _as_channels(channels: object) -> int:
    """Return a number of channels."""
    if isinstance(channels, bool) or not isinstance(channels, int | np.integer):
        raise TypeError(f"channels is {channels!r}; accepted is a whole number of 1 or more.")
    if channels < 1:
        raise ValueError(f"channels is {channels}; accepted is 1 or more.")
    return int(channels)


def _as_sample_type(dtype: DTypeLike) -> np.dtype[Any]:
    names = ", ".join(each.name for each in SAMPLE_TYPES)
    try:
        wanted = np.dtype(dtype)
    except TypeError as error:
        raise TypeError(f"dtype is {dtype!r}; accepted are {names}.") from error
    if wanted not in SAMPLE_TYPES or not wanted.isnative:
        raise TypeError(f"dtype is {wanted.name}; accepted are {names}.")
    return wanted
