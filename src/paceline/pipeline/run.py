"""One run: the nodes with what they keep, and what becomes of their errors. The same for all executors."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from paceline.backends import Kernel
from paceline.pipeline.errors import CircuitBreakerTripped, NodeError, RetryLimitExceeded
from paceline.pipeline.nodes.base import Node, StatefulNode
from paceline.pipeline.nodes.numbers import short
from paceline.pipeline.plan import DIRECTED, NUMBERS, Plan, has_life
from paceline.pipeline.program import Call, Kind, Opened, Program
from paceline.pipeline.resilience import Guard, Outcome, Refused


class Run:
    """A run of a plan.

    ``apart`` says that another run of the same nodes goes on: this one works on copies of those that keep something.
    """

    def __init__(self, plan: Plan, *, apart: bool = False) -> None:
        self.plan = plan
        self.errors: list[NodeError] = []
        """What went wrong, where ``on_error`` is "collect"."""
        self.nodes: list[Node | None] = [self._node(number, apart) for number in range(len(plan.entries))]
        self._bare = [self._bare_call(number) for number in range(len(plan.entries))]
        self.calls = [self._entry(number) for number in range(len(plan.entries))]
        self.alive_nodes: list[int] = []
        """What has been set up and is still to be torn down."""

    def watch(self) -> None:
        """Ask the guards that are troubled first: another run of the same nodes has met an error."""
        for number, guard in enumerate(self.plan.guards):
            if guard is not None and guard.troubled:
                self.calls[number] = self._entry(number)

    @property
    def opened(self) -> Opened:
        """Return what an executor is given; from here on the guards tell this run of their troubles."""
        for guard in self.plan.guards:
            if guard is not None:
                guard.watchers.add(self)
        flushes = [self._flush(number, node) for number, node in enumerate(self.nodes)]
        return Opened(self.calls, flushes, self.recover, self.leftover)

    def recover(self, number: int, index: int, item: Any, error: Exception) -> Any:
        """Meet a node's error: retry it, or give it up as ``on_error`` says."""
        many = self.plan.kinds[number] is Kind.CALL_MANY
        guard = self.plan.guards[number]
        outcome = Outcome(error=error)
        if guard is not None:
            bare = self._bare[number]
            outcome = guard.retry(
                lambda: list(bare(item)) if many else bare(item), error, lambda: self.count_retry(number)
            )
            self.calls[number] = self._entry(number)
        if outcome.error is None:
            return outcome.value
        self.give_up(number, index, outcome)
        return [] if many else None

    def leftover(self, number: int, lengths: tuple[int, ...]) -> None:
        """Give up items whose partners on the node's other ports never came."""
        self.give_up(number, None, Outcome(error=self.leftover_error(number, lengths)))

    def leftover_error(self, number: int, lengths: tuple[int, ...]) -> ValueError:
        """Return the error of a join at whose ports items are left."""
        left = ", ".join(
            f"{length} at {key!r}" for key, length in zip(self.plan.keys[number], lengths, strict=True) if length
        )
        return ValueError(f"items without a partner are left: {left}; accepted are ports that get equally many")

    def bare(self, number: int) -> Call:
        """Return what is called for a node, without its guard."""
        return self._bare[number]

    def give_up(self, number: int, index: int | None, outcome: Outcome) -> None:
        """Raise a node's error, or count it and keep it, as ``on_error`` says; ``index`` None: it is of no item."""
        error = self.node_error(number, index, outcome)
        raises = self.plan.config.on_error == "raise"
        with self.plan.lock:
            self.plan.errors[number] += 1
            self.plan.late_errors[number] += index is None
            self.plan.failed_runs += raises
        if raises:
            raise error
        if self.plan.config.on_error == "collect":
            self.errors.append(error)

    def count_failed(self) -> None:
        """Count a run that failed outside of its ticks."""
        with self.plan.lock:
            self.plan.failed_runs += 1

    def count_retry(self, number: int) -> None:
        """Count one more attempt at an item."""
        with self.plan.lock:
            self.plan.retries[number] += 1

    def node_error(self, number: int, index: int | None, outcome: Outcome, during: str = "") -> NodeError:
        """Return an error that names the node, with its cause."""
        entry, cause = self.plan.entries[number], outcome.error
        where = during or (f"on item {index}" if index is not None and index >= 0 else "at the end of the input")
        who = f"The node {entry.id!r} ({entry.type})"
        kind: type[NodeError] = NodeError
        if isinstance(cause, Refused):
            kind = CircuitBreakerTripped
            last = f": the last error was {described(cause.last)}" if cause.last is not None else ""
            text = (
                f"{who} was not called {where}: it failed {cause.failures} times in a row, and is tried again in "
                f"{cause.remaining_s:.3g} s{last}"
            )
            cause = cause.last if isinstance(cause.last, Exception) else None
        elif outcome.exhausted:
            kind = RetryLimitExceeded
            text = f"{who} failed {where}, and so did its {outcome.attempts - 1} retries: {described(cause)}"
        else:
            attempt = f", attempt {outcome.attempts}" if outcome.attempts > 1 else ""
            text = f"{who} failed {where}{attempt}: {described(cause)}"
        error = kind(
            text if text.endswith(".") else f"{text}.",
            entry.id,
            entry.type,
            index if index is not None and index >= 0 else None,
            outcome.attempts,
        )
        error.__cause__ = cause
        return error

    def begin(self) -> None:
        """Set the nodes up, in order."""
        for number, node in enumerate(self.nodes):
            if node is not None and node.has("setup"):
                try:
                    node.setup()
                except Exception as error:
                    self.count_failed()
                    raise self.node_error(number, None, Outcome(error=error), "in setup") from error
            if node is not None and node.has("teardown"):
                self.alive_nodes.append(number)

    def end(self) -> NodeError | None:
        """Tear down, in reverse order, what was set up; return the first error, after all have had their turn."""
        first: NodeError | None = None
        interrupted: BaseException | None = None
        while self.alive_nodes:
            number = self.alive_nodes.pop()
            node = self.nodes[number]
            assert node is not None  # only nodes that are there are set up
            try:
                node.teardown()
            except Exception as error:
                first = first or self.node_error(number, None, Outcome(error=error), "in teardown")
            except BaseException as error:
                interrupted = interrupted or error
        if interrupted is not None:
            raise interrupted
        return first

    @contextmanager
    def alive(self) -> Iterator[None]:
        """Set up, and tear down whatever happens; an error in between is raised before one of the teardown."""
        try:
            self.begin()
            yield
        except BaseException as error:
            after = self.end()
            if after is not None:
                error.add_note(f"Then: {after}")
            raise
        after = self.end()
        if after is not None:
            self.count_failed()
            raise after

    def _node(self, number: int, apart: bool) -> Node | None:
        """Return the object that this run calls; None where the executor needs none, or not yet."""
        entry = self.plan.entries[number]
        kind = self.plan.kinds[number]
        if kind in NUMBERS or kind in DIRECTED:
            return None
        node = entry.node
        if isinstance(node, StatefulNode):
            return node.in_run()
        return copy.copy(node) if apart and has_life(node) else node

    def _bare_call(self, number: int) -> Call:
        """Return what an executor calls, without a guard."""
        plan, node = self.plan, self.nodes[number]
        entry, kind = plan.entries[number], plan.kinds[number]
        if number in plan.delegated:
            return delegate(plan.delegated[number][1], entry.node)
        if node is not None:
            return node.process
        if kind is Kind.FILTER:
            return lambda item: entry.node.holds(item)  # type: ignore[attr-defined]  # noqa: PLW0108 - made when called
        if kind is Kind.ROUTE:
            return lambda item: self._route(number, item)
        return lambda item: entry.node.process(item)  # noqa: PLW0108

    def _route(self, number: int, item: Any) -> int | None:
        """Return the number of the output that a router sends an item to."""
        output, outputs = self.plan.entries[number].node.route(item), self.plan.outputs[number]  # type: ignore[attr-defined]
        if output is None:
            return None
        if not outputs:
            return 0  # it is a sink: all of its outputs are the pipeline's
        if output in outputs:
            return outputs[output]
        raise ValueError(
            f"The item {short(item)} goes to the output {output!r}, which leads nowhere; connected are "
            f"{', '.join(map(repr, outputs))}, and None drops an item."
        )

    def _entry(self, number: int) -> Call:
        guard = self.plan.guards[number]
        bare = self._bare[number]
        if guard is None or not guard.troubled:
            return bare
        return self._guarded(number, guard, bare)

    def _guarded(self, number: int, guard: Guard, bare: Call) -> Call:
        """Return a call that asks the breaker first, until one succeeds."""
        many = self.plan.kinds[number] is Kind.CALL_MANY

        def guarded(item: Any) -> Any:
            guard.admit()
            try:
                result = list(bare(item)) if many else bare(item)
            except Exception:
                raise
            except BaseException:
                guard.abandoned()
                raise
            guard.succeeded()
            self.calls[number] = bare
            return result

        return guarded

    def _flush(self, number: int, node: Node | None) -> Callable[[], list[Any]] | None:
        if node is None or not node.has("flush"):
            return None

        def flush() -> list[Any]:
            try:
                return emitted(node.flush())
            except Exception as error:
                self.give_up(number, None, Outcome(error=error))
                return []

        return flush


def emitted(result: Any) -> list[Any]:
    """Return what a ``flush`` sends: what it yields, or what it returns unless that is None."""
    if hasattr(result, "__next__"):
        return [item for item in result if item is not None]
    return [] if result is None else [result]


def described(error: BaseException | None) -> str:
    """Return an error in one line: its type and text."""
    try:
        text = str(error)
    except Exception as failed:  # a user's exception may have any __str__
        text = f"its text fails: {type(failed).__name__}"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def delegate(kernel: Kernel, node: Node) -> Call:
    """Return a call that runs one node of numbers on an executor of its own."""
    lowered = node.lowered()
    assert lowered is not None  # only nodes that executors know are delegated
    call = node.process

    def reraise(_number: int, _index: int, _item: Any, error: Exception) -> Any:
        raise error

    def leftover(_number: int, _lengths: tuple[int, ...]) -> None:
        """Do nothing: one port leaves nothing over."""

    def opened() -> Opened:
        return Opened([call], [None], reraise, leftover)

    runner = kernel(Program((int(lowered[0]),), (lowered[1],), ((),), ((),), (0,), ("",), opened, call, metrics=False))

    def one(item: Any) -> Any:
        sent = runner([item])
        return sent[0] if sent else None

    return one
