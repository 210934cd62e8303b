"""The nodes of a graph as they were given: objects, or types and params of which objects are made when needed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from paceline.pipeline.errors import ManifestError, NodeNotFound
from paceline.pipeline.manifest import NodeSpec, RuntimeHint
from paceline.pipeline.nodes.base import LOWER, Lowered, Node, registered, type_name


class Entry(msgspec.Struct, eq=False):
    """A node of a graph: an object, or a type and params of which one is made when it is needed."""

    id: str
    type: str
    params: Mapping[str, Any]
    hint: RuntimeHint = "auto"
    lowered: Lowered | None = None
    """What executors know it as; None: it is called."""
    made: Node | None = None

    @classmethod
    def of(cls, node: Node, id: str, hint: RuntimeHint) -> Entry:
        """Make the entry of an object."""
        return cls(id, type_name(type(node)), {}, hint, node.lowered(), node)

    @property
    def node(self) -> Node:
        """The object, made on first use."""
        if self.made is None:
            self.made = registered()[self.type](**self.params)
        return self.made


class PlainEntry(Entry, gc=False):
    """An entry of a type that executors know: no cycle can lead through it, so the collector need not look at it."""


def entries_of(specs: Iterable[NodeSpec]) -> list[Entry]:
    """Make the entries of a manifest's nodes, whose types and params are checked; as :func:`entry_of`, for many."""
    entries: list[Entry] = []
    lower_of = LOWER.get
    for number, spec in enumerate(specs):
        lower = lower_of(spec.type)
        if lower is None:
            entries.append(entry_of(spec, number))
            continue
        try:
            entries.append(PlainEntry(spec.id, spec.type, spec.params, spec.runtime_hint, lower(spec.params)))
        except (TypeError, ValueError):
            entries.append(entry_of(spec, number))  # which says where
    return entries


def entry_of(spec: NodeSpec, number: int) -> Entry:
    """Make the entry of a manifest's node, whose type and params are checked.

    Raises
    ------
    NodeNotFound
        No such type is registered.
    ManifestError
        The params are not the type's.
    """
    kind = registered().get(spec.type)
    if kind is None:
        path = f"nodes[{number}].type"
        known = ", ".join(sorted(registered()))
        raise NodeNotFound(f"{path}: no node type {spec.type!r} is registered; accepted are {known}.", path)
    lower = LOWER.get(spec.type)
    try:
        if lower is not None:
            return Entry(spec.id, spec.type, spec.params, spec.runtime_hint, lower(spec.params))
        made = kind(**spec.params)
        return Entry(spec.id, spec.type, spec.params, spec.runtime_hint, made.lowered(), made)
    except (TypeError, ValueError) as error:
        path = f"nodes[{number}].params"
        raise ManifestError(f"{path}: {error}", path) from error
