"""Pipelines: built by hand or from a manifest, run over lists, arrays, single items and streams."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Callable, Coroutine, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from paceline.pipeline import manifest as manifests
from paceline.pipeline.entries import Entry, entries_of
from paceline.pipeline.errors import ManifestError, NodeNotFound
from paceline.pipeline.explanation import Explanation, explain_plan
from paceline.pipeline.graph import PlainEdge
from paceline.pipeline.immediate import Immediate
from paceline.pipeline.manifest import Config, EdgeSpec, Manifest, NodeSpec, RuntimeHint
from paceline.pipeline.metrics import MetricsShape
from paceline.pipeline.nodes.base import Node, registered
from paceline.pipeline.nodes.flow import INPUT, OUTPUT, MapNode
from paceline.pipeline.plan import Plan
from paceline.pipeline.planning import line_edges, make_plan
from paceline.pipeline.waiting import Waiting
from paceline.selection import overrides


class Pipeline:
    """A graph of nodes, ready to run; who runs it is chosen once, by the runtime hints or by what is best here.

    A block of :func:`paceline.using` around the place where a pipeline is made holds for it, also after the block; one
    around a run does not. Typical sizes decide: lists of 1,000 items, single items where a node waits.

    Parameters
    ----------
    name : str
        Its id in metrics and manifests.
    **config
        The fields of a manifest's config: ``runtime_hint``, ``enable_metrics``, ``on_error``, ``retry_policy``,
        ``max_retries``,
        ``circuit_breaker_threshold`` and the others of :class:`paceline.pipeline.Config`.

    Raises
    ------
    ManifestError
        A field of config is not known, or its value is not accepted.

    Examples
    --------
    >>> from paceline.pipeline import CalculatorNode, Pipeline
    >>> Pipeline("double").add_node(CalculatorNode("multiply", 2)).run_sync([1, 2.5])
    [2, 5.0]
    """

    def __init__(self, name: str = "pipeline", **config: Any) -> None:
        if not isinstance(name, str):
            raise TypeError(f"name is of type {type(name).__name__}; accepted is a str.")
        self.name = name
        self._config = _config(config)
        self._entries: list[Entry] = []
        self._numbers: dict[str, int] = {}
        self._edges: list[PlainEdge] = []
        self._description = ""
        self._metadata: dict[str, Any] = {}
        self._asked = overrides.asked.get()
        """What blocks of ``using`` asked for where the pipeline was made: it holds for its plans."""
        self._ready: Immediate | Waiting | None = None

    # -- building

    def add_node(
        self,
        node: Node | Callable[[Any], Any],
        *,
        id: str | None = None,
        after: str | Sequence[str] | None = None,
        runtime_hint: RuntimeHint = "auto",
    ) -> Pipeline:
        """Add a node, by default after the one that was added last; return the pipeline.

        Parameters
        ----------
        node : Node or callable
            A function is taken as a :class:`MapNode`.
        id : str, optional
            By default the node's ``name``, or its type and a number.
        after : str or sequence of str, optional
            The nodes that send to it, in the order in which their items are merged; an empty sequence makes it one
            that gets the pipeline's input. :meth:`connect` adds edges with keys.
        runtime_hint : {"auto", "python", "numba", "cython", "rust"}
            What runs it; BackendUnavailable, once the pipeline runs, where that cannot be met.

        Raises
        ------
        TypeError
            ``node`` is neither; an instance is asked for, not a class.
        ManifestError
            The id is taken, or the hint is another.
        NodeNotFound
            ``after`` names a node that is not there.
        """
        if isinstance(node, type) or not (isinstance(node, Node) or callable(node)):
            what = f"the class {node.__name__}" if isinstance(node, type) else f"of type {type(node).__name__}"
            raise TypeError(f"node is {what}; accepted is a Node's instance, or a function of one item.")
        made = node if isinstance(node, Node) else MapNode(node)
        if runtime_hint not in manifests.HINTS:
            raise ManifestError(f"runtime_hint is {runtime_hint!r}; accepted are {', '.join(manifests.HINTS)}.")
        entry = Entry.of(made, "", runtime_hint)
        entry.id = id or made.name or self._free_id(entry.type)
        if not isinstance(entry.id, str):
            raise TypeError(f"id is of type {type(entry.id).__name__}; accepted is a str.")
        if entry.id in self._numbers:
            raise ManifestError(f"The id {entry.id!r} is taken; accepted is one that no other node has.", "nodes")
        if after is None:
            sources = [self._entries[-1].id] if self._entries else []
        else:
            sources = [after] if isinstance(after, str) else list(after)
        numbers = [self._number(source, "after") for source in sources]
        self._numbers[entry.id] = len(self._entries)
        self._entries.append(entry)
        self._edges += [(number, len(self._entries) - 1, OUTPUT, INPUT) for number in numbers]
        self._ready = None
        return self

    def connect(self, source: str, target: str, *, output_key: str = OUTPUT, input_key: str = INPUT) -> Pipeline:
        """Add an edge between two nodes; return the pipeline.

        Raises
        ------
        NodeNotFound
            One of them is not there.
        """
        self._edges.append((self._number(source, "source"), self._number(target, "target"), output_key, input_key))
        self._ready = None
        return self

    @classmethod
    def from_manifest(cls, manifest: Mapping[str, Any] | Manifest, **config: Any) -> Pipeline:
        """Make a pipeline of a manifest's data; fields of ``config`` go before the manifest's own.

        Raises
        ------
        ManifestError
            With the path to what is wrong; VersionMismatch, NodeNotFound and CycleError are kinds of it.
        BackendUnavailable
            A runtime hint cannot be met.
        """
        found = manifests.checked(manifest) if isinstance(manifest, Manifest) else manifests.convert(manifest)
        made = cls.__new__(cls)
        made.name, made._description, made._metadata = found.name, found.description, found.metadata
        made._config = _config(config, found.config) if config else found.config
        made._entries = entries_of(found.nodes)
        made._numbers = numbers = {spec.id: number for number, spec in enumerate(found.nodes)}
        if len(numbers) < len(found.nodes):
            raise _taken(found)
        made._edges = _edges_of(found, numbers)
        made._asked = overrides.asked.get()
        made._ready = None
        made._prepare()
        return made

    @classmethod
    def from_json(cls, source: str | Path, **config: Any) -> Pipeline:
        """Make a pipeline of a JSON file, or of JSON text, which begins with a brace; as :meth:`from_manifest`.

        Raises
        ------
        OSError
            The file cannot be read.
        """
        if isinstance(source, str) and source.lstrip()[:1] == "{":
            return cls.from_manifest(manifests.decode(source), **config)
        return cls.from_manifest(manifests.decode(Path(source).read_bytes()), **config)

    @classmethod
    def from_yaml(cls, path: str | Path, **config: Any) -> Pipeline:
        """Make a pipeline of a YAML file; as :meth:`from_manifest`. Needs PyYAML: ``pip install 'paceline[yaml]'``."""
        return cls.from_manifest(manifests.convert(manifests.parse_yaml(Path(path).read_bytes())), **config)

    def to_manifest(self) -> dict[str, Any]:
        """Return the pipeline as a manifest's data, which makes an equal one.

        Raises
        ------
        ManifestError
            A node's type is not registered, or a param is no data, as a function is.
        """
        nodes = []
        for number, entry in enumerate(self._entries):
            if entry.made is not None and registered().get(entry.type) is not type(entry.made):
                raise ManifestError(
                    f"nodes[{number}].type: the node {entry.id!r} is of {type(entry.made).__name__}, which is not "
                    "registered; accepted is a class under @paceline.pipeline.register.",
                    f"nodes[{number}].type",
                )
            params = dict(entry.params) if entry.made is None else entry.node.params()
            manifests.refuse_code(params, f"nodes[{number}].params", entry.id, entry.type)
            nodes.append(NodeSpec(entry.id, entry.type, params, entry.hint))
        ids = [entry.id for entry in self._entries]
        edges = [EdgeSpec(ids[source], ids[target], output, port) for source, target, output, port in self._edges]
        return manifests.encode(
            Manifest(manifests.VERSION, nodes, edges, self._config, self.name, self._description, self._metadata)
        )

    def using(self, runtime_hint: RuntimeHint) -> Pipeline:
        """Return the same pipeline with another runtime hint; the nodes are shared, the metrics are not."""
        other = Pipeline.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other._entries, other._edges = list(self._entries), list(self._edges)
        other._numbers, other._ready = dict(self._numbers), None
        other._config = _config({"runtime_hint": runtime_hint}, self._config)
        return other

    # -- running

    def run_sync(self, data: Any) -> Any:
        """Run an input and wait for it.

        Parameters
        ----------
        data : list, iterable, array or one item
            A list, or any iterable but text, bytes and mappings, is run item by item. An array of one dimension is
            run as its numbers; through nodes of frames an array of one or two dimensions is one signal. Anything else
            is one item.

        Returns
        -------
        list, array, item or dict
            A list for items; an array for an array, of int64 or of float's type, unless its results are no numbers;
            for one item what comes of it: None if it was dropped, a list if there are several. With several sinks a
            dict of these by the sinks' ids. With ``on_error="collect"`` a :class:`Collected` of that and the errors.

        Raises
        ------
        NodeError
            A node failed, and ``on_error`` is "raise".
        ManifestError, BackendUnavailable
            The graph cannot be run.
        RuntimeError
            A node waits, and this thread runs an event loop already: await :meth:`run` there.

        Notes
        -----
        Cost: one pass; nothing is parsed or planned again after the first run.
        """
        ready = self._ready
        if ready is None:
            ready = self._prepare()
        direct = ready.direct
        return ready.run_sync(data) if direct is None else direct(data)

    def run(self, data: Any) -> Coroutine[Any, Any, Any]:
        """Run an input; as :meth:`run_sync`, and an async iterable is taken too. Await what this returns.

        Where no node waits this makes no task and no thread: the coroutine does the work when it is awaited.
        """
        ready = self._ready
        if ready is None:
            ready = self._prepare()
        return ready.run(data)

    async def run_many(self, inputs: Iterable[Any], *, concurrency: int | None = None) -> list[Any]:
        """Run several inputs, all at once where nodes wait, and return their results in order.

        Parameters
        ----------
        inputs : iterable
            Each as for :meth:`run`.
        concurrency : int, optional
            How many runs go on at a time; by default all.

        Raises
        ------
        Exception
            That of the first input that fails, in the order of the inputs; the others are cancelled first.
        """
        if concurrency is not None and concurrency < 1:
            raise ValueError(f"concurrency is {concurrency}; accepted is 1 or more, or None.")
        ready = self._ready or self._prepare()
        if ready.direct is not None:
            direct = ready.direct
            return [await ready.run(data) if hasattr(data, "__aiter__") else direct(data) for data in inputs]
        return await ready.run_many(list(inputs), concurrency)

    def stream(self, source: Iterable[Any] | AsyncIterable[Any]) -> AsyncIterator[Any]:
        """Yield what comes of each item as soon as it is there; the next one is taken from the source when asked for.

        A source that is not async is read in this thread. With several sinks pairs of id and item are yielded. Nodes
        that keep something keep it over the whole stream. Leaving the loop early ends the run and tears down.

        Raises
        ------
        ValueError
            ``on_error`` is "collect".
        """
        if self._config.on_error == "collect":
            raise ValueError(
                "on_error is 'collect', and a stream has no end to give errors at; accepted are 'raise' and 'skip'."
            )
        ready = self._ready or self._prepare()
        return ready.stream(source)

    # -- looking

    def get_metrics(self, shape: MetricsShape = "list") -> dict[str, Any]:
        """Return what was counted and timed since the pipeline was made ready, also while it runs.

        Parameters
        ----------
        shape : {"list", "dict"}
            ``node_metrics`` as a list with everything, or as a dict by id with the four fields of the older shape.

        Raises
        ------
        ValueError
            The shape is another.
        """
        if shape not in ("list", "dict"):
            raise ValueError(f"shape is {shape!r}; accepted are 'list' and 'dict'.")
        return (self._ready or self._prepare()).metrics(self.name, [entry.id for entry in self._entries], shape)

    @property
    def takes_signals(self) -> bool:
        """Whether an array is one signal to it, not numbers: it has nodes of frames."""
        return (self._ready or self._prepare()).plan.frames

    def explain(self) -> Explanation:
        """Say which nodes run on which backend and why, what that is expected to cost, and what is converted.

        Nothing is run and nothing timed: estimates are of kernels, by what was measured on this machine, or else by the
        table that comes with paceline.
        """
        return explain_plan(self.name, (self._ready or self._prepare()).plan)

    def __repr__(self) -> str:
        return f"<Pipeline {self.name!r}: {len(self._entries)} nodes, {len(self._edges)} edges>"

    # -- inside

    def plan(self) -> Plan:
        """Make the plan that runs follow, anew."""
        if not self._entries:
            raise ManifestError("The pipeline has no nodes; accepted is one node or more.", "nodes")
        if overrides.asked.get() is self._asked:
            return make_plan(self._entries, self._edges, self._config)
        with overrides.asking(self._asked):
            return make_plan(self._entries, self._edges, self._config)

    def _prepare(self) -> Immediate | Waiting:
        plan = self.plan()
        self._ready = ready = Waiting(plan) if plan.waits else Immediate(plan)
        return ready

    def _number(self, id: str, argument: str) -> int:
        number = self._numbers.get(id)
        if number is None:
            known = ", ".join(map(repr, self._numbers)) or "none yet"
            raise NodeNotFound(f"{argument} names the node {id!r}, which is not there; accepted are {known}.", "edges")
        return number

    def _free_id(self, type: str) -> str:
        number = len(self._entries)
        while f"{type}_{number}" in self._numbers:
            number += 1
        return f"{type}_{number}"


def _edges_of(manifest: Manifest, numbers: Mapping[str, int]) -> list[PlainEdge]:
    """Return the edges by the nodes' numbers; a line's, the usual case, are not made anew."""
    if len(manifest.edges) == len(numbers) - 1:
        ids = list(numbers)
        for edge, source, target in zip(manifest.edges, ids, ids[1:], strict=False):
            if edge.source != source or edge.target != target or edge.output_key != OUTPUT or edge.input_key != INPUT:
                break
        else:
            return list(line_edges(len(ids)))
    try:
        return [
            (numbers[edge.source], numbers[edge.target], edge.output_key, edge.input_key) for edge in manifest.edges
        ]
    except KeyError:
        raise _not_there(manifest) from None


def _taken(manifest: Manifest) -> ManifestError:
    seen = set[str]()
    for number, spec in enumerate(manifest.nodes):  # noqa: B007 - where it stopped is told
        if spec.id in seen:
            break
        seen.add(spec.id)
    return ManifestError(f"nodes[{number}].id: {spec.id!r} is taken by another node.", f"nodes[{number}].id")


def _not_there(manifest: Manifest) -> NodeNotFound:
    ids = {spec.id for spec in manifest.nodes}
    path, missing = next(
        (f"edges[{number}].{field}", id)
        for number, edge in enumerate(manifest.edges)
        for field, id in (("from", edge.source), ("to", edge.target))
        if id not in ids
    )
    return NodeNotFound(f"{path}: there is no node {missing!r}; accepted are the nodes' ids.", path)


def _config(given: Mapping[str, Any], base: Config | None = None) -> Config:
    fields = {**(msgspec.structs.asdict(base) if base is not None else {}), **given}
    try:
        return msgspec.convert(fields, Config)
    except msgspec.ValidationError as error:
        raise manifests.validation_error(error, "config") from None
