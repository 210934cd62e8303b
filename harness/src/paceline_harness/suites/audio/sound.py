"""What the audio suite runs on: sound made from the seed, or the user's own recording."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from paceline.audio import convert_format
from paceline.operations import OPERATIONS
from paceline_harness.suites.data import DataError

Samples = npt.NDArray[np.float32]

LOWEST_RATE, HIGHEST_RATE = 1_000, 768_000
SHORTEST_S, LONGEST_S = 0.1, 30.0
"""Of a recording: less holds too few frames of voice detection, more is not taken."""


@dataclass(frozen=True, eq=False)
class Sound:
    """Where samples come from: `mono(n, rng)` and `stereo(n, rng)` give n frames of float32.

    Of a recording, `rate` is its rate and `frames` its length, which is then the only size; `stereo` is None when it
    has one channel.
    """

    mono: Callable[[int, np.random.Generator], Samples]
    stereo: Callable[[int, np.random.Generator], Samples] | None
    source: str
    rate: int | None = None
    frames: int | None = None
    remarks: tuple[str, ...] = ()

    @property
    def real(self) -> bool:
        """Whether it is a recording."""
        return self.rate is not None

    def sizes(self, usual: tuple[int, ...]) -> tuple[int, ...]:
        """Return the sizes to measure: the usual ones, or a recording's own."""
        return usual if self.frames is None else (self.frames,)


def synthetic() -> Sound:
    """Return tones and noise, made from the seed as the conformance tests make theirs."""
    return Sound(
        lambda n, rng: OPERATIONS["resample"].workload(n, rng)[0],
        lambda n, rng: OPERATIONS["deinterleave"].workload(n, rng)[0],
        "tones and noise, made from the seed",
    )


def from_file(path: Path) -> Sound:
    """Read a recording: by soundfile where it is installed, else WAV by SciPy.

    Raises
    ------
    DataError
        The file is missing, damaged, empty, too short, at a rate that is not accepted, or holds a sample that is not
        finite.
    """
    samples, rate = read(path)
    if not LOWEST_RATE <= rate <= HIGHEST_RATE:
        raise DataError(f"{path} has a rate of {rate} Hz; accepted is {LOWEST_RATE} to {HIGHEST_RATE} Hz.")
    if len(samples) < SHORTEST_S * rate:
        raise DataError(f"{path} holds {len(samples) / rate:.3g} s of sound; accepted is {SHORTEST_S:g} s and more.")
    bad = np.flatnonzero(~np.isfinite(samples).all(axis=1))
    if bad.size:
        raise DataError(f"{path}: frame {bad[0]} is {samples[bad[0]]}; accepted are finite samples.")
    remarks = []
    if len(samples) > LONGEST_S * rate:
        remarks.append(f"{path.name}: of {len(samples) / rate:,.0f} s the first {LONGEST_S:g} s are taken.")
        samples = samples[: int(LONGEST_S * rate)]
    mono = np.ascontiguousarray(samples.mean(axis=1, dtype=np.float64), np.float32)
    pair = np.ascontiguousarray(samples[:, :2])
    channels = f"{samples.shape[1]} channel{'s' * (samples.shape[1] != 1)}"
    return Sound(
        lambda n, _rng: mono[:n],
        (lambda n, _rng: pair[:n]) if samples.shape[1] > 1 else None,
        f"{path.name} ({rate:,} Hz, {channels}, {len(samples) / rate:.3g} s)",
        rate,
        len(samples),
        tuple(remarks),
    )


def read(path: Path) -> tuple[Samples, int]:
    """Return (frames, channels) float32 samples of a file and its rate.

    Raises
    ------
    DataError
        The file cannot be read; the message is a sentence.
    """
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error
    if find_spec("soundfile") is not None:
        return _by_soundfile(path)
    return _by_scipy(path)


def _by_soundfile(path: Path) -> tuple[Samples, int]:
    import soundfile

    try:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (RuntimeError, TypeError) as error:  # LibsndfileError is a RuntimeError
        raise _damaged(path, "soundfile", error) from error
    return samples, int(rate)


def _by_scipy(path: Path) -> tuple[Samples, int]:
    from scipy.io import wavfile

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", wavfile.WavFileWarning)  # of chunks beside the samples
            rate, samples = wavfile.read(path)
    except Exception as error:  # whatever a damaged header leads to
        raise _damaged(path, "SciPy", error) from error
    return _floats(samples.reshape(len(samples), -1)), int(rate)


def _floats(samples: npt.NDArray[Any]) -> Samples:
    return np.ascontiguousarray(convert_format(samples, "f32", backend="python"))


def _damaged(path: Path, reader: str, error: Exception) -> DataError:
    said = " ".join(str(error).split()).rstrip(".") or type(error).__name__
    accepted = (
        "WAV, FLAC and what else libsndfile reads" if reader == "soundfile" else "WAV, as soundfile is not installed"
    )
    return DataError(f"{path} is no sound that {reader} can read ({said}); accepted is {accepted}.")
