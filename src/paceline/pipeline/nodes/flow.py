"""Nodes that direct the flow of items: hold them back, drop some, send them one way or another, change them."""

from __future__ import annotations

import inspect
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from paceline.pipeline.nodes.base import FunctionNode, Lowered, Node, StatefulNode, is_a, register, registered
from paceline.pipeline.nodes.numbers import Number, as_number, refuse
from paceline.pipeline.program import Comparison, Kind

COMPARISONS: Final = {
    "eq": Comparison.EQ,
    "ne": Comparison.NE,
    "lt": Comparison.LT,
    "le": Comparison.LE,
    "gt": Comparison.GT,
    "ge": Comparison.GE,
}
_SIGNS: Final = {"==": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}
_PYTHON: Final[dict[Comparison, Callable[[Any, Any], bool]]] = {
    Comparison.EQ: operator.eq,
    Comparison.NE: operator.ne,
    Comparison.LT: operator.lt,
    Comparison.LE: operator.le,
    Comparison.GT: operator.gt,
    Comparison.GE: operator.ge,
}

INPUT: Final = "input"
"""The port of a node that has one."""
OUTPUT: Final = "output"
"""The output of every node that is no router, and a router's by default."""


def as_comparison(word: object) -> Comparison:
    """Return the comparison that a word or a sign stands for."""
    found = COMPARISONS.get(_SIGNS.get(word, word)) if isinstance(word, str) else None
    if found is None:
        accepted = ", ".join(map(repr, (*COMPARISONS, *_SIGNS)))
        raise ValueError(f"operation is {word!r}; accepted are {accepted}.")
    return found


def _plain(function: Callable[[Any], Any], what: str) -> Callable[[Any], Any]:
    """Refuse a function whose answer would be awaited or iterated: taken as it is, it would always hold."""
    kinds = (inspect.iscoroutinefunction, inspect.isasyncgenfunction, inspect.isgeneratorfunction)
    if any(is_a(kind, function) for kind in kinds):
        raise TypeError(f"{what} is an async function, or one that yields; accepted is one that returns its answer.")
    return function


def compare(comparison: Comparison, value: Number, item: Any) -> bool:
    """Compare an item, which must be a number, with a value; exact also where one is an int and one a float."""
    return bool(_PYTHON[comparison](as_number(item), value))


@register("BufferNode", "Buffer")
class BufferNode(StatefulNode):
    """Holds items back until there are ``size``, and sends them as a list; the rest at the end of the input."""

    _held: list[Any]

    def __init__(self, size: int = 10, *, name: str | None = None) -> None:
        super().__init__(name=name)
        self._size = self.lower({"size": size})[1]

    @staticmethod
    def lower(params: Mapping[str, Any]) -> Lowered:
        """Return the kind and the size; the documents' name for it, ``buffer_size``, is accepted."""
        if params.keys() - {"size", "buffer_size"} or len(params) > 1:
            refuse(params, ("size",), required=())
        size = next(iter(params.values()), 10)
        if type(size) is not int:
            raise TypeError(f"size is of type {type(size).__name__}; accepted is an int of 1 or more.")
        if size < 1:
            raise ValueError(f"size is {size}; accepted is an int of 1 or more.")
        return Kind.BUFFER, size

    def lowered(self) -> Lowered:
        """Return the kind and the size."""
        return Kind.BUFFER, self._size

    def params(self) -> dict[str, Any]:
        """Return the size."""
        return {"size": self._size}

    def begin(self) -> None:
        """Hold nothing."""
        self._held = []

    def process(self, item: Any) -> list[Any] | None:
        """Return the items that are held, once there are enough."""
        self._held.append(item)
        return self.flush() if len(self._held) == self._size else None

    def flush(self) -> list[Any] | None:
        """Return the items that are held, if there are any."""
        held, self._held = self._held, []
        return held or None


