"""Finds every mistake of a graph: the planner is asked, what it refuses is put right, and it is asked again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import msgspec

from paceline.pipeline.entries import Entry
from paceline.pipeline.errors import CycleError, ManifestError
from paceline.pipeline.graph import PlainEdge
from paceline.pipeline.manifest import Config, EdgeSpec, NodeSpec
from paceline.pipeline.nodes.flow import INPUT, OUTPUT, RouterNode
from paceline.pipeline.nodes.numbers import PassThroughNode
from paceline.pipeline.planning import make_plan


def graph_mistakes(
    nodes: Sequence[NodeSpec | None],
    edges: Sequence[EdgeSpec | None],
    entries: Mapping[int, Entry],
    numbers: Mapping[str, int],
    config: Config,
) -> Iterator[ManifestError]:
    """Yield cycles, outputs and ports that are not there, outputs that lead nowhere.

    Nodes without an entry are wrong already: they take and send anything. Hints are left to the one who runs.
    """
    if nodes:
        yield from _Graph(nodes, edges, entries, numbers, config).mistakes()


class _Graph:
    def __init__(
        self,
        nodes: Sequence[NodeSpec | None],
        edges: Sequence[EdgeSpec | None],
        entries: Mapping[int, Entry],
        numbers: Mapping[str, int],
        config: Config,
    ) -> None:
        ids = [spec.id if spec is not None else "" for spec in nodes]
        self.entries = [
            _without_hint(entries[number]) if number in entries else _anything(id) for number, id in enumerate(ids)
        ]
        self.config = msgspec.structs.replace(config, runtime_hint="auto")
        self.edges: list[PlainEdge] = []
        self.places: list[int] = []
        """For each edge its number in the manifest."""
        for place, edge in enumerate(edges):
            if edge is not None and edge.source in numbers and edge.target in numbers:
                source, target = numbers[edge.source], numbers[edge.target]
                output = edge.output_key if source in entries else OUTPUT
                self.edges.append((source, target, output, edge.input_key))
                self.places.append(place)

    def mistakes(self) -> Iterator[ManifestError]:
        while True:
            try:
                make_plan(self.entries, self.edges, self.config)
            except CycleError as error:
                yield self._cut(error)
            except ManifestError as error:
                yield self._put_right(error)
            else:
                return

    def _cut(self, error: CycleError) -> CycleError:
        """Leave out that edge of a cycle that comes last."""
        ways = set(pairwise(error.cycle))
        number = max(n for n, each in enumerate(self.edges) if tuple(self.entries[end].id for end in each[:2]) in ways)
        place = self.places.pop(number)
        del self.edges[number]
        return CycleError(str(error), f"edges[{place}]", error.cycle)

    def _put_right(self, error: ManifestError) -> ManifestError:
        where = re.fullmatch(r"(\w+)\[(\d+)\](.*)", error.path)
        if where is None:
            raise error
        what, number, rest = where[1], int(where[2]), where[3]
        if what == "edges":
            source, target, output, port = self.edges[number]
            if rest == ".output_key":
                self.edges[number] = (source, target, OUTPUT, port)
            else:
                self.edges[number] = (source, target, output, self._port(target))
            return type(error)(str(error), f"edges[{self.places[number]}]{rest}")
        node = self.entries[number].node
        if isinstance(node, RouterNode):
            return self._lead_on(number, node, error)
        self.entries[number] = _anything(self.entries[number].id)
        return error

    def _port(self, node: int) -> str:
        return next(port for _, target, _, port in self.edges if target == node)

    def _lead_on(self, number: int, router: RouterNode, error: ManifestError) -> ManifestError:
        """Give the first output that leads nowhere a node to lead to; return the error with the rule that names it."""
        connected = {output for source, _, output, _ in self.edges if source == number}
        missing = next(output for output in router.outputs() or () if output not in connected)
        self.edges.append((number, len(self.entries), missing, INPUT))
        self.places.append(-1)
        self.entries.append(_anything(""))
        params = self.entries[number].params
        rule = next((n for n, each in enumerate(params["rules"]) if each["output"] == missing), None)
        where = f".rules[{rule}].output" if rule is not None else ".default" if "default" in params else ""
        return ManifestError(str(error), error.path + where)


def _without_hint(entry: Entry) -> Entry:
    return Entry(entry.id, entry.type, entry.params, "auto", entry.lowered, entry.made)


def _anything(id: str) -> Entry:
    """Return a node that takes any ports and sends to the one output."""
    return Entry(id, "PassThroughNode", {}, lowered=PassThroughNode.lower({}))
