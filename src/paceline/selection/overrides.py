"""What a user asks for: ``with paceline.using(…)`` and the variables ``PACELINE_BACKEND…``, read to the letter."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

from paceline.backends import OFFICIAL, Backend, BackendUnavailable, discover, status_of, those_ready
from paceline.operations import OPERATIONS

__all__ = ["Wishes", "asked", "asking", "combined", "read_names", "read_settings", "setting_of", "settings"]

VARIABLE: Final = "PACELINE_BACKEND"

_OPERATION_OF: Final = {f"{VARIABLE}_{operation.upper()}": operation for operation in OPERATIONS}

Names = tuple[str, ...]
"""Backends, or variants of them, the one to be preferred first."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What was asked for: for every operation, and for some of them."""

    every: Names | None
    each: Mapping[str, Names]

    def of(self, operation: str) -> Names | None:
        """Return the backends asked for, or None."""
        return self.each.get(operation, self.every)


asked: ContextVar[Wishes | None] = ContextVar("paceline.using", default=None)
"""What the blocks of ``using`` around this code ask for, together."""


def combined(backend: str | None, operations: Mapping[str, str]) -> Wishes:
    """Return the wishes of a block inside the present one: what it does not say is as outside.

    Raises
    ------
    TypeError, ValueError, BackendUnavailable
        As :func:`paceline.using`.
    """
    for operation in operations:
        if operation not in OPERATIONS:
            raise ValueError(
                f"using({operation}=…) names the operation {operation!r}, which there is not; accepted are "
                f"{', '.join(OPERATIONS)}."
            )
    each = {name: read_names(value, f"using({name}={value!r})") for name, value in operations.items()}
    if backend is None:
        outer = asked.get()
        return Wishes(None, each) if outer is None else Wishes(outer.every, {**outer.each, **each})
    return Wishes(read_names(backend, f"using({backend!r})"), each)  # what an outer block said of some is over too


@contextmanager
def asking(wishes: Wishes | None) -> Iterator[None]:
    """Ask for these, or for nothing, in the code of a ``with`` block, and in what is started from there."""
    before = asked.get()
    token = asked.set(wishes)
    try:
        yield
    finally:
        try:
            asked.reset(token)
        except ValueError:  # a generator that is closed by another task or thread, which as a rule never asked for this
            if asked.get() is wishes:
                asked.set(before)


def settings(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the variables that are set, ``PACELINE_BACKEND`` and those that begin with it."""
    source = os.environ if environ is None else environ
    return {name: source[name] for name in sorted(source) if name == VARIABLE or name.startswith(f"{VARIABLE}_")}


def read_settings(found: Mapping[str, str]) -> Wishes | None:
    """Read variables; None where nothing is set.

    Raises
    ------
    ValueError
        A variable names an operation that there is not.
    BackendUnavailable
        A name is no backend's, or none that a variable names can serve.
    """
    if not found:
        return None
    every, each = None, {}
    for variable, text in found.items():
        names = read_names(text, f"{variable}={text}")
        if variable == VARIABLE:
            every = names
        else:
            operation = _OPERATION_OF.get(variable)
            if operation is None:
                raise ValueError(f"{variable} names no operation; accepted are {VARIABLE}, {', '.join(_OPERATION_OF)}.")
            each[operation] = names
    return Wishes(every, each)


def read_names(text: object, source: str) -> Names:
    """Read ``"rust"`` or ``"rust,cython"``: names of backends, of which one at least can serve here."""
    if not isinstance(text, str):
        raise TypeError(
            f"{source} is of type {type(text).__name__}; accepted are backends' names, with commas between."
        )
    names = tuple(name.strip() for name in text.split(","))
    for name in names:
        base, _, variant = name.partition(":")
        known = discover().get(base)
        if not base or (known is None and base not in OFFICIAL):
            raise BackendUnavailable(f"{source}: no backend is named {base!r}; {those_ready()}.")
        if variant and isinstance(known, Backend) and variant not in known.variants:
            has = ", ".join(known.variants) or "none"
            raise BackendUnavailable(f"{source}: the backend {base!r} has no variant {variant!r}; its variants: {has}.")
    states = {base: status_of(base) for base in (name.partition(":")[0] for name in names)}
    if all(state.state != "ready" for state in states.values()):
        why = "; ".join(f"{base!r} is {state.state}: {state.reason}" for base, state in states.items())
        raise BackendUnavailable(f"{source}: {why}; {those_ready()}.")
    return names


def setting_of(operation: str) -> str:
    """Return the variable that decides for an operation, with its value."""
    found = settings()
    name = f"{VARIABLE}_{operation.upper()}"
    name = name if name in found else VARIABLE
    return f"{name}={found[name]}"
