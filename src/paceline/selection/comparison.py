"""Whether two kernels' answers to a call are equal, each as far from the exact one as the contract lets it be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from paceline.operations import OPERATIONS, Operation
from paceline.selection import proof
from paceline.selection.signatures import SIGNATURES, Signature

BEYOND: Final = 10.0
"""How much farther apart rotations may be outside their knots, for each length of the segment that they are away."""

NEAR_PARALLEL: Final = 1e-8
"""Radians below which an angle from its cosine is not known at all."""

LOUDEST: Final = {"float32": 1e30, "float64": 1e300}
"""Sums of louder samples leave the type's range, sooner or later as they are added up."""

LOUDEST_VOICE: Final = 10.0
"""Of full scale: under louder samples a silent band holds nothing but the FFT's rounding, whose level means nothing."""


_Arrays = Mapping[int, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call of a kernel gave: what it returned, and the arrays that it changed, by the argument's number."""

    returned: Any
    arrays: _Arrays


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
    operation, signature = OPERATIONS[name], SIGNATURES[name]
    if name == "slerp_quaternion":
        return _of_rotation(operation, given, ours.returned, reference.returned)
    if ours.returned != reference.returned:
        return Mismatch("first offending index", None, ours.returned, reference.returned)
    if reference.returned >= 0:  # outputs are then unspecified, and nothing else may have changed
        for i, part in signature.state.items():
            found = _exactly(part, ours.arrays[i], reference.arrays[i])
            if found is not None:
                return found
        return None
    for part, one, other, slack in _parts(operation, signature, given, ours.arrays, reference.arrays):
        found = _exactly(part, one, other) if slack is None else _within(operation, part, one, other, slack)
        if found is not None:
            return found
    return None


def _of_rotation(operation: Operation, given: tuple[Any, ...], ours: Any, reference: Any) -> Mismatch | None:
    part = "rotation"
    if type(ours) is not tuple or list(map(type, ours)) != [float] * 4:
        return Mismatch(part, None, ours, reference)
    t, t0, q0, t1, q1, extrapolate = given
    slack: Any = 1.0
    if extrapolate and t0 < t1 and not t0 <= t <= t1:
        # Where the angle comes from its cosine, that of neighbours is known to a few digits only.
        chord = np.linalg.norm(_unit(q0) - np.copysign(1.0, np.dot(_unit(q0), _unit(q1))) * _unit(q1))
        away = 1 + max(t0 - t, t - t1) / (t1 - t0)
        slack = away * (BEYOND + 1 / max(float(chord), NEAR_PARALLEL))
    return _within(operation, part, np.array([ours]), np.array([reference]), slack)


def _unit(q: Any) -> NDArray[np.float64]:
    """Return a quaternion of norm 1, also where its squares leave the range; NaN where it has none."""
    with np.errstate(all="ignore"):
        scaled = np.asarray(q, np.float64) / np.abs(np.asarray(q, np.float64)).max()
        unit: NDArray[np.float64] = scaled / np.linalg.norm(scaled)
    return unit


def _parts(
    operation: Operation, signature: Signature, given: tuple[Any, ...], ours: _Arrays, reference: _Arrays
) -> Iterator[tuple[str, Any, Any, Any]]:
    """Yield what is compared: its name, both arrays, and how many times the class they may differ; None: not a bit."""
    if operation.name == "resample_chunk":
        yield from _of_stream(given, ours, reference)
    elif operation.name == "detect_voice":
        yield from _of_voice(given, ours, reference)
    elif operation.name == "resample":
        loudest = _loudest(given[0])
        if loudest <= LOUDEST["float32"]:
            yield "out", ours[12], reference[12], 2 * max(1.0, loudest)
    else:
        for i, part in signature.outputs.items():
            turns = operation.equality.unit == "rad" and ours[i].shape[-1] == 4
            yield part, ours[i], reference[i], _reach(operation.name, given) if turns else 1.0


def _of_stream(given: tuple[Any, ...], ours: _Arrays, reference: _Arrays) -> Iterator[tuple[str, Any, Any, Any]]:
    x, flush, history = given[0], given[1], given[5]
    loudest = max(_loudest(x), _loudest(history))
    if loudest <= LOUDEST[x.dtype.name]:
        yield "out", ours[7], reference[7], 2 * max(1.0, loudest)
    if not flush:  # nobody asks after a signal's end
        yield "state", ours[6], reference[6], None
        held = np.s_[:, : reference[6][2]]  # behind these frames, which are copies of the input's, anything may be
        yield "history", _only(held, ours[5], reference[5]), reference[5], None


def _of_voice(given: tuple[Any, ...], ours: _Arrays, reference: _Arrays) -> Iterator[tuple[str, Any, Any, Any]]:
    """Yield levels and counts; a level at a limit may fall on either side, and with it flags and the rest of state."""
    x, flush, plan = given[:3]
    from paceline.audio._voice import ADAPTIVE, RMS  # which needs this package

    mode, memory = int(plan[0]), int(plan[5])
    comparable = mode == RMS or _loudest(x) <= LOUDEST_VOICE
    if comparable:
        yield "scores", ours[8], reference[8], 2.0
    if flush:
        return
    counts = [0, 5]  # frames seen and told
    yield "state", _only(counts, ours[7], reference[7]), reference[7], None
    if comparable:  # in a stream the levels of this call's frames are told by later ones
        seen, told = reference[7][counts].tolist()
        delay = len(reference[6]) - 2 * memory
        slots = 2 * memory + np.arange(max(told, seen - delay), seen) % delay
        if mode == ADAPTIVE:
            slots = np.concatenate([np.arange(max(0, seen - memory), seen) % memory, slots])
        yield "history", _only(slots, ours[6], reference[6]), reference[6], 2.0


def _only(where: Any, ours: NDArray[Any], reference: NDArray[Any]) -> NDArray[Any]:
    """Return the reference with ours in some places: what is in the others means nothing."""
    found = reference.copy()
    found[where] = ours[where]
    return found


def _loudest(x: NDArray[Any]) -> float:
    return max(float(x.max()), -float(x.min())) if x.size else 0.0


def _reach(name: str, given: tuple[Any, ...]) -> Any:
    """Return for each rotation how many times the class it may differ: more than once only outside its knots."""
    if name in ("trajectory_at", "interpolate_trajectory_batch"):
        stamps, _, _, t, extrapolate = given[:5]
        if len(stamps) < 2 or not len(t):
            return 1.0
        early = t < stamps[0]
        t0, t1 = np.where(early, stamps[0], stamps[-2]), np.where(early, stamps[1], stamps[-1])
        outside = early | (t > stamps[-1])
    else:
        t, t0, _, t1, _, extrapolate = given[:6]
        outside = (t0 < t1) & ((t < t0) | (t > t1))
    if not extrapolate:
        return 1.0
    length = np.maximum(t1 - t0, 1).astype(np.float64)
    nearer = np.where(t < t0, t0, t1)
    # A difference in int64 may not fit, and one of doubles is off by some hundred ns.
    away = 1 + np.maximum(np.abs(t.astype(np.float64) - nearer), np.abs(t - nearer).astype(np.float64)) / length
    return np.repeat(np.where(outside, BEYOND * away, 1.0), 4)


def _within(operation: Operation, part: str, ours: Any, reference: Any, slack: Any) -> Mismatch | None:
    distance, allowed = proof.apart(operation, ours, reference)
    bad = ~((distance == 0) | (distance <= allowed * slack))
    unit = operation.equality
    return _first(part, ours, reference, bad, f"by more than {unit.tolerance:g} {unit.unit}" if unit.tolerance else "")


def _exactly(part: str, ours: Any, reference: Any) -> Mismatch | None:
    return _first(part, ours, reference, ~_same(ours, reference), "")


def _same(ours: Any, reference: Any) -> NDArray[np.bool_]:
    one, other = np.ravel(ours), np.ravel(reference)
    same: NDArray[np.bool_] = (one == other) | ((one != one) & (other != other))
    return same


def _first(part: str, ours: Any, reference: Any, bad: NDArray[np.bool_], more: str) -> Mismatch | None:
    if not bad.any():
        return None
    at = int(np.flatnonzero(bad & ~_same(ours, reference))[0])  # a rotation is bad as a whole
    extent = f"{int(bad.sum())} of {bad.size} values differ {more}".rstrip()
    return Mismatch(part, at, np.ravel(ours)[at], np.ravel(reference)[at], extent)
