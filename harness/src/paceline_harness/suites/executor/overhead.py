"""Rows on what a run costs besides its nodes: the call, the await, the metrics, reading a manifest."""

from __future__ import annotations

import json
import operator
from dataclasses import replace
from functools import partial
from typing import Any, Final

from paceline.pipeline import Pipeline
from paceline_harness.baselines import executor as plain
from paceline_harness.baselines.executor import Items
from paceline_harness.candidate import Candidate
from paceline_harness.comparison import Comparison
from paceline_harness.suites import columns
from paceline_harness.suites.executor.shared import (
    EXACT,
    OPERATION,
    SIMPLE,
    able,
    backend,
    executors,
    fresh,
    ints,
    nodes_of,
    pipeline,
    repeated,
)

OFF: Final = "metrics off"
CALLED: Final = "its call alone"
AND_3: Final = "its call and 3 empty awaits"
AND_4: Final = "its call and 4 empty awaits"
BY_HAND: Final = "json, graphlib"
COPIES: Final = "a Python function that copies the list"
COUNTED_BY_HAND: Final = "a dict made by hand"

SAMPLE: Final[Items] = [3, -1, 10, 0.5]

FIELDS: Final = (
    "node_id", "node_type", "execution_count", "success_count", "error_count", "retry_count", "success_rate",
    "total_duration_us", "avg_duration_us", "min_duration_us", "max_duration_us", "timed_count",
)  # fmt: skip
"""What is told of a node."""


def rows(names: list[str]) -> list[Comparison]:
    """Return the rows of calls, awaits, metrics and manifests."""
    return [
        call(names),
        *(awaiting(name) for name in able(names)),
        *(metrics(name) for name in able(names)),
        report(names),
        manifest(names),
    ]


def call(names: list[str]) -> Comparison:
    """Return the row of a run in which there is next to nothing to do."""

    def copies(items: Items) -> Items:
        return items[:]

    return Comparison(
        OPERATION,
        [*executors(names, lambda _: SIMPLE[:1]), Candidate(COPIES, copies, "one call, one slice")],
        ints,
        (1,),
        COPIES,
        EXACT,
        keep_outputs=False,
        title="Call of a pipeline (1 node, 1 item)",
        notes=["The way into the executor and back: run_sync of one PassThroughNode on a list of one item."],
        source="numbers up to a million, drawn from the seed",
    )


def awaiting(name: str) -> Comparison:
    """Return one executor's row of `await run()` beside its own call and a number of empty awaits."""

    def awaited(items: Items) -> tuple[Any, ...]:
        return pipeline(nodes_of(SIMPLE), name).run, items

    def called(items: Items) -> tuple[Any, ...]:
        return pipeline(nodes_of(SIMPLE), name).run_sync, items

    def driven(work: Any, run: Any, items: Items) -> Any:
        return plain.driven(work(run, items))

    about = partial(Candidate, prepare=called, observe=fresh)
    return Comparison(
        OPERATION,
        [
            backend(name, awaited, partial(driven, plain.awaiting)),
            about(AND_4, partial(driven, plain.calling_and_4), "run_sync, then four times `await empty()`"),
            about(AND_3, partial(driven, plain.calling_and_3), "run_sync, then three times `await empty()`"),
            about(CALLED, partial(driven, plain.calling), "run_sync", "limit", other_work="awaits nothing"),
        ],
        lambda _n, rng: ints(10, rng),
        (plain.AWAITS,),
        AND_4,
        EXACT,
        keep_outputs=False,
        title=f"await run() by {name} (3n, 10i)",
        item="run",
        notes=[
            f"{plain.AWAITS} runs one after the other in one coroutine, which a single send(None) drives: that nothing "
            "waits is checked by that. Beyond the call, in empty awaits: (its time − the call's) ÷ (that with four − "
            "the call's) × 4."
        ],
        source="numbers up to a million, drawn from the seed",
    )


