"""One picture of all tables: a dot and its interval per candidate, time against the baseline on a log axis.

Dots, not bars: a log axis has no zero, so the length of a bar would mean nothing. The SVG's text is mid-grey on a
transparent ground, so that it reads on white and on black; the PNG is on white, for places that show no SVG.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from paceline_harness.record import Group, Record
from paceline_harness.report.source import Across
from paceline_harness.report.tables import Table, tables_of
from paceline_harness.report.words import launches_text, ratio_text, time_text

GREY = "#808080"
COLOURS: dict[Group, str] = {
    "backend": "#2a8fbd",
    "baseline": GREY,
    "as published": "#c8553d",
    "peer": "#7a6cc4",
    "limit": "#c49000",
}
LINE_HEIGHT = 0.22  # inches
GAP = 0.5  # lines between two tables
PIXELS_PER_INCH = 150
MOST_INCHES = 400  # beyond, a PNG would be too large to draw


def save_chart(records: Sequence[Record], path: Path) -> None:
    """Write the picture as SVG or PNG, by the name's ending; the same records always give the same bytes."""
    import matplotlib as mpl

    drawn = path.suffix != ".png"
    grey = GREY if drawn else "#4d4d4d"
    settings: dict[Any, Any] = {
        "svg.fonttype": "none",  # text stays text: small, searchable, in the reader's own font
        "svg.hashsalt": "paceline",
        "font.family": "sans-serif",
        "font.size": 9,
        "text.color": grey,
        "axes.edgecolor": grey,
        "xtick.color": grey,
    }
    metadata = {"Date": None, "Creator": None} if drawn else {"Software": None}
    with mpl.rc_context(settings):
        figure = _draw(tables_of(records))
        path.parent.mkdir(parents=True, exist_ok=True)
        dpi = min(PIXELS_PER_INCH, 60_000 / max(figure.get_size_inches()))
        figure.savefig(path, transparent=drawn, bbox_inches="tight", metadata=metadata, dpi=dpi)


def _draw(tables: Sequence[Table]) -> Any:
    from matplotlib.figure import Figure

    lines: list[tuple[float, Table, Across | None]] = []
    at = 0.0
    for table in tables:
        lines.append((at, table, None))
        lines.extend((at + n, table, table.cells[name]) for n, name in enumerate(table.timed(), 1))
        at = lines[-1][0] + 1 + GAP
    figure = Figure(figsize=(9, min(MOST_INCHES, max(1.5, LINE_HEIGHT * (at + 2)))))
    axes = figure.add_axes((0.33, 0.05, 0.42, 0.92))
    axes.set_xscale("log")
    axes.axvline(1.0, color=GREY, linewidth=0.8)
    beside = axes.get_yaxis_transform()
    for at, table, found in lines:
        if found is None:
            axes.text(-0.78, at, table.label, transform=beside, va="center", fontweight="bold")
        else:
            _line(axes, beside, at, table, found)
    axes.set_ylim(lines[-1][0] + 0.7, -0.8)
    axes.xaxis.set_major_formatter(lambda ratio, _: f"{ratio:g}")
    axes.set_yticks([])
    axes.grid(axis="x", color=GREY, alpha=0.25, linewidth=0.5)
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)
    axes.set_xlabel(f"time ÷ the baseline's time (left of 1: faster); {launches_text(tables)}")
    axes.xaxis.label.set_color(GREY)
    return figure


def _line(axes: Any, beside: Any, at: float, table: Table, found: Across) -> None:
    """Draw one candidate: its name, dot and interval, time and ratio."""
    colour = COLOURS[table.group(found.name)]
    assert found.ratio is not None
    if found.interval is not None:
        axes.plot(found.interval, (at, at), color=colour, linewidth=2, solid_capstyle="butt")
    axes.plot([found.ratio], [at], marker="o", markersize=5, color=colour, linestyle="none")
    axes.text(-0.02, at, found.name, transform=beside, va="center", ha="right", color=colour)
    said = "baseline" if found.is_baseline else ratio_text(found.ratio, found.interval)
    axes.text(1.02, at, f"{time_text(found.call_ns)}   {said}", transform=beside, va="center")
