"""A backend's colour and shape: the shape says the same as the colour, for whoever does not see it."""

from __future__ import annotations

from paceline_harness.report.html.markup import el, plain

KNOWN = ("python", "numba", "cython", "rust")
SHAPES = (
    "M0-5a5 5 0 1 0 .01 0z",  # circle
    "M-4.5-4.5h9v9h-9z",  # square
    "M0-6 6 0 0 6-6 0z",  # diamond
    "M0-5.8 5.6 4.2h-11.2z",  # triangle
    "M0 5.8 5.6-4.2h-11.2z",  # triangle on its tip
    "M-2-5.5h4v3.5h3.5v4h-3.5v3.5h-4v-3.5h-3.5v-4h3.5z",  # cross
)


def style(names: list[str], name: str) -> int:
    """Return which colour and shape a backend has: the four known ones their own, others the next in turn."""
    if name in KNOWN:
        return KNOWN.index(name)
    others = [each for each in names if each not in KNOWN]
    return len(KNOWN) + others.index(name) % 2 if name in others else len(KNOWN)


def mark(at: float, y: float, number: int | None) -> str:
    """Return a mark at `at` per cent; `number` None is a candidate that is no backend."""
    shape = SHAPES[0] if number is None else SHAPES[number]
    drawn = el("path", d=shape, class_="mark hollow" if number is None else f"mark b{number}")
    return el("svg", drawn, x=f"{plain(at)}%", y=plain(y), overflow="visible")


def key(number: int | None) -> str:
    """Return a mark on its own, to stand beside a name."""
    shape = SHAPES[0] if number is None else SHAPES[number]
    drawn = el("path", d=shape, class_="mark hollow" if number is None else f"mark b{number}")
    return el("svg", drawn, class_="key", viewBox="-7 -7 14 14", width="14", height="14", aria_hidden="true")
