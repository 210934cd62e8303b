"""Chooses which backend's kernel runs an operation."""

from __future__ import annotations

from typing import Final

from paceline.backends import (
    BackendUnavailable,
    Kernel,
    NotImplementedKernel,
    StaleBackend,
    discover,
    load_kernel,
)
from paceline.operations import OPERATIONS

STATIC_ORDER: Final = ("rust", "cython", "numba", "python")
"""Which backend serves where nothing was measured. A third party's serves when it is named."""

_chosen: dict[tuple[str, str | None], tuple[str, Kernel]] = {}


def select(operation: str, backend: str | None = None) -> Kernel:
    """Return the kernel that runs ``operation``: the named backend's, or the best one present.

    Cost: one dictionary look-up after the first call.
    """
    return _lookup(operation, backend)[1]


def chosen_backend(operation: str, backend: str | None = None) -> str:
    """Return the name of the backend whose kernel :func:`select` returns."""
    return _lookup(operation, backend)[0]


def bind(operation: str, *, n: int | None = None, backend: str | None = None) -> Kernel:
    """Return a backend's raw kernel for inner loops: no argument checks, no selection, ``out`` given by the caller.

    ``n`` is the size that it will be called with, as the operation's ``size_axis`` counts it; the signatures are in
    :mod:`paceline.operations`.

    Raises
    ------
    ValueError
        ``operation`` is unknown, or ``n`` is negative.
    BackendUnavailable
        ``backend`` cannot serve it.
    """
    if operation not in OPERATIONS:
        raise ValueError(f"operation is {operation!r}; accepted are {', '.join(OPERATIONS)}.")
    if n is not None and n < 0:
        raise ValueError(f"n is {n}; accepted is a size of 0 or more, or None.")
    return select(operation, backend)


def _lookup(operation: str, backend: str | None) -> tuple[str, Kernel]:
    try:
        return _chosen[operation, backend]
    except (KeyError, TypeError):  # not chosen yet; or not a name, which is said there
        return _choose(operation, backend)


def _choose(operation: str, backend: str | None) -> tuple[str, Kernel]:
    chosen = _named(operation, backend) if backend is not None else _best(operation)
    _chosen[operation, backend] = chosen
    return chosen


def _named(operation: str, backend: str) -> tuple[str, Kernel]:
    if not isinstance(backend, str):
        raise TypeError(f"backend is a {type(backend).__name__}; accepted is a backend's name or None.")
    kernel = load_kernel(operation, backend)
    if isinstance(kernel, NotImplementedKernel):
        raise BackendUnavailable(f"The backend {backend!r} does not implement {operation}: {kernel.reason}.")
    return backend, kernel


def _best(operation: str) -> tuple[str, Kernel]:
    installed = discover()
    for name in STATIC_ORDER:
        if name not in installed:
            continue
        try:
            kernel = load_kernel(operation, name)
        except StaleBackend:
            raise  # a wrong version is a mistake to mend, not a backend to do without
        except BackendUnavailable:
            continue  # missing: the next one serves, and status() has the reason
        if not isinstance(kernel, NotImplementedKernel):
            return name, kernel
    raise BackendUnavailable(f"No backend that is installed implements {operation}; paceline.status() has the reasons.")
