"""What a run takes and gives back, and what numbers become."""

from __future__ import annotations

import asyncio
import collections
import math
import operator
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.executor.building import exactly, line
from oracles.executor import ARITHMETIC
from paceline.pipeline import (
    AddNode,
    BufferNode,
    CalculatorNode,
    FilterNode,
    MapNode,
    MultiplyNode,
    NodeError,
    PassThroughNode,
    Pipeline,
    RouterNode,
)

pytestmark = pytest.mark.needs("run_pipeline")

INTS = st.one_of(
    st.integers(-1_000, 1_000), st.integers(-(2**65), 2**65), st.sampled_from([2**63, -(2**63) - 1, 2**53 + 1, 10**40])
)
FLOATS = st.floats(allow_nan=True, allow_infinity=True)
NUMBERS = st.one_of(INTS, FLOATS)
OPERATIONS = st.tuples(st.sampled_from(list(ARITHMETIC)), NUMBERS)


def chain(backend: str, operations: list, **config) -> Pipeline:
    nodes = [PassThroughNode() if each is None else CalculatorNode(*each) for each in operations]
    return line(backend, *nodes, **config)


def loop(operations: list, items: list) -> list:
    """Return what a naive loop gives."""
    for each in operations:
        if each is not None:
            operation, operand = each
            items = [ARITHMETIC[operation](item, operand) for item in items]
    return items


@given(
    operations=st.lists(st.one_of(st.none(), OPERATIONS), min_size=1, max_size=8),
    items=st.one_of(st.lists(INTS, max_size=40), st.lists(FLOATS, max_size=40), st.lists(NUMBERS, max_size=40)),
)
def test_a_chain_is_the_naive_loop(backend, operations, items):
    """1.1, 2.2, 2.3, 2.6, 2.7: values and types, floats to the bit."""
    made = chain(backend, operations)
    try:
        expected = loop(operations, items)
    except (ZeroDivisionError, OverflowError):
        with pytest.raises(NodeError) as caught:
            made.run_sync(items)
        assert isinstance(caught.value.__cause__, ZeroDivisionError | OverflowError)
        return
    assert exactly(made.run_sync(items)) == exactly(expected)


@given(
    operations=st.lists(OPERATIONS, min_size=1, max_size=6),
    items=st.lists(st.one_of(st.integers(-(2**63), 2**63 - 1), st.integers(-99, 99)), max_size=30),
    floats=st.booleans(),
)
def test_an_array_has_the_values_of_its_list(backend, operations, items, floats):
    """1.3, 1.5: int64 and float64."""
    x = np.array(items, np.float64 if floats else np.int64)
    before = x.tobytes()
    made = chain(backend, operations)
    try:
        expected = loop(operations, x.tolist())
    except (ZeroDivisionError, OverflowError):
        with pytest.raises(NodeError):
            made.run_sync(x)
        return
    if any(type(each) is int and not -(2**63) <= each < 2**63 for each in expected):
        with pytest.raises(OverflowError, match="int64 cannot hold"):
            made.run_sync(x)
    else:
        result = made.run_sync(x)
        assert isinstance(result, np.ndarray)
        assert exactly(result.tolist()) == exactly(expected)
    assert x.tobytes() == before


@pytest.mark.parametrize("data", [(1, 2), iter([1, 2]), range(1, 3), {1: 0, 2: 0}.keys(), collections.deque([1, 2])])
def test_iterables_are_lists(backend, data):
    """1.1: any iterable."""
    if not isinstance(data, list | tuple | range | collections.deque) and not hasattr(data, "isdisjoint"):
        data = iter([1, 2])  # an iterator is used up by the first backend
    assert exactly(line(backend, AddNode(1)).run_sync(data)) == "[2, 3]"


Pair = collections.namedtuple("Pair", "a b")


