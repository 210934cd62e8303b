"""Which JIT backends are compiled in this process, and compiling ahead."""

from __future__ import annotations

import logging
import os
import threading
from concurrent.futures import Future
from time import perf_counter_ns
from typing import Final

import numpy as np

from paceline.backends import Backend, Kernel, NotImplementedKernel, discover, load_kernel, status_of
from paceline.operations import OPERATIONS
from paceline.selection import proof

log: Final = logging.getLogger("paceline")

SIZE: Final = 64
"""Items that a JIT backend is called with where it does not say how it is compiled ahead."""

_warm: dict[tuple[str, str], int] = {}
_lock = threading.Lock()


def _renew_lock() -> None:
    global _lock  # noqa: PLW0603 - in a forked child the thread that may hold it does not run
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_lock)


def is_warm(operation: str, backend: str) -> bool:
    """Say whether no call of a backend's kernel compiles: always, unless it is a JIT backend that was not warmed up."""
    found = discover().get(backend.partition(":")[0])
    return not (isinstance(found, Backend) and found.jit) or (operation, backend) in _warm


def compile_ns(operation: str, backend: str) -> int | None:
    """Return what compiling took in this process; None where nothing was compiled."""
    return _warm.get((operation, backend))


def compiled_ahead(operation: str, backend: Backend) -> int | None:
    """Compile an operation's kernel of a JIT backend and return the ns that it took; None if it has no such kernel."""
    with _lock:  # two would compile the same twice
        key = operation, backend.name
        if key in _warm:
            return _warm[key]
        began = perf_counter_ns()
        kernels = _kernels(operation, backend)
        if not kernels:
            return None
        if backend.warm_up is not None:
            backend.warm_up(operation)
        else:
            for kernel in kernels:
                for golden in OPERATIONS[operation].golden:
                    proof.answer(operation, golden.arguments, kernel)
                proof.answer(operation, OPERATIONS[operation].workload(SIZE, np.random.default_rng(0)), kernel)
        _warm[key] = perf_counter_ns() - began
        return _warm[key]


def _kernels(operation: str, backend: Backend) -> list[Kernel]:
    """Return a backend's kernel of an operation and those of its variants, each once."""
    names = [backend.name, *(f"{backend.name}:{variant}" for variant in backend.variants)]
    kernels = {id(kernel): kernel for kernel in (load_kernel(operation, name) for name in names)}
    return [kernel for kernel in kernels.values() if not isinstance(kernel, NotImplementedKernel)]


def jit_backends() -> list[Backend]:
    """Return those that compile in the process and can serve."""
    return [
        backend
        for backend in discover().values()
        if isinstance(backend, Backend) and backend.jit and status_of(backend.name).state == "ready"
    ]


def compile_all(operations: tuple[str, ...]) -> dict[str, float]:
    """Compile operations of all JIT backends; return the seconds of each, summed over backends."""
    seconds: dict[str, float] = {}
    for backend in jit_backends():
        for operation in operations:
            ns = compiled_ahead(operation, backend)
            if ns is not None:
                seconds[operation] = seconds.get(operation, 0.0) + ns / 1e9
    return seconds


def in_background(work: object, *arguments: object) -> Future[dict[str, float]]:
    """Run work in a daemon thread, which never keeps a process from ending; its error is logged, and the future's."""
    future: Future[dict[str, float]] = Future()
    future.set_running_or_notify_cancel()  # it has begun: it cannot be cancelled

    def run() -> None:
        try:
            future.set_result(work(*arguments))  # type: ignore[operator]
        except BaseException as error:  # the thread ends here; whoever asks the future is told
            log.warning("Compiling ahead in the background failed: %s: %s", type(error).__name__, error)
            future.set_exception(error)

    threading.Thread(target=run, name="paceline-warm-up", daemon=True).start()
    return future
