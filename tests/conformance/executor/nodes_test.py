"""What nodes send, when they begin and end, and what a graph does with it."""

from __future__ import annotations

import asyncio
import functools
import itertools

import pytest

from conformance.executor.building import Noted, NotedAwaited, exactly, line
from paceline.pipeline import (
    AddNode,
    BufferNode,
    CycleError,
    FilterNode,
    ManifestError,
    MapNode,
    MultiplyNode,
    Node,
    NodeError,
    PassThroughNode,
    Pipeline,
    RouterNode,
    node,
)

pytestmark = pytest.mark.needs("run_pipeline")


def returns(item):
    return None if item == 2 else item * 10


def yields(item):
    for number in range(item):
        yield None if number == 1 else item


async def awaited(item):
    await asyncio.sleep(0)
    return returns(item)


async def yields_awaited(item):
    for each in yields(item):
        await asyncio.sleep(0)
        yield each


class Called:
    def __init__(self, function):
        self.function = function

    def __call__(self, item):
        return self.function(item)


class CalledAwaited(Called):
    async def __call__(self, item):
        return await self.function(item)


class CalledGenerator(Called):
    def __call__(self, item):
        yield from self.function(item)


class CalledAsyncGenerator(Called):
    async def __call__(self, item):
        async for each in self.function(item):
            yield each


def with_option(item, *, option):
    return option(item)


@pytest.mark.parametrize(
    "function",
    [
        *(returns, awaited, lambda item: None if item == 2 else item * 10, functools.partial(awaited)),
        *(Called(returns), CalledAwaited(awaited), functools.partial(CalledAwaited(awaited))),
        functools.partial(with_option, option=returns),
    ],
)
def test_what_is_returned_is_sent(backend, function):
    """3.1, 3.3: None is not."""
    assert line(backend, function, AddNode(1)).run_sync([1, 2, 3]) == [11, 31]


@pytest.mark.parametrize(
    "function",
    [
        *(yields, yields_awaited, functools.partial(yields), functools.partial(yields_awaited)),
        *(CalledGenerator(yields), CalledAsyncGenerator(yields_awaited), functools.partial(CalledGenerator(yields))),
    ],
)
def test_what_is_yielded_is_sent(backend, function):
    """3.2, 3.3: but None."""
    assert line(backend, function, AddNode(1)).run_sync([0, 1, 2, 3]) == [2, 3, 4, 4]


def test_a_generator_that_fails_sends_nothing(backend):
    """3.2: of that item."""

    def fails(item):
        yield item
        if item == 2:
            raise ValueError(item)

    async def fails_awaited(item):
        for each in fails(item):
            yield each

    for function in (fails, fails_awaited):
        assert line(backend, function, on_error="skip").run_sync([1, 2, 3]) == [1, 3]


class Sums(Node):
    """Keeps a sum and sends it at the end."""

    def __init__(self, sends):
        self.sends = sends

    def setup(self):
        self.sum = 0

    def process(self, item):
        self.sum += item

    def flush(self):
        return self.sends(self.sum)


class SumsAwaited(Sums):
    async def process(self, item):
        self.sum += item


def flushes_two(total):
    yield total
    yield None
    yield -total


async def flushes_awaited(total):
    await asyncio.sleep(0)
    return total


async def flushes_two_awaited(total):
    for each in flushes_two(total):
        yield each


@pytest.mark.parametrize(
    ("sends", "expected"),
    [
        (lambda total: total, [6]),
        (lambda total: None, []),
        (lambda total: [total], [[6]]),
        (flushes_two, [6, -6]),
    ],
)
def test_flush(backend, sends, expected):
    """3.4: once, at the end."""
    for kind in (Sums, SumsAwaited):
        made = line(backend, PassThroughNode(), kind(sends), PassThroughNode())
        assert made.run_sync([1, 2, 3]) == expected
        assert made.run_sync([1, 2, 3]) == expected  # a second run begins anew
        assert made.run_sync([]) == [0 if type(each) is int else [0] for each in expected]