def metrics(name: str) -> Comparison:
    """Return one executor's row of a run that counts and times beside one that does not."""

    def prepare(on: bool, items: Items, nodes: int) -> tuple[Any, ...]:
        return pipeline(nodes_of(repeated(nodes)), name, enable_metrics=on).run_sync, items

    def drawn(nodes: int, rng: Any) -> tuple[Any, ...]:
        return (*ints(100, rng), nodes)

    return Comparison(
        OPERATION,
        [
            backend(name, partial(prepare, True)),
            Candidate(OFF, operator.call, "enable_metrics=False", prepare=partial(prepare, False), observe=fresh),
        ],
        drawn,
        (3, 100),
        OFF,
        EXACT,
        reference=OFF,
        keep_outputs=False,
        title=f"Metrics on against off, {name} (100 items)",
        item="node",
        source="numbers up to a million, drawn from the seed",
    )


def report(names: list[str]) -> Comparison:
    """Return the row of asking for the metrics of three nodes, as JSON text."""

    def asked(get: Any) -> str:
        return json.dumps(get())

    def prepare(name: str, items: Items) -> tuple[Any, ...]:
        made = pipeline(nodes_of(SIMPLE), name)
        made.run_sync(items)
        return (made.get_metrics,)

    def by_hand(nodes: int) -> str:
        rows = [dict.fromkeys(FIELDS, 1.5) for _ in range(nodes)]
        return json.dumps({"pipeline_id": "compared", "total_executions": 1, "node_metrics": rows})

    def shape(text: str, *_inputs: Any) -> list[Any]:
        return [sorted(node) for node in json.loads(text)["node_metrics"]]

    about = [backend(name, partial(prepare, name), asked) for name in names]
    return Comparison(
        OPERATION,
        [
            *(_observed(each, shape) for each in about),
            Candidate(COUNTED_BY_HAND, by_hand, "the same fields, json.dumps", prepare=lambda _: (3,), observe=shape),
        ],
        lambda _n, rng: ints(100, rng),
        (3,),
        COUNTED_BY_HAND,
        EXACT,
        keep_outputs=False,
        title="Metrics Collection",
        item="node",
        notes=["get_metrics() of three nodes after a run, made JSON text: only who asks pays for it."],
        source="numbers up to a million, drawn from the seed",
    )


def _observed(candidate: Candidate, observe: Any) -> Candidate:
    return replace(candidate, observe=observe)


def manifest(names: list[str]) -> Comparison:
    """Return the row of a manifest's JSON text being made runnable."""

    def made(name: str, text: str) -> Any:
        return Pipeline.from_json(text, runtime_hint=name)

    def ran(output: Any, _text: str) -> Any:
        return output.run_sync(SAMPLE)

    return Comparison(
        OPERATION,
        [
            *(_made(name, partial(made, name), ran) for name in names),
            Candidate(
                BY_HAND,
                plain.from_json,
                "json.loads, a plain object per node, graphlib; nothing is validated",
                observe=ran,
            ),
        ],
        lambda nodes, _rng: (manifest_text(nodes),),
        (100,),
        BY_HAND,
        EXACT,
        keep_outputs=False,
        title="Cold manifest, JSON text to runnable",
        item="node",
        notes=["Ours checks every field, and is run afterwards, untimed, to compare what it makes of four items."],
        source="a line of PassThroughNode and CalculatorNode",
    )


def _made(name: str, call: Any, observe: Any) -> Candidate:
    return columns.backend(name, lambda _: call, observe)


def manifest_text(nodes: int) -> str:
    """Return the JSON text of a manifest of a line of nodes, every field written out as editors write them."""
    made = [
        {
            "id": f"node-{at}",
            "type": "PassThroughNode" if kind == "pass" else "CalculatorNode",
            "params": {} if kind == "pass" else {"operation": kind, "operand": operand},
            "runtime_hint": "auto",
        }
        for at, (kind, operand) in enumerate(repeated(nodes))
    ]
    edges = [
        {"from": f"node-{at}", "to": f"node-{at + 1}", "output_key": "output", "input_key": "input"}
        for at in range(nodes - 1)
    ]
    config = {"enable_metrics": True, "retry_policy": "exponential", "max_retries": 3}
    return json.dumps({"version": "1.0", "nodes": made, "edges": edges, "config": config})
