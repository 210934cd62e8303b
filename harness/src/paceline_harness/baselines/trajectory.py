"""Baselines for trajectories: the published loops, what users would pick today, and NumPy written with care.

`*_seconds` helpers make the float stamps that scipy and NumPy's own functions need: seconds since the first knot, which
a double holds to well under a nanosecond. None of them is timed unless its function says so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Stamps = npt.NDArray[np.int64]
Pose = tuple[Floats, Floats]
RotationOnly = tuple[None, Floats]


def relative_seconds(stamps: Stamps, origin: Stamps) -> Floats:
    """Return seconds since the first stamp of `origin`, subtracted as integers."""
    seconds: Floats = (stamps - origin[0]) * 1e-9
    return seconds


# -- as published ------------------------------------------------------------------------------------------------------


def published_slerp_loop(t: Stamps, t0: Stamps, q0: Floats, t1: Stamps, q1: Floats) -> Floats:
    """Interpolate n pairs as published: a scipy Slerp object for every sample, absolute stamps as they are."""
    from scipy.spatial.transform import Rotation, Slerp

    out = np.empty((len(t), 4))
    for n in range(len(t)):
        key_rots = Rotation.from_quat([q0[n], q1[n]])
        slerp = Slerp([t0[n], t1[n]], key_rots)
        out[n] = slerp([t[n]]).as_quat()[0]
    return out


def published_lerp_loop(t: Stamps, t0: Stamps, p0: Floats, t1: Stamps, p1: Floats) -> Floats:
    """Interpolate n pairs of positions one by one, with NumPy scalars."""
    out = np.empty_like(p0)
    for n in range(len(t)):
        alpha = (t[n] - t0[n]) / (t1[n] - t0[n])
        out[n] = (1 - alpha) * p0[n] + alpha * p1[n]
    return out


def published_trajectory_loop(stamps: Stamps, positions: Floats, quats: Floats, at: Stamps) -> Pose:
    """Interpolate a whole episode with the two loops above, after one search for all segments."""
    i = segments(stamps, at)
    t = np.clip(at, stamps[0], stamps[-1])
    knots = t, stamps[i], stamps[i + 1]
    return (
        published_lerp_loop(knots[0], knots[1], positions[i], knots[2], positions[i + 1]),
        published_slerp_loop(knots[0], knots[1], quats[i], knots[2], quats[i + 1]),
    )


# -- NumPy by hand -----------------------------------------------------------------------------------------------------


def segments(stamps: Stamps, at: Stamps) -> npt.NDArray[np.intp]:
    """Return for each query the last segment that starts at or before it, clipped to the knots."""
    i = np.searchsorted(stamps, at, side="right")
    i -= 1
    return np.clip(i, 0, len(stamps) - 2, out=i)


def slerp_weights(cosine: Floats, fraction: Floats) -> tuple[Floats, Floats]:
    """Return both knots' weights; `cosine` is the unit quaternions' dot product, the sign of the second included."""
    sign = np.copysign(1.0, cosine)
    theta = np.arccos(np.minimum(np.abs(cosine), 1.0))
    near = theta < 1e-6  # there sin is its argument
    theta[near] = 1.0
    inverse = 1.0 / np.sin(theta)
    first, second = np.sin((1.0 - fraction) * theta) * inverse, np.sin(fraction * theta) * inverse
    if near.any():
        first[near], second[near] = 1.0 - fraction[near], fraction[near]
    return first, second * sign


def numpy_slerps(t: Stamps, t0: Stamps, q0: Floats, t1: Stamps, q1: Floats) -> Floats:
    """Interpolate n pairs of quaternions of any norm, vectorised."""
    return _slerp((t - t0) / (t1 - t0), q0, q1)


def numpy_positions(t: Stamps, t0: Stamps, p0: Floats, t1: Stamps, p1: Floats) -> Floats:
    """Interpolate n pairs of positions, vectorised."""
    out = p1 - p0
    out *= ((t - t0) / (t1 - t0))[:, None]
    out += p0
    return out


def numpy_trajectory(stamps: Stamps, positions: Floats, quats: Floats, at: Stamps) -> Pose:
    """Interpolate poses with one searchsorted and vectorised arithmetic; quaternions of any norm; clamped."""
    i = segments(stamps, at)
    fraction = _fraction(stamps, at, i)
    return _lerp(fraction, positions, i), _slerp(fraction, quats.take(i, 0), quats.take(i + 1, 0))


def numpy_prepare(stamps: Stamps, positions: Floats, quats: Floats) -> tuple[Any, ...]:
    """Prepare poses for `numpy_prepared_at`: unit quaternions and the cosine between neighbours."""
    unit = quats / np.sqrt(np.einsum("ij,ij->i", quats, quats))[:, None]
    return stamps, positions, unit, np.einsum("ij,ij->i", unit[:-1], unit[1:])


def numpy_prepared_at(prepared: tuple[Any, ...], at: Stamps) -> Pose:
    """Evaluate what `numpy_prepare` returned at (n,) stamps."""
    stamps, positions, unit, cosine = prepared
    i = segments(stamps, at)
    fraction = _fraction(stamps, at, i)
    first, second = slerp_weights(cosine[i], fraction)
    quats = unit.take(i, 0)
    quats *= first[:, None]
    quats += second[:, None] * unit.take(i + 1, 0)
    return _lerp(fraction, positions, i), quats


def _fraction(stamps: Stamps, at: Stamps, i: npt.NDArray[np.intp]) -> Floats:
    start = stamps[i]
    fraction: Floats = (at - start) / (stamps[i + 1] - start)
    return np.clip(fraction, 0.0, 1.0, out=fraction)


def _lerp(fraction: Floats, positions: Floats, i: npt.NDArray[np.intp]) -> Floats:
    start = positions.take(i, 0)
    out = positions.take(i + 1, 0)
    out -= start
    out *= fraction[:, None]
    out += start
    return out


def _slerp(fraction: Floats, q0: Floats, q1: Floats) -> Floats:
    norm0 = 1.0 / np.sqrt(np.einsum("ij,ij->i", q0, q0))
    norm1 = 1.0 / np.sqrt(np.einsum("ij,ij->i", q1, q1))
    first, second = slerp_weights(np.einsum("ij,ij->i", q0, q1) * norm0 * norm1, fraction)
    out: Floats = q0 * (first * norm0)[:, None]
    out += q1 * (second * norm1)[:, None]
    return out


# -- scipy, NumPy's own, evo -------------------------------------------------------------------------------------------


def scipy_build(seconds: Floats, quats: Floats) -> Any:
    """Build scipy's Slerp from float seconds and (m, 4) quaternions."""
    from scipy.spatial.transform import Rotation, Slerp

    return Slerp(seconds, Rotation.from_quat(quats))


