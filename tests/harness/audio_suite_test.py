"""The audio suite: its rows, who is in them, peers that are absent, and the quality of resamplers."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

import paceline.audio
from paceline.audio import resample
from paceline_harness.baselines import formats as plain_formats
from paceline_harness.baselines import resample as plain
from paceline_harness.baselines import voice as plain_voice
from paceline_harness.gate import admit
from paceline_harness.suites import SuiteOptions, chosen
from paceline_harness.suites.audio import formats, pipeline, quality, shared, voice
from paceline_harness.suites.audio import stream as streams
from paceline_harness.suites.audio.sound import synthetic

SMALL = 4800
ONE_CALL = ("FFI Call Overhead", "VAD Detection (per frame)")
RATES = [(48_000, 16_000), (44_100, 16_000), (16_000, 48_000), (44_100, 48_000)]


@pytest.fixture
def without_peers(monkeypatch):
    monkeypatch.setattr(shared, "find_spec", lambda _name: None)


def rows(*backends):
    return chosen(["audio", "formats"], SuiteOptions(backends=backends or ("python",)))


def titled(title, *backends):
    return next(row for row in rows(*backends) if row.title == title)


def admitted(row, size=SMALL, examined=False):
    candidates = [each if examined else replace(each, examine=None) for each in row.candidates]
    generator = np.random.default_rng(0)
    inputs = row.inputs(min(size, row.sizes[0]), generator)
    return admit(candidates, inputs, row.reference, row.equal, keep_outputs=row.keep_outputs, rng=generator)


def test_every_candidate_of_every_row_is_equal_or_says_why_not():
    for row in rows():
        found = admitted(row, SMALL if row.name != "audio_pipeline" else row.sizes[0])
        assert row.baseline in found.calls
        for candidate in found.candidates:
            assert candidate.status in ("timed", "unavailable"), (row.title, candidate.name, candidate.reason)
            assert candidate.status == "timed" or candidate.reason


def test_the_rows_are_those_that_were_published_and_more():
    titles = [row.title for row in rows()]
    for title in (
        "Audio Resample (1s)",
        "Resample 48 to 16 kHz, mono, 10 s",
        "Resample 44.1 to 48 kHz, stereo, 10 s",
        "VAD Detection (per frame)",
        "VAD, many frames at once",
        "Full Audio Pipeline",
        "Format Convert (1M samples)",
        "i24 to f32",
        "f32 to i16 (raw kernel)",
        "Interleave stereo f32",
        "FFI Call Overhead",
    ):
        assert title in titles
    claims = {row.title: row.claim.speedup for row in rows() if row.claim is not None}
    assert claims == {
        "Audio Resample (1s)": 1.25,
        "VAD Detection (per frame)": 2.79,
        "Full Audio Pipeline": 1.64,
        "Format Convert (1M samples)": 0.82,
    }


def test_native_peers_are_a_group_of_their_own():
    groups = {each.name: each.group for row in rows() for each in row.candidates}
    assert groups["soxr HQ"] == groups["sphn, rubato FFT"] == "peer"
    assert groups["resample_poly, same quality"] == groups["scipy.signal.resample"] == "baseline"
    assert groups["memcpy"] == "limit"


def test_absent_peers_are_rows_with_a_reason_and_another_baseline(without_peers):
    for row in rows():
        for each in row.candidates:
            if each.group == "peer":
                assert "is not installed: pip install " in each.unavailable
        assert row.baseline not in ("soxr HQ",)
    row = titled("Resample 48 to 16 kHz, mono, 10 s")
    found = admitted(row)
    assert row.baseline == "python"
    assert "python" in found.calls
    reasons = {each.name: each.reason for each in found.candidates}
    assert reasons["soxr HQ"] == "soxr is not installed: pip install soxr"


def test_where_python_was_not_asked_for_it_is_still_the_plain_one(without_peers):
    row = titled("Resample 48 to 16 kHz, mono, 10 s", "rust")
    groups = {each.name: each.group for each in row.candidates}
    assert groups["python"] == "baseline"
    assert row.baseline == "python"


def test_a_variant_of_a_backend_is_a_column_where_it_serves(monkeypatch):
    real = paceline.bind

    def bind(operation, *, n=None, backend=None):
        return real(operation, n=n, backend="python" if backend == "rust:rubato" else backend)

    assert "rust:rubato" not in [each.name for each in titled("Resample 48 to 16 kHz, mono, 10 s").candidates]
    monkeypatch.setattr(paceline, "bind", bind)
    row = titled("Resample 48 to 16 kHz, mono, 10 s", "python", "rust")
    assert {each.name: each.group for each in row.candidates}["rust:rubato"] == "backend"


def test_sizes_replace_the_rows_of_fixed_size():
    found = chosen(["audio"], SuiteOptions(backends=("python",), sizes=(500,)))
    assert {row.sizes for row in found if row.title not in ONE_CALL} == {(500,)}
    assert "Audio Resample (1s)" not in [row.title for row in found]


# -- quality -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rates", RATES)
def test_our_resampler_keeps_what_it_promises(rates):
    found, other = quality.quality(lambda x: resample(x, *rates, backend="python"), *rates)
    alias, ripple, snr = found.figures.values()
    assert alias < -120
    assert ripple < 0.001
    assert snr > 120
    assert other == ""
    assert set(found.units.values()) == {"dB"}


@pytest.mark.parametrize(("rates", "up", "down"), [((48_000, 16_000), 1, 3), ((44_100, 48_000), 160, 147)])
def test_scipy_s_default_is_recognised_as_aliasing_and_its_better_taps_are_not(rates, up, down):
    found, other = quality.quality(lambda x: plain.scipy_poly(x, up, down), *rates)
    assert next(iter(found.figures.values())) > -20
    assert other.startswith("aliases at −")
    assert other.endswith("dB: not the same work")
    taps = plain.same_quality_taps(up, down)
    found, other = quality.quality(lambda x: plain.scipy_poly(x, up, down, taps), *rates)
    assert next(iter(found.figures.values())) < -115
    assert other == ""


def test_a_delay_shows_in_the_aligned_snr():
    def late(x):
        return np.roll(resample(x, 48_000, 16_000, backend="python"), 1)

    assert quality.quality(late, 48_000, 16_000)[0].figures["SNR"] < 20


def test_the_gate_labels_what_aliases_and_keeps_it_timed():
    row = titled("Resample 48 to 16 kHz, mono, 10 s")
    names = ("python", "resample_poly, default")
    row.candidates = tuple(each for each in row.candidates if each.name in names)
    found = {each.name: each for each in admitted(row, examined=True).candidates}
    default = found["resample_poly, default"]
    assert default.status == "timed"
    assert "not the same work" in default.other_work
    assert default.correct is not None
    assert found["python"].other_work == ""
    assert set(found["python"].quality.figures) == {"alias", "ripple to 0.9 Nyquist", "SNR"}


def test_the_delay_of_sphn_is_cut_off_and_its_end_is_there():
    sphn = pytest.importorskip("sphn")
    made = plain.Sphn(sphn.resample, 48_000, 16_000, 1, 3)
    assert made.aligned
    x = synthetic().mono(SMALL, np.random.default_rng(1))
    got = plain.interleaved(made(*made.prepare(x)))
    want = resample(x, 48_000, 16_000, backend="python")
    assert len(got) == len(want)
    assert np.abs(got - want).max() < 0.02 * np.abs(want).max()
    assert not plain.Sphn(sphn.resample, 44_100, 16_000, 160, 441).aligned


@pytest.mark.parametrize(("given", "frames"), [(9, 10), (10, 10), (11, 10)])
def test_a_frame_more_or_less_is_made_equal(given, frames):
    assert len(plain.fitted(np.ones((given, 2), np.float32), frames)) == frames


def test_how_evenly_a_stream_gives_is_told():
    steady = paceline.audio.ResampleStream(48_000, 16_000, backend="python")
    figures = streams.paced(steady.process).figures
    assert (figures["fewest"], figures["most frames per chunk"]) == (160, 160)


# -- formats -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pair", list(formats.PAIRS), ids=" to ".join)
def test_numpy_by_hand_has_the_same_bits(pair):
    source, target = pair
    floats = np.concatenate([np.linspace(-1.5, 1.5, 4001), [0.0, 1.0, -1.0, 2.5 / 32_768]]).astype(np.float32)
    x = floats if source == "f32" else paceline.audio.convert_format(floats, source, backend="python")
    want = paceline.audio.convert_format(x, target, source=source, backend="python")
    got = formats.PAIRS[pair](x, out=np.empty_like(want))
    np.testing.assert_array_equal(got, want)


def test_memcpy_moves_as_many_bytes_as_the_conversion():
    for read, written in ((1_000, 2_000), (2_000, 1_000), (1_500, 1_500), (500, 4_000)):
        x, out = np.arange(read, dtype=np.uint16).view(np.uint8)[:read], np.zeros(written, np.uint8)
        parts = plain_formats.copied_parts(x, out)
        moved = [(target.nbytes, source.nbytes) for target, source in parts]
        assert all(to == source for to, source in moved)
        assert sum(to for to, _ in moved) == (read + written) // 2
        ends = [np.asarray(end) for part in parts for end in part]
        assert sum(np.shares_memory(end, out) for end in ends) + sum(np.shares_memory(end, x) for end in ends) >= 2
        assert not any(np.shares_memory(one, other) for one, other in combinations(ends, 2))  # no byte twice
        assert plain_formats.Copy()(x, out=out) is None
        assert out.any()


def test_memcpy_is_timed_without_an_output_to_compare():
    found = {each.name: each for each in admitted(titled("i16 to f32")).candidates}
    assert found["memcpy"].status == "timed"
    assert found["memcpy"].correct is None
    assert found["memcpy"].other_work == "only copies"


# -- voice -------------------------------------------------------------------------------------------------------------


def test_the_plain_detectors_agree_frame_by_frame_and_at_once():
    x = synthetic().mono(40 * plain_voice.FRAME, np.random.default_rng(2))
    x[: 20 * plain_voice.FRAME] *= 0.001
    frames = x.reshape(-1, plain_voice.FRAME)
    for make in (plain_voice.by_numpy, plain_voice.by_scipy):
        one = make()
        got = [one.process(frame) for frame in frames]
        np.testing.assert_array_equal(got, make().all_at_once(frames))
        assert got[20]
        assert not any(got[:20])


def test_one_frame_is_timed_and_many_are_compared(monkeypatch):
    row = titled("VAD Detection (per frame)")
    found = {each.name: each for each in admitted(row).candidates}
    assert found["python"].correct.errors == {"decision": 0.0}
    assert 0 < found["scipy.fft"].correct.errors["decision"] < 0.5
    assert found["scipy.fft"].correct.errors == found["numpy.fft"].correct.errors


def test_decisions_and_samples_are_compared_in_their_own_units():
    flags = np.array([True, False, True, True])
    assert voice.share_apart(flags, [True, False, False, True]) == 0.25
    assert voice.share_apart(flags, [True]) == np.inf
    assert pipeline.steps_apart(np.array([-32_768], np.int16), np.array([32_767], np.int16)) == 65_535 / 32_768
    assert pipeline.steps_apart(np.zeros(2, np.int16), np.zeros(3, np.int16)) == np.inf
