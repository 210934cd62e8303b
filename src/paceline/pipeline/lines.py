"""Lines in which some nodes are called: one loop of generated source, nothing between two nodes.

The source is made of the kinds alone, from a closed table; operands and functions are passed as values and never become
text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from itertools import pairwise
from time import perf_counter_ns
from typing import Any, Final

from paceline.pipeline.program import Kind, Opened, Program, Runner, Session
from paceline.pipeline.walk import Clock, Walk, WalkRunner

SIGNS: Final[dict[int, str]] = {Kind.ADD: "+", Kind.SUBTRACT: "-", Kind.MULTIPLY: "*", Kind.DIVIDE: "/"}


Loops = tuple[Callable[..., None], Callable[..., None]]


def line_or_walk(program: Program) -> Runner:
    """Return what runs a program in Python: the loop of a line, where each node sends one item for one; else a walk."""
    if program.is_line and all(kind <= Kind.FILTER or kind == Kind.CALL for kind in program.kinds):
        return LineRunner(program)
    return WalkRunner(program)


class LineRunner(WalkRunner):
    """Runs a line in which some nodes are called: one loop over the items, nothing between two nodes."""

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        known = [(kind, param) for kind, param in zip(program.kinds, program.params, strict=True)]
        # A division by zero is the node's own to word.
        kinds = tuple(Kind.CALL if kind == Kind.DIVIDE and param == 0 else kind for kind, param in known)
        operands = [param for kind, (_, param) in zip(kinds, known, strict=True) if kind in SIGNS]
        self._loops = _line_code(kinds)(*operands)

    def open(self, opened: Opened) -> Session:
        """Begin a run that is fed in pieces."""
        return Line(self._program, opened, self._clock, self._loops)


@cache
def _line_code(kinds: tuple[int, ...]) -> Callable[..., Loops]:
    """Return what makes a line's loop, and the same with a reading of the clock after each node.

    ``lost[i]`` counts items that node i dropped; ``at`` says which node failed, -1 for none, and how many items went
    through before.
    """
    names = ", ".join(f"c{node}" for node, kind in enumerate(kinds) if kind in SIGNS)
    loops = [*_loop("feed", kinds, timed=False), *_loop("timed", kinds, timed=True)]
    made: Callable[..., Loops] = generated("\n".join([f"def make({names}):", *loops, " return feed, timed"]))
    return made


def _loop(name: str, kinds: tuple[int, ...], *, timed: bool) -> Iterator[str]:
    yield f" def {name}(items, index, calls, recover, send, lost, at{', now, stamp' if timed else ''}):"
    yield "  first = index"
    yield "  try:"
    yield "   for item in items:"
    yield "    x = item"
    for node, kind in enumerate(kinds):
        if kind == Kind.PASS:
            yield "    y = x"
        else:
            call = f"calls[{node}](x)"
            if kind in SIGNS:
                call = f"x {SIGNS[kind]} c{node} if type(x) is float or type(x) is int else {call}"
            yield "    try:"
            yield f"     y = {call}"
            yield "    except Exception as error:"
            yield f"     at[0] = {node}"
            yield f"     y = recover({node}, index, x, error)"
            yield "     at[0] = -1"
        if timed:
            yield "    stamp(now())"
        yield f"    if {'not y' if kind == Kind.FILTER else 'y is None'}:"
        yield f"     lost[{node}] += 1"
        yield "     index += 1"
        yield "     continue"
        if kind != Kind.FILTER:
            yield "    x = y"
    yield "    send(x)"
    yield "    index += 1"
    yield "  finally:"
    yield "   at[1] = index - first"


class Line:
    """One run of a line."""

    def __init__(self, program: Program, opened: Opened, clock: Clock | None, loops: Loops) -> None:
        self._program = program
        self._opened = opened
        self._clock = clock
        self._nodes = len(program.kinds)
        self._loops = loops

    def feed(self, items: list[Any], index: int) -> tuple[list[Any], ...]:
        """Run a tick for each item."""
        out: list[Any] = []
        clock, at = self._clock, 0
        if clock is None:
            self._several(items, index, out)
            return (out,)
        while at < len(items):
            if clock.next_is_due:
                self._timed(clock, [items[at]], index + at, out)
                at += 1
            else:
                many = min(len(items) - at, clock.until_due)
                self._several(items[at : at + many], index + at, out)
                at += many
        return (out,)

    def finish(self) -> tuple[list[Any], ...]:
        """Run the last tick."""
        if any(self._opened.flushes):
            return Walk(self._program, self._opened, self._clock).finish()
        return ([],)

    def _several(self, items: list[Any], index: int, out: list[Any]) -> None:
        lost, at = [0] * self._nodes, [-1, 0]
        try:
            self._loops[0](items, index, self._opened.calls, self._opened.recover, out.append, lost, at)
        finally:
            if self._clock is not None:
                self._clock.skip(at[1])
                self._count(self._clock, lost, at)

    def _timed(self, clock: Clock, item: list[Any], index: int, out: list[Any]) -> None:
        clock.due()
        lost, at, stamps = [0] * self._nodes, [-1, 0], [perf_counter_ns()]
        more = perf_counter_ns, stamps.append
        try:
            self._loops[1](item, index, self._opened.calls, self._opened.recover, out.append, lost, at, *more)
        finally:
            self._count(clock, lost, at)
            for node, (began, ended) in enumerate(pairwise(stamps)):
                clock.time(node, 1, ended - began)
            clock.ended(stamps[-1] - stamps[0])

    def _count(self, clock: Clock, lost: list[int], at: list[int]) -> None:
        failed, taken = at
        for node in range(self._nodes):
            clock.taken[node] += taken + (node <= failed)
            taken -= lost[node]


def generated(source: str) -> Any:
    """Return the function ``make`` of a source that was generated."""
    names: dict[str, Any] = {}
    exec(
        compile(source, "<paceline executor>", "exec"),
        {"__builtins__": {"type": type, "Exception": Exception, "int": int, "float": float}},
        names,
    )
    return names["make"]