def scipy_build_and_evaluate(stamps: Stamps, positions: Floats, quats: Floats, at: Stamps) -> RotationOnly:
    """Build scipy's Slerp from int64 stamps, relative seconds computed here, and evaluate it; clamped."""
    del positions
    seconds = relative_seconds(stamps, stamps)
    return scipy_evaluate(scipy_build(seconds, quats), clamped_seconds(stamps, at))


def scipy_evaluate(slerp: Any, seconds: Floats) -> RotationOnly:
    """Evaluate a built Slerp at (n,) seconds."""
    return None, slerp(seconds).as_quat()


def clamped_seconds(stamps: Stamps, at: Stamps) -> Floats:
    """Return queries as seconds since the first knot, clamped to the knots: scipy raises outside of them."""
    return relative_seconds(np.clip(at, stamps[0], stamps[-1]), stamps)


def interp_columns(seconds: Floats, knots: Floats, values: Floats) -> Floats:
    """Interpolate every column of (m, k) values by np.interp."""
    return np.stack([np.interp(seconds, knots, values[:, c]) for c in range(values.shape[1])], axis=1)


def spline_build(knots: Floats, values: Floats) -> Callable[[Floats], Floats]:
    """Build scipy's linear spline through (m, k) values."""
    from scipy.interpolate import make_interp_spline

    spline: Callable[[Floats], Floats] = make_interp_spline(knots, values, k=1)
    return spline


def evo_trajectory(stamps: Stamps, positions: Floats, quats: Floats) -> Any:
    """Make evo's PoseTrajectory3D: absolute float seconds and wxyz, as evo reads them from a file.

    Raises
    ------
    ImportError
        evo is not installed.
    """
    from evo.core.trajectory import PoseTrajectory3D

    return PoseTrajectory3D(positions, np.ascontiguousarray(quats[:, [3, 0, 1, 2]]), stamps * 1e-9)


def evo_interpolate(trajectory: Any, seconds: Floats) -> Pose:
    """Evaluate evo's trajectory at (n,) absolute seconds; quaternions come back as xyzw."""
    found = trajectory.interpolate(seconds)
    return found.positions_xyz, found.orientations_quat_wxyz[:, [1, 2, 3, 0]]
