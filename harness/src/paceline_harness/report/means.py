"""Several ratios in one figure: the geometric mean, over tables in which all that are compared have a ratio."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from paceline_harness.report.tables import Table, columns_of
from paceline_harness.report.words import counted, figure


@dataclass(frozen=True, slots=True)
class Means:
    """Each backend's geometric mean of speeds against the baselines, all over the same tables."""

    of: dict[str, float]
    tables: int
    left_out: int


def geometric_mean(values: Iterable[float]) -> float:
    """Return the geometric mean of positive values."""
    logs = [math.log(value) for value in values]
    return math.exp(sum(logs) / len(logs))


def means(tables: Sequence[Table]) -> Means | None:
    """Return the means over the intersection; None when no table holds a ratio of every backend that was timed.

    A table counts when its environment can be trusted, when each backend that was timed anywhere was timed in it, and
    when none of them is its baseline: a backend's ratio to itself says nothing. A backend's variant ("rust:rubato"), a
    column of few tables, has no mean. Tables with bars ask what something costs, and are in no mean of speeds.
    """
    speeds = [table for table in tables if not table.bars]
    columns = [name for name in columns_of(speeds) if ":" not in name]
    names = [name for name in columns if any(name in table.timed() for table in speeds)]
    shared = [
        table
        for table in speeds
        if names and table.trustworthy and table.baseline not in names and set(names) <= set(table.timed())
    ]
    ratios = {name: [ratio for table in shared if (ratio := table.cells[name].ratio) is not None] for name in names}
    if not shared or any(len(found) < len(shared) for found in ratios.values()):
        return None
    of = {name: 1 / geometric_mean(found) for name, found in ratios.items()}
    return Means(of, len(shared), len(tables) - len(shared))


def sentence(tables: Sequence[Table]) -> str | None:
    """Return the means in a sentence, with the number of tables that count; None when there are none."""
    found = means(tables)
    if found is None:
        return None
    said = ", ".join(f"{name} {figure(mean)}×" for name, mean in found.of.items())
    rest = f", {counted(found.left_out, 'table')} not counted" if found.left_out else ""
    over = f"{counted(found.tables, 'table')} that all were timed in{rest}"
    return f"Geometric mean of the speeds against each table's baseline, over {over}: {said}."
