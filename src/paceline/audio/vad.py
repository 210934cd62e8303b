"""Voice activity: which frames of a signal hold speech.

**fft**, the default, follows the noise. A frame is weighted by a Hann window and filled up with zeros to the next power
of two. With P_k the power of bin k in the speech band, 200 to 3,800 Hz, E their sum and F their flatness (geometric by
arithmetic mean, 1 for noise that is white, small for voices), the level is ``10·log10(E · max(1 - F, 0.05)² + 4e-10)``
dB of full scale. The noise floor is the lower quartile of the levels of the last 4 seconds, the peak their 95th
percentile. A frame is active whose level is more than ``threshold`` above the floor and no more than 24 dB below the
peak. So a constant noise is never speech, a steady gain changes nothing, and a rise of the noise is learned in seconds.
Its score is the level over the floor in dB. With a number as ``threshold`` the level itself, in dB of full scale, is
compared and is the score.

**rms** is the plain energy detector: a frame is active whose root mean square is above ``threshold``, a fixed
amplitude. Its score is that level in dB of full scale. It fails where noise is louder than the threshold; it is here
because much existing data was made by it.

Active frames become speech in four steps: runs shorter than ``min_speech_ms`` are dropped; the others begin
``padding_ms`` earlier and end ``hangover_ms`` later; silences shorter than ``min_silence_ms`` between them are filled.
Durations are rounded to whole frames. A part of a frame at the end of the signal is not judged.
"""

from __future__ import annotations

from typing import Any, Final, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from paceline._arguments import one_of
from paceline.audio._samples import Samples, as_rate, as_samples
from paceline.audio._voice import ADAPTIVE, FIXED, RMS, Detector, detector
from paceline.audio.formats import to_floats
from paceline.selection import selector

__all__ = ["VoiceActivity", "VoiceDetector", "VoiceMode", "detect_voice"]

VoiceMode = Literal["fft", "rms"]

_voice: Final = selector("detect_voice")

LOWEST_RATE: Final = 8_000
HIGHEST_RATE: Final = 768_000
RMS_THRESHOLD: Final = 0.02
OVER_FLOOR_DB: Final = 5.5
BELOW_PEAK_DB: Final = 24.0
DEFAULTS_MS: Final = {"fft": (60.0, 180.0), "rms": (0.0, 0.0)}
"""The shortest speech and the hang-over of each mode."""


class VoiceActivity(NamedTuple):
    """What a detector found out about a number of whole frames."""

    flags: NDArray[np.bool_]
    """(frames,) whether each is speech."""
    scores: NDArray[np.float32]
    """(frames,) dB: over the noise floor (adaptive), or of full scale (fixed thresholds)."""
    segments: NDArray[np.int64]
    """(k, 2) first sample of each stretch of speech that has ended, and the first one after it."""
    rate: int
    """Hz."""
    frame: int
    """Samples a frame."""

    @property
    def seconds(self) -> NDArray[np.float64]:
        """(k, 2) the segments in seconds."""
        return self.segments / self.rate


def detect_voice(
    x: ArrayLike,
    rate: int,
    *,
    mode: VoiceMode = "fft",
    frame_ms: float = 30.0,
    threshold: float | Literal["adaptive"] = "adaptive",
    min_speech_ms: float | None = None,
    hangover_ms: float | None = None,
    padding_ms: float = 0.0,
    min_silence_ms: float = 0.0,
    backend: str | None = None,
) -> VoiceActivity:
    """Find the speech in a whole signal.

    Parameters
    ----------
    x : (samples,) int16, int32, float32 or float64
        One channel; floats nominally in [-1, 1]. :func:`paceline.audio.to_mono` makes one of several.
    rate : int
        Hz, 8,000 to 768,000.
    mode : {"fft", "rms"}
        Band energy over an adaptive noise floor, or plain energy.
    frame_ms : float
        Length of a frame, 10 to 100 ms.
    threshold : "adaptive" or float
        "adaptive": 5.5 dB over the floor ("fft"), an RMS of 0.02 ("rms"). A number is a fixed level: in dB of full
        scale for "fft", an RMS amplitude above 0 for "rms".
    min_speech_ms, hangover_ms : float, optional
        By default 60 and 180 ms for "fft", none for "rms".
    padding_ms, min_silence_ms : float
        Speech begins that much before its first active frame; shorter silences are filled. 0 to 10,000 ms, as the
        other two.
    backend : str, optional
        Use this backend or raise.

    Returns
    -------
    VoiceActivity
        Of every whole frame; speech that goes on at the end is a segment too.

    Raises
    ------
    TypeError
        The dtype is none of the four, or an option is no number.
    ValueError
        ``x`` is not one-dimensional, a sample is not finite (or beyond 1e12), or an option is out of range.

    Notes
    -----
    Cost: one FFT a frame, well under a microsecond at 16 kHz in a compiled backend.
    """
    found = VoiceDetector(
        rate,
        mode=mode,
        frame_ms=frame_ms,
        threshold=threshold,
        min_speech_ms=min_speech_ms,
        hangover_ms=hangover_ms,
        padding_ms=padding_ms,
        min_silence_ms=min_silence_ms,
        backend=backend,
    )
    signal = _as_signal(x, "x", backend)
    found._choose(len(signal))
    return found._process(signal, True, "x")


