"""What a file of sound is, once a library has it open."""

from collections.abc import Iterator
from typing import Any, Final, Protocol

from numpy.typing import DTypeLike, NDArray

from paceline_pipelines.audio_preprocess.errors import PreprocessError

__all__ = ["BLOCK", "Source", "Unreadable"]

BLOCK: Final = 1 << 17
"""Samples of a block, all channels together: what is in memory at once does not grow with the channels."""


class Unreadable(PreprocessError):  # noqa: N818 - an answer to the other library's turn, not to the person
    """A library does not know this file; the other one may."""


class Source(Protocol):
    """A file that is open for reading.

    `kind` tells its container and codec; `frames` is None where only decoding tells how many; `wide` says that its
    samples have more bits than float32 holds.
    """

    reader: str
    kind: str
    rate: int
    channels: int
    frames: int | None
    wide: bool

    def blocks(self, dtype: DTypeLike, skip: int) -> Iterator[NDArray[Any]]:
        """Walk the samples from frame `skip` on, (frames, channels) of a float type, valid until the next ones."""
        ...
