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
KEEPING: Final = "public, out="

KNOTS: Final = 8
FIRST_NS, APART_NS = 1_700_000_000_000_000_000, 5_000_000

SELECTION_AT_MOST: Final = 4
PUBLIC_AT_MOST: Final = 60
"""Times an empty Python function: what choosing may cost, and what a public call of a small array may."""


@dataclass(frozen=True, slots=True)
class Small:
    """An operation on next to nothing: its size and inputs, what a kernel and what the public function are given.

    `parameters` are the names of the inputs, `given` and `asked` texts of arguments that use them. With `keeps` a
    kernel writes into the caller's `out`, else it returns its result. `kind` is which of the operation's kinds it is.
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
    kind: str = ""

    def kernel(self, call: str, **names: Any) -> Callable[..., Any]:
        """Return calls in a row of a kernel, whose text may use n."""
        out = ", out=None" if self.keeps else ""
        returns = "out" if self.keeps else ""
        return in_a_row(f"{call}({self.given})", f"{self.parameters}, n{out}", returns=returns, **names)

    def asking(self, backend: str | None) -> Callable[..., Any]:
        """Return calls in a row of the public function, with a backend named or none."""
        named = "" if backend is None else f", backend={backend!r}"
        return in_a_row(f"f({self.asked}{named})", f"{self.parameters}, n", f=self.public)

    def keeping(self) -> Callable[..., Any]:
        """Return calls in a row of the public function into a kept output."""
        return in_a_row(f"f({self.asked}, out=out)", f"{self.parameters}, n, out=None", f=self.public)

    def unit(self) -> Callable[..., Any]:
        """Return calls in a row of nothing."""
        return in_a_row("f()", f"{self.parameters}, n", f=plain.nothing)


def _frames(n: int, rng: np.random.Generator) -> tuple[Any, ...]:
    return (rng.uniform(-1, 1, (n, 2)).astype(np.float32),)


def _samples(n: int, rng: np.random.Generator) -> tuple[Any, ...]:
    return (rng.integers(-(2**15), 2**15, n).astype(np.int16),)


def _queries(n: int, rng: np.random.Generator) -> tuple[Any, ...]:
    stamps = FIRST_NS + APART_NS * np.arange(KNOTS)
    return stamps, rng.uniform(0, 1, (KNOTS, 1)), rng.integers(stamps[0], stamps[-1], n)


_I16, _F32 = FORMATS.index("i16"), FORMATS.index("f32")

SMALL: Final = (
    Small("to_mono", 64, _frames, "x", "x, out", to_mono, "x", BITS),
    Small(
        "convert_format", 64, _samples, "x",
        f"x, {_I16}, out, {_F32}, 0", convert_format, "x, 'f32'", BITS, kind="i16 to f32",
    ),
    Small(
        "interpolate_linear", 1, _queries, "stamps, values, at",
        "stamps, values, at, False, out", paceline.interpolate_linear, "stamps, values, at", VALUE,
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
    chosen = paceline.explain(small.operation, n, kind=small.kind).backend
    bound = [_bound(name, small, n) for name in dict.fromkeys((*names, chosen))]
    baseline, public = bound_name(chosen), _public(small)
    return Comparison(
        OPERATION,
        [*(_named(name, small) for name in names), *public, _selected(small, chosen), *bound, _unit(small)],
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
            *(Bar("The public call", each.name, PUBLIC_AT_MOST, unit=PYTHON_CALL) for each in public),
        ],
        notes=[f"{CALLS} calls in a row, written out, are timed as one; the column per item has the call."],
    )


def bound_name(backend: str) -> str:
    """Return the name of a backend's kernel by itself."""
    return f"bound {backend}"


def _named(name: str, small: Small) -> Candidate:
    found = backend(name, small.asking)
    return replace(found, label=f"the public call with backend={name!r}")


def _public(small: Small) -> list[Candidate]:
    """Return the public call as most write it, and into a kept output where there is one."""
    about = partial(Candidate, group="backend", package="paceline")
    label = "checks, the selector's choice, the kernel"
    found = [about(PUBLIC, small.asking(None), f"the public call with no backend named: {label}")]
    if small.keeps:
        found.append(about(KEEPING, small.keeping(), "the same into the output that kernels have"))
    return found


def _unit(small: Small) -> Candidate:
    about = partial(Candidate, label="def without arguments", group="limit", other_work="does nothing")
    return about(PYTHON_CALL, small.unit(), package="paceline_harness.baselines")


def _selected(small: Small, chosen: str) -> Candidate:
    call = small.kernel("s.pick(n, None)", s=selector(small.operation, small.kind))
    return Candidate(SELECTED, call, f"the selector's choice and the kernel, {chosen}'s: no checks", package="paceline")


def _bound(name: str, small: Small, n: int) -> Candidate:
    """Return a kernel by itself; of a variant, "rust:avx2", too."""
    kernel = partial(paceline.bind, small.operation, n=n, backend=name)
    found = backend(name.partition(":")[0], lambda _: small.kernel("f", f=kernel()))
    return replace(found, name=bound_name(name), group="baseline", label=f"paceline.bind(): {name}'s kernel by itself")
