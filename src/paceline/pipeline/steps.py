"""A graph that waits, cut into steps: what is worked out about it once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from paceline.pipeline.plan import NUMBERS, Plan
from paceline.pipeline.program import Kind, Opened, Program, Source
from paceline.pipeline.run import Run
from paceline.pipeline.tick import Ledger
from paceline.pipeline.walk import Clock


class Way:
    """What is worked out about a graph that waits, and what is counted of it: shared by all its runs."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.clock = Clock(len(plan.entries))
        self.awaited = [waits(plan, node) for node in range(len(plan.entries))]
        self.steps = steps_of(plan)
        """The nodes, each by itself, but lines of numbers together."""
        self.waits = [any(self.awaited[node] for node in step) for step in self.steps]
        self.before = steps_before(plan, self.steps)
        self.after: list[list[int]] = [[] for _ in self.steps]
        for number, before in enumerate(self.before):
            for each in before:
                self.after[each].append(number)
        self.branches = wait_side_by_side(self.before, self.waits)
        """Whether steps wait at the same time."""
        self.width = max(width_of(plan, node) for step in self.steps for node in step)
        """How many ticks are on their way at most."""
        self.chains = {step.start: chain_of(plan, step) for step in self.steps if is_chain(plan, step)}

    def settle(self, run: Run, ledger: Ledger, until: int | None = None) -> None:
        """Add a tick's counts to the plan's, those of nodes up to ``until``."""
        plan = self.plan
        with plan.lock:
            for node in range(len(plan.entries) if until is None else until + 1):
                if ledger.taken[node]:
                    self.clock.take(node, ledger.taken[node])
                if ledger.retries[node]:
                    plan.retries[node] += ledger.retries[node]
                if ledger.failures[node]:
                    plan.errors[node] += ledger.failures[node]
                    plan.late_errors[node] += ledger.late[node]
        if ledger.errors:
            run.errors += [error for _, error in sorted(ledger.errors, key=lambda each: each[0])]


def waits(plan: Plan, node: int) -> bool:
    """Say whether a node is awaited."""
    return plan.kinds[node] in (Kind.CALL, Kind.CALL_MANY) and plan.entries[node].node.waits


def width_of(plan: Plan, node: int) -> int:
    """Return how many ticks a node takes at once."""
    return plan.entries[node].node.max_concurrency if waits(plan, node) else 1


def steps_of(plan: Plan) -> list[range]:
    """Return the nodes in steps: each by itself, but lines of numbers together."""
    targets = [0] * len(plan.kinds)
    for ports in plan.sources:
        for source in {source.node for port in ports for source in port}:
            targets[source] += 1
    steps: list[range] = []
    for node, kind in enumerate(plan.kinds):
        goes_on = (
            steps
            and kind in NUMBERS
            and plan.kinds[node - 1] in NUMBERS
            and node not in plan.delegated
            and plan.sources[node] == ((Source(node - 1, None),),)
            and targets[node - 1] == 1
        )
        if goes_on:
            steps[-1] = range(steps[-1].start, node + 1)
        else:
            steps.append(range(node, node + 1))
    return steps


def steps_before(plan: Plan, steps: Sequence[range]) -> list[set[int]]:
    """Return for each step those that send to it."""
    home = {node: number for number, step in enumerate(steps) for node in step}
    return [{home[source.node] for port in plan.sources[step.start] for source in port} for step in steps]


def wait_side_by_side(before: Sequence[set[int]], waits: Sequence[bool]) -> bool:
    """Say whether two steps wait of which neither comes after the other."""
    behind: list[int] = []  # a bit for each step that waits and comes before
    waiting = 0
    for number, sources in enumerate(before):
        mask = 0
        for source in sources:
            mask |= behind[source] | (waits[source] << source)
        if waits[number]:
            if mask != waiting:
                return True
            waiting |= 1 << number
        behind.append(mask)
    return False


class Unfused(Exception):  # noqa: N818 - it leads from the executor back to the walk
    """The executor has met an item that is not plain."""


def is_chain(plan: Plan, step: range) -> bool:
    """Say whether a step is a line of numbers, which the executor can take."""
    return all(plan.kinds[node] in NUMBERS for node in step) and len(plan.sources[step.start]) < 2


def chain_of(plan: Plan, step: range) -> Callable[[list[Any]], list[Any]]:
    """Return the executor's runner for a line of numbers."""

    def opened() -> Opened:
        raise Unfused

    def whole(_data: Any) -> NoReturn:
        raise Unfused

    nodes = range(len(step))
    program = Program(
        tuple(int(plan.kinds[node]) for node in step),
        tuple(plan.params[node] for node in step),
        tuple(((Source(node - 1, None),),) if node else () for node in nodes),
        tuple(("input",) if node else () for node in nodes),
        (len(step) - 1,),
        tuple(plan.ids[node] for node in step),
        opened,
        whole,
        metrics=False,
    )
    assert plan.kernel is not None  # chosen when the plan was made
    runner: Callable[[list[Any]], list[Any]] = plan.kernel(program)
    return runner