@pytest.mark.parametrize(("sends", "expected"), [(flushes_awaited, [6]), (flushes_two_awaited, [6, -6])])
def test_flush_that_waits(backend, sends, expected):
    """3.4: awaited, or iterated."""
    assert line(backend, SumsAwaited(sends)).run_sync([1, 2, 3]) == expected


def test_flushes_go_through_the_nodes_behind(backend):
    """3.4, 4.13: each node takes what the one before has kept, and then sends what it keeps itself."""
    made = line(backend, BufferNode(2), len, Sums(lambda total: total), BufferNode(5))
    assert made.run_sync([1, 2, 3]) == [[3]]


@pytest.mark.parametrize("kind", [Noted, NotedAwaited])
def test_a_life(backend, kind):
    """3.5: setup in order, teardown in reverse."""
    notes = []
    line(backend, kind(notes, "a"), kind(notes, "b")).run_sync([1, 2])
    assert notes == [
        *("setup a", "setup b", "process a", "process b", "process a", "process b"),
        *("flush a", "flush b", "teardown b", "teardown a"),
    ]


@pytest.mark.parametrize("kind", [Noted, NotedAwaited])
@pytest.mark.parametrize("fails", ["setup", "process", "flush", "teardown"])
def test_a_life_that_fails(backend, kind, fails):
    """3.5, 3.6, 5.1: every teardown has its turn; the index is an item's only."""
    notes = []
    made = line(backend, kind(notes, "a"), kind(notes, "b", fails), kind(notes, "c"))
    with pytest.raises(NodeError, match=f"{fails} of b") as caught:
        made.run_sync([1])
    error = caught.value
    assert (error.node_id, error.index, error.attempt) == (
        error.node_id[:-1] + "1",
        0 if fails == "process" else None,
        1,
    )
    assert isinstance(error.__cause__, ValueError)
    assert [each for each in notes if each.startswith("teardown")] == (
        ["teardown a"] if fails == "setup" else ["teardown c", "teardown b", "teardown a"]
    )


@pytest.mark.parametrize("kind", [Noted, NotedAwaited])
def test_two_errors(backend, kind):
    """3.6: the second is a note on the first."""

    def fails(item):
        raise LookupError(item)

    notes = []
    with pytest.raises(NodeError, match="LookupError") as caught:
        line(backend, kind(notes, "a"), kind(notes, "b", "teardown"), fails).run_sync([1])
    assert any("teardown of b" in each for each in caught.value.__notes__)
    assert notes[-2:] == ["teardown b", "teardown a"]


@pytest.mark.parametrize(("kind", "error"), [(Noted, GeneratorExit), (NotedAwaited, asyncio.CancelledError)])
def test_an_interrupted_teardown(backend, kind, error):
    """3.6, 5.5: leaves the others their turn."""
    notes = []

    class Interrupts(kind):
        def note(self, what):
            super().note(what)
            if what == "teardown":
                raise error

    with pytest.raises(error):
        line(backend, kind(notes, "a"), Interrupts(notes, "b")).run_sync([1])
    assert notes[-2:] == ["teardown b", "teardown a"]


def test_pass_through(backend):
    """3.7: anything but None."""
    items = [1, None, "a", [], False, 0]
    assert exactly(line(backend, PassThroughNode()).run_sync(items)) == exactly([1, "a", [], False, 0])
    assert exactly(line(backend, PassThroughNode(), lambda x: x).run_sync(items)) == exactly([1, "a", [], False, 0])


