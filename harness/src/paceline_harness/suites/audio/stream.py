"""The row on a signal that arrives in chunks of 10 ms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from paceline.audio import ResampleStream
from paceline_harness.baselines import resample as plain
from paceline_harness.candidate import Candidate
from paceline_harness.comparison import Comparison
from paceline_harness.record import Quality
from paceline_harness.suites.audio.shared import OWN_FILTER, SAMPLES, first_there, peer
from paceline_harness.suites.audio.sound import Sound
from paceline_harness.suites.columns import REFERENCE, backend

IN_RATE, OUT_RATE = 48_000, 16_000
CHUNK = IN_RATE // 100

Make = Callable[[], tuple[Any, Callable[[], object]]]
"""Returns what takes a chunk and whether it is the last one, and what makes it new again."""


def row(names: list[str], sound: Sound) -> Comparison:
    """Return the row of one second in a hundred chunks, each call a whole stream from its first chunk to its last."""
    soxr = _candidate(peer("soxr HQ", "soxr", plain.chunked, "soxr.ResampleStream"), _soxr)
    columns = [_ours(name) for name in names]
    spare = replace(_ours(REFERENCE), group="baseline")
    if REFERENCE not in names:
        columns.append(spare)
    return Comparison(
        "resample_chunk",
        [*columns, replace(soxr, **OWN_FILTER)],
        lambda n, rng: (sound.mono(n, rng),),
        (IN_RATE,),
        first_there(soxr, spare),
        SAMPLES,
        reference=spare,
        keep_outputs=False,
        title="Stream 48 to 16 kHz, 10 ms chunks, 1 s",
        item="frame",
        count_items=len,
        source=sound.source,
    )


def _ours(name: str) -> Candidate:
    return _candidate(backend(name, lambda _: plain.chunked), partial(_stream, name))


def _stream(name: str) -> tuple[Any, Callable[[], object]]:
    stream = ResampleStream(IN_RATE, OUT_RATE, backend=name)
    return stream.process, stream.reset


def _soxr() -> tuple[Any, Callable[[], object]]:
    import soxr

    stream = soxr.ResampleStream(IN_RATE, OUT_RATE, 1, dtype="float32", quality="HQ")
    return stream.resample_chunk, stream.clear


def _candidate(about: Candidate, make: Make) -> Candidate:
    """Return a candidate whose stream is made beforehand, and new again before every call."""
    if about.unavailable:
        return about
    state: dict[str, Callable[[], object]] = {}

    def prepare(x: Any) -> tuple[Any, list[Any]]:
        process, state["reset"] = make()
        return process, _cut(x)

    return replace(
        about,
        prepare=prepare,
        reset=lambda _process, _chunks: state["reset"](),
        observe=lambda given, _x: np.concatenate(given),
        examine=lambda: (paced(make()[0]), ""),
    )


def _cut(x: Any) -> list[Any]:
    return [x[at : at + CHUNK] for at in range(0, len(x), CHUNK)]


def paced(process: Callable[[Any], Sequence[Any]]) -> Quality:
    """Return how evenly a stream gives what it is given: of 50 chunks, once the first 10 have filled it."""
    chunk = np.zeros(CHUNK, np.float32)
    given = [len(process(chunk)) for _ in range(60)]
    filled = next((at for at, frames in enumerate(given) if frames), len(given))
    figures = {
        "chunks before the first frame": filled,
        "fewest": min(given[10:]),
        "most frames per chunk": max(given[10:]),
    }
    return Quality({name: float(value) for name, value in figures.items()}, {})
