"""Arithmetic of whole arrays, with the values that the elements would have one by one.

int64 stays int64 and is exact; narrower integers become int64 first; an integer divided, or with a float as operand,
gives float64. float32 and float64 keep their type and round once a node, as NumPy does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from paceline.pipeline.program import Kind

UFUNCS: Final[dict[Kind, Callable[..., NDArray[Any]]]] = {
    Kind.ADD: np.add,
    Kind.SUBTRACT: np.subtract,
    Kind.MULTIPLY: np.multiply,
    Kind.DIVIDE: np.true_divide,
}

EXACT: Final = 2**53
"""Up to here a double holds every integer, so that the quotient of two is rounded once."""


def elementwise(kind: Kind, operand: int | float, x: NDArray[Any]) -> NDArray[Any]:
    """Apply an arithmetic node to an array.

    Raises
    ------
    TypeError
        The elements are no numbers.
    ZeroDivisionError
        The operand of a division is 0.
    OverflowError
        An integer's result is none of int64's, or a quotient's is not exact.
    """
    values = as_numbers(x)
    if kind == Kind.DIVIDE and operand == 0:
        raise ZeroDivisionError(f"An array is divided by {operand}; accepted is a divisor other than 0.")
    if values.dtype.kind == "i" and isinstance(operand, int):
        if x.size and not _fits(kind, operand, int(values.min()), int(values.max())):
            raise OverflowError(
                f"An element of an int64 array, {values.min()} to {values.max()}, leaves the exact range when it meets "
                f"the operand {operand}; accepted are results within int64, and quotients of integers up to 2**53."
            )
        number: Any = operand if -(2**63) <= operand < 2**63 else float(operand)
        return UFUNCS[kind](values, number)
    with np.errstate(all="ignore"):  # infinities and NaNs come as they come one by one
        return UFUNCS[kind](values, float(operand))


def as_numbers(x: NDArray[Any]) -> NDArray[Any]:
    """Return an array as int64, float32 or float64; copies where the type is another."""
    kind, size = x.dtype.kind, x.dtype.itemsize
    if kind == "f" and size in (4, 8):
        return x if x.dtype.isnative else x.astype(x.dtype.newbyteorder("="))
    if kind == "f" and size == 2:
        return x.astype(np.float32)
    if kind == "i" or (kind == "u" and size < 8):
        return x.astype(np.int64, copy=False)
    if kind == "u" and (not x.size or int(x.max()) < 2**63):
        return x.astype(np.int64)
    raise TypeError(f"The array has dtype {x.dtype}; accepted are integers within int64, float16, float32 and float64.")


def _fits(kind: Kind, operand: int, low: int, high: int) -> bool:
    """Say whether the exact results of all integers from low to high are the array's: all four are monotonic."""
    if kind == Kind.DIVIDE:
        return max(-low, high, abs(operand)) <= EXACT
    if not -(2**63) <= operand < 2**63:
        return False
    ends = [
        value + operand if kind == Kind.ADD else value - operand if kind == Kind.SUBTRACT else value * operand
        for value in (low, high)
    ]
    return min(ends) >= -(2**63) and max(ends) < 2**63
