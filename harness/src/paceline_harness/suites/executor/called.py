"""Rows on nodes that users write in Python: without a native version, and with retry and breaker armed."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from paceline.pipeline import Node
from paceline_harness.baselines import executor as plain
from paceline_harness.baselines.executor import Items, Steps
from paceline_harness.candidate import Candidate
from paceline_harness.comparison import Comparison
from paceline_harness.record import Claim
from paceline_harness.suites.executor.shared import (
    EXACT,
    LOOP,
    MEDIUM,
    OPERATION,
    PUBLISHED,
    SIMPLE,
    backend,
    hops,
    ints,
    pipeline,
)

RETRYING: Final = "plain loop that retries"


class Passes(Node):
    """A user's node that sends each item on."""

    def process(self, item: Any) -> Any:
        """Return the item."""
        return item


class Adds(Node):
    """A user's node that adds."""

    def __init__(self, operand: int) -> None:
        super().__init__()
        self.operand = operand

    def process(self, item: Any) -> Any:
        """Return the sum."""
        return item + self.operand


class Multiplies(Node):
    """A user's node that multiplies."""

    def __init__(self, operand: int) -> None:
        super().__init__()
        self.operand = operand

    def process(self, item: Any) -> Any:
        """Return the product."""
        return item * self.operand


USERS: Final[dict[str, Any]] = {"pass": lambda _: Passes(), "add": Adds, "multiply": Multiplies}


def users_nodes(steps: Steps) -> list[Any]:
    """Return a line of nodes that only Python can run."""
    return [USERS[kind](operand) for kind, operand in steps]


def fallback(names: list[str]) -> Comparison:
    """Return the published row of nodes without a native version."""
    row = _row(names, "Simple (3n, 100i), fallback", SIMPLE, hops(lambda _: SIMPLE, users_nodes))
    row.claim = Claim(18.03, 19.55, 0.92, PUBLISHED)
    return row


def rows(names: list[str]) -> list[Comparison]:
    """Return the published row, one that calculates, and one with retry and breaker armed."""
    retrying = Candidate(
        RETRYING,
        plain.loop_retrying,
        "the same with a retry loop and a breaker around each call, written by hand",
        prepare=lambda x: (users_nodes(SIMPLE), x),
    )
    armed = {"retry_policy": "exponential", "max_retries": 3, "circuit_breaker_threshold": 5}
    return [
        fallback(names),
        _row(names, "User nodes that calculate (5n, 100i)", MEDIUM),
        _row(names, "Retry and breaker armed, no failure (3n, 100i)", SIMPLE, retrying, **armed),
    ]


def _row(names: list[str], title: str, steps: Steps, *more: Candidate, **config: Any) -> Comparison:
    def prepare(name: str, items: Items) -> tuple[Any, ...]:
        return pipeline(users_nodes(steps), name, **config).run_sync, items

    label = "for item in items: for node in nodes: item = node.process(item), of the same nodes"
    return Comparison(
        OPERATION,
        [
            *(backend(name, partial(prepare, name)) for name in names),
            Candidate(LOOP, plain.loop, label, prepare=lambda x: (users_nodes(steps), x)),
            *more,
        ],
        ints,
        (100,),
        LOOP,
        EXACT,
        reference=LOOP,
        keep_outputs=False,
        title=title,
        notes=["Every node is a Node of the user's with process in Python: no executor has a native version of it."],
        source="numbers up to a million, drawn from the seed",
    )
