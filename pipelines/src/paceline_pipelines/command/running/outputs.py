"""Where results go: files by their ending."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from paceline_pipelines.command.errors import CommandError
from paceline_pipelines.command.running import output_arrays, output_lines, output_parquet, output_sound
from paceline_pipelines.command.running.output import Output

_SOUND: Final = (".wav", ".flac", ".ogg", ".opus", ".mp3", ".aiff", ".aif", ".caf", ".w64", ".rf64")
_ENDINGS: Final = (".jsonl", ".ndjson", ".parquet", ".pq", ".npy", *_SOUND)


def check_output(path: Path) -> None:
    """Refuse a name whose ending says nothing.

    Raises
    ------
    CommandError
        It is none of those that can be written.
    """
    if path.suffix.lower() not in _ENDINGS:
        raise CommandError(f"{path} does not say what to write; accepted are names in {', '.join(_ENDINGS)}.")


def named_for(path: Path, sink: str) -> Path:
    """Return an output's name with a sink's id before its ending.

    Raises
    ------
    CommandError
        The id cannot be a part of a file's name.
    """
    if any(letter in sink for letter in "/\\\0"):
        raise CommandError(f"The sink {sink!r} cannot be a part of a file's name; accepted is an id without / and \\.")
    return path.with_name(f"{path.stem}.{sink}{path.suffix}")


def open_output(partial: Path, target: Path, *, rate: int | None, column: str | None) -> Output:
    """Open a file by the ending of ``target``, which ``partial`` will become.

    Parameters
    ----------
    partial, target : Path
    rate : int or None
        Of sound, in Hz.
    column : str or None
        Of Parquet: what the column is named whose values are no rows.

    Raises
    ------
    CommandError
        Sound is to be written, and its rate is not known.
    """
    ending = target.suffix.lower()
    if ending in _SOUND:
        if rate is None:
            raise CommandError(f"{target} needs a sampling rate, which INPUT does not tell; accepted is --rate HZ.")
        return output_sound.SoundOutput(partial, target, rate)
    openers: dict[str, Callable[[], Output]] = {
        ".npy": lambda: output_arrays.ArrayOutput(partial, target),
        ".parquet": lambda: output_parquet.ParquetOutput(partial, target, column or "value"),
        ".pq": lambda: output_parquet.ParquetOutput(partial, target, column or "value"),
    }
    return openers.get(ending, lambda: output_lines.LinesOutput(partial, target))()
