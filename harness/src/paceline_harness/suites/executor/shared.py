"""What the rows of the executor suite share: the pipelines, who runs them, and when two lists are equal."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from typing import Any, Final

import numpy as np

import paceline
from paceline.pipeline import CalculatorNode, Node, PassThroughNode, Pipeline
from paceline_harness.baselines import executor as plain
from paceline_harness.baselines import executor_limit
from paceline_harness.baselines.compiled import NoCompilerError
from paceline_harness.baselines.executor import Items, Steps
from paceline_harness.candidate import Candidate
from paceline_harness.equality import Equality, Part
from paceline_harness.suites import columns

PUBLISHED: Final = "published as measured"
OPERATION: Final = "run_pipeline"

LOOP: Final = "plain Python loop"
GENERATED: Final = "generated Python"
QUEUES: Final = "asyncio, a queue per node"
HOPS: Final = "a thread hop per item and node"
FLOOR: Final = "C prototype"

SIMPLE: Final[Steps] = (("pass", 0),) * 3
MEDIUM: Final[Steps] = (("pass", 0), ("add", 5), ("pass", 0), ("multiply", 2), ("pass", 0))
COMPLEX: Final[Steps] = (*MEDIUM, ("subtract", 3), ("pass", 0), ("add", 7), ("pass", 0), ("multiply", 3))
CALCULATING: Final[Steps] = (
    ("add", 5), ("multiply", 2), ("subtract", 3), ("add", 7), ("multiply", 3), ("subtract", 1), ("divide", 2),
)  # fmt: skip

LARGEST: Final = 1_000_000
"""Items are drawn up to this: nearly all are beyond the small ints that Python keeps one object of."""


def repeated(nodes: int) -> Steps:
    """Return a line of any length: the ten nodes of "complex", over and over."""
    return tuple(COMPLEX[at % len(COMPLEX)] for at in range(nodes))


def ints(n: int, rng: np.random.Generator) -> tuple[Any, ...]:
    """Return a list of n ints."""
    return (rng.integers(-LARGEST, LARGEST, n).tolist(),)


def floats(n: int, rng: np.random.Generator) -> tuple[Any, ...]:
    """Return a list of n floats."""
    return (rng.uniform(-LARGEST, LARGEST, n).tolist(),)


# -- equal


def unequal_items(expected: Any, got: Any) -> float:
    """Return how many items differ in value or type; infinite where there are more or fewer."""
    if type(expected) is not type(got) or (isinstance(expected, list) and len(expected) != len(got)):
        return float("inf")
    if not isinstance(expected, list):
        return float(not _same(expected, got))
    return float(sum(not _same(one, other) for one, other in zip(expected, got, strict=True)))


def _same(one: Any, other: Any) -> bool:
    if type(one) is not type(other):
        return False
    if isinstance(one, list):
        return unequal_items(one, other) == 0.0
    return bool(one == other) or (one != one and other != other)


EXACT: Final = Equality((Part("value or type", "items", unequal_items),), 0.0)


def fresh(output: Any, given: Any, *_rest: Any) -> Any:
    """Return an output, which must not be the input itself.

    Raises
    ------
    ValueError
        It is: nothing was run then, and whoever changes the result changes the input.
    """
    if output is given and isinstance(output, list):
        raise ValueError("it returns its input itself; accepted is a new list")
    return output


# -- who runs


def nodes_of(steps: Steps) -> list[Node]:
    """Return paceline's nodes for a line."""
    return [
        PassThroughNode() if kind == "pass" else CalculatorNode(kind, operand)  # type: ignore[arg-type]
        for kind, operand in steps
    ]


def pipeline(nodes: list[Node], backend: str, **config: Any) -> Pipeline:
    """Return a pipeline of a line of nodes, which `backend` is to run."""
    made = Pipeline("compared", runtime_hint=backend, **config)
    for node in nodes:
        made.add_node(node)
    return made


def able(names: list[str]) -> list[str]:
    """Return those of the backends that have an executor here: rows that need one to compare it with itself."""
    return [name for name in names if _serves(name)]


def _serves(name: str) -> bool:
    try:
        paceline.bind(OPERATION, backend=name)
    except paceline.BackendUnavailable:
        return False
    return True


Lay = Callable[..., Steps]
"""Returns the line of nodes for a table's inputs."""


def backend(name: str, prepare: Callable[..., tuple[Any, ...]], call: Callable[..., Any] = operator.call) -> Candidate:
    """Return one executor's candidate; it is made, and says whether it can be, when its first call is."""
    return replace(columns.backend(name, lambda _: call, observe=fresh), prepare=prepare)


def executors(names: list[str], lay: Lay, **config: Any) -> list[Candidate]:
    """Return a candidate per executor that runs a line of paceline's own nodes."""

    def prepare(name: str, items: Items, *rest: Any) -> tuple[Any, ...]:
        return pipeline(nodes_of(lay(items, *rest)), name, **config).run_sync, items

    return [backend(name, partial(prepare, name)) for name in names]


def loop(lay: Lay) -> Candidate:
    """Return the plain Python loop over plain nodes."""
    label = "for item in items: for node in nodes: item = node.process(item)"
    return Candidate(LOOP, plain.loop, label, prepare=lambda x, *rest: (plain.nodes_of(lay(x, *rest)), x))


def generated(lay: Lay) -> Candidate:
    """Return the chain as one comprehension."""
    label = "the whole line as one list comprehension, made of text beforehand"
    return Candidate(
        GENERATED,
        operator.call,
        label,
        prepare=lambda x, *rest: (plain.generated(lay(x, *rest)), x),
        observe=fresh,
        package="paceline_harness.baselines",
    )


def queues(lay: Lay) -> Candidate:
    """Return asyncio with a task and a queue per node."""
    label = "a task and a queue per node, in one event loop that is there already"
    return Candidate(QUEUES, plain.queues, label, prepare=lambda x, *rest: (plain.nodes_of(lay(x, *rest)), x))


def hops(lay: Lay, make: Callable[[Steps], Any] = plain.nodes_of) -> Candidate:
    """Return the shape of the published executor."""
    label = "the published executor's shape: a task and a queue per node, and run_in_executor for each item"
    return Candidate(HOPS, plain.thread_hops, label, "as published", prepare=lambda x, *rest: (make(lay(x, *rest)), x))


def floor(lay: Lay) -> Candidate:
    """Return what C does with the same lists where it need not count, time or know a graph."""
    about = partial(Candidate, FLOOR, group="limit")
    try:
        executor_limit.library()
    except NoCompilerError as error:
        return about(call=None, unavailable=str(error))

    def prepare(items: Items, *rest: Any) -> tuple[Any, ...]:
        return (*executor_limit.chain(lay(items, *rest)), items)

    label = "a C extension: ints one by one with overflow checks, floats in blocks; no graph, no metrics, no errors"
    return about(call=operator.call, label=label, prepare=prepare, observe=fresh, package="paceline_harness.baselines")


def absent(module: str, package: str) -> str:
    """Return why something of others is not there; "" where it is."""
    try:
        found = find_spec(module) is not None
    except ModuleNotFoundError:
        found = False
    return "" if found else f"{module} is not installed: {package}"
