"""What a pipeline has counted and timed, in the documents' two JSON shapes.

Counts are exact. Times are sampled where they are short (see :data:`paceline.pipeline.program.TIMED_EVERY`): the
average is of those that were timed, the total is that average for all. The overhead is not timed but worked out: the
number of clock readings times what one costs here. An error at the end of the input is no item's, so it is in
``error_count`` and leaves ``success_count`` as it is. Where metrics are off everything is 0.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cache
from time import perf_counter_ns
from typing import Any, Literal

from paceline.pipeline.entries import Entry
from paceline.pipeline.plan import Plan
from paceline.pipeline.program import Count

MetricsShape = Literal["list", "dict"]

NOTHING = Count(0, 0, 0, 0, 0)


def as_json(
    name: str, plan: Plan, counts: Sequence[Count], runs: Count, order: Sequence[str], shape: MetricsShape
) -> dict[str, Any]:
    """Return the metrics; ``order`` is the manifest's order of the nodes' ids."""
    on = plan.config.enable_metrics
    if not on:
        counts, runs = [NOTHING] * len(plan.entries), NOTHING
    by_id = {
        entry.id: _node(entry, count, *((plan.errors[n], plan.late_errors[n], plan.retries[n]) if on else (0, 0, 0)))
        for n, (entry, count) in enumerate(zip(plan.entries, counts, strict=True))
    }
    total = _total_ns(runs)
    peak = peak_memory_bytes()
    readings = sum(count.timed for count in counts) + 2 * runs.timed
    common = {
        "pipeline_id": name,
        "total_executions": runs.taken,
        "failed_executions": plan.failed_runs if on else 0,
        "total_duration_us": total / 1_000,
        "total_duration_ms": total / 1_000_000,
        "peak_memory_bytes": peak,
        "peak_memory_mb": peak / 2**20,
        "metrics_overhead_us": readings * clock_ns() / 1_000,
    }
    if shape == "list":
        return {**common, "node_metrics": [by_id[each] for each in order]}
    return {
        **common,
        "node_metrics": {
            each: {
                "node_id": each,
                "execution_time_us": by_id[each]["total_duration_us"],
                "success_count": by_id[each]["success_count"],
                "error_count": by_id[each]["error_count"],
            }
            for each in order
        },
    }


def _node(entry: Entry, count: Count, errors: int, late: int, retries: int) -> dict[str, Any]:
    taken, succeeded = count.taken, count.taken - (errors - late)
    return {
        "node_id": entry.id,
        "node_type": entry.type,
        "execution_count": taken,
        "success_count": succeeded,
        "error_count": errors,
        "retry_count": retries,
        "success_rate": succeeded / taken if taken else 1.0,
        "total_duration_us": _total_ns(count) / 1_000,
        "avg_duration_us": count.ns / count.timed / 1_000 if count.timed else 0.0,
        "min_duration_us": count.shortest_ns / 1_000,
        "max_duration_us": count.longest_ns / 1_000,
        "timed_count": count.timed,
    }


def _total_ns(count: Count) -> float:
    return count.ns / count.timed * count.taken if count.timed else 0.0


def peak_memory_bytes() -> int:
    """Return the largest resident set that this process has had; 0 where the platform does not tell."""
    try:
        import resource
    except ModuleNotFoundError:
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


@cache
def clock_ns() -> float:
    """Return what one reading of the clock costs here, in nanoseconds; measured once."""
    readings = 1_000
    began = perf_counter_ns()
    for _ in range(readings):
        perf_counter_ns()
    return (perf_counter_ns() - began) / readings
