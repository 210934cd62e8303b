"""A picture of who serves which sizes: a bar for each operation over the size, in the colours of the backends.

Where a JIT backend serves once it is compiled, a second bar below the first is of the time before.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from paceline_harness.report.chart import GREY
from paceline_harness.selection.shipped import Chosen
from paceline_harness.selection.words import Ranges, cold_ranges, largest, warm_ranges

COLOURS = {"cython": "#c49000", "rust": "#c8553d", "numba": "#2a8fbd", "python": "#7a6cc4"}
OTHER = "#5b8c5a"
OPAQUE = {"": 1.0, "avx2": 0.6, "baseline": 0.3}
OTHERS_OPAQUE = 0.45
"""How opaque a variant's bar is."""

NEAR = 2.2
"""A change at less than this many times the size of the one before has a tick and no number."""

HEIGHT = 0.42  # inches for an operation
BAR = 0.36  # of that


def save_crossovers(found: Chosen, path: Path) -> None:
    """Write the picture as SVG; the same figures always give the same bytes."""
    import matplotlib as mpl

    settings: dict[Any, Any] = {
        "svg.fonttype": "none",
        "svg.hashsalt": "paceline",
        "font.family": "sans-serif",
        "font.size": 9,
        "text.color": GREY,
        "axes.edgecolor": GREY,
        "axes.labelcolor": GREY,
        "xtick.color": GREY,
        "ytick.color": GREY,
    }
    with mpl.rc_context(settings):
        figure = _draw(found)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, transparent=True, bbox_inches="tight", metadata={"Date": None, "Creator": None})


def _draw(found: Chosen) -> Any:
    from matplotlib.figure import Figure

    shown = {name: entry for name, entry in found.operations.items() if largest(entry) > 1}
    figure = Figure(figsize=(9, max(1.5, HEIGHT * (len(shown) + 2))))
    axes = figure.add_axes((0.25, 0.1, 0.6, 0.88))
    axes.set_xscale("log")
    drawn: dict[str, Any] = {}
    for at, entry in enumerate(shown.values()):
        warm, cold = warm_ranges(entry), cold_ranges(entry)
        if warm == cold or not cold:
            _bar(axes, at, 2 * BAR, warm, largest(entry), drawn, below=False)
        else:
            _bar(axes, at - BAR / 2, BAR, warm, largest(entry), drawn, below=False)
            _bar(axes, at + BAR / 2, BAR, cold, largest(entry), drawn, below=True)
    axes.set_xlim(1, max((largest(entry) for entry in shown.values()), default=10))
    axes.set_ylim(len(shown) - 0.4, -0.6)
    axes.set_yticks(range(len(shown)), list(shown))
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=GREY, alpha=0.25, linewidth=0.5)
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)
    axes.set_xlabel("size; two bars: once JIT backends are compiled, and before")
    if drawn:
        names = sorted(drawn)
        axes.legend([drawn[name] for name in names], names, loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False)
    return figure


def _bar(axes: Any, at: float, height: float, found: Ranges, end: int, drawn: dict[str, Any], below: bool) -> None:
    """Draw one operation's ranges, a tick with its size where one ends and the next begins."""
    begins = [max(1, n) for n, _ in found]
    edge = (height / 2 + 0.06) * (1 if below else -1)
    told = 0.0
    for begin, stop, (n, name) in zip(begins, [*begins[1:], end], found, strict=True):
        base, _, variant = name.partition(":")
        colour, alpha = COLOURS.get(base, OTHER), OPAQUE.get(variant, OTHERS_OPAQUE)
        bars = axes.barh(at, stop - begin, height, left=begin, color=colour, alpha=alpha, linewidth=0)
        drawn.setdefault(name, bars[0])
        if n:
            axes.plot((begin, begin), (at - height / 2, at + height / 2), color=GREY, linewidth=1.2)
        if n > NEAR * told and n:
            axes.text(begin, at + edge, f"{n:,}", va="top" if below else "bottom", ha="center", fontsize=6)
            told = n
