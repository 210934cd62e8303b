"""What a node is, and the registry: the only place that a manifest's types come from."""

from __future__ import annotations

import copy
import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final, TypeVar, overload

from paceline.pipeline.program import Kind

Lowered = tuple[Kind, Any]
"""A kind that executors know, with its param: see :mod:`paceline.pipeline.program`."""


class Node:
    """A step of a pipeline: ``process`` gets one item and says what becomes of it.

    A subclass writes ``process`` as a plain function (what it returns is sent on; None drops the item), as a generator
    (each value that it yields is sent on, once it has ended without an error), as ``async def``, or as an async
    generator. Items are not to be changed in place: others may hold them.

    ``setup()`` and ``teardown()`` run once a run, the latter also after an error or a cancellation; ``flush()`` at the
    end of the input, and what it returns or yields is sent on as by ``process``. Any of them may be ``async``. A run
    that begins while another one of the same pipeline goes on works on a shallow copy of every node that has one of
    the three; all other nodes are shared.

    Parameters
    ----------
    name : str, optional
        The node's id in a pipeline; by default its type and a number. A subclass that has no ``__init__``, or does not
        call this one, keeps None.

    Attributes
    ----------
    retryable : tuple of exception types
        Worth a retry, besides those that always are.
    max_concurrency : int
        How many items an ``async`` node may work on at once; what it sends keeps their order.
    timeout_ms : float or None
        How long one attempt of an ``async`` node may take; None: as the pipeline says.
    frames : bool
        Whether the node's items are arrays of (frames,) or (frames, channels): a pipeline with such a node takes an
        array as one signal, not as numbers.
    """

    name: str | None = None
    retryable: ClassVar[tuple[type[Exception], ...]] = ()
    max_concurrency: int = 1
    timeout_ms: float | None = None
    frames: bool = False

    _arguments: tuple[tuple[Any, ...], dict[str, Any]] = ((), {})

    def __new__(cls, *args: Any, **kwargs: Any) -> Node:
        """Remember the arguments, which are the node's params in a manifest."""
        node = super().__new__(cls)
        node._arguments = (args, kwargs)
        return node

    def __init__(self, *, name: str | None = None) -> None:
        self.name = name

    def process(self, item: Any) -> Any:
        """Work on one item."""
        raise NotImplementedError(f"{type(self).__name__} has no process method.")

    def setup(self) -> Any:
        """Prepare for a run."""

    def teardown(self) -> Any:
        """Clean up after a run."""

    def flush(self) -> Any:
        """Send what is left at the end of the input."""

    def params(self) -> dict[str, Any]:
        """Return the arguments that the node was made with, by name; ``name`` itself is not among them."""
        args, kwargs = self._arguments
        if not args:
            return {key: value for key, value in kwargs.items() if key != "name"}
        signature = inspect.signature(type(self).__init__)
        bound = signature.bind(self, *args, **kwargs).arguments
        bound.pop(next(iter(bound)))
        for key, parameter in signature.parameters.items():
            if parameter.kind is parameter.VAR_KEYWORD:
                bound.update(bound.pop(key, {}))
        return {key: value for key, value in bound.items() if key != "name"}

    def lowered(self) -> Lowered | None:
        """Return the kind that executors know this node as; None: it is called."""
        return None

    def in_run(self) -> Node:
        """Return what one run works on: the node, or a copy where it keeps something during a run."""
        return self

    def has(self, method: str) -> bool:
        """Whether a subclass has written ``setup``, ``teardown`` or ``flush``."""
        return getattr(type(self), method) is not getattr(Node, method)

    @property
    def waits(self) -> bool:
        """Whether ``process`` or ``flush`` is to be awaited."""
        return any(
            is_a(kind, method)
            for method in (self.process, self.flush)
            for kind in (inspect.iscoroutinefunction, inspect.isasyncgenfunction)
        )

    @property
    def yields(self) -> bool:
        """Whether ``process`` sends any number of items."""
        return is_a(inspect.isgeneratorfunction, self.process) or is_a(inspect.isasyncgenfunction, self.process)


def is_a(kind: Callable[[Any], bool], function: Callable[..., Any]) -> bool:
    """Ask :mod:`inspect` of a function, or of an object's ``__call__``."""
    while isinstance(function, functools.partial):
        function = function.func
    return kind(function) or (not inspect.isroutine(function) and kind(getattr(function, "__call__", None)))  # noqa: B004


class StatefulNode(Node):
    """A node of paceline's own that keeps something during a run: each run works on a copy of its own."""

    def in_run(self) -> Node:
        """Return a copy; what it keeps is made in ``begin``."""
        fresh = copy.copy(self)
        fresh.begin()
        return fresh

    def begin(self) -> None:
        """Make what a run keeps."""


class FunctionNode(Node):
    """A node made of a function by :func:`node`; keyword-only parameters of the function are the node's params."""

    function: ClassVar[Callable[..., Any]]

    def __init__(self, *, name: str | None = None, **params: Any) -> None:
        super().__init__(name=name)
        inspect.signature(self.function).bind(None, **params)
        function = functools.partial(self.function, **params) if params else self.function
        self.process = function  # type: ignore[method-assign]


NodeClass = TypeVar("NodeClass", bound=type[Node])

_TYPES: dict[str, type[Node]] = {}
LOWER: Final[dict[str, Callable[[Mapping[str, Any]], Lowered]]] = {}
"""For each type that executors know by its params alone what makes a kind of them; so no object need be made."""


@overload
def register(kind: NodeClass) -> NodeClass: ...
@overload
def register(kind: str, *aliases: str) -> Callable[[NodeClass], NodeClass]: ...
def register(kind: Any, *aliases: str) -> Any:
    """Make a node class known to manifests, by its own name or by those given: ``@register`` or ``@register("Name")``.

    Raises
    ------
    ValueError
        Another class has that name.
    """
    if isinstance(kind, str):
        return functools.partial(_register, names=(kind, *aliases))
    return _register(kind, names=(kind.__name__,))


def _register(kind: type[Node], names: tuple[str, ...]) -> type[Node]:
    for name in names:
        held = _TYPES.get(name)
        if held is not None and (held.__module__, held.__qualname__) != (kind.__module__, kind.__qualname__):
            raise ValueError(f"The node type {name!r} is {held.__module__}.{held.__qualname__} already.")
        _TYPES[name] = kind
        if hasattr(kind, "lower"):
            LOWER[name] = kind.lower
    return kind


@overload
def node(function: Callable[..., Any]) -> type[FunctionNode]: ...
@overload
def node(function: str) -> Callable[[Callable[..., Any]], type[FunctionNode]]: ...
def node(function: Any) -> Any:
    """Make a registered node class of a function, by ``@node`` or ``@node("Name")``; keyword-only parameters: params."""
    if isinstance(function, str):
        return lambda given: _function_node(given, function)
    return _function_node(function, function.__name__)


def _function_node(function: Callable[..., Any], name: str) -> type[FunctionNode]:
    body = {
        "function": staticmethod(function),
        "__doc__": function.__doc__,
        "__module__": function.__module__,
        "__qualname__": function.__qualname__,
    }
    made: type[FunctionNode] = type(name, (FunctionNode,), body)
    _register(made, (name,))
    return made


def registered() -> Mapping[str, type[Node]]:
    """Return every registered type by name, aliases included."""
    return _TYPES


def type_name(kind: type[Node]) -> str:
    """Return the name that a class is registered by, or its own."""
    for name, held in _TYPES.items():
        if held is kind:
            return name
    return kind.__name__
