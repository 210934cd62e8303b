"""A candidate: something that claims to do the work, with what a table must say about it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from paceline_harness.record import Group, Quality


@dataclass(frozen=True, slots=True)
class Candidate:
    """One column of a comparison.

    `call` is called as `call(*inputs)`, or `call(*inputs, out=shared)` where it takes `out` and the comparison keeps
    its outputs. What `prepare(*inputs)` returns replaces the inputs; it is not timed. `observe(output, *inputs)`
    turns an output that is no array into something that can be compared; it is not timed either.

    `reset(*inputs)` brings a candidate with a state back to its beginning before every call; it is not timed. Where
    one candidate of a table has it, the calls of all of them are timed one by one, so that none is favoured.

    `start()` is for candidates that are compiled on their first call: it imports and starts what compiles them, before
    the first call, and returns the ns that this took in this process, or None if it had been done before. The first
    call is then told apart into start, compiling and run. `bound_ns` is what was compiled before the first call, when
    `call` was made.

    `package` names the one that holds its code, where that is not the file in which `call` is defined.
    `tolerance` replaces the comparison's where `tolerance_reason` explains it.

    `examine()` is called once the output was found equal, untimed: what the output is worth, and why the work is not
    the table's ("": it is). `other_work` says the same of a limit beforehand: it does something else, and its output is
    not compared.
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
    package: str | None = None
    reset: Callable[..., object] | None = None
    start: Callable[[], int | None] | None = None
    bound_ns: int = 0
    examine: Callable[[], tuple[Quality, str]] | None = None
    other_work: str = ""

    def __post_init__(self) -> None:
        if self.call is None and not self.unavailable:
            raise ValueError(f"The candidate {self.name!r} has no call; accepted is a callable, or a reason why not.")
        if self.tolerance is not None and not self.tolerance_reason:
            raise ValueError(
                f"The candidate {self.name!r} has a tolerance of its own, {self.tolerance}, and no tolerance_reason; "
                "accepted is a wider tolerance with a sentence that explains it."
            )
        if self.other_work and self.group != "limit":
            raise ValueError(
                f"The candidate {self.name!r} of the group {self.group!r} has other_work, so nothing of it would be "
                "compared; accepted is that for the group 'limit'."
            )

    @property
    def takes_out(self) -> bool:
        """Whether `call` has a parameter named `out`."""
        return self._out() is not None

    @property
    def needs_out(self) -> bool:
        """Whether `call` cannot be called without `out`."""
        out = self._out()
        return out is not None and out.default is inspect.Parameter.empty

    def _out(self) -> inspect.Parameter | None:
        if self.call is None:
            return None
        try:
            return inspect.signature(self.call).parameters.get("out")
        except (ValueError, TypeError):  # a built-in without a signature: it is called plainly
            return None
