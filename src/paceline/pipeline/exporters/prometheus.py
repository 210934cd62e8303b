"""Metrics in Prometheus' text exposition; needs ``pip install 'paceline[prometheus]'``."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import Any, Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from paceline.pipeline.pipeline import Pipeline

_NODE: Final = ("pipeline", "node", "type")
_OF_NODES: Final = (
    ("items", "execution_count", 1.0, "Items that the node took, failed ones included."),
    ("successes", "success_count", 1.0, "Items that the node did not fail on."),
    ("errors", "error_count", 1.0, "Items that the node failed on."),
    ("retries", "retry_count", 1.0, "Attempts beyond the first."),
    ("seconds", "total_duration_us", 1e-6, "Time in the node; where it is short it is sampled."),
)
_OF_RUNS: Final = (
    ("runs", "total_executions", 1.0, "Runs."),
    ("failed_runs", "failed_executions", 1.0, "Runs that raised a node's error."),
    ("run_seconds", "total_duration_us", 1e-6, "Time of the runs; where it is short it is sampled."),
    ("metrics_overhead_seconds", "metrics_overhead_us", 1e-6, "What counting and timing cost."),
)


class PipelineCollector(Collector):
    """What :func:`prometheus_collector` returns: reads the metrics whenever it is scraped, never before."""

    def __init__(self, pipelines: Sequence[Pipeline]) -> None:
        self._pipelines = pipelines
        self._lock = threading.Lock()
        self._highest: dict[tuple[str, ...], float] = {}

    def describe(self) -> list[Metric]:
        """Return the metrics without values, so that a registry sees names that clash before the first run."""
        return [metric for metric, _ in self._families()]

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics."""
        rows: dict[str, list[tuple[tuple[str, ...], dict[str, Any]]]] = {"node": [], "run": []}
        for pipeline in self._pipelines:
            found = pipeline.get_metrics()
            name = str(found["pipeline_id"])
            rows["run"].append(((name,), found))
            rows["node"] += [((name, each["node_id"], each["node_type"]), each) for each in found["node_metrics"]]
        for metric, (of, field, scale) in self._families():
            for labels, values in rows[of]:
                metric.add_metric(labels, self._rising(metric.name, labels, values[field] * scale))
            yield metric
        memory = GaugeMetricFamily("paceline_peak_memory_bytes", _MEMORY)
        memory.add_metric([], max(values["peak_memory_bytes"] for _, values in rows["run"]))
        yield memory

    @staticmethod
    def _families() -> Iterator[tuple[CounterMetricFamily, tuple[str, str, float]]]:
        for name, field, scale, help in _OF_NODES:
            yield CounterMetricFamily(f"paceline_node_{name}", help, labels=_NODE), ("node", field, scale)
        for name, field, scale, help in _OF_RUNS:
            yield CounterMetricFamily(f"paceline_{name}", help, labels=["pipeline"]), ("run", field, scale)

    def _rising(self, name: str, labels: tuple[str, ...], value: float) -> float:
        """Return the highest value so far: an estimated total may fall, and a counter that falls means a restart."""
        with self._lock:
            highest = max(value, self._highest.get((name, *labels), 0.0))
            self._highest[name, *labels] = highest
        return highest


_MEMORY: Final = "Largest resident set that the process has had."


def prometheus_collector(*pipelines: Pipeline) -> PipelineCollector:
    """Return a collector of pipelines' metrics: ``REGISTRY.register(prometheus_collector(pipeline))``.

    Parameters
    ----------
    *pipelines : Pipeline
        All that are to be in one registry; the ``name`` of each is the label ``pipeline``.

    Returns
    -------
    PipelineCollector
        Counters with the labels ``pipeline``, ``node`` and ``type``: ``paceline_node_items_total``,
        ``..._successes_total``, ``..._errors_total``, ``..._retries_total``, ``..._seconds_total``; with ``pipeline``
        alone ``paceline_runs_total``, ``paceline_failed_runs_total``, ``paceline_run_seconds_total``,
        ``paceline_metrics_overhead_seconds_total``; and the gauge ``paceline_peak_memory_bytes`` of the process.

    Raises
    ------
    ValueError
        There is none, or two have one name.

    Notes
    -----
    Nothing is added to a run.
    """
    names = [pipeline.name for pipeline in pipelines]
    if not names or len(set(names)) < len(names):
        raise ValueError(f"The pipelines are named {names}; accepted are one or more, each with a name of its own.")
    return PipelineCollector(pipelines)
