"""SVG of a graph: layers from left to right, folded into rows where one would be too long to read."""

from collections import defaultdict
from html import escape
from itertools import groupby, pairwise
from typing import Final
from unicodedata import category, east_asian_width

from paceline_pipelines.command.drawing.layers import Layout, Spot, layered, place
from paceline_pipelines.command.drawing.picture import Box, Picture

__all__ = ["svg"]

_MARGIN: Final = 28.0
_GAP: Final = 18.0
_LANE: Final = 9.0
_ROW: Final = 1500.0
"""A row is about this wide at most, in px."""
_SHOWN: Final = 30
"""Letters of an id or a label that are shown; all of it is in the tooltip."""

_STYLE: Final = """
svg { font: 13px ui-sans-serif, system-ui, "Segoe UI", "DejaVu Sans", sans-serif; background: #ffffff; }
.box { fill: #f6f8fa; stroke: #57606a; stroke-width: 1.2; }
.id { fill: #1f2328; font-weight: 600; } .type { fill: #424a53; } .hint { fill: #0550ae; font-size: 11px; }
.edge { fill: none; stroke: #57606a; stroke-width: 1.3; } .tip { fill: #57606a; }
.label { fill: #1f2328; font-size: 11px; paint-order: stroke; stroke: #ffffff; stroke-width: 4px; }
@media (prefers-color-scheme: dark) {
  svg { background: #0d1117; }
  .box { fill: #161b22; stroke: #8b949e; }
  .id { fill: #f0f6fc; } .type { fill: #c9d1d9; } .hint { fill: #79c0ff; }
  .edge { stroke: #8b949e; } .tip { fill: #8b949e; }
  .label { fill: #f0f6fc; stroke: #0d1117; }
}
"""


def svg(picture: Picture) -> str:
    """Return the drawing, in light and in dark by what the reader's screen asks for."""
    return _Drawing(picture).text()


