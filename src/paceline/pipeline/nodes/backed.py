"""What nodes have in common that run operations of the contract: their backend, and what is known of their work."""

from __future__ import annotations

import copy
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final, NamedTuple

from paceline.operations import OPERATIONS
from paceline.pipeline.nodes.base import Node
from paceline.selection import overrides

asked: Final = overrides.asked.get
"""Returns what the blocks of ``using`` around this code ask for."""


class Sound(NamedTuple):
    """What is known, before anything runs, of the arrays that a node is sent; None: nothing."""

    rate: int | None = None
    format: str | None = None
    """As :func:`paceline.audio.convert_format` names it."""


UNKNOWN: Final = Sound()

INTEGERS: Final = frozenset({"i16", "i32"})
"""Formats that operations in floats take, and convert first."""

CHUNK_MS: Final = 20
CHUNK: Final = 480
"""Frames of a chunk whose rate is not known."""


class Call(NamedTuple):
    """A call of an operation."""

    operation: str
    n: int
    kind: str = ""
    """One of the operation's kinds; empty: the one that it is measured on."""


def conversion(source: str | None, to: str, frames: int) -> Call:
    """Return the call that converts samples, of the kind that was measured if there is that."""
    kind = f"{source} to {to}"
    return Call("convert_format", frames, kind if kind in OPERATIONS["convert_format"].kinds else "")


class Work(NamedTuple):
    """What a node does to a typical chunk."""

    calls: tuple[Call, ...]
    """The first is the one that says where the node runs."""
    per: str
    """The chunk, in words."""
    converts: str = ""
    """What its samples are converted to for that, in words."""


def chunk_of(rate: int | None) -> int:
    """Return the frames of a typical chunk: 20 ms of a rate that is known, else 480."""
    return CHUNK if rate is None else rate * CHUNK_MS // 1000


class BackedNode(Node):
    """A node of paceline's own that runs operations of the contract on a backend.

    A pipeline works on a copy that is bound to what was asked for where the pipeline was made: the node's hint, the
    node's own ``use``, the pipeline's hint, a block of :func:`paceline.using`. Where nothing was, each operation is
    chosen by the sizes that it is called with: all backends share arrays, so handing them over costs nothing, and no
    other way is cheaper.
    """

    operation: str | None = None
    """The one that most of its time goes into; None: it is Python code."""
    backend: str | None = None
    _wishes: overrides.Wishes | None = None
    _is_bound = False

    def use(self, backend: str) -> None:
        """Run on this backend."""
        self.backend = backend

    def bound(self, backend: str | None) -> BackedNode:
        """Return a copy that runs on a backend; None: on what is asked for here and now, else on the fastest."""
        made = copy.copy(self)
        made.backend, made._wishes, made._is_bound = backend, asked(), True
        return made

    def process(self, item: Any) -> Any:
        """Work on one item, with what was asked for where the node was bound."""
        if asked() is self._wishes:  # the usual case, which a block would cost a part of its time
            return self._process(item)
        with self.asking():
            return self._process(item)

    def _process(self, item: Any) -> Any:
        raise NotImplementedError

    def asking(self) -> AbstractContextManager[Any]:
        """Return a block in which what was asked for where the node was bound is asked for again."""
        return overrides.asking(self._wishes) if self._is_bound else _NO_BLOCK

    def work(self, given: Sound) -> Work:
        """Return what it does to a typical chunk."""
        raise NotImplementedError

    def sends(self, given: Sound) -> Sound:  # noqa: ARG002 - a subclass knows
        """Return what is known of the arrays that it sends."""
        return UNKNOWN


_NO_BLOCK: Final = nullcontext()
