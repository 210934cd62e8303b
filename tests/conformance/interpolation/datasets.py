"""Trajectories with queries that the oracles answer once per run; each ends at what makes interpolation hard."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from conformance.interpolation.routes import pairs
from oracles import interpolation as oracle
from paceline import tum, workloads

RECORDINGS = Path(__file__).parents[4] / "shared" / "data" / "trajectories"
"""Recorded trajectories lie beside the repository, not in it."""

T = workloads.EPOCH_NS


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """Knots, queries, and what the oracles answer: positions as nearest double and rest, quaternions in more digits."""

    stamps: Any
    positions: Any
    quaternions: Any
    at: Any
    exact_positions: tuple[Any, Any]
    exact_quaternions: Any


def answered(stamps: Any, positions: Any, quaternions: Any, at: Any, *, extrapolate: bool = False) -> Dataset:
    """Add the oracles' answers."""
    stamps, at = np.asarray(stamps, np.int64), np.asarray(at, np.int64)
    positions, quaternions = np.asarray(positions, np.float64), np.asarray(quaternions, np.float64)
    i, j = pairs(stamps, at)
    knots = stamps[i], stamps[j]
    return Dataset(
        stamps,
        positions,
        quaternions,
        at,
        oracle.lerp(at, knots[0], positions[i], knots[1], positions[j], extrapolate=extrapolate),
        oracle.slerp(at, knots[0], quaternions[i], knots[1], quaternions[j], extrapolate=extrapolate),
    )


@cache
def load(name: str) -> Dataset:
    """Make or read a data set by name."""
    return answered(*_MAKERS[name]())


def _synthetic_200hz() -> tuple[Any, ...]:
    return workloads.trajectory_to_video(1_000, np.random.default_rng(1))


def _synthetic_10hz() -> tuple[Any, ...]:
    episode = workloads.synthetic_episode(1_000, np.random.default_rng(2), knot_rate_hz=10.0)
    return episode.stamps, episode.positions, episode.quaternions, episode.video_stamps


def _random(seed: int, m: int = 500, n: int = 800) -> tuple[np.random.Generator, Any, Any, Any, Any]:
    rng = np.random.default_rng(seed)
    stamps = T + np.cumsum(rng.integers(1_000_000, 9_000_000, m))
    at = rng.integers(stamps[0] - 5_000_000, stamps[-1] + 5_000_000, n)
    return rng, stamps, rng.uniform(-2.0, 2.0, (m, 3)), rng.standard_normal((m, 4)), at


def _any_angle() -> tuple[Any, ...]:
    _, stamps, positions, quaternions, at = _random(3)
    return stamps, positions, quaternions / np.linalg.norm(quaternions, axis=1, keepdims=True), at


def _near_half_turn() -> tuple[Any, ...]:
    """Neighbours whose rotations are half a turn apart but for 1e-3 to 1e-12 rad, on either side of it."""
    rng, stamps, positions, _, at = _random(4)
    short = rng.choice([-1.0, 1.0], len(stamps)) * 10.0 ** rng.uniform(-12, -3, len(stamps))
    angles = np.cumsum(np.pi / 2 + short / 2)
    axis = np.array([0.36, -0.48, 0.8])
    quaternions = np.concatenate([np.sin(angles)[:, None] * axis, np.cos(angles)[:, None]], axis=1)
    return stamps, positions, quaternions, at


def _tiny_angles() -> tuple[Any, ...]:
    """Neighbours 1e-4 to 1e-16 rad apart, and some that are the same."""
    rng, stamps, positions, quaternions, at = _random(5)
    steps = rng.standard_normal((len(stamps), 4)) * 10.0 ** rng.uniform(-16, -4, (len(stamps), 1))
    steps[::7] = 0.0
    return stamps, positions, quaternions[0] + np.cumsum(steps, axis=0), at


def _non_unit_knots() -> tuple[Any, ...]:
    rng, stamps, positions, quaternions, at = _random(6)
    return stamps, positions, quaternions * rng.uniform(0.1, 10.0, (len(stamps), 1)), at


def _extreme_norms() -> tuple[Any, ...]:
    rng, stamps, positions, quaternions, at = _random(7)
    return stamps, positions, quaternions * 10.0 ** rng.uniform(-150, 150, (len(stamps), 1)), at


def _cancelling_positions() -> tuple[Any, ...]:
    """Neighbours at opposite sides of zero, asked for within a few ns of where they meet."""
    rng, stamps, positions, quaternions, _ = _random(8)
    positions *= 10.0 ** rng.uniform(-3, 6, positions.shape)
    k = rng.integers(0, len(stamps) - 1, 800)
    column = rng.integers(0, 3, 800)
    before, after = positions[k, column], positions[k + 1, column]
    meet = np.abs(before) / (np.abs(before) + np.abs(after))
    at = stamps[k] + np.rint(meet * (stamps[k + 1] - stamps[k])).astype(np.int64) + rng.integers(-2, 3, 800)
    return stamps, positions, quaternions, at


def _recording(knots: str, queries: str) -> tuple[Any, ...]:
    recorded = tum.read_tum(RECORDINGS / knots)
    at, _ = tum.read_stamps(RECORDINGS / queries)
    first = np.concatenate([[True], recorded.stamps[1:] != recorded.stamps[:-1]])
    return recorded.stamps[first], recorded.positions[first], recorded.quaternions[first], at


_MAKERS = {
    "synthetic_200hz": _synthetic_200hz,
    "synthetic_10hz": _synthetic_10hz,
    "any_angle": _any_angle,
    "near_half_turn": _near_half_turn,
    "tiny_angles": _tiny_angles,
    "non_unit_knots": _non_unit_knots,
    "extreme_norms": _extreme_norms,
    "cancelling_positions": _cancelling_positions,
    "fr2_desk": lambda: _recording("fr2_desk_groundtruth.txt", "fr2_desk_ORB.txt"),
    "fr1_xyz": lambda: _recording("freiburg1_xyz-groundtruth.txt", "freiburg1_xyz-rgbdslam.txt"),
}
RECORDED = ("fr2_desk", "fr1_xyz")
SYNTHETIC = tuple(name for name in _MAKERS if name not in RECORDED)
