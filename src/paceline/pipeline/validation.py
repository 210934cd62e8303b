"""Finds every mistake of a manifest, not only the first; what is one is decided by the checks that make a pipeline."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Final, get_args, get_origin

import msgspec

from paceline.backends import BackendUnavailable
from paceline.pipeline import manifest as manifests
from paceline.pipeline.entries import Entry, entry_of
from paceline.pipeline.errors import ManifestError, NodeNotFound, VersionMismatch
from paceline.pipeline.graph_mistakes import graph_mistakes
from paceline.pipeline.manifest import Config, EdgeSpec, LegacyEdge, LegacyNode, Manifest, NodeSpec
from paceline.pipeline.nodes.base import registered
from paceline.pipeline.pipeline import Pipeline

_OLDER: Final = {"nodes": "nodes", "edges": "connections", "type": "node_type"}
"""The older shape's names for what errors are about."""


def validate(data: Any) -> list[ManifestError]:
    """Return every mistake of a manifest; none where :meth:`Pipeline.from_manifest` succeeds.

    Parameters
    ----------
    data : object
        What JSON or YAML gave.

    Returns
    -------
    list of ManifestError
        Each with its ``path``. A runtime hint that cannot be met here is among them.

    Notes
    -----
    Nodes are made, as they are for a pipeline; nothing is run.
    """
    if not isinstance(data, Mapping):
        return [_refused(data)]
    found = list(_wrong_version(data))
    older = data.get("version") == manifests.LEGACY_VERSION or (bool(found) and "connections" in data)
    as_read = {**data, "version": manifests.LEGACY_VERSION if older else manifests.VERSION}
    wrong = list(_wrong_fields(as_read, manifests.Legacy if older else Manifest, ""))
    found += wrong
    if not wrong:
        try:
            manifests.convert(as_read)
        except ManifestError as error:
            return [*found, error]  # it is too deep, too large or has no nodes
    meaning = list(_wrong_meaning(*_what_can_be_read(as_read, older)))
    found += [_by_older_names(error) for error in meaning] if older else meaning
    return found or list(_refusals(data))


def _refused(data: Any) -> ManifestError:
    try:
        manifests.convert(data)
    except ManifestError as error:
        return error
    raise AssertionError(f"{type(data).__name__} is taken for a manifest.")


def _refusals(data: Mapping[str, Any]) -> Iterator[ManifestError]:
    """Let a pipeline be made, which has the last word; each hint that cannot be met is set aside once it is told."""
    read = manifests.convert(data)
    while True:
        try:
            Pipeline.from_manifest(read)
        except BackendUnavailable as error:
            hinted = [(n, spec) for n, spec in enumerate(read.nodes) if spec.runtime_hint != "auto"]
            named = [(n, spec) for n, spec in hinted if f"the node {spec.id!r} " in str(error)]
            if read.config.runtime_hint != "auto" and not named:
                yield ManifestError(str(error), "config.runtime_hint")
                read.config = msgspec.structs.replace(read.config, runtime_hint="auto")
            elif hinted:
                number, spec = (named or hinted)[0]
                yield ManifestError(str(error), f"nodes[{number}].runtime_hint")
                spec.runtime_hint = "auto"
            else:
                yield ManifestError(str(error))
                return
        except ManifestError as error:
            yield error
            return
        else:
            return


def _wrong_version(data: Mapping[str, Any]) -> Iterator[ManifestError]:
    version = data.get("version")
    if version in (manifests.VERSION, manifests.LEGACY_VERSION):
        return
    try:
        manifests.convert(data)
    except VersionMismatch as error:
        note = f" A version is text: write '{version}' in quotes." if str(version) == manifests.VERSION else ""
        yield VersionMismatch(f"{error}{note}", error.path if "version" in data else "")


def _wrong_fields(value: Any, kind: Any, path: str) -> Iterator[ManifestError]:
    """Convert a value part by part, as deep as there are structs, and yield what each part is refused for."""
    if get_origin(kind) is list and isinstance(value, list):
        (part,) = get_args(kind)
        for number, each in enumerate(value):
            yield from _wrong_fields(each, part, f"{path}[{number}]")
        return
    if not (isinstance(kind, type) and issubclass(kind, msgspec.Struct) and isinstance(value, Mapping)):
        yield from _wrong_value(value, kind, path)
        return
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    for key, each in value.items():
        where = f"{path}.{key}" if path else f"{key}"
        if key in fields:
            wrong = list(_wrong_fields(each, fields[key].type, where))
            yield from wrong or (_wrong_value({key: each}, kind, path, where) if kind is Config else ())
        elif kind.__struct_config__.forbid_unknown_fields:
            yield ManifestError(
                f"{where}: there is no such field; accepted are {', '.join(fields)}.{_meant(key, fields)}", where
            )
    for name, field in fields.items():
        if field.required and name not in value:
            yield ManifestError(f"{path or 'The manifest'}: the field {name!r} is missing.", path)