class VoiceDetector:
    """Finds speech in a signal that arrives in chunks; the chunks' sizes never change a decision.

    Parameters
    ----------
    rate, mode, frame_ms, threshold, min_speech_ms, hangover_ms, padding_ms, min_silence_ms, backend
        As for :func:`detect_voice`, which gives the same for the whole signal, bit for bit.

    Raises
    ------
    TypeError, ValueError
        An argument is none of those.

    Notes
    -----
    A decision comes :attr:`delay` frames after its frame: by default one, because a single active frame is not yet
    speech. Memory: the levels of 4 seconds. The kernel releases the GIL; one detector belongs to one thread at a time.
    """

    def __init__(
        self,
        rate: int,
        *,
        mode: VoiceMode = "fft",
        frame_ms: float = 30.0,
        threshold: float | Literal["adaptive"] = "adaptive",
        min_speech_ms: float | None = None,
        hangover_ms: float | None = None,
        padding_ms: float = 0.0,
        min_silence_ms: float = 0.0,
        backend: str | None = None,
    ) -> None:
        one_of(mode, "mode", ("fft", "rms"))
        self.rate = as_rate(rate, "rate", LOWEST_RATE, HIGHEST_RATE)
        judged, self._threshold = _as_threshold(threshold, mode)
        shortest, hang = DEFAULTS_MS[mode]
        self._plan: Detector = detector(
            self.rate,
            judged,
            _as_number(frame_ms, "frame_ms", 10, 100),
            _as_number(shortest if min_speech_ms is None else min_speech_ms, "min_speech_ms", 0, 10_000),
            _as_number(padding_ms, "padding_ms", 0, 10_000),
            _as_number(hang if hangover_ms is None else hangover_ms, "hangover_ms", 0, 10_000),
            _as_number(min_silence_ms, "min_silence_ms", 0, 10_000),
        )
        self._backend = backend
        self.frame = self._plan.frame
        """Samples a frame."""
        self.threshold = self._threshold
        """What it compares with: dB over the floor, dB of full scale, or an RMS amplitude."""
        self.delay = self._plan.delay
        """Frames by which a decision comes later than its frame."""
        self._history, self._state = self._plan.fresh()
        self._fixed = *self._plan, self._threshold, BELOW_PEAK_DB, self._history, self._state
        self._rest: Samples = np.empty(0, np.float32)
        self._seen = self._told = 0
        self._open: int | None = None
        self._last = False
        self._choose(self.frame)

    def _choose(self, samples: int) -> None:
        """Choose the backend for calls with so many samples."""
        chosen = _voice.choose(samples, self._backend)
        self._kernel = chosen.kernel
        self.backend = chosen.backend
        """The backend that runs."""

    def reset(self) -> None:
        """Forget everything that went in, to begin a new signal."""
        self._state[:] = self._plan.beginning()
        self._rest = self._rest[:0]
        self._seen = self._told = 0
        self._open = None
        self._last = False

    def process(self, chunk: ArrayLike, last: bool = False) -> VoiceActivity:
        """Take the next samples and return what is decided by them.

        Parameters
        ----------
        chunk : (samples,) int16, int32, float32 or float64
            Any number of samples, also none.
        last : bool
            Whether the signal ends here: then the frames held back are decided too.

        Returns
        -------
        VoiceActivity
            Of the frames decided by this call, and the segments that ended in them, in samples since the beginning;
            with ``last`` also one that goes on at the end.

        Raises
        ------
        TypeError, ValueError
            The chunk has another dtype or shape or a sample that is not finite: the detector is then as before.
        RuntimeError
            The signal has ended; :meth:`reset` begins a new one.
        """
        return self._process(_as_signal(chunk, "chunk", self._backend), last, "chunk")

    def _process(self, chunk: Samples, last: bool, name: str) -> VoiceActivity:
        if self._last:
            raise RuntimeError("The signal has ended with last=True; reset() begins a new one.")
        frame, rest = self.frame, len(self._rest)
        x = np.concatenate([self._rest, chunk]) if rest else chunk
        size = len(x)
        whole = size // frame
        seen, told = self._seen + whole, self._told
        due = seen - told if last else seen - self.delay - told
        if due < 0:
            due = 0
        scores, flags = _empty(due, _FLOAT32), _empty(due, _BOOL)
        bad = self._kernel(x, last, *self._fixed, scores, flags)
        if bad >= 0:
            raise ValueError(f"{name}[{bad - rest}] is {x[bad]}; accepted are finite samples up to 1e12.")
        if rest or whole * frame != size:
            self._rest = x[whole * frame :].copy()
        if due == 1 and not last and flags.item() is (self._open is not None):
            segments = _NO_SEGMENTS  # the usual call: one more frame like the one before
        else:
            segments = self._segments(flags, last)
        self._seen, self._told, self._last = seen, told + due, last
        return _activity(VoiceActivity, (flags, scores, segments, self.rate, frame))

    def _segments(self, flags: NDArray[np.bool_], last: bool) -> NDArray[np.int64]:
        edges: list[int] = (np.flatnonzero(flags[1:] != flags[:-1]) + (self._told + 1)).tolist()
        if len(flags) and bool(flags[0]) != (self._open is not None):
            edges.insert(0, self._told)
        if self._open is not None:
            edges.insert(0, self._open)
        if len(edges) % 2 and last:
            edges.append(self._told + len(flags))
        self._open = edges.pop() if len(edges) % 2 else None
        return np.array(edges, np.int64).reshape(-1, 2) * self.frame if edges else _NO_SEGMENTS


