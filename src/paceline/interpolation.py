"""Interpolation of recorded trajectories: poses, positions and other channels at the stamps of video frames.

Time is int64 nanoseconds (or datetime64[ns]) and differences are taken in int64 before any float: at 1.7e18 ns, today's
wall clock, a double steps by 256 ns. Rotations are quaternions, interpolated by slerp on the shorter arc (K. Shoemake,
"Animating rotation with quaternion curves", 1985); everything else is linear.

Every function takes read-only, strided, Fortran-ordered, float32 and integer arrays, and lists; it returns float64 in C
order. Positions and channels are within 1 ulp of the exact value, also where terms cancel, while times are less than
2**53 ns (104 days) apart; further apart, between the knots, within 2.5 ulp of the larger of the knots and the result.
A zero may have either sign. An empty query gives an empty result.

``out`` must be float64, C-contiguous and writeable, may overlap an input, and is what is returned. After an error about
a quaternion or a pair's stamps its content is unspecified; after any other error it is as it was.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from paceline._arguments import (
    INT64_MAX,
    INT64_MIN,
    Bounds,
    Duplicates,
    Floats,
    Stamps,
    as_floats,
    as_out,
    as_pose_outs,
    as_stamps,
    one_of,
    overlaps,
)
from paceline._knots import BOUNDS, check_knots, raise_for_knot, raise_for_pair, take_knots
from paceline.selection import selector
from paceline.trajectory import Trajectory

__all__ = [
    "Trajectory",
    "interpolate_linear",
    "interpolate_positions_batch",
    "interpolate_trajectory_batch",
    "slerp_quaternion",
    "slerp_quaternions_batch",
]

Quaternion = tuple[float, float, float, float]

_slerp = selector("slerp_quaternion")
_slerps = selector("slerp_quaternions_batch")
_positions = selector("interpolate_positions_batch")
_poses = selector("interpolate_trajectory_batch")
_linear = selector("interpolate_linear")


def slerp_quaternion(
    t: int | np.integer | np.datetime64,
    t0: int | np.integer | np.datetime64,
    q0: Sequence[float] | Floats,
    t1: int | np.integer | np.datetime64,
    q1: Sequence[float] | Floats,
    *,
    bounds: Bounds = "clamp",
    backend: str | None = None,
) -> Quaternion:
    """Interpolate one rotation between two knots on the shorter arc.

    Parameters
    ----------
    t, t0, t1 : int or datetime64[ns]
        Query and knot times in nanoseconds, t0 <= t1. With t0 == t1 the result is q0.
    q0, q1 : tuple, list or (4,) array
        The knots' quaternions, xyzw or wxyz alike (slerp treats the four components the same), of any norm but zero.
    bounds : {"clamp", "error", "extrapolate"}
        What a t outside t0..t1 gives: the nearer knot, ValueError, or the rotation carried on at the same speed.
    backend : str, optional
        Use this backend or raise.

    Returns
    -------
    tuple of 4 floats
        Unit quaternion in q0's component order and hemisphere.

    Raises
    ------
    TypeError
        A time is a float or another type; a quaternion is not four real numbers.
    ValueError
        t1 < t0; a quaternion is zero or not finite; t is outside and ``bounds`` is "error".

    Notes
    -----
    Cost: well under a microsecond in a compiled backend, nearly all of it argument handling; for many pairs use
    :func:`slerp_quaternions_batch`. Two knots half a turn apart have no shorter arc: the sign of their dot product
    decides.
    """
    if type(t) is not int or type(t0) is not int or type(t1) is not int:
        t, t0, t1 = _one_stamp(t, "t"), _one_stamp(t0, "t0"), _one_stamp(t1, "t1")
    if not (INT64_MIN <= t <= INT64_MAX and INT64_MIN <= t0 <= INT64_MAX and INT64_MIN <= t1 <= INT64_MAX):
        raise ValueError(f"t, t0, t1 are {t}, {t0}, {t1}; accepted are times that fit int64 nanoseconds.")
    if type(q0) is not tuple or len(q0) != 4 or type(q0[0]) is not float:
        q0 = _one_quaternion(q0, "q0")
    if type(q1) is not tuple or len(q1) != 4 or type(q1[0]) is not float:
        q1 = _one_quaternion(q1, "q1")
    if bounds != "clamp":
        one_of(bounds, "bounds", BOUNDS)
        if bounds == "error" and not t0 <= t <= t1 and t0 <= t1:
            raise ValueError(
                f"t = {t} is outside the knots, {t0} to {t1}; accepted with bounds='error' is between them."
            )
    kernel = _slerp.pick(1, backend)
    try:
        q: Quaternion = kernel(t, t0, q0, t1, q1, bounds == "extrapolate")
    except (TypeError, ValueError, OverflowError):
        # A kernel refuses a tuple that is not four real numbers in words of its own; these are ours.
        _one_quaternion(q0, "q0")
        _one_quaternion(q1, "q1")
        raise
    if q[0] != q[0]:
        raise_for_pair(None, (t0, t1), (q0, q1))
    return q


def slerp_quaternions_batch(
    t: ArrayLike,
    t0: ArrayLike,
    q0: ArrayLike,
    t1: ArrayLike,
    q1: ArrayLike,
    *,
    bounds: Bounds = "clamp",
    out: Floats | None = None,
    backend: str | None = None,
) -> Floats:
    """Interpolate n independent pairs of rotations, each at one time, on the shorter arc.

    Parameters
    ----------
    t, t0, t1 : (n,) int64 ns or datetime64[ns]
        Query and knot times, t0 <= t1 in each row. Where t0 == t1 the result is q0.
    q0, q1 : (n, 4)
        The knots' quaternions, xyzw or wxyz alike, of any norm but zero.
    bounds : {"clamp", "error", "extrapolate"}
        What a t outside its t0..t1 gives: the nearer knot, ValueError, or the rotation carried on at the same speed.
    out : (n, 4) float64, optional
        Receives the result.
    backend : str, optional
        Use this backend or raise.

    Returns
    -------
    (n, 4) float64
        Unit quaternions, each in the component order and hemisphere of its q0.

    Raises
    ------
    TypeError
        Stamps are floats, or a dtype does not fit.
    ValueError
        Shapes differ; in a row t1 < t0, a quaternion is zero or not finite, or t is outside and ``bounds`` is "error".

    Notes
    -----
    Cost: one pass over 120 bytes a pair.
    """
    one_of(bounds, "bounds", BOUNDS)
    ta, t0a, t1a = _pair_stamps(t, t0, t1)
    n = len(ta)
    q0a, q1a = as_floats(q0, "q0", (n, 4)), as_floats(q1, "q1", (n, 4))
    result = np.empty((n, 4)) if out is None else as_out(out, "out", (n, 4))
    _check_pair_bounds(ta, t0a, t1a, bounds)
    target = np.empty((n, 4)) if out is not None and overlaps(out, ta, t0a, t1a, q0a, q1a) else result
    bad = _slerps.pick(n, backend)(ta, t0a, q0a, t1a, q1a, bounds == "extrapolate", target)
    if bad >= 0:
        raise_for_pair(bad, (int(t0a[bad]), int(t1a[bad])), (q0a[bad], q1a[bad]))
    if target is not result:
        result[...] = target
    return result


def interpolate_positions_batch(
    t: ArrayLike,
    t0: ArrayLike,
    p0: ArrayLike,
    t1: ArrayLike,
    p1: ArrayLike,
    *,
    bounds: Bounds = "clamp",
    out: Floats | None = None,
    backend: str | None = None,
) -> Floats:
    """Interpolate n independent pairs of positions linearly, each at one time.

    Parameters
    ----------
    t, t0, t1 : (n,) int64 ns or datetime64[ns]
        Query and knot times, t0 <= t1 in each row. Where t0 == t1 the result is p0.
    p0, p1 : (n, k)
        The knots' coordinates in any unit; NaN passes through.
    bounds : {"clamp", "error", "extrapolate"}
        What a t outside its t0..t1 gives: the nearer knot, ValueError, or the line carried on.
    out : (n, k) float64, optional
        Receives the result.
    backend : str, optional
        Use this backend or raise.

    Returns
    -------
    (n, k) float64
        Within 1 ulp of the exact value, also where the terms cancel.

    Raises
    ------
    TypeError
        Stamps are floats, or a dtype does not fit.
    ValueError
        Shapes differ; in a row t1 < t0, or t is outside and ``bounds`` is "error".

    Notes
    -----
    Cost: one pass over 24 + 24 k bytes a pair.
    """
    one_of(bounds, "bounds", BOUNDS)
    ta, t0a, t1a = _pair_stamps(t, t0, t1)
    n = len(ta)
    p0a = as_floats(p0, "p0", (n, "k"))
    p1a = as_floats(p1, "p1", (n, p0a.shape[1]))
    result = np.empty(p0a.shape) if out is None else as_out(out, "out", p0a.shape)
    _check_pair_bounds(ta, t0a, t1a, bounds)
    target = np.empty(p0a.shape) if out is not None and overlaps(out, ta, t0a, t1a, p0a, p1a) else result
    bad = _positions.pick(n, backend)(ta, t0a, p0a, t1a, p1a, bounds == "extrapolate", target)
    if bad >= 0:
        raise_for_pair(bad, (int(t0a[bad]), int(t1a[bad])), None)
    if target is not result:
        result[...] = target
    return result


def interpolate_trajectory_batch(
    traj_timestamps: ArrayLike,
    traj_positions: ArrayLike,
    traj_quats: ArrayLike,
    video_timestamps: ArrayLike,
    *,
    bounds: Bounds = "clamp",
    duplicates: Duplicates = "error",
    scalar_first: bool = False,
    out: tuple[Floats, Floats] | None = None,
    backend: str | None = None,
) -> tuple[Floats, Floats]:
    """Interpolate a recorded trajectory at the stamps of video frames: positions linearly, rotations by slerp.

    Parameters
    ----------
    traj_timestamps : (m,) int64 ns or datetime64[ns]
        Knot times, strictly increasing. One knot gives a constant.
    traj_positions : (m, 3)
        Metres, or any unit; NaN passes through.
    traj_quats : (m, 4)
        xyzw, of any norm but zero: they are normalised inside, as real files are not unit. A knot that no query
        touches is not examined.
    video_timestamps : (n,) int64 ns or datetime64[ns]
        Query times in any order.
    bounds : {"clamp", "error", "extrapolate"}
        What a query outside the knots gives: the nearer end's pose, ValueError, or the end segment carried on.
    duplicates : {"error", "first", "last"}
        What repeats of a knot's stamp give: ValueError, or all but the first or last of them dropped.
    scalar_first : bool
        Quaternions, given and returned, are wxyz.
    out : tuple of (n, 3) and (n, 4) float64, optional
        Receive the result.
    backend : str, optional
        Use this backend or raise.

    Returns
    -------
    positions : (n, 3) float64
        Within 1 ulp of the exact value, also where the terms cancel.
    quats : (n, 4) float64
        Unit quaternions, each in the hemisphere of its segment's first knot.

    Raises
    ------
    TypeError
        Stamps are floats, or a dtype does not fit.
    ValueError
        Shapes differ; stamps do not strictly increase; a quaternion is zero or not finite; there are queries but no
        knots; a query is outside and ``bounds`` is "error". The message has the first offending index.

    Notes
    -----
    Cost: one pass over the stamps and 180 bytes a query; with sorted queries the knots that are read are neighbours.
    """
    one_of(bounds, "bounds", BOUNDS)
    stamps, kept = take_knots(traj_timestamps, "traj_timestamps", duplicates)
    m = len(stamps) if kept is None else kept.total
    positions = as_floats(traj_positions, "traj_positions", (m, 3))
    quats = as_floats(traj_quats, "traj_quats", (m, 4))
    if kept is not None:
        positions, quats = positions[kept.index], quats[kept.index]
    if scalar_first is not False and scalar_first is not True:
        raise TypeError(f"scalar_first is {scalar_first!r}; accepted are True and False.")
    at = as_stamps(video_timestamps, "video_timestamps")
    n = len(at)
    if out is None:
        out_positions, out_quats = np.empty((n, 3)), np.empty((n, 4))
    else:
        out_positions, out_quats = as_pose_outs(out, n)
    check_knots(stamps, at, "traj_timestamps", "video_timestamps", bounds, kept)
    if m == 0:
        return out_positions, out_quats
    kernel = _poses.pick(n, backend)
    # Two empty arrays may have one address, which is no overlap but looks like one to a kernel.
    shared = out is not None and (
        n == 0 or any(overlaps(o, stamps, positions, quats, at) for o in (out_positions, out_quats))
    )
    targets = (np.empty((n, 3)), np.empty((n, 4))) if shared else (out_positions, out_quats)
    bad = kernel(stamps, positions, quats, at, bounds == "extrapolate", *targets)
    if bad >= 0:
        raise_for_knot(bad, stamps, "traj_timestamps", quats, "traj_quats", kept)
    if shared:
        out_positions[...], out_quats[...] = targets
    return out_positions, out_quats


def interpolate_linear(
    stamps: ArrayLike,
    values: ArrayLike,
    at: ArrayLike,
    *,
    bounds: Bounds = "clamp",
    duplicates: Duplicates = "error",
    out: Floats | None = None,
    backend: str | None = None,
) -> Floats:
    """Interpolate one or more channels linearly: a gripper's opening, positions, joint angles.

    Parameters
    ----------
    stamps : (m,) int64 ns or datetime64[ns]
        Knot times, strictly increasing. One knot gives a constant.
    values : (m,) or (m, k)
        The channels, in any unit; NaN passes through.
    at : (n,) int64 ns or datetime64[ns]
        Query times in any order.
    bounds : {"clamp", "error", "extrapolate"}
        What a query outside the knots gives: the nearer end's value, ValueError, or the end segment carried on.
    duplicates : {"error", "first", "last"}
        What repeats of a knot's stamp give: ValueError, or all but the first or last of them dropped.
    out : (n,) or (n, k) float64, optional
        Receives the result.
    backend : str, optional
        Use this backend or raise.

    Returns
    -------
    (n,) or (n, k) float64
        Within 1 ulp of the exact value, also where the terms cancel; at a knot, the knot's value.

    Raises
    ------
    TypeError
        Stamps are floats, or a dtype does not fit.
    ValueError
        Shapes differ; stamps do not strictly increase; there are queries but no knots; a query is outside and
        ``bounds`` is "error". The message has the first offending index.

    Notes
    -----
    Cost: one pass over the stamps and 16 + 24 k bytes a query.
    """
    one_of(bounds, "bounds", BOUNDS)
    knots, kept = take_knots(stamps, "stamps", duplicates)
    m = len(knots) if kept is None else kept.total
    channels = as_floats(values, "values", (m,), (m, "k"))
    one_channel = channels.ndim == 1
    if kept is not None:
        channels = channels[kept.index]
    times = as_stamps(at, "at")
    shape = (len(times),) if one_channel else (len(times), channels.shape[1])
    result = np.empty(shape) if out is None else as_out(out, "out", shape)
    check_knots(knots, times, "stamps", "at", bounds, kept)
    if m == 0:
        return result
    kernel = _linear.pick(len(times), backend)
    target = np.empty(shape) if out is not None and overlaps(out, knots, channels, times) else result
    if one_channel:
        bad = kernel(knots, channels[:, None], times, bounds == "extrapolate", target[:, None])
    else:
        bad = kernel(knots, channels, times, bounds == "extrapolate", target)
    if bad >= 0:
        raise_for_knot(bad, knots, "stamps", None, "", kept)
    if target is not result:
        result[...] = target
    return result


def _one_stamp(value: object, name: str) -> int:
    if isinstance(value, np.datetime64):
        if np.datetime_data(value.dtype) != ("ns", 1):
            raise TypeError(f"{name} is {value!r}; accepted are int nanoseconds and datetime64[ns].")
        if np.isnat(value):
            raise ValueError(f"{name} is NaT; accepted is a time.")
        return int(value.astype(np.int64))
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        return int(value)
    raise TypeError(
        f"{name} is {value!r}, a {type(value).__name__}; accepted are int nanoseconds and datetime64[ns]: convert "
        "seconds with round(seconds * 1e9) where they are small."
    )


def _one_quaternion(q: ArrayLike, name: str) -> Quaternion:
    x, y, z, w = as_floats(q, name, (4,)).tolist()
    return x, y, z, w


def _pair_stamps(t: ArrayLike, t0: ArrayLike, t1: ArrayLike) -> tuple[Stamps, Stamps, Stamps]:
    ta, t0a, t1a = as_stamps(t, "t"), as_stamps(t0, "t0"), as_stamps(t1, "t1")
    for name, stamps in (("t0", t0a), ("t1", t1a)):
        if len(stamps) != len(ta):
            raise ValueError(f"{name} has shape {stamps.shape}; accepted is that of t, {ta.shape}.")
    return ta, t0a, t1a


def _check_pair_bounds(t: Stamps, t0: Stamps, t1: Stamps, bounds: Bounds) -> None:
    if bounds == "clamp":
        return
    if bounds == "error":
        outside = ((t < t0) | (t > t1)) & (t0 <= t1)  # a pair in the wrong order is the kernel's to find
        if outside.any():
            i = int(outside.argmax())
            raise ValueError(
                f"t[{i}] = {t[i]} is outside its knots, {t0[i]} to {t1[i]}; accepted with bounds='error' are times "
                "within them, bounds='clamp' or 'extrapolate' take any."
            )
        return
    times = t.astype(np.float64)
    away = np.maximum(np.abs(times - t0), np.abs(times - t1)) >= 2.0**63
    if away.any():
        i = int(away.argmax())
        raise ValueError(
            f"t[{i}] = {t[i]} is 2**63 ns (292 years) or more away from a knot, {t0[i]} or {t1[i]}; accepted are "
            "nearer times."
        )
