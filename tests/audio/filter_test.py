"""The filter that all backends share: its prototype, its banks, its blocks; against the formula written once more."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from oracles import resample as oracle
from paceline.audio import _filter
from paceline.audio._fft import is_smooth
from paceline.audio._filter import QUALITIES, bank, blocks, frames_out, half_taps, prototype, reduced

RATIOS = [(1, 3), (3, 1), (160, 147), (147, 160), (160, 441), (441, 80), (2, 1), (1, 2), (320, 147), (44_101, 48_000)]
FAR = [(1, 768), (768, 1), (10_240, 147), (147, 10_240), (767_999, 768_000), (768_000, 767_999)]


@pytest.mark.parametrize("quality", QUALITIES)
@pytest.mark.parametrize(("up", "down"), [*RATIOS, *FAR])
def test_the_prototype_is_the_formula(quality, up, down):
    half = half_taps(up, down, quality)
    assert half == oracle.half_span(up, down, quality)
    times = np.unique(np.linspace(-half * up - 5, half * up + 5, 2_000).astype(np.int64))
    actual = prototype(times / up, up, down, quality)
    np.testing.assert_allclose(actual, oracle.response(times, up, down, quality), rtol=0, atol=1e-14)
    inside = np.abs(times) < half * up  # the ends belong to the left one's side, so that every phase has as many taps
    np.testing.assert_array_equal(actual[inside], prototype(-times[inside] / up, up, down, quality))
    assert prototype(np.array([-half, half], float), up, down, quality).astype(bool).tolist() == [True, False]


def test_designs_are_the_tables():
    assert {name: tuple(quality) for name, quality in QUALITIES.items()} == oracle.DESIGN


@pytest.mark.parametrize(
    "pair", [(48_000, 16_000), (44_100, 48_000), (8_000, 8_000), (44_101, 48_000), (1_000, 768_000)]
)
def test_ratio_and_length(pair):
    up, down = reduced(*pair)
    assert (up, down) == oracle.lowest_terms(*pair)
    for frames in (0, 1, 2, 147, 44_100, 10**12 + 1):
        assert frames_out(frames, up, down) == oracle.length(frames, *pair)


@pytest.mark.parametrize("quality", QUALITIES)
@pytest.mark.parametrize(("up", "down"), RATIOS)
def test_rows_of_a_bank_are_the_prototype(quality, up, down):
    filters = bank(up, down, quality, "float64")
    phases, order, taps = filters.coefficients.shape
    assert (filters.up, filters.down) == (up, down)
    assert filters.taps == taps == 2 * half_taps(up, down, quality)
    assert (order == 1) == (up * taps <= _filter.LARGEST_BANK)
    if order == 1:
        assert phases == up
        times = np.arange(up)[:, None] + (taps // 2 - 1 - np.arange(taps)) * up
        exact = oracle.response(times, up, down, quality)
        np.testing.assert_allclose(filters.coefficients[:, 0], exact, rtol=0, atol=1e-14)
        narrow = bank(up, down, quality, "float32").coefficients[:, 0]
        np.testing.assert_allclose(narrow, exact, rtol=0, atol=2.0**-25)


INTERPOLATED = [(44_101, 48_000), (48_000, 44_101), (10_240, 147), (767_999, 768_000), (160_001, 480_000)]


@pytest.mark.parametrize("quality", QUALITIES)
@pytest.mark.parametrize(("up", "down"), INTERPOLATED)
def test_cubics_are_near_the_prototype(quality, up, down):
    """Within the span -160 dB; in the last intervals what the step at the window's end leaves."""
    filters = bank(up, down, quality, "float64")
    phases, order, taps = filters.coefficients.shape
    assert order == 4
    rng = np.random.default_rng(4)
    numbers = np.concatenate([[0, 1, up - 1], rng.integers(0, up, 300)])
    f = numbers * phases
    u = (f % up / up)[:, None]
    rows = filters.coefficients[f // up]
    actual = rows[:, 0] + u * (rows[:, 1] + u * (rows[:, 2] + u * rows[:, 3]))
    times = numbers[:, None] + (taps // 2 - 1 - np.arange(taps)) * up
    error = np.abs(actual - oracle.response(times, up, down, quality))
    inside = np.abs(times) < (taps / 2 - 2 / phases) * up
    assert error[inside].max() < 1e-8
    end = oracle.response(taps // 2 * up - 1, up, down, quality)
    assert error.max() < max(1e-8, abs(end))


@pytest.mark.parametrize(("up", "down"), [*RATIOS, *FAR])
def test_a_bank_is_small_shared_and_read_only(up, down):
    for dtype in ("float32", "float64"):
        filters = bank(up, down, "high", dtype)
        assert filters.coefficients.dtype == dtype
        assert filters.coefficients.flags.c_contiguous
        assert not filters.coefficients.flags.writeable
        assert bank(up, down, "high", dtype) is filters
        assert filters.coefficients.size <= max(_filter.LARGEST_BANK, 4 * (_filter.INTERVALS + 1) * filters.taps)


def test_equal_rates_have_a_filter_that_copies():
    filters = bank(1, 1, "high")
    assert filters.coefficients.tolist() == [[[1.0, 0.0]]]
    assert blocks(1, 1, "high", 10**6, 1) is None


LENGTHS = [(1, 1), (480, 1), (48_000, 1), (480_000, 1), (480_000, 2), (10_000_000, 1), (48_000, 64)]


@pytest.mark.parametrize("quality", QUALITIES)
@pytest.mark.parametrize(("up", "down"), [*RATIOS[:-1], (1, 48), (48, 1), (7, 5)])
def test_blocks_are_what_they_say(quality, up, down):
    half = half_taps(up, down, quality)
    for frames, channels in LENGTHS:
        plan = blocks(up, down, quality, frames, channels)
        if plan is None:
            continue
        units = plan.hop + 2 * plan.guard
        assert plan.hop > 0
        assert plan.guard * down >= half
        assert (plan.forward.size, plan.inverse.size) == (units * down, units * up)
        assert max(plan.forward.size, plan.inverse.size) <= _filter.LARGEST_BLOCK
        bins = len(plan.response)
        assert 2 * bins <= min(plan.forward.size, plan.inverse.size) + 1
        assert plan.response.dtype == np.float32
        assert not plan.response.flags.writeable
        assert blocks(up, down, quality, frames, channels) is plan
        response_of(plan, up, down, quality)


def response_of(plan, up, down, quality):
    """Hold a plan's response against the sum of the formula's cosines, at some of its bins.

    It may be worked out from fewer samples of the filter than the sum has: what folds back then is of the stopband.
    """
    half, size = half_taps(up, down, quality), plan.forward.size
    times = np.arange(-half * up, half * up + 1)
    h = oracle.response(times, up, down, quality)
    passband = int(QUALITIES[quality].passband * min(plan.forward.size, plan.inverse.size) / 2)
    stopband = 10 ** (-QUALITIES[quality].stopband_db / 20) + 1e-7
    for k in {0, 1, passband // 2, passband - 1, len(plan.response) - 1}:
        exact = (h * np.cos(2 * np.pi * k * times / (up * size))).sum() / up
        assert abs(plan.response[k] * size - exact) < stopband
    assert np.abs(plan.response[:passband] * size - 1).max() < 1.2 * stopband


def test_ratios_without_a_transform_have_no_blocks():
    for up, down in ((44_101, 48_000), (11, 3), (3, 11), (13, 17)):
        assert not (is_smooth(up) and is_smooth(down))
        assert blocks(up, down, "high", 10**7, 1) is None


def test_long_signals_go_through_blocks_and_short_ones_do_not():
    for (up, down), channels in itertools.product([(1, 3), (3, 1), (160, 147), (160, 441)], (1, 2)):
        assert blocks(up, down, "high", 480_000, channels) is not None
        assert blocks(up, down, "high", 4, channels) is None
