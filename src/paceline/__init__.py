"""The fastest available implementation of real hot paths, in Python, Numba, Cython or Rust, behind one interface."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    from paceline import audio

__version__ = "0.1.0"

__all__ = [
    "Backend",
    "BackendStatus",
    "BackendUnavailable",
    "StaleBackend",
    "Trajectory",
    "audio",
    "bind",
    "interpolate_linear",
    "interpolate_positions_batch",
    "interpolate_trajectory_batch",
    "not_implemented",
    "slerp_quaternion",
    "slerp_quaternions_batch",
    "status",
]


def __getattr__(name: str) -> Any:
    """Import the rooms that come on first use, so that ``import paceline`` stays light."""
    if name == "audio":
        from importlib import import_module

        return import_module("paceline.audio")
    raise AttributeError(f"module 'paceline' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
