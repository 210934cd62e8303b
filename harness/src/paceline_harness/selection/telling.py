"""A record of regret in a terminal: a row for each operation, the totals beside their bars, the worst points."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from rich.console import Console
from rich.text import Text

from paceline_harness.report.rows import Row, row
from paceline_harness.report.terminal import rich_table
from paceline_harness.report.words import time_text
from paceline_harness.selection.points import Point, Regret, Summary, ahead_of_singles, by_what, summary
from paceline_harness.selection.words import ranges_text

MEAN, MEAN_AIM = 0.02, 0.01
"""The mean regret may be so large, and is meant to be so small."""

WORSE, WORSE_AIM = 0.04, 0.02
"""The share of points with more than 10 % of regret, the same."""

AHEAD: Final = 1.0
"""How many times as fast choosing has to be as the best single backend, known in hindsight."""

SHOWN: Final = 10

HEADER: Final = ("operation", "points", "mean regret", "worst", "over 10 %", "best single", "times as fast", "chosen")
WORST_HEADER: Final = ("operation", "n", "chosen", "takes", "fastest", "takes", "regret")


def show(found: Regret, to: Console) -> None:
    """Print a record."""
    usual, kinds = _parted(found)
    to.print(Text(f"Regret of the choice at {len(found.points)} sizes that were not calibrated, seed {found.seed}"))
    rows = [_row(name, summary(points), found) for name, points in by_what(usual).items()]
    to.print(rich_table(HEADER, [*rows, *_kinds_rows(kinds)], to))
    for line in totals(found):
        to.print(Text(line))
    to.print()
    to.print(Text(f"The {min(SHOWN, len(found.points))} worst points"))
    worst = sorted(found.points, key=lambda point: -point.regret)[:SHOWN]
    to.print(rich_table(WORST_HEADER, [_worst_row(point) for point in worst], to))
    for name, why in found.skipped.items():
        to.print(Text(f"{name} has no points: {why}.", style="dim"))
    rules = {rule: sum(point.rule == rule for point in found.points) for rule in _rules(found.points)}
    said = ", ".join(f"{count} by the rule {rule!r}" for rule, count in rules.items())
    to.print(Text(f"Chosen: {said}. {found.environment.cpu_model}, {found.utc[:16]}.", style="dim"))


def totals(found: Regret) -> Iterator[str]:
    """Yield a sentence for each total, those with a bar beside it: of operations, and then of their other kinds."""
    usual, kinds = _parted(found)
    if usual:
        yield from _totals(usual, found)
    if kinds:
        every = summary(kinds)
        yield (
            f"Other kinds, {len(by_what(kinds))} of them: mean regret {_percent(every.mean)}, {every.worse} of "
            f"{len(kinds)} points with more than 10 %, {ahead_of_singles(kinds):.3f} times as fast as each kind's best "
            "single backend."
        )


def markdown(found: Regret) -> str:
    """Return the totals as a list and a row for each operation, for a document."""
    usual, kinds = _parted(found)
    rows = [_row(name, summary(points), found) for name, points in by_what(usual).items()]
    cells = ([" ".join(lines) for lines in each.cells] for each in (*rows, *_kinds_rows(kinds)))
    table = [HEADER, ["---", *["---:"] * 4, "---", "---:", "---"], *cells]
    return "\n".join(
        [
            *(f"- {line}" for line in totals(found)),
            "",
            *(f"| {' | '.join(line)} |" for line in table),
            "",
            f"{len(found.points)} points, {found.environment.cpu_model}, {found.utc[:10]}.",
        ]
    )


def _parted(found: Regret) -> tuple[list[Point], list[Point]]:
    """Return the points of operations, and those of their other kinds."""
    return [point for point in found.points if not point.kind], [point for point in found.points if point.kind]


def _totals(points: Sequence[Point], found: Regret) -> Iterator[str]:
    every = summary(points)
    share = every.worse / len(points)
    yield f"Mean regret: {_percent(every.mean)}; {_bar(every.mean, MEAN, MEAN_AIM)}."
    yield (
        f"Points with more than 10 % of regret: {every.worse} of {len(points)}, {_percent(share)}; "
        f"{_bar(share, WORSE, WORSE_AIM)}."
    )
    ahead = ahead_of_singles(points)
    yield (
        f"Against the best single backend of each operation, known in hindsight: {ahead:.3f} times as fast; "
        f"{'meets' if ahead >= AHEAD else 'misses'} the bar of {AHEAD:.1f}."
    )
    yield f"Against the best single backend for everything, {every.single}: {every.ahead:.3f} times as fast."
    crossing = [point for point in points if len(found.ranges[point.what]) > 1]
    if crossing:
        count = len(by_what(crossing))
        yield (
            f"In the {count} operations whose backend changes with the size: {ahead_of_singles(crossing):.3f} times as "
            "fast as their best single one."
        )
    yield (
        f"Noise: whoever is the fastest in one half of the rounds has a mean regret of {_percent(every.chance)} in the "
        "other, so that much no choice avoids."
    )


def _bar(value: float, most: float, aim: float) -> str:
    word = "meets" if value <= most else "misses"
    aimed = "meets" if value <= aim else "misses"
    return f"{word} the bar of {100 * most:.0f} %, {aimed} the aim of {100 * aim:.0f} %"


def _row(operation: str, part: Summary, found: Regret) -> Row:
    worst = f"{_percent(part.worst.regret)} at {part.worst.n:,}"
    return row(
        operation,
        f"{len(part.points)}",
        _percent(part.mean),
        worst,
        f"{part.worse}",
        part.single,
        f"{part.ahead:.3f}",
        ranges_text(found.ranges[operation]),
    )


def _kinds_rows(points: Sequence[Point]) -> Iterator[Row]:
    """Yield a row for all other kinds of an operation together."""
    for name in dict.fromkeys(point.operation for point in points):
        some = [point for point in points if point.operation == name]
        part = summary(some)
        yield row(
            f"{name}, {len(by_what(some))} kinds",
            f"{len(some)}",
            _percent(part.mean),
            f"{_percent(part.worst.regret)} at {part.worst.n:,} of {part.worst.kind}",
            f"{part.worse}",
            "each kind's",
            f"{ahead_of_singles(some):.3f}",
            "by kind",
        )


def _worst_row(point: Point) -> Row:
    times, best = point.times, point.best
    cells = (point.chosen, time_text(times[point.chosen]), best, time_text(times[best]), _percent(point.regret))
    return row(point.what, f"{point.n:,}", *cells)


def _rules(points: Sequence[Point]) -> list[str]:
    return sorted({point.rule for point in points})


def _percent(part: float) -> str:
    return f"{100 * part:.1f} %"
