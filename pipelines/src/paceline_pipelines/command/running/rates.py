"""Sampling rates on their way through a graph."""

from collections.abc import Mapping
from typing import Any, Final

from paceline_pipelines.command.errors import CommandError

__all__ = ["rates_of_sinks"]

_EXPECTED: Final = {
    **dict.fromkeys(("AudioResampleNode", "AudioResample", "RustResampleNode"), "input_rate"),
    **dict.fromkeys(("VADNode", "VAD", "RustVADNode"), "rate"),
}
"""The param that says which rate a node is made for."""


def rates_of_sinks(manifest: Mapping[str, Any], rate: int | None) -> dict[str, int | None]:
    """Return for each sink, in order, the rate of what it sends; ``rate`` is that of the input, if it is known.

    Raises
    ------
    CommandError
        A node is made for another rate than what it gets.
    """
    nodes = {node["id"]: node for node in manifest["nodes"]}
    before: dict[str, str] = {}
    for edge in manifest.get("edges", ()):
        before.setdefault(edge["to"], edge["from"])
    found: dict[str, int | None] = {}
    for start in nodes:
        way = [start]
        while way[-1] in before and way[-1] not in found:
            way.append(before[way[-1]])
        for id in reversed(way):
            if id not in found:
                found[id] = _rate_after(nodes[id], found[before[id]] if id in before else rate)
    leads_on = {edge["from"] for edge in manifest.get("edges", ())}
    return {id: found[id] for id in nodes if id not in leads_on}


def _rate_after(node: Mapping[str, Any], rate: int | None) -> int | None:
    name = _EXPECTED.get(node["type"])
    params = node.get("params", {})
    if name is None:
        return rate
    if rate is not None and params.get(name) != rate:
        raise CommandError(
            f"The node {node['id']!r} ({node['type']}) has {name} {params.get(name)}, and what it gets has {rate} Hz; "
            "accepted is the rate of its input."
        )
    output = params.get("output_rate", params.get(name))
    return output if isinstance(output, int) else rate
