"""The row on the published pipeline: another rate, voice activity, another format."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from paceline.audio import convert_format, detect_voice, resample
from paceline_harness.baselines import formats as plain_formats
from paceline_harness.baselines import resample as plain_resample
from paceline_harness.baselines import voice as plain
from paceline_harness.baselines.voice import FRAME, RATE
from paceline_harness.candidate import Candidate
from paceline_harness.comparison import Comparison
from paceline_harness.equality import Equality, Part
from paceline_harness.record import Claim
from paceline_harness.suites.audio.shared import PUBLISHED, peer
from paceline_harness.suites.audio.sound import Sound
from paceline_harness.suites.audio.voice import DECISION
from paceline_harness.suites.columns import REFERENCE, backends, reference

PIPELINE_RATE = 44_100


def steps_apart(expected: Any, got: Any) -> float:
    """Return the largest difference of two int16 signals as a part of full scale; infinite where lengths differ."""
    wanted, given = np.asarray(expected, np.int64), np.asarray(got, np.int64)
    return float(np.abs(wanted - given).max(initial=0)) / 32_768 if wanted.shape == given.shape else float("inf")


PIPELINE = Equality((Part("sample", "of full scale", steps_apart), DECISION), 1e-4)
"""Three steps of int16, as resamplers differ by less than one; and every decision."""

OWN_PARTS: dict[str, Any] = {
    "tolerance": 1.0,
    "tolerance_reason": "its filter and its decisions are its own; their rows tell what each is worth",
}


def row(names: list[str], sound: Sound) -> Comparison:
    """Return the row of one second at 44.1 kHz through all three steps."""

    def ours(name: str) -> Callable[..., Any]:
        def call(x: Any) -> Any:
            y = resample(x, PIPELINE_RATE, RATE, backend=name)
            found = detect_voice(y, RATE, mode="fft", frame_ms=30, backend=name)
            return convert_format(y, "i16", backend=name), found.flags

        return call

    plain_name = "scipy.signal.resample, scipy.fft, NumPy"
    return Comparison(
        "audio_pipeline",
        [
            *backends(names, ours),
            _native(),
            Candidate(
                plain_name,
                _by_hand,
                "one FFT over everything, the detector with a simpler floor, the conversion by hand",
                prepare=lambda x: (x, plain.by_scipy()),
                **OWN_PARTS,
            ),
        ],
        lambda n, rng: (sound.mono(n, rng),),
        (PIPELINE_RATE,),
        plain_name,
        PIPELINE,
        reference=reference(ours(REFERENCE)),
        keep_outputs=False,
        title="Full Audio Pipeline",
        item="frame",
        count_items=len,
        claim=Claim(0.72, 0.44, 1.64, PUBLISHED),
        notes=["44.1 to 16 kHz, voice activity in frames of 30 ms, float32 to int16; one second."],
        source=sound.source,
    )


def _by_hand(x: Any, detector: plain.Spectral) -> Any:
    y = plain_resample.scipy_whole(x, 160, 441)
    flags = detector.all_at_once(y[: len(y) // FRAME * FRAME].reshape(-1, FRAME))
    return plain_formats.to_integers(16)(y, out=np.empty(len(y), np.int16)), flags


def _native() -> Candidate:
    def prepare(x: Any) -> tuple[Any, ...]:
        import soxr
        import webrtcvad

        return x, soxr.resample, webrtcvad.Vad(3).is_speech

    def call(x: Any, soxr_resample: Callable[..., Any], is_speech: Callable[..., bool]) -> Any:
        y = soxr_resample(x, PIPELINE_RATE, RATE, "HQ")
        whole = plain_formats.to_integers(16)(y, out=np.empty(len(y), np.int16))
        return whole, plain.each(is_speech, plain.as_bytes(whole))

    name, label = "soxr HQ, webrtcvad 3, NumPy", "converted before the detector, which takes int16"
    needed = [peer(name, module, call, label, prepare=prepare, **OWN_PARTS) for module in ("soxr", "webrtcvad")]
    return next((each for each in needed if each.unavailable), needed[0])
