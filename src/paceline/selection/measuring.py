"""Proves and times one operation's candidates, size by size, within a budget."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping
from time import perf_counter_ns
from typing import Any, Final

import numpy as np

from paceline.backends import Backend, BackendUnavailable, Kernel, NotImplementedKernel, discover, load_kernel
from paceline.operations import OPERATIONS
from paceline.selection import machine, profile, proof, timing
from paceline.selection.eligible import all_names, does_other_work
from paceline.selection.shadow import again

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


def measure(operation: str, budget_s: float = BUDGET_S) -> tuple[profile.Measured, float]:
    """Prove and time one operation's candidates; return what was found and the seconds that are in the budget."""
    kernels = dict(kernels_of(operation))
    refused: dict[str, str] = {}
    first_call_ns: dict[str, int] = {}
    for name in [name for name in kernels if name != proof.REFERENCE]:
        jit = _backend(name).jit
        began = perf_counter_ns()
        problem = proof.golden_problem(operation, kernels[name]) or again.problem_of(operation, name, kernels[name])
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
    """Yield every backend's and variant's kernel that is one of its own and does the work, JIT ones among them."""
    seen: set[int] = set()
    for name in all_names():
        if does_other_work(name):
            continue
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
            for name in self.refused:
                self.times.pop(name, None)  # nobody is compared with it any more
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
