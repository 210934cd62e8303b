"""Nodes of frames: sound as arrays of (frames,) or (frames, channels), and values at stamps.

Each keeps what it must between chunks, so that chunks of any size give what the whole signal gives. A pipeline of
nothing else in a line takes an array as a whole, by the faster ways that need all of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from paceline.audio import (
    ResampleStream,
    VoiceActivity,
    VoiceDetector,
    convert_format,
    detect_voice,
    resample,
    to_mono,
)
from paceline.interpolation import Trajectory, interpolate_linear
from paceline.pipeline.data import JOINERS
from paceline.pipeline.nodes.base import Node, StatefulNode, register

Samples = NDArray[Any]


def _join_activities(pieces: list[VoiceActivity]) -> VoiceActivity:
    parts = [np.concatenate([piece[field] for piece in pieces]) for field in range(3)]
    return VoiceActivity(parts[0], parts[1], parts[2], pieces[0].rate, pieces[0].frame)


JOINERS[VoiceActivity] = _join_activities


@register("AudioResampleNode", "AudioResample", "RustResampleNode")
class AudioResampleNode(StatefulNode):
    """Changes the sampling rate: chunks in, the frames that they determine out.

    Parameters
    ----------
    input_rate, output_rate : int
        Hz, as :func:`paceline.audio.resample`.
    quality : {"low", "medium", "high", "best"}
    name : str, optional
    """

    frames = True
    operation = "resample_chunk"
    backend: str | None = None
    _stream: ResampleStream | None
    _nothing: Samples

    def __init__(
        self,
        input_rate: int,
        output_rate: int,
        quality: Literal["low", "medium", "high", "best"] = "high",
        *,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        ResampleStream(input_rate, output_rate, quality=quality)  # checks the arguments
        self._rates = input_rate, output_rate
        self._quality: Literal["low", "medium", "high", "best"] = quality

    def use(self, backend: str) -> None:
        """Run on this backend."""
        self.backend = backend

    def begin(self) -> None:
        """Begin a signal; its first chunk says its channels and dtype."""
        self._stream = None

    def process(self, item: ArrayLike) -> Samples | None:
        """Return the frames that are determined now; None if there are none."""
        chunk = np.asarray(item)
        if self._stream is None:
            channels = chunk.shape[1] if chunk.ndim == 2 else 1
            self._stream = ResampleStream(
                *self._rates, channels=channels, dtype=chunk.dtype, quality=self._quality, backend=self.backend
            )
            self._nothing = np.empty((0, *chunk.shape[1:]), chunk.dtype)
        return _some(self._stream.process(chunk))

    def flush(self) -> Samples | None:
        """Return the rest."""
        if self._stream is None:
            return None
        return _some(self._stream.process(self._nothing, last=True))

    def whole(self, item: Samples) -> Samples:
        """Return a whole signal at the other rate."""
        return resample(item, *self._rates, quality=self._quality, backend=self.backend)


@register("VADNode", "VAD", "RustVADNode")
class VADNode(StatefulNode):
    """Finds speech; several channels are mixed for it.

    Parameters
    ----------
    rate : int
        Hz.
    output : {"activity", "speech"}
        What is sent: a :class:`paceline.audio.VoiceActivity` of the frames that a chunk decides, or the samples of the
        frames that are speech.
    name : str, optional
    **options
        As :class:`paceline.audio.VoiceDetector`: ``mode``, ``frame_ms``, ``threshold`` and the durations.
    """

    frames = True
    operation = "detect_voice"
    backend: str | None = None
    _detector: VoiceDetector
    _pending: list[Samples]

    def __init__(
        self,
        rate: int,
        output: Literal["activity", "speech"] = "activity",
        *,
        name: str | None = None,
        **options: Any,
    ) -> None:
        super().__init__(name=name)
        if output not in ("activity", "speech"):
            raise ValueError(f"output is {output!r}; accepted are 'activity' and 'speech'.")
        self._rate, self._output, self._options = rate, output, options
        VoiceDetector(rate, **options)  # checks the arguments

    def use(self, backend: str) -> None:
        """Run on this backend."""
        self.backend = backend

    def begin(self) -> None:
        """Begin a signal."""
        self._detector = VoiceDetector(self._rate, backend=self.backend, **self._options)
        self._pending = []

    def process(self, item: ArrayLike) -> Any:
        """Return what a chunk decides."""
        return self._decided(np.asarray(item), last=False)

    def flush(self) -> Any:
        """Return what was held back."""
        return self._decided(None, last=True)

    def whole(self, item: Samples) -> Any:
        """Return what is decided of a whole signal."""
        found = detect_voice(_mono(item, self.backend), self._rate, backend=self.backend, **self._options)
        return found if self._output == "activity" else _kept(item, found)

    def _decided(self, chunk: Samples | None, last: bool) -> Any:
        mono = np.empty(0, np.float32) if chunk is None else _mono(chunk, self.backend)
        found = self._detector.process(mono, last)
        if self._output == "activity":
            return found if len(found.flags) or len(found.segments) else None
        if chunk is not None:
            self._pending.append(chunk)
        if not self._pending:
            return None
        held = self._pending[0] if len(self._pending) == 1 else np.concatenate(self._pending)
        self._pending = [held[len(found.flags) * found.frame :]]
        return _some(_kept(held, found))


@register("FormatConverterNode", "FormatConverter", "RustFormatConverterNode")
class FormatConverterNode(Node):
    """Changes the format of samples.

    Parameters
    ----------
    to : {"i16", "i32", "i24", "u8", "f32", "f64"}
    source, rounding, legacy
        As :func:`paceline.audio.convert_format`.
    name : str, optional
    """

    frames = True
    operation = "convert_format"
    backend: str | None = None

    def __init__(
        self,
        to: Literal["i16", "i32", "i24", "u8", "f32", "f64"],
        *,
        source: Literal["i16", "i32", "i24", "u8", "f32", "f64"] | None = None,
        rounding: Literal["nearest", "floor", "truncate"] = "nearest",
        legacy: Literal["node", "script", "asymmetric", "fast"] | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        self._to = to
        self._options: dict[str, Any] = {"source": source, "rounding": rounding, "legacy": legacy}
        convert_format(
            np.empty((0, 3) if source == "i24" else 0, _DTYPES.get(source or "", np.float32)), to, **self._options
        )

    def use(self, backend: str) -> None:
        """Run on this backend."""
        self.backend = backend

    def process(self, item: ArrayLike) -> Samples:
        """Return the samples in the other format."""
        return convert_format(item, self._to, backend=self.backend, **self._options)

    whole = process


@register("InterpolateNode", "Interpolate")
class InterpolateNode(Node):
    """Gives values at stamps: an item is one stamp, or an array of them.

    Parameters
    ----------
    stamps : (m,) int64 nanoseconds
    values : (m,) or (m, k) numbers
        Interpolated linearly; not beside ``positions`` and ``quaternions``.
    positions, quaternions : (m, 3) and (m, 4) numbers
        A trajectory: the item's pose is a pair of both.
    bounds : {"clamp", "error", "extrapolate"}
        What a stamp outside of the knots gets.
    name : str, optional

    Raises
    ------
    TypeError, ValueError
        As :func:`paceline.interpolate_linear` and :class:`paceline.Trajectory`.
    """

    operation = "interpolate_linear"
    backend: str | None = None

    def __init__(
        self,
        stamps: ArrayLike,
        values: ArrayLike | None = None,
        *,
        positions: ArrayLike | None = None,
        quaternions: ArrayLike | None = None,
        bounds: Literal["clamp", "error", "extrapolate"] = "clamp",
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        if (values is None) == (positions is None or quaternions is None):
            raise TypeError("accepted are either values, or positions and quaternions.")
        self._stamps = np.asarray(stamps)
        self._values = None if values is None else np.asarray(values, np.float64)
        self._bounds: Literal["clamp", "error", "extrapolate"] = bounds
        self._knots = None if positions is None or quaternions is None else (positions, quaternions)
        self._trajectory = None if self._knots is None else Trajectory(self._stamps, *self._knots)
        self._at(self._stamps[:1])  # checks the arguments

    def use(self, backend: str) -> None:
        """Run on this backend."""
        self.backend = backend
        if self._knots is not None:
            self._trajectory = Trajectory(self._stamps, *self._knots, backend=backend)

    def process(self, item: Any) -> Any:
        """Return the value or the pose at a stamp: a float, a tuple, or an array for an array."""
        if isinstance(item, np.ndarray):
            return self._at(item)
        if isinstance(item, bool) or not isinstance(item, int | np.integer):
            raise TypeError(f"The item is of type {type(item).__name__}; accepted is a stamp in int64 nanoseconds.")
        found = self._at(np.array([item], np.int64))
        if isinstance(found, tuple):
            return tuple(tuple(part[0].tolist()) for part in found)
        value = found[0].tolist()
        return tuple(value) if isinstance(value, list) else value

    def _at(self, at: Samples) -> Any:
        if self._trajectory is not None:
            return self._trajectory.at(at, bounds=self._bounds)
        assert self._values is not None  # one of the two is there
        return interpolate_linear(self._stamps, self._values, at, bounds=self._bounds, backend=self.backend)

    def params(self) -> dict[str, Any]:
        """Return the knots as lists."""
        given = super().params()
        return {
            key: np.asarray(value).tolist() if not isinstance(value, str | Sequence) else value
            for key, value in given.items()
        }


_DTYPES = {"i16": np.int16, "i32": np.int32, "i24": np.uint8, "u8": np.uint8, "f32": np.float32, "f64": np.float64}


def _some(samples: Samples) -> Samples | None:
    return samples if len(samples) else None


def _mono(samples: Samples, backend: str | None) -> Samples:
    return to_mono(samples, backend=backend) if samples.ndim == 2 else samples


def _kept(samples: Samples, found: VoiceActivity) -> Samples:
    """Return the frames that are speech, of those that are decided."""
    decided = samples[: len(found.flags) * found.frame]
    return decided[np.repeat(found.flags, found.frame)]
