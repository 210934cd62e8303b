"""Compressed media, and the sound of videos, through PyAV (FFmpeg)."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import DTypeLike, NDArray

from paceline import audio
from paceline_pipelines.audio_preprocess.errors import Damage, load_optional
from paceline_pipelines.audio_preprocess.source import BLOCK, Source, Unreadable

__all__ = ["open_av"]

_DTYPES: Final = {"u8": np.uint8, "s16": np.int16, "s32": np.int32, "flt": np.float32, "dbl": np.float64}
"""FFmpeg's sample formats, in native byte order; a ``p`` after the name says planar."""

_MISSING: Final = 0.25
"""Seconds by which a whole file may be shorter than declared: an encoder's delay is told in some places only."""


@contextmanager
def open_av(path: Path, damage: Damage) -> Iterator[Source]:
    """Open `path` with FFmpeg, or raise `Unreadable`."""
    try:
        av = load_optional("av", "this kind of file")
    except ValueError as error:
        raise Unreadable(str(error).rstrip(".")) from error
    with path.open("rb") as file:
        try:
            # An open descriptor and no other protocol: a playlist must not make FFmpeg open what it lists. A Python
            # file would do as well, but its callbacks lose Ctrl-C and print the errors of seeking in damaged files.
            options = {"fd": str(file.fileno()), "protocol_whitelist": "fd"}
            container = av.open("fd:", options=options, metadata_errors="replace")
        except av.FFmpegError as error:
            raise Unreadable(f"FFmpeg says {_words(error)!r}") from error
        with container:
            stream = container.streams.best("audio")
            if stream is not None and stream.codec_context is None:
                raise Unreadable(f"FFmpeg has no decoder for its sound ({container.format.name})")
            if stream is None:
                kinds = ", ".join(sorted({each.type for each in container.streams})) or "nothing"
                raise Unreadable(f"FFmpeg finds no sound in it ({container.format.name}: {kinds})")
            yield _AvSource(path, av, container, stream, damage)