@pytest.mark.parametrize("item", ["text", b"bytes", {"a": 1}, Pair(1, 2), 5, None, bytearray(b"a")])
def test_one_item(backend, item):
    """1.1, 1.2: what is no sequence of items is one."""
    assert exactly(line(backend, PassThroughNode()).run_sync(item)) == exactly(item)
    assert line(backend, lambda item: None).run_sync(item) is None
    twice = Pipeline(runtime_hint=backend)
    twice.add_node(PassThroughNode(), id="a").add_node(PassThroughNode(), id="b")
    twice.add_node(PassThroughNode(), id="c", after=["a", "b"])
    assert exactly(twice.run_sync(item)) == exactly(None if item is None else [item, item])


@pytest.mark.parametrize("dtype", ["f4", ">f4", "f2"])
@pytest.mark.parametrize("on_error", ["raise", "collect"])
def test_float32_is_rounded_once_a_node(backend, dtype, on_error):
    """1.4: and other graphs take Python's floats."""
    x = np.array([0.1, 0.2, 3e4], dtype)
    made = line(backend, MultiplyNode(3), AddNode(0.7), on_error=on_error)
    expected = x.astype(np.float32) * np.float32(3) + np.float32(0.7)
    for result in (made.run_sync(x), asyncio.run(made.run(x))):
        output = result if on_error == "raise" else result.output
        assert output.dtype == np.float32
        assert output.tobytes() == expected.tobytes()
    other = line(backend, MultiplyNode(3), FilterNode("gt", 0)).run_sync(x)
    assert exactly(other.tolist()) == exactly([3 * each for each in x.tolist()])


@pytest.mark.parametrize("dtype", ["i1", "u1", "i2", "u4", ">i4", "i8", "u8"])
def test_integers_of_any_width(backend, dtype):
    """1.3: become int64."""
    x = np.array([1, 2, 100, 3], dtype)
    for data in (x, x[::2], x[::-1], np.empty(0, dtype)):
        for result in (line(backend, AddNode(5)).run_sync(data), asyncio.run(line(backend, AddNode(5)).run(data))):
            assert result.dtype == np.int64
            assert result.tolist() == (data.astype(np.int64) + 5).tolist()


def test_arrays_of_no_numbers(backend):
    """1.5: what is not all ints or all floats comes as a list."""
    assert line(backend, PassThroughNode()).run_sync(np.array(["a", "b"])) == ["a", "b"]
    assert line(backend, BufferNode(2)).run_sync(np.array([1, 2, 3])) == [[1, 2], [3]]
    mixed = line(backend, lambda item: item if item > 1 else "small").run_sync(np.array([1, 2]))
    assert mixed == ["small", 2]
    with pytest.raises(OverflowError, match=str(2**64)):
        line(backend, MultiplyNode(4)).run_sync(np.array([2**62]))
    assert line(backend, MultiplyNode(4)).run_sync([2**62]) == [2**64]
    with pytest.raises(NodeError, match="bool"):
        line(backend, AddNode(1)).run_sync(np.array([True]))


@pytest.mark.parametrize("data", [[1, 2], np.array([1, 2]), np.array([1.0, 2.0]), []])
def test_what_comes_back_is_new(backend, data):
    """1.6: a pass-through gives no view of its input."""
    for run in (lambda made: made.run_sync(data), lambda made: asyncio.run(made.run(data))):
        result = run(line(backend, PassThroughNode()))
        assert result is not data
        assert type(result) is type(data)
        if isinstance(data, np.ndarray):
            assert not np.shares_memory(result, data)


async def waits(item):
    await asyncio.sleep(0)
    return item


async def from_afar(items):
    for each in items:
        await asyncio.sleep(0)
        yield each


@pytest.mark.parametrize("nodes", [[AddNode(1)], [AddNode(1), lambda item: item], [AddNode(1), waits]])
def test_async_iterables(backend, nodes):
    """1.7: by every way in."""

    async def everything():
        made = line(backend, *nodes)
        streamed = [item async for item in made.stream(from_afar([1, 2]))]
        return await made.run(from_afar([1, 2])), await made.run_many([from_afar([1, 2])]), streamed

    assert asyncio.run(everything()) == ([2, 3], [[2, 3]], [2, 3])
    assert line(backend, *nodes).run_sync(from_afar([1, 2])) == [2, 3]


