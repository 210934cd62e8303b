"""Pipeline libraries of others: each as its own documentation has it, a function per node."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

import numpy as np

from paceline_harness.baselines.executor import Items, Steps, complete, nodes_of

Run = Callable[[Items], Any]
Mapped = Callable[[Items], Items]


def _mapped(steps: Steps) -> list[Mapped]:
    """Return for each node a function of a whole list: what libraries that pass one object per node are given."""
    return [lambda items, process=node.process: [process(item) for item in items] for node in nodes_of(steps)]  # type: ignore[misc]


def hamilton(steps: Steps) -> Run:
    """Return Hamilton's driver over a function per node, a list from one to the next."""
    from hamilton import driver
    from hamilton.ad_hoc_utils import create_temporary_module

    made: list[Any] = []
    source = "items"
    for at, work in enumerate(_mapped(steps)):
        name = f"node{at}"
        made.append(_named(name, source, work))
        source = name
    module: types.ModuleType = create_temporary_module(*made)
    built = driver.Builder().with_modules(module).build()
    return lambda items: built.execute([source], inputs={"items": items})[source]


def _named(name: str, source: str, work: Mapped) -> Any:
    """Return a function of one parameter of that name: Hamilton reads the graph off the names."""
    space: dict[str, Any] = {"work": work}
    exec(f"def {name}({source}: list) -> list:\n    return work({source})\n", space)
    return space[name]


def dask_sync(steps: Steps) -> Run:
    """Return dask's synchronous scheduler over a task per node, a list from one to the next."""
    from dask.local import get_sync
    from dask.task_spec import DataNode, Task, TaskRef

    works = _mapped(steps)

    def run(items: Items) -> Any:
        graph: dict[str, Any] = {"items": DataNode("items", items)}
        source = "items"
        for at, work in enumerate(works):
            name = f"node{at}"
            graph[name] = Task(name, work, TaskRef(source))
            source = name
        return get_sync(graph, source)

    return run


def pipecat(steps: Steps) -> Run:
    """Return pipecat's pipeline of a processor per node, a frame per item."""
    from loguru import logger
    from pipecat.frames.frames import DataFrame, EndFrame
    from pipecat.pipeline.pipeline import Pipeline
    from pipecat.processors.frame_processor import FrameProcessor

    logger.disable("pipecat")  # it would tell of every processor on stderr

    class Number(DataFrame):  # type: ignore[misc]
        def __init__(self, value: Any) -> None:
            super().__init__()
            self.value = value

    class Node(FrameProcessor):  # type: ignore[misc]
        def __init__(self, process: Callable[[Any], Any]) -> None:
            super().__init__()
            self.call = process

        async def process_frame(self, frame: Any, direction: Any) -> None:
            await super().process_frame(frame, direction)
            if isinstance(frame, Number):
                frame.value = self.call(frame.value)
            await self.push_frame(frame, direction)

    async def whole(items: Items) -> Items:
        out: Items = []
        processors = [Node(node.process) for node in nodes_of(steps)]
        await _pipecat_run(Pipeline([*processors, Node(out.append)]), [*map(Number, items), EndFrame()])
        return out

    return lambda items: complete(whole(items))


async def _pipecat_run(pipeline: Any, frames: list[Any]) -> None:
    """Run a pipeline over frames; what does that has other names since version 1."""
    try:
        from pipecat.pipeline.worker import PipelineWorker
        from pipecat.workers.runner import WorkerRunner
    except ImportError:
        from pipecat.pipeline.runner import PipelineRunner
        from pipecat.pipeline.task import PipelineTask

        task = PipelineTask(pipeline, cancel_on_idle_timeout=False)
        await task.queue_frames(frames)
        await PipelineRunner(handle_sigint=False).run(task)
        return
    worker, runner = PipelineWorker(pipeline, cancel_on_idle_timeout=False), WorkerRunner(handle_sigint=False)
    await worker.queue_frames(frames)
    await runner.add_workers(worker)
    await runner.run()


def gstreamer(steps: Steps) -> Run:
    """Return GStreamer's pipeline of an identity per node, the list as one buffer of 64-bit numbers.

    Raises
    ------
    ValueError
        A node calculates: GStreamer's own elements do not.
    """
    if any(kind != "pass" for kind, _ in steps):
        raise ValueError("GStreamer has no element that calculates with numbers; accepted are nodes that pass")
    import gi

    gi.require_version("Gst", "1.0")
    gi.require_version("GstApp", "1.0")
    from gi.repository import Gst, GstApp  # noqa: F401 - loading GstApp gives appsrc its methods

    Gst.init(None)
    line = " ! ".join(["appsrc name=source", *(["identity"] * len(steps)), "appsink name=sink sync=false"])
    pipeline = Gst.parse_launch(line)
    source, sink = pipeline.get_by_name("source"), pipeline.get_by_name("sink")
    pipeline.set_state(Gst.State.PLAYING)

    def run(items: Items) -> Any:
        sent = np.array(items)
        source.push_buffer(Gst.Buffer.new_wrapped(sent.tobytes()))
        buffer = sink.pull_sample().get_buffer()
        return np.frombuffer(buffer.extract_dup(0, buffer.get_size()), sent.dtype).tolist()

    return run
