"""Rows on arrays: a line of nodes over a whole array, beside one fused kernel of the same line."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import cache, partial
from typing import Any, Final

import numpy as np

from paceline_harness.baselines.executor import SIGNS, Steps
from paceline_harness.candidate import Candidate
from paceline_harness.comparison import Comparison
from paceline_harness.environment import package_version
from paceline_harness.equality import Equality, Part
from paceline_harness.suites.executor.shared import (
    CALCULATING,
    COMPLEX,
    LARGEST,
    OPERATION,
    absent,
    executors,
)

FUSED: Final = "numba, fused by hand"
KEPT: Final = "numba, fused, kept output"
UFUNCS: Final = "NumPy by hand"
SIZES: Final = (100, 1_000, 10_000)


def unequal_elements(expected: Any, got: Any) -> float:
    """Return how many elements differ; infinite where shape or dtype do."""
    if not isinstance(got, np.ndarray) or got.dtype != expected.dtype or got.shape != expected.shape:
        return float("inf")
    return float(np.count_nonzero(got != expected))


BITS: Final = Equality((Part("value or dtype", "elements", unequal_elements),), 0.0)


def rows(names: list[str]) -> list[Comparison]:
    """Return a row of float64 that is calculated with, and one of int64."""
    return [
        _row(names, "Array in and out (7 nodes, float64)", CALCULATING, np.float64, SIZES),
        _row(names, "Array in and out (10 nodes, int64)", COMPLEX, np.int64, SIZES[1:2]),
    ]


def _row(names: list[str], title: str, steps: Steps, dtype: Any, sizes: tuple[int, ...]) -> Comparison:
    reason = absent("numba", "pip install numba")
    about = partial(Candidate, unavailable=reason, version=package_version("numba"))
    fused = about(
        FUSED,
        None if reason else operator.call,
        "one loop over the array, made of text, which returns a new array",
        prepare=lambda x: (_fused(steps), x),
    )
    kept = about(
        KEPT,
        None if reason else operator.call,
        "the same into an array that is there already",
        "limit",
        prepare=lambda x: (_fused(steps, kept=True), x, np.empty_like(x)),
        other_work="makes no array",
    )
    return Comparison(
        OPERATION,
        [
            *executors(names, lambda _: steps),
            fused,
            Candidate(UFUNCS, partial(_by_ufuncs, _calls(steps)), "a ufunc per node that calculates, in place"),
            kept,
        ],
        lambda n, rng: (rng.integers(-LARGEST, LARGEST, n).astype(dtype),),
        sizes,
        UFUNCS if reason else FUSED,
        BITS,
        reference=UFUNCS,
        keep_outputs=False,
        title=title,
        source="numbers up to a million, drawn from the seed",
    )


@cache
def _fused(steps: Steps, *, kept: bool = False) -> Callable[..., Any]:
    """Return a compiled loop over an array."""
    import numba

    body = "x[i]"
    for kind, operand in steps:
        if kind != "pass":
            body = f"({body} {SIGNS[kind]} {operand!r})"
    made = "" if kept else "    out = empty_like(x)\n"
    text = f"def run(x{', out' if kept else ''}):\n{made}    for i in range(x.size):\n        out[i] = {body}\n"
    space: dict[str, Any] = {"empty_like": np.empty_like}
    exec(f"{text}    return out\n", space)
    found: Callable[..., Any] = numba.njit(space["run"])
    return found


def _calls(steps: Steps) -> list[tuple[Callable[..., Any], int | float]]:
    ufuncs = {"add": np.add, "subtract": np.subtract, "multiply": np.multiply, "divide": np.true_divide}
    return [(ufuncs[kind], operand) for kind, operand in steps if kind != "pass"]


def _by_ufuncs(calls: list[tuple[Callable[..., Any], int | float]], x: Any) -> Any:
    (first, operand), *rest = calls
    out = first(x, operand)
    for call, operand in rest:
        call(out, operand, out=out)
    return out
