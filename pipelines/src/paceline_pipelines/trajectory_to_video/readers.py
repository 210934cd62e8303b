"""Trajectory and video-stamp files, text or Parquet, told apart by their first bytes, not by their names."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from paceline.tum import TumFile, iter_stamps, read_tum

__all__ = ["ConversionError", "TrajectoryFile", "VideoFile", "open_video", "read_trajectory"]

_MAGIC = b"PAR1"
_STAMP = ("timestamp_ns",)
# The second name of each is what the UMI recorder's tables use.
_POSITION = ("position", "position_xyz")
_ORIENTATION = ("orientation", "orientation_xyzw")


class ConversionError(ValueError):
    """A file or an option cannot be used; the message is a sentence for the person who typed it."""


@dataclass(frozen=True, slots=True, eq=False)
class TrajectoryFile:
    """A trajectory and the word for its rows: `unit` is ``line`` in text, ``row`` in Parquet, both from 1."""

    data: TumFile
    unit: str

    def where(self, index: int) -> str:
        """Name the place of a knot for a message."""
        return f"{self.data.path}, {self.unit} {self.data.lines[index]}"


@dataclass(frozen=True, slots=True)
class VideoFile:
    """The stamps of a video's frames, not yet read; `frames` is None where only reading tells how many."""

    path: Path
    unit: str
    frames: int | None

    def chunks(self, size: int) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Walk the stamps (n,) int64 ns and their lines or rows (n,) int64, at most `size` at a time."""
        return iter_stamps(self.path, size) if self.unit == "line" else _parquet_stamps(self.path, size)

    def where(self, places: NDArray[np.int64], index: int) -> str:
        """Name the place of a frame of a chunk, given the chunk's lines or rows, for a message."""
        return f"{self.path}, {self.unit} {places[index]}"


def read_trajectory(path: Path) -> TrajectoryFile:
    """Read TUM text, or Parquet with ``timestamp_ns``, ``position`` [3] and ``orientation`` [4] (x, y, z, w).

    Raises
    ------
    ConversionError, paceline.tum.TumError
        The content is not a trajectory.
    OSError
        The file cannot be read.
    """
    if not _is_parquet(path):
        return TrajectoryFile(read_tum(path), "line")
    with _open(path) as file:
        names = [_column(path, file.schema_arrow, wanted) for wanted in (_STAMP, _POSITION, _ORIENTATION)]
        table = file.read(columns=names)
        stamps = _stamps(path, table[names[0]].combine_chunks(), 0)
        positions = _vectors(path, names[1], table[names[1]].combine_chunks(), 3)
        quaternions = _vectors(path, names[2], table[names[2]].combine_chunks(), 4)
    if not len(stamps):
        raise ConversionError(f"{path} holds no pose; accepted are tables of one row and more.")
    rows = np.arange(1, len(stamps) + 1, dtype=np.int64)
    return TrajectoryFile(TumFile(path, stamps, positions, quaternions, rows), "row")


def open_video(path: Path) -> VideoFile:
    """Prepare to walk frame stamps: text with decimal seconds in column one, or Parquet ``timestamp_ns``."""
    if not _is_parquet(path):
        return VideoFile(path, "line", None)
    with _open(path) as file:
        _column(path, file.schema_arrow, _STAMP)
        return VideoFile(path, "row", file.metadata.num_rows)


def _parquet_stamps(path: Path, size: int) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    before = 0
    with _open(path) as file:
        for batch in file.iter_batches(batch_size=size, columns=list(_STAMP)):
            if not batch.num_rows:
                continue  # an empty file has one empty batch
            stamps = _stamps(path, batch.column(0), before)
            yield stamps, np.arange(before + 1, before + 1 + len(stamps), dtype=np.int64)
            before += len(stamps)


def _is_parquet(path: Path) -> bool:
    with path.open("rb") as file:
        found = file.read(len(_MAGIC)) == _MAGIC
    if not found and path.suffix in (".parquet", ".pq"):
        raise ConversionError(f"{path} is named as Parquet but does not begin as a Parquet file.")
    return found


@contextmanager
def _open(path: Path) -> Iterator[pq.ParquetFile]:
    try:
        with pq.ParquetFile(path) as file:
            yield file
    except (pa.ArrowException, OSError) as error:  # of damaged pages, Arrow raises either, without the name
        raise ConversionError(f"{path} cannot be read as Parquet: {error}") from error


def _column(path: Path, schema: pa.Schema, names: tuple[str, ...]) -> str:
    for name in names:
        if name in schema.names:
            return name
    raise ConversionError(
        f"{path} has no column {' or '.join(names)}; its columns are {', '.join(schema.names) or 'none'}."
    )


def _stamps(path: Path, column: pa.Array, before: int) -> NDArray[np.int64]:
    _refuse_nulls(path, _STAMP[0], column, before)
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("ns", column.type.tz)).cast(pa.int64())
    if column.type != pa.int64():
        # A double holds today's nanoseconds only to 256 ns: what it lost cannot be cast back.
        raise ConversionError(f"{path}: {_STAMP[0]} is {column.type}; accepted are int64 nanoseconds and timestamps.")
    stamps: NDArray[np.int64] = column.to_numpy()
    return stamps


def _vectors(path: Path, name: str, column: pa.Array, width: int) -> NDArray[np.float64]:
    kind = column.type
    if not (pa.types.is_fixed_size_list(kind) or pa.types.is_list(kind) or pa.types.is_large_list(kind)):
        raise ConversionError(f"{path}: {name} is {kind}; accepted is a list of {width} numbers in each row.")
    _refuse_nulls(path, name, column, 0)
    wrong = np.flatnonzero(pc.list_value_length(column).to_numpy() != width)
    if wrong.size:
        raise ConversionError(f"{path}, row {wrong[0] + 1}: {name} does not have {width} numbers.")
    values = column.flatten()
    if values.null_count or not (pa.types.is_floating(values.type) or pa.types.is_integer(values.type)):
        raise ConversionError(
            f"{path}: {name} holds {values.type} with {values.null_count} nulls; accepted are numbers."
        )
    numbers: NDArray[np.float64] = values.cast(pa.float64()).to_numpy().reshape(-1, width)
    bad = np.flatnonzero(~np.isfinite(numbers).all(axis=1))
    if bad.size:
        # Interpolated, it would spoil frames on both sides; left out, it is a gap that the output shows.
        raise ConversionError(f"{path}, row {bad[0] + 1}: {name} is not finite; leave such rows out.")
    return numbers


def _refuse_nulls(path: Path, name: str, column: Any, before: int) -> None:
    if column.null_count:
        row = before + 1 + int(np.flatnonzero(column.is_null().to_numpy(zero_copy_only=False))[0])
        raise ConversionError(f"{path}, row {row}: {name} is null.")
