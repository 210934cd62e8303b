"""What waits, and how: tasks, order, back-pressure, cancellation, streams, and runs at the same time."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import gc
import threading

import pytest

from conformance.executor.building import Noted, NotedAwaited, line
from paceline.pipeline import AddNode, BufferNode, MultiplyNode, Node, NodeError, PassThroughNode, Pipeline

pytestmark = pytest.mark.needs("run_pipeline")

ROUNDS = 5
"""Turns of the event loop after which everything that can happen has happened."""


async def settled():
    for _ in range(ROUNDS):
        await asyncio.sleep(0)


def alone():
    """Assert that no task but this one is left."""
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def waits(item):
    await asyncio.sleep(0)
    return item


async def fails(item):
    await asyncio.sleep(0)
    raise LookupError(item)


class Held(Node):
    """Holds every item until it is let go."""

    def __init__(self, width=1, name=None):
        super().__init__(name=name)
        self.max_concurrency = width
        self.inside: dict[object, asyncio.Event] = {}
        self.began: list[object] = []
        self.cancelled: list[object] = []

    async def process(self, item):
        self.began.append(item)
        event = self.inside[item] = asyncio.Event()
        try:
            await event.wait()
        except asyncio.CancelledError:
            self.cancelled.append(item)
            raise
        finally:
            del self.inside[item]
        return item


def test_nothing_that_waits_makes_no_task(backend, monkeypatch):
    """7.1: and no thread."""
    made = line(backend, AddNode(1), lambda item: item, BufferNode(2))
    threads = []
    monkeypatch.setattr(threading.Thread, "start", threads.append)
    coroutine = made.run([1, 2, 3])
    with pytest.raises(StopIteration) as caught:
        coroutine.send(None)  # no event loop is there
    assert caught.value.value == [[2, 3], [4]]
    coroutine = made.run_many([[1], [2]])
    with pytest.raises(StopIteration) as caught:
        coroutine.send(None)
    assert caught.value.value == [[[2]], [[3]]]
    assert threads == []


def test_branches_wait_at_the_same_time(backend):
    """7.2: both have begun before one has ended."""

    async def main():
        a, b = Held(name="a"), Held(name="b")
        made = Pipeline(runtime_hint=backend).add_node(a).add_node(b, after=())
        made.add_node(PassThroughNode(), id="c", after=["b", "a"])
        running = asyncio.ensure_future(made.run([1]))
        await settled()
        assert a.began == b.began == [1]
        b.inside[1].set()
        await settled()
        assert not running.done()
        a.inside[1].set()
        assert await running == [1, 1]
        alone()

    asyncio.run(main())


@pytest.mark.parametrize("width", [1, 2, 3, 7])
def test_max_concurrency(backend, width):
    """7.3, 7.4: so many at once, in order, and the source is read no further."""

    async def main():
        held, read = Held(width), []

        def source():
            for item in range(7):
                read.append(item)
                yield item

        made = line(backend, AddNode(0), held, AddNode(100))
        running = asyncio.ensure_future(made.run(source()))
        for done in range(7):
            for _ in range(10):
                await settled()
            assert held.began == read == list(range(min(done + width, 7)))
            held.inside[min(held.inside)].set()
        assert await running == list(range(100, 107))
        alone()

    asyncio.run(main())


def test_order_is_kept_when_later_items_end_first(backend):
    """7.3, 4.14: results wait for those before them."""

    async def main():
        held = Held(4)
        streamed = []

        async def stream():
            async for item in line(backend, held).stream([0, 1, 2, 3, 4, 5]):
                streamed.append(item)  # noqa: PERF401 - it is looked at while the stream goes on

        running = asyncio.ensure_future(stream())
        await settled()
        for item in (3, 2, 1):
            held.inside[item].set()
            await settled()
            assert streamed == []
            assert held.began == [0, 1, 2, 3]
        held.inside[0].set()
        await settled()
        await settled()
        assert streamed == [0, 1, 2, 3]
        for item in (5, 4):
            held.inside[item].set()
        await running
        assert streamed == list(range(6))

    asyncio.run(main())


@pytest.mark.parametrize("asynchronous", [False, True])
@pytest.mark.parametrize("width", [1, 2, 5])
def test_back_pressure(backend, width, asynchronous):
    """7.4: a consumer that does not ask lets nothing be read."""

    async def main():
        read = []

        class Wide(Node):
            max_concurrency = width

            async def process(self, item):
                return item

        def source():
            for item in range(100):
                read.append(item)
                yield item

        async def source_from_afar():
            for item in source():
                yield item

        async with contextlib.aclosing(
            line(backend, Wide()).stream((source_from_afar if asynchronous else source)())
        ) as s:
            taken = 0
            async for _ in s:
                taken += 1
                await settled()
                assert len(read) <= taken + width
            assert taken == 100

    asyncio.run(main())


@pytest.mark.parametrize("nodes", [[AddNode(1)], [lambda item: item + 1]])
def test_a_stream_that_does_not_wait_reads_item_by_item(backend, nodes):
    """7.4, 7.6: what comes of an item is there before the next is taken."""

    async def main():
        read = []

        def source():
            for item in range(5):
                read.append(item)
                yield item

        async for item in line(backend, *nodes).stream(source()):
            assert read == list(range(item))

    asyncio.run(main())


@pytest.mark.parametrize("stop", ["cancel", "twice", "timeout"])
@pytest.mark.parametrize("width", [1, 3])
@pytest.mark.parametrize("way", ["run", "stream", "run_many"])
def test_cancellation(backend, stop, width, way):
    """7.5: promptly, with every teardown, and no task left."""

    async def main():
        notes, held, slow_end = [], Held(width), asyncio.Event()

        class SlowEnd(NotedAwaited):
            async def process(self, item):
                try:
                    await asyncio.Event().wait()
                finally:
                    if not slow_end.is_set():
                        await asyncio.sleep(0)

        made = Pipeline(runtime_hint=backend).add_node(NotedAwaited(notes, "a")).add_node(held)
        made.add_node(SlowEnd(notes, "b"), after=())

        async def go():
            if way == "run":
                return await made.run([1, 2, 3, 4])
            if way == "run_many":
                return await made.run_many([[1, 2, 3, 4]])
            return [item async for item in made.stream([1, 2, 3, 4])]

        limit = asyncio.timeout(None)

        async def go_in_time():
            async with limit:
                await go()

        running = asyncio.ensure_future(go_in_time())
        for _ in range(10):
            await settled()
        assert held.inside
        if stop == "timeout":
            limit.reschedule(asyncio.get_running_loop().time())
        else:
            running.cancel()
        if stop == "twice":
            await asyncio.sleep(0)
            running.cancel()
        with pytest.raises(TimeoutError if stop == "timeout" else asyncio.CancelledError):
            await running
        alone()
        assert held.cancelled
        assert not held.inside
        assert sorted(each for each in notes if each.startswith("teardown")) == ["teardown a", "teardown b"]

    asyncio.run(main())


@pytest.mark.parametrize("turns", range(12))
def test_cancellation_at_any_point(backend, turns):
    """7.5, 3.5: whatever has been set up is torn down."""

    class Slow(Noted):
        async def setup(self):
            await asyncio.sleep(0)
            self.note("setup")

        async def process(self, item):
            await asyncio.sleep(0)
            self.note("process")
            await asyncio.sleep(0)
            yield item

        async def flush(self):
            await asyncio.sleep(0)

        async def teardown(self):
            await asyncio.sleep(0)
            self.note("teardown")

    async def main():
        notes = []
        made = line(backend, Slow(notes, "a"), Slow(notes, "b"))
        running = asyncio.ensure_future(made.run([1]))
        for _ in range(turns):
            await asyncio.sleep(0)
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        alone()
        for label in "ab":
            torn_down = notes.count(f"teardown {label}")
            cancelled_in_it = not torn_down and turns >= 8  # its first wait was
            assert torn_down == notes.count(f"setup {label}") or cancelled_in_it
        assert await made.run([1]) == [1]

    asyncio.run(main())


def test_an_error_leaves_no_task(backend):
    """7.5: of items and branches that were still on their way."""

    async def main():
        held = Held(4)
        made = Pipeline(runtime_hint=backend).add_node(held).add_node(fails, after=(), id="fails")
        running = asyncio.ensure_future(made.run([1, 2, 3]))
        await settled()
        for event in list(held.inside.values()):
            event.set()
        with pytest.raises(NodeError, match="LookupError"):
            await running
        alone()

    asyncio.run(main())


@pytest.mark.parametrize("node", [MultiplyNode(2), waits])
def test_several_sinks_in_a_stream(backend, node):
    """7.6: pairs of id and item."""

    async def main():
        made = Pipeline(runtime_hint=backend).add_node(AddNode(0), id="a").add_node(node, id="b", after=())
        return [each async for each in made.stream([1, 2])]

    twice = 2 if isinstance(node, MultiplyNode) else 1
    assert asyncio.run(main()) == [("a", 1), ("b", twice), ("a", 2), ("b", 2 * twice)]


@pytest.mark.parametrize("kind", [Noted, NotedAwaited])
def test_leaving_a_stream_early(backend, kind):
    """7.6: ends the run and tears down."""

    async def main():
        notes = []
        made = line(backend, kind(notes, "a"), kind(notes, "b"))
        stream = made.stream([1, 2, 3])
        assert await anext(stream) == 1
        await stream.aclose()
        assert notes[-2:] == ["teardown b", "teardown a"]
        assert "flush a" not in notes
        alone()
        with pytest.raises(StopAsyncIteration):
            await anext(stream)
        metrics = made.get_metrics()
        assert (metrics["total_executions"], metrics["failed_executions"]) == (1, 0)
        stream = made.stream([1])
        await stream.aclose()  # before it began
        assert notes.count("setup a") == 1

    asyncio.run(main())


def test_run_sync_in_a_loop(backend):
    """7.7: only what waits is refused."""

    async def main():
        assert line(backend, AddNode(1)).run_sync([1]) == [2]
        with pytest.raises(RuntimeError, match=r"await run\(\) instead"):
            line(backend, waits).run_sync([1])

    asyncio.run(main())


class Counts(Node):
    """Counts the items of a run."""

    def setup(self):
        self.count = 0

    def process(self, item):
        self.count += 1
        return item

    def flush(self):
        return f"{self.count} items"


class CountsAwaited(Counts):
    async def process(self, item):
        await asyncio.sleep(0)
        return super().process(item)


@pytest.mark.parametrize("kind", [Counts, CountsAwaited])
def test_runs_at_the_same_time_keep_apart(backend, kind):
    """7.8: what a run keeps is its own."""

    async def main():
        made = line(backend, kind(), BufferNode(2))
        results = await made.run_many([range(count) for count in range(5)])
        assert [result[-1][-1] for result in results] == [f"{count} items" for count in range(5)]
        first, second = made.stream([1, 2, 3]), made.stream([4, 5])
        got = [await anext(first), await anext(second)]
        assert got == [[1, 2], [4, 5]]
        assert [each async for each in second] == [["2 items"]]
        assert [each async for each in first] == [[3, "3 items"]]

    asyncio.run(main())


def test_other_nodes_are_shared(backend):
    """7.8: those without a life of their own, and a node that runs alone."""

    class Keeps(Node):
        def __init__(self):
            self.seen = []

        def process(self, item):
            self.seen.append(item)
            return item

    class KeepsAwaited(Keeps):
        async def process(self, item):
            await asyncio.sleep(0)
            return super().process(item)

    for node in (Keeps(), KeepsAwaited()):
        made = line(backend, node)
        asyncio.run(made.run_many([[1], [2], [3]]))
        assert sorted(node.seen) == [1, 2, 3]
    alone_again = Counts()
    made = line(backend, alone_again)
    made.run_sync([1, 2])
    assert alone_again.count == 2


def test_runs_in_threads(backend):
    """7.8: as those in tasks."""
    made = line(backend, AddNode(1), Counts())
    results = {}

    def work(number):
        for _ in range(20):
            results.setdefault(number, []).append(made.run_sync(range(number))[-1])

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {number: [f"{number} items"] * 20 for number in range(4)}
    metrics = made.get_metrics()
    assert metrics["total_executions"] == 80
    assert [each["execution_count"] for each in metrics["node_metrics"]] == [20 * 6] * 2


@pytest.mark.parametrize("concurrency", [None, 1, 2])
def test_run_many(backend, concurrency):
    """7.9: in order; so many at a time."""

    async def main():
        inside, most = 0, 0

        async def counted(item):
            nonlocal inside, most
            inside += 1
            most = max(most, inside)
            for _ in range(5 - item):
                await asyncio.sleep(0)
            inside -= 1
            return item

        made = line(backend, counted)
        assert await made.run_many([[item] for item in range(5)], concurrency=concurrency) == [[i] for i in range(5)]
        assert most == (concurrency or 5)
        assert await made.run_many([]) == []
        assert await line(backend, AddNode(1)).run_many(([x] for x in (1, 2)), concurrency=concurrency) == [[2], [3]]
        for wrong in (0, -1):
            with pytest.raises(ValueError, match="concurrency"):
                await made.run_many([], concurrency=wrong)
        alone()

    asyncio.run(main())


@pytest.mark.parametrize("awaited", [False, True])
def test_run_many_that_fails(backend, awaited):
    """7.9: the first error in the order of the inputs; the rest is cancelled or has not begun."""

    async def main():
        ended, cancelled = [], []

        async def late(item):
            try:
                for _ in range(abs(item)):
                    await asyncio.sleep(0)
            except asyncio.CancelledError:
                cancelled.append(item)
                raise
            return once(item)

        def once(item):
            if item < 0:
                raise LookupError(item)
            ended.append(item)
            return item

        made = line(backend, late if awaited else once)
        with pytest.raises(NodeError, match="LookupError: -9"):
            await made.run_many([[1], [-9], [-2], [99]])
        assert ended == [1]
        assert cancelled == ([99] if awaited else [])
        alone()

    asyncio.run(main())


VARIABLE = contextvars.ContextVar("variable", default="unset")


@pytest.mark.parametrize("width", [1, 3])
@pytest.mark.parametrize("awaited", [False, True])
def test_context_variables(backend, width, awaited):
    """7.10: of setup, and of whoever runs the pipeline."""
    torn_down = []

    class Sets(Node):
        def setup(self):
            VARIABLE.set(f"{VARIABLE.get()}, set up")

        def process(self, item):
            return VARIABLE.get()

        def teardown(self):
            torn_down.append(VARIABLE.get())

    class SetsAwaited(Sets):
        max_concurrency = width

        async def setup(self):
            super().setup()

        async def process(self, item):
            await asyncio.sleep(0)
            return super().process(item)

    async def main():
        VARIABLE.set("called")
        assert await line(backend, SetsAwaited() if awaited else Sets()).run([1, 2]) == ["called, set up"] * 2

    asyncio.run(main())
    assert torn_down == ["called, set up"]


@pytest.mark.parametrize("nodes", [[AddNode(1)], [lambda item: item], [Counts()], [waits], [CountsAwaited()]])
def test_memory_does_not_grow(backend, nodes):
    """7.5: runs, failing ones too, leave no object behind."""
    made = line(backend, lambda item: item / 1, *nodes)

    async def several():
        for _ in range(20):
            await made.run([1, 2, 3])
            with pytest.raises(NodeError):
                await made.run([1, "no number"])
            async for _ in made.stream([1]):
                break
        await settled()

    def objects():
        asyncio.run(several())
        gc.collect()
        return len(gc.get_objects())

    objects()
    before = objects()
    assert objects() <= before + 20
