"""Uncompressed and lossless files, and Ogg, through libsndfile."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from paceline_pipelines.audio_preprocess.errors import Damage, load_optional
from paceline_pipelines.audio_preprocess.source import BLOCK, Source, Unreadable

__all__ = ["open_soundfile"]

_UNKNOWN_FRAMES = 1 << 60  # libsndfile's own mark for "not told" is the largest int64
_SIZES = re.compile(r"(\d+) \(should be (\d+)\)")
_PADDING = 8  # bytes by which sloppy writers miss a size, harmlessly
_PIECE = 4096  # frames; of a read that meets damage nothing is given, nor is there a way back
_WIDE = ("PCM_32", "DOUBLE", "ALAC_32")


@contextmanager
def open_soundfile(path: Path, damage: Damage) -> Iterator[Source]:
    """Open `path` with libsndfile, or raise `Unreadable`."""
    try:
        soundfile = load_optional("soundfile", "this kind of file")
    except ValueError as error:
        raise Unreadable(str(error).rstrip(".")) from error
    with path.open("rb") as file:
        try:
            # By its descriptor, because of a name libsndfile would believe the suffix.
            sound = soundfile.SoundFile(file.fileno(), closefd=False)
        except (soundfile.SoundFileError, ValueError) as error:
            reason = getattr(error, "error_string", str(error)).strip().rstrip(".")
            raise Unreadable(f"libsndfile says {reason!r}") from error
        with sound:
            if _declares_more(sound.extra_info):
                damage.report(f"{path} is truncated: its header declares more bytes than there are.")
            yield _SoundfileSource(path, sound, soundfile.SoundFileError, damage)


def _declares_more(log: str) -> bool:
    """Say whether a size in the header goes beyond the file's end; a recorder that could not seek leaves a mark."""
    return any(int(said) > int(found) + _PADDING and not _is_mark(int(said)) for said, found in _SIZES.findall(log))


def _is_mark(size: int) -> bool:
    return 0xFFFFFF00 <= size <= 0xFFFFFFFF or 0x7FFF0000 <= size <= 0x80000100


class _SoundfileSource:
    reader = "libsndfile"

    def __init__(self, path: Path, sound: Any, error: type[Exception], damage: Damage) -> None:
        self._path, self._sound, self._error, self._damage = path, sound, error, damage
        self.kind = f"{sound.format} {sound.subtype}"
        self.rate: int = sound.samplerate
        self.channels: int = sound.channels
        self.frames: int | None = sound.frames if 0 <= sound.frames < _UNKNOWN_FRAMES else None
        self.wide = sound.subtype in _WIDE

    def blocks(self, dtype: DTypeLike, skip: int) -> Iterator[NDArray[Any]]:
        """Read in order into one buffer; after damage, up to the last frame that can be decoded."""
        done = skip if self.frames is None else min(skip, self.frames)
        if done:
            try:
                self._sound.seek(done)
            except self._error as error:
                self._report(0, error)
                return
        block = np.empty((max(1, BLOCK // self.channels), self.channels), dtype)
        filled, count = 0, 1
        while count:
            try:
                count = len(self._sound.read(out=block[filled : filled + _PIECE]))
            except self._error as error:
                if filled:
                    yield block[:filled]
                self._report(done, error)
                return
            done, filled = done + count, filled + count
            if filled == len(block):
                yield block
                filled = 0
        if filled:
            yield block[:filled]
        if self.frames is not None and done < self.frames:
            self._damage.report(
                f"{self._path} is truncated: it ends at {done / self.rate:.3f} s of {self.frames / self.rate:.3f} s."
            )

    def _report(self, done: int, error: Exception) -> None:
        reason = getattr(error, "error_string", str(error)).strip().rstrip(".")
        self._damage.report(f"{self._path} is damaged after {done / self.rate:.3f} s: libsndfile says {reason!r}.")
