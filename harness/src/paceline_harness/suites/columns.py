"""The backends' columns, the same in every suite."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache, partial
from importlib import import_module
from typing import Any

import paceline
from paceline import BackendUnavailable
from paceline_harness.candidate import Candidate
from paceline_harness.clock import perf_counter
from paceline_harness.suites import UnknownNameError

REFERENCE = "python"
"""The backend whose output is the reference; conformance tests hold it against an oracle of higher precision."""

NUMPY = "NumPy by hand"

COLUMN_ORDER = ("python", "numba", "cython", "rust")


def backend_names(wanted: tuple[str, ...] | None = None) -> list[str]:
    """Return the backends to show, in the order of columns: those asked for, or all that are known.

    Raises
    ------
    UnknownNameError
        A name asked for is no backend.
    """
    known = paceline.status()
    ordered = [name for name in COLUMN_ORDER if name in known]
    ordered += [name for name in known if name not in ordered]
    for name in wanted or ():
        if name not in known:
            raise UnknownNameError(f"{name!r} is no backend; the backends are {', '.join(ordered)}.")
    return [name for name in ordered if wanted is None or name in wanted]


def backend(
    name: str, call: Callable[[str], Callable[..., Any]], observe: Callable[..., Any] | None = None
) -> Candidate:
    """Return one backend's candidate: `call(name)` makes what is timed; a backend that cannot serve says why."""
    state = paceline.status()[name]
    about = partial(Candidate, name, group="backend", version=state.version, package=state.package)
    if state.state != "ready":
        return about(call=None, unavailable=state.reason or state.state)
    level = f", {state.level}" if state.level else ""
    label = f"paceline's {name} backend, {'compiled on first use' if state.jit else 'as installed'}{level}"
    try:
        if not state.jit:
            return about(call=call(name), label=label, observe=observe)
        init = started(state.requires)
        start = perf_counter()
        made = call(name)
        return about(call=made, label=label, observe=observe, start=lambda: init, bound_ns=perf_counter() - start)
    except BackendUnavailable as error:
        return about(call=None, unavailable=str(error))


@cache
def started(modules: tuple[str, ...]) -> int | None:
    """Import what compiles a backend's kernels and start it; return the ns that this took, None if it was running.

    Numba starts LLVM when it compiles for the first time, whatever it compiles.
    """
    if any(module in sys.modules for module in modules):
        return None
    start = perf_counter()
    for module in modules:
        found = import_module(module)
        if module == "numba":
            found.njit(lambda: 0)()
    return perf_counter() - start


def reference(call: Callable[..., Any], observe: Callable[..., Any] | None = None) -> Candidate:
    """Return the candidate whose output is right: the python backend's."""
    return Candidate(REFERENCE, call, "the reference", "backend", observe=observe)


def backends(
    names: list[str], call: Callable[[str], Callable[..., Any]], observe: Callable[..., Any] | None = None
) -> list[Candidate]:
    """Return a candidate for each backend named."""
    return [backend(name, call, observe) for name in names]
