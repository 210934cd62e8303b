"""Plans of transforms, carried out in plain Python as they are described, against NumPy's FFT."""

from __future__ import annotations

import cmath

import numpy as np
import pytest

from paceline.audio._fft import RADICES, factors, is_smooth, transform

SIZES = [
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    9,
    10,
    12,
    14,
    15,
    16,
    20,
    21,
    24,
    25,
    27,
    28,
    32,
    35,
    36,
    49,
    56,
    60,
    64,
    96,
    105,
    120,
]
SIZES += [128, 144, 147, 160, 210, 240, 343, 441, 512, 625, 840, 1120]
"""Every radix alone, twice, and with each of the others."""


def dft(rows, sign):
    n = len(rows)
    return [sum(rows[k] * cmath.exp(sign * 2j * cmath.pi * k * q / n) for k in range(n)) for q in range(n)]


def stages(plan):
    """Yield radix, rows of a block, and twiddles as (j, q - 1) of complex, by stage."""
    length, first = plan.size, 0
    for radix in plan.radices.tolist():
        part = length // radix
        table = plan.twiddles[first : first + part * (radix - 1)].astype(np.float64)
        yield radix, length, (table[:, 0] + 1j * table[:, 1]).reshape(part, radix - 1)
        first += part * (radix - 1)
        length = part
    assert length == 1
    assert first == len(plan.twiddles)


def forward(rows, plan):
    rows = list(rows)
    for radix, length, twiddles in stages(plan):
        part = length // radix
        for block in range(0, plan.size, length):
            for j in range(part):
                places = [block + j + q * part for q in range(radix)]
                for q, value in enumerate(dft([rows[p] for p in places], -1)):
                    rows[places[q]] = value * (twiddles[j, q - 1] if q else 1)
    return rows


def backward(rows, plan):
    rows = list(rows)
    for radix, length, twiddles in reversed(list(stages(plan))):
        part = length // radix
        for block in range(0, plan.size, length):
            for j in range(part):
                places = [block + j + q * part for q in range(radix)]
                turned = [rows[p] * (np.conj(twiddles[j, q - 1]) if q else 1) for q, p in enumerate(places)]
                for place, value in zip(places, dft(turned, 1), strict=True):
                    rows[place] = value
    return rows


@pytest.mark.parametrize("size", SIZES)
def test_the_passes_are_the_transform(size):
    rng = np.random.default_rng(size)
    x = rng.standard_normal(size) + 1j * rng.standard_normal(size)
    plan = transform(size)
    assert plan.size == size
    bins = np.array(forward(x, plan))[plan.order]
    np.testing.assert_allclose(bins, np.fft.fft(x), rtol=0, atol=3e-7 * size)
    permuted = np.empty(size, complex)
    permuted[plan.order] = np.fft.fft(x)
    np.testing.assert_allclose(np.array(backward(permuted, plan)) / size, x, rtol=0, atol=3e-6)


@pytest.mark.parametrize("size", [*SIZES, 2205, 6720, 8000, 8192])
def test_a_plan_is_whole(size):
    plan = transform(size)
    assert np.prod(plan.radices) == size
    assert set(plan.radices.tolist()) <= set(RADICES)
    assert sorted(plan.order.tolist()) == list(range(size))
    assert (plan.twiddles.dtype, plan.order.dtype, plan.radices.dtype) == (np.float32, np.int64, np.int64)
    assert all(array.flags.c_contiguous and not array.flags.writeable for array in plan[1:])
    assert transform(size) is plan
    for _, length, twiddles in stages(plan):
        radix = twiddles.shape[1] + 1
        j, q = np.ogrid[: length // radix, 1:radix]
        np.testing.assert_allclose(twiddles, np.exp(-2j * np.pi * j * q / length), rtol=0, atol=6e-8)


@pytest.mark.parametrize("size", [11, 22, 13, 44_101, 2**13 * 17])
def test_other_factors_are_refused(size):
    assert not is_smooth(size)
    with pytest.raises(ValueError, match=r"n leaves the factor .*; accepted are products of 2, 3, 5 and 7\."):
        factors(size)
    with pytest.raises(ValueError, match="accepted are products"):
        transform(size)


def test_smooth_numbers():
    smooth = {n for n in range(1, 300) if all(p in (2, 3, 5, 7) for p in range(2, n + 1) if n % p == 0 and is_prime(p))}
    assert {n for n in range(1, 300) if is_smooth(n)} == smooth
    for n in smooth:
        assert np.prod(factors(n), dtype=np.int64) == n
        assert factors(n) == sorted(factors(n), reverse=True)


def is_prime(n):
    return all(n % d for d in range(2, n))
