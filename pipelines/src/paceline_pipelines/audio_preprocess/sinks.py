"""Samples out: sound files by libsndfile, arrays (.npy) and bare samples (.raw), appended block by block."""

import io
import signal
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from paceline import audio
from paceline_pipelines.audio_preprocess.errors import PreprocessError, load_optional

__all__ = ["FormatName", "Layout", "Sink", "choose_layout", "open_sink"]

FormatName = Literal["i16", "i24", "i32", "u8", "f32", "f64"]
Rounding = Literal["nearest", "floor", "truncate"]

_BYTES: Final = {"u8": 1, "i16": 2, "i24": 3, "i32": 4, "f32": 4, "f64": 8}
_SUBTYPES: Final = {
    "i16": "PCM_16",
    "i24": "PCM_24",
    "i32": "PCM_32",
    "u8": "PCM_U8",
    "f32": "FLOAT",
    "f64": "DOUBLE",
}
_SIGNED: Final = {name: subtype for name, subtype in _SUBTYPES.items() if name != "u8"}
_SMALL: Final = (1 << 32) - (1 << 16)
"""Bytes that fit where sizes have 32 bits, with room for the header."""


@dataclass(frozen=True, slots=True)
class _Container:
    """A kind of file: libsndfile's name for it, or None; what it can hold, the usual one first; bytes at most.

    `empty` says whether no sound at all makes a file that can be read again.
    """

    major: str | None
    subtypes: Mapping[str, str]
    limit: int | None = None
    empty: bool = True


_CONTAINERS: Final = {
    ".wav": _Container("WAV", _SUBTYPES, _SMALL),
    ".flac": _Container("FLAC", {"i16": "PCM_16", "i24": "PCM_24"}, empty=False),
    ".ogg": _Container("OGG", {"f32": "VORBIS"}),
    ".opus": _Container("OGG", {"f32": "OPUS"}, empty=False),
    ".mp3": _Container("MP3", {"f32": "MPEG_LAYER_III"}, empty=False),
    ".aiff": _Container("AIFF", _SUBTYPES, _SMALL),
    ".aif": _Container("AIFF", _SUBTYPES, _SMALL),
    ".au": _Container("AU", _SIGNED, _SMALL),
    ".caf": _Container("CAF", _SIGNED),
    ".w64": _Container("W64", _SUBTYPES),
    ".rf64": _Container("RF64", _SUBTYPES),
    ".npy": _Container(None, {"f32": "", **dict.fromkeys(_SUBTYPES, "")}),
    ".raw": _Container(None, dict.fromkeys(_SUBTYPES, "")),
}


@dataclass(frozen=True, slots=True)
class Layout:
    """How samples are written: the kind of file by the name of OUT, the sample format, rate and channels."""

    suffix: str
    format: FormatName
    rounding: Rounding
    rate: int
    channels: int

    @property
    def is_whole(self) -> bool:
        """Say whether samples become integers, so that what is beyond full scale is clamped."""
        return self.format[0] in "iu"


def choose_layout(out: Path, asked: str | None, rounding: Rounding, rate: int, channels: int) -> Layout:
    """Return the layout for the name `out`.

    Raises
    ------
    PreprocessError
        The name ends in no known kind of file, or that kind does not hold the format asked for.
    """
    suffix = out.suffix.lower()
    kind = _CONTAINERS.get(suffix)
    if kind is None:
        raise PreprocessError(f"{out} does not say what to write; accepted are names in {', '.join(_CONTAINERS)}.")
    if asked is not None and asked not in kind.subtypes:
        raise PreprocessError(f"A {suffix} file does not hold {asked}; accepted for it are {', '.join(kind.subtypes)}.")
    form: Any = asked or next(iter(kind.subtypes))
    return Layout(suffix, form, rounding, rate, channels)


@contextmanager
def open_sink(partial: Path, out: Path, layout: Layout, backend: str | None) -> Iterator["Sink"]:
    """Open `partial` to append blocks to it; errors speak of `out`, which it will become.

    Raises
    ------
    PreprocessError
        The file cannot hold this rate, number of channels or length.
    OSError
        It cannot be written: the disk is full, or the directory is not ours.
    """
    kinds = {".npy": _NpySink, ".raw": _RawSink}
    with _Disk(partial, out) as disk:
        sink: Sink = kinds.get(layout.suffix, _SoundfileSink)(disk, layout, backend)
        try:
            yield sink
        except BaseException:
            with suppress(Exception):
                sink.close()  # for libsndfile's memory; the file is given up
            raise
        sink.close()
        disk.flush()


class Sink(ABC):
    """Takes blocks of float samples and keeps count: `frames` written, samples `clamped` to full scale."""

    def __init__(self, disk: "_Disk", layout: Layout, backend: str | None) -> None:
        self._disk, self._layout, self._backend = disk, layout, backend
        limit = _CONTAINERS[layout.suffix].limit
        self._room = None if limit is None else limit // (_BYTES[layout.format] * layout.channels)
        self.frames = 0
        self.clamped = 0

    def append(self, block: NDArray[Any]) -> None:
        """Write (frames, channels) float32 or float64 after what is there."""
        layout = self._layout
        if not len(block):
            return
        if self._room is not None and self.frames + len(block) > self._room:
            raise PreprocessError(
                f"{self._disk.out} would be longer than the {self._room / layout.rate:.0f} s of this that fit into a "
                f"{layout.suffix} file; accepted for more are .w64, .rf64, .caf, .npy and .raw."
            )
        if layout.is_whole:
            self.clamped += int(np.count_nonzero(block > 1.0) + np.count_nonzero(block < -1.0))
        encoded = audio.convert_format(block, layout.format, rounding=layout.rounding, backend=self._backend)
        self._write(encoded)
        self._disk.check()
        self.frames += len(block)

    @abstractmethod
    def _write(self, encoded: NDArray[Any]) -> None:
        """Write samples of the layout's format, (frames, channels), int24 with its three bytes as a last axis."""

    @abstractmethod
    def close(self) -> None:
        """Complete the file's header."""


