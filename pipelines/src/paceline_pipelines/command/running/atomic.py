"""Files that appear under their names together and complete, or not at all."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from paceline_pipelines.command.errors import CommandError

__all__ = ["check_target", "staged"]


def check_target(target: Path, *sources: Path) -> None:
    """Refuse, before any work, a name that cannot be written to or should not be.

    Raises
    ------
    CommandError
        It is a directory, in none, a device, or one of the files that are read.
    """
    if not target.parent.is_dir():
        raise CommandError(f"{target} cannot be written: there is no directory {target.parent}.")
    if target.is_dir():
        raise CommandError(f"{target} is a directory; accepted is the name of a file.")
    if target.exists():
        if any(source.exists() and target.samefile(source) for source in sources):
            raise CommandError(f"{target} is a file to read; accepted is another name to write to.")
        if not target.is_file():
            raise CommandError(f"{target} is not a regular file, which is what can be replaced in one step.")


@contextmanager
def staged(targets: Sequence[Path], keep: bool = False) -> Iterator[list[Path]]:
    """Yield a hidden name beside each target; all are renamed when the block ends without an error.

    After an error or Ctrl-C each target is as it was before, and the hidden files are gone; with ``keep`` they stay, as
    ``NAME.partial``.
    """
    hidden = [target.with_name(f".{target.name}.{os.getpid()}.partial") for target in targets]
    try:
        yield hidden
        for written, target in zip(hidden, targets, strict=True):
            written.replace(target)
    except BaseException:
        if keep:
            for written, target in zip(hidden, targets, strict=True):
                if written.exists():
                    written.replace(target.with_name(f"{target.name}.partial"))
        raise
    finally:
        for written in hidden:
            written.unlink(missing_ok=True)
