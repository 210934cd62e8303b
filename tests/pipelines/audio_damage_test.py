"""Files that are cut, flipped, mixed up or nothing of the kind: a sentence, and on request what can be decoded."""

import os
import random

import numpy as np
import pytest

from paceline_pipelines.audio_preprocess import readers
from paceline_pipelines.audio_preprocess.convert import audio_preprocess
from paceline_pipelines.audio_preprocess.errors import Damage, PreprocessError, load_optional

soundfile = pytest.importorskip("soundfile")
pytest.importorskip("av")

KINDS = ["wav", "float.wav", "flac", "aiff", "ogg", "opus", "mp3", "m4a", "webm", "aac", "mka"]
CODECS = {"m4a": "aac", "webm": "libopus", "aac": "aac", "mka": "flac", "mp3": "libmp3lame"}


@pytest.fixture
def whole(sound, media):
    def write(kind):
        if kind in CODECS:
            return media(f"in.{kind}", CODECS[kind])
        subtype = {"opus": "OPUS", "float.wav": "FLOAT"}.get(kind)
        return sound(f"in.{kind}", format="OGG" if kind == "opus" else None, subtype=subtype)

    return write


def attempt(path, out, on_damage="fail"):
    """Return the summary, or the error's sentence; anything but a sentence fails the test by itself."""
    try:
        return audio_preprocess(path, out, rate=16_000, on_damage=on_damage, overwrite=True)
    except PreprocessError as error:
        text = str(error)
        assert text.endswith(".")
        assert "\n" not in text
        assert "None" not in text
        return text


@pytest.mark.parametrize("kind", KINDS)
def test_whole_files_have_no_damage(whole, tmp_path, kind):
    assert attempt(whole(kind), tmp_path / "out.wav").damage == ()


@pytest.mark.parametrize("kind", KINDS)
def test_a_cut_file_is_told_and_kept_on_request(whole, tmp_path, kind):
    path = whole(kind)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 6 // 10])
    said = attempt(path, tmp_path / "out.wav")
    assert isinstance(said, str)
    assert not (tmp_path / "out.wav").exists()
    if kind == "m4a":
        assert "cannot be read as audio" in said, "its index was at the end"
        return
    assert str(path) in said
    assert "truncated" in said or "damaged" in said
    kept = attempt(path, tmp_path / "out.wav", "keep")
    assert kept.damage
    assert soundfile.info(tmp_path / "out.wav").frames == kept.frames
    # Pages and packets are lost whole; of Vorbis, this short, the only page of sound.
    assert 0.5 < kept.seconds < 1.35 or (kind in ("ogg", "opus") and kept.seconds < 1.35)


def test_all_before_a_damaged_flac_frame_is_kept(sound, tmp_path):
    path = sound("in.flac", seconds=3)
    data = bytearray(path.read_bytes())
    x = soundfile.read(path, dtype="float32")[0]
    data[len(data) * 2 // 3 :] = bytes(len(data) - len(data) * 2 // 3)
    path.write_bytes(data)
    summary = audio_preprocess(path, tmp_path / "out.npy", rate=None, vad="off", on_damage="keep", format="f32")
    y = np.load(tmp_path / "out.npy")
    assert len(y) > len(x) // 2
    assert np.array_equal(y, x[: len(y)])
    assert "is damaged after" in summary.damage[0]


def test_a_packet_that_cannot_be_decoded_is_left_out(media, tmp_path):
    path = media("in.aac", "aac", seconds=3)
    data = bytearray(path.read_bytes())
    rng = random.Random(5)
    for i in range(len(data) // 2, len(data) // 2 + 400):
        data[i] = rng.randrange(256)
    path.write_bytes(data)
    assert "is damaged after" in attempt(path, tmp_path / "out.wav")
    kept = attempt(path, tmp_path / "out.wav", "keep")
    assert 2.5 < kept.seconds < 3.1


@pytest.mark.parametrize("kind", KINDS)
def test_any_cut_gives_a_sentence(whole, tmp_path, kind):
    path = whole(kind)
    data = path.read_bytes()
    rng = random.Random(f"cut {kind}")
    short = [0, 1, 4, 12, 20, 44, 60, 100]
    for size in [*short, *(rng.randrange(len(data)) for _ in range(12)), len(data) - 1]:
        path.write_bytes(data[:size])
        for on_damage in ("fail", "keep"):
            attempt(path, tmp_path / "out.wav", on_damage)


@pytest.mark.parametrize("kind", KINDS)
def test_any_flipped_bit_gives_a_sentence(whole, tmp_path, kind):
    path = whole(kind)
    data = path.read_bytes()
    rng = random.Random(f"flip {kind}")
    for round_ in range(25):
        changed = bytearray(data)
        reach = 200 if round_ % 2 else len(data)  # every second time in the header
        for _ in range(rng.choice([1, 1, 8, 100])):
            changed[rng.randrange(reach)] ^= 1 << rng.randrange(8)
        path.write_bytes(changed)
        for on_damage in ("fail", "keep"):
            attempt(path, tmp_path / "out.wav", on_damage)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("notes.txt", b"Dear diary,\n" * 500, "cannot be read as audio"),
        ("notes.wav", b"Dear diary,\n" * 500, "cannot be read as audio"),
        ("empty.wav", b"", "is empty: it has not even a header"),
        ("list.m3u8", b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nin.wav\n#EXT-X-ENDLIST\n", "cannot be read"),
        ("list.ffconcat", b"ffconcat version 1.0\nfile in.wav\n", "cannot be read"),
        ("noise.mp3", bytes(random.Random(0).randrange(256) for _ in range(5_000)), "in"),
    ],
)
def test_what_is_no_sound(sound, tmp_path, name, content, words):
    sound("in.wav")
    (tmp_path / name).write_bytes(content)
    assert words in attempt(tmp_path / name, tmp_path / "out.wav")


def test_a_picture_has_no_sound(tmp_path):
    image = pytest.importorskip("matplotlib.image")
    image.imsave(tmp_path / "in.png", np.zeros((8, 8)))
    assert "finds no sound in it" in attempt(tmp_path / "in.png", tmp_path / "out.wav")


def test_a_pipe_is_no_file(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert "is not a regular file" in attempt(tmp_path / "pipe", tmp_path / "out.wav")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e30])
def test_a_value_that_is_no_level(tmp_path, value):
    x = np.full((40_000, 2), 0.5)
    x[32_000, 1] = value
    soundfile.write(tmp_path / "in.wav", x, 16_000, "DOUBLE")
    said = attempt(tmp_path / "in.wav", tmp_path / "out.wav")
    assert f"The sample at 2.000000 s in channel 1 is {value:g}" in said
    kept = audio_preprocess(
        tmp_path / "in.wav", tmp_path / "out.npy", rate=None, channels="keep", format="f64", on_damage="keep"
    )
    assert kept.damage
    assert np.load(tmp_path / "out.npy")[32_000].tolist() == [0.5, 0.0]


