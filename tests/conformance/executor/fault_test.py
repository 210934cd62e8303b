"""Random graphs with failing, flaky, hanging and cancelled nodes: every executor does what the oracle does.

``PACELINE_DAGS=10000`` runs as many of them; the default is 1,000.
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
import os
import random
import threading

import pytest

from conformance.executor import graphs
from conformance.routes import backends_with
from oracles.executor import FailureError, Oracle
from paceline.pipeline import Collected, NodeError, Pipeline

DAGS = int(os.environ.get("PACELINE_DAGS", "1000"))
BACKENDS = backends_with("run_pipeline")
BATCHES = 10


def facts(error: NodeError) -> tuple:
    return FailureError(type(error).__name__, error.node_id, error.index, error.attempt, error.__cause__).facts()


def expected(oracle: Oracle, data: list, mode: str) -> tuple:
    """Return what a run gives, in a form in which 1 and 1.0 and two NaNs are told apart and alike."""
    try:
        ticks, errors = oracle.run(data)
    except FailureError as failure:
        return ("error", failure.facts())
    names = [oracle.graph.vertices[sink].id for sink in oracle.graph.sinks]
    if mode == "stream":
        pairs = [(name, item) for tick in ticks for name in names for item in tick[name]]
        return ("streamed", repr([item for _, item in pairs] if len(names) == 1 else pairs))
    lists = {name: [item for tick in ticks for item in tick[name]] for name in names}
    output = lists[names[0]] if len(names) == 1 else lists
    return ("output", repr(output), [failure.facts() for failure in errors])


async def actual(pipeline: Pipeline, data: list, mode: str) -> tuple:
    try:
        if mode == "stream":
            return ("streamed", repr([item async for item in pipeline.stream(data)]))
        if mode == "async source":
            async with contextlib.aclosing(source(data)) as items:
                result = await pipeline.run(items)
        else:
            result = await pipeline.run(data)
    except NodeError as error:
        return ("error", facts(error))
    errors = []
    if isinstance(result, Collected):
        result, errors = result
    return ("output", repr(result), [facts(error) for error in errors])


async def source(data):
    for item in data:
        await asyncio.sleep(0)
        yield item


def counts(pipeline: Pipeline) -> tuple:
    metrics = pipeline.get_metrics()
    keys = ("execution_count", "success_count", "error_count", "retry_count")
    nodes = {each["node_id"]: tuple(each[key] for key in keys) for each in metrics["node_metrics"]}
    return nodes, metrics["total_executions"], metrics["failed_executions"]


class DeadlockError(AssertionError):
    pass


async def one_graph(seed: int) -> None:
    rng = random.Random(seed)
    waits = rng.random() < 0.5
    graph = graphs.graph(rng, waits=waits)
    widths = graphs.widths(rng, graph)
    inputs = [graphs.items(rng) for _ in range(2)]
    modes = ["run", "run", "async source"] + ["stream"] * (graph.config["on_error"] != "collect")
    plan = [(data, rng.choice(modes)) for data in inputs]
    oracle = Oracle(copy.deepcopy(graph))
    wanted = []
    for data, mode in plan:
        wanted.append((expected(oracle, data, mode), oracle.counts(), oracle.runs, oracle.failed_runs))
        if wanted[-1][0][0] == "error" and waits:
            break  # nodes behind the error may have begun, so what they keep is not defined
    for backend in BACKENDS:
        pipeline = graphs.pipeline(graph, widths, runtime_hint=backend)
        for (data, mode), want in zip(plan, wanted, strict=False):
            where = f"graph {seed}, {backend}, {mode}"
            try:
                async with asyncio.timeout(60):
                    got = await actual(pipeline, data, mode)
            except TimeoutError:
                raise DeadlockError(where) from None
            assert (where, got) == (where, want[0])
            assert (where, counts(pipeline)) == (where, want[1:])
            assert asyncio.all_tasks() == {asyncio.current_task()}, where


@pytest.mark.parametrize("batch", range(BATCHES))
def test_random_graphs(batch):
    threads = threading.active_count()

    async def all_of_them():
        for number in range(DAGS // BATCHES):
            await one_graph(batch * (DAGS // BATCHES) + number)

    asyncio.run(all_of_them())
    assert threading.active_count() == threads
