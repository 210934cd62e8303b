"""A backend that is right is never refused, whatever it is called with."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import paceline
from conformance.interpolation.strategies import FAR, gaps, knots, positions, quaternions, times
from conformance.routes import backends_that_answer, backends_with, variants_that_answer
from paceline import audio
from paceline.operations import OPERATIONS
from paceline.selection import proof, refusals, select, shadow
from paceline.selection.signatures import SIGNATURES

COMPILED = [name for name in backends_with("slerp_quaternion", "resample_chunk") if name != "python"]
EVERYTHING = [
    (name, operation)
    for operation in SIGNATURES
    for name in (*backends_that_answer(operation), *variants_that_answer(operation))
    if name.partition(":")[0] in COMPILED
]

shared = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
"""What the fixtures give is meant for all examples of a test together."""


def settled():
    """Check that what was called was replayed, and nothing found."""
    assert shadow.drain(60)
    assert refusals.known() == {}
    counts = shadow.counts()
    assert (counts.mismatched, counts.failed, counts.disturbed) == (0, 0, 0)
    return counts.replayed


@pytest.mark.parametrize(("backend", "operation"), EVERYTHING)
@shared
@given(n=st.integers(1, 300) | st.sampled_from([1_000, 2_000, 5_000]), seed=st.integers(0, 2**32), data=st.data())
def test_on_its_workloads(backend, operation, n, seed, data):
    entry, before = OPERATIONS[operation], shadow.counts().replayed
    workload = data.draw(st.sampled_from([entry.workload, *entry.kinds.values()]))
    given_to_it = workload(n, np.random.default_rng(seed))
    by = select(operation, backend) if operation == "trajectory_check" else backend  # else a raw kernel is bound
    proof.answer(operation, given_to_it, by)
    if proof.kernel_arguments(operation, given_to_it) is not None:  # else another operation's kernel is asked
        assert settled() > before


@st.composite
def coordinates(draw, rows, columns):
    """Draw positions, also such as overflow, and what is no number."""
    value = positions() | st.floats(allow_subnormal=False) | st.sampled_from([0.0, -0.0, 1.0])
    return np.array(draw(st.lists(value, min_size=rows * columns, max_size=rows * columns))).reshape(rows, columns)


def turns(rows):
    """Draw quaternions of any norm; now and then one that is none."""
    bad = st.sampled_from([(0.0, 0.0, 0.0, 0.0), (np.nan, 0.0, 0.0, 1.0), (np.inf, 0.0, 0.0, 1.0)])
    good = st.lists(quaternions(), min_size=rows, max_size=rows)
    mixed = st.lists(quaternions() | bad, min_size=rows, max_size=rows)
    return (good | good | mixed).map(lambda rows: np.array(rows).reshape(-1, 4))


def call(function, *arguments, **options):
    """Call a function; an index that a kernel gave for bad input is replayed and compared too."""
    try:
        return function(*arguments, **options)
    except ValueError:
        return None


@pytest.mark.parametrize("backend", COMPILED)
@shared
@given(data=st.data(), bounds=st.sampled_from(["clamp", "extrapolate"]), columns=st.integers(1, 5))
def test_on_knots_and_queries_of_any_kind(backend, data, bounds, columns):
    stamps = data.draw(knots())
    at = data.draw(times(stamps, beyond=FAR))
    m, options = len(stamps), {"bounds": bounds, "backend": backend}
    values, points, quats = (data.draw(part) for part in (coordinates(m, columns), coordinates(m, 3), turns(m)))
    call(paceline.interpolate_linear, stamps, values, at, **options)
    call(paceline.interpolate_trajectory_batch, stamps, points, quats, at, **options)
    made = call(paceline.Trajectory, stamps, points, quats, backend=backend)
    if made is not None:
        call(made.at, at, bounds=bounds)
        call(made.gap, at)
    settled()


@pytest.mark.parametrize("backend", COMPILED)
@shared
@given(data=st.data(), bounds=st.sampled_from(["clamp", "extrapolate"]), n=st.integers(1, 12))
def test_on_pairs_of_any_kind(backend, data, bounds, n):
    start, options = data.draw(st.integers(-(2**61), 2**61)), {"bounds": bounds, "backend": backend}
    lengths = data.draw(st.lists(gaps() | st.integers(-1, 1), min_size=n, max_size=n))
    shares = data.draw(st.lists(st.floats(-3, 4) | st.floats(-1e6, 1e6), min_size=n, max_size=n))
    t0 = np.full(n, start)
    t1 = t0 + lengths
    t = t0 + np.clip([share * length for share, length in zip(shares, lengths, strict=True)], -FAR, FAR).astype(
        np.int64
    )
    q0, q1 = data.draw(turns(n)), data.draw(turns(n))
    near = data.draw(st.lists(st.booleans(), min_size=n, max_size=n))
    q1 = np.where(np.array(near)[:, None], q0 * (1 + 1e-9 * np.arange(4)), q1)
    call(paceline.slerp_quaternions_batch, t, t0, q0, t1, q1, **options)
    pair = data.draw(coordinates(n, 4)), data.draw(coordinates(n, 4))
    call(paceline.interpolate_positions_batch, t, t0, pair[0], t1, pair[1], **options)
    for row in zip(t.tolist(), t0.tolist(), map(tuple, q0.tolist()), t1.tolist(), map(tuple, q1.tolist()), strict=True):
        call(paceline.slerp_quaternion, *row, **options)
    settled()


SHAPES = {
    "noise": lambda n, rng: rng.uniform(-1, 1, n),
    "ones": lambda n, rng: np.ones(n),
    "clicks": lambda n, rng: np.where(rng.random(n) < 0.005, 1.0, 0.0),
    "twins": lambda n, rng: np.where(np.isin(np.arange(n) % 480, (200, 280)), 1.0, 0.0),
    "tone": lambda n, rng: np.sin(rng.uniform(0, 3) * np.arange(n)) * (np.sin(1e-3 * np.arange(n)) > 0),
    "square": lambda n, rng: np.sign(np.sin(0.1 * np.arange(n))),
    "silence": lambda n, rng: np.zeros(n),
}


@st.composite
def signals(draw, most):
    """Draw a mono signal of any loudness, now and then with a sample that is not finite, and where to cut it."""
    n = draw(st.integers(1, most))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    loudness = draw(st.sampled_from([1.0, 1.0, 1.0, 1e-4, 30.0, 32_768.0, 1e11, 1e20, 3e38]))
    x = (SHAPES[draw(st.sampled_from(list(SHAPES)))](n, rng) * loudness).astype(np.float32)
    if draw(st.integers(0, 9)) == 0:
        x[draw(st.integers(0, n - 1))] = draw(st.sampled_from([np.nan, np.inf, -np.inf]))
    return x, sorted(draw(st.lists(st.integers(0, n), max_size=4)))


def stream(made, x, cuts):
    """Send a signal through; a chunk with a bad sample leaves the stream as it was."""
    pieces = np.split(x, cuts)
    for number, piece in enumerate(pieces):
        call(made.process, piece, last=number == len(pieces) - 1)


@pytest.mark.parametrize("backend", COMPILED)
@shared
@given(
    signal=signals(6_000),
    rates=st.sampled_from([(48_000, 16_000), (44_100, 48_000), (16_000, 48_000), (48_000, 44_101), (8_000, 44_100)]),
    quality=st.sampled_from(["low", "medium", "high", "best"]),
    dtype=st.sampled_from([np.float32, np.float64]),
    channels=st.integers(1, 3),
)
def test_on_signals_that_are_resampled(backend, signal, rates, quality, dtype, channels):
    x = np.stack([np.roll(signal[0], channel) for channel in range(channels)], axis=1).astype(dtype)
    call(audio.resample, x, *rates, quality=quality, backend=backend)
    stream(audio.ResampleStream(*rates, channels=channels, dtype=dtype, quality=quality, backend=backend), x, signal[1])
    settled()


@pytest.mark.parametrize("backend", COMPILED)
@shared
@given(
    signal=signals(90_000),
    rate=st.sampled_from([8_000, 16_000, 44_100]),
    options=st.sampled_from(
        [{}, {"threshold": -40.0}, {"mode": "rms"}, {"min_silence_ms": 100.0, "padding_ms": 60.0}, {"frame_ms": 10.0}]
    ),
)
def test_on_signals_that_are_judged(backend, signal, rate, options):
    call(audio.detect_voice, signal[0], rate, backend=backend, **options)
    stream(audio.VoiceDetector(rate, backend=backend, **options), *signal)
    settled()


@pytest.mark.parametrize("backend", COMPILED)
@shared
@given(
    signal=signals(500),
    to=st.sampled_from(["u8", "i16", "i24", "i32", "f32", "f64"]),
    dtype=st.sampled_from([np.float32, np.float64, np.int16, np.int32, np.uint8]),
    rounding=st.sampled_from(["nearest", "truncate"]),
)
def test_on_samples_that_are_converted(backend, signal, to, dtype, rounding):
    x = signal[0].astype(dtype) if np.dtype(dtype).kind == "f" else signal[0].view(np.uint8).astype(dtype)
    call(audio.convert_format, x, to, rounding=rounding, backend=backend)
    frames = np.ascontiguousarray(x[: len(x) // 2 * 2].reshape(-1, 2))
    for function in (audio.to_mono, audio.deinterleave, audio.interleave):
        call(function, frames, backend=backend)
    settled()
