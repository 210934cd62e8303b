"""The contract: what every operation is, how equal its outputs must be, and what it is proven and timed on.

A backend is a package with one module per room (``interpolation``, …) that holds one function per operation, named
as here. Kernels get C-contiguous, aligned arrays of the dtypes below, write into ``out`` and allocate nothing that
they return. A check that needs a pass over values is the kernel's: it returns the first offending index, or -1.

================================ ==================================================================================
kernel                           signature -> first offending index (-1: none)
================================ ==================================================================================
``slerp_quaternion``             ``(t, t0, q0, t1, q1, extrapolate=False) -> tuple``; ints and 4-tuples; NaNs if bad
``slerp_quaternions_batch``      ``(t, t0, q0, t1, q1, extrapolate, out)``: a row with t1 < t0 or a bad quaternion
``interpolate_positions_batch``  ``(t, t0, p0, t1, p1, extrapolate, out)``: a row with t1 < t0
``interpolate_trajectory_batch`` ``(stamps, positions, quats, at, extrapolate, out_positions, out_quats)``
``interpolate_linear``           ``(stamps, values (m, k), at, extrapolate, out (n, k))``
``trajectory_check``             ``(stamps, quats)``: a knot out of order, or with a bad quaternion
``trajectory_at``                as ``interpolate_trajectory_batch``, of knots that were checked; always -1
``trajectory_gap``               ``(stamps, at, out)``: int64 ns to the nearest knot; always -1
``resample``                     ``(x (frames, channels) float32, up, down, hop, guard, response, radices_in,
                                 twiddles_in, order_in, radices_out, twiddles_out, order_out, out)``: a frame that
                                 is not finite; the plan's parts are those of ``Blocks`` in ``paceline.audio._filter``
``resample_chunk``               ``(x (frames, channels), flush, up, down, coefficients (phases, order, taps),
                                 history (channels, room), state int64 (3,), out)``: a frame that is not finite;
                                 float32 or float64 throughout
``convert_format``               ``(x, source, out, target, rounding)``: flat arrays, formats and rounding by their
                                 number in ``paceline.audio.formats``; packed int24 as uint8 (3n,); always -1
``interleave``                   ``(x (channels, frames), out (frames, channels))``: bits as uint8 … uint64; always -1
``deinterleave``                 ``(x (frames, channels), out (channels, frames))``: the same; always -1
``to_mono``                      ``(x (frames, channels), out (frames,))``; always -1
``detect_voice``                 ``(x (samples,) float32, flush, plan int64, tables float32, threshold, below_peak,
                                 history float32, state int64 (6,), scores float32, flags bool)``: a sample that is
                                 not finite or beyond 1e12, found before all else; ``plan`` and ``tables`` are those
                                 of ``Detector`` in ``paceline.audio._voice``
``run_pipeline``                 ``(program) -> runner``: both are those of ``paceline.pipeline.program``
================================ ==================================================================================

``resample_chunk`` keeps a stream in ``history`` and ``state``: frames consumed, frames of output produced, and how many
frames before the next one history still holds, at its front; in the beginning taps // 2 - 1, zeros. It takes all of
``x``, then writes every output that is determined: the number n whose last tap, ``n * down // up + taps // 2``, is a
frame consumed; with ``flush`` as if zeros followed, as many as ``out`` has room for. A frame that is not finite is
found before anything changes. How ``x`` is cut into calls changes no bit of the output.

``detect_voice`` judges the whole frames of ``x`` in order. ``history`` is: the levels of the frames remembered, frame i
at ``i % memory``; the same levels in ascending order; the scores not told yet, frame i at ``i % (delay + 1)``. With n
levels remembered, the new one among them, the floor is number ``n // 4`` in ascending order and the peak number
``n * 19 // 20``. ``state`` is: frames seen, length of the current run of active frames, the last frame that the
hang-over reaches, first and last frame of the latest stretch of speech, frames told. After frame i is judged, with
``lag = shortest - 1 + padding``: a run of ``shortest`` or more makes the hang-over reach to ``i + hang``; frame
``i - lag`` is speech if that is not behind it, and begins a new stretch if ``silence`` frames or more lie since the
last one; then frame ``i - lag - silence + 1`` is told. With ``flush``, inactive frames follow until all are told. The
module ``paceline.audio.vad`` has the formulas; 1e-14 is added to every bin's power, 1e-30 to a mean square that is put
in dB; a mean square is a sum in float64. Each frame is computed by itself, so how ``x`` is cut changes no bit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from paceline import workloads
from paceline.workloads import Episode, synthetic_episode

__all__ = ["CONTRACT", "OPERATIONS", "Episode", "Equality", "Golden", "Operation", "synthetic_episode"]

CONTRACT = 1
"""Version of this contract; a backend built for another one is stale and refused."""


Workload = Callable[[int, np.random.Generator], tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Equality:
    """How near a backend's output must be to the oracle's, in the unit that matters, and why no nearer."""

    kind: Literal["bitwise", "ulp", "absolute"]
    tolerance: float
    unit: str
    reason: str


@dataclass(frozen=True, slots=True)
class Golden:
    """Public arguments with the exact answer written down, for a quick check on the user's machine."""

    arguments: tuple[Any, ...]
    expected: tuple[float, ...]
    """The flattened output (positions, then quaternions)."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the contract."""

    name: str
    module: str
    """The room: the module of that name holds the public function here and the kernel in each backend."""
    public: str
    """The public name, as a path below ``paceline``."""
    size_axis: str
    equality: Equality
    workload: Workload
    """``(n, rng)`` to the public function's arguments; proven and timed on the same."""
    golden: tuple[Golden, ...]
    bytes_per_item: float
    """Memory traffic per item at 200 Hz knots and 60 Hz frames, inputs and outputs, each touched once."""
    flops_per_item: float
    kinds: Mapping[str, Workload] = field(default_factory=dict)
    """Other dtypes of the same operation, whose fastest backend may be another: workloads by name."""


