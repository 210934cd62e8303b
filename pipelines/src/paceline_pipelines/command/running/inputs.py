"""What a pipeline is fed: files by their ending."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final, Literal

from paceline_pipelines.command.errors import CommandError
from paceline_pipelines.command.running import input_arrays, input_lines, input_parquet, input_sound
from paceline_pipelines.command.running.input import Input

_SOUND: Final = (".wav", ".flac", ".ogg", ".opus", ".mp3", ".m4a", ".aiff", ".aif", ".caf", ".w64")


def open_input(
    path: Path, *, signal: bool, column: str | None, on_damage: Literal["fail", "keep"]
) -> AbstractContextManager[Input]:
    """Open a file by its ending.

    Parameters
    ----------
    path : Path
    signal : bool
        Whether an array is one signal to the pipeline, not numbers.
    column : str or None
        Of Parquet: the column whose values are the items; None: each row is an item, a dict.
    on_damage : {"fail", "keep"}
        Of sound.

    Raises
    ------
    CommandError
        The file cannot be used as such.
    OSError
        It cannot be read.
    """
    openers: dict[str, Callable[[], AbstractContextManager[Input]]] = {
        ".jsonl": lambda: input_lines.open_lines(path),
        ".ndjson": lambda: input_lines.open_lines(path),
        ".parquet": lambda: input_parquet.open_parquet(path, column),
        ".pq": lambda: input_parquet.open_parquet(path, column),
        ".npy": lambda: input_arrays.open_array(path, signal),
        **{ending: lambda: input_sound.open_sound(path, on_damage) for ending in _SOUND},
    }
    ending = path.suffix.lower()
    if ending not in openers:
        raise CommandError(f"{path} does not say what it is; accepted are files named {', '.join(openers)}.")
    if column is not None and ending not in (".parquet", ".pq"):
        raise CommandError(f"--column {column!r} names a column of Parquet, and {path} is none.")
    if path.exists() and not path.is_file() and not path.is_dir():
        raise CommandError(f"{path} is not a regular file; accepted are files.")
    return openers[ending]()
