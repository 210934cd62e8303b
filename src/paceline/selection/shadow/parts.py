"""What of a kernel's answer is compared, and how many times its class two answers may be apart.

Each may be as far from the exact one as the contract lets it be. The contract's figures are for knots less than 104
days apart, rotations between their knots, and samples within full scale; here is what holds beyond.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from paceline.operations import Operation
from paceline.selection.signatures import SIGNATURES

BEYOND: Final = 10.0
"""How much farther apart rotations may be outside their knots, for each length of the segment that they are away."""

NEAR_PARALLEL: Final = 1e-8
"""Radians below which an angle from its cosine is not known at all."""

EXACT_NS: Final = 2**53
"""Times farther apart are rounded before anything is computed with them."""

ROUNDED_ULP: Final = 5.0
"""Ulp of the larger of knots and result that two positions may then be apart."""

LOUDEST: Final = {"float32": 1e30, "float64": 1e300}
"""Sums of louder samples leave the type's range, sooner or later as they are added up."""

LOUDEST_VOICE: Final = 10.0
"""Of full scale: under louder samples a silent band holds nothing but the FFT's rounding, whose level means nothing."""

Arrays = Mapping[int, NDArray[Any]]


class Part(NamedTuple):
    """Two arrays to be compared."""

    name: str
    ours: NDArray[Any]
    reference: NDArray[Any]
    slack: Any = 1.0
    """How many times the class they may be apart; None: equal to the bit."""
    least: Any = 0.0
    """How far they may be apart at any rate."""


def parts(operation: Operation, given: tuple[Any, ...], ours: Arrays, reference: Arrays) -> Iterator[Part]:
    """Yield what is compared where no offending index was returned."""
    if operation.name == "resample_chunk":
        yield from _of_stream(given, ours, reference)
    elif operation.name == "detect_voice":
        yield from _of_voice(given, ours, reference)
    elif operation.name == "resample":
        loudest = _loudest(given[0])
        if loudest <= LOUDEST["float32"]:
            yield Part("out", ours[12], reference[12], 2 * max(1.0, loudest))
    else:
        for i, name in SIGNATURES[operation.name].outputs.items():
            part = Part(name, ours[i], reference[i])
            if operation.equality.unit == "rad" and part.ours.shape[1] == 4:
                part = part._replace(slack=_outside(operation.name, given))
            elif operation.equality.kind in ("absolute", "ulp"):
                part = part._replace(least=_rounded(operation.name, given, part))
            yield part


def one_rotation(given: tuple[Any, ...]) -> float:
    """Return how many times the class the answers of ``slerp_quaternion`` may be apart."""
    t, t0, q0, t1, q1, *extrapolate = given
    if extrapolate != [True] or not t0 < t1 or t0 <= t <= t1:
        return 1.0
    # Where the angle comes from its cosine, that of neighbours is known to a few digits only.
    first, second = _unit(q0), _unit(q1)
    chord = np.linalg.norm(first - np.copysign(1.0, np.dot(first, second)) * second)
    away: float = 1 + max(t0 - t, t - t1) / (t1 - t0)
    return away * (BEYOND + 1 / max(float(chord), NEAR_PARALLEL))


def _of_stream(given: tuple[Any, ...], ours: Arrays, reference: Arrays) -> Iterator[Part]:
    x, flush, history = given[0], given[1], given[5]
    loudest = max(_loudest(x), _loudest(history))
    if loudest <= LOUDEST[x.dtype.name]:
        yield Part("out", ours[7], reference[7], 2 * max(1.0, loudest))
    if not flush:  # nobody asks after a signal's end
        yield Part("state", ours[6], reference[6], None)
        held = np.s_[:, : reference[6][2]]  # behind these frames, which are copies of the input's, anything may be
        yield Part("history", _only(held, ours[5], reference[5]), reference[5], None)


