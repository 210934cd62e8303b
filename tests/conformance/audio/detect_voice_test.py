"""detect_voice() and VoiceDetector against the definition: levels, decisions, segments; chunks; bad input."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import paceline
from conformance.threads import runs_during
from oracles import voice as oracle
from paceline.audio import VoiceDetector, detect_voice
from paceline.operations import OPERATIONS

pytestmark = pytest.mark.needs("detect_voice", "convert_format")

TOLERANCE_DB = OPERATIONS["detect_voice"].equality.tolerance
RATES = (8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 192_000)
PLAIN = {"min_speech_ms": 0.0, "hangover_ms": 0.0}


def speechlike(seconds, rate=16_000, seed=0, noise=2e-3):
    """Return syllables with pauses over noise, with 19 harmonics below 4 kHz."""
    rng = np.random.default_rng(seed)
    times = np.arange(round(seconds * rate)) / rate
    pitch = 2 * np.pi * np.cumsum(140 + 30 * np.sin(4.4 * times)) / rate
    voice = sum(np.sin(k * pitch + rng.uniform(0, 6)) / k for k in range(1, 20))
    open_ = np.clip(np.sin(19.5 * times), 0, 1) * (np.sin(1.4 * times + 1) > -0.2)
    return np.asarray(0.1 * voice * open_ + noise * rng.standard_normal(len(times)), np.float32)


def agree(found, x, rate, frame_ms=30.0, shortest=2, hang=6):
    """Compare with the oracle; frames within twice the tolerance of a limit may be judged either way."""
    scores, margins = oracle.over_floor(oracle.levels(x, rate, frame_ms), frame_ms)
    np.testing.assert_allclose(found.scores, scores, rtol=0, atol=2 * TOLERANCE_DB)
    doubtful = np.abs(margins) < 3 * TOLERANCE_DB
    assert doubtful.sum() <= 3
    answers = []
    for choice in itertools.product((False, True), repeat=int(doubtful.sum())):
        active = margins > 0
        active[doubtful] = choice
        answers.append(oracle.speech(active, shortest, 0, hang, 1).tolist())
    assert found.flags.tolist() in answers


@pytest.mark.parametrize("rate", RATES)
def test_every_rate(backend, rate):
    x = speechlike(6, rate)
    found = detect_voice(x, rate, backend=backend)
    assert found.flags.dtype == np.bool_
    assert found.scores.dtype == np.float32
    assert found.frame == round(rate * 0.03)
    assert found.rate == rate
    assert 0.1 < found.flags.mean() < 0.9
    agree(found, x, rate)


@pytest.mark.parametrize("frame_ms", [10, 20, 30, 32, 100])
def test_every_length_of_frame(backend, frame_ms):
    x = speechlike(8)
    found = detect_voice(x, 16_000, frame_ms=frame_ms, backend=backend)
    agree(found, x, 16_000, frame_ms, max(1, round(60 / frame_ms)), round(180 / frame_ms))


@pytest.mark.parametrize("noise", [0.0, 1e-4, 0.02])
def test_the_floor_forgets_after_four_seconds(backend, noise):
    x = np.concatenate([speechlike(5, seed=1, noise=noise), speechlike(9, seed=2, noise=3 * noise)])
    agree(detect_voice(x, 16_000, backend=backend), x, 16_000)


@pytest.mark.parametrize("gain", [0.1, 0.5, 30.0])
def test_a_gain_changes_hardly_a_frame(backend, gain):
    x = speechlike(10, noise=1e-2)
    plain, louder = (detect_voice(signal, 16_000, backend=backend).flags for signal in (x, np.float32(gain) * x))
    assert (plain == louder).mean() >= 0.99


def test_noise_alone_is_no_speech(backend):
    noise = np.random.default_rng(3).standard_normal(16_000 * 20).astype(np.float32)
    assert not detect_voice(0.05 * noise, 16_000, backend=backend).flags.any()


def test_silence_is_no_speech(backend):
    found = detect_voice(np.zeros(16_000, np.float32), 16_000, backend=backend)
    assert not found.flags.any()
    assert found.scores.tolist() == [0.0] * 33
    assert found.segments.shape == (0, 2)


def test_a_fixed_level(backend):
    x = speechlike(6)
    found = detect_voice(x, 16_000, threshold=-40.0, **PLAIN, backend=backend)
    level = oracle.levels(x, 16_000)
    np.testing.assert_allclose(found.scores, level, rtol=0, atol=TOLERANCE_DB)
    clear = np.abs(level + 40) > 2 * TOLERANCE_DB
    assert clear.mean() > 0.95
    assert (found.flags == (level > -40))[clear].all()


@pytest.mark.parametrize("threshold", ["adaptive", 0.05])
def test_rms(backend, threshold):
    x = speechlike(6)
    found = detect_voice(x, 16_000, mode="rms", threshold=threshold, backend=backend)
    power = np.mean(x[: len(x) // 480 * 480].astype(np.float64).reshape(-1, 480) ** 2, axis=1)
    assert found.flags.tolist() == (power > (0.02 if threshold == "adaptive" else threshold) ** 2).tolist()
    assert found.flags.any()
    assert not found.flags.all()
    np.testing.assert_allclose(found.scores, 10 * np.log10(power), rtol=0, atol=1e-4)


def test_rms_is_above_not_at_the_threshold(backend):
    at = np.full(480, 0.5, np.float32)
    assert detect_voice(at, 16_000, mode="rms", threshold=0.5, backend=backend).flags.tolist() == [False]
    assert detect_voice(at, 16_000, mode="rms", threshold=0.499, backend=backend).flags.tolist() == [True]


steps = st.integers(0, 4)


@settings(max_examples=60)
@given(
    active=st.lists(st.booleans(), max_size=40),
    counts=st.tuples(steps, steps, steps, steps),
    cuts=st.lists(st.integers(0, 3_000), max_size=8),
)
def test_the_four_steps_and_any_chunks(backend, active, counts, cuts):
    shortest, padding, hang, silence = counts
    x = np.repeat(np.array(active, np.float32) * np.float32(0.5), 80)
    options = {
        "mode": "rms",
        "frame_ms": 10,
        "min_speech_ms": 10 * shortest,
        "padding_ms": 10 * padding,
        "hangover_ms": 10 * hang,
        "min_silence_ms": 10 * silence,
        "backend": backend,
    }
    expected = oracle.speech(np.array(active, bool), max(1, shortest), padding, hang, max(1, silence))
    whole = detect_voice(x, 8_000, **options)
    assert whole.flags.tolist() == expected.tolist()
    assert (whole.segments // 80).tolist() == [list(run) for run in oracle.runs(expected)]
    assert (whole.segments % 80 == 0).all()
    assert whole.seconds.tolist() == (whole.segments / 8_000).tolist()

    detector = VoiceDetector(8_000, **options)
    edges = sorted(min(cut, len(x)) for cut in cuts)
    parts = [detector.process(x[a:b]) for a, b in itertools.pairwise([0, *edges])]
    told = sum(len(part.flags) for part in parts)
    assert told == max(0, (edges[-1] if edges else 0) // 80 - detector.delay)
    parts.append(detector.process(x[edges[-1] if edges else 0 :], last=True))
    assert np.concatenate([part.flags for part in parts]).tolist() == expected.tolist()
    assert np.concatenate([part.scores for part in parts]).tobytes() == whole.scores.tobytes()
    assert np.concatenate([part.segments for part in parts]).tolist() == whole.segments.tolist()


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100])
@given(data=st.data())
@settings(max_examples=15)
def test_chunks_change_no_bit(backend, rate, data):
    x = speechlike(5, rate)
    whole = detect_voice(x, rate, min_silence_ms=90, backend=backend)
    detector = VoiceDetector(rate, min_silence_ms=90, backend=backend)
    parts, start = [], 0
    while start < len(x):
        size = data.draw(st.integers(0, rate))
        parts.append(detector.process(x[start : start + size]))
        start += size
        if len(parts) > 12:
            break
    parts.append(detector.process(x[start:], last=True))
    assert np.concatenate([part.flags for part in parts]).tobytes() == whole.flags.tobytes()
    assert np.concatenate([part.scores for part in parts]).tobytes() == whole.scores.tobytes()
    assert np.concatenate([part.segments for part in parts]).tolist() == whole.segments.tolist()


def test_one_frame_at_a_time(backend):
    x = speechlike(9)
    whole = detect_voice(x, 16_000, backend=backend)
    detector = VoiceDetector(16_000, backend=backend)
    assert detector.delay == 1
    parts = [detector.process(x[start : start + 480]) for start in range(0, len(x), 480)]
    assert [len(part.flags) for part in parts] == [0] + [1] * (len(parts) - 1)
    parts.append(detector.process(x[:0], last=True))
    assert np.concatenate([part.scores for part in parts]).tobytes() == whole.scores.tobytes()
    assert np.concatenate([part.flags for part in parts]).tobytes() == whole.flags.tobytes()


def test_the_backends_agree(backend):
    x, rate = OPERATIONS["detect_voice"].workload(16_000 * 20, np.random.default_rng(4))
    ours, reference = (detect_voice(x, rate, backend=which) for which in (backend, "python"))
    np.testing.assert_allclose(ours.scores, reference.scores, rtol=0, atol=TOLERANCE_DB)
    assert ours.flags.tolist() == reference.flags.tolist()
    assert 0.1 < ours.flags.mean() < 0.9


@pytest.mark.parametrize("dtype", [np.int16, np.int32, np.float64])
def test_every_sample_type(backend, dtype):
    x = speechlike(4)
    scaled = x.astype(dtype) if dtype == np.float64 else np.asarray(x * 2.0 ** (np.iinfo(dtype).bits - 1), dtype)
    ours, reference = (detect_voice(signal, 16_000, backend=backend) for signal in (scaled, x))
    assert (ours.flags == reference.flags).mean() > 0.98
    np.testing.assert_allclose(ours.scores, reference.scores, rtol=0, atol=0.2)


@pytest.mark.parametrize(
    "given_as",
    [lambda x: np.repeat(x, 2)[::2], lambda x: x.astype(">f4"), lambda x: x.tolist()],
    ids=["strided", "big-endian", "list"],
)
def test_every_layout(backend, given_as):
    x = speechlike(2)
    x.flags.writeable = False
    assert detect_voice(given_as(x), 16_000, backend=backend).scores.tobytes() == (
        detect_voice(x, 16_000, backend=backend).scores.tobytes()
    )


@pytest.mark.parametrize("samples", [0, 1, 479])
def test_less_than_a_frame(backend, samples):
    found = detect_voice(np.ones(samples, np.float32), 16_000, backend=backend)
    assert found.flags.shape == found.scores.shape == (0,)
    assert found.segments.shape == (0, 2)


def test_reset_begins_anew(backend):
    x = speechlike(5)
    detector = VoiceDetector(16_000, backend=backend)
    first = detector.process(x, last=True)
    with pytest.raises(RuntimeError, match=r"reset\(\)"):
        detector.process(x)
    detector.reset()
    again = detector.process(x, last=True)
    assert again.scores.tobytes() == first.scores.tobytes()
    assert again.segments.tolist() == first.segments.tolist()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, np.float32(-2e12)])
@pytest.mark.parametrize("index", [0, 7, 8_000, 15_999])
@pytest.mark.parametrize("mode", ["fft", "rms"])
def test_a_sample_that_is_not_finite(backend, value, index, mode):
    x = speechlike(1)
    x[index] = value
    if index < 8_000:
        x[9_000] = np.nan  # the first one is named
    says = re.escape(f"x[{index}] is {x[index]}; accepted are finite samples up to 1e12")
    with pytest.raises(ValueError, match=says):
        detect_voice(x, 16_000, mode=mode, backend=backend)


def test_an_error_loses_nothing(backend):
    x = speechlike(6)
    whole = detect_voice(x, 16_000, backend=backend)
    detector = VoiceDetector(16_000, backend=backend)
    bad = x[700:1_400].copy()
    bad[-1] = np.nan
    parts = [detector.process(x[:700])]
    with pytest.raises(ValueError, match=r"chunk\[699\] is nan"):
        detector.process(bad)
    with pytest.raises(TypeError, match="chunk has dtype uint8"):
        detector.process(np.zeros(480, np.uint8))
    parts.append(detector.process(x[700:], last=True))
    assert np.concatenate([part.scores for part in parts]).tobytes() == whole.scores.tobytes()


X = speechlike(0.1)
BAD = [
    ({"rate": 7_999}, ValueError, "rate is 7999 Hz; accepted is 8000 to 768000 Hz"),
    ({"rate": 16_000.0}, TypeError, "rate is 16000.0; accepted is a whole number of Hz"),
    ({"mode": "dft"}, ValueError, "mode is 'dft'; accepted are 'fft', 'rms'"),
    ({"frame_ms": 9}, ValueError, "frame_ms is 9; accepted is 10 to 100"),
    ({"frame_ms": "30"}, TypeError, "frame_ms is '30'; accepted is a number"),
    ({"frame_ms": float("nan")}, ValueError, "frame_ms is nan"),
    ({"threshold": "low"}, ValueError, "threshold is 'low'; accepted are 'adaptive'"),
    ({"threshold": None}, TypeError, "threshold is None; accepted is a number"),
    ({"mode": "rms", "threshold": 0}, ValueError, "threshold is 0.0; accepted is an RMS amplitude above 0"),
    ({"hangover_ms": -1}, ValueError, "hangover_ms is -1; accepted is 0 to 10000"),
    ({"min_speech_ms": True}, TypeError, "min_speech_ms is True"),
    ({"padding_ms": 1e9}, ValueError, "padding_ms is 1000000000.0"),
    ({"min_silence_ms": -0.1}, ValueError, "min_silence_ms is -0.1"),
    ({"x": np.zeros((2, 480), np.float32)}, ValueError, r"x has shape \(2, 480\); accepted is one channel"),
    ({"x": np.zeros(480, np.uint8)}, TypeError, "x has dtype uint8; accepted are int16, int32, float32, float64"),
]


@pytest.mark.parametrize(("change", "error", "says"), BAD, ids=[says for _, _, says in BAD])
def test_bad_arguments(backend, change, error, says):
    with pytest.raises(error, match=says):
        detect_voice(**{"x": X, "rate": 16_000, "backend": backend, **change})


def test_other_threads_run_during_a_call(backend):
    x = np.tile(speechlike(10), 40)
    assert any(runs_during(lambda: detect_voice(x, 16_000, backend=backend)) for _ in range(20))


def test_the_raw_kernel_is_bound(backend):
    assert callable(paceline.bind("detect_voice", backend=backend))