def test_filters(backend):
    """3.8: by a rule, and by whatever a function gives."""
    assert line(backend, FilterNode(">=", 2)).run_sync([1, 2, 2.5, 3]) == [2, 2.5, 3]
    assert line(backend, FilterNode(lambda item: item % 2)).run_sync([1, 2, 3]) == [1, 3]
    assert line(backend, FilterNode(">=", 2), FilterNode("lt", 3), AddNode(1)).run_sync([1, 2, 3]) == [3]
    for wrong in (awaited, yields, yields_awaited, Called(awaited).function):
        for kind in (FilterNode, RouterNode):
            with pytest.raises(TypeError, match="async"):
                kind(wrong)


def test_buffers(backend):
    """3.9: lists, and the rest at the end; a run begins with an empty one."""
    made = line(backend, BufferNode(2))
    assert made.run_sync([1, 2, 3]) == [[1, 2], [3]]
    assert made.run_sync([1, 2]) == [[1, 2]]
    assert made.run_sync([]) == []
    assert line(backend, BufferNode(2), BufferNode(2)).run_sync([1, 2, 3, 4, 5]) == [[[1, 2], [3, 4]], [[5]]]
    assert line(backend, awaited, BufferNode(2)).run_sync([1, 2, 3]) == [[10, 30]]

    async def streamed():
        return [item async for item in made.stream([1, 2, 3])]

    assert asyncio.run(streamed()) == [[1, 2], [3]]


class Bare(Node):
    def __init__(self, factor):
        self.factor = factor

    def process(self, item):
        return item * self.factor


@node("tests: tripled")
def tripled(item, *, more=0):
    return item * 3 + more


def test_what_is_a_node(backend):
    """3.10: a subclass, an instance of a function's class, a function; not a class."""
    nodes = [Bare(2), tripled(more=1), lambda item: item - 1, MapNode("tests: tripled"), MapNode(tripled)]
    assert line(backend, *nodes).run_sync([1]) == [(1 * 2 * 3 + 1 - 1) * 9]
    for wrong in (Bare, tripled, AddNode, 5, "AddNode", None):
        with pytest.raises(TypeError, match="accepted is a Node's instance"):
            line(backend, wrong)
    with pytest.raises(TypeError, match="accepted is a callable"):
        MapNode(5)
    with pytest.raises(NodeError, match="has no process method"):
        line(backend, Node()).run_sync([1])


# -- the graph


def graph(backend, ids, edges, make=lambda id: PassThroughNode(), **config):
    made = Pipeline(runtime_hint=backend, retry_base_ms=0.0, **config)
    for id in ids:
        made.add_node(make(id), id=id, after=())
    for source, target, *keys in edges:
        made.connect(source, target, **(keys[0] if keys else {}))
    return made


@pytest.mark.parametrize("waits", [False, True])
def test_the_order_of_nodes(backend, waits):
    """4.1, 4.2, 4.3: those that are free first, in the manifest's order."""
    seen = []

    def noting(id):
        async def note_awaited(item):
            seen.append(id)
            return item

        def note(item):
            seen.append(id)
            return item

        return note_awaited if waits and id == "a" else note

    edges = [("a", "z"), ("b", "y"), ("a", "y"), ("z", "x"), ("y", "x")]
    made = graph(backend, "xyzab", edges, noting)
    assert made.run_sync([1]) == [1, 1, 1]
    assert seen == ["a", "b", "z", "y", "y", "x", "x", "x"]


def test_fan_out_and_equal_edges(backend):
    """4.3: every edge carries everything."""
    assert graph(backend, "ab", [("a", "b"), ("a", "b")]).run_sync([1, 2]) == [1, 1, 2, 2]
    assert graph(backend, "abc", [("a", "b"), ("a", "c")]).run_sync([1, 2]) == {"b": [1, 2], "c": [1, 2]}


def test_merging(backend):
    """4.4: in the order of the edges, tick by tick."""
    factors = {"a": MultiplyNode(10), "b": MultiplyNode(100), "c": MultiplyNode(1)}
    for order in itertools.permutations("ab"):
        made = graph(backend, "abc", [(each, "c") for each in order], factors.get)
        expected = {"a": [10, 20], "b": [100, 200]}
        assert made.run_sync([1, 2]) == [expected[each][tick] for tick in (0, 1) for each in order]