@pytest.mark.parametrize("rate", [100, 900_000])
def test_a_rate_beyond_what_is_converted(tmp_path, rate):
    soundfile.write(tmp_path / "in.wav", np.zeros(100), rate)
    assert "cannot be brought to 16000 Hz" in attempt(tmp_path / "in.wav", tmp_path / "out.wav")


def test_sizes_that_a_recorder_could_not_write_are_no_damage(sound, tmp_path):
    path = sound("in.wav")
    data = bytearray(path.read_bytes())
    at = data.index(b"data")
    for mark in (0xFFFFFFFF, 0x7FFFFFFF, 0x80000000):
        data[4:8] = data[at + 4 : at + 8] = mark.to_bytes(4, "little")
        path.write_bytes(data)
        assert attempt(path, tmp_path / "out.wav").seconds == 2.0


def test_many_places_are_counted():
    damage = Damage("keep")
    for i in range(10):
        damage.report(f"Place {i}.")
    assert damage.lines() == ["Place 0.", "Place 1.", "Place 2.", "7 more places are damaged."]


@pytest.mark.parametrize(("missing", "kind"), [("soundfile", "wav"), ("av", "mp3"), ("av", "m4a")])
def test_a_missing_package_is_a_sentence(whole, tmp_path, monkeypatch, missing, kind):
    path = whole(kind)
    from paceline_pipelines.audio_preprocess import reader_av, reader_soundfile

    def gone(name, purpose):
        if name == missing:
            return load_optional(f"no_{name}", purpose)
        return load_optional(name, purpose)

    monkeypatch.setitem(load_optional.__globals__["_PROJECTS"], f"no_{missing}", missing)
    for module in (reader_av, reader_soundfile):
        monkeypatch.setattr(module, "load_optional", gone)
    said = attempt(path, tmp_path / "out.npy")
    if kind == "m4a":
        assert "pip install 'paceline-pipelines[audio]'" in said
    else:  # the other library reads it too
        assert said.reader == ("FFmpeg" if missing == "soundfile" else "libsndfile")


def test_what_begins_the_file_decides():
    assert readers._is_for_soundfile(b"RIFF\0\0\0\0WAVE", False)
    assert not readers._is_for_soundfile(b"RIFF\0\0\0\0AVI ", False)
    assert readers._is_for_soundfile(b"OggS", True)
    assert not readers._is_for_soundfile(b"OggS", False)
    assert not readers._is_for_soundfile(b"ID3\x04", False)


def test_a_gap_in_the_timestamps_is_no_damage(tmp_path):
    av = pytest.importorskip("av")
    with av.open(tmp_path / "in.mka", "w") as container:
        stream = container.add_stream("pcm_s16le", rate=16_000, layout="mono")
        for i in range(20):
            frame = av.AudioFrame.from_ndarray(np.full((1, 1_600), 99, np.int16), "s16", "mono")
            frame.sample_rate, frame.pts = 16_000, i * 1_600 + (i > 9) * 16_000
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    summary = attempt(tmp_path / "in.mka", tmp_path / "out.wav")
    assert (summary.seconds, summary.damage) == (2.0, ())