@pytest.mark.parametrize("node", [PassThroughNode(), waits])
def test_several_sinks(backend, node):
    """1.8: a dict in the order of the manifest."""
    made = Pipeline(runtime_hint=backend)
    made.add_node(AddNode(1), id="z").add_node(node, id="b").add_node(MultiplyNode(2), id="a", after="z")
    for result in (made.run_sync([1, 2]), asyncio.run(made.run([1, 2]))):
        assert exactly(result) == exactly({"b": [2, 3], "a": [4, 6]})
    assert exactly(made.run_sync(1)) == exactly({"b": 2, "a": 4})
    arrays = made.run_sync(np.array([1, 2]))
    assert {key: each.tolist() for key, each in arrays.items()} == {"b": [2, 3], "a": [4, 6]}


class SourceError(Exception):
    pass


@pytest.mark.parametrize("nodes", [[AddNode(1)], [lambda item: item + 1], [AddNode(1), waits]])
@pytest.mark.parametrize("asynchronous", [False, True])
def test_the_source_fails(backend, nodes, asynchronous):
    """1.9: its error comes as it is, after what came of the items before it."""

    def broken():
        yield 1
        yield 2
        raise SourceError

    async def broken_from_afar():
        for each in broken():
            yield each

    source = broken_from_afar if asynchronous else broken

    got = []

    async def streamed():
        async for item in line(backend, *nodes).stream(source()):
            got.append(item)  # noqa: PERF401 - what came before the error is wanted

    with pytest.raises(SourceError):
        asyncio.run(streamed())
    assert got == [2, 3]
    with pytest.raises(SourceError):
        asyncio.run(line(backend, *nodes).run(source()))


def test_a_nodes_error_before_the_sources(backend):
    """1.9, 5.2: the item comes before the end of the source, however long the node takes."""

    class Wide(MapNode):
        max_concurrency = 4

    async def slow(item):
        await asyncio.sleep(0.002)
        raise LookupError(item)

    def broken():
        yield 1
        raise SourceError

    with pytest.raises(NodeError, match="LookupError"):
        line(backend, Wide(slow)).run_sync(broken())


class Whole(int):
    pass


class Real(float):
    pass


def test_kinds_of_numbers(backend):
    """2.1: subclasses and NumPy's scalars, but no bool."""
    items = [Whole(1), Real(1.5), np.int8(3), np.uint64(4), np.float32(0.5), np.float64(2.5)]
    expected = [2, 2.5, 4, 5, 1.5, 3.5]
    assert exactly(line(backend, AddNode(1)).run_sync(items)) == exactly(expected)
    for item in (True, np.True_):
        with pytest.raises(NodeError, match="bool") as caught:
            line(backend, AddNode(1)).run_sync([item])
        assert isinstance(caught.value.__cause__, TypeError)


def test_large_ints(backend):
    """2.2: exact beyond 64 bits, in any place of the chain."""
    made = line(backend, MultiplyNode(2**40), AddNode(1), CalculatorNode("subtract", 2**90))
    items = [0, 1, 2**23, -(2**23), 2**63 - 1, 2**100]
    assert made.run_sync(items) == [each * 2**40 + 1 - 2**90 for each in items]


@given(item=st.integers(-(2**200), 2**200), operand=st.integers(1, 2**100))
def test_quotients_are_rounded_once(backend, item, operand):
    """2.3: as the fraction is."""
    assert exactly(line(backend, CalculatorNode("divide", operand)).run_sync([item])) == exactly(
        [float(Fraction(item, operand))]
    )


@pytest.mark.parametrize("zero", [0, 0.0, -0.0])
@pytest.mark.parametrize("item", [1, 0, 1.5, math.nan, 10**400])
def test_division_by_zero(backend, zero, item):
    """2.4: in lists, arrays, and arrays as items."""
    made = line(backend, CalculatorNode("divide", zero))
    many = [[item], [np.array([1.5])]] + ([np.array([item])] if item != 10**400 else [])
    for data in many:
        with pytest.raises(NodeError) as caught:
            made.run_sync(data)
        assert isinstance(caught.value.__cause__, ZeroDivisionError)
        assert caught.value.index == 0


