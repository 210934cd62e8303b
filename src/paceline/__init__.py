"""The fastest available implementation of real hot paths, in Python, Numba, Cython or Rust, behind one interface."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from paceline.backends import (
    Backend,
    BackendStatus,
    BackendUnavailable,
    StaleBackend,
    not_implemented,
)
from paceline.errors import PacelineError
from paceline.interpolation import (
    Trajectory,
    interpolate_linear,
    interpolate_positions_batch,
    interpolate_trajectory_batch,
    slerp_quaternion,
    slerp_quaternions_batch,
)
from paceline.selection import bind, using, warm_up
from paceline.selection.explanation import Explanation, explain
from paceline.selection.standing import status

if TYPE_CHECKING:
    from paceline import audio, pipeline
    from paceline.pipeline import Pipeline
    from paceline.selection.calibration import Calibration, calibrate

__version__ = "0.1.0"

__all__ = [
    "Backend",
    "BackendStatus",
    "BackendUnavailable",
    "Calibration",
    "Explanation",
    "PacelineError",
    "Pipeline",
    "StaleBackend",
    "Trajectory",
    "audio",
    "bind",
    "calibrate",
    "explain",
    "interpolate_linear",
    "interpolate_positions_batch",
    "interpolate_trajectory_batch",
    "not_implemented",
    "pipeline",
    "slerp_quaternion",
    "slerp_quaternions_batch",
    "status",
    "using",
    "warm_up",
]


def __getattr__(name: str) -> Any:
    """Import the rooms that come on first use, so that ``import paceline`` stays light."""
    from importlib import import_module

    if name in ("calibrate", "Calibration"):
        return getattr(import_module("paceline.selection.calibration"), name)
    if name in ("audio", "pipeline"):
        return import_module(f"paceline.{name}")
    if name == "Pipeline":
        return import_module("paceline.pipeline").Pipeline
    raise AttributeError(f"module 'paceline' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
