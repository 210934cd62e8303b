"""Speech with pauses, clean and in noise, made from a folder of recordings and a seed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from paceline.audio import resample
from paceline_harness.suites.audio.sound import read
from paceline_harness.suites.data import DataError

Samples = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]

RATE, FRAME = 16_000, 480
PAUSE_S = (2.0, 8.0)
ROOM = 1e-4
"""RMS of what a quiet room leaves in a pause."""

SNRS_DB = (20, 10, 0)
HUM_HZ, HARMONICS = 50.0, (1, 2, 3, 5, 7)
KINDS = (".wav", ".flac", ".ogg")
NO_SPEECH = "noise"
"""A file with this in its name holds none."""


@dataclass(frozen=True, eq=False)
class Corpus:
    """Mono speech at 16 kHz, a pause after each file, whole frames of 30 ms; and the names of the files."""

    samples: Samples
    files: list[str]

    @property
    def frames(self) -> int:
        """How many frames of 30 ms it has."""
        return len(self.samples) // FRAME


def corpus(folder: Path, seed: int) -> Corpus:
    """Read every recording of a folder, in the order of their names, with 2 to 8 s of a quiet room after each.

    Raises
    ------
    DataError
        The folder cannot be read, holds no recording, or one that cannot be read.
    """
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in KINDS)
    except OSError as error:
        raise DataError(f"{folder} cannot be read: {error.strerror}.") from error
    paths = [path for path in paths if NO_SPEECH not in path.name.lower()]
    if not paths:
        raise DataError(f"{folder} holds no recording; accepted is a folder with {', '.join(KINDS)} files of speech.")
    rng, parts = np.random.default_rng([seed, 0]), []
    for path in paths:
        samples, rate = read(path)
        mono = samples.mean(axis=1, dtype=np.float64).astype(np.float32)
        parts.append(resample(mono, rate, RATE, backend="python"))
        parts.append((ROOM * rng.standard_normal(int(RATE * rng.uniform(*PAUSE_S)))).astype(np.float32))
    joined = np.concatenate(parts)
    return Corpus(joined[: len(joined) // FRAME * FRAME], [path.name for path in paths])


def conditions(of: Corpus, speech: Flags, seed: int) -> Iterator[tuple[str, Samples]]:
    """Yield the corpus clean and in white, pink and hum noise; a ratio of powers is to that of the speech alone.

    `speech` tells which frames are speech.
    """
    yield "clean", of.samples
    power = float(np.mean(of.samples.reshape(-1, FRAME)[speech] ** 2)) if speech.any() else 0.0
    for name, noise in noises(len(of.samples), seed):
        for snr in SNRS_DB:
            mixed = of.samples + noise * np.float32(np.sqrt(power / 10 ** (snr / 10)))
            yield f"{name} {snr} dB", np.clip(mixed, -1.0, 1.0)


def noises(n: int, seed: int) -> Iterator[tuple[str, Samples]]:
    """Yield n samples of each kind of noise, of power 1."""
    white = np.random.default_rng([seed, 1]).standard_normal(n)
    bins = np.fft.rfft(white) / np.sqrt(np.maximum(np.fft.rfftfreq(n, 1 / RATE), 20.0))  # flat below 20 Hz
    times = np.arange(n) / RATE
    hum = sum(np.sin(2 * np.pi * HUM_HZ * k * times) / k for k in HARMONICS) + 0.05 * white
    for name, noise in (("white", white), ("pink", np.fft.irfft(bins, n)), ("hum", hum)):
        yield name, (noise / np.sqrt(np.mean(noise**2))).astype(np.float32)
