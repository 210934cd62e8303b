"""Which sizes a sweep measures: two in each decade, from small to large."""

from __future__ import annotations

from collections.abc import Iterator

SMALLEST, LARGEST = 10, 10_000_000


def two_per_decade(smallest: int = SMALLEST, largest: int = LARGEST) -> Iterator[int]:
    """Yield `smallest`, then the numbers 1 and 3 times a power of ten above it, up to `largest`, and `largest`.

    Raises
    ------
    ValueError
        The bounds are below 1, or the wrong way round.
    """
    if not 1 <= smallest <= largest:
        raise ValueError(f"The sizes go from {smallest} to {largest}; accepted are bounds of 1 and more, in order.")
    yield smallest
    power = 1
    while power <= largest:
        for size in (power, 3 * power):
            if smallest < size < largest:
                yield size
        power *= 10
    if largest > smallest:
        yield largest
