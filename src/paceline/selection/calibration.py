"""Measures which backend is the fastest here, for every operation and size, and keeps that as the machine profile."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter_ns
from typing import Any, Final

import numpy as np

from paceline.backends import Backend, BackendUnavailable, Kernel, NotImplementedKernel, discover, load_kernel
from paceline.operations import OPERATIONS
from paceline.selection import check_operation, machine, profile, proof, refusals, rules, timing
from paceline.selection.curves import ranges, time_at

SIZES: Final = tuple(round(10 ** (step / 2)) for step in range(13))
"""Two per decade, from 1 to a million."""

BUDGET_S: Final = 0.1
"""Seconds for one operation, all its backends together, once they are compiled."""

PROVED_UP_TO: Final = 10_000
"""The largest size whose outputs are compared with the reference's."""

HOPELESS: Final = 3.0
"""A backend that takes this many times as long as the fastest is not measured at sizes where a call of it is long."""

LONG_NS: Final = 1_000_000

INPUTS_NS: Final = 60_000_000
"""How long making the inputs of a size may take; that is no part of the budget."""

GROWTH: Final = 3.2
"""What half a decade more multiplies."""

SPOT_SIZES: Final = (100, 10_000)
SPOT_OFF: Final = 1.3
"""By what factor a spot check may differ from the profile in the ratio of the fastest two."""

Progress = Callable[[str, int, int], None]
"""Called with what is done next, and how many operations of how many are done."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """What a calibration found; printed as a table of who serves which sizes."""

    measured: Mapping[str, profile.Measured]
    kept: tuple[str, ...]
    """Operations whose measurement from before still holds."""
    path: Path | None
    """Where the profile is; None: nothing was written."""
    seconds: float
    took: Mapping[str, float] = field(default_factory=dict)
    """Seconds for each operation that was measured, compiling apart."""

    def __str__(self) -> str:
        width = max((len(name) for name in (*self.measured, *self.kept)), default=0)
        lines = []
        for operation, entry in self.measured.items():
            found = ranges({name: curve for name, curve in entry.times.items() if name not in entry.refused})
            who = ", ".join(name if not n else f"{name} from {n:,}" for n, name in found)
            lines.append(f"{operation:<{width}}  {who or 'not measured: making its inputs took too long'}")
            lines += [f"{'':<{width}}  refused: {name}, which {why}" for name, why in entry.refused.items()]
        lines += [f"{operation:<{width}}  as measured before" for operation in self.kept]
        where = f"The machine profile is {self.path}." if self.path else "Nothing was written."
        return "\n".join([*lines, f"{len(self.measured)} operations measured in {self.seconds:.1f} s. {where}"])


def calibrate(
    *operations: str,
    recalibrate: bool = False,
    budget_s: float = BUDGET_S,
    save: bool = True,
    progress: Progress | None = None,
) -> Calibration:
    """Measure the backends that are here against each other and keep what was found for this and all later processes.

    Every backend and variant first has to give the right results, on the operation's golden cases and its workload;
    one that does not is refused, and ``paceline.status()`` has the reason. Then its kernel is timed in turn with the
    others' at two sizes a decade. Compiling is timed apart. Ctrl-C leaves the profile as it was.

    Parameters
    ----------
    *operations : str
        Which ones; by default all.
    recalibrate : bool
        Measure also what was measured before and still holds; else that is only checked, at two sizes.
    budget_s : float
        Seconds for one operation.
    save : bool
        Write the machine profile; else the result is returned and nothing changes.
    progress : callable, optional
        Called as ``progress(operation, done, of)``.

    Returns
    -------
    Calibration
        Prints as a table.

    Raises
    ------
    ValueError
        There is no operation of that name, or the budget is not above 0.
    ProfileNotWritten
        The profile cannot be written, or PACELINE_PROFILE names one, which is only read.
    """
    for operation in operations:
        check_operation(operation)
    if not budget_s > 0:
        raise ValueError(f"budget_s is {budget_s}; accepted are seconds above 0.")
    if save and profile.is_pinned():
        raise profile.ProfileNotWritten(
            f"The machine profile {profile.path()} is named by {profile.VARIABLE} and is only read; unset that, or "
            "calibrate with save=False."
        )
    began = time.perf_counter()
    wanted = operations or tuple(OPERATIONS)
    path = profile.path()
    if save:
        profile.prepare(path)
    measured: dict[str, profile.Measured] = {}
    took: dict[str, float] = {}
    kept = []
    before = {} if recalibrate else _holding(path)
    for number, operation in enumerate(wanted):
        if progress is not None:
            progress(operation, number, len(wanted))
        if operation in before and not _is_off(operation, before[operation]):
            kept.append(operation)
            continue
        measured[operation], took[operation] = measure(operation, budget_s)
    if progress is not None:
        progress("", len(wanted), len(wanted))
    if save and measured:
        profile.write(path, measured)
        for operation, entry in measured.items():
            for name in (*entry.times, *entry.refused):  # the profile has what it is refused for now
                refusals.lift(operation, name)
        rules.forget(tables=True)
    return Calibration(measured, tuple(kept), path if save else None, time.perf_counter() - began, took)


def measure(operation: str, budget_s: float = BUDGET_S) -> tuple[profile.Measured, float]:
    """Prove and time one operation's candidates; return what was found and the seconds of that, compiling apart."""
    kernels = dict(kernels_of(operation))
    refused: dict[str, str] = {}
    first_call_ns: dict[str, int] = {}
    for name in [name for name in kernels if name != proof.REFERENCE]:
        jit = _backend(name).jit
        began = perf_counter_ns()
        problem = proof.golden_problem(operation, kernels[name])
        if problem is None and jit:  # what it compiles for its workload is no part of the times either
            problem = _compiled(operation, kernels[name])
        if jit:
            first_call_ns[name] = perf_counter_ns() - began
        if problem is not None:
            refused[name] = problem
            del kernels[name]
    start = perf_counter_ns()
    times, samples = _timed(operation, kernels, refused, budget_s)
    judged = {each.partition(":")[0] for each in (*times, *refused)}  # what was refused may be mended later
    fingerprints = {name: machine.fingerprint(_backend(name)) for name in sorted(judged)}
    entry = profile.Measured(
        key=profile.key_of(operation, fingerprints),
        at=time.time(),
        backends=fingerprints,
        times={name: times[name] for name in times if name not in refused},
        refused=refused,
        first_call_ns=first_call_ns,
        samples={name: samples[name] for name in samples if name not in refused},
    )
    return entry, (perf_counter_ns() - start) / 1e9