@pytest.mark.parametrize("item", ["1", b"1", None, [1], {"a": 1}, 1j, Fraction(1, 2), object()])
def test_no_numbers(backend, item):
    """2.5: a TypeError at the item's index, from arithmetic and from comparisons."""
    router = RouterNode([{"operation": "gt", "value": 0, "output": "output"}])
    for node in (AddNode(1), CalculatorNode("divide", 2), FilterNode("gt", 0), router):
        with pytest.raises(NodeError) as caught:
            line(backend, node).run_sync([1, item])
        assert caught.value.index == 1
        assert isinstance(caught.value.__cause__, TypeError)


def test_too_large_for_a_float(backend):
    """2.6: Python's own error."""
    for node in (AddNode(0.5), CalculatorNode("divide", 3)):
        with pytest.raises(NodeError) as caught:
            line(backend, node).run_sync([1, 10**400])
        assert isinstance(caught.value.__cause__, OverflowError)
        assert caught.value.index == 1


def test_infinities_and_nans(backend):
    """2.7: pass through, by list and by array, without a warning."""
    items = [math.inf, -math.inf, math.nan, 1e308, -1e308]
    made = line(backend, MultiplyNode(10.0), CalculatorNode("subtract", math.inf))
    expected = exactly([each * 10.0 - math.inf for each in items])
    assert exactly(made.run_sync(items)) == expected
    assert exactly(made.run_sync(np.array(items)).tolist()) == expected


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: CalculatorNode("power", 2), ValueError),
        (lambda: CalculatorNode("add", "2"), TypeError),
        (lambda: CalculatorNode("add", True), TypeError),
        (lambda: AddNode(None), TypeError),
        (lambda: MultiplyNode([2]), TypeError),
        (lambda: FilterNode("about", 2), ValueError),
        (lambda: FilterNode("gt", "2"), TypeError),
        (lambda: FilterNode("gt"), TypeError),
        (lambda: FilterNode(bool, 2), TypeError),
        (lambda: BufferNode(0), ValueError),
        (lambda: BufferNode(1.0), TypeError),
        (lambda: RouterNode([{"operation": "gt", "value": 1}]), TypeError),
        (lambda: RouterNode("gt"), TypeError),
    ],
)
def test_params_are_refused(make, error):
    """2.8: in Python."""
    with pytest.raises(error, match=r"accepted|missing"):
        make()


@given(items=st.lists(NUMBERS, max_size=20), value=NUMBERS, sign=st.sampled_from(["eq", "ne", "lt", "le", "gt", "ge"]))
def test_comparisons(backend, items, value, sign):
    """2.9: exact between ints and floats."""
    expected = [each for each in items if getattr(operator, sign)(each, value)]
    assert exactly(line(backend, FilterNode(sign, value)).run_sync(items)) == exactly(expected)
    router = Pipeline(runtime_hint=backend).add_node(
        RouterNode([{"operation": sign, "value": value, "output": "yes"}], "no"), id="router"
    )
    router.add_node(PassThroughNode(), id="yes", after=()).connect("router", "yes", output_key="yes")
    router.add_node(PassThroughNode(), id="no", after=()).connect("router", "no", output_key="no")
    result = router.run_sync(items)
    assert exactly(result["yes"]) == exactly(expected)
    assert len(result["no"]) == len(items) - len(expected)


def test_arrays_as_items(backend):
    """2.10: as their elements."""
    made = line(backend, MultiplyNode(3), CalculatorNode("divide", 2))
    ints, floats = made.run_sync([np.array([[1, 2]]), np.array([0.1], np.float32)])
    assert ints.tolist() == [[1.5, 3.0]]
    assert floats.dtype == np.float32
    with pytest.raises(NodeError) as caught:
        line(backend, MultiplyNode(4)).run_sync([np.array([2**62])])
    assert isinstance(caught.value.__cause__, OverflowError)
    with pytest.raises(NodeError) as caught:
        line(backend, AddNode(4)).run_sync([np.array(["a"])])
    assert isinstance(caught.value.__cause__, TypeError)
