"""Trajectory interpolation in Cython; the source is in ``_interpolation.pxi`` and what that includes."""

from __future__ import annotations

from paceline_cython._level import exact as _kernels

slerp_quaternion = _kernels.slerp_quaternion
slerp_quaternions_batch = _kernels.slerp_quaternions_batch
interpolate_positions_batch = _kernels.interpolate_positions_batch
interpolate_trajectory_batch = _kernels.interpolate_trajectory_batch
interpolate_linear = _kernels.interpolate_linear
trajectory_check = _kernels.trajectory_check
trajectory_at = _kernels.trajectory_at
trajectory_gap = _kernels.trajectory_gap
