"""The contract of an executor: a graph laid out in order, and what runs it.

An executor is a backend's kernel ``run_pipeline(program) -> Runner``. A :class:`Program` holds the nodes of a graph
that never waits, in topological order; all four executors give a program the same meaning:

**A tick.** Each input item is one tick. In it every node runs once, in order. A node without inputs gets the item.
Any other gets, for each of its ports, what the nodes before it sent in this tick, in the order of the port's sources.
With one port those are its items; with several, the port's items queue up over ticks, and as long as every port has
one, the first of each become one item, a dict by the ports' keys. For each item, in order, the node does what its kind
says and sends what comes of it. What a sink sends is output.

**The end.** When the input ends there is one more tick without an item: every node takes what is sent to it, then
what its ``flushes`` entry gives is sent, in order. A buffer's own flush is the executor's; nodes of
numbers have none. Where ports are left with
items that have no partner, ``leftover(node, lengths)`` is called before the flush; it raises, or returns to go on.

========== ===================================== ================================================================
kind       param                                 what is sent for item x
========== ===================================== ================================================================
PASS       None                                  x; None is not sent
ADD        operand, an exact int or float        x + operand
SUBTRACT   the same                              x - operand
MULTIPLY   the same                              x * operand
DIVIDE     the same                              x / operand
FILTER     (comparison, value) or None           x, if ``x <comparison> value``; None: if ``calls[node](x)``
ROUTE      (rules, default) or None              x, to the output of the first rule (comparison, value, output)
                                                 that holds, else to ``default``. Outputs are numbers, as in
                                                 :class:`Source`; None sends nothing. A sink's are all 0.
                                                 A param of None: to the output that ``calls[node](x)`` returns
BUFFER     size                                  nothing, until ``size`` items are held: then their list
CALL       None                                  what ``calls[node](x)`` returns; None is not sent
CALL_MANY  None                                  each of ``list(calls[node](x))`` that is not None
========== ===================================== ================================================================

An executor takes on the arithmetic and the comparisons of exact ``int`` and ``float`` (no subclass: a bool is no
number) where its own are exact: int64 without overflow, quotients of integers up to 2**53, no division by zero. For
everything else it calls ``calls[node](x)``, the node in Python, which is right for all numbers and words the errors; a
comparison's then returns whether it holds (FILTER) or the output (ROUTE). ``calls`` is a list that may change while
the program runs: an entry is read before each call. In the tick whatever is raised that is an ``Exception`` goes to
``recover(node, index, x, error)``; what that returns is taken as the call's result (for CALL_MANY a list; for FILTER a
bool; ROUTE an output), or it raises. Other exceptions pass.

**Metrics.** An executor counts, for each node, the items that it took, failed ones included. Time is sampled by one
rule: a tick is timed, node by node, if the last timed one took longer than :data:`SLOW_NS`, else one tick in
:data:`TIMED_EVERY`, the first one among them. The last tick, without an item, is not timed. Of chains over a whole list
or array one run in :data:`TIMED_EVERY` is timed, the first one among them, however long it takes; where node by node is
not how a chain runs, an executor may time some blocks of it, and counts their items. Reading and boxing are the first
and the last node's time, and a node that only passes may have none. Whole runs are timed by the first rule, or more
often.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final, NamedTuple, Protocol

TIMED_EVERY: Final = 32
SLOW_NS: Final = 20_000


class Kind(IntEnum):
    """What a node does; an executor compares the numbers."""

    __hash__ = int.__hash__  # an enum's own is Python code, and a plan asks for hundreds

    PASS = 0
    ADD = 1
    SUBTRACT = 2
    MULTIPLY = 3
    DIVIDE = 4
    FILTER = 5
    ROUTE = 6
    BUFFER = 7
    CALL = 8
    CALL_MANY = 9


class Comparison(IntEnum):
    """How a filter or a router's rule compares an item with its value."""

    EQ = 0
    NE = 1
    LT = 2
    LE = 3
    GT = 4
    GE = 5


