"""Manifests: a pipeline as data. Read, checked and written here; what a type does is the registry's.

Version "1.0" has nodes with id, type, params and runtime_hint, edges with from, to, output_key and input_key, and a
config. The older "v1" (node_type, connections) is read too. A manifest cannot import or evaluate code.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal, get_args

import msgspec

from paceline.pipeline.errors import ManifestError, VersionMismatch
from paceline.pipeline.nodes.numbers import short

VERSION: Final = "1.0"
LEGACY_VERSION: Final = "v1"
MAX_BYTES: Final = 16 * 2**20
MAX_NODES: Final = 10_000
MAX_DEPTH: Final = 64

RuntimeHint = Literal["auto", "python", "numba", "cython", "rust"]
HINTS: Final[tuple[RuntimeHint, ...]] = get_args(RuntimeHint)
OnError = Literal["raise", "skip", "collect"]
RetryPolicy = Literal["none", "fixed", "exponential"]


WORDS: Final[dict[str, tuple[str, ...]]] = {
    "runtime_hint": HINTS,
    "on_error": get_args(OnError),
    "retry_policy": get_args(RetryPolicy),
}
"""The words that a field takes."""


class NodeSpec(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """One node."""

    id: str
    type: str
    params: dict[str, Any] = {}
    runtime_hint: RuntimeHint = "auto"


class EdgeSpec(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """One edge: from an output of a node to a port of another."""

    source: str = msgspec.field(name="from")
    target: str = msgspec.field(name="to")
    output_key: str = "output"
    input_key: str = "input"


class Config(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, frozen=True):
    """What holds for the whole pipeline. Times are milliseconds.

    ``retry_policy`` "exponential" waits 100, 200, 400 ms before the retries of an error that is worth them, "fixed"
    always the first; ``retry_jitter`` draws each wait between 0 and that. A node's ``circuit_breaker_threshold``
    failures in a row open its breaker for ``circuit_breaker_cooldown_ms``; None: never. ``timeout_ms`` bounds one
    attempt of a node that waits.
    """

    runtime_hint: RuntimeHint = "auto"
    enable_metrics: bool = True
    on_error: OnError = "raise"
    retry_policy: RetryPolicy = "exponential"
    max_retries: int = 3
    retry_base_ms: float = 100.0
    retry_jitter: bool = False
    circuit_breaker_threshold: int | None = 5
    circuit_breaker_cooldown_ms: float = 30_000.0
    timeout_ms: float | None = None

    def __post_init__(self) -> None:
        for name, least in (("max_retries", 0), ("retry_base_ms", 0.0), ("circuit_breaker_cooldown_ms", 0.0)):
            if not getattr(self, name) >= least:
                raise ValueError(f"{name} is {getattr(self, name)}; accepted is {least} or more.")
        threshold, timeout = self.circuit_breaker_threshold, self.timeout_ms
        if threshold is not None and threshold < 1:
            raise ValueError(f"circuit_breaker_threshold is {threshold}; accepted is 1 or more, or null.")
        if timeout is not None and not timeout > 0.0:
            raise ValueError(f"timeout_ms is {timeout}; accepted is more than 0, or null.")


class Manifest(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A whole pipeline."""

    version: str
    nodes: list[NodeSpec]
    edges: list[EdgeSpec] = []
    config: Config = Config()
    name: str = "pipeline"
    description: str = ""
    metadata: dict[str, Any] = {}


_DECODER: Final = msgspec.json.Decoder(Manifest)


def decode(text: str | bytes) -> Manifest:
    """Read a manifest from JSON text.

    Raises
    ------
    ManifestError
        The text is no JSON, too large or too deep, or its content is not a manifest's; ``path`` says where.
    VersionMismatch
        Its version is neither "1.0" nor "v1".
    """
    size = len(text)
    if isinstance(text, str) and size > MAX_BYTES // 4:  # a character has up to four
        size = len(text.encode(errors="surrogatepass"))
    if size > MAX_BYTES:
        raise ManifestError(f"The manifest has {size:,} bytes; accepted are up to {MAX_BYTES:,}.")
    try:
        manifest = _DECODER.decode(text)
    except msgspec.ValidationError:
        return convert(_untyped(text))  # the same checks, and older shapes
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise _no_json(error) from None
    if manifest.version != VERSION or _deep(manifest):
        return convert(_untyped(text))
    return _checked(manifest)


