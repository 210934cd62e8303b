"""Recordings of one's own: read by soundfile or SciPy, and refused in one sentence."""

import numpy as np
import pytest
from scipy.io import wavfile
from typer.testing import CliRunner

from paceline_harness import read_records
from paceline_harness.cli import app
from paceline_harness.suites import SuiteOptions, chosen
from paceline_harness.suites.audio import sound
from paceline_harness.suites.data import DataError

RATE = 22_050


@pytest.fixture(params=["soundfile", "scipy"])
def reader(request, monkeypatch):
    if request.param == "soundfile":
        pytest.importorskip("soundfile")
    else:
        monkeypatch.setattr(sound, "find_spec", lambda _name: None)
    return request.param


def write(path, samples, rate=RATE):
    wavfile.write(path, rate, samples)
    return path


def tone(frames=RATE, channels=1):
    wave = 0.5 * np.sin(np.arange(frames) / 10)
    return np.stack([wave] * channels, axis=1) if channels > 1 else wave


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int32, np.float32])
def test_every_kind_of_wav_becomes_the_same_floats(tmp_path, reader, dtype):
    kind = np.dtype(dtype)
    scale = {"u": 128, "i": 2.0 ** (8 * kind.itemsize - 1), "f": 1.0}[kind.kind]
    given = np.rint(tone() * scale) if kind.kind != "f" else tone()
    path = write(tmp_path / "tone.wav", (given + (128 if kind.kind == "u" else 0)).astype(kind))
    samples, rate = sound.read(path)
    assert (samples.dtype, samples.shape, rate) == (np.float32, (RATE, 1), RATE)
    np.testing.assert_allclose(samples[:, 0], given / scale, atol=2e-7)


def test_a_recording_gives_rows_from_its_own_rate(tmp_path, reader):
    path = write(tmp_path / "two.wav", tone(channels=2).astype(np.float32))
    found = sound.from_file(path)
    assert found.source == "two.wav (22,050 Hz, 2 channels, 1 s)"
    rows = chosen(["audio"], SuiteOptions(backends=("python",), sound=found))
    assert [row.title for row in rows if row.name == "resample"] == [
        f"Resample 22.05 to {rate} kHz, {kind}, 1 s" for kind in ("mono", "stereo") for rate in ("16", "44.1", "48")
    ]
    assert {row.sizes for row in rows} == {(RATE,), (33,), (1,)}  # samples, frames of 30 ms, one frame or call
    assert all(row.claim is None for row in rows)
    (x,) = rows[0].inputs(RATE, np.random.default_rng(0))
    np.testing.assert_allclose(x, tone(), atol=1e-6)


def test_of_a_long_recording_the_beginning_is_taken_and_said(tmp_path, reader):
    path = write(tmp_path / "long.wav", tone(31 * 8_000).astype(np.float32), 8_000)
    found = sound.from_file(path)
    assert found.frames == 30 * 8_000
    assert found.remarks == ("long.wav: of 31 s the first 30 s are taken.",)


def damaged(path):
    write(path, tone().astype(np.float32))
    path.write_bytes(b"RIFX" + path.read_bytes()[4:30])
    return path


def with_nan(path):
    samples = tone().astype(np.float32)
    samples[7] = np.nan
    return write(path, samples)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: path, r"x\.wav cannot be read: No such file or directory\."),
        (damaged, r"x\.wav is no sound that (soundfile|SciPy) can read \(.+\); accepted is WAV"),
        (lambda path: write(path, tone(100).astype(np.float32)), r"holds 0\.00454 s of sound; accepted is 0\.1 s"),
        (lambda path: write(path, tone().astype(np.float32), 500), r"has a rate of 500 Hz; accepted is 1000 to 768000"),
        (with_nan, r"frame 7 is \[nan\]; accepted are finite samples"),
    ],
)
def test_what_cannot_be_used_says_why(tmp_path, reader, make, said):
    with pytest.raises(DataError, match=said):
        sound.from_file(make(tmp_path / "x.wav"))


def harness(*words):
    return CliRunner().invoke(app, ["compare", *(str(word) for word in words)])


def test_mistakes_with_a_recording_are_one_sentence(tmp_path):
    path = write(tmp_path / "mono.wav", tone().astype(np.float32))
    for words, said in (
        (["audio", "--audio", tmp_path / "no.wav"], "no.wav cannot be read"),
        (["audio", "--audio", path, "--sizes", "10"], "--sizes was given with --audio"),
        (["interleave", "--audio", path], "There is nothing to measure under 'interleave'"),
    ):
        done = harness(*words)
        assert done.exit_code == 2
        assert said in done.output
        assert len(done.output.strip().splitlines()) == 1


def test_a_recording_is_measured_in_every_launch(tmp_path):
    path = write(tmp_path / "two.wav", tone(channels=2).astype(np.float32))
    words = ["interleave", "--audio", path, "--backends", "python", "--launches", "2", "--budget", "0.01"]
    done = harness(*words, "--output", tmp_path / "runs")
    assert done.exit_code in (0, 3), done.output
    (folder,) = (tmp_path / "runs").iterdir()
    records = read_records(folder / "record.jsonl")
    assert [record.input.source for record in records] == ["two.wav (22,050 Hz, 2 channels, 1 s)"] * 2
    assert len({record.input.sha256 for record in records}) == 1
