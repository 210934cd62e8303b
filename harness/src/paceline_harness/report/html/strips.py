"""Dots with their intervals on a log axis, one strip per row; positions are per cent, so nothing is distorted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from paceline_harness.report.html.axis import Axis, label
from paceline_harness.report.html.marks import mark
from paceline_harness.report.html.markup import el, plain, words
from paceline_harness.report.words import Interval

HEIGHT = 26
LANE = 7


@dataclass(frozen=True, slots=True)
class Dot:
    """A speed with its interval; `style` is the backend's, None for other candidates."""

    name: str
    speed: float
    interval: Interval | None
    style: int | None


def strip(dots: Sequence[Dot], axis: Axis, height: int = HEIGHT) -> str:
    """Return a strip with grid, the line of 1, and every dot; it is a picture of figures that stand beside it.

    Several dots get a lane each, so that none hides another.
    """
    drawn = [_line(axis.at(tick), 0, height, "grid") for tick in axis.ticks()]
    drawn.append(_line(axis.at(1.0), 0, height, "one"))
    for number, dot in enumerate(dots):
        middle = height / 2 + (number - (len(dots) - 1) / 2) * LANE
        inner = ""
        if dot.interval is not None:
            low, high = (axis.at(end) for end in dot.interval)
            named = "span" if dot.style is None else f"span b{dot.style}"
            inner = el(
                "line", x1=f"{plain(low)}%", x2=f"{plain(high)}%", y1=plain(middle), y2=plain(middle), class_=named
            )
        inner += mark(axis.at(dot.speed), middle, dot.style)
        drawn.append(el("g", inner, data_backend=dot.name if dot.style is not None else None))
    return el("svg", *drawn, class_="strip", width="100%", height=height, aria_hidden="true")


def scale(axis: Axis, most: int = 7) -> str:
    """Return the axis' labels as a strip of their own."""
    ticks: Sequence[float] = axis.ticks(most)
    if not any(abs(tick - 1) < 1e-9 for tick in ticks):
        ticks = [1.0]
    drawn = [
        words("text", f"{label(tick)}×", x=f"{plain(axis.at(tick))}%", y=12, text_anchor="middle") for tick in ticks
    ]
    return el("svg", *drawn, class_="scale", width="100%", height=16, aria_hidden="true")


def _line(at: float, top: float, bottom: float, named: str) -> str:
    return el("line", x1=f"{plain(at)}%", x2=f"{plain(at)}%", y1=top, y2=bottom, class_=named)
