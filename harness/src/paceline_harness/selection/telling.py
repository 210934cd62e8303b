"""A record of regret in a terminal: a row for each operation, the totals beside their bars, the worst points."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from rich.console import Console
from rich.text import Text

from paceline_harness.report.rows import Row, row
from paceline_harness.report.terminal import rich_table
from paceline_harness.report.words import time_text
from paceline_harness.selection.points import Point, Regret, Summary, ahead_of_singles, by_operation, summary
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
    parts = {operation: summary(points) for operation, points in by_operation(found.points).items()}
    to.print(Text(f"Regret of the choice at {len(found.points)} sizes that were not calibrated, seed {found.seed}"))
    to.print(rich_table(HEADER, [_row(name, part, found) for name, part in parts.items()], to))
    for line in totals(found):
        to.print(Text(line))
    to.print()
    to.print(Text(f"The {min(SHOWN, len(found.points))} worst points"))
    worst = sorted(found.points, key=lambda point: -point.regret)[:SHOWN]
    to.print(rich_table(WORST_HEADER, [_worst_row(point) for point in worst], to))
    for operation, why in found.skipped.items():
        to.print(Text(f"{operation} has no points: {why}.", style="dim"))
    rules = {rule: sum(point.rule == rule for point in found.points) for rule in _rules(found.points)}
    said = ", ".join(f"{count} by the rule {rule!r}" for rule, count in rules.items())
    to.print(Text(f"Chosen: {said}. {found.environment.cpu_model}, {found.utc[:16]}.", style="dim"))


def totals(found: Regret) -> Iterator[str]:
    """Yield a sentence for each total, those with a bar beside it."""
    points = found.points
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
    crossing = [point for point in points if len(found.ranges[point.operation]) > 1]
    if crossing:
        count = len(by_operation(crossing))
        yield (
            f"In the {count} operations whose backend changes with the size: {ahead_of_singles(crossing):.3f} times as "
            "fast as their best single one."
        )
    yield (
        f"Noise: whoever is the fastest in every other round has a mean regret of {_percent(every.chance)} in the "
        "rounds between, so that much no choice avoids."
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


def _worst_row(point: Point) -> Row:
    times, best = point.times, point.best
    cells = (point.chosen, time_text(times[point.chosen]), best, time_text(times[best]), _percent(point.regret))
    return row(point.operation, f"{point.n:,}", *cells)


def _rules(points: Sequence[Point]) -> list[str]:
    return sorted({point.rule for point in points})


def _percent(part: float) -> str:
    return f"{100 * part:.1f} %"
