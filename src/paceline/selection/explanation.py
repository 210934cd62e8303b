"""Why a backend serves: the rule that decided, the figures, and what was left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from paceline.operations import OPERATIONS
from paceline.selection import check_operation, check_size, overrides, rules
from paceline.selection.choices import Rule
from paceline.selection.curves import time_at
from paceline.selection.eligible import candidates
from paceline.selection.rules import TYPICAL_N, selector

_ONE: Final = "n = 1"
"""The size axis of an operation that is called with one item."""

_BECAUSE: Final[dict[Rule, str]] = {
    "call": "the call names it",
    "using": "a block of paceline.using() asks for it",
    "environment": "{setting} asks for it",
    "profile": "it was the fastest when it was measured {measured}",
    "shipped": "the table that comes with paceline has it as the fastest, measured {measured}",
    "order": "nothing was ever measured, and it is the first of the fixed order",
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """Which backend serves an operation at a size, and why."""

    operation: str
    kind: str
    n: int
    backend: str
    rule: Rule
    because: str
    """The rule in words."""
    times_ns: Mapping[str, float]
    """Each candidate's time at this size, the fastest first; empty: none was measured."""
    measured: str
    """Where and when; empty as above."""
    left_out: Mapping[str, str]
    """Backends that may not be chosen by what was measured, and why."""
    ranges: tuple[tuple[int, str], ...]
    """Who serves from which size on."""

    def __str__(self) -> str:
        axis = OPERATIONS[self.operation].size_axis
        axis = axis if axis == _ONE else axis.replace("n =", f"n = {self.n:,}")
        what = f"{self.operation} of {self.kind}" if self.kind else self.operation
        lines = [f"{what}, {axis}: {self.backend}, because {self.because}."]
        width = max((len(name) for name in (*self.times_ns, *self.left_out)), default=0)
        best = next(iter(self.times_ns.values()), 0.0)
        for name, ns in self.times_ns.items():
            more = "" if ns == best else f"  {ns / best:.2f} times as long"
            lines.append(f"  {name:<{width}}  {_duration(ns):>9}{more}")
        lines += [f"  {name:<{width}}  left out: {why}" for name, why in self.left_out.items()]
        if len(self.ranges) > 1:
            lines.append("  by size: " + "; ".join(_range(self.ranges, i) for i in range(len(self.ranges))))
        return "\n".join(lines)


def explain(operation: str, n: int | None = None, *, kind: str = "", backend: str | None = None) -> Explanation:
    """Say which backend serves an operation at a size, by which rule, with the figures; printed as a few lines.

    Parameters
    ----------
    operation : str
        Its name.
    n : int, optional
        The size, as the operation's ``size_axis`` counts it; by default 1,000. Where that is "n = 1", it is 1.
    kind : str
        One of the operation's kinds, as "f64 to i16" of convert_format; by default the dtype of its workload.
    backend : str, optional
        As the call would name it.

    Raises
    ------
    ValueError
        ``operation`` or ``kind`` is unknown, or ``n`` is negative.
    BackendUnavailable
        What is asked for cannot serve.
    """
    check_operation(operation)
    check_size(n)
    kinds = OPERATIONS[operation].kinds
    if kind and kind not in kinds:
        raise ValueError(f"kind is {kind!r}; accepted for {operation} are {', '.join(kinds) or 'none'}.")
    rules.reread()
    size = 1 if OPERATIONS[operation].size_axis == _ONE else TYPICAL_N if n is None else n
    chooser = selector(operation, kind)
    chosen = chooser.choose(size, backend)
    kernels, left_out = candidates(operation)
    figures = rules.tables().of(operation)
    times = {}
    if figures is not None:
        known = figures.of_kind(kind)
        times = {name: time_at(known[name], max(size, 1)) for name in kernels if name in known}
        left_out |= {name: "it was not measured with the others" for name in kernels if name not in known}
    measured = figures.measured if figures is not None else ""
    setting = overrides.setting_of(operation) if chosen.rule == "environment" else ""
    table = chooser.table()
    return Explanation(
        operation,
        kind,
        size,
        chosen.backend,
        chosen.rule,
        _BECAUSE[chosen.rule].format(setting=setting, measured=measured),
        dict(sorted(times.items(), key=lambda item: item[1])),
        measured,
        left_out,
        tuple(zip(table.sizes, (choice.backend for choice in table.choices), strict=True)),
    )


def _range(ranges: tuple[tuple[int, str], ...], i: int) -> str:
    begin, name = ranges[i]
    if i == 0:
        return f"{name} below {ranges[1][0]:,}"
    return f"{name} from {begin:,} on"


def _duration(ns: float) -> str:
    for unit, scale in (("ns", 1.0), ("µs", 1e3), ("ms", 1e6)):
        if ns < 1000 * scale:
            return f"{ns / scale:.3g} {unit}"
    return f"{ns / 1e9:.3g} s"
