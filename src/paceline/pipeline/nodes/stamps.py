"""Nodes of stamps: a recording's values, or its poses, at the times that are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from paceline.interpolation import interpolate_linear
from paceline.pipeline.nodes.backed import BackedNode, Call, Sound, Work
from paceline.pipeline.nodes.base import register
from paceline.trajectory import Trajectory

Samples = NDArray[Any]


@register("InterpolateNode", "Interpolate")
class InterpolateNode(BackedNode):
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
        if self._trajectory is not None:
            self.operation = "trajectory_at"
        self._at(self._stamps[:1])  # checks the arguments

    def use(self, backend: str) -> None:
        """Run on this backend."""
        super().use(backend)
        if self._knots is not None:
            self._trajectory = Trajectory(self._stamps, *self._knots, backend=backend)

    def bound(self, backend: str | None) -> InterpolateNode:
        """Return a copy that runs on a backend; a trajectory is prepared anew only where that may be another one."""
        made = super().bound(backend)
        assert isinstance(made, InterpolateNode)  # a copy of this
        if made._knots is not None and (backend != self.backend or made._wishes is not None):
            made._trajectory = Trajectory(made._stamps, *made._knots, backend=backend)
        return made

    def work(self, given: Sound) -> Work:  # noqa: ARG002 - stamps are no sound
        """Return the call for one stamp."""
        assert self.operation is not None  # one of two
        return Work((Call(self.operation, 1),), "item")

    def _process(self, item: Any) -> Any:
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