class _AvSource:
    reader = "FFmpeg"

    def __init__(self, path: Path, av: Any, container: Any, stream: Any, damage: Damage) -> None:
        self._path, self._av, self._container, self._stream, self._damage = path, av, container, stream, damage
        self._done = 0
        self.kind = f"{container.format.name.partition(',')[0]} {stream.codec_context.name}"
        # What the header says may be half of what the decoder gives (AAC with SBR): the first frame decides.
        self._decoded = self._decode()
        self._first = next(self._decoded, None)
        frame = self._first
        self.rate: int = frame.sample_rate if frame is not None else stream.sample_rate
        self.channels: int = frame.layout.nb_channels if frame is not None else stream.layout.nb_channels
        if not (self.rate and self.channels):
            raise Unreadable("FFmpeg decodes nothing of its sound")
        self.wide = frame is not None and frame.format.name.startswith(("s32", "dbl"))
        self._begin = 0.0 if frame is None or frame.time is None else frame.time
        self._end = 0.0
        self._seconds = self._declared()
        self.frames: int | None = None if self._seconds is None else round(self._seconds * self.rate)

    def blocks(self, dtype: DTypeLike, skip: int) -> Iterator[NDArray[Any]]:
        """Decode in order into one buffer, which is the only copy of the samples that is made here."""
        block = np.empty((max(1, BLOCK // self.channels), self.channels), dtype)
        filled = 0
        for frame in self._frames():
            begin = min(frame.samples, max(0, skip - self._done))
            self._done += frame.samples
            # Recordings have gaps in their time, which are no damage: what counts is where the last frame ends.
            self._end = self._done / self.rate
            if frame.time is not None:
                self._end = max(self._end, frame.time - self._begin + frame.samples / self.rate)
            while begin < frame.samples:
                count = min(frame.samples - begin, len(block) - filled)
                _copy(self._av, frame, begin, block[filled : filled + count])
                begin, filled = begin + count, filled + count
                if filled == len(block):
                    yield block
                    filled = 0
        if filled:
            yield block[:filled]
        if self._seconds is not None and self._is_exact() and self._end < self._seconds - _MISSING:
            self._damage.report(f"{self._path} is truncated: it ends at {self._end:.3f} s of {self._seconds:.3f} s.")

    def _frames(self) -> Iterator[Any]:
        frame = self._first
        self._first = None
        while frame is not None:
            name = frame.format.name.removesuffix("p")
            if name not in _DTYPES:
                raise Unreadable(f"{self._path}: samples are {frame.format.name}; accepted are {', '.join(_DTYPES)}.")
            if (frame.sample_rate, frame.layout.nb_channels) != (self.rate, self.channels):
                self._damage.report(
                    f"{self._path} changes after {self._done / self.rate:.3f} s from {self.rate} Hz, {self.channels} "
                    f"channels to {frame.sample_rate} Hz, {frame.layout.nb_channels} channels; the rest is left out."
                )
                return
            yield frame
            frame = next(self._decoded, None)

    def _decode(self) -> Iterator[Any]:
        """Decode packet by packet: one that is damaged is reported and left out, the next ones may be whole."""
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
                if packet is None:
                    return
            except self._av.FFmpegError as error:
                self._report(error)
                return
            try:
                yield from packet.decode()
            except self._av.EOFError:
                return
            except self._av.FFmpegError as error:
                self._report(error)

    def _report(self, error: Exception) -> None:
        rate = getattr(self, "rate", 0)
        after = f" after {self._done / rate:.3f} s" if rate else " at its beginning"
        self._damage.report(f"{self._path} is damaged{after}: FFmpeg says {_words(error)!r}.")

    def _declared(self) -> float | None:
        """Return the seconds of sound that the file announces."""
        stream, container = self._stream, self._container
        if stream.duration is not None and stream.time_base:
            return max(0.0, float(stream.duration * stream.time_base))
        if container.duration is not None and len(container.streams) == 1:  # else it may be the picture's
            return max(0.0, float(container.duration / self._av.time_base))
        return None

    def _is_exact(self) -> bool:
        """Say whether the announced length was written down, not estimated from a bit rate."""
        name = self._container.format.name
        if name == "mp3":
            return _has_xing(self._path)
        return any(part in name.split(",") for part in ("mp4", "matroska", "asf", "wav", "flac", "aiff", "w64"))


def _copy(av: Any, frame: Any, begin: int, out: NDArray[Any]) -> None:
    """Bring frames from `begin` on from the decoder's memory into `out`, (frames, channels) of a float type."""
    dtype = np.dtype(_DTYPES[frame.format.name.removesuffix("p")])
    to: Any = "f64" if out.dtype == np.float64 else "f32"
    channels = out.shape[1]
    if frame.format.is_planar and channels > 1:
        # Not frame.planes, which with eight channels and more lists planes beyond the last one.
        for channel in range(channels):
            plane = av.audio.plane.AudioPlane(frame, channel)
            samples = np.frombuffer(plane, dtype, frame.samples)[begin : begin + len(out)]
            out[:, channel] = samples if dtype == out.dtype else audio.convert_format(samples, to)
        return
    plane = av.audio.plane.AudioPlane(frame, 0)
    together = np.frombuffer(plane, dtype, frame.samples * channels).reshape(-1, channels)
    audio.convert_format(together[begin : begin + len(out)], to, out=out)


def _has_xing(path: Path) -> bool:
    """Say whether the first frame of an MP3 is the table that tells the number of frames."""
    with path.open("rb") as file:
        head = file.read(10)
        skip = 0
        if head[:3] == b"ID3":
            size = 0
            for byte in head[6:10]:
                size = size << 7 | byte & 0x7F
            skip = 10 + size
        file.seek(skip)
        frame = file.read(256)
    return any(tag in frame for tag in (b"Xing", b"Info", b"VBRI"))


def _words(error: Any) -> str:
    return str(error.strerror or type(error).__name__)