@register("FilterNode", "Filter")
class FilterNode(Node):
    """Keeps the items that compare with a value, or those for which a function holds.

    Parameters
    ----------
    operation : {"eq", "ne", "lt", "le", "gt", "ge"} or a sign such as ">=", or a function of one item
        A function may be given in Python only: a manifest names no code.
    value : int or float
        What numbers are compared with; not beside a function.
    """

    def __init__(
        self,
        operation: str | Callable[[Any], Any],
        value: Number | None = None,
        *,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        self._function = _plain(operation, "operation") if callable(operation) else None
        if self._function is not None:
            if value is not None:
                raise TypeError("value is given beside a function; accepted is a function alone.")
        else:
            self._rule: tuple[Comparison, Number] = self.lower({"operation": operation, "value": value})[1]

    @staticmethod
    def lower(params: Mapping[str, Any]) -> Lowered:
        """Return the kind and the rule."""
        if len(params) != 2 or "operation" not in params or "value" not in params:
            refuse(params, ("operation", "value"))
        return Kind.FILTER, (as_comparison(params["operation"]), as_number(params["value"], "value"))

    def lowered(self) -> Lowered | None:
        """Return the kind and the rule; a function is called."""
        return None if self._function is not None else (Kind.FILTER, self._rule)

    def holds(self, item: Any) -> bool:
        """Say whether an item is kept."""
        return bool(self._function(item)) if self._function is not None else compare(*self._rule, item)

    def process(self, item: Any) -> Any:
        """Return the item if it is kept, else None."""
        return item if self.holds(item) else None


Rule = tuple[Comparison, Number, str | None]


@register("RouterNode", "Router")
class RouterNode(Node):
    """Sends each item to one named output: an edge with that ``output_key`` takes it on.

    Parameters
    ----------
    rules : sequence of {"operation", "value", "output"}, or a function of one item that returns an output
        The first rule that holds says the output; None as an output drops the item. A function may be given in
        Python only.
    default : str or None
        The output where no rule holds.

    Raises
    ------
    TypeError, ValueError
        A rule is not of that form.
    """

    def __init__(
        self,
        rules: Sequence[Mapping[str, Any]] | Callable[[Any], str | None],
        default: str | None = OUTPUT,
        *,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        self._function = _plain(rules, "rules") if callable(rules) else None
        self._rules: tuple[Rule, ...] = ()
        self._default = default
        if not callable(rules):
            self._rules, self._default = self.lower({"rules": rules, "default": default})[1]

    @staticmethod
    def lower(params: Mapping[str, Any]) -> Lowered:
        """Return the kind with the rules and the default, outputs still by name."""
        if params.keys() - {"rules", "default"} or "rules" not in params:
            refuse(params, ("rules", "default"), required=("rules",))
        rules = params["rules"]
        if isinstance(rules, str) or not isinstance(rules, Sequence):
            raise TypeError(f"rules is of type {type(rules).__name__}; accepted is a list of rules.")
        return Kind.ROUTE, (
            tuple(_rule(rule, i) for i, rule in enumerate(rules)),
            _output(params.get("default", OUTPUT)),
        )

    def lowered(self) -> Lowered:
        """Return the kind with the rules and the default; None in place of both where a function decides."""
        return Kind.ROUTE, None if self._function is not None else (self._rules, self._default)

    def outputs(self) -> tuple[str, ...] | None:
        """Return the outputs that the rules name, each once; None: a function decides."""
        if self._function is not None:
            return None
        named = [output for _, _, output in self._rules] + [self._default]
        return tuple(dict.fromkeys(output for output in named if output is not None))

    def route(self, item: Any) -> str | None:
        """Return an item's output."""
        if self._function is not None:
            output: str | None = self._function(item)
            return output
        for comparison, value, output in self._rules:
            if compare(comparison, value, item):
                return output
        return self._default

    def process(self, item: Any) -> Any:
        """Return the item: an executor asks ``route`` where it goes."""
        return item


def _rule(rule: Any, number: int) -> Rule:
    if not isinstance(rule, Mapping):
        raise TypeError(f"rules[{number}] is of type {type(rule).__name__}; accepted is a mapping.")
    try:
        refuse(rule, ("operation", "value", "output"))
        return as_comparison(rule["operation"]), as_number(rule["value"], "value"), _output(rule["output"])
    except (TypeError, ValueError) as error:
        raise type(error)(f"rules[{number}]: {error}") from None


def _output(output: Any) -> str | None:
    if output is not None and not isinstance(output, str):
        raise TypeError(f"An output is of type {type(output).__name__}; accepted is a name, or None to drop the item.")
    return output


@register("MapNode", "Map")
class MapNode(Node):
    """Applies a function to each item: any of the forms that ``process`` may have.

    Parameters
    ----------
    function : callable or str
        A function of one item, or the registered name of one (see :func:`node`), which is all that a manifest may
        hold.
    """

    def __init__(self, function: Callable[[Any], Any] | str, *, name: str | None = None) -> None:
        super().__init__(name=name)
        self._name = function if isinstance(function, str) else None
        if isinstance(function, str):
            kind = registered().get(function)
            if kind is None or not issubclass(kind, FunctionNode):
                known = [key for key, held in registered().items() if issubclass(held, FunctionNode)]
                raise ValueError(
                    f"function is {function!r}; accepted are registered functions: {', '.join(known) or 'none yet'}."
                )
            self.process = kind.function  # type: ignore[method-assign]
        elif isinstance(function, type) and issubclass(function, FunctionNode):
            self.process = function.function  # type: ignore[method-assign]
        elif callable(function):
            self.process = function  # type: ignore[method-assign, assignment]
        else:
            raise TypeError(
                f"function is of type {type(function).__name__}; accepted is a callable, or a registered one's name."
            )