def kernels_of(operation: str) -> Iterator[tuple[str, Kernel]]:
    """Yield every backend's and variant's kernel that is one of its own, JIT ones among them."""
    seen: set[int] = set()
    for name in rules.all_names():
        try:
            kernel = load_kernel(operation, name)
        except BackendUnavailable:
            continue  # status() has the reason
        if not isinstance(kernel, NotImplementedKernel) and id(kernel) not in seen:
            seen.add(id(kernel))
            yield name, kernel


def _timed(
    operation: str, kernels: dict[str, Kernel], refused: dict[str, str], budget_s: float
) -> tuple[dict[str, list[tuple[int, float]]], dict[str, list[tuple[int, list[int]]]]]:
    times: dict[str, list[tuple[int, float]]] = {}
    samples: dict[str, list[tuple[int, list[int]]]] = {}
    prepared = timing.Prepared(operation, kernels, seed=0)
    sizes = (1,) if OPERATIONS[operation].size_axis == "n = 1" else SIZES
    order = random.Random(0)
    left_ns = budget_s * 1e9
    needed = making = 0
    with timing.undisturbed():
        for left, n in zip(range(len(sizes), 0, -1), sizes, strict=True):
            if GROWTH * needed > left_ns or GROWTH * making > INPUTS_NS:
                break
            began = perf_counter_ns()
            arguments = prepared.arguments(n)
            calls = prepared.calls(arguments)
            making = perf_counter_ns() - began
            if calls is None:
                continue
            began = perf_counter_ns()
            if n <= PROVED_UP_TO:
                _prove(operation, kernels, refused, n, arguments)
            needed = perf_counter_ns() - began
            for name in refused:
                times.pop(name, None)  # nobody is compared with it any more
            live = {name: call for name, call in calls.items() if name not in refused and _is_worth(name, n, times)}
            if n > PROVED_UP_TO:
                live = dict(_running(live, refused, n))
            for name, found in timing.sampled(live, max(0.0, left_ns - needed) / left, order=order).items():
                times.setdefault(name, []).append((n, timing.low(found)))
                samples.setdefault(name, []).append((n, found))
                needed += min(found) * timing.ROUNDS[0]
            left_ns -= perf_counter_ns() - began
    return times, samples