def _untyped(text: str | bytes) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise _no_json(error) from None


def _no_json(error: Exception) -> ManifestError:
    return ManifestError(f"The manifest cannot be read as JSON: {str(error).rstrip('.')}.")


def convert(data: Any) -> Manifest:
    """Read a manifest from what JSON or YAML gave: dicts, lists, strings, numbers.

    Raises
    ------
    ManifestError, VersionMismatch
        As :func:`decode`.
    """
    if not isinstance(data, Mapping):
        raise ManifestError(f"The manifest is of type {type(data).__name__}; accepted is a mapping.")
    version = data.get("version")
    if not isinstance(version, str) or version not in (VERSION, LEGACY_VERSION):
        raise _mismatch(version)
    if _depth_beyond(data, MAX_DEPTH):
        raise ManifestError(f"The manifest is nested more than {MAX_DEPTH} deep; accepted is less.")
    try:
        manifest = _from_v1(data) if version == LEGACY_VERSION else msgspec.convert(data, Manifest)
    except msgspec.ValidationError as error:
        raise validation_error(error) from None
    return _checked(manifest)


def read(path: str | Path) -> Manifest:
    """Read a manifest's file: YAML by its ending (.yaml, .yml), else JSON.

    Raises
    ------
    OSError
        The file cannot be read.
    ManifestError, VersionMismatch
        As :func:`decode`.
    """
    path = Path(path)
    text = path.read_bytes()
    return convert(parse_yaml(text)) if path.suffix.lower() in (".yaml", ".yml") else decode(text)


def parse_yaml(text: bytes) -> Any:
    """Parse YAML of plain data; tags, anchors and aliases are refused, so that a short file stays small.

    Raises
    ------
    ManifestError
        The text is no such YAML, or too large.
    """
    try:
        import yaml
    except ModuleNotFoundError as error:
        raise ManifestError("Reading YAML needs PyYAML: pip install 'paceline[yaml]'; JSON needs nothing.") from error
    if len(text) > MAX_BYTES:
        raise ManifestError(f"The manifest has {len(text):,} bytes; accepted are up to {MAX_BYTES:,}.")
    loader_type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        for event in yaml.parse(text, Loader=loader_type):
            if isinstance(event, yaml.AliasEvent):
                raise ManifestError(f"The manifest has the alias *{event.anchor}; accepted is YAML without aliases.")
        return yaml.load(text, Loader=loader_type)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        if isinstance(error, ManifestError):
            raise
        raise ManifestError(f"The manifest cannot be read as YAML: {' '.join(str(error).split())}.") from None


def encode(manifest: Manifest) -> dict[str, Any]:
    """Return a manifest as plain data, defaults left out; ``version`` and ``nodes`` are always there."""
    data: dict[str, Any] = msgspec.to_builtins(manifest)
    return data


