"""Spans for OpenTelemetry; needs ``pip install 'paceline[opentelemetry]'``."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from contextlib import aclosing, contextmanager
from time import time_ns
from typing import Any, Final

from opentelemetry import trace

from paceline.pipeline.pipeline import Pipeline

_COUNTS: Final = ("execution_count", "success_count", "error_count", "retry_count")


class InstrumentedPipeline:
    """What :func:`instrument` returns: runs a pipeline inside spans. The pipeline itself is as it was."""

    def __init__(self, pipeline: Pipeline, tracer: trace.Tracer) -> None:
        self.pipeline = pipeline
        self._tracer = tracer

    def run_sync(self, data: Any) -> Any:
        """Run an input and wait for it, as :meth:`Pipeline.run_sync`."""
        with self._span("run"):
            return self.pipeline.run_sync(data)

    async def run(self, data: Any) -> Any:
        """Run an input, as :meth:`Pipeline.run`."""
        with self._span("run"):
            return await self.pipeline.run(data)

    async def run_many(self, inputs: Iterable[Any], *, concurrency: int | None = None) -> list[Any]:
        """Run several inputs inside one span, as :meth:`Pipeline.run_many`."""
        with self._span("run_many"):
            return await self.pipeline.run_many(inputs, concurrency=concurrency)

    async def stream(self, source: Iterable[Any] | AsyncIterable[Any]) -> AsyncIterator[Any]:
        """Yield what comes of each item, as :meth:`Pipeline.stream`; the span lasts as long as the stream.

        It is the current span in the nodes, not in the loop that takes what is yielded.
        """
        span, began, before = self._begin("stream")
        try:
            async with aclosing(self.pipeline.stream(source)) as results:  # type: ignore[type-var]
                more = True
                while more:
                    with trace.use_span(span, record_exception=True, set_status_on_exception=True):
                        try:
                            item = await anext(results)
                        except StopAsyncIteration:
                            more = False
                    if more:
                        yield item
        finally:
            self._end(span, began, before)

    @contextmanager
    def _span(self, how: str) -> Iterator[None]:
        span, began, before = self._begin(how)
        try:
            with trace.use_span(span, record_exception=True, set_status_on_exception=True):
                yield
        finally:
            self._end(span, began, before)

    def _begin(self, how: str) -> tuple[trace.Span, int, dict[str, Any]]:
        name = self.pipeline.name
        began, before = time_ns(), self.pipeline.get_metrics()
        attributes = {"paceline.pipeline": name, "paceline.executor": self.pipeline.explain().backend}
        return self._tracer.start_span(f"{how} {name}", attributes=attributes, start_time=began), began, before

    def _end(self, span: trace.Span, began: int, before: dict[str, Any]) -> None:
        """Add a child for each node that took something, with the time it took in all, and end."""
        try:
            if span.is_recording():
                after = self.pipeline.get_metrics()
                context = trace.set_span_in_context(span)
                for old, new in zip(before["node_metrics"], after["node_metrics"], strict=True):
                    counts = {name: new[name] - old[name] for name in _COUNTS}
                    if any(counts.values()):
                        took = max(0.0, new["total_duration_us"] - old["total_duration_us"])
                        attributes = {"paceline.node": new["node_id"], "paceline.type": new["node_type"]}
                        child = self._tracer.start_span(
                            new["node_id"],
                            context,
                            attributes={
                                **attributes,
                                **{f"paceline.{name}": count for name, count in counts.items()},
                                "paceline.duration_us": took,
                            },
                            start_time=began,
                        )
                        if counts["error_count"]:
                            child.set_status(trace.StatusCode.ERROR)
                        child.end(began + int(took * 1_000))
        finally:
            span.end()


def instrument(pipeline: Pipeline, tracer: trace.Tracer | None = None) -> InstrumentedPipeline:
    """Return what runs a pipeline with a span for each run, and below it one for each node.

    Parameters
    ----------
    pipeline : Pipeline
        With ``enable_metrics``, which is the default; without, there are spans of runs only.
    tracer : opentelemetry.trace.Tracer, optional
        By default that of the global provider.

    Returns
    -------
    InstrumentedPipeline
        With ``run_sync``, ``run``, ``run_many`` and ``stream``.

    Notes
    -----
    The nodes' spans are made of the metrics, after the run, so that nothing is added to the work on an item. Each
    begins with the run and is as long as all of the node's work together, as it was sampled: nodes take turns, item by
    item. Where several runs go on at once, each has in its counts what the others did meanwhile.
    """
    return InstrumentedPipeline(pipeline, tracer if tracer is not None else trace.get_tracer("paceline"))
