"""What a block of ``using`` counts for: threads, tasks, generators, copied contexts."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

import paceline
from selection.fakes import serving

pytestmark = pytest.mark.usefixtures("three")


class TestThreads:
    @pytest.mark.skipif(getattr(sys.flags, "thread_inherit_context", False), reason="this Python's threads inherit")
    def test_a_new_thread_has_nothing_of_it(self):
        with paceline.using("one"), ThreadPoolExecutor(1) as pool:
            assert pool.submit(serving).result() == "cython"
            assert serving() == "one"

    def test_a_threads_own_is_its_own(self):
        entered, checked = threading.Event(), threading.Event()

        def other():
            with paceline.using("two"):
                entered.set()
                assert checked.wait(60)
                return serving()

        with ThreadPoolExecutor(1) as pool, paceline.using("one"):
            found = pool.submit(other)
            assert entered.wait(60)
            assert serving() == "one"
            checked.set()
            assert found.result() == "two"

    def test_a_copied_context_has_it(self):
        with paceline.using("one"):
            context = contextvars.copy_context()
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(context.run, serving).result() == "one"
        assert context.run(serving) == "one"
        assert serving() == "cython"


class TestTasks:
    def test_inherit_and_do_not_disturb_each_other(self):
        async def child(name, inside):
            before = serving()
            with paceline.using(name):
                await inside.wait()
                await asyncio.sleep(0)
                found = serving()
            return before, found, serving()

        async def main():
            inside = asyncio.Event()
            with paceline.using("cython"):
                tasks = [asyncio.create_task(child(name, inside)) for name in ("one", "two", "python,one")]
                await asyncio.sleep(0)
                assert serving() == "cython"
            inside.set()
            thread = await asyncio.to_thread(serving)
            return [*await asyncio.gather(*tasks[:2]), thread]

        assert asyncio.run(main()) == [("cython", "one", "cython"), ("cython", "two", "cython"), "cython"]

    def test_to_thread_inherits(self):
        async def main():
            with paceline.using("one"):
                return await asyncio.to_thread(serving)

        assert asyncio.run(main()) == "one"

    def test_async_generators_run_with_what_is_around_their_consumer(self):
        async def generate():
            for _ in range(3):
                yield serving()

        async def main():
            generator = generate()
            found = [await anext(generator)]
            with paceline.using("one"):
                found.append(await anext(generator))
            found.append(await anext(generator))
            return found

        assert asyncio.run(main()) == ["cython", "one", "cython"]

    def test_a_block_in_an_async_generator(self):
        async def generate():
            with paceline.using("one"):
                yield serving()
            yield serving()

        async def main():
            return [name async for name in generate()], serving()

        assert asyncio.run(main()) == (["one", "cython"], "cython")

    @pytest.mark.parametrize("around", ["python", "two"])
    def test_an_async_generator_that_another_task_closes(self, around):
        async def generate():
            with paceline.using("one"):
                yield serving()

        async def begin(generator):
            return await anext(generator)

        async def close(generator):
            with paceline.using(around):
                await generator.aclose()
                return paceline.explain("to_mono").backend

        async def main():
            generator = generate()
            begun = await asyncio.create_task(begin(generator))
            return begun, await asyncio.create_task(close(generator)), serving()

        assert asyncio.run(main()) == ("one", around, "cython")

    def test_a_generator_that_another_context_closes(self, recwarn):
        def generate():
            with paceline.using("one"):
                yield serving()

        generator = generate()
        assert contextvars.copy_context().run(next, generator) == "one"
        generator.close()
        assert serving() == "cython"
        gc.collect()
        assert not recwarn.list