@pytest.mark.parametrize("waits", [False, True])
def test_joining(backend, waits):
    """4.5, 4.7: dicts by key, over ticks too."""
    nodes = {"a": AddNode(1), "b": awaited if waits else returns, "c": FilterNode("ne", 1), "d": PassThroughNode()}
    edges = [("a", "d", {"input_key": "left"}), ("b", "d", {"input_key": "right"})]
    made = graph(backend, "abd", edges, nodes.get, on_error="skip")
    assert made.run_sync([1, 2, 3]) == [{"left": 2, "right": 10}, {"left": 3, "right": 30}]
    nodes["d"] = lambda item: item["left"] + item["right"]
    assert graph(backend, "abd", edges, nodes.get, on_error="skip").run_sync([1, 2, 3]) == [12, 33]


@pytest.mark.parametrize("waits", [False, True])
def test_left_over(backend, waits):
    """4.6: an error at the end, after those with a partner."""
    nodes = {"a": AddNode(1), "b": awaited if waits else returns, "d": PassThroughNode()}
    edges = [("a", "d", {"input_key": "left"}), ("b", "d", {"input_key": "right"})]
    with pytest.raises(NodeError, match="1 at 'left'") as caught:
        graph(backend, "abd", edges, nodes.get).run_sync([1, 2, 3])
    assert (caught.value.node_id, caught.value.index) == ("d", None)
    output, errors = graph(backend, "abd", edges, nodes.get, on_error="collect").run_sync([1, 2, 3])
    assert output == [{"left": 2, "right": 10}, {"left": 3, "right": 30}]
    assert [each.node_id for each in errors] == ["d"]


@pytest.mark.parametrize("last", [AddNode(1), BufferNode(2), FilterNode("gt", 1), RouterNode([])])
def test_who_may_join(backend, last):
    """4.7: nodes of one port are refused."""
    edges = [("a", "b", {"input_key": "left"}), ("a", "b", {"input_key": "right"})]
    with pytest.raises(ManifestError, match="A PassThroughNode joins"):
        graph(backend, "ab", edges, lambda id: last if id == "b" else PassThroughNode()).run_sync([1])


RULES = [
    {"operation": "lt", "value": 0, "output": "negative"},
    {"operation": "lt", "value": 10, "output": "small"},
    {"operation": "eq", "value": 13, "output": None},
]


def sign(item):
    return "negative" if item < 0 else "small" if item < 10 else None if item == 13 else "large"


@pytest.mark.parametrize("router", [lambda: RouterNode(RULES, "large"), lambda: RouterNode(sign)])
@pytest.mark.parametrize("waits", [False, True])
def test_routing(backend, router, waits):
    """4.8: to the first that holds, to the default, to nowhere."""
    nodes = {"r": router(), "small": awaited if waits else returns}
    edges = [("r", each, {"output_key": each}) for each in ("negative", "small", "large")]
    made = graph(backend, ["r", "negative", "small", "large"], edges, lambda id: nodes.get(id, PassThroughNode()))
    assert made.run_sync([-1, 5, 50, 13]) == {"negative": [-1], "small": [50], "large": [50]}
    both = graph(
        backend,
        "rab",
        [("r", "a", {"output_key": "small"}), ("r", "b", {"output_key": "small"})],
        lambda id: RouterNode([], "small") if id == "r" else PassThroughNode(),
    )
    assert both.run_sync([1]) == {"a": [1], "b": [1]}


def test_merging_routes(backend):
    """4.4, 4.8: two outputs of one router into one port."""
    edges = [("r", "a", {"output_key": each}) for each in ("large", "small", "negative")]
    made = graph(backend, "ra", edges, lambda id: RouterNode(RULES, "large") if id == "r" else PassThroughNode())
    assert made.run_sync([-1, 5, 50, 13]) == [-1, 5, 50]


