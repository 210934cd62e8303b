"""Random graphs with every kind of node, as the oracle's data and as a pipeline."""

from __future__ import annotations

import asyncio
import copy
import random
from typing import Any

from oracles.executor import Act, Graph, Vertex
from paceline.pipeline import (
    BufferNode,
    CalculatorNode,
    FilterNode,
    Node,
    PassThroughNode,
    Pipeline,
    RouterNode,
)

NUMBERS = ["add", "subtract", "multiply", "divide"]
BUILT_IN = ["pass", *NUMBERS, *NUMBERS, "filter", "route", "buffer"]
USERS = ["one", "many", "keep", "function_filter", "route_by"]
AWAITED = ["one async", "many async", "keep async", "one stuck"]
NO_JOINS = [*NUMBERS, "filter", "route", "route_by", "buffer"]
OUTPUTS = ["output", "low", "high"]


class ActNode(Node):
    def __init__(self, act: Act) -> None:
        self.act = act  # without super().__init__(), as users write it


class One(ActNode):
    def process(self, item):
        return self.act.one(item)


class Many(ActNode):
    def process(self, item):
        yield from self.act.many(item)


class Keep(ActNode):
    def setup(self):
        self.act.setup()

    def teardown(self):
        self.act.teardown()

    def process(self, item):
        return self.act.keep(item)

    def flush(self):
        yield from self.act.flush()


class OneAwaited(ActNode):
    async def process(self, item):
        for _ in range(self.act.code(item) % 4):
            await asyncio.sleep(0)
        if self.act.salt % 7 == 0:
            await asyncio.sleep(self.act.code(item) % 3 / 10_000)
        return self.act.one(item)


class ManyAwaited(ActNode):
    async def process(self, item):
        for each in self.act.many(item):
            await asyncio.sleep(0)
            yield each
            await asyncio.sleep(0)


class KeepAwaited(ActNode):
    async def setup(self):
        await asyncio.sleep(0)
        self.act.setup()

    async def teardown(self):
        await asyncio.sleep(0)
        self.act.teardown()

    async def process(self, item):
        await asyncio.sleep(0)
        return self.act.keep(item)

    async def flush(self):
        for each in self.act.flush():
            await asyncio.sleep(0)
            yield each


class Stuck(ActNode):
    """Hangs where the act fails for good, and so runs out of time."""

    timeout_ms = 0.5

    async def process(self, item):
        try:
            return self.act.one(item)
        except ConnectionError:
            await asyncio.Event().wait()


class StuckAct(Act):
    """What the oracle sees of such a node: the time-out."""

    def meet(self, item: Any) -> int:
        try:
            return super().meet(item)
        except ConnectionError:
            raise TimeoutError from None


def items(rng: random.Random) -> list[Any]:
    """Return an input: mostly numbers of one kind, now and then of all kinds, or none."""
    length = rng.choice([0, 1, 2, 3, 5, 8, 13, 40])
    kinds = {
        "ints": lambda: rng.randint(-9, 9),
        "floats": lambda: rng.choice([rng.uniform(-9, 9), 0.0, -0.0, 1e308, float("inf"), float("nan"), 1e-320]),
        "large": lambda: rng.choice([2**62, 2**63 - 1, -(2**63), 2**64, 10**30, 2**53 + 1, 10**400]),
        "others": lambda: rng.choice([None, True, "text", [1], {"a": 1}, ()]),
    }
    mix = rng.choice([["ints"], ["floats"], ["ints", "floats"], ["ints", "floats", "large"], ["ints"] * 9 + ["others"]])
    return [kinds[rng.choice(mix)]() for _ in range(length)]


def operand(rng: random.Random) -> int | float:
    return rng.choice([rng.randint(-5, 5), rng.randint(1, 9), rng.uniform(-3, 3), 2**40, 2**70, 0.5, -0.0, 1e300])


def vertex(rng: random.Random, kind: str, id: str) -> Vertex:
    match kind:
        case "pass":
            return Vertex(id, kind)
        case "add" | "subtract" | "multiply" | "divide":
            return Vertex(id, kind, operand(rng))
        case "filter":
            return Vertex(id, kind, (rng.choice(["eq", "ne", "lt", "le", "gt", "ge"]), operand(rng)))
        case "buffer":
            return Vertex(id, kind, rng.randint(1, 4))
        case "route":
            rules = [
                (rng.choice(["lt", "gt", "eq"]), operand(rng), rng.choice([*OUTPUTS, None]))
                for _ in range(rng.randint(0, 3))
            ]
            return Vertex(id, kind, (rules, rng.choice([*OUTPUTS, None])))
    life = ["setup", "teardown", "flush"] if kind.startswith("keep") and rng.random() < 0.2 else []
    fails = rng.choice(life or ["", "", "hard", "never succeeds", "succeeds later", "succeeds later"])
    if kind == "one stuck":
        fails = "never succeeds"
    make = StuckAct if kind == "one stuck" else Act
    act = make(rng.randrange(10**6), fails, rng.choice([2, 5, 9]), rng.randint(2, 5))
    return Vertex(id, kind, [*OUTPUTS, None] if kind == "route_by" else None, act)


