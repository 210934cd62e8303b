"""Slerp in plain Python loops; what walks over knots is left to others."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from paceline.backends import not_implemented

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Stamps = NDArray[np.int64]
    Floats = NDArray[np.float64]

Quaternion = tuple[float, float, float, float]

_NAN = (math.nan, math.nan, math.nan, math.nan)
_FURTHEST = 2**63 - 1

interpolate_positions_batch = not_implemented("it only turns: positions are linear, which NumPy does as well")
interpolate_trajectory_batch = not_implemented("a loop over knots in Python would take a second an episode")
interpolate_linear = not_implemented("it only turns: channels are linear, which np.interp does as well")
trajectory_check = not_implemented("it keeps nothing between calls")
trajectory_at = not_implemented("it keeps nothing between calls")
trajectory_gap = not_implemented("it keeps nothing between calls")


def slerp_quaternion(t: int, t0: int, q0: Quaternion, t1: int, q1: Quaternion, extrapolate: bool = False) -> Quaternion:
    """Interpolate one pair; four NaNs where t1 < t0 or a quaternion is zero or not finite."""
    a, b = _scaled(q0), _scaled(q1)
    if a is None or b is None or t1 < t0:
        return _NAN
    if not extrapolate:
        t = min(max(t, t0), t1)
    # Integers until here; Python's division of two integers rounds once.
    f, g = ((t - t0) / (t1 - t0), (t1 - t) / (t1 - t0)) if t1 > t0 else (0.0, 1.0)
    a_norm, b_norm = math.sqrt(_dot(a, a)), math.sqrt(_dot(b, b))
    dot = _dot(a, b)
    angle = math.acos(min(abs(dot) / (a_norm * b_norm), 1.0))
    if angle > 0.0:
        f, g = math.sin(f * angle) / math.sin(angle), math.sin(g * angle) / math.sin(angle)
    if dot < 0.0:
        f = -f  # the shorter arc ends at the negative of b
    f, g = f / b_norm, g / a_norm
    return g * a[0] + f * b[0], g * a[1] + f * b[1], g * a[2] + f * b[2], g * a[3] + f * b[3]


def slerp_quaternions_batch(
    t: Stamps, t0: Stamps, q0: Floats, t1: Stamps, q1: Floats, extrapolate: bool, out: Floats
) -> int:
    """Interpolate n pairs; return the first row whose stamps or quaternions are bad."""
    rows = zip(t.tolist(), t0.tolist(), q0.tolist(), t1.tolist(), q1.tolist(), strict=True)
    for row, pair in enumerate(rows):
        q = slerp_quaternion(*pair, extrapolate)
        if q[0] != q[0] or pair[3] - pair[1] > _FURTHEST:
            return row
        out[row] = q
    return -1


def _dot(a: Quaternion, b: Quaternion) -> float:
    return (a[0] * b[0] + a[1] * b[1]) + (a[2] * b[2] + a[3] * b[3])


def _scaled(q: Quaternion) -> Quaternion | None:
    """Scale by a power of two, so that squares neither overflow nor vanish; None if zero or not finite."""
    x, y, z, w = map(float, q)
    largest = max(abs(x), abs(y), abs(z), abs(w))
    if not (math.isfinite(x) and math.isfinite(y) and math.isfinite(z) and math.isfinite(w)) or largest == 0.0:
        return None
    exponent = -math.frexp(largest)[1]
    return math.ldexp(x, exponent), math.ldexp(y, exponent), math.ldexp(z, exponent), math.ldexp(w, exponent)
