"""The filter's figures, measured on what comes out of each backend; the reference is sines at the output's times."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

import paceline
from conformance.audio.quality import measure, probe
from conformance.audio.signals import FAR, RATES
from oracles import resample as oracle

pytestmark = pytest.mark.needs("resample", "resample_chunk")

RIPPLE_DB, UNWANTED_DB, SNR_DB = 0.01, -120.0, 120.0
"""What quality="high" has to reach at every ratio, in float32, from the lower Nyquist frequency on."""


def at_once(in_rate, out_rate, backend, quality="high"):
    return lambda x: paceline.audio.resample(x, in_rate, out_rate, quality=quality, backend=backend)


def one_by_one(in_rate, out_rate, backend, quality="high"):
    convert = at_once(in_rate, out_rate, backend, quality)
    return lambda x: np.stack([convert(np.ascontiguousarray(channel)) for channel in x.T], axis=1)


def pairs(in_rate, out_rate, backend, quality="high"):
    convert = at_once(in_rate, out_rate, backend, quality)
    return lambda x: np.concatenate([convert(x[:, start : start + 2]) for start in range(0, x.shape[1], 2)], axis=1)


def streamed(in_rate, out_rate, backend, quality="high"):
    def run(x):
        stream = paceline.audio.ResampleStream(
            in_rate, out_rate, channels=x.shape[1], dtype=x.dtype, quality=quality, backend=backend
        )
        middle = len(x) // 3
        return np.concatenate([stream.process(x[:middle]), stream.process(x[middle:], last=True)])

    return run


WAYS = [at_once, one_by_one, pairs, streamed]


def assert_figures(figures, ripple, unwanted, snr):
    assert figures.ripple_db <= ripple
    assert figures.unwanted_db <= unwanted
    assert figures.snr_db >= snr


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("in_rate", "out_rate"), RATES)
def test_high(backend, in_rate, out_rate, way, note_error):
    figures = measure(way(in_rate, out_rate, backend), probe(in_rate, out_rate, "high", 9), np.float32)
    note_error("alias or image, part of the tone", backend, 10 ** (figures.unwanted_db / 20))
    assert_figures(figures, RIPPLE_DB, UNWANTED_DB, SNR_DB)


@pytest.mark.parametrize(("in_rate", "out_rate"), FAR)
def test_high_at_the_ends_of_the_range(backend, in_rate, out_rate):
    figures = measure(at_once(in_rate, out_rate, backend), probe(in_rate, out_rate, "high", 3), np.float32)
    assert_figures(figures, RIPPLE_DB, UNWANTED_DB, SNR_DB)


@pytest.mark.parametrize(
    ("way", "dtype"), [(at_once, np.float32), (one_by_one, np.float32), (at_once, np.float64), (streamed, np.float64)]
)
@pytest.mark.parametrize("quality", oracle.PROMISE)
@pytest.mark.parametrize(("in_rate", "out_rate"), [(48_000, 16_000), (44_100, 48_000), (16_000, 48_000)])
def test_every_quality_is_what_its_table_says(backend, in_rate, out_rate, quality, way, dtype):
    ripple, stopband = oracle.PROMISE[quality]
    figures = measure(way(in_rate, out_rate, backend, quality), probe(in_rate, out_rate, quality, 9), dtype)
    arithmetic = (133, 126) if dtype == np.float32 else (stopband, stopband)  # where rounding is what is left
    assert_figures(figures, ripple, -min(stopband, arithmetic[0]), min(stopband, arithmetic[1]))


def test_the_table_is_in_the_documentation():
    """The spans are those of the formula, in frames of the lower rate."""
    table = importlib.import_module("paceline.audio.resample").__doc__
    for quality, (ripple, stopband) in oracle.PROMISE.items():
        line = next(line for line in table.splitlines() if f'``"{quality}"``' in line and "0 …" in line)
        span = 2 * oracle.half_span(1, 1, quality)
        for figure in (f"{oracle.DESIGN[quality][0]:.2f}", f"{ripple:.5f}".rstrip("0"), f"−{stopband} dB", f" {span}"):
            assert figure in line, (figure, line)
