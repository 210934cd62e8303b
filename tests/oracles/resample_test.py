"""The oracle itself: against digits of mpmath, sums written out, and what the mathematics says of it."""

from __future__ import annotations

from fractions import Fraction
from math import ceil

import mpmath
import numpy as np
import pytest

from oracles import resample as oracle


@pytest.mark.parametrize("quality", oracle.DESIGN)
@pytest.mark.parametrize(("up", "down"), [(1, 3), (160, 147), (44101, 48000)])
def test_the_filter_has_the_digits_of_its_formula(quality, up, down):
    passband, stopband = oracle.DESIGN[quality]
    half = oracle.half_span(up, down, quality)
    with mpmath.workdps(40):
        lower = mpmath.mpf(min(1, Fraction(up, down)).numerator) / min(1, Fraction(up, down)).denominator
        cutoff, beta = lower * (1 + mpmath.mpf(passband)) / 4, mpmath.mpf(0.1102 * (stopband - 8.7))
        for time in (0, 1, -1, up // 2, 7 * up + 3, half * up - 1, 1 - half * up):
            t = mpmath.mpf(time) / up
            window = mpmath.besseli(0, beta * mpmath.sqrt(1 - (t / half) ** 2)) / mpmath.besseli(0, beta)
            exact = 2 * cutoff * mpmath.sincpi(2 * cutoff * t) * window
            assert abs(oracle.response(time, up, down, quality) - float(exact)) < 4e-15
    assert oracle.response(half * up, up, down, quality) == 0


def test_a_sum_written_out():
    x = np.random.default_rng(1).standard_normal((40, 2))
    y = oracle.resample(x, 44_100, 16_000, "low")
    assert y.shape == (15, 2)
    for n in (0, 3, 14):
        exact = sum(oracle.response(n * 441 - k * 160, 160, 441, "low") * x[k] for k in range(40))
        np.testing.assert_allclose(y[n], exact, rtol=0, atol=1e-14)


@pytest.mark.parametrize(("in_rate", "out_rate"), [(48_000, 16_000), (44_100, 48_000), (48_000, 44_101)])
def test_length_is_rounded_up(in_rate, out_rate):
    for frames in (0, 1, 2, 3, 146, 147, 148, 48_000):
        assert oracle.length(frames, in_rate, out_rate) == ceil(Fraction(frames * out_rate, in_rate))


def test_constants_stay_and_equal_rates_change_nothing():
    x = np.ones((2_000, 1))
    np.testing.assert_allclose(oracle.resample(x, 48_000, 44_100)[300:-300], 1.0, rtol=0, atol=1e-6)
    assert oracle.resample(x, 8_000, 8_000) is x
