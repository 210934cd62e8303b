"""The accuracy of voice detectors: the corpus, the scores, the command, and peers that are absent."""

import json
import sys

import numpy as np
import pytest
from scipy.io import wavfile
from typer.testing import CliRunner

from paceline_harness.accuracy import corpus as corpora
from paceline_harness.accuracy import detectors, vad
from paceline_harness.accuracy.detectors import AbsentError, Detector
from paceline_harness.cli import app
from paceline_harness.suites.data import DataError

RATE, FRAME = corpora.RATE, corpora.FRAME


@pytest.fixture
def folder(tmp_path):
    generator = np.random.default_rng(5)
    for name, rate in (("b.wav", 8_000), ("a.wav", 16_000), ("Noise.wav", 8_000)):
        loud = np.repeat(generator.uniform(0.1, 0.4, 10), rate // 10)
        samples = loud * np.sin(2 * np.pi * 300 * np.arange(rate) / rate)
        wavfile.write(tmp_path / name, rate, samples.astype(np.float32))
    return tmp_path


@pytest.fixture
def loud_is_speech(monkeypatch):
    def make():
        return lambda x: np.sqrt(np.mean(x.reshape(-1, FRAME) ** 2, axis=1)) > 0.05

    monkeypatch.setattr(vad, "REFERENCE", Detector("loudness", make))
    return (
        Detector("loudness", make),
        Detector("always", lambda: lambda x: np.ones(len(x) // FRAME, bool)),
        Detector("short", lambda: lambda x: make()(x)[:-1]),
        Detector("absent", detector_that_is_absent),
    )


def detector_that_is_absent():
    raise AbsentError("nobody is not installed")


def test_the_corpus_is_speech_with_pauses_in_whole_frames(folder):
    made = corpora.corpus(folder, 1)
    assert made.files == ["a.wav", "b.wav"]
    assert len(made.samples) % FRAME == 0
    assert 2 + 2 * 2 <= len(made.samples) / RATE <= 2 + 2 * 8
    np.testing.assert_array_equal(made.samples, corpora.corpus(folder, 1).samples)
    assert len(made.samples) != len(corpora.corpus(folder, 2).samples)


def test_noise_has_the_power_that_its_name_says(folder):
    made = corpora.corpus(folder, 1)
    speech = np.sqrt(np.mean(made.samples.reshape(-1, FRAME) ** 2, axis=1)) > 0.05
    power = np.mean(made.samples.reshape(-1, FRAME)[speech] ** 2)
    found = dict(corpora.conditions(made, speech, 1))
    assert list(found) == ["clean", *(f"{kind} {snr} dB" for kind in ("white", "pink", "hum") for snr in (20, 10, 0))]
    for kind in ("white", "pink", "hum"):
        noise = found[f"{kind} 20 dB"] - made.samples
        assert 10 * np.log10(power / np.mean(noise**2)) == pytest.approx(20, abs=0.2)
        assert np.abs(found[f"{kind} 0 dB"]).max() <= 1


@pytest.mark.parametrize(
    ("truth", "found", "balanced", "f1"),
    [
        ("1100", "1100", 1.0, 1.0),
        ("1100", "1111", 0.5, 2 / 3),
        ("1100", "0000", 0.5, 0.0),
        ("1100", "1010", 0.5, 0.5),
        ("0000", "0000", 1.0, 1.0),
    ],
)
def test_scores(truth, found, balanced, f1):
    flags = [np.array([each == "1" for each in text]) for text in (truth, found)]
    assert vad.agreement(*flags) == (pytest.approx(balanced), pytest.approx(f1))


def test_every_detector_has_scores_or_a_reason(folder, loud_is_speech):
    found = vad.measure(folder, 1, detectors=loud_is_speech)
    scored = {each.name: each for each in found.detectors}
    assert {score.balanced_accuracy for score in scored["always"].scores} == {0.5}
    clean = scored["loudness"].scores[0]
    assert (clean.condition, clean.balanced_accuracy, clean.f1) == ("clean", 1.0, 1.0)
    assert len(scored["short"].scores) == len(found.conditions) == 10
    assert (scored["absent"].scores, scored["absent"].reason) == ([], "nobody is not installed")


def test_the_command_prints_and_writes(folder, loud_is_speech, monkeypatch, tmp_path):
    monkeypatch.setattr(vad.measure, "__defaults__", (*vad.measure.__defaults__[:-1], loud_is_speech))
    words = ["accuracy", "vad", "--audio-dir", str(folder), "--output", str(tmp_path / "new" / "a.json")]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    assert "always" in done.output
    assert "absent: n/a: nobody is not installed." in done.output
    written = json.loads((tmp_path / "new" / "a.json").read_text())
    assert written["schema"] == "paceline-accuracy/1"
    assert written["files"] == ["a.wav", "b.wav"]


def test_without_the_reference_nothing_is_measured(folder, monkeypatch):
    monkeypatch.setattr(detectors, "find_spec", lambda _name: None)
    done = CliRunner().invoke(app, ["accuracy", "vad", "--audio-dir", str(folder)])
    assert done.exit_code == 2
    assert "The reference cannot be asked: onnxruntime is not installed: uv pip install onnxruntime." in done.output


def test_absent_peers_say_how_to_install_them(monkeypatch):
    monkeypatch.setattr(detectors, "find_spec", lambda _name: None)
    with pytest.raises(AbsentError, match="webrtcvad is not installed: uv pip install webrtcvad-wheels"):
        detectors.webrtcvad(3)


@pytest.mark.parametrize("make", ["nothing", "no recording"])
def test_a_folder_without_speech_says_so(tmp_path, make):
    folder = tmp_path / "there"
    if make == "no recording":
        folder.mkdir()
        (folder / "noise.wav").write_bytes(b"")
    with pytest.raises(DataError, match=r"cannot be read: No such|holds no recording; accepted is"):
        corpora.corpus(folder, 1)


def test_silero_runs_without_torch():
    for package in ("onnxruntime", "silero_vad"):
        if detectors.find_spec(package) is None:
            pytest.skip(f"{package} is not installed")
    generator = np.random.default_rng(0)
    flags = detectors.silero()(1e-4 * generator.standard_normal(20 * FRAME + 7).astype(np.float32))
    assert (flags.shape, flags.dtype) == ((20,), np.bool_)
    assert not flags.any()
    assert "torch" not in sys.modules
