"""A candidate: something that claims to do the work, with what a table must say about it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from paceline_harness.record import Group


@dataclass(frozen=True, slots=True)
class Candidate:
    """One column of a comparison.

    `call` is called as `call(*inputs)`, or `call(*inputs, out=shared)` where it takes `out` and the comparison keeps
    its outputs. What `prepare(*inputs)` returns replaces the inputs; it is not timed. `observe(output, *inputs)`
    turns an output that is no array into something that can be compared; it is not timed either.
    `tolerance` replaces the comparison's where `tolerance_reason` explains it.
    """

    name: str
    call: Callable[..., Any] | None
    label: str = ""
    group: Group = "baseline"
    tolerance: float | None = None
    tolerance_reason: str = ""
    unavailable: str = ""
    prepare: Callable[..., tuple[Any, ...]] | None = None
    observe: Callable[..., Any] | None = None
    version: str | None = None

    def __post_init__(self) -> None:
        if self.call is None and not self.unavailable:
            raise ValueError(f"The candidate {self.name!r} has no call; accepted is a callable, or a reason why not.")
        if self.tolerance is not None and not self.tolerance_reason:
            raise ValueError(
                f"The candidate {self.name!r} has a tolerance of its own, {self.tolerance}, and no tolerance_reason; "
                "accepted is a wider tolerance with a sentence that explains it."
            )

    @property
    def takes_out(self) -> bool:
        """Whether `call` has a parameter named `out`."""
        if self.call is None:
            return False
        try:
            return "out" in inspect.signature(self.call).parameters
        except ValueError:  # a built-in without a signature: it is called plainly
            return False
