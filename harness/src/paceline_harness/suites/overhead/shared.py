"""What the rows of the overhead suite share: many calls in a row, written out, and the empty Python function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

CALLS: Final = 100
"""Calls in a row that are timed as one: what is left of the harness's own share is then less than a ns of each."""

PYTHON_CALL: Final = "empty Python function"
"""The unit of the suite: what a call costs where nobody can say that it costs too much."""


def in_a_row(call: str, parameters: str, /, *, returns: str = "", **names: Any) -> Callable[..., Any]:
    """Return a function that makes a call CALLS times, and returns what the last one gave, or what `returns` says.

    The calls are written one below the other, since a loop around them would cost as much as some of them do, and each
    function has code of its own: the interpreter adapts the place of a call to what it has called there. `names` are
    what the text of the call speaks of besides the parameters.
    """
    *lines, last = [call] * CALLS
    lines += [last, f"return {returns}"] if returns else [f"return {last}"]
    exec(f"def calls({parameters}):\n" + "".join(f"    {line}\n" for line in lines), names)
    made: Callable[..., Any] = names["calls"]
    return made
