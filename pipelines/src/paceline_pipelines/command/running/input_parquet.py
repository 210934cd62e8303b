"""Parquet: rows as dicts, or the values of one column."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from paceline_pipelines.command.errors import CommandError
from paceline_pipelines.command.running.input import Batch, Input

__all__ = ["open_parquet"]

_ROWS: Final = 1 << 14


@contextmanager
def open_parquet(path: Path, column: str | None) -> Iterator[Input]:
    """Open a Parquet file; nulls are None."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with path.open("rb"):  # a directory or a missing file raises here, with its name
        pass
    try:
        with pq.ParquetFile(path) as file:
            names = file.schema_arrow.names
            if column is not None and column not in names:
                raise CommandError(f"{path} has no column {column!r}; accepted are {', '.join(map(repr, names))}.")
            yield Input("items", _batches(path, file, column), "rows", file.metadata.num_rows)
    except pa.ArrowInvalid as error:
        raise CommandError(f"{path} cannot be read as Parquet: {_line(error)}.") from error


def _batches(path: Path, file: Any, column: str | None) -> Iterator[Batch]:
    done = 0
    for batch in file.iter_batches(_ROWS, columns=None if column is None else [column]):
        done += batch.num_rows
        try:
            items = batch.to_pylist() if column is None else batch.column(0).to_pylist()
        except ValueError as error:  # stamps finer than Python's own
            raise CommandError(f"{path} has values that Python does not: {_line(error)}.") from error
        yield Batch(items, done)


def _line(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".")