def _prove(
    operation: str, kernels: Mapping[str, Kernel], refused: dict[str, str], n: int, arguments: tuple[Any, ...]
) -> None:
    """Compare outputs at a size, and refuse who is wrong."""
    expected = proof.answer(operation, arguments, kernels[proof.REFERENCE])
    for name, kernel in kernels.items():
        if name != proof.REFERENCE and name not in refused:
            problem = proof.workload_problem(operation, kernel, n, expected, arguments)
            if problem is not None:
                refused[name] = problem


def _running(calls: Mapping[str, timing.Call], refused: dict[str, str], n: int) -> Iterator[tuple[str, timing.Call]]:
    """Yield the candidates that run at a size, and refuse the others."""
    for name, call in calls.items():
        try:
            call.batch(1)
        except Exception as error:  # whatever it raises here it would raise in production
            if name == proof.REFERENCE:
                raise
            refused[name] = f"raises {type(error).__name__} on its workload of n = {n}: {error}"
        else:
            yield name, call


def _is_worth(name: str, n: int, times: Mapping[str, list[tuple[int, float]]]) -> bool:
    """Say whether to time a candidate at a size: not where one call takes long and it was far behind."""
    if name not in times:
        return True
    size, ns = times[name][-1]
    best = min(each for curve in times.values() for measured, each in curve if measured == size)
    return ns * n / size < LONG_NS or ns < HOPELESS * best


def _compiled(operation: str, kernel: Kernel) -> str | None:
    try:
        arguments = OPERATIONS[operation].workload(PROVED_UP_TO, np.random.default_rng(0))
        proof.answer(operation, arguments, kernel)
    except Exception as error:  # whatever it raises here it would raise in production
        return f"raises {type(error).__name__} on its workload: {error}"
    return None


def _backend(name: str) -> Backend:
    found = discover()[name.partition(":")[0]]
    assert isinstance(found, Backend)  # its kernel was loaded
    return found


def _holding(path: Path) -> dict[str, profile.Measured]:
    """Return the measurements of a profile that still hold, but for those of which a backend is refused."""
    try:
        found = profile.read(path)
    except ValueError:
        return {}  # what cannot be read is measured anew
    if found is None or profile.problem_of(found) is not None:
        return {}
    names = {name.partition(":")[0] for name in rules.all_names()}
    refused = {operation for operation, _ in refusals.known()} | {each.operation for each in found.refusals}
    return {
        operation: entry
        for operation, entry in found.operations.items()
        if profile.problem_of_entry(operation, entry, ages=True) is None
        and not entry.refused
        and operation not in refused
        and names <= {*entry.backends, *_without(operation)}
    }


def _without(operation: str) -> set[str]:
    """Return the backends that cannot serve an operation, so that no measurement can have them."""
    have = {name.partition(":")[0] for name, _ in kernels_of(operation)}
    return {name.partition(":")[0] for name in rules.all_names()} - have


def _is_off(operation: str, entry: profile.Measured) -> bool:
    """Say whether a spot check finds, twice in a row, another ratio between the fastest two than the profile has."""
    return all(_is_off_once(operation, entry) for _ in range(2))


def _is_off_once(operation: str, entry: profile.Measured) -> bool:
    kernels = {name: kernel for name, kernel in kernels_of(operation) if name in entry.times}
    off = False
    with timing.undisturbed():
        for n in (1,) if OPERATIONS[operation].size_axis == "n = 1" else SPOT_SIZES:
            then = {name: time_at(entry.times[name], n) for name in kernels}
            two = sorted(then, key=lambda name: then[name])[:2]
            prepared = timing.Prepared(operation, {name: kernels[name] for name in two}, seed=1)
            calls = prepared.calls(prepared.arguments(n))
            if calls is None or len(two) < 2:
                continue
            now = {name: timing.low(found) for name, found in timing.sampled(calls, 2e6).items()}
            change = (now[two[1]] / now[two[0]]) / (then[two[1]] / then[two[0]])
            off = off or not 1 / SPOT_OFF <= change <= SPOT_OFF
    return off
