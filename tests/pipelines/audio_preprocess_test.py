"""The library function: formats in and out, any blocks, channels, speech, pictures, and memory that does not grow."""

import csv
import json
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from paceline import audio
from paceline.audio import vad
from paceline_pipelines.audio_preprocess import reader_av, reader_soundfile
from paceline_pipelines.audio_preprocess.convert import audio_preprocess
from paceline_pipelines.audio_preprocess.errors import PreprocessError
from paceline_pipelines.audio_preprocess.picture import OVER_FLOOR_DB, RMS_THRESHOLD, Envelope
from paceline_pipelines.audio_preprocess.sinks import _CONTAINERS
from pipelines.signals import bursts, tone

soundfile = pytest.importorskip("soundfile")
pytest.importorskip("av")

WRITTEN = [(suffix, form) for suffix, kind in _CONTAINERS.items() for form in kind.subtypes]
CODED = (".ogg", ".opus", ".mp3")
MEDIA = [
    ("a.mp3", "libmp3lame", "stereo", None),
    ("a.m4a", "aac", "stereo", None),
    ("a.mp4", "aac", "mono", None),
    ("a.aac", "aac", "mono", None),
    ("a.webm", "libopus", "mono", None),
    ("a.mka", "alac", "stereo", "s16p"),
    ("a.m4a", "alac", "stereo", "s32p"),
    ("a.mkv", "pcm_u8", "stereo", None),
    ("a.mkv", "pcm_s16le", "stereo", None),
    ("a.mkv", "pcm_s32le", "mono", None),
    ("a.mkv", "pcm_f32le", "stereo", None),
    ("a.mkv", "pcm_f64le", "5.1", None),
    ("a.mka", "flac", "7.1", None),
    ("a.m4a", "aac", "7.1", None),
    ("a.ac3", "ac3", "5.1(side)", None),
]


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def back(path: Path, layout_channels: int = 1, form: str = "i16") -> np.ndarray:
    """Read what was written as (frames, channels) float64, without the code under test."""
    if path.suffix not in (".npy", ".raw"):
        return soundfile.read(path, always_2d=True)[0]
    kind = {"i16": "<i2", "i24": "u1", "i32": "<i4", "u8": "u1", "f32": "<f4", "f64": "<f8"}[form]
    data = np.load(path) if path.suffix == ".npy" else np.fromfile(path, kind)
    if form == "i24":
        data = audio.convert_format(data.reshape(-1, 3), "f64", source="i24")
    return audio.convert_format(data, "f64").reshape(-1, layout_channels)


@pytest.mark.parametrize(("suffix", "form"), WRITTEN)
@pytest.mark.parametrize("channels", [1, 2])
def test_every_format_out(tmp_path, suffix, form, channels):
    x = np.column_stack([tone(0.5, 48_000, 440 * (c + 1)) for c in range(channels)])
    soundfile.write(tmp_path / "in.wav", x, 48_000, "DOUBLE")
    out = tmp_path / f"out{suffix}"
    summary = audio_preprocess(tmp_path / "in.wav", out, rate=None, format=form, channels="keep", vad="off")
    y = back(out, channels, form)
    assert (summary.format, summary.frames, summary.rate) == (form, 24_000, 48_000)
    if suffix in CODED:
        assert abs(len(y) - 24_000) < 2_400
        middle = slice(4_800, 19_200)
        assert np.sqrt(np.mean(np.square(y[middle]))) == pytest.approx(0.5 / np.sqrt(2), rel=0.05)
        return
    assert y.shape == x.shape
    step = {"u8": 2**-7, "i16": 2**-15, "i24": 2**-23, "i32": 2**-31, "f32": 2**-25, "f64": 0}[form]
    narrow = 2**-26 if form in ("u8", "i16") else 0  # through float32, which rounds the doubles first
    np.testing.assert_allclose(y, x, rtol=0, atol=step * 0.501 + narrow)


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24"])
def test_whole_numbers_pass_unchanged(tmp_path, subtype):
    rng = np.random.default_rng(3)
    bits = {"PCM_U8": 8, "PCM_16": 16, "PCM_24": 24}[subtype]
    x = rng.integers(-(2 ** (bits - 1)), 2 ** (bits - 1), (5_000, 2)).astype(np.int32) << (32 - bits)
    soundfile.write(tmp_path / "in.wav", x, 8_000, subtype)
    form = {"PCM_U8": "u8", "PCM_16": "i16", "PCM_24": "i24"}[subtype]
    audio_preprocess(tmp_path / "in.wav", tmp_path / "out.wav", rate=None, channels="keep", format=form, vad="off")
    assert np.array_equal(soundfile.read(tmp_path / "out.wav", dtype="int32")[0], x)


