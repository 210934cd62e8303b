"""Who serves which sizes of an operation, and what finds that out in a call."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from paceline.backends import Kernel
from paceline.selection.curves import Curve

UNROLLED: Final = 4
"""Up to so many ranges of sizes are told apart by comparisons, which cost less than a search."""

Rule = Literal["call", "using", "environment", "profile", "shipped", "order"]
Pick = Callable[..., Kernel]


@dataclass(frozen=True, slots=True)
class Choice:
    """A backend that serves an operation, and the rule that says so."""

    backend: str
    kernel: Kernel = field(repr=False)
    rule: Rule


@dataclass(frozen=True, slots=True)
class Table:
    """Who serves which sizes: ``choices[i]`` from ``sizes[i]`` on; the first of the sizes is 0."""

    sizes: Sequence[int]
    choices: Sequence[Choice]
    curves: Mapping[str, Curve] = field(default_factory=dict)
    """The times of all that may be chosen by them; empty: none decide."""

    def at(self, n: int) -> Choice:
        """Return who serves size ``n``."""
        return self.choices[bisect_right(self.sizes, n) - 1]


def picking(table: Table, named: Callable[[Any], Kernel]) -> Pick:
    """Return what finds the kernel of a size; for the usual tables without a search."""
    sizes, kernels = list(table.sizes), [choice.kernel for choice in table.choices]
    if len(kernels) == 1:
        (only,) = kernels

        def pick(n: int, backend: Any = None) -> Kernel:  # noqa: ARG001 - all sizes are alike here
            return only if backend is None else named(backend)

    elif len(kernels) == 2:
        below, above = kernels
        change = sizes[1]

        def pick(n: int, backend: Any = None) -> Kernel:
            if backend is None:
                return below if n < change else above
            return named(backend)

    elif len(kernels) <= UNROLLED:
        first, second, third, fourth = (*kernels, *kernels[-1:] * (UNROLLED - len(kernels)))
        one, two, three = (*sizes[1:], *sizes[-1:] * (UNROLLED - len(sizes)))

        def pick(n: int, backend: Any = None) -> Kernel:
            if backend is None:
                if n < two:
                    return first if n < one else second
                return third if n < three else fourth
            return named(backend)

    else:

        def pick(n: int, backend: Any = None) -> Kernel:
            if backend is not None:
                return named(backend)
            return kernels[bisect_right(sizes, n) - 1]

    return pick
