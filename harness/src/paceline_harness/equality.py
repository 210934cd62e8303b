"""Is a candidate's output equal to the reference's? Asked before anything is timed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Distance = Callable[[Any, Any], float]

FLOAT_TOLERANCE = 1e-9


def largest_difference(expected: Any, got: Any) -> float:
    """Return max |got - expected|; infinite where shapes, NaNs or infinities differ."""
    wanted, given = np.asarray(expected), np.asarray(got)
    if wanted.shape != given.shape:
        return float("inf")
    if wanted.size == 0:
        return 0.0
    if wanted.dtype.kind not in "fc" and given.dtype.kind not in "fc":
        return 0.0 if np.array_equal(wanted, given) else float("inf")
    same = (wanted == given) | ((wanted != wanted) & (given != given))
    apart = np.abs(np.where(same, 0.0, given) - np.where(same, 0.0, wanted))
    return float(np.where(np.isfinite(apart), apart, np.inf).max())


def relative_difference(expected: Any, got: Any) -> float:
    """Return the largest difference divided by the largest finite |expected|; exact comparison for integers."""
    wanted = np.asarray(expected)
    apart = largest_difference(expected, got)
    if wanted.dtype.kind not in "fc" or wanted.size == 0 or apart in (0.0, float("inf")):
        return apart
    scale = float(np.abs(wanted[np.isfinite(wanted)]).max(initial=0.0))
    return apart / scale if scale else apart


def rotation_angle(expected: Any, got: Any) -> float:
    """Return the largest angle in rad between quaternions (..., 4) of any norm, equal up to their sign."""
    wanted, given = np.asarray(expected, np.float64), np.asarray(got, np.float64)
    if wanted.shape != given.shape or not np.isfinite(given).all():
        return float("inf")
    if wanted.size == 0:
        return 0.0
    a = wanted / np.linalg.norm(wanted, axis=-1, keepdims=True)
    norm = np.linalg.norm(given, axis=-1, keepdims=True)
    if not norm.all():
        return float("inf")
    b = given / norm
    # The chord, not the dot product: acos near 1 loses half the digits.
    chord = np.minimum(np.linalg.norm(a - b, axis=-1), np.linalg.norm(a + b, axis=-1))
    return float((4.0 * np.arcsin(np.minimum(chord / 2.0, 1.0))).max())


@dataclass(frozen=True, slots=True)
class Part:
    """One part of an output: its name, the unit of its error, and how the error is measured."""

    name: str
    unit: str
    distance: Distance


@dataclass(frozen=True, slots=True)
class Equality:
    """Which parts an output has (one: the output itself; several: a tuple of them) and the error tolerated in each.

    A candidate may leave a part out by giving None in its place; the parts it gives must be equal.
    """

    parts: tuple[Part, ...]
    tolerance: float

    def errors(self, expected: Any, got: Any) -> dict[str, float]:
        """Return the error of every part that the candidate gives; infinite where it is not comparable."""
        if len(self.parts) == 1:
            return {self.parts[0].name: self.parts[0].distance(expected, got)}
        if not isinstance(got, (tuple, list)) or len(got) != len(self.parts):
            return {part.name: float("inf") for part in self.parts}
        return {
            part.name: part.distance(want, have)
            for part, want, have in zip(self.parts, expected, got, strict=True)
            if have is not None
        }

    @property
    def units(self) -> dict[str, str]:
        """The unit of each part's error."""
        return {part.name: part.unit for part in self.parts}


def verdict_of(errors: dict[str, float], units: dict[str, str], tolerance: float) -> str:
    """Return an empty string when every error is tolerated, else a phrase that names the worst part."""
    if not errors:
        return "it gives no output to compare"
    part, worst = max(errors.items(), key=lambda item: item[1])
    if worst <= tolerance:
        return ""
    unit = f" {units[part]}" if units.get(part) else ""
    if worst == float("inf"):
        return f"{part} has another shape, or values that are not finite where the reference's are"
    return f"{part} differs by {worst:.1e}{unit}, tolerated are {tolerance:.0e}{unit}"


def default_equality(expected: Any) -> Equality:
    """Return what is used when nothing is stated: integers exactly, floats to 1e-9 of the output's largest value."""
    if isinstance(expected, (tuple, list)) and any(isinstance(item, np.ndarray) for item in expected):
        parts = tuple(Part(f"output[{at}]", "relative", relative_difference) for at in range(len(expected)))
    else:
        parts = (Part("output", "relative", relative_difference),)
    return Equality(parts, FLOAT_TOLERANCE)
