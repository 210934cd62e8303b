"""Rows on voice activity: one frame of 30 ms, and many at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from paceline.audio import VoiceDetector, convert_format, detect_voice, resample
from paceline.operations import OPERATIONS
from paceline_harness.baselines import voice as plain
from paceline_harness.baselines.voice import FRAME, RATE
from paceline_harness.candidate import Candidate
from paceline_harness.comparison import Comparison
from paceline_harness.equality import Equality, Part
from paceline_harness.record import Claim
from paceline_harness.suites.audio.shared import PUBLISHED, imported, peer
from paceline_harness.suites.audio.sound import Sound
from paceline_harness.suites.columns import REFERENCE, backend, backends, reference

FRAMES = 512
SPEECH = "syllables with pauses over a quiet noise, made from the seed"

WEBRTC, WEBRTC_LABEL = "webrtcvad 3", "its strictest mode; samples made int16 bytes beforehand"
BY_SCIPY, BY_NUMPY = "scipy.fft", "numpy.fft"
SPECTRAL = {BY_SCIPY: plain.by_scipy, BY_NUMPY: plain.by_numpy}
SPECTRAL_LABEL = "window, {}.rfft, band energy, flatness, a simpler floor"


def share_apart(expected: Any, got: Any) -> float:
    """Return the share of frames that are decided otherwise; infinite where their numbers differ."""
    wanted, given = np.asarray(expected, bool), np.asarray(got, bool)
    if wanted.shape != given.shape:
        return float("inf")
    return float(np.mean(wanted != given)) if wanted.size else 0.0


DECISION = Part("decision", "of the frames", share_apart)
DECISIONS = Equality((DECISION,), 1.0 / FRAMES)
"""One frame of all may lie on the threshold."""

OWN_RULE: dict[str, Any] = {
    "tolerance": 1.0,
    "tolerance_reason": "it decides by a rule of its own; who decides better is what `harness accuracy vad` measures",
}


def rows(names: list[str], sound: Sound, sizes: tuple[int, ...] | None) -> list[Comparison]:
    """Return the rows of one frame and of many."""
    many = (sound.frames or 0) * RATE // (sound.rate or RATE) // FRAME if sound.real else FRAMES
    return [_one(names, sound, many), _many(names, sound, sizes or (min(many, FRAMES),))]


def _frames(sound: Sound, n: int, rng: np.random.Generator) -> Any:
    """Return n whole frames at 16 kHz: of a recording, or of made syllables with pauses between them."""
    if sound.rate is None:
        return OPERATIONS["detect_voice"].workload(n * FRAME, rng)[0]
    x = sound.mono(sound.frames or 0, rng)
    return (x if sound.rate == RATE else resample(x, sound.rate, RATE, backend=REFERENCE))[: n * FRAME]


def _each(x: Any) -> list[Any]:
    return list(x[: len(x) // FRAME * FRAME].reshape(-1, FRAME))


def _one(names: list[str], sound: Sound, many: int) -> Comparison:
    """Return the row of one frame; what is compared is how a new detector decides on many, one by one."""

    def ours(name: str) -> Candidate:
        def decided(_found: Any, x: Any) -> Any:
            detector = VoiceDetector(RATE, backend=name)
            found = [detector.process(frame).flags for frame in _each(x)]
            return np.concatenate([*found, detector.process(x[:0], True).flags])

        return replace(backend(name, lambda name: VoiceDetector(RATE, backend=name).process, decided), prepare=_middle)

    vad = imported("webrtcvad", "Vad")
    right = ours(REFERENCE)
    return Comparison(
        "detect_voice",
        [
            *(ours(name) for name in names),
            peer(
                WEBRTC,
                "webrtcvad",
                vad and vad(3).is_speech,
                WEBRTC_LABEL,
                prepare=lambda x: (plain.as_bytes(_as_i16(_middle(x)[0]))[0], RATE),
                observe=lambda _found, x: plain.each(vad(3).is_speech, plain.as_bytes(_as_i16(x))),
                **OWN_RULE,
            ),
            *(
                Candidate(
                    name,
                    make().process,
                    SPECTRAL_LABEL.format(name),
                    prepare=_middle,
                    observe=lambda _found, x, make=make: _one_by_one(make(), x),
                    **OWN_RULE,
                )
                for name, make in SPECTRAL.items()
            ),
        ],
        lambda _n, rng: (_frames(sound, min(many, FRAMES), rng),),
        (1,),
        BY_SCIPY,
        DECISIONS,
        reference=right,
        keep_outputs=False,
        title="VAD Detection (per frame)",
        item="frame",
        claim=None if sound.real else Claim(0.006, 0.00215, 2.79, PUBLISHED),
        notes=[*sound.remarks, "The same frame again and again; compared is how each decides on many, one by one."],
        source=SPEECH if sound.rate is None else sound.source,
    )


def _middle(x: Any) -> tuple[Any, ...]:
    """Return one frame from the middle."""
    frames = _each(x)
    return (frames[len(frames) // 2],)


def _one_by_one(detector: plain.Spectral, x: Any) -> list[bool]:
    return [detector.process(frame) for frame in _each(x)]


def _as_i16(x: Any) -> Any:
    return convert_format(x, "i16", backend=REFERENCE)


def _flags(found: Any, *_inputs: Any) -> Any:
    return found.flags


def _many(names: list[str], sound: Sound, sizes: tuple[int, ...]) -> Comparison:
    def ours(name: str) -> Callable[..., Any]:
        return partial(detect_voice, rate=RATE, mode="fft", frame_ms=30, backend=name)

    def framed(make: Callable[[], plain.Spectral]) -> Callable[..., Any]:
        detector = make()
        return lambda x: detector.all_at_once(x.reshape(-1, FRAME))

    vad = imported("webrtcvad", "Vad")
    return Comparison(
        "detect_voice",
        [
            *backends(names, ours, _flags),
            peer(
                WEBRTC,
                "webrtcvad",
                plain.each,
                WEBRTC_LABEL,
                prepare=lambda x: (vad(3).is_speech, plain.as_bytes(_as_i16(x))),
                **OWN_RULE,
            ),
            *(
                Candidate(name, framed(make), SPECTRAL_LABEL.format(name), **OWN_RULE)
                for name, make in SPECTRAL.items()
            ),
        ],
        lambda n, rng: (_frames(sound, n, rng),),
        sizes,
        BY_SCIPY,
        DECISIONS,
        reference=reference(ours(REFERENCE), _flags),
        keep_outputs=False,
        title="VAD, many frames at once",
        item="frame",
        count_items=lambda x: len(x) // FRAME,
        notes=sound.remarks,
        source=SPEECH if sound.rate is None else sound.source,
    )
