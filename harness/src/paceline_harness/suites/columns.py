"""The backends' columns, the same in every suite."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import paceline
from paceline import BackendUnavailable
from paceline_harness.candidate import Candidate
from paceline_harness.suites import UnknownNameError

REFERENCE = "python"
"""The backend whose output is the reference; conformance tests hold it against an oracle of higher precision."""

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
    about = partial(Candidate, name, group="backend", version=state.version)
    if state.state != "ready":
        return about(call=None, unavailable=state.reason or state.state)
    level = f", {state.level}" if state.level else ""
    label = f"paceline's {name} backend, {'compiled on first use' if state.jit else 'as installed'}{level}"
    try:
        return about(call=call(name), label=label, observe=observe)
    except BackendUnavailable as error:
        return about(call=None, unavailable=str(error))


def backends(
    names: list[str], call: Callable[[str], Callable[..., Any]], observe: Callable[..., Any] | None = None
) -> list[Candidate]:
    """Return a candidate for each backend named."""
    return [backend(name, call, observe) for name in names]
