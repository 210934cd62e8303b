"""For pytest-benchmark: runs of a pipeline that is there already. `uv run pytest benchmarks --benchmark-only`."""

from __future__ import annotations

from typing import Any

import paceline

from .cases import prepared, ready


def pytest_generate_tests(metafunc: Any) -> None:
    """Run the benchmark for every backend that has an executor, and several numbers of items."""
    backends = [backend for backend in paceline.status() if ready("run_pipeline", backend)]
    metafunc.parametrize(("items", "backend"), [(items, backend) for items in (10, 100, 1000) for backend in backends])


def test_run(benchmark: Any, items: int, backend: str) -> None:
    """Measure one run on one backend; results are grouped by the number of items."""
    benchmark.group = f"ten nodes, {items} items"
    run = prepared(backend, items)
    run()  # a JIT compiles here, and not in a round
    benchmark(run)