def graph(rng: random.Random, *, waits: bool) -> Graph:
    """Return a random graph; in one that waits some nodes are async."""
    shape = rng.random()
    size = rng.randint(1, 8) if shape < 0.7 else rng.randint(1, 25)
    line = rng.random() < 0.3
    pool = BUILT_IN if rng.random() < 0.3 and not waits else [*BUILT_IN, *USERS, *(AWAITED * 2 if waits else [])]
    if line and rng.random() < 0.5 and not waits:
        pool = ["pass", *NUMBERS]
    vertices: list[Vertex] = []
    edges: list[tuple[int, int, str, str]] = []
    for number in range(size):
        kind = rng.choice(pool)
        if waits and number == size // 2:
            kind = rng.choice(AWAITED[:3])
        joins = number > 1 and not line and rng.random() < 0.12
        if joins and kind in BUILT_IN:
            kind = "pass"
        vertices.append(vertex(rng, kind, f"{kind.replace(' ', '_')}_{number}"))
        if not number:
            continue
        if line:
            sources = [(number - 1, "input")]
        elif joins:
            sources = [
                (rng.randrange(number), rng.choice(["left", "right", "input"])) for _ in range(rng.randint(2, 4))
            ]
        elif rng.random() < 0.12:
            sources = []
        else:
            sources = [(rng.randrange(number), "input") for _ in range(rng.choice([1, 1, 1, 1, 2, 3]))]
        for source, port in sources:
            routes = vertices[source].kind.startswith("route")
            if kind in NO_JOINS:
                port = "input"
            edges.append((source, number, rng.choice(OUTPUTS) if routes else "output", port))
    for source, each in enumerate(list(vertices)):  # what a rule names must lead somewhere
        connected = {output for start, _, output, _ in edges if start == source}
        if each.kind == "route" and connected:
            rules, default = each.param
            for output in dict.fromkeys([*(output for *_, output in rules), default]):
                if output is not None and output not in connected:
                    vertices.append(Vertex(f"pass_{len(vertices)}", "pass"))
                    edges.append((source, len(vertices) - 1, output, "input"))
    new = rng.sample(range(len(vertices)), len(vertices))
    shuffled = [each for _, each in sorted(zip(new, vertices, strict=True), key=lambda pair: pair[0])]
    rng.shuffle(edges)
    config: dict[str, Any] = {
        "on_error": rng.choice(["raise", "raise", "skip", "collect", "collect"]),
        "retry_base_ms": 0.0,
        "max_retries": rng.choice([0, 1, 3, 3, 3]),
        "retry_policy": rng.choice(["none", "fixed", "exponential", "exponential"]),
        "circuit_breaker_threshold": rng.choice([None, 1, 2, 3, 5]),
        "circuit_breaker_cooldown_ms": rng.choice([0.0, 1e9]),
    }
    return Graph(shuffled, [(new[a], new[b], output, port) for a, b, output, port in edges], config)


def widths(rng: random.Random, graph: Graph) -> dict[str, int]:
    """Return how many items the async nodes work on at once. What a breaker sees would then depend on timing, and so
    would the tries of an item that is there twice: both are left out."""
    found = {}
    for each in graph.vertices:
        if each.kind in ("one async", "many async", "one stuck") and rng.random() < 0.5:
            found[each.id] = rng.choice([2, 3, 8])
            if each.act.fails == "succeeds later":
                each.act.fails = "hard"
    if found:
        graph.config["circuit_breaker_threshold"] = None
    return found


def pipeline(graph: Graph, widths: dict[str, int], **config: Any) -> Pipeline:
    """Return the pipeline that a graph describes, with acts of its own."""
    made = Pipeline("random", **graph.config, **config)
    for each in graph.vertices:
        act = copy.deepcopy(each.act)
        node = _node(each, act)
        if each.id in widths:
            node.max_concurrency = widths[each.id]
        made.add_node(node, id=each.id, after=())
    ids = [each.id for each in graph.vertices]
    for source, target, output, port in graph.edges:
        made.connect(ids[source], ids[target], output_key=output, input_key=port)
    return made


def _node(each: Vertex, act: Act | None) -> Node:
    match each.kind:
        case "pass":
            return PassThroughNode()
        case "add" | "subtract" | "multiply" | "divide":
            return CalculatorNode(each.kind, each.param)
        case "filter":
            return FilterNode(*each.param)
        case "route":
            rules, default = each.param
            return RouterNode([{"operation": a, "value": b, "output": c} for a, b, c in rules], default)
        case "buffer":
            return BufferNode(each.param)
        case "function_filter":
            return FilterNode(act.holds)
        case "route_by":
            return RouterNode(lambda item: act.route(item, each.param))
    kinds = {
        "one": One,
        "many": Many,
        "keep": Keep,
        "one async": OneAwaited,
        "many async": ManyAwaited,
        "keep async": KeepAwaited,
        "one stuck": Stuck,
    }
    return kinds[each.kind](act)
