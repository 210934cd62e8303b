"""What a pipeline raises; the same from every executor."""

from __future__ import annotations

from typing import Any

from paceline.backends import BackendUnavailable
from paceline.errors import PacelineError

__all__ = [
    "BackendUnavailable",
    "CircuitBreakerTripped",
    "CycleError",
    "ManifestError",
    "NodeError",
    "NodeNotFound",
    "PipelineError",
    "RetryLimitExceeded",
    "VersionMismatch",
]


class PipelineError(PacelineError):
    """The base class of what a pipeline raises; :class:`BackendUnavailable` stands beside it."""


class ManifestError(PipelineError, ValueError):
    """A manifest, or a graph built by hand, is not valid; ``path`` says where, as in ``nodes[2].params.operand``."""

    def __init__(self, message: str, path: str = "") -> None:
        super().__init__(message)
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (str(self), self.path)


class VersionMismatch(ManifestError):  # noqa: N818 - the name that the documents give
    """A manifest has a version that this paceline does not read."""


class NodeNotFound(ManifestError):  # noqa: N818
    """An edge names a node that is not there, or a node has a type that is not registered."""


class CycleError(ManifestError):
    """The edges form a cycle; ``cycle`` holds the ids along it, the first one again at the end."""

    def __init__(self, message: str, path: str = "", cycle: tuple[str, ...] = ()) -> None:
        super().__init__(message, path)
        self.cycle = cycle

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (str(self), self.path, self.cycle)


class NodeError(PipelineError):
    """A node failed; the cause is chained.

    ``node_id`` and ``node_type`` name the node, ``index`` is the number of the input item that was being worked on
    (None at the end of the input, in ``setup`` and in ``teardown``), ``attempt`` counts from 1.
    """

    def __init__(self, message: str, node_id: str, node_type: str, index: int | None, attempt: int = 1) -> None:
        super().__init__(message)
        self.node_id = node_id
        self.node_type = node_type
        self.index = index
        self.attempt = attempt

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (str(self), self.node_id, self.node_type, self.index, self.attempt)


class RetryLimitExceeded(NodeError):  # noqa: N818
    """A node failed with an error that is worth retrying, and so did every retry."""


class CircuitBreakerTripped(NodeError):  # noqa: N818
    """A node was not called, because it had failed too often in a row."""