@pytest.mark.parametrize(
    ("suffix", "format", "subtype"),
    [
        ("wav", "WAV", "PCM_16"),
        ("wav", "WAV", "ULAW"),
        ("wav", "WAVEX", "FLOAT"),
        ("flac", "FLAC", "PCM_24"),
        ("ogg", "OGG", "VORBIS"),
        ("opus", "OGG", "OPUS"),
        ("aiff", "AIFF", "PCM_24"),
        ("au", "AU", "PCM_16"),
        ("caf", "CAF", "ALAC_16"),
        ("w64", "W64", "PCM_32"),
        ("rf64", "RF64", "DOUBLE"),
        ("mp3", "MP3", "MPEG_LAYER_III"),
    ],
)
@pytest.mark.parametrize("name", ["in.{}", "in.dat", "in.mp4", "in.raw"])
def test_every_sound_file_in_under_any_name(sound, tmp_path, suffix, format, subtype, name):
    path = sound(name.format(suffix), channels=2, format=format, subtype=subtype)
    summary = audio_preprocess(path, tmp_path / "out.npy", rate=48_000, channels="keep")
    assert (summary.in_rate, summary.in_channels) == (48_000, 2)
    assert summary.reader == ("FFmpeg" if suffix == "mp3" else "libsndfile")
    assert abs(summary.frames - 96_000) <= (0 if suffix not in ("mp3", "ogg", "opus") else 2_400)
    assert summary.segments == 2
    assert 0.3 < summary.speech / 2 < 0.55


@pytest.mark.parametrize(("name", "codec", "layout", "sample_format"), MEDIA)
def test_media_in(media, tmp_path, name, codec, layout, sample_format):
    path = media(name, codec, layout, sample_format=sample_format)
    summary = audio_preprocess(path, tmp_path / "out.npy", rate=None, channels="keep")
    x, y = bursts(2.0, 48_000, summary.in_channels), np.load(tmp_path / "out.npy")
    assert summary.reader == "FFmpeg"
    assert summary.in_channels == {"mono": 1, "stereo": 2, "5.1": 6, "5.1(side)": 6, "7.1": 8}[layout]
    assert abs(len(y) - len(x)) < 3_000
    y = y.reshape(len(y), -1)
    if codec.startswith("pcm") or codec in ("alac", "flac"):
        tolerance = {"pcm_u8": 2**-7, "pcm_s16le": 2**-15, "pcm_f32le": 0, "pcm_f64le": 0}.get(codec, 2**-15)
        assert y.shape == x.shape
        np.testing.assert_allclose(y, x, rtol=0, atol=tolerance)
    else:
        loud = slice(round(0.35 * 48_000), round(0.55 * 48_000))
        levels = [np.sqrt(np.mean(np.square(part[loud, :3]), axis=0)) for part in (x, y)]
        np.testing.assert_allclose(levels[1], levels[0], rtol=0.25)
    assert summary.segments == 2