Call = Callable[[Any], Any]
Recover = Callable[[int, int, Any, Exception], Any]
Leftover = Callable[[int, tuple[int, ...]], None]


class Opened(NamedTuple):
    """What one run brings along: the nodes in Python with the state of this run, and what becomes of an error."""

    calls: list[Call]
    flushes: list[Callable[[], list[Any]] | None]
    recover: Recover
    leftover: Leftover


class Source(NamedTuple):
    """Where a port's items come from: a node before, and the number of that router's output (None: no router)."""

    node: int
    output: int | None


class Count(NamedTuple):
    """What an executor has counted of one node, or of whole runs."""

    taken: int
    timed: int
    """How many of them were timed."""
    ns: int
    """Time of those together."""
    shortest_ns: int
    """Of one; 0 where none was timed. Of a chain over a whole input, the mean of an item there."""
    longest_ns: int

    def plus(self, other: Count) -> Count:
        """Return the two together."""
        if not (self.timed and other.timed):
            timed = self if self.timed else other
            return timed._replace(taken=self.taken + other.taken)
        return Count(
            self.taken + other.taken,
            self.timed + other.timed,
            self.ns + other.ns,
            min(self.shortest_ns, other.shortest_ns),
            max(self.longest_ns, other.longest_ns),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """A graph that never waits, in topological order; every tuple has an entry per node."""

    kinds: tuple[int, ...]
    params: tuple[Any, ...]
    sources: tuple[tuple[tuple[Source, ...], ...], ...]
    """For each port its sources, in the order of the manifest's edges; no port at all where the node gets the input."""
    keys: tuple[tuple[str, ...], ...]
    """For each port its key."""
    sinks: tuple[int, ...]
    """The nodes that nothing comes after, in the order of the manifest."""
    names: tuple[str, ...]
    """The nodes' ids."""
    open: Callable[[], Opened]
    """Called once a run, and only when the run needs it: a chain of numbers never does."""
    whole: Callable[[Any], Any]
    """Runs whatever is neither an exact list nor an array that the executor takes."""
    metrics: bool = True

    @property
    def is_chain(self) -> bool:
        """Whether this is a line of PASS and arithmetic alone, which an executor may fuse."""
        return all(kind <= Kind.DIVIDE for kind in self.kinds) and self.is_line

    @property
    def is_line(self) -> bool:
        """Whether each node has the one before it as its only source."""
        return is_line(self.sources)


def is_line(sources: Sequence[tuple[tuple[Source, ...], ...]]) -> bool:
    """Say whether each node has the one before it as its only source; these are :attr:`Program.sources`."""
    return all(ports == (() if node == 0 else ((Source(node - 1, None),),)) for node, ports in enumerate(sources))


class Session(Protocol):
    """One run, fed in pieces; after an error it is not used again."""

    def feed(self, items: list[Any], index: int) -> tuple[list[Any], ...]:
        """Run a tick for each item, the first one numbered ``index``; return each sink's output."""

    def finish(self) -> tuple[list[Any], ...]:
        """Run the last tick; return each sink's output."""


class Runner(Protocol):
    """A program made ready by an executor; holds nothing of a single run but its counts."""

    def __call__(self, data: Any) -> Any:
        """Run a whole input and return what :meth:`Pipeline.run_sync` does.

        A list (exactly) is run item by item; the result is a list, or a dict of them by sink where there are several.
        A chain takes a one-dimensional array of float64, float32 or int64 and returns a new one; where an integer
        overflows, or a divisor is 0, or a quotient's integer is beyond 2**53, and for all other data, the result is
        ``program.whole(data)``.
        """

    def open(self, opened: Opened) -> Session:
        """Begin a run that is fed in pieces; it is not counted as a run."""

    def counts(self) -> Sequence[tuple[int, int, int, int, int]]:
        """Return a :class:`Count` for each node, and last one for the whole runs."""
