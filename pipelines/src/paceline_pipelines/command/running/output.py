"""An open output: a file that takes items piece by piece."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from paceline_pipelines.command.errors import CommandError

Items = list[Any] | NDArray[Any]
"""Results, or an array of numbers that are results."""


class Output(ABC):
    """A file that takes items in order; ``count`` says how many it has taken."""

    def __init__(self, partial: Path, target: Path) -> None:
        self.partial, self.target = partial, target
        self.count = 0

    def append(self, items: Items) -> None:
        """Write items after what is there: a list, or an array of numbers.

        Raises
        ------
        CommandError
            An item is of a type that the file cannot hold.
        """
        if len(items):
            self.write(items)
            self.count += len(items)

    @abstractmethod
    def write(self, items: Items) -> None:
        """Write one item or more."""

    @abstractmethod
    def close(self) -> None:
        """Complete the file; one without items is complete too."""

    def told(self) -> str:
        """Return what is in it, in words."""
        return f"{self.count:,} items"

    def refuse(self, index: int, item: Any, accepted: str) -> CommandError:
        """Return the error that names an item of the piece that is being written."""
        text = repr(item)
        shown = text if len(text) <= 60 else f"{text[:57]}..."
        return CommandError(
            f"The result at index {self.count + index} is of type {type(item).__name__}, {shown}, which {self.target} "
            f"cannot hold; accepted {accepted}."
        )
