"""What a pipeline says of how it runs: who runs which nodes, why, and what that is expected to cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from paceline.backends import lines_only
from paceline.pipeline.choosing import MEASURED_NODES, OPERATION, why_chosen
from paceline.pipeline.entries import Entry
from paceline.pipeline.nodes.backed import UNKNOWN, BackedNode, Call, Sound
from paceline.pipeline.plan import CALLED, NUMBERS, Plan
from paceline.pipeline.program import Kind
from paceline.selection import TYPICAL_N, rules, selector
from paceline.selection.curves import time_at

ITEMS: Final = f"{TYPICAL_N:,} items"
BEYOND: Final = 4
"""How many times the largest size that was measured a call may have, to be estimated."""
PASSING: Final = frozenset({Kind.PASS, Kind.FILTER, Kind.ROUTE})
"""Kinds that send items on as they are."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Nodes that run one way."""

    nodes: tuple[str, ...]
    backend: str
    why: str
    estimate_us: float | None = None
    """What their kernels take for ``per``, by what was measured here or elsewhere; None: nothing like it was."""
    per: str = ""
    converts: str = ""
    """Formats between which samples are converted here, which the estimate counts."""

    @property
    def estimate(self) -> str:
        """The estimate in words; empty where there is none."""
        return "" if self.estimate_us is None else f"{self.estimate_us:.3g} µs / {self.per}"

    @property
    def reason(self) -> str:
        """Why, and what is converted."""
        return f"{self.why}; converts {self.converts} here" if self.converts else self.why


@dataclass(frozen=True, slots=True)
class Explanation:
    """Which nodes run on which backend, and why; printed as a table."""

    name: str
    backend: str
    """The executor."""
    waits: bool
    """Whether runs wait: then asyncio walks the graph, and the executor runs the lines of numbers between."""
    segments: tuple[Segment, ...]
    """In the order in which they run."""

    def __str__(self) -> str:
        how = "asyncio walks the graph" if self.waits else f"the {self.backend} executor walks the graph"
        rows = [(" -> ".join(each.nodes), each.backend, each.estimate, each.reason) for each in self.segments]
        nodes, backends, estimates = (max(len(row[column]) for row in rows) for column in range(3))
        return "\n".join(
            [
                f"{self.name}: {how}",
                *(
                    f"{ids:<{nodes}}  {backend:<{backends}}  " + f"{estimate:>{estimates}}  " * bool(estimates) + reason
                    for ids, backend, estimate, reason in rows
                ),
            ]
        )


def explain_plan(name: str, plan: Plan) -> Explanation:
    """Say which nodes of a plan run on which backend; neighbours that run alike are together."""
    found: list[Segment] = []
    for each in _of_nodes(plan):
        if found and _way(found[-1]) == _way(each):
            found[-1] = _together(found[-1], each)
        else:
            found.append(each)
    return Explanation(name, plan.backend, plan.waits, tuple(found))


def _way(segment: Segment) -> tuple[str, ...]:
    return segment.backend, segment.why, segment.per, segment.converts


def _together(one: Segment, other: Segment) -> Segment:
    known = one.estimate_us is not None and other.estimate_us is not None
    total = (one.estimate_us or 0.0) + (other.estimate_us or 0.0) if known else None
    return replace(one, nodes=(*one.nodes, *other.nodes), estimate_us=total)


def _of_nodes(plan: Plan) -> Iterator[Segment]:
    is_numbers, sounds = plan.is_numbers, _sounds(plan)
    for number, entry in enumerate(plan.entries):
        kind, node = plan.kinds[number], entry.made
        if number in plan.delegated:
            yield _delegated(entry, plan.delegated[number][0])
        elif (
            entry.lowered is not None
            and entry.hint == "python"
            and plan.params[number] is None
            and kind is not Kind.PASS
        ):
            yield Segment((entry.id,), "python", "its runtime_hint asks for it")
        elif kind not in CALLED:
            yield _by_executor(plan, number, is_numbers)
        elif isinstance(node, BackedNode) and node.operation is not None:
            yield _by_itself(plan, entry, node, sounds[number])
        else:
            who = "asyncio" if plan.waits else plan.backend
            yield Segment((entry.id,), "python", f"{entry.type} is Python code, called by {who}")


def _delegated(entry: Entry, backend: str) -> Segment:
    """Tell of a node that another executor runs, called for each item."""
    why = "its runtime_hint asks for it" if entry.hint == backend else "the cheapest, with what its calls cost"
    return Segment((entry.id,), backend, why, _us([(Call(OPERATION, 1), backend)], TYPICAL_N), ITEMS)


def _by_executor(plan: Plan, number: int, is_numbers: bool) -> Segment:
    """Tell of a node that the plan's executor, or who walks in its place, does itself."""
    id, backend = plan.ids[number], plan.backend
    if plan.waits and not (plan.kinds[number] in NUMBERS and len(plan.sources[number]) < 2):
        return Segment((id,), "python", "asyncio does it on its walk")
    if lines_only(backend) and backend != "python" and not is_numbers and not plan.waits:
        return Segment((id,), "python", f"{backend} takes a line of numbers only, and this graph is more")
    if not is_numbers:
        return Segment((id,), backend, plan.why)
    return Segment((id,), backend, plan.why, _us([(Call(OPERATION, TYPICAL_N), backend)], 1 / MEASURED_NODES), ITEMS)


def _by_itself(plan: Plan, entry: Entry, node: BackedNode, given: Sound) -> Segment:
    """Tell of a node that runs operations on a backend of its own."""
    work = node.work(given)
    with node.asking():
        chosen = [selector(call.operation, call.kind).choose(call.n, node.backend) for call in work.calls]
    first, operation = chosen[0], work.calls[0].operation
    if entry.hint != "auto":
        why = "its runtime_hint asks for it"
    elif node.backend is not None:
        why = "the pipeline's runtime_hint asks for it" if node.backend == plan.hint else "the node itself asks for it"
    else:
        why = f"{operation}: {why_chosen(first, operation)}"
    estimate = _us([(call, choice.backend) for call, choice in zip(work.calls, chosen, strict=True)])
    return Segment((entry.id,), first.backend, why, estimate, work.per, work.converts)


def _us(calls: Sequence[tuple[Call, str]], times: float = 1) -> float | None:
    """Return the µs that calls, of operations on backends at sizes, take so many times; None: one is not known."""
    total = 0.0
    for call, backend in calls:
        figures = rules.tables().of(call.operation)
        curve = figures.of_kind(call.kind).get(backend) if figures is not None else None
        if curve is None or call.n > BEYOND * curve[-1][0]:
            return None
        total += time_at(curve, call.n)
    return total * times / 1_000


def _sounds(plan: Plan) -> list[Sound]:
    """Return what is known of the arrays that each node is sent."""
    given: list[Sound] = []
    sent: list[Sound] = []
    for number, entry in enumerate(plan.entries):
        before = {sent[source.node] for port in plan.sources[number] for source in port}
        given.append(before.pop() if len(before) == 1 else UNKNOWN)
        if isinstance(entry.made, BackedNode):
            sent.append(entry.made.sends(given[-1]))
        else:
            sent.append(given[-1] if plan.kinds[number] in PASSING and len(plan.sources[number]) < 2 else UNKNOWN)
    return given
