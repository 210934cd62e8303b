"""Whether two kernels' answers to the same call are equal, in the operation's class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paceline.operations import OPERATIONS, Operation
from paceline.selection import proof
from paceline.selection.shadow.parts import Arrays, Part, one_rotation, parts
from paceline.selection.signatures import SIGNATURES


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call of a kernel gave: what it returned, and the arrays that it changed, by the argument's number."""

    returned: Any
    arrays: Arrays


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Where two answers differ first; printed as the rest of a sentence about the backend."""

    part: str
    index: int | None
    """Of the flattened part; None: it is no array."""
    ours: Any
    reference: Any
    extent: str = ""

    def __str__(self) -> str:
        if self.index is None:
            return f"returns {self.ours} as the {self.part}, and the reference {self.reference}"
        where = f"at index {self.index} of the flattened {self.part}"
        return f"gives {self.ours} {where}, and the reference gives {self.reference}: {self.extent}"


def mismatch(name: str, given: tuple[Any, ...], ours: Answer, reference: Answer) -> Mismatch | None:
    """Compare a kernel's answer with the reference's to the same arguments, as they were before the call."""
    operation = OPERATIONS[name]
    if name == "slerp_quaternion":
        return _of_rotation(operation, given, ours.returned, reference.returned)
    if ours.returned != reference.returned:
        return Mismatch("first offending index", None, ours.returned, reference.returned)
    if reference.returned >= 0:  # outputs are then unspecified, and a stream is as it was
        compared = (Part(part, ours.arrays[i], reference.arrays[i], None) for i, part in SIGNATURES[name].state.items())
    else:
        compared = parts(operation, given, ours.arrays, reference.arrays)  # type: ignore[assignment]
    return next((found for part in compared if (found := _of_part(operation, part)) is not None), None)


def _of_rotation(operation: Operation, given: tuple[Any, ...], ours: Any, reference: Any) -> Mismatch | None:
    if type(ours) is not tuple or list(map(type, ours)) != [float] * 4:
        return Mismatch("rotation", None, ours, reference)
    part = Part("rotation", np.array([ours]), np.array([reference]), one_rotation(given))
    return _of_part(operation, part)


def _of_part(operation: Operation, part: Part) -> Mismatch | None:
    one, other = np.ravel(part.ours), np.ravel(part.reference)
    same: NDArray[np.bool_] = (one == other) | ((one != one) & (other != other))
    bad = ~same
    if part.slack is not None and not same.all():
        distance, allowed = proof.apart(operation, part.ours, part.reference)
        bad = ~((distance == 0) | (distance <= np.maximum(allowed * part.slack, part.least)))
    if not bad.any():
        return None
    at = int(np.flatnonzero(bad & ~same)[0])  # a rotation is bad as a whole
    may = " by more than they may" if part.slack is not None and operation.equality.tolerance else ""
    return Mismatch(part.name, at, one[at], other[at], f"{int(bad.sum())} of {bad.size} values differ{may}")