def test_the_sound_of_a_video(tmp_path):
    av = pytest.importorskip("av")
    with av.open(tmp_path / "in.mp4", "w") as container:
        picture = container.add_stream("mpeg4", rate=25, width=64, height=64)
        voice = container.add_stream("aac", rate=16_000, layout="mono")
        for i in range(25):
            frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), i * 5, np.uint8))
            container.mux(picture.encode(frame))
        container.mux(picture.encode(None))
        for i in range(16):
            piece = (tone(1.024, 16_000)[i * 1_024 : (i + 1) * 1_024]).astype(np.float32)
            frame = av.AudioFrame.from_ndarray(piece.reshape(1, -1), "fltp", "mono")
            frame.sample_rate, frame.pts = 16_000, i * 1_024
            container.mux(voice.encode(frame))
        container.mux(voice.encode(None))
    summary = audio_preprocess(tmp_path / "in.mp4", tmp_path / "out.wav", vad="off")
    assert abs(summary.seconds - 1.024) < 0.07
    x = soundfile.read(tmp_path / "out.wav")[0][4_000:12_000]
    assert abs(np.abs(np.fft.rfft(x)).argmax() * 2 - 440) <= 2


@pytest.mark.parametrize("rates", [(44_100, 16_000), (8_000, 48_000), (16_000, 16_000), (48_000, 11_025)])
@pytest.mark.parametrize("block", [1, 1_000, 4_096])
def test_blocks_never_change_the_result(sound, media, tmp_path, monkeypatch, rates, block):
    path = sound("in.wav", seconds=0.02 if block == 1 else 1.3, rate=rates[0], channels=2)
    outs = []
    for name, size in (("whole", 1 << 22), ("parts", block)):
        for reader in (reader_av, reader_soundfile):
            monkeypatch.setattr(reader, "BLOCK", size)
        out = tmp_path / f"{name}.npy"
        audio_preprocess(path, out, rate=rates[1], channels="keep", segments=out.with_suffix(".csv"), keep="speech")
        outs.append((np.load(out), out.with_suffix(".csv").read_text()))
    assert np.array_equal(outs[0][0], outs[1][0])
    assert outs[0][1] == outs[1][1]


def test_it_is_what_paceline_gives(sound, tmp_path):
    path = sound("in.wav", rate=44_100, channels=2, subtype="FLOAT")
    audio_preprocess(path, tmp_path / "out.npy", rate=16_000, channels="keep", format="f32", vad="off")
    x = soundfile.read(path, dtype="float32")[0]
    np.testing.assert_allclose(np.load(tmp_path / "out.npy"), audio.resample(x, 44_100, 16_000), rtol=0, atol=3e-7)


def test_channels(tmp_path):
    x = np.column_stack([tone(0.2, 16_000, 300 * (c + 1)) for c in range(8)])
    soundfile.write(tmp_path / "in.wav", x, 16_000, "DOUBLE")

    def run(channels):
        audio_preprocess(tmp_path / "in.wav", tmp_path / "out.npy", channels=channels, format="f64", overwrite=True)
        return np.load(tmp_path / "out.npy")

    assert np.array_equal(run("keep"), x)
    np.testing.assert_allclose(run("mono"), x.mean(axis=1), atol=1e-16)
    for channel in (0, 5, 7):
        assert np.array_equal(run(channel), x[:, channel])
    for channel in (8, -1):
        with pytest.raises(PreprocessError, match=f"has no channel {channel}; accepted are 0 to 7"):
            run(channel)


@pytest.mark.parametrize("name", ["in.wav", "in.flac", "in.mka"])
def test_start_and_duration(sound, media, tmp_path, name):
    path = media(name, "pcm_f32le") if name == "in.mka" else sound(name)
    whole, part = tmp_path / "whole.npy", tmp_path / "part.npy"
    audio_preprocess(path, whole, rate=None, vad="off")
    seen = []
    summary = audio_preprocess(
        path, part, rate=None, vad="off", start=0.5, duration=1.0, progress=lambda *d: seen.append(d)
    )
    assert summary.seconds == 1.0
    assert np.array_equal(np.load(part), np.load(whole)[24_000:72_000])
    assert seen[-1] == (1.0, 1.0)
    for start, duration, seconds in ((0.5, None, 1.5), (1.9, 5.0, 0.1), (9.0, None, 0.0), (0.0, 0.0, 0.0)):
        summary = audio_preprocess(path, part, rate=None, vad="off", start=start, duration=duration, overwrite=True)
        assert summary.seconds == pytest.approx(seconds)


