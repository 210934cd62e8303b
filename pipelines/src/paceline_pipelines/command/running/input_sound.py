"""Sound, block by block, by the readers of audio-preprocess."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import numpy as np

from paceline_pipelines.audio_preprocess.errors import Damage
from paceline_pipelines.audio_preprocess.readers import open_source
from paceline_pipelines.command.running.input import Batch, Input

__all__ = ["open_sound"]


@contextmanager
def open_sound(path: Path, on_damage: Literal["fail", "keep"]) -> Iterator[Input]:
    """Open a file of sound; one channel is (frames,), several are (frames, channels); float32 where that is enough."""
    damage = Damage(on_damage)
    with open_source(path, damage) as source:
        yield Input("signal", _batches(source), "frames", source.frames, source.rate, damage.lines)


def _batches(source: Any) -> Iterator[Batch]:
    done = 0
    for block in source.blocks(np.float64 if source.wide else np.float32, 0):
        done += len(block)
        # A copy: nodes may hold their items, and the reader fills this block again.
        yield Batch(block[:, 0].copy() if source.channels == 1 else block.copy(), done)
