"""Trajectory interpolation in Rust; the contract is in :mod:`paceline.operations`."""

from paceline_rust._rust import (
    interpolate_linear,
    interpolate_positions_batch,
    interpolate_trajectory_batch,
    slerp_quaternion,
    slerp_quaternions_batch,
    trajectory_at,
    trajectory_check,
    trajectory_gap,
)

__all__ = [
    "interpolate_linear",
    "interpolate_positions_batch",
    "interpolate_trajectory_batch",
    "slerp_quaternion",
    "slerp_quaternions_batch",
    "trajectory_at",
    "trajectory_check",
    "trajectory_gap",
]