@pytest.mark.parametrize("frames", [0, 1, 2, 479])
@pytest.mark.parametrize("suffix", [".wav", ".flac", ".npy", ".raw", ".ogg", ".opus", ".mp3"])
def test_hardly_any_sound(tmp_path, frames, suffix):
    soundfile.write(tmp_path / "in.wav", np.full((frames, 2), 0.25), 16_000)
    extra = {"segments": tmp_path / "s.txt", "plot": tmp_path / "p.png"}
    if not (frames or _CONTAINERS[suffix].empty):
        with pytest.raises(PreprocessError, match=f"a {suffix} file cannot be empty; accepted for that are .wav,"):
            audio_preprocess(tmp_path / "in.wav", tmp_path / f"out{suffix}", **extra)
        assert names_in(tmp_path) == ["in.wav"]
        return
    summary = audio_preprocess(tmp_path / "in.wav", tmp_path / f"out{suffix}", **extra)
    assert summary.frames == frames
    assert (tmp_path / "p.png").stat().st_size > 1_000
    assert all(line for line in summary.lines())
    json.dumps(summary.as_json())
    if suffix not in CODED:
        assert len(back(tmp_path / f"out{suffix}", form=summary.format)) == frames


def test_segments_in_every_notation(sound, tmp_path):
    path, seen = sound("in.wav", seconds=3.0, rate=16_000), {}
    for suffix in (".json", ".csv", ".txt"):
        audio_preprocess(path, tmp_path / "out.wav", segments=tmp_path / f"s{suffix}", overwrite=True)
        seen[suffix] = (tmp_path / f"s{suffix}").read_text()
    rows = list(csv.DictReader(seen[".csv"].splitlines()))
    labels = [line.split("\t") for line in seen[".txt"].splitlines()]
    parsed = json.loads(seen[".json"])
    assert len(rows) == len(labels) == len(parsed["segments"]) == 3
    assert (parsed["rate"], parsed["seconds"]) == (16_000, 3.0)
    for i, (row, label, one) in enumerate(zip(rows, labels, parsed["segments"], strict=True)):
        assert float(row["start"]) == float(label[0]) == pytest.approx(one["start"], abs=1e-6)
        assert float(row["end"]) == float(label[1]) == pytest.approx(one["end"], abs=1e-6)
        assert one["start"] == int(row["start_sample"]) / 16_000
        assert label[2] == "speech"
        assert i + 0.2 < one["start"] <= i + 0.3
        assert i + 0.6 <= one["end"] < i + 0.9


@pytest.mark.parametrize("mode", ["fft", "rms"])
def test_speech_only_is_the_segments_one_after_another(sound, tmp_path, mode):
    path = sound("in.wav", seconds=4.2, rate=44_100, channels=2)
    options = {"channels": "keep", "vad": mode, "rate": 16_000}
    audio_preprocess(path, tmp_path / "all.npy", **options)
    summary = audio_preprocess(path, tmp_path / "speech.npy", keep="speech", segments=tmp_path / "s.json", **options)
    whole = np.load(tmp_path / "all.npy")
    spans = [(s["start_sample"], s["end_sample"]) for s in json.loads((tmp_path / "s.json").read_text())["segments"]]
    assert np.array_equal(np.load(tmp_path / "speech.npy"), np.concatenate([whole[a:b] for a, b in spans]))
    assert summary.written == pytest.approx(summary.speech)
    assert summary.speech_share < 0.6
    assert summary.seconds == pytest.approx(4.2)