def _wrong_value(value: Any, kind: Any, within: str, path: str | None = None) -> Iterator[ManifestError]:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        found = manifests.validation_error(error, within)
        words = [word for word in get_args(kind) if isinstance(word, str)]
        if words and isinstance(value, str):
            message = f"{within}: {value!r} is none of those accepted: {', '.join(words)}.{_meant(value, words)}"
            yield ManifestError(message, within)
        else:
            yield ManifestError(str(found), found.path if path is None else path)


def _what_can_be_read(
    data: Mapping[str, Any], older: bool
) -> tuple[list[NodeSpec | None], list[EdgeSpec | None], Config]:
    """Return the nodes, edges and config that are well formed; None stands for a node or an edge that is not."""
    if older:
        nodes = [node and NodeSpec(node.id, node.node_type, node.params) for node in _each(data, "nodes", LegacyNode)]
        edges = [edge and EdgeSpec(edge.source, edge.target) for edge in _each(data, "connections", LegacyEdge)]
        return nodes, edges, Config()
    config = _read(data.get("config", {}), Config)
    return _each(data, "nodes", NodeSpec), _each(data, "edges", EdgeSpec), Config() if config is None else config


def _each(data: Mapping[str, Any], name: str, kind: Any) -> list[Any]:
    values = data.get(name)
    return [_read(value, kind) for value in values] if isinstance(values, list) else []


def _read(value: Any, kind: Any) -> Any:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return None


def _wrong_meaning(
    nodes: list[NodeSpec | None], edges: list[EdgeSpec | None], config: Config
) -> Iterator[ManifestError]:
    """Yield what is wrong with nodes and edges that are well formed."""
    numbers: dict[str, int] = {}
    entries: dict[int, Entry] = {}
    for number, spec in enumerate(nodes):
        if spec is None:
            continue
        if numbers.setdefault(spec.id, number) != number:
            path = f"nodes[{number}].id"
            yield ManifestError(f"{path}: {spec.id!r} is taken by nodes[{numbers[spec.id]}].", path)
        try:
            entries[number] = entry_of(spec, number)
        except NodeNotFound as error:
            yield NodeNotFound(f"{error}{_meant(spec.type, registered())}", error.path)
        except ManifestError as error:
            yield ManifestError(str(error), _param(error, spec.params))
    all_known = None not in nodes
    for number, edge in enumerate(edges):
        for field, id in (("from", edge.source), ("to", edge.target)) if edge is not None else ():
            meant = _meant(id, numbers)
            if id not in numbers and (all_known or meant):  # else it may be one that could not be read
                path = f"edges[{number}].{field}"
                yield NodeNotFound(f"{path}: there is no node {id!r}; accepted are the nodes' ids.{meant}", path)
    yield from graph_mistakes(nodes, edges, entries, numbers, config)


def _param(error: ManifestError, params: Mapping[str, Any]) -> str:
    """Return the path to the param that an error's sentence is about."""
    sentence, path, value = str(error).removeprefix(f"{error.path}: "), error.path, params
    while found := re.match(r"(\w+)\[(\d+)\]: ", sentence):  # rules[1]: operation is ...
        name, number = found[1], int(found[2])
        if not isinstance(value, Mapping) or name not in value:
            break
        value, path, sentence = value[name][number], f"{path}.{name}[{number}]", sentence[found.end() :]
    named = re.match(r"There is no param '([^']*)'|(\w+)(?:\[(\d+)\])? is ", sentence)
    name = (named[1] or named[2]) if named else None
    if name is None or not isinstance(value, Mapping) or name not in value:
        return path
    return f"{path}.{name}" + (f"[{named[3]}]" if named and named[3] else "")


def _by_older_names(error: ManifestError) -> ManifestError:
    def renamed(text: str) -> str:
        return re.sub(
            r"^(nodes|edges)(\[\d+\])(?:\.(type)\b)?",
            lambda m: _OLDER[m[1]] + m[2] + (f".{_OLDER[m[3]]}" if m[3] else ""),
            text,
        )

    copied = error.__class__(renamed(str(error)), renamed(error.path))
    copied.__dict__.update({**error.__dict__, "path": copied.path})
    return copied


def _meant(word: Any, known: Iterable[str]) -> str:
    """Return a question for the known word that is nearest, if one is near."""
    near = get_close_matches(word, list(known), 1, 0.6) if isinstance(word, str) else []
    if not near and isinstance(word, str):
        near = [each for each in known if each.lower() == word.lower()]
    return f" Did you mean {near[0]!r}?" if near else ""
