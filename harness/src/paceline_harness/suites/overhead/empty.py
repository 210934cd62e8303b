"""Rows on calls that do nothing: the way into native code and back, by backend and by how it binds to Python."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from typing import Any, Final

import numpy as np

import paceline
from paceline_harness.baselines import empty as plain
from paceline_harness.baselines.compiled import NoCompilerError
from paceline_harness.candidate import Candidate
from paceline_harness.comparison import Comparison
from paceline_harness.equality import Equality, Part
from paceline_harness.record import Bar
from paceline_harness.suites.columns import backend
from paceline_harness.suites.overhead.shared import CALLS, PYTHON_CALL, in_a_row

OPERATION: Final = "empty_call"
NUMBERS: Final = (64, 1_000_000)
"""Of the arrays that are handed over: what takes as long for both copies nothing."""

ENTRY: Final = "numba entry point"
CTYPES: Final = "ctypes"
EXTENSION: Final = "C extension"

AT_MOST_NS: Final = 1_000

STYLES: Final = {
    "python": "a Python function",
    "numba": "a dispatcher with one signature, which looks at the type of every argument",
    "cython": "a def function of Cython's; an array as a typed memoryview",
    "rust": "a PyO3 function; an array through the numpy crate, which books what is borrowed",
}
"""How each backend binds to Python."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A call: the function's name, how it is called, in words, what with."""

    function: str
    parameters: str
    words: str
    inputs: Callable[[int, np.random.Generator], tuple[Any, ...]]
    sizes: tuple[int, ...] = (1,)
    ctypes_call: str = ""

    @property
    def call(self) -> str:
        """The text of the call of a function f."""
        return f"f({self.parameters})"


def _same(expected: Any, got: Any) -> float:
    return 0.0 if type(expected) is type(got) and expected == got else float("inf")


SAME: Final = Equality((Part("value or type", "", _same),), 0.0)


def rows(names: list[str], sizes: tuple[int, ...] | None) -> list[Comparison]:
    """Return a row without an argument, one with a float, and one for each size of an array."""
    kinds = [
        Kind("nothing", "", "no argument", lambda _n, _rng: ()),
        Kind("number", "x", "one float", lambda _n, rng: (float(rng.uniform(1, 2)),)),
    ]
    kinds += [
        Kind("array", "x", f"one array of {n:,} float64", lambda n, rng: (rng.uniform(1, 2, n),), (n,), "f(x, len(x))")
        for n in sizes or NUMBERS
    ]
    return [_row(names, kind) for kind in kinds]


def _row(names: list[str], kind: Kind) -> Comparison:
    native = [each for name in names for each in _of_backend(name, kind)]
    return Comparison(
        OPERATION,
        [*native, _python(kind), _ctypes(kind), _extension(kind)],
        kind.inputs,
        kind.sizes,
        PYTHON_CALL,
        SAME,
        keep_outputs=False,
        title=f"Empty call, {kind.words}",
        item="call",
        count_items=lambda *_inputs: CALLS,
        bars=[Bar("A call", each.name, AT_MOST_NS) for each in native],
        notes=[f"{CALLS} calls in a row, written out, are timed as one; the column per item has the call."],
    )


def _of_backend(name: str, kind: Kind) -> list[Candidate]:
    """Return a backend's candidate; of one that compiles with Numba, its machine code without the dispatcher too."""
    found = backend(name, lambda name: in_a_row(kind.call, kind.parameters, f=function(name, kind.function)))
    found = replace(found, label=STYLES.get(name, found.label))
    if found.call is None or name != "numba":
        return [found]
    (compiled,) = function(name, kind.function).overloads.values()
    label = "the compiled function as C Python calls it: no dispatcher, and no look at types"
    call = in_a_row(kind.call, kind.parameters, f=compiled.entry_point)
    return [found, replace(found, name=ENTRY, label=label, call=call, start=None)]


def function(name: str, kind: str) -> Any:
    """Return one of a backend's empty functions.

    Raises
    ------
    BackendUnavailable
        It has none: they are no part of the contract.
    """
    module = f"{paceline.status()[name].package}.empty"
    try:
        return getattr(import_module(module), kind)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        raise paceline.BackendUnavailable(f"The backend {name!r} has no empty calls.") from error


def _python(kind: Kind) -> Candidate:
    call = in_a_row(kind.call, kind.parameters, f=getattr(plain, kind.function))
    return Candidate(PYTHON_CALL, call, "def with the same arguments", package="paceline_harness.baselines")


def _ctypes(kind: Kind) -> Candidate:
    about = partial(Candidate, CTYPES, group="peer", package="paceline_harness.baselines")
    try:
        found = plain.by_ctypes(kind.function)
    except NoCompilerError as error:
        return about(call=None, unavailable=str(error))
    label = "a C function with declared types; an array by ndpointer, with its length"
    return about(call=in_a_row(kind.ctypes_call or kind.call, kind.parameters, f=found), label=label)


def _extension(kind: Kind) -> Candidate:
    about = partial(Candidate, EXTENSION, group="limit", package="paceline_harness.baselines")
    try:
        found = getattr(plain.library(), kind.function)
    except NoCompilerError as error:
        return about(call=None, unavailable=str(error))
    label = "C against CPython's own interface: METH_NOARGS or METH_O; an array through the buffer protocol"
    return about(call=in_a_row(kind.call, kind.parameters, f=found), label=label)
