"""The fastest available implementation of real hot paths, in Python, Numba, Cython or Rust, behind one interface."""

from paceline.backends import (
    Backend,
    BackendStatus,
    BackendUnavailable,
    StaleBackend,
    not_implemented,
    status,
)
from paceline.interpolation import (
    Trajectory,
    interpolate_linear,
    interpolate_positions_batch,
    interpolate_trajectory_batch,
    slerp_quaternion,
    slerp_quaternions_batch,
)
from paceline.selection import bind

__version__ = "0.1.0"

__all__ = [
    "Backend",
    "BackendStatus",
    "BackendUnavailable",
    "StaleBackend",
    "Trajectory",
    "bind",
    "interpolate_linear",
    "interpolate_positions_batch",
    "interpolate_trajectory_batch",
    "not_implemented",
    "slerp_quaternion",
    "slerp_quaternions_batch",
    "status",
]
