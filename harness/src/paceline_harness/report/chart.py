"""One picture of all tables: a dot and its interval per candidate, time against the baseline on a log axis.

Dots, not bars: a log axis has no zero, so the length of a bar would mean nothing. The text is mid-grey on a transparent
ground, so that it reads on white and on black.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from paceline_harness.record import Group, Record
from paceline_harness.report.rows import ratio_text
from paceline_harness.report.words import time_text
from paceline_harness.result import Cell, cell

GREY = "#808080"
COLOURS: dict[Group, str] = {
    "backend": "#2a8fbd",
    "baseline": GREY,
    "as published": "#c8553d",
    "limit": "#c49000",
}
LINE_HEIGHT = 0.22  # inches
GAP = 0.5  # lines between two tables


def save_chart(records: Sequence[Record], path: Path) -> None:
    """Write the picture as SVG; the same records always give the same bytes."""
    import matplotlib as mpl

    mpl.use("svg")
    settings: dict[Any, Any] = {
        "svg.fonttype": "none",  # text stays text: small, searchable, in the reader's own font
        "svg.hashsalt": "paceline",
        "font.family": "sans-serif",
        "font.size": 9,
        "text.color": GREY,
        "axes.edgecolor": GREY,
        "xtick.color": GREY,
    }
    with mpl.rc_context(settings):
        figure = _draw(records)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, transparent=True, bbox_inches="tight", metadata={"Date": None, "Creator": None})


def _draw(records: Sequence[Record]) -> Any:
    from matplotlib.figure import Figure

    lines: list[tuple[float, Record, Cell | None]] = []
    at = 0.0
    for record in records:
        lines.append((at, record, None))
        timed = [cell(record, each.name) for each in record.candidates]
        lines.extend((at + n, record, each) for n, each in enumerate((c for c in timed if c.call_ns is not None), 1))
        at = lines[-1][0] + 1 + GAP
    figure = Figure(figsize=(9, max(1.5, LINE_HEIGHT * (at + 2))))
    axes = figure.add_axes((0.33, 0.05, 0.42, 0.92))
    axes.set_xscale("log")
    axes.axvline(1.0, color=GREY, linewidth=0.8)
    beside = axes.get_yaxis_transform()
    for at, record, found in lines:
        if found is None:
            axes.text(-0.78, at, record.title, transform=beside, va="center", fontweight="bold")
        else:
            _line(axes, beside, at, record, found)
    axes.set_ylim(lines[-1][0] + 0.7, -0.8)
    axes.xaxis.set_major_formatter(lambda ratio, _: f"{ratio:g}")
    axes.set_yticks([])
    axes.grid(axis="x", color=GREY, alpha=0.25, linewidth=0.5)
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)
    axes.set_xlabel("time ÷ the baseline's time (left of 1: faster); one launch", color=GREY)
    return figure


def _line(axes: Any, beside: Any, at: float, record: Record, found: Cell) -> None:
    """Draw one candidate: its name, dot and interval, time and ratio."""
    group: Group = next(each.group for each in record.candidates if each.name == found.name)
    colour = COLOURS[group]
    assert found.ratio is not None
    if found.interval is not None:
        axes.plot(found.interval, (at, at), color=colour, linewidth=2, solid_capstyle="butt")
    axes.plot([found.ratio], [at], marker="o", markersize=5, color=colour, linestyle="none")
    axes.text(-0.02, at, found.name, transform=beside, va="center", ha="right", color=colour)
    said = "baseline" if found.is_baseline else ratio_text(found.ratio, found.interval)
    axes.text(1.02, at, f"{time_text(found.call_ns)}   {said}", transform=beside, va="center")
