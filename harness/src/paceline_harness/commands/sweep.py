"""`harness compare --sizes auto`: every comparison over growing sizes, its curve in sentences and as data."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from paceline_harness.comparison import Comparison
    from paceline_harness.curve import Curve
    from paceline_harness.result import Result

AUTO = "auto"
EACH_S = 60.0


def sweep_all(
    comparisons: Sequence[Comparison], launches: int, budget_s: float, seed: int, total: float | None
) -> tuple[Result, list[Curve]]:
    """Sweep every comparison for a minute, or its share of `total` seconds, and print its curve.

    `budget_s` is spent on a size and launch at most.
    """
    from paceline_harness.curve import sweep, text
    from paceline_harness.result import Result

    result, curves = Result(), []
    limit_s = EACH_S if total is None else total / len(comparisons)
    for comparison in comparisons:
        curve = sweep(comparison, launches=launches, budget_s=budget_s, seed=seed, limit_s=limit_s)
        result.records += curve.records
        curves.append(curve)
        typer.echo(text(curve))
        if curve.interrupted:
            result.cut_short = True
            break
    return result, curves


def save_curves(curves: Sequence[Curve], path: Path) -> None:
    """Write curves as JSON Lines, without their records, which stand in a file of their own."""
    import msgspec

    path.parent.mkdir(parents=True, exist_ok=True)
    bare = [msgspec.structs.replace(curve, records=[]) for curve in curves]
    path.write_bytes(msgspec.json.Encoder().encode_lines(bare))
