"""The table of poses, appended chunk by chunk to Parquet or CSV: complete under its name, or not there."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from paceline_pipelines.trajectory_to_video.readers import ConversionError

__all__ = ["Frames", "choose_format", "open_table"]

_FORMATS = {".parquet": "parquet", ".pq": "parquet", ".csv": "csv"}
_AXES = {"position": "xyz", "orientation": "xyzw"}
_HEAD = [("frame_index", pa.int64()), ("timestamp_ns", pa.int64())]
_TAIL = [("gap_ns", pa.int64()), ("valid", pa.bool_())]
_SCHEMAS = {
    "parquet": pa.schema(_HEAD + [(name, pa.list_(pa.float64(), len(axes))) for name, axes in _AXES.items()] + _TAIL),
    "csv": pa.schema(_HEAD + [(f"{name}_{a}", pa.float64()) for name, axes in _AXES.items() for a in axes] + _TAIL),
}


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """Consecutive frames of the output.

    `first` is the index of the first; `stamps` and `gaps` (n,) int64 ns; `positions` (n, 3) m; `quaternions`
    (n, 4) xyzw; `valid` (n,) bool. With `null`, the poses of frames that are not valid are written as nulls
    (CSV: empty).
    """

    first: int
    stamps: NDArray[np.int64]
    positions: NDArray[np.float64]
    quaternions: NDArray[np.float64]
    gaps: NDArray[np.int64]
    valid: NDArray[np.bool_]
    null: bool = False


def choose_format(out: Path, asked: str | None) -> str:
    """Return ``parquet`` or ``csv``: what was asked for, else what the name of `out` ends in."""
    form = asked or _FORMATS.get(out.suffix.lower())
    if form not in _SCHEMAS:
        raise ConversionError(
            f"{out} does not say what to write; accepted are names in {', '.join(_FORMATS)}, or --format."
        )
    return form


@contextmanager
def open_table(out: Path, form: str) -> Iterator[Callable[[Frames], None]]:
    """Yield a function that appends `Frames`; `out` appears only when the block ends without an error.

    The rows go to a hidden file in the same directory, which `os.replace` then renames in one step, so no
    reader ever sees half a table and an older `out` survives a failure or Ctrl-C.
    """
    if not out.parent.is_dir():
        raise ConversionError(f"{out} cannot be written: there is no directory {out.parent}.")
    if out.is_dir():
        raise ConversionError(f"{out} is a directory; accepted is the name of a file.")
    schema, partial = _SCHEMAS[form], out.with_name(f".{out.name}.{os.getpid()}.partial")
    try:
        with pq.ParquetWriter(partial, schema) if form == "parquet" else csv.CSVWriter(partial, schema) as writer:
            columns = _parquet_poses if form == "parquet" else _csv_poses

            def append(frames: Frames) -> None:
                indices = np.arange(frames.first, frames.first + len(frames.stamps), dtype=np.int64)
                arrays = [indices, frames.stamps, *columns(frames), frames.gaps, frames.valid]
                writer.write(pa.record_batch([pa.array(column) for column in arrays], schema=schema))

            yield append
        partial.replace(out)
    finally:
        partial.unlink(missing_ok=True)


def _parquet_poses(frames: Frames) -> list[Any]:
    # The list columns are views of the (n, k) buffers: no Python object per row.
    mask = pa.array(~frames.valid) if frames.null else None
    return [
        pa.FixedSizeListArray.from_arrays(pa.array(values.ravel()), values.shape[1], mask=mask)
        for values in (frames.positions, frames.quaternions)
    ]


def _csv_poses(frames: Frames) -> list[Any]:
    mask = ~frames.valid if frames.null else None
    both = np.hstack((frames.positions, frames.quaternions))
    return [pa.array(np.ascontiguousarray(column), mask=mask) for column in both.T]
