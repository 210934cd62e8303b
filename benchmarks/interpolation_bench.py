"""For pytest-benchmark: `uv run pytest benchmarks --benchmark-only`. Not collected by `uv run pytest` alone."""

from __future__ import annotations

from typing import Any

from .cases import call, pairs


def pytest_generate_tests(metafunc: Any) -> None:
    """Run the benchmark for every operation and each backend that is ready for it."""
    metafunc.parametrize(("operation", "backend"), pairs())


def test_operation(benchmark: Any, operation: str, backend: str) -> None:
    """Measure one operation on one backend; results are grouped by operation."""
    benchmark.group = operation
    bound = call(operation, backend)
    bound()  # a JIT compiles here, and not in a round
    benchmark(bound)
