"""Files that appear under their names together and complete, or not at all."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from paceline_pipelines.audio_preprocess.errors import PreprocessError

__all__ = ["check_targets", "staged"]


def check_targets(targets: Sequence[Path], source: Path, overwrite: bool) -> None:
    """Refuse, before any work, names that cannot be written to or should not be.

    Raises
    ------
    PreprocessError
        A name is a directory, the input, no regular file, given twice, or there already.
    """
    seen: set[Path] = set()
    for target in targets:
        if not target.parent.is_dir():
            raise PreprocessError(f"{target} cannot be written: there is no directory {target.parent}.")
        if target.is_dir():
            raise PreprocessError(f"{target} is a directory; accepted is the name of a file.")
        if target.exists():
            if source.exists() and target.samefile(source):
                raise PreprocessError(f"{target} is the file to read; accepted is another name to write to.")
            if not target.is_file():
                raise PreprocessError(f"{target} is not a regular file, which is what can be replaced in one step.")
            if not overwrite:
                raise PreprocessError(f"{target} is there already; --overwrite replaces it.")
        where = target.parent.resolve() / target.name
        if where in seen:
            raise PreprocessError(f"{target} is named twice; accepted is a name for each file to write.")
        seen.add(where)


@contextmanager
def staged(targets: Sequence[Path]) -> Iterator[list[Path]]:
    """Yield a hidden name beside each target; all are renamed when the block ends without an error.

    After an error or Ctrl-C the hidden files are gone and each target is as it was before.
    """
    partial = [target.with_name(f".{target.name}.{os.getpid()}.partial") for target in targets]
    try:
        yield partial
        for written, target in reversed(list(zip(partial, targets, strict=True))):  # the main one, the first, last
            written.replace(target)
    finally:
        for written in partial:
            written.unlink(missing_ok=True)
