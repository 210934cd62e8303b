"""Parquet: dicts as rows, anything else as the values of one column."""

from pathlib import Path
from typing import Any

import numpy as np

from paceline_pipelines.command.running.output import Items, Output

__all__ = ["ParquetOutput"]


class ParquetOutput(Output):
    """The first items say the columns and their types."""

    def __init__(self, partial: Path, target: Path, column: str) -> None:
        super().__init__(partial, target)
        self._column = column
        self._writer: Any = None
        self._schema: Any = None
        self._rows = False
        self._held: list[Any] = []
        partial.open("wb").close()  # where that is not possible it is said before the work

    def write(self, items: Items) -> None:
        """Write rows; a row group has some thousands of them."""
        self._held += items.tolist() if isinstance(items, np.ndarray) else items
        if len(self._held) >= 1 << 14:
            self._flush()

    def close(self) -> None:
        """Write what is held back, and the file's end."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        if self._held:
            self._flush()
        if self._writer is None:
            self._writer = pq.ParquetWriter(self.partial, pa.schema([(self._column, pa.float64())]))
        self._writer.close()

    def _flush(self) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        items, self._held = self._held, []
        written, self.count = self.count, max(0, self.count - len(items))
        if self._writer is None:
            self._rows = isinstance(items[0], dict)
        self._check(items)
        try:
            if self._schema is not None:
                batch = self._batch(items)
            elif self._rows:
                batch = pa.RecordBatch.from_pylist(items)
            else:
                batch = pa.record_batch([pa.array(items)], names=[self._column])
        except (pa.ArrowException, ValueError, TypeError, OverflowError) as error:
            # Which item it is Arrow does not tell.
            reason = " ".join(str(error).split()).rstrip(".")
            raise self.refuse(0, items[0], f"are results of one type ({reason}); .jsonl takes any") from error
        if self._writer is None:
            self._schema = batch.schema
            self._writer = pq.ParquetWriter(self.partial, self._schema)
        self._writer.write_batch(batch)
        self.count = written

    def _batch(self, items: list[Any]) -> Any:
        import pyarrow as pa

        if self._rows:
            return pa.RecordBatch.from_pylist(items, schema=self._schema)
        return pa.record_batch([pa.array(items, self._schema.field(0).type)], schema=self._schema)

    def _check(self, items: list[Any]) -> None:
        """Refuse rows with other keys than the first: Arrow would drop what it does not know."""
        names = set(self._schema.names) if self._schema is not None else set(items[0]) if self._rows else set()
        for index, item in enumerate(items):
            if isinstance(item, dict) is not self._rows:
                raise self.refuse(index, item, "are either rows, which are dicts, or values")
            if self._rows and item.keys() != names:
                keys = ", ".join(map(repr, sorted(map(str, names))))
                raise self.refuse(index, item, f"are rows with the keys {keys}")
