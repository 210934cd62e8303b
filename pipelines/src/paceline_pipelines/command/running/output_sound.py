"""Sound: arrays of samples, one behind the other, by the sinks of audio-preprocess."""

from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import numpy as np

from paceline_pipelines.audio_preprocess.sinks import Sink, choose_layout, open_sink
from paceline_pipelines.command.errors import CommandError
from paceline_pipelines.command.running.output import Items, Output

__all__ = ["SoundOutput"]

_FORMATS: Final = {"int16": "i16", "int32": "i32", "float32": "f32", "float64": "f64"}
_COARSER: Final = {".flac": {"f32": "i24", "f64": "i24"}}
_CODED: Final = (".ogg", ".opus", ".mp3")


class SoundOutput(Output):
    """Samples keep their format: int16, int32, float32 or float64; FLAC has 24 bits for floats."""

    def __init__(self, partial: Path, target: Path, rate: int) -> None:
        super().__init__(partial, target)
        self._rate = rate
        self._stack = ExitStack()
        self._sink: Sink | None = None
        self._like: tuple[Any, ...] = ()

    def write(self, items: Items) -> None:
        """Write arrays of (frames,) or (frames, channels)."""
        for index, item in enumerate(items):
            if not (isinstance(item, np.ndarray) and item.ndim in (1, 2) and item.dtype.name in _FORMATS):
                accepted = f"are arrays of (frames,) or (frames, channels) of {', '.join(_FORMATS)}"
                raise self.refuse(index, item, accepted)
            block = item if item.ndim == 2 else item[:, None]
            if self._sink is None:
                self._open(block.dtype.name, block.shape[1])
                self._like = (item.dtype, block.shape[1])
            if (item.dtype, block.shape[1]) != self._like:
                dtype, channels = self._like
                raise self.refuse(index, item, f"is {dtype.name} with {channels} channels, as before it")
            assert self._sink is not None  # opened just now at the latest
            self._sink.append(block)

    def close(self) -> None:
        """Complete the file."""
        if self._sink is None:
            self._open("float32", 1)
        self._stack.close()

    def told(self) -> str:
        """Return what is in it, in words."""
        frames = self._sink.frames if self._sink is not None else 0
        return f"{frames:,} frames at {self._rate} Hz, {frames / self._rate:.3f} s"

    def _open(self, dtype: str, channels: int) -> None:
        ending = self.target.suffix.lower()
        form = _COARSER.get(ending, {}).get(_FORMATS[dtype], _FORMATS[dtype])
        if ending in _CODED:
            form = "f32"
        if not channels:
            raise CommandError(f"{self.target} cannot hold sound without channels.")
        layout = choose_layout(self.target, form, "nearest", self._rate, channels)
        self._sink = self._stack.enter_context(open_sink(self.partial, self.target, layout, None))
