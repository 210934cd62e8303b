"""What is drawn of a manifest."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Arrow", "Box", "Picture", "picture_of"]


@dataclass(frozen=True, slots=True)
class Box:
    """A node."""

    id: str
    type: str
    hint: str


@dataclass(frozen=True, slots=True)
class Arrow:
    """An edge between two boxes by their numbers, with the keys that are not the usual ones."""

    source: int
    target: int
    label: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A graph."""

    name: str
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]


def picture_of(manifest: Mapping[str, Any]) -> Picture:
    """Return what is drawn of a manifest without mistakes."""
    nodes = manifest["nodes"]
    general = manifest.get("config", {}).get("runtime_hint", "auto")
    numbers = {node["id"]: number for number, node in enumerate(nodes)}
    boxes = [Box(node["id"], node["type"], node.get("runtime_hint", general)) for node in nodes]
    arrows = [Arrow(numbers[edge["from"]], numbers[edge["to"]], _label(edge)) for edge in manifest.get("edges", ())]
    return Picture(manifest.get("name", "pipeline"), tuple(boxes), tuple(arrows))


def _label(edge: Mapping[str, Any]) -> str:
    output, port = edge.get("output_key", "output"), edge.get("input_key", "input")
    if port == "input":
        return "" if output == "output" else str(output)
    return f"→ {port}" if output == "output" else f"{output} → {port}"
