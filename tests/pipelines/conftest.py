"""A small recording with a hole, and its files; and sound in files."""

from pathlib import Path

import numpy as np
import pytest

from pipelines.signals import bursts

SPOKEN = Path(__file__).parents[3] / "shared/data/audio"

RECORDED = Path(__file__).parents[3] / "shared/data/trajectories"


@pytest.fixture(scope="session")
def recorded() -> Path:
    if not RECORDED.exists():
        pytest.skip(f"the recorded trajectories are not at {RECORDED}")
    return RECORDED


@pytest.fixture
def knots(tmp_path: Path) -> Path:
    """100 Hz from 0 to 2 s, moving 1 m/s along x; no knot from 0.5 s to 1.5 s; the stamp 0.2 s twice."""
    stamps = [*range(0, 51), *range(150, 201)]
    stamps.insert(21, 20)
    half = np.array(stamps) / 200.0
    rows = [
        f"{s // 100}.{s % 100:02} {s / 100} 0 0 0 0 {np.sin(h)} {np.cos(h)}" for s, h in zip(stamps, half, strict=True)
    ]
    path = tmp_path / "knots.tum"
    path.write_text("# 100 Hz\n" + "\n".join(rows) + "\n")
    return path


@pytest.fixture
def frames(tmp_path: Path) -> Path:
    """30 Hz from -0.1 s for 70 frames: 3 frames before the knots, 6 after."""
    path = tmp_path / "frames.txt"
    path.write_text("".join(f"{-0.1 + i / 30:.9f}\n" for i in range(70)))
    return path


@pytest.fixture(scope="session")
def spoken() -> Path:
    if not SPOKEN.exists():
        pytest.skip(f"the recorded speech is not at {SPOKEN}")
    return SPOKEN


@pytest.fixture
def sound(tmp_path: Path):
    """Write bursts to a file by libsndfile: ``sound("a.wav", seconds=2, channels=2, subtype="PCM_16")``."""
    soundfile = pytest.importorskip("soundfile")

    def write(name, *, seconds=2.0, rate=48_000, channels=1, subtype=None, format=None):
        path = tmp_path / name
        soundfile.write(path, bursts(seconds, rate, channels), rate, subtype=subtype, format=format)
        return path

    return write


@pytest.fixture
def media(tmp_path: Path):
    """Write bursts to a file by FFmpeg: ``media("a.m4a", "aac", "stereo", rate=48_000)``."""
    av = pytest.importorskip("av")

    def write(name, codec, layout="mono", *, seconds=2.0, rate=48_000, sample_format=None):
        path = tmp_path / name
        with av.open(path, "w") as container:
            stream = container.add_stream(codec, rate=rate, layout=layout)
            if sample_format:
                stream.codec_context.format = sample_format
            stream.codec_context.open()
            size = stream.codec_context.frame_size or 1024
            resampler = av.AudioResampler(stream.format, layout, rate, frame_size=size)
            samples = bursts(seconds, rate, av.AudioLayout(layout).nb_channels)
            frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), "flt", layout)
            frame.sample_rate, frame.pts = rate, 0
            for piece in [*resampler.resample(frame), *resampler.resample(None), None]:
                container.mux(stream.encode(piece))
        return path

    return write
