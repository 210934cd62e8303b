"""The command `audio-preprocess`: what it prints, its exit status, and files that are complete or not there."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from typer.testing import CliRunner

from paceline_pipelines.audio_preprocess import convert as module
from paceline_pipelines.audio_preprocess.cli import app

soundfile = pytest.importorskip("soundfile")
COMMAND = [sys.executable, "-c", "from paceline_pipelines.audio_preprocess.cli import main; main()"]


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_run_writes_everything_and_tells_on_stderr(sound, tmp_path):
    path = sound("in.flac", rate=44_100, channels=2)
    result = run(
        path,
        tmp_path / "out.wav",
        "--segments",
        tmp_path / "s.txt",
        "--plot",
        tmp_path / "p.png",
        "--backend",
        "python",
    )
    assert result.exit_code == 0
    assert result.stdout == ""
    lines = dict(line.split(maxsplit=1) for line in result.stderr.splitlines())
    assert list(lines) == ["read", "wrote", "duration", "speech", "segments", "plot", "backends"]
    assert lines["read"] == f"{path}: FLAC PCM_16, 44100 Hz 2 channels (by libsndfile)"
    assert lines["wrote"] == f"{tmp_path / 'out.wav'}: i16, 16000 Hz mono, 2.000 s"
    assert "in 2 segments, by fft" in lines["speech"]
    assert lines["backends"] == "resample python, format python, vad python"
    assert names_in(tmp_path) == ["in.flac", "out.wav", "p.png", "s.txt"]
    assert soundfile.info(tmp_path / "out.wav").subtype == "PCM_16"


def test_the_summary_as_json_is_all_of_stdout(sound, tmp_path):
    result = run(sound("in.wav"), tmp_path / "out.wav", "--summary", "json", "--quiet")
    told = json.loads(result.stdout)
    assert result.stderr == ""
    assert (told["rate"], told["channels"], told["format"], told["seconds"], told["segments"]) == (
        16_000,
        1,
        "i16",
        2.0,
        2,
    )
    assert 0 < told["speech_share"] < 0.6
    assert told["real_time_factor"] == pytest.approx(told["elapsed"] / 2.0)
    assert told["damage"] == []


def test_options_reach_the_library(sound, tmp_path, monkeypatch):
    seen = {}

    def note(source, out, **options):
        seen.update(options)
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "audio_preprocess", note)
    options = "--rate keep --quality best --format f32 --rounding floor --channel 1 --vad rms --frame-ms 20 "
    options += "--threshold 0.05 --min-speech-ms 40 --hangover-ms 90 --padding-ms 30 --min-silence-ms 70 --keep speech "
    options += "--start 1.5 --duration 2 --on-damage keep --overwrite --backend python --no-progress"
    run("in.wav", "out.wav", *options.split())
    assert seen == {
        "rate": None,
        "quality": "best",
        "format": "f32",
        "rounding": "floor",
        "channels": 1,
        "vad": "rms",
        "frame_ms": 20.0,
        "threshold": 0.05,
        "min_speech_ms": 40.0,
        "hangover_ms": 90.0,
        "padding_ms": 30.0,
        "min_silence_ms": 70.0,
        "keep": "speech",
        "segments": None,
        "plot": None,
        "start": 1.5,
        "duration": 2.0,
        "on_damage": "keep",
        "overwrite": True,
        "backend": "python",
        "progress": None,
    }


def test_quiet_says_nothing_but_damage(sound, tmp_path):
    path = sound("in.wav")
    result = run(path, tmp_path / "out.wav", "-q", "--progress")
    assert (result.exit_code, result.output) == (0, "")
    path.write_bytes(path.read_bytes()[:100_000])
    result = run(path, tmp_path / "out.wav", "-q", "--overwrite", "--on-damage", "keep")
    assert result.exit_code == 0
    assert result.stderr == f"{path} is truncated: its header declares more bytes than there are.\n"


@pytest.mark.parametrize(("name", "codec", "total"), [("in.wav", None, 2.0), ("in.mkv", "pcm_s16le", None)])
def test_progress_knows_the_length_or_not(sound, media, tmp_path, monkeypatch, name, codec, total):
    seen = []

    class Bar:
        def __init__(self, *_, **__):
            pass

        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

        def add_task(self, name, total):
            return name

        def update(self, task, *, completed, total):
            seen.append((completed, total))

    monkeypatch.setattr("rich.progress.Progress", Bar)
    path = media(name, codec) if codec else sound(name)
    if codec:
        monkeypatch.setattr("paceline_pipelines.audio_preprocess.reader_av._AvSource._declared", lambda _: None)
    run(path, tmp_path / "out.wav", "--progress", "--vad", "off")
    assert seen[-1] == (2.0, total)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["none.wav", "out.wav"], "none.wav: No such file or directory."),
        ([".", "out.wav"], "Is a directory."),
        (["in.wav", "out"], "out does not say what to write; accepted are names in .wav, .flac,"),
        (["in.wav", "out.txt"], "out.txt does not say what to write"),
        (["in.wav", "in.wav"], "in.wav is the file to read; accepted is another name"),
        (["in.wav", "there.wav"], "there.wav is there already; --overwrite replaces it."),
        (["in.wav", "folder.wav"], "folder.wav is a directory"),
        (["in.wav", "none/out.wav"], "there is no directory"),
        (["in.wav", "out.flac", "--format", "f32"], "A .flac file does not hold f32; accepted for it are i16, i24."),
        (
            ["in.wav", "out.wav", "--rate", "fast"],
            "--rate 'fast' is not a number; accepted is a whole number of Hz, or keep.",
        ),
        (["in.wav", "out.wav", "--rate", "10"], "cannot be brought to 10 Hz"),
        (["in.wav", "out.opus", "--rate", "11025"], "cannot hold 1 channels of f32 at 11025 Hz: libsndfile says"),
        (["in.wav", "out.wav", "--rate", "4000"], "The voice detector refuses its options: rate is 4000 Hz"),
        (["in.wav", "out.wav", "--threshold", "loud"], "--threshold 'loud' is not a number"),
        (["in.wav", "out.wav", "--frame-ms", "1"], "The voice detector refuses its options: frame_ms is 1.0"),
        (["in.wav", "out.wav", "--channel", "1"], "WAV PCM_16 of 1 channels has no channel 1; accepted are 0 to 0."),
        (["in.wav", "out.wav", "--vad", "off", "--keep", "speech"], "With --vad off no speech is found"),
        (["in.wav", "out.wav", "--segments", "s.srt"], "s.srt does not say how to write segments; accepted are .json,"),
        (["in.wav", "out.wav", "--plot", "p.gif"], "p.gif does not say how to draw; accepted are .png, .svg."),
        (["in.wav", "out.csv", "--segments", "out.csv"], "out.csv does not say what to write"),
        (["in.wav", "out.wav", "--start", "-1"], "accepted are 0 and more."),
        (["in.wav", "out.wav", "--duration", "nan"], "accepted are 0 and more."),
        (["in.wav", "out.wav", "--backend", "fortran"], "fortran"),
    ],
)
def test_a_mistake_is_one_sentence_and_status_2(sound, tmp_path, monkeypatch, arguments, words):
    sound("in.wav")
    (tmp_path / "there.wav").write_bytes(b"old")
    (tmp_path / "folder.wav").mkdir()
    monkeypatch.chdir(tmp_path)
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stderr.startswith("audio-preprocess: ")
    assert words in result.stderr
    assert result.stderr.count("\n") == 1
    assert names_in(tmp_path) == ["folder.wav", "in.wav", "there.wav"]
    assert (tmp_path / "there.wav").read_bytes() == b"old"


def test_one_name_for_two_files(sound, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "choose_segment_writer", lambda path: None)
    result = run(sound("in.wav"), tmp_path / "out.wav", "--segments", tmp_path / "out.wav")
    assert "is named twice" in result.stderr


def test_what_is_no_regular_file_is_not_replaced(sound, tmp_path):
    os.mkfifo(tmp_path / "out.wav")
    result = run(sound("in.wav"), tmp_path / "out.wav", "--overwrite")
    assert "is not a regular file" in result.stderr
    assert result.exit_code == 2


def test_a_directory_that_is_not_ours(sound, tmp_path):
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    (tmp_path / "closed").mkdir(mode=0o500)
    result = run(sound("in.wav"), tmp_path / "closed" / "out.wav")
    assert result.exit_code == 2
    assert result.stderr == f"audio-preprocess: {tmp_path / 'closed' / 'out.wav'}: Permission denied.\n"


@pytest.mark.parametrize("name", ["out.wav", "out.flac", "out.npy", "out.raw", "out.ogg", "out.mp3"])
def test_a_full_disk_is_a_sentence(tmp_path, name):
    rng = np.random.default_rng(0)
    soundfile.write(tmp_path / "in.wav", rng.uniform(-0.5, 0.5, 320_000), 16_000)
    (tmp_path / name).write_bytes(b"old")

    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000)); "
    command = [sys.executable, "-c", limit + COMMAND[2]]
    done = subprocess.run(
        [*command, str(tmp_path / "in.wav"), str(tmp_path / name), "--overwrite", "--vad", "off"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"audio-preprocess: {tmp_path / name}: File too large.\n"
    assert names_in(tmp_path) == ["in.wav", name]
    assert (tmp_path / name).read_bytes() == b"old"


def test_ctrl_c_leaves_no_half_file(tmp_path):
    path = tmp_path / "in.wav"
    with soundfile.SoundFile(path, "w", 48_000, 2) as file:
        for _ in range(300):
            file.write(np.zeros((48_000, 2)))
    (tmp_path / "out.wav").write_bytes(b"old")
    running = subprocess.Popen(
        [*COMMAND, str(path), str(tmp_path / "out.wav"), "--overwrite", "--quality", "best", "--backend", "python"],
        stderr=subprocess.PIPE,
        text=True,
    )
    until = time.monotonic() + 30
    while not any(name.endswith(".partial") for name in names_in(tmp_path)) and time.monotonic() < until:
        time.sleep(0.01)
    assert running.poll() is None, running.communicate()[1]
    running.send_signal(signal.SIGINT)
    said = running.communicate(timeout=30)[1]
    assert running.returncode == 130, said
    assert said == f"Interrupted; {tmp_path / 'out.wav'} is as it was before.\n"
    assert names_in(tmp_path) == ["in.wav", "out.wav"]
    assert (tmp_path / "out.wav").read_bytes() == b"old"


def test_help_loads_nothing_heavy():
    code = (
        "import sys, paceline_pipelines.audio_preprocess.cli; "
        "print({'numpy', 'soundfile', 'av', 'matplotlib', 'rich.progress'} & set(sys.modules))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "set()\n"
