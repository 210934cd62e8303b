"""Rows on ten thousand runs at once, beside as many bare coroutines: time, and memory at the peak."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, Final

import numpy as np

from paceline.pipeline import AddNode, Node, PassThroughNode
from paceline_harness.baselines import executor as plain
from paceline_harness.baselines.executor import Items, Steps
from paceline_harness.candidate import Candidate
from paceline_harness.comparison import Comparison
from paceline_harness.record import Quality
from paceline_harness.suites.executor.shared import EXACT, OPERATION, backend, nodes_of, pipeline

RUNS: Final = 10_000
EXAMINED: Final = 1_000
"""Runs at once that the memory of one is found with: tracing all would take as long as the table."""

BARE: Final = "asyncio.gather of bare coroutines"
TRIVIAL: Final[Steps] = (("pass", 0), ("add", 5), ("pass", 0))
WAIT_S: Final = 0.01

Make = Callable[[], Any]
"""Returns a coroutine function that runs a list of one item."""


class Waits(Node):
    """A node that waits for 10 ms."""

    async def process(self, item: Any) -> Any:
        """Wait, and return the item and one."""
        await asyncio.sleep(WAIT_S)
        return item + 1


def trivial(names: list[str]) -> Comparison:
    """Return the published row: runs that never wait."""

    def ours(name: str) -> Any:
        return pipeline(nodes_of(TRIVIAL), name).run

    return _row(names, "10,000 concurrent executions", ours, lambda: plain.bare(plain.nodes_of(TRIVIAL)))


def waiting(names: list[str]) -> Comparison:
    """Return the row of runs that wait for 10 ms each, for the first executor and the last.

    asyncio walks such a graph, so the executor that runs what lies between hardly matters, and ten thousand of them
    take as long as a whole table.
    """

    def ours(name: str) -> Any:
        return pipeline([PassThroughNode(), Waits(), AddNode(5)], name).run

    def bare() -> Any:
        return plain.bare_waiting(plain.PassThrough(), Waits(), plain.Calculator("add", 5))

    return _row(list(dict.fromkeys((names[0], names[-1]))), "10,000 concurrent executions, 10 ms wait", ours, bare)


def _row(names: list[str], title: str, ours: Callable[[str], Any], bare: Make) -> Comparison:
    def candidate(about: Candidate, make: Make) -> Candidate:
        if about.unavailable:
            return about
        return replace(about, prepare=lambda items: (make(), items), observe=None, examine=partial(peak, make))

    backends = [candidate(backend(name, _unused, plain.gathered), partial(ours, name)) for name in names]
    label = "the same three nodes, called in one coroutine by hand; a task per run, as everywhere in this table"
    return Comparison(
        OPERATION,
        [*backends, candidate(Candidate(BARE, plain.gathered, label), bare)],
        lambda n, rng: (rng.integers(-1_000_000, 1_000_000, n).tolist(),),
        (RUNS,),
        BARE,
        EXACT,
        reference=BARE,
        keep_outputs=False,
        title=title,
        item="run",
        notes=[f"Three nodes, one item a run. The memory is the peak of Python's heap over {EXAMINED:,} runs at once."],
        source="numbers up to a million, drawn from the seed",
    )


def _unused(*_inputs: Any) -> tuple[Any, ...]:
    return ()


def peak(make: Make) -> tuple[Quality, str]:
    """Return the most that a run takes of Python's heap while all are there."""
    run, items = make(), np.arange(EXAMINED).tolist()
    plain.gathered(run, items)  # what is made once is made now
    kilobytes = _traced(partial(plain.gathered, run, items)) / EXAMINED / 1_000
    return Quality({"peak heap": kilobytes}, {"peak heap": "kB per run"}), ""


def _traced(call: Callable[[], Items]) -> int:
    """Return the bytes that a call takes at its peak beyond what was there before."""
    gc.collect(1)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        call()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
