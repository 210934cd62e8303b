"""Rows on whole signals from one sampling rate to another."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from paceline_harness.comparison import Comparison
from paceline_harness.record import Claim
from paceline_harness.suites.audio.resamplers import (
    Ratio,
    by_scipy,
    our_columns,
    ours,
    soxr_hq,
    sphn_rubato,
)
from paceline_harness.suites.audio.shared import PUBLISHED, SAMPLES, first_there
from paceline_harness.suites.audio.sound import Sound
from paceline_harness.suites.columns import REFERENCE, backend, reference

SECONDS = 10
MONO = ((48_000, 16_000), (44_100, 16_000), (16_000, 48_000), (44_100, 48_000))
STEREO = ((48_000, 16_000), (44_100, 48_000))
COMMON = (16_000, 44_100, 48_000)
"""Where a recording is taken to, from its own rate."""


def rows(names: list[str], sound: Sound, sizes: tuple[int, ...] | None) -> list[Comparison]:
    """Return the published row and one for each ratio; of a recording, those from its own rate."""
    if sound.rate is not None:
        mono = [(sound.rate, rate) for rate in COMMON if rate != sound.rate]
        stereo = mono if sound.stereo is not None else []
        return [
            *(_row(names, sound, Ratio(*rates), 1, sound.sizes(())) for rates in mono),
            *(_row(names, sound, Ratio(*rates), 2, sound.sizes(())) for rates in stereo),
        ]
    found = [] if sizes else [_published(names, sound)]
    for channels, ratios in ((1, MONO), (2, STEREO)):
        found += [_row(names, sound, Ratio(*rates), channels, sizes or (SECONDS * rates[0],)) for rates in ratios]
    return found


def _published(names: list[str], sound: Sound) -> Comparison:
    row = _row(names, sound, Ratio(44_100, 16_000), 1, (44_100,))
    row.title, row.claim = "Audio Resample (1s)", Claim(0.44, 0.353, 1.25, PUBLISHED)
    return row


def _row(names: list[str], sound: Sound, ratio: Ratio, channels: int, sizes: tuple[int, ...]) -> Comparison:
    make = sound.mono if channels == 1 else sound.stereo
    assert make is not None
    soxr, columns = soxr_hq(ratio), our_columns(names, ratio)
    spare = replace(backend(REFERENCE, partial(ours, ratio)), group="baseline")  # the best plain Python there is
    if REFERENCE not in names:
        columns.append(spare)
    long = f", {sizes[0] / ratio.in_rate:.3g} s" if len(sizes) == 1 else ""
    return Comparison(
        "resample",
        [*columns, soxr, sphn_rubato(ratio), *by_scipy(ratio)],
        lambda n, rng: (make(n, rng),),
        sizes,
        first_there(soxr, spare),
        SAMPLES,
        reference=reference(ours(ratio, REFERENCE)),
        keep_outputs=False,
        title=f"Resample {ratio.title}, {'mono' if channels == 1 else 'stereo'}{long}",
        item="frame",
        count_items=len,
        notes=sound.remarks,
        source=sound.source,
    )
