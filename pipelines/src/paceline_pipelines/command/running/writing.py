"""The outputs of a run, opened together and completed together."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from paceline_pipelines.command.running.output import Output
from paceline_pipelines.command.running.outputs import open_output

__all__ = ["opened"]


@contextmanager
def opened(
    targets: Mapping[str, Path], partial: Mapping[str, Path], rates: Mapping[str, int | None], column: str | None
) -> Iterator[dict[str, Output]]:
    """Yield an output for each sink; after an error they are completed too as well as it goes."""
    outputs: dict[str, Output] = {}
    try:
        for sink, target in targets.items():
            outputs[sink] = open_output(partial[sink], target, rate=rates[sink], column=column)
        yield outputs
    except BaseException:
        for output in outputs.values():
            with suppress(Exception):
                output.close()
        raise
    for output in outputs.values():
        output.close()
