"""Whether a backend's outputs are equal here: an operation run through its public function with a given kernel."""

from __future__ import annotations

from importlib import import_module
from operator import attrgetter
from typing import Any, Final

import numpy as np

from paceline.backends import Kernel
from paceline.operations import OPERATIONS, Golden, Operation

REFERENCE: Final = "python"
"""The backend whose output is right: conformance tests hold it against oracles of higher precision."""


class Given:
    """Stands where a backend's name would: this kernel runs one operation, and what is chosen all others."""

    __slots__ = ("kernel", "operation")

    def __init__(self, operation: str, kernel: Kernel) -> None:
        self.operation, self.kernel = operation, kernel


class _Taken(BaseException):
    """Leads out of a public function with what it would have given to a kernel."""


def answer(name: str, arguments: tuple[Any, ...], kernel: Kernel | str) -> tuple[Any, ...]:
    """Run an operation through its public function on a workload's or a golden case's arguments.

    ``kernel`` is a kernel, or the name of the backend whose kernels run. Arrays and lists are returned as they are, a
    single result as a tuple of one.
    """
    paceline: Any = import_module("paceline")  # late: what is public stands on the selection

    backend: Any = kernel if isinstance(kernel, str) else Given(name, kernel)
    if name == "trajectory_check":  # what it finds shows only in the kernel's answer
        stamps, _, quats = arguments
        check = paceline.bind(name, backend=kernel) if isinstance(kernel, str) else kernel
        return (np.array([check(stamps, np.asarray(quats, np.float64))]),)
    if name == "trajectory_at":
        positions, quats = paceline.Trajectory(*arguments[:3], backend=backend).at(arguments[3])
        return positions, quats
    if name == "trajectory_gap":
        stamps, at = arguments
        positions, quats = np.zeros((len(stamps), 3)), np.tile((0.0, 0.0, 0.0, 1.0), (len(stamps), 1))
        return (paceline.Trajectory(stamps, positions, quats, backend=backend).gap(at),)
    if name == "resample_chunk":
        samples, *rates = arguments
        stream = paceline.audio.ResampleStream(*rates, dtype=samples.dtype, backend=backend)
        return (stream.process(samples, last=True),)
    if name == "convert_format":  # of packed samples the array does not say what they are
        x, to, *source = arguments
        return (paceline.audio.convert_format(x, to, source=source[0] if source else None, backend=backend),)
    if name == "run_pipeline":
        return (runner_of(arguments[0], kernel)(arguments[1]),)
    result = attrgetter(OPERATIONS[name].public)(paceline)(*arguments, backend=backend)
    if name == "slerp_quaternion":
        return (np.array([result]),)
    if name == "detect_voice":
        return (result.scores,)
    return result if isinstance(result, tuple) else (result,)


def runner_of(manifest: Any, kernel: Kernel | str) -> Any:
    """Return what runs a manifest's data, by an executor's kernel or by the backend of that name."""
    executor: Any = import_module("paceline.pipeline.executor")  # late, as above
    return executor.runner_of(manifest, kernel, REFERENCE)


def kernel_arguments(name: str, arguments: tuple[Any, ...]) -> tuple[Any, ...] | None:
    """Return what the public function gives to a kernel for a workload's arguments; nothing is computed.

    None where it asks another operation's kernel for them.
    """

    def take(*given: Any) -> int:
        raise _Taken(given)

    try:
        answer(name, arguments, take)
    except _Taken as taken:
        given: tuple[Any, ...] = taken.args[0]
        return given
    return None


def golden_problem(name: str, kernel: Kernel) -> str | None:
    """Run an operation's golden cases; return None, or what is wrong as the rest of a sentence about the backend."""
    operation = OPERATIONS[name]
    for number, golden in enumerate(operation.golden):
        try:
            problem = _unlike(operation, golden, answer(name, golden.arguments, kernel), f"in golden case {number}")
        except Exception as error:  # whatever a kernel raises here it would raise in production
            problem = f"raises {type(error).__name__} in golden case {number}: {error}"
        if problem is not None:
            return problem
    return None


