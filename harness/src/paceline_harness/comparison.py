"""`Comparison`: any callables that claim to do the same work, compared on the same inputs."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import replace
from typing import Any

from paceline_harness.candidate import Candidate
from paceline_harness.clock import Clock, perf_counter
from paceline_harness.equality import Equality
from paceline_harness.measure import NULL_ARM, Progress, Settings
from paceline_harness.record import Claim
from paceline_harness.result import Result
from paceline_harness.table import Options, measure_table


class Comparison:
    """Compares candidates on one operation at one or several sizes.

    Parameters
    ----------
    name : str
        The operation, for tables and records.
    candidates : mapping of str to callable, or sequence of Candidate
        What is compared. A callable is called as ``f(*inputs)``; with `keep_outputs`, and where it has a parameter
        named ``out``, as ``f(*inputs, out=shared)``.
    inputs : callable
        ``inputs(n, rng)`` returns the tuple of inputs of size n; every candidate gets the same arrays.
    sizes : sequence of int
        The sizes to measure.
    baseline : str
        The candidate that the others are compared with.
    equal : Equality, optional
        How near an output must be to the reference's. Default: integers exactly, floats to 1e-9 of the largest value.
    reference : str or Candidate, optional
        Whose output is right; default: the baseline's.
    keep_outputs : bool
        Whether outputs are written into one shared set of arrays instead of being made by each call.
    title, item, count_items, claim, notes, source
        What tables and records say: a heading; the name of an item and how many the inputs hold (default: n); a
        published figure; remarks; where the inputs come from.

    Raises
    ------
    ValueError
        The baseline or the reference is no candidate, a name is used twice, or a size is below 1.
    """

    def __init__(
        self,
        name: str,
        candidates: Mapping[str, Callable[..., Any]] | Sequence[Candidate],
        inputs: Callable[[int, Any], tuple[Any, ...]],
        sizes: Sequence[int],
        baseline: str,
        equal: Equality | None = None,
        *,
        reference: str | Candidate | None = None,
        keep_outputs: bool = False,
        title: str = "",
        item: str = "item",
        count_items: Callable[..., int] | None = None,
        claim: Claim | None = None,
        notes: Iterable[str] = (),
        source: str = "made from the seed",
    ) -> None:
        self.name, self.title, self.item, self.source = name, title, item, source
        self.candidates = _as_candidates(candidates)
        self.inputs, self.equal, self.keep_outputs = inputs, equal, keep_outputs
        self.count_items, self.claim, self.notes = count_items, claim, tuple(notes)
        self.sizes = _checked_sizes(sizes)
        names = [each.name for each in self.candidates]
        if repeated := {each for each in names if names.count(each) > 1}:
            raise ValueError(f"Two candidates of {name!r} are named {sorted(repeated)[0]!r}; names must differ.")
        if NULL_ARM in names:
            raise ValueError(f"{NULL_ARM!r} is the name of the hidden second baseline; choose another name.")
        self.baseline = self.named(baseline, "baseline").name
        if isinstance(reference, Candidate):
            self.reference = reference
        else:
            self.reference = self.named(reference or baseline, "reference")

    def named(self, name: str, role: str = "candidate") -> Candidate:
        """Return the candidate of that name; ValueError, listing all names, when there is none."""
        for candidate in self.candidates:
            if candidate.name == name:
                return candidate
        names = ", ".join(repr(each.name) for each in self.candidates)
        raise ValueError(f"The {role} {name!r} is no candidate of {self.name!r}; accepted are {names}.")

    def with_baseline(self, name: str) -> Comparison:
        """Return the same comparison with another baseline; the reference for equality stays."""
        other = copy(self)
        other.baseline = self.named(name, "baseline").name
        return other

    def run(
        self,
        launches: int = 1,
        budget_s: float = 1.0,
        *,
        seed: int | None = None,
        margin: float = 0.005,
        alpha: float = 0.05,
        progress: Progress | None = None,
        clock: Clock = perf_counter,
    ) -> Result:
        """Measure every size for about `budget_s` seconds and return the result; outputs are compared first.

        Ctrl-C ends the run and keeps what was measured: the result's `interrupted` is then true.

        Raises
        ------
        ValueError
            `launches` is not 1, or the budget is not positive.
        """
        if launches != 1:
            raise ValueError(f"launches is {launches}; this version measures one launch, so accepted is 1.")
        if not budget_s > 0:
            raise ValueError(f"budget_s is {budget_s}; accepted is a positive number of seconds.")
        settings = replace(Settings(), budget_s=budget_s, margin=margin, alpha=alpha)
        options = Options(settings, secrets.randbits(32) if seed is None else seed, progress, clock)
        result = Result()
        try:
            for size in self.sizes:
                result.records.append(measure_table(self, size, options))
                if result.interrupted:
                    break
        except KeyboardInterrupt:
            result.cut_short = True
        return result


def _as_candidates(
    candidates: Mapping[str, Callable[..., Any]] | Sequence[Candidate],
) -> tuple[Candidate, ...]:
    if not isinstance(candidates, Mapping):
        return tuple(candidates)
    return tuple(call if isinstance(call, Candidate) else Candidate(name, call) for name, call in candidates.items())


def _checked_sizes(sizes: Sequence[int]) -> tuple[int, ...]:
    for size in sizes:
        if size < 1:
            raise ValueError(f"A size is {size}; accepted are sizes of 1 and more.")
    if not sizes:
        raise ValueError("sizes is empty; accepted is at least one size.")
    return tuple(sizes)
