"""Which backend serves an operation at a size, chosen by what was asked for and what was measured.

``rules`` has the order; ``overrides`` what users ask for; ``profile``, ``machine`` and ``tables`` what was measured,
where, and whether it holds; ``curves`` turns times into sizes at which the fastest changes; ``proof`` and ``refusals``
keep backends away that give wrong results, ``shadow`` finds such in use, with the modules that it names; ``warming``
compiles ahead; ``calibration`` and ``timing`` measure; ``signatures`` says what a kernel's arguments are.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Literal, overload

from paceline.backends import Kernel, NotImplementedKernel, load_kernel
from paceline.operations import OPERATIONS
from paceline.selection import overrides, rules, warming
from paceline.selection.choices import Choice
from paceline.selection.eligible import STATIC_ORDER, candidates
from paceline.selection.rules import TYPICAL_N, Selector, selector
from paceline.selection.tables import Figures

__all__ = [
    "STATIC_ORDER",
    "TYPICAL_N",
    "Choice",
    "Figures",
    "Selector",
    "bind",
    "candidates",
    "figures",
    "select",
    "selector",
    "using",
    "warm_up",
]


def select(operation: str, backend: str | None = None, n: int = TYPICAL_N) -> Kernel:
    """Return the kernel that runs ``operation`` at size ``n``: the named backend's, or the best one."""
    return selector(operation).pick(n, backend)


def bind(operation: str, *, n: int | None = None, backend: str | None = None) -> Kernel:
    """Return a backend's raw kernel for inner loops: no argument checks, no selection, ``out`` given by the caller.

    Parameters
    ----------
    operation : str
        Its name; :mod:`paceline.operations` has the list and the kernels' signatures.
    n : int, optional
        The size that it will be called with, as the operation's ``size_axis`` counts it; by default 1,000.
    backend : str, optional
        Use this one or raise.

    Raises
    ------
    ValueError
        ``operation`` is unknown, or ``n`` is negative.
    BackendUnavailable
        ``backend`` cannot serve it.

    Examples
    --------
    >>> import numpy as np, paceline
    >>> to_mono = paceline.bind("to_mono", n=2)
    >>> out = np.empty(2, np.float32)
    >>> to_mono(np.array([[1, 3], [0, 1]], np.float32), out)
    -1
    >>> out.tolist()
    [2.0, 0.5]
    """
    check_operation(operation)
    check_size(n)
    rules.reread()
    found = selector(operation).choose(TYPICAL_N if n is None else n, backend)
    raw = load_kernel(operation, found.backend)
    assert not isinstance(raw, NotImplementedKernel)  # who was chosen has it
    return raw


@contextmanager
def using(backend: str | None = None, **operations: str) -> Iterator[None]:
    """Use these backends in a ``with`` block: in this thread or asyncio task, and in tasks that it starts.

    Parameters
    ----------
    backend : str, optional
        For every operation. Several with commas, ``"rust,cython"``, are tried in that order for each operation.
    **operations : str
        For single operations, by their names; the same.

    Streams, detectors, trajectories and pipelines choose when they are made and keep to that after the block. A block
    inside another one adds to it; one with ``backend`` begins anew.

    Raises
    ------
    ValueError
        There is no operation of that name.
    BackendUnavailable
        There is no backend of that name, or it cannot serve; for an operation that none of them implements, when that
        is called.

    Examples
    --------
    >>> import paceline
    >>> with paceline.using("python", resample="numba"):
    ...     paceline.interpolate_linear([0, 10], [0.0, 1.0], [5]).tolist()
    [0.5]
    """
    wishes = overrides.combined(backend, operations)
    rules.reread()
    rules.look_for_using()
    with overrides.asking(wishes):
        yield


@overload
def warm_up(*operations: str, background: Literal[False] = False) -> dict[str, float]: ...


@overload
def warm_up(*operations: str, background: Literal[True]) -> Future[dict[str, float]]: ...


def warm_up(*operations: str, background: bool = False) -> dict[str, float] | Future[dict[str, float]]:
    """Compile JIT backends ahead, so that they may be chosen; until then others serve and no call waits for a compiler.

    Parameters
    ----------
    *operations : str
        Which ones; by default all.
    background : bool
        Compile in a daemon thread and return at once.

    Returns
    -------
    dict of str to float, or Future of that
        Seconds that compiling, or loading what was compiled before, took for each operation.

    Raises
    ------
    ValueError
        There is no operation of that name.
    """
    for operation in operations:
        check_operation(operation)
    wanted = operations or tuple(OPERATIONS)
    return warming.in_background(_warm_up, wanted) if background else _warm_up(wanted)


def _warm_up(operations: tuple[str, ...]) -> dict[str, float]:
    try:
        return warming.compile_all(operations)
    finally:  # after an error, too: what was compiled until then may be chosen
        rules.forget()


def figures(operation: str) -> Figures | None:
    """Return the times that decide for an operation, of this machine or of the shipped table; None: there are none."""
    check_operation(operation)
    return rules.tables().of(operation)


def check_operation(operation: str) -> None:
    """Raise ValueError unless there is such an operation."""
    if operation not in OPERATIONS:
        raise ValueError(f"operation is {operation!r}; accepted are {', '.join(OPERATIONS)}.")


def check_size(n: int | None) -> None:
    """Raise unless ``n`` is a size or None."""
    if n is not None and n < 0:
        raise ValueError(f"n is {n}; accepted is a size of 0 or more, or None.")
