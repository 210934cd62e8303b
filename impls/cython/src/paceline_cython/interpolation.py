"""Trajectory interpolation in Cython; the contract is in :mod:`paceline.operations`, the source in ``_kernels.pxi``."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from paceline_cython import _cpu


def _best() -> tuple[str, ModuleType]:
    for level, runs_here, name in (("avx512", _cpu.has_v4, "_v4"), ("avx2", _cpu.has_v3, "_v3")):
        if runs_here():
            try:
                return level, import_module(f"paceline_cython.{name}")
            except ModuleNotFoundError:
                pass  # the compiler that built this did not know the level
    return "baseline", import_module("paceline_cython._v1")


LEVEL, _kernels = _best()
"""The instruction set that the kernels use: avx512, avx2 or baseline."""

slerp_quaternion = _kernels.slerp_quaternion
slerp_quaternions_batch = _kernels.slerp_quaternions_batch
interpolate_positions_batch = _kernels.interpolate_positions_batch
interpolate_trajectory_batch = _kernels.interpolate_trajectory_batch
interpolate_linear = _kernels.interpolate_linear
trajectory_check = _kernels.trajectory_check
trajectory_at = _kernels.trajectory_at
trajectory_gap = _kernels.trajectory_gap