def workload_problem(
    name: str, kernel: Kernel, where: str, expected: tuple[Any, ...], arguments: tuple[Any, ...]
) -> str | None:
    """Run an operation on a workload's arguments and compare it with the reference's answer; as ``golden_problem``."""
    operation = OPERATIONS[name]
    try:
        actual = answer(name, arguments, kernel)
    except Exception as error:  # as above
        return f"raises {type(error).__name__} {where}: {error}"
    return difference(operation, actual, expected, where)


def difference(operation: Operation, actual: tuple[Any, ...], expected: tuple[Any, ...], where: str) -> str | None:
    """Compare two answers of which each may be as far from the exact one as the contract lets it be."""
    for ours, reference in zip(actual, expected, strict=True):
        if isinstance(reference, list):
            if ours != reference or list(map(type, ours)) != list(map(type, reference)):
                return f"gives another list than the reference {where}"
            continue
        if np.shape(ours) != np.shape(reference) or getattr(ours, "dtype", None) != getattr(reference, "dtype", None):
            return f"gives {_kind_of(ours)} {where}, and the reference gives {_kind_of(reference)}"
        distance, allowed = apart(operation, np.asarray(ours), np.asarray(reference))
        bad = np.flatnonzero(~(distance <= allowed))
        if bad.size:
            at = int(bad[0])
            return (
                f"gives {np.ravel(ours)[at]} {where} at index {at} of the flattened output, and the reference gives "
                f"{np.ravel(reference)[at]}: {bad.size} of {np.size(ours)} values differ by more than "
                f"{operation.equality.tolerance:g} {operation.equality.unit}"
            )
    return None


def apart(operation: Operation, ours: Any, reference: Any) -> tuple[Any, Any]:
    """Return, flattened, how far apart values are and how far they may be; NaN is like NaN and no number."""
    one, other = np.ravel(ours), np.ravel(reference)
    same = (one == other) | ((one != one) & (other != other))
    if operation.equality.kind == "bitwise" or one.dtype.kind not in "fc":
        return np.where(same, 0.0, 1.0), 0.0
    tolerance = operation.equality.tolerance
    turns = operation.equality.unit == "rad"
    if turns and ours.ndim == 2 and ours.shape[1] == 4:
        chord = np.repeat(np.linalg.norm(np.where(same.reshape(ours.shape), 0.0, ours - reference), axis=1), 4)
        return 4 * np.arcsin(np.minimum(chord / 2, 1)), 2 * tolerance
    with np.errstate(invalid="ignore"):
        distance = np.where(same, 0.0, np.abs(one - other))
    if operation.equality.kind == "ulp" or turns:  # positions, beside rotations, are within 1 ulp
        return distance, 2 * np.spacing(np.maximum(np.abs(one), np.abs(other)))
    return distance, tolerance


def _unlike(operation: Operation, golden: Golden, answers: tuple[Any, ...], where: str) -> str | None:
    actual = np.concatenate([np.ravel(part) for part in answers])
    expected = np.asarray(golden.expected)
    if actual.shape != expected.shape:
        return f"gives {actual.size} values {where}; the contract has {expected.size}"
    tolerance: Any = operation.equality.tolerance
    if operation.equality.kind == "ulp":
        tolerance = tolerance * np.spacing(np.abs(expected))
    bad = np.flatnonzero(~(np.abs(actual - expected) <= tolerance))
    if not bad.size:
        return None
    at = int(bad[0])
    return f"gives {actual[at]} {where} at index {at} of the flattened output; the contract has {expected[at]}"


def _kind_of(part: Any) -> str:
    return (
        f"{np.asarray(part).dtype} of shape {np.shape(part)}" if isinstance(part, np.ndarray) else type(part).__name__
    )