def refuse_code(params: Mapping[str, Any], path: str, id: str, type: str) -> None:
    """Raise ManifestError where a node's params are not plain data, which is all that a manifest can hold."""
    try:
        msgspec.json.encode(params)
    except (TypeError, ValueError, RecursionError) as error:
        raise ManifestError(
            f"{path}: the node {id!r} ({type}) has a param that is no plain data: {error}; register a function with "
            "@paceline.pipeline.node and give its name.",
            path,
        ) from None


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a manifest."""
    found: dict[str, Any] = msgspec.json.schema(Manifest)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "paceline pipeline manifest", **found}


def _mismatch(version: object) -> VersionMismatch:
    return VersionMismatch(f"version is {short(version)}; accepted are {VERSION!r} and {LEGACY_VERSION!r}.", "version")


def checked(manifest: Manifest) -> Manifest:
    """Return a manifest that was made in Python, if it is one that is read here.

    Raises
    ------
    ManifestError, VersionMismatch
        As :func:`decode`.
    """
    if manifest.version != VERSION:
        raise _mismatch(manifest.version)
    return _checked(manifest)


def _checked(manifest: Manifest) -> Manifest:
    if not manifest.nodes:
        raise ManifestError("nodes is empty; accepted is one node or more.", "nodes")
    if len(manifest.nodes) > MAX_NODES:
        raise ManifestError(f"There are {len(manifest.nodes):,} nodes; accepted are up to {MAX_NODES:,}.", "nodes")
    return manifest


def validation_error(error: msgspec.ValidationError, within: str = "") -> ManifestError:
    """Return msgspec's error as ours, with the path that it names."""
    message, _, path = str(error).partition(" - at `")
    if path.startswith("key` in `"):  # the key of a dict, which has no path of its own
        path, message = path.removeprefix("key` in `"), f"A key is wrong: {message}"
    path = path.rstrip("`").removeprefix("$").removeprefix(".")
    path = ".".join(filter(None, (within, path)))
    where = f"{path}: " if path else ""
    accepted = WORDS.get(path.rpartition(".")[2]) if message.startswith("Invalid enum value") else None
    if accepted is not None:
        message = f"{message.rstrip('.')}; accepted are {', '.join(map(repr, accepted))}"
    return ManifestError(f"{where}{message.rstrip('.')}.", path)


def _deep(manifest: Manifest) -> bool:
    """Say whether params or metadata are nested too deep; most params hold no container at all."""
    types = {type(value) for spec in manifest.nodes for value in spec.params.values()}
    nested = dict in types or list in types
    if nested and _depth_beyond([spec.params for spec in manifest.nodes], MAX_DEPTH - 2):
        return True
    return _depth_beyond(manifest.metadata, MAX_DEPTH - 1)


def _depth_beyond(data: Any, levels: int) -> bool:
    """Say whether containers are nested deeper; without recursion, so that no input overflows the stack."""
    layer = [data]
    for _ in range(levels + 1):
        layer = [
            child
            for each in layer
            for child in (each.values() if isinstance(each, Mapping) else each)
            if isinstance(child, Mapping | list)
        ]
        if not layer:
            return False
    return True


class LegacyNode(msgspec.Struct):
    """One node of the older shape."""

    id: str
    node_type: str
    params: dict[str, Any] = {}
    runtime_hint: str | None = None


class LegacyEdge(msgspec.Struct):
    """One edge of the older shape."""

    source: str = msgspec.field(name="from")
    target: str = msgspec.field(name="to")


class Legacy(msgspec.Struct):
    """A whole pipeline in the older shape, whose version is told beside it."""

    nodes: list[LegacyNode]
    connections: list[LegacyEdge] = []
    metadata: dict[str, Any] = {}


_LEGACY_HINTS: Final[dict[str | None, RuntimeHint]] = {"cpython": "python", "rust": "rust"}
"""Of the older hints, those that mean one of today's; any other, such as one of a WebAssembly runtime, is "auto"."""


def _from_v1(data: Mapping[str, Any]) -> Manifest:
    """Read the older shape, which may have fields that mean nothing here."""
    old = msgspec.convert(data, Legacy)
    name = old.metadata.get("name", "pipeline")
    return Manifest(
        VERSION,
        [
            NodeSpec(node.id, node.node_type, node.params, _LEGACY_HINTS.get(node.runtime_hint, "auto"))
            for node in old.nodes
        ],
        [EdgeSpec(edge.source, edge.target) for edge in old.connections],
        name=name if isinstance(name, str) else "pipeline",
        description=str(old.metadata.get("description") or ""),
        metadata=old.metadata,
    )
