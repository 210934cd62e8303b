"""Plans of the complex FFTs that kernels run with one signal per vector lane.

A kernel keeps row k of all lanes together, so a pass over the rows needs no shuffles. The forward transform decimates
in frequency (rows in, permuted bins out), the inverse decimates in time (permuted bins in, rows out) with the conjugate
twiddles of the same table: no pass ever reorders (C. Van Loan, "Computational Frameworks for the Fast Fourier
Transform", 1992).
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

RADICES = (8, 7, 5, 4, 3, 2)
"""The butterflies that every backend has."""


class Transform(NamedTuple):
    """A complex FFT of ``size`` rows.

    Stage s has blocks of ``m = size / (radices[0] * … * radices[s - 1])`` rows. In each block, forward, for j in
    0 … m/r - 1: the rows j, j + m/r, …, j + (r-1) m/r go through a DFT of r points, and result q is multiplied by
    ``exp(-2πi·j·q/m)``; then every result q is a block of its own. Backward the same is undone, last stage first,
    without the factor 1/size.
    """

    size: int
    radices: NDArray[np.int64]
    twiddles: NDArray[np.float32]
    """(count, 2) real and imaginary parts: by stage, then j, then q = 1 … r - 1."""
    order: NDArray[np.int64]
    """Bin k is in row ``order[k]`` after the forward passes."""


def is_smooth(n: int) -> bool:
    """Say whether n has no other prime factors than the butterflies have."""
    for prime in (2, 3, 5, 7):
        while n % prime == 0:
            n //= prime
    return n == 1


def factors(n: int) -> list[int]:
    """Return radices whose product is n, few and with the widest first.

    Raises
    ------
    ValueError
        n has a prime factor above 7.
    """
    found: list[int] = []
    for prime in (7, 5, 3):
        while n % prime == 0:
            n //= prime
            found.append(prime)
    twos = n.bit_length() - 1
    if n != 1 << twos:
        raise ValueError(f"n leaves the factor {n}; accepted are products of 2, 3, 5 and 7.")
    found += [8] * (twos // 3)
    if twos % 3 == 1 and found and 8 in found:  # 8·2 as 4·4
        found.remove(8)
        found += [4, 4]
    elif twos % 3:
        found.append(1 << twos % 3)
    return sorted(found, reverse=True)


@lru_cache(maxsize=64)
def transform(size: int) -> Transform:
    """Plan the FFT of ``size`` rows, a product of 2, 3, 5 and 7; its arrays are read-only and shared."""
    radices = factors(size)
    twiddles: list[NDArray[np.complex128]] = []
    order = np.zeros(size, np.int64)
    bins = np.arange(size)
    length = size
    for radix in radices:
        part = length // radix
        turns = np.outer(np.arange(part), np.arange(1, radix)) % length
        twiddles.append(np.exp(-2j * np.pi * turns / length).ravel())
        order += bins % radix * part
        bins = bins // radix
        length = part
    flat = np.concatenate([*twiddles, np.empty(0, complex)])
    pairs = np.stack([flat.real, flat.imag], axis=1).astype(np.float32)
    plan = Transform(size, np.array(radices, np.int64), pairs, order)
    for array in plan[1:]:
        array.flags.writeable = False
    return plan
