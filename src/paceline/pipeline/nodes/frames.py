"""Nodes of frames: sound as arrays of (frames,) or (frames, channels).

Each keeps what it must between chunks, so that chunks of any size give what the whole signal gives. A pipeline of
nothing else in a line takes an array as a whole, by the faster ways that need all of it.
"""

from __future__ import annotations

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
from paceline.pipeline.data import JOINERS
from paceline.pipeline.nodes.backed import (
    CHUNK_MS,
    INTEGERS,
    UNKNOWN,
    BackedNode,
    Call,
    Sound,
    Work,
    chunk_of,
    conversion,
)
from paceline.pipeline.nodes.base import StatefulNode, register

Samples = NDArray[Any]


def _join_activities(pieces: list[VoiceActivity]) -> VoiceActivity:
    parts = [np.concatenate([piece[field] for piece in pieces]) for field in range(3)]
    return VoiceActivity(parts[0], parts[1], parts[2], pieces[0].rate, pieces[0].frame)


JOINERS[VoiceActivity] = _join_activities


@register("AudioResampleNode", "AudioResample", "RustResampleNode")
class AudioResampleNode(BackedNode, StatefulNode):
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

    def begin(self) -> None:
        """Begin a signal; its first chunk says its channels and dtype."""
        self._stream = None

    def _process(self, item: ArrayLike) -> Samples | None:
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
        with self.asking():
            return _some(self._stream.process(self._nothing, last=True))

    def whole(self, item: Samples) -> Samples:
        """Return a whole signal at the other rate."""
        with self.asking():
            return resample(item, *self._rates, quality=self._quality, backend=self.backend)

    def work(self, given: Sound) -> Work:
        """Return the call for 20 ms; integers are converted before and after."""
        frames, then = (rate * CHUNK_MS // 1000 for rate in self._rates)
        calls, converts = [Call("resample_chunk", frames)], ""
        if given.format in INTEGERS:
            calls += [conversion(given.format, "f32", frames), conversion("f32", given.format, then)]
            converts = f"{given.format} to f32 and back"
        return Work(tuple(calls), f"{frames:,} frames", converts)

    def sends(self, given: Sound) -> Sound:
        """Return the other rate; the format stays."""
        return Sound(self._rates[1], given.format)


@register("VADNode", "VAD", "RustVADNode")
class VADNode(BackedNode, StatefulNode):
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
        self._frame = VoiceDetector(rate, **options).frame  # checks the arguments

    def begin(self) -> None:
        """Begin a signal."""
        with self.asking():
            self._detector = VoiceDetector(self._rate, backend=self.backend, **self._options)
        self._pending = []

    def _process(self, item: ArrayLike) -> Any:
        """Return what a chunk decides."""
        return self._decided(np.asarray(item), last=False)

    def flush(self) -> Any:
        """Return what was held back."""
        with self.asking():
            return self._decided(None, last=True)

    def whole(self, item: Samples) -> Any:
        """Return what is decided of a whole signal."""
        with self.asking():
            found = detect_voice(_mono(item, self.backend), self._rate, backend=self.backend, **self._options)
        return found if self._output == "activity" else _kept(item, found)

    def work(self, given: Sound) -> Work:
        """Return the call for a frame; integers are converted before."""
        calls, converts = [Call("detect_voice", self._frame)], ""
        if given.format in INTEGERS:
            calls.append(conversion(given.format, "f32", self._frame))
            converts = f"{given.format} to f32"
        return Work(tuple(calls), f"{self._frame:,} frames", converts)

    def sends(self, given: Sound) -> Sound:
        """Return the samples as they are, if samples are sent."""
        return Sound(self._rate, given.format) if self._output == "speech" else UNKNOWN

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
class FormatConverterNode(BackedNode):
    """Changes the format of samples.

    Parameters
    ----------
    to : {"i16", "i32", "i24", "u8", "f32", "f64"}
    source, rounding, legacy
        As :func:`paceline.audio.convert_format`.
    name : str, optional
    """

    frames = True
    operation: str | None = "convert_format"

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
        if legacy is not None:
            self.operation = None
        convert_format(
            np.empty((0, 3) if source == "i24" else 0, _DTYPES.get(source or "", np.float32)), to, **self._options
        )

    def _process(self, item: ArrayLike) -> Samples:
        """Return the samples in the other format."""
        return convert_format(item, self._to, backend=self.backend, **self._options)

    def whole(self, item: Samples) -> Any:
        """Return a whole signal in the other format."""
        return self.process(item)

    def work(self, given: Sound) -> Work:
        """Return the call for 20 ms, or for 480 frames."""
        frames = chunk_of(given.rate)
        return Work((conversion(self._options["source"] or given.format, self._to, frames),), f"{frames:,} frames")

    def sends(self, given: Sound) -> Sound:
        """Return the other format."""
        return Sound(given.rate, self._to)


_DTYPES = {"i16": np.int16, "i32": np.int32, "i24": np.uint8, "u8": np.uint8, "f32": np.float32, "f64": np.float64}


def _some(samples: Samples) -> Samples | None:
    return samples if len(samples) else None


def _mono(samples: Samples, backend: str | None) -> Samples:
    return to_mono(samples, backend=backend) if samples.ndim == 2 else samples


def _kept(samples: Samples, found: VoiceActivity) -> Samples:
    """Return the frames that are speech, of those that are decided."""
    decided = samples[: len(found.flags) * found.frame]
    return decided[np.repeat(found.flags, found.frame)]
