"""Who finds speech, in what noise: each detector's agreement with silero-vad on the clean corpus, frame by frame."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import numpy as np

from paceline_harness.accuracy.corpus import FRAME, RATE, Flags, conditions, corpus
from paceline_harness.accuracy.detectors import DETECTORS, REFERENCE, AbsentError, Detector
from paceline_harness.environment import machine

SCHEMA = "paceline-accuracy/1"
BIAS = (
    "The reference is another detector and no human's labels, and it has heard the corpus without noise; the noise is "
    "made. Who always says speech scores 0.5 of balanced accuracy, and a high F1."
)


class Score(msgspec.Struct, frozen=True):
    """One detector in one condition. Balanced accuracy: the mean of the shares of speech and of silence found."""

    condition: str
    balanced_accuracy: float
    f1: float


class Scored(msgspec.Struct, frozen=True):
    """A detector's scores, or the reason why there are none."""

    name: str
    scores: list[Score]
    reason: str = ""


class Accuracy(msgspec.Struct, frozen=True):
    """What was measured, on what, with what."""

    schema: str
    seed: int
    files: list[str]
    seconds: float
    frames: int
    speech_share: float
    reference: str
    conditions: list[str]
    detectors: list[Scored]
    packages: dict[str, str]
    bias: str = BIAS


Watch = Callable[[str, str], None]


def measure(
    folder: Path,
    seed: int,
    watch: Watch = lambda _detector, _condition: None,
    detectors: Sequence[Detector] = DETECTORS,
) -> Accuracy:
    """Score every detector that is there on the recordings of a folder; `watch` is told of each before it is asked.

    Raises
    ------
    DataError
        The folder holds no recording that can be read.
    AbsentError
        The reference is not installed.
    """
    speech = REFERENCE.make()
    of = corpus(folder, seed)
    watch(REFERENCE.name, "clean")
    truth = speech(of.samples)
    made = list(conditions(of, truth, seed))
    scored = []
    for detector in detectors:
        try:
            decide = detector.make()
        except AbsentError as absent:
            scored.append(Scored(detector.name, [], str(absent)))
            continue
        scores = []
        for condition, samples in made:
            watch(detector.name, condition)
            scores.append(Score(condition, *agreement(truth, _of_length(decide(samples), len(truth)))))
        scored.append(Scored(detector.name, scores))
    return Accuracy(
        SCHEMA,
        seed,
        of.files,
        of.frames * FRAME / RATE,
        of.frames,
        float(truth.mean()),
        f"{REFERENCE.name} on the clean corpus",
        [name for name, _ in made],
        scored,
        machine().packages,
    )


def agreement(truth: Flags, found: Flags) -> tuple[float, float]:
    """Return balanced accuracy and F1; a share of nothing counts as found."""
    hits, rest = int(np.sum(truth & found)), int(np.sum(~truth & ~found))
    speech, silence = int(truth.sum()), int((~truth).sum())
    balanced = ((hits / speech if speech else 1.0) + (rest / silence if silence else 1.0)) / 2
    named = int(found.sum()) + speech
    return balanced, 2 * hits / named if named else 1.0


def _of_length(found: Flags, frames: int) -> Flags:
    """Return as many flags as there are frames: a detector may leave out the last one."""
    return np.pad(found, (0, max(0, frames - len(found))))[:frames]
