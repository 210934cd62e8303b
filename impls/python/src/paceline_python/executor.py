"""The executor in Python: source generated from a closed table, one comprehension for a line of numbers.

Operands are passed as values and never become text. Graphs that are no line are walked, node by node.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from paceline.pipeline.chain import ChainRunner, Operation
from paceline.pipeline.program import Kind, Opened, Program, Runner, Session
from paceline.pipeline.walk import Clock, Walk, WalkRunner

SIGNS: Final = {Kind.ADD: "+", Kind.SUBTRACT: "-", Kind.MULTIPLY: "*", Kind.DIVIDE: "/"}
UFUNCS: Final[dict[int, Callable[..., NDArray[Any]]]] = {
    Kind.ADD: np.add,
    Kind.SUBTRACT: np.subtract,
    Kind.MULTIPLY: np.multiply,
    Kind.DIVIDE: np.true_divide,
}
NESTED: Final = 64
"""Operations in one expression: Python's parser has a limit to how deep they nest."""

Step = Callable[[list[Any]], list[Any]]


def run_pipeline(program: Program) -> Runner:
    """Make a program ready: a chain of numbers, a line of calls among them, or any graph."""
    zero = any(
        kind == Kind.DIVIDE and operand == 0 for kind, operand in zip(program.kinds, program.params, strict=True)
    )
    if program.is_chain and not zero:
        return GeneratedChain(program)
    if program.is_line and all(kind <= Kind.FILTER or kind == Kind.CALL for kind in program.kinds):
        return LineRunner(program)
    return WalkRunner(program)


class GeneratedChain(ChainRunner):
    """Runs a line of numbers: a list by one comprehension, an array by ufuncs in place."""

    def run_list(self, operations: tuple[Operation, ...], items: list[Any]) -> list[Any]:
        """Apply operations to a list."""
        for start in range(0, len(operations), NESTED):
            items = _comprehension(operations[start : start + NESTED])(items)
        return items

    def run_array(self, operations: tuple[Operation, ...], x: NDArray[Any]) -> NDArray[Any]:
        """Apply operations to an array."""
        y = x.copy()
        with np.errstate(all="ignore"):  # infinities and NaNs come as they come one by one
            for kind, operand in operations:
                if kind == Kind.PASS:
                    continue
                if y.dtype.kind == "i" and kind != Kind.DIVIDE and type(operand) is int:
                    UFUNCS[kind](y, operand, out=y)
                elif y.dtype.kind == "i":
                    y = UFUNCS[kind](y, float(operand))
                else:
                    UFUNCS[kind](y, float(operand), out=y)
        return y


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
    made: Callable[..., Step] = _made(source)
    return made


def _comprehension(operations: tuple[Operation, ...]) -> Step:
    """Return a comprehension that applies operations to each item of a list; its source is compiled once."""
    make = _code(tuple(kind for kind, _ in operations))
    return make(*(operand for kind, operand in operations if kind != Kind.PASS))


def _made(source: str) -> Any:
    names: dict[str, Any] = {}
    exec(
        compile(source, "<paceline executor>", "exec"),
        {"__builtins__": {"type": type, "Exception": Exception, "int": int, "float": float}},
        names,
    )  # noqa: S102
    return names["make"]


class LineRunner(WalkRunner):
    """Runs a line in which some nodes are called: one loop over the items, nothing between two nodes."""

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        known = [(kind, param) for kind, param in zip(program.kinds, program.params, strict=True)]
        # A division by zero is the node's own to word.
        kinds = tuple(Kind.CALL if kind == Kind.DIVIDE and param == 0 else kind for kind, param in known)
        operands = [param for kind, (_, param) in zip(kinds, known, strict=True) if kind in SIGNS]
        self._loop = _line_code(kinds)(*operands)

    def open(self, opened: Opened) -> Session:
        """Begin a run that is fed in pieces."""
        return Line(self._program, opened, self._clock, self._loop)


@cache
def _line_code(kinds: tuple[int, ...]) -> Callable[..., Callable[..., Any]]:
    """Return what makes the loop of a line. ``lost[i]`` counts items that node i dropped, ``at`` is where one failed."""
    names = ", ".join(f"c{node}" for node, kind in enumerate(kinds) if kind in SIGNS)
    lines = [
        f"def make({names}):",
        " def feed(items, index, calls, recover, send, lost, at):",
        "  for item in items:",
        "   x = item",
    ]
    for node, kind in enumerate(kinds):
        call = f"calls[{node}](x)"
        if kind in SIGNS:
            call = f"x {SIGNS[Kind(kind)]} c{node} if type(x) is float or type(x) is int else {call}"
        if kind == Kind.PASS:
            lines.append("   y = x")
        else:
            lines += [
                "   try:",
                f"    y = {call}",
                "   except Exception as error:",
                f"    at[0] = {node}",
                f"    y = recover({node}, index, x, error)",
                "    at[0] = -1",
            ]
        lines += [f"   if {'not y' if kind == Kind.FILTER else 'y is None'}:", f"    lost[{node}] += 1"]
        lines += ["    index += 1", "    at[1] += 1", "    continue"]
        if kind != Kind.FILTER:
            lines.append("   x = y")
    lines += ["   send(x)", "   index += 1", "   at[1] += 1", " return feed"]
    made: Callable[..., Callable[..., Any]] = _made("\n".join(lines))
    return made


class Line:
    """One run of a line."""

    def __init__(self, program: Program, opened: Opened, clock: Clock | None, feed: Callable[..., Any]) -> None:
        self._walk = Walk(program, opened, clock)
        self._opened = opened
        self._clock = clock
        self._nodes = len(program.kinds)
        self._feed = feed

    def feed(self, items: list[Any], index: int) -> tuple[list[Any], ...]:
        """Run a tick for each item; those whose turn it is to be timed are walked."""
        out: list[Any] = []
        at = 0
        while at < len(items):
            if self._clock is not None and self._clock.next_is_due:
                out += self._walk.feed([items[at]], index + at)[0]
                at += 1
                continue
            many = len(items) - at if self._clock is None else min(len(items) - at, self._clock.until_due)
            self._loop(items[at : at + many], index + at, out)
            at += many
        return (out,)

    def finish(self) -> tuple[list[Any], ...]:
        """Run the last tick."""
        return self._walk.finish()

    def _loop(self, items: list[Any], index: int, out: list[Any]) -> None:
        lost, at = [0] * self._nodes, [-1, 0]
        try:
            self._feed(items, index, self._opened.calls, self._opened.recover, out.append, lost, at)
        finally:
            if self._clock is not None:
                self._clock.skip(at[1])
                taken = at[1]
                for node in range(self._nodes):
                    self._clock.take(node, taken + (node <= at[0]))
                    taken -= lost[node]
