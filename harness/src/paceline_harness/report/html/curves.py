"""Time against size, where one operation was measured at several sizes: points, lines between them, crossovers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from paceline_harness.report.html.axis import Axis, label
from paceline_harness.report.html.marks import SHAPES, style
from paceline_harness.report.html.markup import el, plain, words
from paceline_harness.report.tables import Table, columns_of
from paceline_harness.report.words import time_text

WIDTH, HEIGHT = 720, 340
LEFT, RIGHT, TOP, BOTTOM = 70, 130, 14, 44
DECIDED = ("faster", "slower")


@dataclass(frozen=True, slots=True)
class Crossover:
    """Between two neighbouring sizes the order of two candidates turns round; both verdicts are decided."""

    behind: str
    ahead: str
    low: int
    high: int

    @property
    def text(self) -> str:
        """The crossover in a sentence."""
        return f"{self.ahead} overtakes {self.behind} between {self.low:,} and {self.high:,}."


def curves(tables: Sequence[Table]) -> str:
    """Return a figure per operation that has several sizes; nothing when none has."""
    figures = [_figure(group, columns_of(tables)) for group in families(tables)]
    return el("section", words("h2", "By size", id="sizes"), *figures) if figures else ""


def families(tables: Iterable[Table]) -> list[list[Table]]:
    """Return the tables that differ in nothing but their size, smallest first; only families of two and more."""
    found: dict[tuple[object, ...], list[Table]] = {}
    for table in tables:
        kept = table.op, table.baseline, tuple(table.names), _without_figures(table.title)
        found.setdefault(kept, []).append(table)
    sizes = [sorted(group, key=lambda table: table.size) for group in found.values()]
    return [group for group in sizes if len({table.size for table in group}) > 1]


def crossovers(group: Sequence[Table], names: Sequence[str]) -> list[Crossover]:
    """Return where the order of two candidates turns round, by the verdicts on both sides."""
    found = []
    for at, a in enumerate(names):
        for b in names[at + 1 :]:
            known = [
                (table.size, table.pair(a, b).verdict)
                for table in group
                if {a, b} <= set(table.timed()) and table.pair(a, b).verdict in DECIDED
            ]
            for (low, before), (high, after) in pairwise(known):
                if before != after:
                    ahead, behind = (a, b) if after == "faster" else (b, a)
                    found.append(Crossover(behind, ahead, low, high))
    return found


def _without_figures(title: str) -> str:
    return "".join(sign for sign in title if not sign.isdigit() and sign != ",")


def _figure(group: Sequence[Table], columns: list[str]) -> str:
    title = group[0].title if len({table.title for table in group}) == 1 else group[0].op
    names = [*group[0].columns]
    if group[0].baseline not in names:
        names.append(group[0].baseline)
    points = {
        name: [(table.size, ns) for table in group if (ns := table.cells[name].call_ns) is not None] for name in names
    }
    points = {name: line for name, line in points.items() if line}
    if not points:
        return ""
    said_of = [words("li", each.text) for each in crossovers(group, list(points))]
    caption = f"{title}: time of a call against the number of items, both on log axes."
    return el(
        "figure",
        words("h3", title),
        el("div", _drawing(points, columns, caption), class_="scroll", role="region", tabindex=0, aria_label=title),
        words("figcaption", caption),
        el("ul", *said_of) if said_of else "",
    )


def _drawing(points: dict[str, list[tuple[int, float]]], columns: list[str], caption: str) -> str:
    sizes = [size for line in points.values() for size, _ in line]
    times = [ns for line in points.values() for _, ns in line]
    across, up = Axis(min(sizes) / 1.1, max(sizes) * 1.1), Axis(min(times) / 1.2, max(times) * 1.2)
    drawn = []
    for tick in across.ticks():
        x = _x(across, tick)
        drawn.append(el("line", x1=plain(x), x2=plain(x), y1=TOP, y2=HEIGHT - BOTTOM, class_="grid"))
        drawn.append(words("text", label(tick), x=plain(x), y=HEIGHT - BOTTOM + 18, text_anchor="middle"))
    for tick in up.ticks(6):
        y = _y(up, tick)
        drawn.append(el("line", x1=LEFT, x2=WIDTH - RIGHT, y1=plain(y), y2=plain(y), class_="grid"))
        drawn.append(words("text", time_text(tick), x=LEFT - 8, y=plain(y + 4), text_anchor="end"))
    ends = _apart([(_y(up, line[-1][1]), name) for name, line in points.items()])
    for name, line in points.items():
        number = style(columns, name) if name in columns else None
        named = "base" if number is None else f"b{number}"
        shape = "mark hollow" if number is None else f"mark {named}"
        at = [(_x(across, size), _y(up, ns)) for size, ns in line]
        path = "M" + "L".join(f"{plain(x)} {plain(y)}" for x, y in at)
        marks = [
            el(
                "path",
                d=SHAPES[number or 0],
                class_=shape,
                transform=f"translate({plain(x)} {plain(y)})",
            )
            for x, y in at
        ]
        text = words("text", name, x=WIDTH - RIGHT + 12, y=plain(ends[name] + 4), class_=f"end {named}")
        backend = name if name in columns else None
        drawn.append(el("g", el("path", d=path, class_=f"curve {named}"), *marks, text, data_backend=backend))
    middle = (LEFT + WIDTH - RIGHT) / 2
    drawn.append(words("text", "number of items", x=plain(middle), y=HEIGHT - 6, text_anchor="middle"))
    return el("svg", *drawn, class_="curves", viewBox=f"0 0 {WIDTH} {HEIGHT}", role="img", aria_label=caption)


def _x(axis: Axis, value: float) -> float:
    return LEFT + _share(axis, value) * (WIDTH - LEFT - RIGHT)


def _y(axis: Axis, value: float) -> float:
    return HEIGHT - BOTTOM - _share(axis, value) * (HEIGHT - TOP - BOTTOM)


def _share(axis: Axis, value: float) -> float:
    return math.log(value / axis.low) / math.log(axis.high / axis.low)


def _apart(ends: list[tuple[float, str]], least: float = 15) -> dict[str, float]:
    """Return the labels' heights, moved down where two would lie on each other."""
    placed: dict[str, float] = {}
    last = -math.inf
    for y, name in sorted(ends):
        last = max(y, last + least)
        placed[name] = last
    return placed