@pytest.mark.parametrize(("rules", "error"), [(RULES, ManifestError), (sign, NodeError)])
def test_routes_to_nowhere(backend, rules, error):
    """4.9: refused, or a node's error; a router at the end sends all."""
    nodes = {"r": RouterNode(rules, "large"), "a": PassThroughNode()}
    with pytest.raises(error, match="leads nowhere"):
        graph(backend, "ra", [("r", "a", {"output_key": "small"})], nodes.get).run_sync([5, 50])
    assert line(backend, RouterNode(rules, "large")).run_sync([-1, 5, 13, 50]) == [-1, 5, 50]


def test_outputs_of_other_nodes(backend):
    """4.10: there is one."""
    with pytest.raises(ManifestError, match="has 'output' only"):
        graph(backend, "ab", [("a", "b", {"output_key": "other"})]).run_sync([1])


def test_sinks(backend):
    """4.11: what no edge leaves, also where it is not connected at all."""
    made = graph(backend, "cab", [("a", "b")])
    assert made.run_sync([1]) == {"c": [1], "b": [1]}


@pytest.mark.parametrize(
    ("edges", "cycle"),
    [
        ([("a", "a")], ("a", "a")),
        ([("a", "b"), ("b", "a")], ("a", "b", "a")),
        ([("c", "a"), ("a", "b"), ("b", "a"), ("b", "d")], ("a", "b", "a")),
        ([("a", "b"), ("b", "c"), ("c", "d"), ("d", "b")], ("b", "c", "d", "b")),
    ],
)
def test_cycles(backend, edges, cycle):
    """4.12: the path is named."""
    with pytest.raises(CycleError) as caught:
        graph(backend, "abcd", edges).run_sync([1])
    found = caught.value.cycle
    assert found[0] == found[-1]
    turned = [found[start:-1] + found[:start] for start in range(len(found) - 1)]
    assert cycle[:-1] in turned
    assert " -> ".join(found) in str(caught.value)


def test_the_order_is_the_same_however_long_nodes_take(backend):
    """4.14: results come in the order of ticks."""

    class Slower(Node):
        max_concurrency = 8

        def __init__(self, reverse):
            self.reverse = reverse

        async def process(self, item):
            for _ in range(20 - item if self.reverse else item):
                await asyncio.sleep(0)
            yield item
            yield -item

    for left, right in itertools.product([False, True], repeat=2):
        nodes = {"a": Slower(left), "b": Slower(right), "c": PassThroughNode()}
        made = graph(backend, "abc", [("a", "c"), ("b", "c")], nodes.get)
        assert made.run_sync(list(range(20))) == [x for item in range(20) for x in (item, -item) * 2]


@pytest.mark.parametrize("waits", [False, True])
def test_long_graphs(backend, waits):
    """4.15: 10,000 nodes in a line, and as many in dense layers."""
    made = Pipeline(runtime_hint=backend)
    for number in range(9_999):
        made.add_node(AddNode(1) if number % 100 else PassThroughNode(), id=str(number))
    made.add_node(awaited if waits else returns, id="last")
    assert made.run_sync([1]) == [10 * (1 + 9_999 - 100)]

    numbers = Pipeline(runtime_hint=backend)
    for number in range(10_000):
        numbers.add_node(AddNode(1), id=str(number))
    assert exactly(numbers.run_sync([1, 2.5])) == "[10001, 10002.5]"

    layers = Pipeline(runtime_hint=backend)
    before: list[str] = []
    for layer in range(100):
        ids = [f"{layer}.{number}" for number in range(100)]
        for number, id in enumerate(ids):
            last = layer == 99 and waits and number == 0
            layers.add_node(awaited if last else FilterNode("gt", 1), id=id, after=before)
        before = ids[:10]
    result = layers.run_sync([1])
    assert len(result) == 100 * 90 + 10
    assert not any(result.values())
