"""`Comparison`: any callables that claim to do the same work, compared on the same inputs."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from functools import partial
from importlib.machinery import PathFinder
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paceline_harness.candidate import Candidate
from paceline_harness.clock import Clock, perf_counter
from paceline_harness.equality import Equality
from paceline_harness.loading import Reached, reading
from paceline_harness.measure import NULL_ARM, Progress, Settings
from paceline_harness.record import Bar, Claim
from paceline_harness.result import Result
from paceline_harness.serving import asked
from paceline_harness.table import Options, measure_table

if TYPE_CHECKING:
    from paceline_harness.curve import Curve
    from paceline_harness.launch import Named


class Comparison:
    """Compares candidates on one operation at one or several sizes.

    Parameters
    ----------
    name : str
        The operation, for tables and records.
    candidates : mapping of str to callable, or sequence of Candidate
        What is compared. A callable is called as ``f(*inputs)``; where it has a parameter named ``out``, as
        ``f(*inputs, out=shared)``: `shared` is an array, or a tuple of them, like the reference's output.
    inputs : callable
        ``inputs(n, rng)`` returns the tuple of inputs of size n; every candidate gets the same arrays, copied to
        64-byte boundaries. The generator's seed is the same in all launches.
    sizes : sequence of int
        The sizes to measure.
    baseline : str
        The candidate that the others are compared with.
    equal : Equality, optional
        How near an output must be to the reference's. Default: integers exactly, floats to 1e-9 of the largest value.
    reference : str or Candidate, optional
        Whose output is right; default: the baseline's.
    keep_outputs : bool
        Whether candidates that take ``out`` are given it (default: yes). Without it every call makes its outputs.
    in_place : bool
        Whether candidates change their inputs. The inputs are then restored before every call, which is not timed,
        and calls are timed one by one; the output of a call that returns None is its changed arrays.
    title, item, count_items, claim, bars, notes, source
        What tables and records say: a heading; the name of an item and how many the inputs hold (default: n); a
        published figure; what candidates may cost; remarks; where the inputs come from.

    Raises
    ------
    ValueError
        The baseline, the reference or what a bar names is no candidate, a name is used twice, or a size is below 1.
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
        keep_outputs: bool = True,
        in_place: bool = False,
        title: str = "",
        item: str = "item",
        count_items: Callable[..., int] | None = None,
        claim: Claim | None = None,
        bars: Iterable[Bar] = (),
        notes: Iterable[str] = (),
        source: str = "made from the seed",
    ) -> None:
        self.name, self.title, self.item, self.source = name, title, item, source
        self.candidates = _as_candidates(candidates)
        self.inputs, self.equal, self.keep_outputs, self.in_place = inputs, equal, keep_outputs, in_place
        self._origin, self._home = self, _caller()
        file = str(self._home.get("__file__"))
        self._number = _made[file] = _made.get(file, 0) + 1
        self.count_items, self.claim, self.bars, self.notes = count_items, claim, tuple(bars), tuple(notes)
        self.sizes = _checked_sizes(sizes)
        names = [each.name for each in self.candidates]
        if repeated := {each for each in names if names.count(each) > 1}:
            raise ValueError(f"Two candidates of {name!r} are named {sorted(repeated)[0]!r}; names must differ.")
        if NULL_ARM in names:
            raise ValueError(f"{NULL_ARM!r} is the name of the hidden second baseline; choose another name.")
        self.baseline = self.named(baseline, "baseline").name
        for name in (name for bar in self.bars for name in (bar.of, bar.less, bar.unit) if name):
            self.named(name, "bar's candidate")
        if isinstance(reference, Candidate):
            self.reference = reference
        else:
            self.reference = self.named(reference or baseline, "reference")

    @property
    def number(self) -> int:
        """Which of the comparisons that its file makes this is, from 1: a name alone may mean another one later."""
        return self._number

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
        launches: int = 5,
        budget_s: float = 1.0,
        *,
        seed: int | None = None,
        margin: float = 0.005,
        alpha: float = 0.05,
        progress: Progress | None = None,
        clock: Clock | None = None,
    ) -> Result:
        """Measure every size in each launch for about `budget_s` seconds; outputs are compared first.

        A launch is a fresh process where the comparison stands at the top level of a file or module, else a fork of
        this one; a single launch is made in this process. A `clock` of one's own cannot be taken elsewhere: with it
        there is one launch. Ctrl-C ends the run and keeps what was measured: the result's `interrupted` is then true.

        Raises
        ------
        ValueError
            `launches` is below 1, or the budget is not positive.
        """
        if reading():
            raise Reached(self.name)
        if launches < 1:
            raise ValueError(f"launches is {launches}; accepted is 1 and more.")
        if not budget_s > 0:
            raise ValueError(f"budget_s is {budget_s}; accepted is a positive number of seconds.")
        settings = Settings(alpha, margin, budget_s)
        inputs_seed = secrets.randbits(32) if seed is None else seed
        if launches == 1 or clock is not None or not hasattr(os, "fork"):
            return self._here(settings, inputs_seed, progress, clock or perf_counter)
        from paceline_harness.launches import Run

        watch = None if progress is None else lambda at: progress(at.done)
        return Run(self._named(), [self], launches, settings, inputs_seed, watch=watch).result()

    def curve(self, sizes: Sequence[int] | None = None, **options: Any) -> Curve:
        """Measure over sizes (default: growing, two per decade) and return times, crossovers and break-even calls.

        `options` are those of `paceline_harness.curve.sweep`: the largest size, the seconds to spend, and so on.
        """
        from paceline_harness.curve import sweep

        return sweep(self, sizes, **options)

    def _here(self, settings: Settings, seed: int, progress: Progress | None, clock: Clock) -> Result:
        """Measure one launch in this process."""
        result = Result()
        try:
            serves = asked([self.name])
            for number, size in enumerate(self.sizes):
                share = partial(_share_of, progress, number, len(self.sizes)) if progress else None
                options = Options(settings, seed, share, clock, serves=serves)
                result.records.append(measure_table(self, size, options))
                if result.interrupted:
                    break
        except KeyboardInterrupt:
            result.cut_short = True
        return result

    def _named(self) -> Named | None:
        """Return how another process finds this comparison: by its name at the top level of its file; else None."""
        from paceline_harness.launch import Named

        name = next((name for name, value in self._home.items() if value is self._origin), None)
        file = self._home.get("__file__")
        if name is None or not isinstance(file, str) or not Path(file).is_file():
            return None
        candidates = [each.name for each in self.candidates]
        if any(each not in self._origin.candidates for each in self.candidates):
            return None  # a changed copy, which no file defines
        return Named(
            str(Path(file).resolve()),
            _importable(self._home),
            name,
            self._origin.number,
            list(self.sizes),
            candidates,
            self.baseline,
        )


_made: dict[str, int] = {}
"""How many comparisons each file has made in this process."""


def _share_of(progress: Progress, number: int, of: int, share: float) -> None:
    progress((number + min(share, 1.0)) / of)


def _caller() -> dict[str, Any]:
    """Return the top level of the module that makes a comparison."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("paceline_harness."):
        frame = frame.f_back
    home: dict[str, Any] = frame.f_globals
    return home


def _importable(home: Mapping[str, Any]) -> str | None:
    """Return the name that another process can import a module by; None when its file has to be read instead."""
    name = getattr(home.get("__spec__"), "name", None)
    if not name or home.get("__name__") == "__main__":
        return None
    folders: Any = None
    found = None
    parts = name.split(".")
    for at in range(len(parts)):  # not by importlib.util.find_spec, which answers from what this process has loaded
        found = PathFinder.find_spec(".".join(parts[: at + 1]), folders)
        if found is None:
            return None
        folders = found.submodule_search_locations
    if found is None or found.origin is None or Path(found.origin) != Path(home["__file__"]):
        return None
    return str(name)


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
