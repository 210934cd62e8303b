"""The ways to one answer: every operation that turns, and every one that moves, behind the same few arguments.

A route takes a trajectory and queries, so that one data set and one oracle serve all operations. A test that has a
``route`` and a ``backend`` is run for each pair of the two that exists.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import paceline
from conformance.routes import PREPARED
from oracles import interpolation as oracle


@dataclass(frozen=True, slots=True)
class Route:
    """One public way: ``run(stamps, positions, quats, at, backend, **options)`` to positions (n, 3), quats (n, 4)."""

    name: str
    needs: tuple[str, ...]
    run: Callable[..., tuple[Any, Any]]
    """Gives None for what it does not compute."""

    def __str__(self) -> str:
        return self.name


def pairs(stamps: Any, at: Any) -> tuple[Any, Any]:
    """Return the indices of each query's two knots."""
    listed = np.asarray(stamps).tolist()
    brackets = [oracle.segment(listed, t) for t in np.asarray(at).tolist()]
    return np.array([i for i, _ in brackets], np.intp), np.array([j for _, j in brackets], np.intp)


def _scalar(stamps, positions, quats, at, backend, bounds="clamp"):
    i, j = pairs(stamps, at)
    q = [tuple(row) for row in np.asarray(quats, np.float64).tolist()]
    s = np.asarray(stamps).tolist()
    rows = [
        paceline.slerp_quaternion(t, s[a], q[a], s[b], q[b], bounds=bounds, backend=backend)
        for t, a, b in zip(np.asarray(at).tolist(), i.tolist(), j.tolist(), strict=True)
    ]
    return None, np.array(rows, np.float64).reshape(-1, 4)


def _slerp_pairs(stamps, positions, quats, at, backend, bounds="clamp"):
    i, j = pairs(stamps, at)
    s, q = np.asarray(stamps), np.asarray(quats)
    return None, paceline.slerp_quaternions_batch(at, s[i], q[i], s[j], q[j], bounds=bounds, backend=backend)


def _position_pairs(stamps, positions, quats, at, backend, bounds="clamp"):
    i, j = pairs(stamps, at)
    s, p = np.asarray(stamps), np.asarray(positions)
    return paceline.interpolate_positions_batch(at, s[i], p[i], s[j], p[j], bounds=bounds, backend=backend), None


def _trajectory_batch(stamps, positions, quats, at, backend, bounds="clamp"):
    return paceline.interpolate_trajectory_batch(stamps, positions, quats, at, bounds=bounds, backend=backend)


def _trajectory_at(stamps, positions, quats, at, backend, bounds="clamp"):
    return paceline.Trajectory(stamps, positions, quats, backend=backend).at(at, bounds=bounds)


def _linear(stamps, positions, quats, at, backend, bounds="clamp"):
    return paceline.interpolate_linear(stamps, positions, at, bounds=bounds, backend=backend), None


_BATCH = Route("interpolate_trajectory_batch", ("interpolate_trajectory_batch",), _trajectory_batch)
_AT = Route("trajectory_at", PREPARED, _trajectory_at)

TURNING = (
    Route("slerp_quaternion", ("slerp_quaternion",), _scalar),
    Route("slerp_quaternions_batch", ("slerp_quaternions_batch",), _slerp_pairs),
    _BATCH,
    _AT,
)
MOVING = (
    Route("interpolate_positions_batch", ("interpolate_positions_batch",), _position_pairs),
    Route("interpolate_linear", ("interpolate_linear",), _linear),
    _BATCH,
    _AT,
)
OVER_KNOTS = (_BATCH, _AT)
