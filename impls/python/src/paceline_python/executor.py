"""The executor in Python: source generated from a closed table, one comprehension for a line of numbers.

Operands are passed as values and never become text. Graphs that are no line are walked, node by node.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial, reduce
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from paceline.pipeline.chain import ChainRunner, Operation, Step
from paceline.pipeline.lines import SIGNS, generated, line_or_walk
from paceline.pipeline.program import Kind, Program, Runner

UFUNCS: Final[dict[int, Callable[..., NDArray[Any]]]] = {
    Kind.ADD: np.add,
    Kind.SUBTRACT: np.subtract,
    Kind.MULTIPLY: np.multiply,
    Kind.DIVIDE: np.true_divide,
}
NESTED: Final = 64
"""Operations in one expression: Python's parser has a limit to how deep they nest."""


def run_pipeline(program: Program) -> Runner:
    """Make a program ready: a chain of numbers, a line of calls among them, or any graph."""
    zero = any(
        kind == Kind.DIVIDE and operand == 0 for kind, operand in zip(program.kinds, program.params, strict=True)
    )
    if program.is_chain and not zero:
        return GeneratedChain(program)
    return line_or_walk(program)


class GeneratedChain(ChainRunner):
    """Runs a line of numbers: a list by one comprehension, an array by ufuncs in place."""

    def list_step(self, operations: tuple[Operation, ...], kind: str) -> Step:
        """Return a comprehension, or several one after the other where there are too many operations for one."""
        pieces = [
            _comprehension(operations[start : start + NESTED], floats=kind == "float")
            for start in range(0, len(operations), NESTED)
        ]
        return pieces[0] if len(pieces) == 1 else partial(reduce, _apply, pieces)

    def array_step(self, operations: tuple[Operation, ...], kind: str) -> Step:
        """Return ufuncs, each on the result of the one before; they take every kind of array."""
        del kind
        return partial(_ufuncs, [operation for operation in operations if operation[0] != Kind.PASS])


def _ufuncs(operations: list[Operation], x: NDArray[Any]) -> NDArray[Any]:
    y = x.copy()
    with np.errstate(all="ignore"):  # infinities and NaNs come as they come one by one
        for kind, operand in operations:
            if y.dtype.kind == "i" and kind != Kind.DIVIDE and type(operand) is int:
                UFUNCS[kind](y, operand, out=y)
            elif y.dtype.kind == "i":
                y = UFUNCS[kind](y, float(operand))
            else:
                UFUNCS[kind](y, float(operand), out=y)
    return y


def _apply(items: list[Any], step: Step) -> Any:
    return step(items)


def _comprehension(operations: tuple[Operation, ...], *, floats: bool) -> Step:
    """Return a comprehension that applies operations to each item of a list; its source is compiled once.

    ``floats`` says that all items are: then operands are made floats too, as they become in any case, and Python takes
    its shorter way for two floats.
    """
    kinds = tuple(kind for kind, _ in operations)
    operands = [operand for kind, operand in operations if kind != Kind.PASS]
    return _code(kinds)(*(float(operand) if floats else operand for operand in operands))


@cache
def _code(kinds: tuple[int, ...]) -> Callable[..., Step]:
    """Return what makes a comprehension of operands; the source has the operations' signs and names of its own only."""
    operations = [(f"c{number}", kind) for number, kind in enumerate(kinds) if kind != Kind.PASS]
    if not operations:
        source = "def make():\n    return lambda items: [x for x in items if x is not None]"
    else:
        expression = "x"
        for name, kind in operations:
            expression = f"({expression} {SIGNS[Kind(kind)]} {name})"
        names = ", ".join(name for name, _ in operations)
        source = f"def make({names}):\n    return lambda items: [{expression} for x in items]"
    made: Callable[..., Step] = generated(source)
    return made