def _of_voice(given: tuple[Any, ...], ours: Arrays, reference: Arrays) -> Iterator[Part]:
    """Yield levels and counts; a level at a limit may fall on either side, and with it flags and the rest of state."""
    x, flush, plan = given[:3]
    from paceline.audio._voice import ADAPTIVE, RMS  # which needs this package

    mode, memory = int(plan[0]), int(plan[5])
    comparable = mode == RMS or _loudest(x) <= LOUDEST_VOICE
    if comparable:
        yield Part("scores", ours[8], reference[8], 2.0)
    if flush:
        return
    counts = [0, 5]  # frames seen and told
    yield Part("state", _only(counts, ours[7], reference[7]), reference[7], None)
    if comparable:  # in a stream the levels of this call's frames are told by later ones
        seen, told = reference[7][counts].tolist()
        delay = len(reference[6]) - 2 * memory
        slots = 2 * memory + np.arange(max(told, seen - delay), seen) % delay
        if mode == ADAPTIVE:
            slots = np.concatenate([np.arange(max(0, seen - memory), seen) % memory, slots])
        yield Part("history", _only(slots, ours[6], reference[6]), reference[6], 2.0)


def _only(where: Any, ours: NDArray[Any], reference: NDArray[Any]) -> NDArray[Any]:
    """Return the reference with ours in some places: what is in the others means nothing."""
    found = reference.copy()
    found[where] = ours[where]
    return found


def _loudest(x: NDArray[Any]) -> float:
    return max(float(x.max()), -float(x.min())) if x.size else 0.0


def _times(name: str, given: tuple[Any, ...]) -> tuple[Any, Any, Any, Any]:
    """Return the queries, both knots of each as they count outside of them, and which are outside."""
    if name in ("slerp_quaternions_batch", "interpolate_positions_batch"):
        t, t0, _, t1 = given[:4]
        return t, t0, t1, (t0 < t1) & ((t < t0) | (t > t1))
    stamps, t = given[0], given[2 if name == "interpolate_linear" else 3]
    early = t < stamps[0]
    second, last = (1, -2) if len(stamps) > 1 else (0, -1)
    return (
        t,
        np.where(early, stamps[0], stamps[last]),
        np.where(early, stamps[second], stamps[-1]),
        (early | (t > stamps[-1])) & (len(stamps) > 1),
    )


def _apart(one: Any, other: Any) -> Any:
    """Return distances in ns or some hundred more: a difference in int64 may not fit, and one of doubles is rounded."""
    return np.maximum(np.abs(one.astype(np.float64) - other), np.abs(one - other).astype(np.float64))


def _away(name: str, given: tuple[Any, ...]) -> Any:
    """Return how many lengths of its segment each query is outside of that; 0 inside."""
    t, t0, t1, outside = _times(name, given)
    return np.where(outside, _apart(t, np.where(t < t0, t0, t1)) / np.maximum(t1 - t0, 1), 0.0)


def _extrapolates(name: str, given: tuple[Any, ...]) -> bool:
    return bool(given[{"interpolate_linear": 3, "trajectory_at": 4, "interpolate_trajectory_batch": 4}.get(name, 5)])


def _outside(name: str, given: tuple[Any, ...]) -> Any:
    """Return how many times the class each rotation may be apart: more than once only outside its knots."""
    if not _extrapolates(name, given):
        return 1.0
    away = _away(name, given)
    return np.repeat(np.where(away > 0, BEYOND * (1 + away), 1.0), 4)


def _rounded(name: str, given: tuple[Any, ...], part: Part) -> Any:
    """Return how far positions may be apart at any rate: more than nothing only where times were rounded."""
    stamps = [each for each in given if isinstance(each, np.ndarray) and each.dtype == np.int64 and each.size]
    extremes = np.array([[each.min(), each.max()] for each in stamps])
    if not part.ours.size or _apart(extremes.max(), extremes.min()) <= EXACT_NS:
        return 0.0
    values = [given[2], given[4]] if name == "interpolate_positions_batch" else [given[1]]
    largest = max(np.abs(each[np.isfinite(each)]).max(initial=0.0) for each in values)
    with np.errstate(over="ignore"):
        if _extrapolates(name, given):
            largest = largest * np.repeat(1 + _away(name, given), part.ours.shape[1])
        largest = np.fmin(np.fmax(largest, np.abs(np.ravel(part.reference))), np.finfo(np.float64).max)
        return ROUNDED_ULP * np.spacing(largest)


def _unit(q: Any) -> NDArray[np.float64]:
    """Return a quaternion of norm 1, also where its squares leave the range; NaN where it has none."""
    values = np.asarray(q, np.float64)
    with np.errstate(all="ignore"):
        scaled = values / np.abs(values).max()
        unit: NDArray[np.float64] = scaled / np.linalg.norm(scaled)
    return unit