class _RawSink(Sink):
    def _write(self, encoded: NDArray[Any]) -> None:
        little = encoded.astype(encoded.dtype.newbyteorder("<"), copy=False)
        self._disk.write(np.ascontiguousarray(little).data.cast("B"))

    def close(self) -> None:
        """Nothing is left to write."""


class _NpySink(_RawSink):
    """An array (frames,) or (frames, channels), uint8 with a last axis of 3 for int24."""

    def __init__(self, disk: "_Disk", layout: Layout, backend: str | None) -> None:
        super().__init__(disk, layout, backend)
        self._disk.write(self._header())
        self._disk.check()

    def _header(self) -> bytes:
        layout = self._layout
        shape: tuple[int, ...] = (self.frames,) if layout.channels == 1 else (self.frames, layout.channels)
        descr = {"i16": "<i2", "i24": "|u1", "i32": "<i4", "u8": "|u1", "f32": "<f4", "f64": "<f8"}[layout.format]
        if layout.format == "i24":
            shape = (*shape, 3)
        header = io.BytesIO()
        np.lib.format.write_array_header_1_0(header, {"descr": descr, "fortran_order": False, "shape": shape})
        return header.getvalue()  # NumPy leaves room for the first axis to grow: the length never changes

    def close(self) -> None:
        """Put the number of frames into the header."""
        self._disk.seek(0)
        self._disk.write(self._header())
        self._disk.check()


class _SoundfileSink(Sink):
    def __init__(self, disk: "_Disk", layout: Layout, backend: str | None) -> None:
        super().__init__(disk, layout, backend)
        soundfile = load_optional("soundfile", f"writing {layout.suffix}")
        kind = _CONTAINERS[layout.suffix]
        self._errors = (soundfile.SoundFileError, AssertionError)  # a short write is an assertion there
        subtype = kind.subtypes[layout.format]
        try:
            with _no_interrupt():
                self._sound = soundfile.SoundFile(
                    disk, "w", samplerate=layout.rate, channels=layout.channels, format=kind.major, subtype=subtype
                )
        except (soundfile.SoundFileError, ValueError) as error:
            self._disk.check()
            raise PreprocessError(
                f"{disk.out} cannot hold {layout.channels} channels of {layout.format} at {layout.rate} Hz: "
                f"libsndfile says {getattr(error, 'error_string', str(error)).strip().rstrip('.')!r}."
            ) from error

    def _write(self, encoded: NDArray[Any]) -> None:
        # Wider integers with zeros below: libsndfile drops exactly what is added here.
        if self._layout.format == "i24":
            encoded = audio.convert_format(encoded, "i32", source="i24", backend=self._backend)
        elif self._layout.format == "u8":
            encoded = audio.convert_format(encoded, "i16", backend=self._backend)
        try:
            with _no_interrupt():
                self._sound.write(encoded)
        except self._errors as error:
            self._disk.check()
            raise PreprocessError(f"{self._disk.out} cannot be written: libsndfile says {str(error)!r}.") from error

    def close(self) -> None:
        """Let libsndfile write what it holds back, and the header."""
        try:
            with _no_interrupt():
                self._sound.close()
        except self._errors as error:
            self._disk.check()
            raise PreprocessError(f"{self._disk.out} cannot be written: libsndfile says {str(error)!r}.") from error
        self._disk.check()
        if not (self.frames or _CONTAINERS[self._layout.suffix].empty):
            raise PreprocessError(
                f"There is nothing to write, and a {self._layout.suffix} file cannot be empty; accepted for that are "
                f"{', '.join(suffix for suffix, kind in _CONTAINERS.items() if kind.empty)}."
            )


@contextmanager
def _no_interrupt() -> Iterator[None]:
    """Hold Ctrl-C back until libsndfile returns: raised in one of its callbacks, it would be printed and lost."""
    normal = signal.default_int_handler
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGINT) is not normal:
        yield
        return
    came: list[int] = []
    signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, normal)
    if came:
        raise KeyboardInterrupt


class _Disk:
    """The file that libsndfile writes to by callbacks, which cannot raise: an error is kept for `check`."""

    def __init__(self, partial: Path, out: Path) -> None:
        self.out = out
        self._error: OSError | None = None
        try:
            self._file = partial.open("w+b")
        except OSError as error:
            raise self._named(error) from error

    def __enter__(self) -> "_Disk":
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):  # what could not be written cannot be flushed either
            self._file.close()

    def write(self, data: Any) -> int:
        try:
            return self._file.write(data)
        except OSError as error:
            self._error = self._error or error
            return 0

    def seek(self, offset: int, whence: int = 0) -> int:
        try:
            return self._file.seek(offset, whence)
        except OSError as error:  # it flushes
            self._error = self._error or error
            return -1

    def tell(self) -> int:
        return self._file.tell()

    def read(self, size: int) -> bytes:
        return self._file.read(size)

    def flush(self) -> None:
        try:
            self._file.flush()
        except OSError as error:
            raise self._named(error) from error

    def check(self) -> None:
        """Raise the error that a callback met."""
        if self._error is not None:
            raise self._named(self._error) from self._error

    def _named(self, error: OSError) -> OSError:
        return OSError(error.errno, error.strerror, str(self.out))