_ROTATION = Equality("absolute", 1e-15, "rad", "the fraction and the two weights round once each, at up to half a turn")
_LINEAR = Equality("ulp", 1.0, "ulp", "cancellation is compensated, so only the last rounding remains")
_EXACT = Equality("bitwise", 0.0, "ns", "integer arithmetic")
_INDEX = Equality("bitwise", 0.0, "index", "the first one that is bad")
_SAMPLE = Equality("absolute", 1e-6, "full scale", "-120 dB: float32 sums of some hundred products, in any order")
_LEVEL = Equality("absolute", 0.01, "dB", "float32 FFTs differ in their last bits, which weigh most in quiet bins")
_BITS = Equality("bitwise", 0.0, "sample", "every pair of formats has an exact definition")
_PYTHONS = Equality("bitwise", 0.0, "item", "Python's own arithmetic, type and all, is the definition")

_HALF = 0.5**0.5
_IDENTITY, _QUARTER_Z = (0.0, 0.0, 0.0, 1.0), (0.0, 0.0, _HALF, _HALF)
_EIGHTH_Z = (0.0, 0.0, float(np.sin(np.pi / 8)), float(np.cos(np.pi / 8)))
_T = workloads.EPOCH_NS


def _stamps(*offsets: int) -> np.ndarray:
    return np.array([_T + offset for offset in offsets], np.int64)


_SLERP_GOLDEN = (
    Golden((_T + 5, _T, _IDENTITY, _T + 10, _QUARTER_Z), _EIGHTH_Z),
    Golden((_T + 10, _T, _IDENTITY, _T + 10, tuple(-3 * c for c in _QUARTER_Z)), _QUARTER_Z),
)
_SLERPS_GOLDEN = tuple(
    Golden(
        (_stamps(t - _T), _stamps(t0 - _T), np.array([q0]), _stamps(t1 - _T), np.array([q1])),
        golden.expected,
    )
    for golden in _SLERP_GOLDEN
    for t, t0, q0, t1, q1 in [golden.arguments]
)
_POSITIONS_GOLDEN = (
    Golden(
        (_stamps(1), _stamps(0), np.array([[0.0, 1.0, -4.0]]), _stamps(4), np.array([[8.0, 1.0, 4.0]])),
        (2.0, 1.0, -2.0),
    ),
)
_LINEAR_GOLDEN = (
    Golden((_stamps(0, 10, 30), np.array([0.0, 1.0, 5.0]), _stamps(30, -7, 5, 15, 99)), (5.0, 0.0, 0.5, 2.0, 5.0)),
)
_KNOTS = (_stamps(0, 10, 30), np.array([[0.0, 0, 0], [1, 2, 3], [5, 2, 3]]))
_TRAJECTORY_GOLDEN = (
    Golden(
        (*_KNOTS, np.array([_IDENTITY, _QUARTER_Z, [0, 0, 2, 2]]), _stamps(5, 20)),
        (0.5, 1.0, 1.5, 3.0, 2.0, 3.0, *_EIGHTH_Z, *_QUARTER_Z),
    ),
)
_CHECK_GOLDEN = (Golden((*_KNOTS, np.array([[0, 0, 0, 2.0], [0, 3, 0, 4], [1, 1, 1, 1]])), (-1,)),)
_GAP_GOLDEN = (Golden((_stamps(0, 10, 30), _stamps(-3, 4, 10, 21, 34)), (3, 4, 0, 9, 4)),)
_RESAMPLE_GOLDEN = (
    Golden((workloads.pulse(1_500, 48_000), 48_000, 16_000), tuple(workloads.pulse(1_500, 48_000, every=3).tolist())),
)
_FORMAT_GOLDEN = (
    Golden(
        (np.array([0.0, 1.0, -1.0, 0.25, 2.5 / 32_768, np.nan], np.float32), "i16"), (0, 32_767, -32_768, 8_192, 2, 0)
    ),
    Golden((np.array([-128, 32_767, 384], np.int16), "u8"), (128, 255, 130)),
)
_VOICE_GOLDEN = (Golden(*workloads.steps((0.02, 0.02, 0.04, 0.32, 0.08, 0.02, 0.16, 0.02))),)
_INTERLEAVE_GOLDEN = (Golden((np.array([[1, 2, 3], [4, 5, 6]], np.int16),), (1, 4, 2, 5, 3, 6)),)
_MONO_GOLDEN = (Golden((np.array([[1, 2], [2, 3], [-3, -4], [32_767, 32_767]], np.int16),), (2, 2, -4, 32_767)),)
_PIPELINE_GOLDEN = (
    Golden((workloads.calculations(0, np.random.default_rng(0))[0], [0, -1, 10, 0.5]), (42, 36, 102, 45.0)),
)