def test_the_segments_are_what_paceline_finds(sound, tmp_path):
    options = {
        "frame_ms": 20.0,
        "min_speech_ms": 40.0,
        "hangover_ms": 100.0,
        "padding_ms": 60.0,
        "min_silence_ms": 80.0,
    }
    path = sound("in.wav", seconds=4.2, rate=16_000, subtype="FLOAT")
    audio_preprocess(path, tmp_path / "out.wav", segments=tmp_path / "s.json", **options)
    spans = [(s["start_sample"], s["end_sample"]) for s in json.loads((tmp_path / "s.json").read_text())["segments"]]
    found = audio.detect_voice(soundfile.read(path, dtype="float32")[0], 16_000, **options)
    assert len(spans) == 4
    assert np.array_equal(spans, found.segments)


def test_speech_up_to_the_end_is_kept(tmp_path):
    soundfile.write(tmp_path / "in.wav", bursts(0.55, 16_000)[:, 0], 16_000)
    summary = audio_preprocess(tmp_path / "in.wav", tmp_path / "out.npy", keep="speech", segments=tmp_path / "s.csv")
    last = (tmp_path / "s.csv").read_text().splitlines()[-1].split(",")
    assert int(last[3]) == 8_640, "the last whole frame"
    assert summary.frames == int(last[3]) - int(last[2])


def pixels(path):
    return pytest.importorskip("matplotlib.image").imread(path)


def test_the_picture_shows_the_segments(sound, tmp_path):
    path = sound("in.wav", seconds=3.0, rate=16_000)
    audio_preprocess(path, tmp_path / "a.wav", plot=tmp_path / "a.png")
    audio_preprocess(path, tmp_path / "b.wav", plot=tmp_path / "b.png", vad="off")
    voiced, plain = (pixels(tmp_path / name)[..., :3] for name in ("a.png", "b.png"))
    assert voiced.shape[1] == plain.shape[1] == 1_440
    assert voiced.shape[0] > plain.shape[0]
    green = (voiced[..., 1] > voiced[..., 0] + 0.05) & (voiced[..., 1] > voiced[..., 2] + 0.05)
    columns = np.flatnonzero(green.mean(axis=0) > 0.3)
    assert np.count_nonzero(np.diff(columns) > 50) == 2, "three segments, two pauses between them"
    blue = (plain[..., 2] > plain[..., 0] + 0.2).any(axis=0)
    assert 0.5 < blue.mean() < 1.0


def test_the_picture_as_svg_is_repeatable(sound, tmp_path):
    path = sound("in.wav", rate=16_000)
    for name in ("a", "b"):
        audio_preprocess(path, tmp_path / f"{name}.wav", plot=tmp_path / f"{name}.svg", threshold=0.05, vad="rms")
    text = (tmp_path / "a.svg").read_text()
    assert text.startswith("<?xml")
    assert text.rstrip().endswith("</svg>")


def test_the_thresholds_that_are_drawn_are_those_of_the_detector():
    assert (OVER_FLOOR_DB, RMS_THRESHOLD) == (vad.OVER_FLOOR_DB, vad.RMS_THRESHOLD)


@pytest.mark.parametrize("sizes", [[5_000], [1] * 300, [3, 1_000, 0, 77, 4_096], [64], [65], []])
def test_an_envelope_keeps_every_peak(sizes):
    rng = np.random.default_rng(1)
    parts = [rng.standard_normal(size).astype(np.float32) for size in sizes]
    envelope = Envelope(points=64)
    for part in parts:
        envelope.add(part)
    at, low, high = envelope.curves()
    x = np.concatenate([*parts, np.empty(0, np.float32)])
    chunks = [x[i : i + envelope.step] for i in range(0, len(x), envelope.step)]
    assert len(at) == len(chunks) <= 64
    assert low.tolist() == [chunk.min() for chunk in chunks]
    assert high.tolist() == [chunk.max() for chunk in chunks]
    assert len(x) <= 64 * envelope.step < max(2 * len(x), 65 * 2)


