"""Reading a user's Python file for the comparisons that it defines, without letting it measure while it is read."""

from __future__ import annotations

import importlib.util
import linecache
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

_reading = False


class LoadError(ValueError):
    """A file that cannot be read for its comparisons; the message is a sentence with the line where it fails."""


class Reached(BaseException):
    """A comparison's `run` was reached while its file was only being read."""


def reading() -> bool:
    """Tell whether a file is being read for its comparisons: what they are is asked then, not how fast."""
    return _reading


def load(path: Path) -> ModuleType:
    """Execute a file as a module of its own, up to the first `run` of a comparison, and return it.

    The file's folder comes first on `sys.path`, as it does when Python is given the file. Code under
    `if __name__ == "__main__"` is not executed. Where a `run` ends the reading, the module's
    `__paceline_stopped__` is its line.

    Raises
    ------
    LoadError
        The file does not exist, is no Python, or raises an exception.
    """
    if not path.is_file():
        raise LoadError(f"{path} does not exist; accepted is a Python file that defines a Comparison.")
    folder = str(path.resolve().parent)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    name = f"paceline_harness_read_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise LoadError(f"{path} is no Python file; accepted is one that ends in .py.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and pickle look a class's module up there
    try:
        with only_reading():
            spec.loader.exec_module(module)
    except Reached as reached:
        vars(module)["__paceline_stopped__"] = _line(reached, path)
    except (Exception, SystemExit) as error:  # the user's code: whatever it raises is told in one sentence
        raise LoadError(f"{path}{_at(error, path)} raises {_said(error)}.") from error
    return module


@contextmanager
def only_reading() -> Iterator[None]:
    """Let a comparison's `run` end the reading instead of measuring."""
    global _reading  # noqa: PLW0603 - one process reads one file at a time
    before, _reading = _reading, True
    try:
        yield
    finally:
        _reading = before


def unread(module: ModuleType, path: Path) -> str:
    """Return a remark when a `run` ended the reading before the last comparison of a file; else nothing."""
    line: Any = vars(module).get("__paceline_stopped__")
    if not line:
        return ""
    rest = linecache.getlines(str(path))[line:]
    if not any("Comparison(" in text for text in rest):
        return ""
    return (
        f"{path}, line {line}, calls run(), so the comparisons below it were not read; "
        'accepted is that call under if __name__ == "__main__":.'
    )


def _said(error: BaseException) -> str:
    text = " ".join(str(error).split()).rstrip(".")
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _at(error: BaseException, path: Path) -> str:
    if isinstance(error, SyntaxError) and error.lineno:
        return f", line {error.lineno},"
    line = _line(error, path)
    return f", line {line}," if line else ""


def _line(error: BaseException, path: Path) -> int | None:
    """Return the line of a file in which an exception passed through it last."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename) == path]
    return lines[-1] if lines else None