_NO_SEGMENTS: Final[NDArray[np.int64]] = np.empty((0, 2), np.int64)
_NO_SEGMENTS.flags.writeable = False
_empty: Final = np.empty
_activity: Final = tuple.__new__  # a call of the class is one of Python's functions more, a tenth of a frame's time
_FLOAT32: Final = np.dtype(np.float32)
_BOOL: Final = np.dtype(np.bool_)


def _as_signal(x: ArrayLike, name: str, backend: str | None) -> Samples:
    if type(x) is np.ndarray and x.dtype is _FLOAT32 and x.ndim == 1:
        flags = x.flags
        if flags.c_contiguous and flags.aligned:
            return x
    samples = as_samples(x, name)
    if samples.ndim != 1:
        raise ValueError(
            f"{name} has shape {samples.shape}; accepted is one channel, (samples,): mix with paceline.audio.to_mono."
        )
    floats: Samples = np.require(to_floats(samples, backend), np.float32, ["C", "A"])
    return floats


def _as_threshold(threshold: Any, mode: str) -> tuple[int, float]:
    if isinstance(threshold, str):
        one_of(threshold, "threshold", ("adaptive",))
        return (ADAPTIVE, OVER_FLOOR_DB) if mode == "fft" else (RMS, RMS_THRESHOLD)
    if mode == "fft":
        return FIXED, _as_number(threshold, "threshold", -200, 100)
    value = _as_number(threshold, "threshold", 0, float("inf"))
    if not 0 < value < float("inf"):
        raise ValueError(f"threshold is {value}; accepted is an RMS amplitude above 0.")
    return RMS, value


def _as_number(value: Any, name: str, low: float, high: float) -> float:
    if type(value) is not float and (
        isinstance(value, bool | np.bool_) or not isinstance(value, int | float | np.integer | np.floating)
    ):
        raise TypeError(f"{name} is {value!r}; accepted is a number from {low} to {high}.")
    if not low <= value <= high:
        raise ValueError(f"{name} is {value}; accepted is {low} to {high}.")
    return float(value)
