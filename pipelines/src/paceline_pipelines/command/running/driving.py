"""Feeds a pipeline from an input and writes what comes of it, batch by batch."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

from paceline.pipeline import Collected, NodeError, Pipeline
from paceline_pipelines.command.errors import CommandError
from paceline_pipelines.command.running.input import Input
from paceline_pipelines.command.running.output import Output

__all__ = ["drive"]

_HELD: Final = 4096
"""Results of one sink that are written together."""

_KEEP_NOTHING: Final = frozenset(
    f"{name}{ending}"
    for name in ("Calculator", "Multiply", "Add", "PassThrough", "Echo", "Filter", "Router")
    for ending in ("", "Node")
)
"""Of these types no node keeps anything from item to item: a graph of them can be run batch by batch."""


def drive(
    pipeline: Pipeline,
    manifest: Mapping[str, Any],
    given: Input,
    outputs: Mapping[str, Output],
    advance: Callable[[int], None],
) -> int:
    """Run all of an input; return how many items, or frames of a signal, there were.

    Parameters
    ----------
    pipeline : Pipeline
    manifest : mapping
        The pipeline's.
    given : Input
    outputs : mapping of str to Output
        By the sinks' ids, in their order.
    advance : callable
        Called with how much is read.

    Raises
    ------
    NodeError, CommandError
        What the pipeline raises, and what the outputs do.
    """
    if given.kind != "signal" and _keeps_nothing(manifest):
        return _by_batches(pipeline, given, outputs, advance)
    return _streamed(pipeline, given, outputs, advance)


def _keeps_nothing(manifest: Mapping[str, Any]) -> bool:
    """Say whether each item's results are its own. With several ports items wait for their partners."""
    ports = [(edge["to"], edge.get("input_key", "input")) for edge in manifest.get("edges", ())]
    several = len(set(ports)) > len({target for target, _ in ports})
    return not several and all(node["type"] in _KEEP_NOTHING for node in manifest["nodes"])


def _by_batches(pipeline: Pipeline, given: Input, outputs: Mapping[str, Output], advance: Callable[[int], None]) -> int:
    count = 0
    for data, done in given.batches:
        try:
            result = pipeline.run_sync(data)
        except NodeError as error:
            raise _later(error, count) from error
        except OverflowError as error:
            raise CommandError(f"In the items from {count} on: {error}") from error
        if isinstance(result, Collected):
            result = result.output
        for sink, output in outputs.items():
            output.append(result if len(outputs) == 1 else result[sink])
        count += len(data)
        advance(done)
    return count


def _later(error: NodeError, before: int) -> NodeError:
    """Return an error of a batch with the item's index in the whole input."""
    if error.index is None or not before:
        return error
    text = str(error).replace(f"on item {error.index}", f"on item {error.index + before}", 1)
    return type(error)(text, error.node_id, error.node_type, error.index + before, error.attempt)


def _streamed(pipeline: Pipeline, given: Input, outputs: Mapping[str, Output], advance: Callable[[int], None]) -> int:
    feed = _Feed(given, advance)
    results = pipeline.stream(feed)
    writing = _write(results, outputs)
    if pipeline.explain().waits:
        asyncio.run(writing)
        return feed.count
    # Nothing waits, so one step runs to the end. Without an event loop Ctrl-C is raised in the node that is at work;
    # with one it would have to wait for the next await, and there is none.
    try:
        with suppress(StopIteration):
            writing.send(None)
            raise RuntimeError("A pipeline that does not wait has waited.")
    finally:
        with suppress(StopIteration):
            results.aclose().send(None)  # type: ignore[attr-defined]
    return feed.count


async def _write(results: Any, outputs: Mapping[str, Output]) -> None:
    held: dict[str, list[Any]] = {sink: [] for sink in outputs}
    only = next(iter(outputs)) if len(outputs) == 1 else None
    async for result in results:
        sink, item = (only, result) if only is not None else result
        items = held[sink]
        items.append(item)
        if len(items) >= _HELD or hasattr(item, "nbytes"):
            outputs[sink].append(items)
            items.clear()
    for sink, items in held.items():
        outputs[sink].append(items)


class _Feed:
    """An input's items one by one, counted."""

    def __init__(self, given: Input, advance: Callable[[int], None]) -> None:
        self.count = 0
        self._given, self._advance = given, advance

    def __iter__(self) -> Iterator[Any]:
        for data, done in self._given.batches:
            if self._given.kind == "signal":
                yield data
                self.count += len(data)
            else:
                for item in data.tolist() if self._given.kind == "numbers" else data:
                    self.count += 1
                    yield item
            self._advance(done)