def test_samples_beyond_full_scale_are_counted(tmp_path):
    soundfile.write(tmp_path / "in.wav", np.array([0.0, 1.5, -1.5, 1.0, -1.0, 0.5]), 16_000, "DOUBLE")
    summary = audio_preprocess(tmp_path / "in.wav", tmp_path / "out.wav", vad="off")
    assert summary.clamped == 2
    assert soundfile.read(tmp_path / "out.wav", dtype="int16")[0].tolist() == [0, 32767, -32768, 32767, -32768, 16384]
    assert any(line.startswith("clamped   2 samples") for line in summary.lines())


def test_rounding_is_passed_on(tmp_path):
    soundfile.write(tmp_path / "in.wav", np.array([0.6, -0.6]) / 32768, 16_000, "DOUBLE")
    for rounding, expected in (("nearest", [1, -1]), ("floor", [0, -1]), ("truncate", [0, 0])):
        audio_preprocess(tmp_path / "in.wav", tmp_path / "o.npy", format="i16", rounding=rounding, overwrite=True)
        assert np.load(tmp_path / "o.npy").tolist() == expected


def test_the_backends_that_ran_are_told(sound, tmp_path):
    summary = audio_preprocess(sound("in.wav", seconds=0.1), tmp_path / "out.wav", vad="off", backend="python")
    assert summary.backends == {"resample": "python", "format": "python"}


def test_a_file_that_is_too_long_for_its_kind(sound, tmp_path, monkeypatch):
    from paceline_pipelines.audio_preprocess import sinks

    small = {**sinks._CONTAINERS, ".wav": sinks._Container("WAV", sinks._SUBTYPES, 20_000)}
    monkeypatch.setattr(sinks, "_CONTAINERS", small)
    with pytest.raises(PreprocessError, match=r"would be longer than the 1 s of this that fit into a .wav file"):
        audio_preprocess(sound("in.wav", rate=16_000), tmp_path / "out.wav")
    assert names_in(tmp_path) == ["in.wav"]


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("out.wav", {"keep": "speech", "segments": "s.csv", "plot": "p.png"}),
        ("out.flac", {"vad": "off"}),
        ("out.npy", {"format": "f64"}),
    ],
)
def test_memory_does_not_grow_with_the_length(tmp_path, name, options):
    """Ten minutes are 77 MB as float32; what is held at once stays below 8 MiB."""
    path = tmp_path / "in.wav"
    block = bursts(5.0, 32_000)
    with soundfile.SoundFile(path, "w", 32_000, 1, "PCM_16") as file:
        for _ in range(120):
            file.write(block)
    options = {k: tmp_path / v if k in ("segments", "plot") else v for k, v in options.items()}
    if "plot" in options:
        audio_preprocess(path, tmp_path / "warm.wav", plot=tmp_path / "warm.png", duration=0.1)  # matplotlib's modules
    tracemalloc.start()
    try:
        summary = audio_preprocess(path, tmp_path / name, rate=16_000, quality="low", **options)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert summary.seconds == 600.0
    assert peak < 8 * 2**20


@pytest.mark.parametrize("name", ["alsa_Front_Center.wav", "asterisk_demo-instruct.wav", "silero_test.wav"])
def test_recorded_speech(spoken, tmp_path, name):
    summary = audio_preprocess(spoken / name, tmp_path / "out.wav", segments=tmp_path / "s.json")
    assert summary.rate == 16_000
    assert 0.2 < summary.speech_share < 1.0
    spans = np.array([(s["start"], s["end"]) for s in json.loads((tmp_path / "s.json").read_text())["segments"]])
    assert (spans[:, 0] < spans[:, 1]).all()
    assert (spans[1:, 0] >= spans[:-1, 1]).all()
    assert spans[-1, 1] <= summary.seconds
