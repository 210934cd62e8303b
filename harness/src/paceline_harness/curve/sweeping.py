"""Measuring a comparison at growing sizes, and further where two candidates cross."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from itertools import combinations
from typing import TYPE_CHECKING, Any

from paceline_harness.across import LogRatio, across, combine, paired_across
from paceline_harness.cells import call_ns
from paceline_harness.clock import Clock, perf_counter
from paceline_harness.curve.crossing import Ask, Seen, crossovers
from paceline_harness.curve.fit import fit
from paceline_harness.curve.model import BreakEven, CandidateCurve, Crossover, Curve, Point
from paceline_harness.curve.payback import break_even, compiles
from paceline_harness.curve.sizes import LARGEST, SMALLEST, two_per_decade
from paceline_harness.record import Record
from paceline_harness.verdict import sign_interval

if TYPE_CHECKING:
    from paceline_harness.comparison import Comparison

ALPHA = 0.05
Progress = Callable[[float], None]


def sweep(
    comparison: Comparison,
    sizes: Sequence[int] | None = None,
    *,
    smallest: int = SMALLEST,
    largest: int = LARGEST,
    limit_s: float = 60.0,
    call_limit_s: float = 0.02,
    budget_s: float = 0.5,
    launches: int = 1,
    seed: int | None = None,
    progress: Progress | None = None,
    clock: Clock | None = None,
    **more: Any,
) -> Curve:
    """Measure `comparison` over sizes and return its curve.

    Without `sizes` they grow, two per decade from `smallest` to `largest`, until `limit_s` is spent or a call of the
    baseline takes longer than `call_limit_s`; another candidate is left out from there on. Half of `limit_s` is kept
    for finding crossovers. Each size gets `budget_s` per launch; `more` goes to `Comparison.run`.

    Raises
    ------
    ValueError
        A size is below 1, or the bounds are the wrong way round.
    """
    asked = two_per_decade(smallest, largest) if sizes is None else sorted(set(sizes))
    session = _Sweep(comparison, clock or perf_counter, limit_s, progress or (lambda _: None))
    session.options = {"launches": launches, "budget_s": budget_s, "seed": seed, "clock": clock, **more}
    try:
        session.grow(asked, call_limit_s if sizes is None else math.inf, limit_s / 2 if sizes is None else math.inf)
        crossings = session.cross()
    except KeyboardInterrupt:
        session.interrupted, session.stop, crossings = True, "interrupted", []
    return session.curve(crossings)


class _Sweep:
    def __init__(self, comparison: Comparison, clock: Clock, limit_s: float, progress: Progress) -> None:
        self.comparison, self.clock, self.limit_s, self.progress = comparison, clock, limit_s, progress
        self.options: dict[str, Any] = {}
        self.tables: dict[int, list[Record]] = {}
        self.extra: list[Record] = []
        self.left_out: dict[str, str] = {}
        self.start = clock()
        self.stop, self.interrupted = "all sizes were measured", False

    @property
    def spent_s(self) -> float:
        return (self.clock() - self.start) / 1e9

    def grow(self, sizes: Iterable[int], call_limit_s: float, limit_s: float) -> None:
        """Measure from small to large until a limit is reached."""
        for size in sizes:
            if self.spent_s > limit_s:
                self.stop = f"the time was up before size {size:,}"
                return
            names = [each.name for each in self.comparison.candidates if each.name not in self.left_out]
            self.tables[size] = self.measure(size, names, self.comparison.baseline)
            self.progress(min(1.0, self.spent_s / self.limit_s))
            slow = {
                name: found
                for name in names
                if (found := across(self.tables[size], name).call_ns) is not None and found > call_limit_s * 1e9
            }
            if self.comparison.baseline in slow:
                self.stop = (
                    f"a call of the baseline takes {slow[self.comparison.baseline] / 1e6:.3g} ms at size {size:,}"
                )
                return
            for name, found in slow.items():
                self.left_out[name] = f"left out above size {size:,}, where a call takes {found / 1e6:.3g} ms"

    def measure(self, size: int, names: Sequence[str], baseline: str) -> list[Record]:
        """Return the records of one size for some candidates; Ctrl-C is passed on once they are kept."""
        part = copy(self.comparison)
        part.sizes = (size,)
        part.candidates = tuple(each for each in self.comparison.candidates if each.name in names)
        part.baseline = baseline
        result = part.run(**self.options)
        if result.interrupted:
            self.extra += result.records
            raise KeyboardInterrupt
        return list(result.records)

    def cross(self) -> list[Crossover]:
        """Return the crossovers between all pairs of candidates that were timed."""
        names = [each.name for each in self.comparison.candidates]
        found = []
        for other, name in combinations(names, 2):
            seen = [at for size, table in self.tables.items() if (at := _seen(table, name, other, size)) is not None]
            found += crossovers(name, other, seen, self.asking(name, other))
            self.progress(min(1.0, self.spent_s / self.limit_s))
        return sorted(found, key=lambda each: each.size)

    def asking(self, name: str, other: str) -> Ask:
        """Return a function that measures these two alone at a size, while there is time."""

        def ask(size: int) -> Seen | None:
            if self.spent_s > self.limit_s:
                self.stop = "the time was up while crossovers were narrowed down"
                return None
            table = self.measure(size, (name, other), other)
            self.extra += table
            return _seen(table, name, other, size)

        return ask

    def curve(self, crossings: list[Crossover]) -> Curve:
        """Return everything that was found."""
        curves = [self.candidate(each.name) for each in self.comparison.candidates]
        records = [record for table in self.tables.values() for record in table]
        return Curve(
            self.comparison.name,
            self.comparison.title or self.comparison.name,
            self.comparison.item,
            self.comparison.baseline,
            list(self.tables),
            curves,
            crossings,
            [each for curve in curves for each in self.break_evens(curve)],
            self.stop,
            self.interrupted,
            records + self.extra,
        )

    def candidate(self, name: str) -> CandidateCurve:
        """Return one candidate's points with the line through them."""
        points, first, reason = [], None, self.left_out.get(name, "")
        for size, table in self.tables.items():
            if all(each.name != name for each in table[0].candidates):
                continue
            found = across(table, name)
            if (point := _point(table, name, size)) is not None:
                points.append(point)
                first = found.first_call if first is None else first
            elif not reason:
                reason = f"{found.status}: {found.reason}" if found.reason else found.status
        line = fit([point.size for point in points], [point.call_ns for point in points])
        return CandidateCurve(name, points, line, first, reason)

    def extra_ns(self, curve: CandidateCurve) -> float:
        """Return the ns that the very first call cost on top: starting and running a compiler, where that is known."""
        first_table = self.tables[curve.points[0].size]
        for about in first_table[0].candidates:
            if about.name == curve.name and about.first_call is not None:
                return (about.first_call.init_ns or 0) + about.first_call.compile_ns
        return (curve.first_call_ns or 0) - curve.points[0].call_ns

    def break_evens(self, curve: CandidateCurve) -> list[BreakEven]:
        """Return at which number of calls a candidate that compiles has paid against the baseline, size by size."""
        if curve.first_call_ns is None or curve.name == self.comparison.baseline:
            return []
        extra = self.extra_ns(curve)
        if not compiles(extra, curve.points[0].call_ns):
            return []
        found = []
        for point in curve.points:
            table = self.tables[point.size]
            base, ratio = across(table, self.comparison.baseline), across(table, curve.name)
            if base.call_ns is not None and ratio.ratio is not None:
                found.append(
                    break_even(
                        curve.name,
                        self.comparison.baseline,
                        point.size,
                        extra,
                        base.call_ns,
                        ratio.ratio,
                        ratio.interval,
                    )
                )
        return [each for each in found if each is not None]


def _seen(table: Sequence[Record], name: str, other: str, size: int) -> Seen | None:
    try:
        found = paired_across(table, name, other)
    except ValueError:  # one of them was not timed at this size: nothing was seen
        return None
    if found.ratio is None or found.verdict is None:
        return None
    return Seen(size, math.log(found.ratio), found.verdict)


def _point(table: Sequence[Record], name: str, size: int) -> Point | None:
    """Return the median time of a call over launches with its interval."""
    medians, samples = [], 0
    for record in table:
        for arm in record.arms:
            if arm.name == name and arm.samples_ns:
                own = sign_interval(arm.series().call_ns(), ALPHA)
                logs = None if own is None else (math.log(own[0]), math.log(own[1]))
                medians.append(LogRatio(math.log(call_ns(arm)), logs))
                samples += len(arm.samples_ns)
    if not medians:
        return None
    centre, interval, _, _ = combine(medians, 0.0)
    low_high = None if interval is None else (math.exp(interval[0]), math.exp(interval[1]))
    return Point(size, table[0].items, math.exp(centre), low_high, samples)
