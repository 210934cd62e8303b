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

SIZES: Final = (1, 2, 5, 10, 22, 46, 100, 215, 464, 1_000, 3_162, 10_000, 31_623, 100_000, 316_228, 1_000_000)
"""Three per decade where a call costs as much as the work, then two; few are whole numbers of vectors, as most are."""

BUDGET_S: Final = 0.1
"""Seconds for one operation, all its backends together, once they are compiled."""

PROVED: Final = frozenset({1, 10, 100, 1_000, 10_000})
"""Sizes whose outputs are compared with the reference's."""

KIND_SIZES: Final = (46, 1_000, 31_623)
KIND_ROUNDS: Final = (8, 8)
KINDS_PART: Final = 0.65
"""The part of the budget that is an operation's kinds', which are measured at fewer sizes."""

LOST: Final = 16.0
"""A backend that takes this many times as long as the fastest is not measured at a kind's larger sizes."""

HOPELESS: Final = 3.0
"""A backend that takes this many times as long as the fastest is not measured at sizes where a call of it is long."""

LONG_NS: Final = 1_000_000

PROOF_NS: Final = 5_000_000
"""How long the reference may take where outputs are compared."""

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
    """Seconds for each operation that was measured, without compiling and making its inputs."""

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
    others' at two or three sizes a decade. Compiling is timed apart. Ctrl-C leaves the profile as it was.

    Parameters
    ----------
    *operations : str
        Which ones; by default all.
    recalibrate : bool
        Measure also what was measured before and still holds; else that is only checked, at two sizes.
    budget_s : float
        Seconds for one operation, without compiling and making its inputs.
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
    """Prove and time one operation's candidates; return what was found and the seconds that are in the budget."""
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
    run = _Run(operation, kernels, refused, budget_s)
    with timing.undisturbed():
        run.time_sizes()
        run.time_kinds()
    names = [name for name in run.times if name not in refused]
    judged = {each.partition(":")[0] for each in (*names, *refused)}  # what was refused may be mended later
    fingerprints = {name: machine.fingerprint(_backend(name)) for name in sorted(judged)}
    entry = profile.Measured(
        key=profile.key_of(operation, fingerprints),
        at=time.time(),
        backends=fingerprints,
        times={name: run.times[name] for name in names},
        kinds={kind: {name: times[name] for name in names if name in times} for kind, times in run.kinds.items()},
        refused=refused,
        first_call_ns=first_call_ns,
        samples={name: run.samples[name] for name in names},
    )
    return entry, budget_s - run.left_ns / 1e9


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


Times = dict[str, list[tuple[int, float]]]


class _Run:
    """One operation, proved and timed size by size within a budget."""

    def __init__(self, operation: str, kernels: Mapping[str, Kernel], refused: dict[str, str], budget_s: float) -> None:
        self.operation, self.kernels, self.refused = OPERATIONS[operation], kernels, refused
        self.times: Times = {}
        self.samples: dict[str, list[tuple[int, list[int]]]] = {}
        self.kinds: dict[str, Times] = {}
        self.left_ns = budget_s * 1e9
        self._prepared = timing.Prepared(operation, kernels, seed=0)
        self._order = random.Random(0)

    def time_sizes(self) -> None:
        """Time size after size, as far as the budget goes; where there are kinds it leaves them their part."""
        sizes = (1,) if self.operation.size_axis == "n = 1" else SIZES
        end_ns = self.left_ns * KINDS_PART if self.operation.kinds else 0.0
        for golden in self.operation.golden:  # plans and filters that are made once are no part of a size's inputs
            proof.answer(self.operation.name, golden.arguments, self.kernels[proof.REFERENCE])
        self._prepared.calls(self._prepared.arguments(sizes[0]))
        needed = making = 0
        for left, n in zip(range(len(sizes), 0, -1), sizes, strict=True):
            if GROWTH * needed > self.left_ns - end_ns or GROWTH * making > INPUTS_NS:
                break
            began = perf_counter_ns()
            arguments = self._prepared.arguments(n)
            calls = self._prepared.calls(arguments)
            making = perf_counter_ns() - began
            if calls is None:
                continue
            began = perf_counter_ns()
            if n in PROVED and self._expected_ns(proof.REFERENCE, n) < PROOF_NS:
                self._prove(arguments, f"on its workload of n = {n}")
            needed = perf_counter_ns() - began
            live = {name: call for name, call in calls.items() if self._is_worth(name, n)}
            if n > max(PROVED):
                live = dict(_running(live, self.refused, n))
            share = max(0.0, self.left_ns - end_ns - needed) / left
            for name, found in timing.sampled(live, share, order=self._order).items():
                self.times.setdefault(name, []).append((n, timing.low(found)))
                self.samples.setdefault(name, []).append((n, found))
                needed += min(found) * timing.ROUNDS[0]
            self.left_ns -= perf_counter_ns() - began

    def time_kinds(self) -> None:
        """Time a few sizes of each kind."""
        for kind in self.operation.kinds:
            times = self.kinds[kind] = {}
            lost: set[str] = set()
            for n in KIND_SIZES:
                arguments = self._prepared.arguments(n, kind)
                calls = self._prepared.calls(arguments) or {}
                began = perf_counter_ns()
                if n == KIND_SIZES[0]:
                    self._prove(arguments, f"on its workload of {kind}, n = {n}")
                live = {name: call for name, call in calls.items() if name not in self.refused and name not in lost}
                for name, found in timing.sampled(live, 0.0, KIND_ROUNDS, self._order).items():
                    times.setdefault(name, []).append((n, timing.low(found)))
                best = min(curve[-1][1] for curve in times.values())
                lost |= {name for name, curve in times.items() if curve[-1][1] > LOST * best}
                self.left_ns -= perf_counter_ns() - began

    def _prove(self, arguments: tuple[Any, ...], where: str) -> None:
        """Compare outputs, and refuse who is wrong."""
        name = self.operation.name
        expected = proof.answer(name, arguments, self.kernels[proof.REFERENCE])
        for backend, kernel in self.kernels.items():
            if backend != proof.REFERENCE and backend not in self.refused:
                problem = proof.workload_problem(name, kernel, where, expected, arguments)
                if problem is not None:
                    self.refused[backend] = problem

    def _is_worth(self, backend: str, n: int) -> bool:
        """Say whether to time a candidate at a size: not where one call takes long and it was far behind."""
        if backend in self.refused:
            return False
        if backend not in self.times:
            return True
        size, ns = self.times[backend][-1]
        best = min(each for curve in self.times.values() for measured, each in curve if measured == size)
        return self._expected_ns(backend, n) < LONG_NS or ns < HOPELESS * best

    def _expected_ns(self, backend: str, n: int) -> float:
        """Return about how long a call will take, from the last size measured."""
        if backend not in self.times:
            return 0.0
        size, ns = self.times[backend][-1]
        return ns * n / size


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


def _compiled(operation: str, kernel: Kernel) -> str | None:
    workloads = (OPERATIONS[operation].workload, *OPERATIONS[operation].kinds.values())
    try:
        for workload in workloads:
            proof.answer(operation, workload(max(PROVED), np.random.default_rng(0)), kernel)
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
