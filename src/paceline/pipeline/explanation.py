"""What a pipeline says of how it runs."""

from __future__ import annotations

from dataclasses import dataclass

from paceline.pipeline.plan import Segment


@dataclass(frozen=True, slots=True)
class Explanation:
    """Which nodes run on which backend, and why; printed as a table."""

    name: str
    backend: str
    """The executor."""
    waits: bool
    """Whether runs wait: then asyncio walks the graph, and the executor runs the segments between."""
    segments: tuple[Segment, ...]
    """In the order in which they run."""

    def __str__(self) -> str:
        how = "asyncio walks the graph" if self.waits else f"the {self.backend} executor walks the graph"
        width = max(len(" -> ".join(segment.nodes)) for segment in self.segments)
        rows = [f"{' -> '.join(s.nodes):<{width}}  {s.backend:<7} {s.why}" for s in self.segments]
        return "\n".join([f"{self.name}: {how}", *rows])
