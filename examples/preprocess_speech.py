"""Any media file to 16 kHz mono for a speech model, with the times of the speech; block by block, of any length."""

import sys
import tempfile
from pathlib import Path

import numpy as np

from paceline_pipelines.audio_preprocess.convert import audio_preprocess

folder = Path(tempfile.mkdtemp())
if len(sys.argv) > 1:
    source = Path(sys.argv[1])
else:  # 6 s in stereo at 44.1 kHz: a quiet room, and a buzzing voice in it from 1 s to 2 s and from 4 s to 5.5 s
    import soundfile

    rng = np.random.default_rng(0)
    t = np.arange(6 * 44_100) / 44_100
    speaking = ((t > 1) & (t < 2)) | ((t > 4) & (t < 5.5))
    voice = sum(np.sin(2 * np.pi * 140 * k * t) / k for k in range(1, 20)) * (0.1 * speaking)
    source = folder / "meeting.flac"
    soundfile.write(source, rng.normal(0, 0.001, (len(t), 2)) + voice[:, None], 44_100)

summary = audio_preprocess(
    source,
    folder / "speech.wav",
    rate=16_000,
    channels="mono",
    keep="speech",
    segments=folder / "speech.txt",  # opens in Audacity as a label track
)

for line in (folder / "speech.txt").read_text().splitlines():
    start, end, label = line.split("\t")
    print(f"{float(start):6.2f} s to {float(end):5.2f} s: {label}")
print(f"{summary.written:.2f} s of {summary.seconds:.2f} s are speech ({summary.speech_share:.0%})")
