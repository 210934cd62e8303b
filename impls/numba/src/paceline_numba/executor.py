"""The executor in Numba: lines of numbers, node after node over blocks that stay in cache; other graphs are walked.

A Python object is not Numba's to touch: a list of ints, or of floats, is copied into an array and back, a mixed one is
walked, and a node that is called runs in Python.

A kernel takes any line as a table of operations, so nothing is compiled for a new graph: all that there is to compile
is known ahead, a kernel for each kind of array and one for integers that become floats. The first run of a graph makes
its tables, and where nodes are called, Python compiles the source of their loop when the graph is made ready.
"""

from __future__ import annotations

from array import array
from functools import partial
from types import FunctionType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from paceline.pipeline.chain import ARRAYS, ChainRunner, Operation, Step
from paceline.pipeline.lines import line_or_walk
from paceline.pipeline.program import Kind, Program, Runner
from paceline_numba import _kernels

BLOCK: Final = 1_024
"""Items of a block: 8 KiB, so that it stays in the first cache from node to node."""

_BOTH: Final = "both"
"""Names the kernel of integers that become floats; the others are named by their array's kind."""

_ADD, _SUBTRACT, _MULTIPLY, _DIVIDE = (int(kind) for kind in (Kind.ADD, Kind.SUBTRACT, Kind.MULTIPLY, Kind.DIVIDE))

Array = NDArray[Any]


def run_pipeline(program: Program) -> Runner:
    """Make a program ready: a line of numbers is fused, any other graph walked."""
    zero = any(kind == _DIVIDE and operand == 0 for kind, operand in zip(program.kinds, program.params, strict=True))
    return FusedChain(program) if program.is_chain and not zero else line_or_walk(program)


class FusedChain(ChainRunner):
    """Runs a line of numbers over arrays, and lists as arrays."""

    def list_step(self, operations: tuple[Operation, ...], kind: str) -> Step:
        """Return what copies a list of ints or floats into an array, and the results back."""
        if kind == "anything":
            return _passed
        if kind == "mixed":
            return _not_ours
        code, dtype = ("q", "int64") if kind == "int" else ("d", "float64")
        step = self.array_step(operations, dtype)

        def through_array(items: list[Any]) -> list[Any] | None:
            x = np.frombuffer(array(code, items), dtype)  # OverflowError: an int that int64 cannot hold
            return step(x).tolist() if self._takes(x) else None

        return through_array

    def array_step(self, operations: tuple[Operation, ...], kind: str) -> Step:
        """Return what runs the kernel for an array's type over a table of operations."""
        kinds, integers, floats, whole = _as_table(operations)
        if kind != "int64":
            operands, kernel = floats.astype(kind), _kernel(kind)
            return lambda x: _filled(np.empty(len(x), kind), kernel, kinds, operands, x)
        if whole == len(kinds):
            kernel = _kernel("int64")
            return lambda x: _filled(np.empty(len(x), np.int64), kernel, kinds, integers, x)
        kernel = _kernel(_BOTH)
        return lambda x: _filled(np.empty(len(x)), kernel, kinds, integers, floats, whole, x)


def _filled(out: Array, kernel: Any, *arguments: Any) -> Array:
    kernel(*arguments, out)
    return out


def _passed(items: list[Any]) -> list[Any]:
    return [item for item in items if item is not None]


def _not_ours(_items: list[Any]) -> None:
    """Leave a list of ints and floats to a walk."""


def _as_table(operations: tuple[Operation, ...]) -> tuple[Array, Array, Array, int]:
    """Return operations as arrays: kinds, operands as integers and as floats; and how many come before a float."""
    kept = [(kind, operand) for kind, operand in operations if kind != Kind.PASS]
    whole = 0
    while whole < len(kept) and kept[whole][0] != _DIVIDE and type(kept[whole][1]) is int:
        whole += 1
    kinds = np.array([kind for kind, _ in kept], np.int64)
    floats = np.array([float(operand) for _, operand in kept], np.float64)
    integers = np.zeros(len(kept), np.int64)
    for number, (_, operand) in enumerate(kept[:whole]):
        integers[number] = operand  # OverflowError: beyond int64, where no integer stays exact either
    return kinds, integers, floats, whole


@_kernels.inlined
def _apply(kind: int, operand: Any, y: Array, first: int, last: int) -> None:
    if kind == _ADD:
        for i in range(first, last):
            y[i] += operand
    elif kind == _SUBTRACT:
        for i in range(first, last):
            y[i] -= operand
    elif kind == _MULTIPLY:
        for i in range(first, last):
            y[i] *= operand
    else:
        for i in range(first, last):
            y[i] /= operand


def _of_one_type(kinds: Array, operands: Array, x: Array, out: Array) -> None:
    for first in range(0, len(x), BLOCK):
        last = min(first + BLOCK, len(x))
        for i in range(first, last):
            out[i] = x[i]
        for step in range(len(kinds)):
            _apply(kinds[step], operands[step], out, first, last)


def _integers_then_floats(kinds: Array, integers: Array, floats: Array, whole: int, x: Array, out: Array) -> None:
    some = np.empty(BLOCK, np.int64)
    for first in range(0, len(x), BLOCK):
        last = min(first + BLOCK, len(x))
        for i in range(first, last):
            some[i - first] = x[i]
        for step in range(whole):
            _apply(kinds[step], integers[step], some, 0, last - first)
        for i in range(first, last):
            out[i] = some[i - first]
        for step in range(whole, len(kinds)):
            _apply(kinds[step], floats[step], out, first, last)


@_kernels.once
def _kernel(name: str) -> Any:
    """Compile a kernel on first use, or load it from the cache: one for each type of array, one for both in turn."""
    if name == _BOTH:
        signature = f"void({_given('int64')}, {_given('int64')}, {_given('float64')}, intp, {_given('int64')}, {_KEPT})"
        return _kernels.compiled(_integers_then_floats, signature)
    kept = f"Array({name}, 1, 'C')"
    signature = f"void({_given('int64')}, {_given(name)}, {_given(name)}, {kept})"
    return _kernels.compiled(_named(name), signature, name=f"_of_{name}")


def _named(name: str) -> Any:
    """Return a copy of the kernel: the cache keeps one file for each function."""
    return FunctionType(_of_one_type.__code__, globals(), f"_of_{name}")


def _given(element: str) -> str:
    return f"Array({element}, 1, 'C', readonly=True)"


_KEPT: Final = "Array(float64, 1, 'C')"

WARM: _kernels.Warm = {"run_pipeline": [partial(_kernel, name) for name in (*ARRAYS.values(), _BOTH)]}
