"""Lays a graph out in layers from left to right, after Sugiyama, Tagawa and Toda (1981).

Edges that span layers get a waypoint in each between; the order within a layer comes from the mean place of the
neighbours, swept to and fro; heights are the nearest to those means that keep the order and the distances.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

__all__ = ["Layout", "Spot", "layered", "place"]

_SWEEPS = 12


@dataclass(slots=True, eq=False)
class Spot:
    """A box, or a waypoint of an edge."""

    box: int | None
    layer: int
    height: float
    y: float = 0.0
    """Of its middle."""
    before: list["Spot"] = field(default_factory=list)
    after: list["Spot"] = field(default_factory=list)


@dataclass(slots=True)
class Layout:
    """The layers, each from top to bottom, and for each edge its way from spot to spot."""

    layers: list[list[Spot]]
    ways: list[list[Spot]]


def layered(heights: Sequence[float], edges: Sequence[tuple[int, int]], bundles: Sequence[Hashable]) -> Layout:
    """Lay out boxes of these heights; ``edges`` have no cycle, and those of one bundle share their waypoints."""
    of_box = _layers_of(len(heights), edges)
    layers: list[list[Spot]] = [[] for _ in range(max(of_box) + 1)]
    boxes = [Spot(box, layer, heights[box]) for box, layer in enumerate(of_box)]
    for spot in boxes:
        layers[spot.layer].append(spot)
    ways = []
    waypoints: dict[tuple[Hashable, int], Spot] = {}
    for (source, target), bundle in zip(edges, bundles, strict=True):
        way = [boxes[source]]
        for layer in range(of_box[source] + 1, of_box[target]):
            if (bundle, layer) not in waypoints:
                waypoints[bundle, layer] = Spot(None, layer, 6.0)
                layers[layer].append(waypoints[bundle, layer])
            way.append(waypoints[bundle, layer])
        way.append(boxes[target])
        for one, other in pairwise(way):
            one.after.append(other)
            other.before.append(one)
        ways.append(way)
    _order(layers)
    return Layout(layers, ways)


def place(layers: Sequence[Sequence[Spot]], gap: float) -> float:
    """Set the heights of layers that stand side by side; return how high all of it is."""
    inside = {id(spot) for layer in layers for spot in layer}
    for layer in layers:
        _stack(layer, gap, [0.0] * len(layer))
    for sweep in range(_SWEEPS):
        forwards = sweep % 2 == 0
        for layer in layers if forwards else reversed(layers):
            wished = []
            for spot in layer:
                near = [each for each in (spot.before if forwards else spot.after) if id(each) in inside]
                wished.append(sum(each.y for each in near) / len(near) if near else spot.y)
            _stack(layer, gap, wished)
    top = min(spot.y - spot.height / 2 for layer in layers for spot in layer)
    for layer in layers:
        for spot in layer:
            spot.y -= top
    return max(spot.y + spot.height / 2 for layer in layers for spot in layer)


def _layers_of(boxes: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """Return for each box the length of the longest way to it."""
    targets: list[list[int]] = [[] for _ in range(boxes)]
    missing = [0] * boxes
    for source, target in edges:
        targets[source].append(target)
        missing[target] += 1
    found = [0] * boxes
    free = [box for box, count in enumerate(missing) if not count]
    for box in free:  # grows while it is walked
        for target in targets[box]:
            found[target] = max(found[target], found[box] + 1)
            missing[target] -= 1
            if not missing[target]:
                free.append(target)
    return found


def _order(layers: list[list[Spot]]) -> None:
    for sweep in range(_SWEEPS):
        forwards = sweep % 2 == 0
        places = {id(spot): number for layer in layers for number, spot in enumerate(layer)}
        for layer in layers if forwards else reversed(layers):
            means = {}
            for spot in layer:
                near = [places[id(each)] for each in (spot.before if forwards else spot.after)]
                means[id(spot)] = sum(near) / len(near) if near else float(places[id(spot)])
            layer.sort(key=lambda spot: means[id(spot)])
            places.update((id(spot), number) for number, spot in enumerate(layer))


def _stack(layer: Sequence[Spot], gap: float, wished: Sequence[float]) -> None:
    """Put a layer's spots as near to where they are wished as order and distance allow: isotonic regression."""
    offsets, at = [], 0.0
    for number, spot in enumerate(layer):
        at += (spot.height + layer[number - 1].height) / 2 + gap if number else 0.0
        offsets.append(at)
    pools: list[tuple[float, int]] = []
    for wish, offset in zip(wished, offsets, strict=True):
        total, count = wish - offset, 1
        while pools and pools[-1][0] / pools[-1][1] > total / count:
            total, count = total + pools[-1][0], count + pools.pop()[1]
        pools.append((total, count))
    means = [total / count for total, count in pools for _ in range(count)]
    for spot, mean, offset in zip(layer, means, offsets, strict=True):
        spot.y = mean + offset
