from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paceline.pipeline.program import Program, Runner

Stamps = NDArray[np.int64]
Floats = NDArray[np.float64]
Samples = NDArray[Any]
Quaternion = tuple[float, float, float, float]

def nothing() -> None: ...
def number(x: float) -> float: ...
def array(x: Floats) -> int: ...
def level() -> str: ...
def lesser_kernels(level: str) -> dict[str, Callable[..., int]]: ...
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
def resample(
    x: NDArray[np.float32],
    up: int,
    down: int,
    hop: int,
    guard: int,
    response: NDArray[np.float32],
    radices_in: NDArray[np.int64],
    twiddles_in: NDArray[np.float32],
    order_in: NDArray[np.int64],
    radices_out: NDArray[np.int64],
    twiddles_out: NDArray[np.float32],
    order_out: NDArray[np.int64],
    out: NDArray[np.float32],
) -> int: ...
def resample_chunk(
    x: Samples,
    flush: bool,
    up: int,
    down: int,
    coefficients: Samples,
    history: Samples,
    state: NDArray[np.int64],
    out: Samples,
) -> int: ...
def resample_with_rubato(x: NDArray[np.float32], up: int, down: int, out: NDArray[np.float32]) -> int: ...
def detect_voice(
    x: NDArray[np.float32],
    flush: bool,
    plan: NDArray[np.int64],
    tables: NDArray[np.float32],
    threshold: float,
    below_peak: float,
    history: NDArray[np.float32],
    state: NDArray[np.int64],
    scores: NDArray[np.float32],
    flags: NDArray[np.bool_],
) -> int: ...
def run_pipeline(program: Program) -> Runner: ...
