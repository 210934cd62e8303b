"""The audio suite: sampling rates, streams, voice activity, sample formats, and what the documents publish of them."""

from __future__ import annotations

from paceline_harness.comparison import Comparison
from paceline_harness.suites import SuiteOptions
from paceline_harness.suites.audio import formats, pipeline, resample, stream, voice
from paceline_harness.suites.audio.sound import synthetic
from paceline_harness.suites.columns import backend_names


def comparisons(options: SuiteOptions) -> list[Comparison]:
    """Build the rows for the backends, sound and sizes asked for."""
    names = backend_names(options.backends)
    sound = options.sound or synthetic()
    found = resample.rows(names, sound, options.sizes)
    usual = not sound.real and options.sizes is None
    if usual:
        found.append(stream.row(names, sound))
    found += voice.rows(names, sound, options.sizes)
    if usual:
        found.append(pipeline.row(names, sound))
    return found + formats.rows(names, sound, options.sizes)
