"""Nodes of numbers. Ints stay ints and are exact, floats are floats, a division gives a float.

Numbers are int and float, and NumPy's scalars of the same; a bool is none. An array as an item is worked on element by
element, as :mod:`paceline.pipeline.nodes.elementwise` says.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

import numpy as np

from paceline.pipeline.nodes.base import Lowered, Node, register
from paceline.pipeline.nodes.elementwise import elementwise
from paceline.pipeline.program import Kind

Number = int | float

PASSED: Final[Lowered] = (Kind.PASS, None)
"""One for all nodes that pass."""

OPERATIONS: Final = {
    "add": Kind.ADD,
    "subtract": Kind.SUBTRACT,
    "multiply": Kind.MULTIPLY,
    "divide": Kind.DIVIDE,
}

PYTHON: Final[dict[Kind, Callable[[Any, Any], Any]]] = {
    Kind.ADD: operator.add,
    Kind.SUBTRACT: operator.sub,
    Kind.MULTIPLY: operator.mul,
    Kind.DIVIDE: operator.truediv,
}


def as_number(value: object, what: str = "The item") -> Number:
    """Return a number as an exact int or float, or raise TypeError."""
    kind = type(value)
    if kind is int or kind is float:
        return value  # type: ignore[return-value]
    if isinstance(value, int | np.integer) and kind is not bool:
        return int(value)
    if isinstance(value, float | np.floating) and not isinstance(value, np.longdouble):
        return float(value)
    raise TypeError(f"{what} is of type {kind.__name__}: {short(value)}; accepted are int and float.")


def short(value: object) -> str:
    """Return a value's repr, cut where it is long."""
    try:
        text = repr(value)
    except Exception as error:  # an int of more digits than are printed, or a repr of the user's
        text = f"<its repr fails: {type(error).__name__}>"
    return text if len(text) <= 80 else f"{text[:77]}..."


def calculate(kind: Kind, operand: Number, item: Any) -> Any:
    """Return what an arithmetic node makes of one item."""
    if isinstance(item, np.ndarray):
        return elementwise(kind, operand, item)
    number = as_number(item)
    if kind == Kind.DIVIDE and operand == 0:
        raise ZeroDivisionError(
            f"The item, {short(number)}, is divided by {operand}; accepted is a divisor other than 0."
        )
    return PYTHON[kind](number, operand)


@register("PassThroughNode", "PassThrough", "Echo")
class PassThroughNode(Node):
    """Sends each item on; with several ports it joins them, and sends dicts."""

    def process(self, item: Any) -> Any:
        """Return the item."""
        return item

    @staticmethod
    def lower(params: Mapping[str, Any]) -> Lowered:
        """Return the kind; there are no params."""
        if params:
            refuse(params, ())
        return PASSED

    def lowered(self) -> Lowered:
        """Return the kind."""
        return PASSED


class _Arithmetic(Node):
    _kind: Kind
    _operand: Number

    def process(self, item: Any) -> Any:
        """Return the item, calculated with."""
        return calculate(self._kind, self._operand, item)

    def lowered(self) -> Lowered:
        """Return the kind and the operand."""
        return self._kind, self._operand


@register("CalculatorNode", "Calculator")
class CalculatorNode(_Arithmetic):
    """Adds, subtracts, multiplies or divides by a fixed operand.

    Parameters
    ----------
    operation : {"add", "subtract", "multiply", "divide"}
    operand : int or float
    name : str, optional

    Raises
    ------
    ValueError
        The operation is another.
    TypeError
        The operand is no number.
    """

    def __init__(
        self,
        operation: Literal["add", "subtract", "multiply", "divide"],
        operand: Number,
        *,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        self._kind, self._operand = self.lower({"operation": operation, "operand": operand})

    @staticmethod
    def lower(params: Mapping[str, Any]) -> Lowered:
        """Return the kind and the operand."""
        if len(params) != 2 or "operation" not in params or "operand" not in params:
            refuse(params, ("operation", "operand"))
        operation, operand = params["operation"], params["operand"]
        kind = OPERATIONS.get(operation) if type(operation) is str else None
        if kind is not None and (type(operand) is int or type(operand) is float):
            return kind, operand
        if kind is None:
            raise ValueError(f"operation is {operation!r}; accepted are {', '.join(map(repr, OPERATIONS))}.")
        return kind, as_number(operand, "operand")


@register("MultiplyNode", "Multiply")
class MultiplyNode(_Arithmetic):
    """Multiplies by a fixed factor, 2.0 by default."""

    def __init__(self, factor: Number = 2.0, *, name: str | None = None) -> None:
        super().__init__(name=name)
        self._kind, self._operand = self.lower({"factor": factor})

    @staticmethod
    def lower(params: Mapping[str, Any]) -> Lowered:
        """Return the kind and the factor."""
        if params.keys() - {"factor"}:
            refuse(params, ("factor",), required=())
        return Kind.MULTIPLY, as_number(params.get("factor", 2.0), "factor")


@register("AddNode", "Add")
class AddNode(_Arithmetic):
    """Adds a fixed number, 0.0 by default."""

    def __init__(self, addend: Number = 0.0, *, name: str | None = None) -> None:
        super().__init__(name=name)
        self._kind, self._operand = self.lower({"addend": addend})

    @staticmethod
    def lower(params: Mapping[str, Any]) -> Lowered:
        """Return the kind and the addend."""
        if params.keys() - {"addend"}:
            refuse(params, ("addend",), required=())
        return Kind.ADD, as_number(params.get("addend", 0.0), "addend")


def refuse(params: Mapping[str, Any], accepted: tuple[str, ...], required: tuple[str, ...] | None = None) -> None:
    """Raise TypeError for a param that is not known, or one that is missing."""
    words = ", ".join(map(repr, accepted)) or "none"
    for key in params:
        if key not in accepted:
            raise TypeError(f"There is no param {key!r}; accepted are {words}.")
    for key in accepted if required is None else required:
        if key not in params:
            raise TypeError(f"The param {key!r} is missing; accepted are {words}.")
