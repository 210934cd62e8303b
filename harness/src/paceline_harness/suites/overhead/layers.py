"""Rows on small arrays through every layer: the kernel, the selector's choice before it, the public call around it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

import numpy as np

import paceline
from paceline.audio import FORMATS, convert_format, to_mono
from paceline.operations import OPERATIONS
from paceline.selection import selector
from paceline_harness.baselines import empty as plain
from paceline_harness.candidate import Candidate
from paceline_harness.comparison import Comparison
from paceline_harness.equality import Equality
from paceline_harness.record import Bar
from paceline_harness.suites.audio.formats import BITS
from paceline_harness.suites.columns import REFERENCE, backend, reference
from paceline_harness.suites.overhead.shared import CALLS, PYTHON_CALL, in_a_row
from paceline_harness.suites.trajectory.shared import ROTATION, VALUE

OPERATION: Final = "small_call"
SELECTED: Final = "selected"
PUBLIC: Final = "public"

KNOTS: Final = 8
FIRST_NS, APART_NS = 1_700_000_000_000_000_000, 5_000_000

SELECTION_AT_MOST: Final = 4
PUBLIC_AT_MOST: Final = 60
"""Times an empty Python function: what choosing may cost, and what a public call of a small array may."""


@dataclass(frozen=True, slots=True)
class Small:
    """An operation on next to nothing: its size and inputs, what a kernel and what the public function are given.

    `parameters` are the names of the inputs, `given` and `asked` texts of arguments that use them and n. With `keeps`
    the result is in `out`, which the caller has, else it is returned.
    """

    operation: str
    n: int
    inputs: Callable[[int, np.random.Generator], tuple[Any, ...]]
    parameters: str
    given: str
    public: Callable[..., Any]
    asked: str
    equal: Equality
    keeps: bool = True

    def in_a_row(self, call: str, *, returns: str = "", **names: Any) -> Callable[..., Any]:
        """Return CALLS of that text in a function of the inputs."""
        out = ", out=None" if self.keeps else ""
        return in_a_row(call, f"{self.parameters}, n{out}", returns=returns, **names)

    def kernel(self, call: str, **names: Any) -> Callable[..., Any]:
        """Return calls of a kernel, which writes into `out`."""
        return self.in_a_row(f"{call}({self.given})", returns="out" if self.keeps else "", **names)

    def asking(self, backend: str | None) -> Callable[..., Any]:
        """Return calls of the public function, with a backend named or none."""
        named = "" if backend is None else f", backend={backend!r}"
        return self.in_a_row(f"f({self.asked}{named})", f=self.public)


def _frames(n: int, rng: np.random.Generator) -> tuple[Any, ...]:
    return (rng.uniform(-1, 1, (n, 2)).astype(np.float32),)


def _samples(n: int, rng: np.random.Generator) -> tuple[Any, ...]:
    return (rng.integers(-(2**15), 2**15, n).astype(np.int16),)


def _queries(n: int, rng: np.random.Generator) -> tuple[Any, ...]:
    stamps = FIRST_NS + APART_NS * np.arange(KNOTS)
    return stamps, rng.uniform(0, 1, (KNOTS, 1)), rng.integers(stamps[0], stamps[-1], n)


_I16, _F32 = FORMATS.index("i16"), FORMATS.index("f32")

SMALL: Final = (
    Small("to_mono", 64, _frames, "x", "x, out", to_mono, "x, out=out", BITS),
    Small(
        "convert_format", 64, _samples, "x",
        f"x, {_I16}, out, {_F32}, 0", convert_format, "x, 'f32', out=out", BITS,
    ),
    Small(
        "interpolate_linear", 1, _queries, "stamps, values, at",
        "stamps, values, at, False, out", paceline.interpolate_linear, "stamps, values, at, out=out", VALUE,
    ),
    Small(
        "slerp_quaternion", 1, OPERATIONS["slerp_quaternion"].workload, "t, t0, q0, t1, q1",
        "t, t0, q0, t1, q1, False", paceline.slerp_quaternion, "t, t0, q0, t1, q1", ROTATION, keeps=False,
    ),
)  # fmt: skip


def rows(names: list[str], sizes: tuple[int, ...] | None) -> list[Comparison]:
    """Return a row for each operation, and each size where it has one."""
    return [_row(names, small, n) for small in SMALL for n in (sizes if sizes and small.keeps else (small.n,))]


def _row(names: list[str], small: Small, n: int) -> Comparison:
    chosen = paceline.explain(small.operation, n=n).backend
    bound = [_bound(name, small, n) for name in dict.fromkeys((*names, chosen))]
    baseline = bound_name(chosen)
    return Comparison(
        OPERATION,
        [*(_named(name, small) for name in names), _public(small), _selected(small, chosen), *bound, _unit(small)],
        lambda size, rng: (*small.inputs(size, rng), size),
        (n,),
        baseline,
        small.equal,
        reference=reference(small.asking(REFERENCE)),
        keep_outputs=small.keeps,
        title=f"{small.operation} through every layer (n = {n:,})",
        item="call",
        count_items=lambda *_inputs: CALLS,
        bars=[
            Bar("Selection", SELECTED, SELECTION_AT_MOST, less=baseline, unit=PYTHON_CALL),
            Bar("The public call", PUBLIC, PUBLIC_AT_MOST, unit=PYTHON_CALL),
        ],
        notes=[f"{CALLS} calls in a row, written out, are timed as one; the column per item has the call."],
    )


def bound_name(backend: str) -> str:
    """Return the name of a backend's kernel by itself."""
    return f"bound {backend}"


def _named(name: str, small: Small) -> Candidate:
    found = backend(name, small.asking)
    return replace(found, label=f"the public call with backend={name!r}")


def _public(small: Small) -> Candidate:
    label = "the public call with no backend named: checks, the selector's choice, the kernel"
    return Candidate(PUBLIC, small.asking(None), label, "backend", package="paceline")


def _unit(small: Small) -> Candidate:
    about = partial(Candidate, PYTHON_CALL, label="def without arguments", group="limit", other_work="does nothing")
    return about(call=small.in_a_row("f()", f=plain.nothing), package="paceline_harness.baselines")


def _selected(small: Small, chosen: str) -> Candidate:
    call = small.kernel("s.pick(n, None)", s=selector(small.operation))
    return Candidate(SELECTED, call, f"the selector's choice and the kernel, {chosen}'s: no checks", package="paceline")


def _bound(name: str, small: Small, n: int) -> Candidate:
    """Return a kernel by itself; of a variant, "rust:avx2", too."""
    kernel = partial(paceline.bind, small.operation, n=n, backend=name)
    found = backend(name.partition(":")[0], lambda _: small.kernel("f", f=kernel()))
    return replace(found, name=bound_name(name), group="baseline", label=f"paceline.bind(): {name}'s kernel by itself")
