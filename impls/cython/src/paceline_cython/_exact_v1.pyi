from typing import Any

import numpy as np
from numpy.typing import NDArray

Stamps = NDArray[np.int64]
Floats = NDArray[np.float64]
Samples = NDArray[Any]
Quaternion = tuple[float, float, float, float]

chain_loops: Any

def slerp_quaternion(
    t: int, t0: int, q0: Quaternion, t1: int, q1: Quaternion, extrapolate: bool = False
) -> Quaternion: ...
def slerp_quaternions_batch(
    t: Stamps, t0: Stamps, q0: Floats, t1: Stamps, q1: Floats, extrapolate: bool, out: Floats
) -> int: ...
def interpolate_positions_batch(
    t: Stamps, t0: Stamps, p0: Floats, t1: Stamps, p1: Floats, extrapolate: bool, out: Floats
) -> int: ...
def interpolate_trajectory_batch(
    stamps: Stamps,
    positions: Floats,
    quats: Floats,
    at: Stamps,
    extrapolate: bool,
    out_positions: Floats,
    out_quats: Floats,
) -> int: ...
def interpolate_linear(stamps: Stamps, values: Floats, at: Stamps, extrapolate: bool, out: Floats) -> int: ...
def trajectory_check(stamps: Stamps, quats: Floats) -> int: ...
def trajectory_at(
    stamps: Stamps,
    positions: Floats,
    quats: Floats,
    at: Stamps,
    extrapolate: bool,
    out_positions: Floats,
    out_quats: Floats,
) -> int: ...
def trajectory_gap(stamps: Stamps, at: Stamps, out: Stamps) -> int: ...
def convert_format(x: Samples, source: int, out: Samples, target: int, rounding: int) -> int: ...
def interleave(x: Samples, out: Samples) -> int: ...
def deinterleave(x: Samples, out: Samples) -> int: ...
def to_mono(x: Samples, out: Samples) -> int: ...