class _Drawing:
    def __init__(self, picture: Picture) -> None:
        self.picture = picture
        ends = [(arrow.source, arrow.target) for arrow in picture.arrows]
        self.heights = [
            min(max(62.0, 20.0 + 16.0 * max(sum(s == box for s, _ in ends), sum(t == box for _, t in ends))), 260.0)
            for box in range(len(picture.boxes))
        ]
        self.layout: Layout = layered(self.heights, ends, [(arrow.source, arrow.label) for arrow in picture.arrows])
        self.widths = [
            max((_box_width(picture.boxes[spot.box]) for spot in layer if spot.box is not None), default=20.0)
            for layer in self.layout.layers
        ]
        self.gaps = self._gaps()
        self.lefts: list[float] = []
        self.rows: list[range] = []
        self.row_of: dict[int, int] = {}
        self.lanes: dict[int, dict[tuple[int, int], int]] = defaultdict(dict)
        """For each row the lanes that lead into it, by the two spots between which they go."""
        self.right = self.bottom = 0.0
        self.gutters: list[float] = []
        """The height at which lanes into each row begin."""
        self._fold()
        self._place()
        self.exits, self.entries = self._ports()

    def text(self) -> str:
        """Return all of it."""
        width, height = self.right + _MARGIN, self.bottom + _MARGIN
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
            f'viewBox="0 0 {width:.0f} {height:.0f}" role="img" aria-label="{_safe(self.picture.name)}">',
            f"<title>{_safe(self.picture.name)}</title>",
            f"<style>{_STYLE}</style>",
            '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" '
            'orient="auto"><path class="tip" d="M0 0.5 L8 4 L0 7.5 Z"/></marker></defs>',
        ]
        drawn = [self._edge(number, way) for number, way in enumerate(self.layout.ways)]
        parts += [path for path, _ in drawn]
        parts += [self._box(spot) for layer in self.layout.layers for spot in layer if spot.box is not None]
        parts += [label for _, label in drawn if label]  # above all else, so that nothing hides it
        return "\n".join([*parts, "</svg>", ""])

    def _gaps(self) -> list[float]:
        """Return the room after each layer: for the curves and for the longest label of an edge that starts there."""
        gaps = [56.0] * len(self.layout.layers)
        for arrow, way in zip(self.picture.arrows, self.layout.ways, strict=True):
            if arrow.label:
                room = 0.85 * _text_width(_cut(arrow.label)) + 40.0
                gaps[way[0].layer] = max(gaps[way[0].layer], room)
        return gaps

    def _fold(self) -> None:
        """Divide the layers into rows of about equal width."""
        total = sum(self.widths) + sum(self.gaps)
        count = max(1, round(total / _ROW))
        row, used, first = 0, 0.0, 0
        for layer, width in enumerate(self.widths):
            if used and used + width + self.gaps[layer] > total / count * 1.05:
                self.rows.append(range(first, layer))
                row, used, first = row + 1, 0.0, layer
            self.row_of[layer] = row
            used += width + self.gaps[layer]
        self.rows.append(range(first, len(self.widths)))
        for way in self.layout.ways:
            for one, other in pairwise(way):
                if self.row_of[one.layer] != self.row_of[other.layer]:
                    lanes = self.lanes[self.row_of[other.layer]]
                    lanes.setdefault((id(one), id(other)), len(lanes))

    def _place(self) -> None:
        top = _MARGIN
        self.lefts = [0.0] * len(self.widths)
        beside = max(map(len, self.lanes.values()), default=0) * _LANE
        for number, row in enumerate(self.rows):
            lanes = len(self.lanes[number]) * _LANE
            self.gutters.append(top + _GAP)
            top += lanes + 2 * _GAP if lanes else 0.0
            layers = [self.layout.layers[layer] for layer in row]
            height = place(layers, _GAP)
            left = _MARGIN + beside + (30.0 if beside else 0.0)
            for layer in row:
                self.lefts[layer] = left
                left += self.widths[layer] + self.gaps[layer]
                for spot in self.layout.layers[layer]:
                    spot.y += top
            self.right = max(self.right, left - self.gaps[row[-1]])
            top += height + _GAP
        self.bottom = top
        self.inner_right = self.right
        self.right += beside + (20.0 if beside else 0.0)

    def _ports(self) -> tuple[dict[int, float], dict[int, float]]:
        """Return where on its boxes' sides each edge ends, in the order in which their other ends stand."""
        leaving, arriving = defaultdict(list), defaultdict(list)
        for number, way in enumerate(self.layout.ways):
            leaving[id(way[0])].append((self.row_of[way[1].layer], way[1].y, id(way[1]), number))
            arriving[id(way[-1])].append((-self.row_of[way[-2].layer], way[-2].y, 0, number))
        found: tuple[dict[int, float], dict[int, float]] = {}, {}
        for sides, into, end in ((leaving, found[0], 0), (arriving, found[1], -1)):
            for side in sides.values():
                side.sort()
                # What goes to one waypoint leaves by one port; edges between the same two boxes have their own.
                ports = [port for port, _ in groupby(side, key=lambda each: self._port(each[3], end))]
                for port, (_, edges) in enumerate(groupby(side, key=lambda each: self._port(each[3], end))):
                    for _, _, _, number in edges:
                        spot = self.layout.ways[number][end]
                        into[number] = spot.y + (port - (len(ports) - 1) / 2) * min(16.0, spot.height / len(ports))
        return found

    def _port(self, number: int, end: int) -> tuple[int, int]:
        second = self.layout.ways[number][1]
        return (id(second), -1) if end == 0 and second.box is None else (id(second), number)

    def _box(self, spot: Spot) -> str:
        assert spot.box is not None
        box = self.picture.boxes[spot.box]
        left, top, width = self.lefts[spot.layer], spot.y - spot.height / 2, self.widths[spot.layer]
        rect = f'x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{spot.height:.1f}"'
        parts = [
            f"<g><title>{_safe(f'{box.id}: {box.type}, runtime_hint {box.hint}')}</title>",
            f'<rect class="box" {rect} rx="7"/>',
        ]
        for kind, down, text in (("id", -11.0, box.id), ("type", 6.0, box.type), ("hint", 22.0, box.hint)):
            at = f'x="{left + width / 2:.1f}" y="{spot.y + down:.1f}"'
            parts.append(f'<text class="{kind}" {at} text-anchor="middle">{_safe(_cut(text))}</text>')
        return "".join([*parts, "</g>"])

    def _edge(self, number: int, way: list[Spot]) -> tuple[str, str]:
        """Return an edge's path and its label."""
        x, y = self.lefts[way[0].layer] + self.widths[way[0].layer], self.exits[number]
        path = f"M{x:.1f} {y:.1f}"
        label_at = None
        for one, other in pairwise(way):
            last = other is way[-1]
            to_x, to_y = self.lefts[other.layer] - (1.0 if last else 0.0), self.entries[number] if last else other.y
            if self.row_of[one.layer] == self.row_of[other.layer]:
                middle = (x + to_x) / 2
                path += f" C{middle:.1f} {y:.1f} {middle:.1f} {to_y:.1f} {to_x:.1f} {to_y:.1f}"
                label_at = label_at or (middle, (y + to_y) / 2)
            else:
                path += self._around(one, other, to_x, to_y)
                label_at = label_at or (x + 26.0, y - 6.0)
            x, y = to_x, to_y
            if not last:
                x = self.lefts[other.layer] + self.widths[other.layer]
                path += f" H{x:.1f}"
        label = self.picture.arrows[number].label
        text = ""
        if label and label_at:
            text = (
                f'<text class="label" x="{label_at[0]:.1f}" y="{label_at[1] + 4:.1f}" text-anchor="middle">'
                f"<title>{_safe(label)}</title>{_safe(_cut(label))}</text>"
            )
        return f'<path class="edge" d="{path}" marker-end="url(#tip)"/>', text

    def _around(self, one: Spot, other: Spot, to_x: float, to_y: float) -> str:
        """Return the way from the end of a row to the beginning of the next, in a lane of its own."""
        row = self.row_of[other.layer]
        lane = self.lanes[row][id(one), id(other)]
        right = self.inner_right + 12.0 + lane * _LANE
        gutter = self.gutters[row] + lane * _LANE
        return f" H{right:.1f} V{gutter:.1f} H{_MARGIN + lane * _LANE:.1f} V{to_y:.1f} H{to_x:.1f}"


def _box_width(box: Box) -> float:
    return max(96.0, 1.08 * _text_width(_cut(box.id)) + 24.0, _text_width(_cut(box.type)) + 24.0)


def _text_width(text: str) -> float:
    return sum(13.5 if east_asian_width(letter) in "WF" else 7.4 for letter in text)


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def _safe(text: str) -> str:
    """Return a text for XML, which has no place for most control characters even as entities."""
    shown = "".join("\ufffd" if category(c) in ("Cc", "Cs") or c in "\ufffe\uffff" else c for c in text)
    return escape(shown)