OPERATIONS: dict[str, Operation] = {
    operation.name: operation
    for operation in (
        Operation("slerp_quaternion", "interpolation", "slerp_quaternion", "n = 1",
                  _ROTATION, workloads.one_slerp, _SLERP_GOLDEN, 120, 70),
        Operation("slerp_quaternions_batch", "interpolation", "slerp_quaternions_batch", "n = pairs",
                  _ROTATION, workloads.slerp_pairs, _SLERPS_GOLDEN, 120, 70),
        Operation("interpolate_positions_batch", "interpolation", "interpolate_positions_batch", "n = pairs",
                  _LINEAR, workloads.position_pairs, _POSITIONS_GOLDEN, 96, 12),
        Operation("interpolate_trajectory_batch", "interpolation", "interpolate_trajectory_batch",
                  "n = query times", _ROTATION, workloads.trajectory_to_video, _TRAJECTORY_GOLDEN, 203, 80),
        Operation("interpolate_linear", "interpolation", "interpolate_linear", "n = query times",
                  _LINEAR, workloads.gripper, _LINEAR_GOLDEN, 59, 4),
        Operation("trajectory_check", "interpolation", "Trajectory", "n = knots",
                  _INDEX, workloads.knots, _CHECK_GOLDEN, 40, 12),
        Operation("trajectory_at", "interpolation", "Trajectory.at", "n = query times",
                  _ROTATION, workloads.trajectory_to_video, _TRAJECTORY_GOLDEN, 203, 65),
        Operation("trajectory_gap", "interpolation", "Trajectory.gap", "n = query times",
                  _EXACT, workloads.gaps, _GAP_GOLDEN, 43, 3),
        Operation("resample", "resample", "audio.resample", "n = frames",
                  _SAMPLE, workloads.music, _RESAMPLE_GOLDEN, 5.4, 80),
        Operation("resample_chunk", "resample", "audio.ResampleStream", "n = frames",
                  _SAMPLE, workloads.music, _RESAMPLE_GOLDEN, 5.4, 322),
        Operation("detect_voice", "vad", "audio.detect_voice", "n = samples",
                  _LEVEL, workloads.speech, _VOICE_GOLDEN, 4, 30),
        Operation("convert_format", "formats", "audio.convert_format", "n = samples",
                  _BITS, workloads.samples, _FORMAT_GOLDEN, 6, 3, workloads.CONVERSIONS),
        Operation("interleave", "formats", "audio.interleave", "n = frames",
                  _BITS, workloads.planar, _INTERLEAVE_GOLDEN, 16, 1, workloads.PLANAR),
        Operation("deinterleave", "formats", "audio.deinterleave", "n = frames",
                  _BITS, workloads.stereo, _INTERLEAVE_GOLDEN, 16, 1, workloads.STEREO),
        Operation("to_mono", "formats", "audio.to_mono", "n = frames",
                  _BITS, workloads.stereo, _MONO_GOLDEN, 12, 2, workloads.STEREO),
        Operation("run_pipeline", "executor", "pipeline.run_pipeline", "n = items",
                  _PYTHONS, workloads.calculations, _PIPELINE_GOLDEN, 16, 5),
    )
}  # fmt: skip
"""Every operation, by name."""
