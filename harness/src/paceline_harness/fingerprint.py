"""Which code ran: the hash of a candidate's file, or of all files of its package."""

from __future__ import annotations

import hashlib
import importlib.util
import inspect
import sys
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

CODE = (".py", ".so", ".pyd")
"""What is run; sources of a compiled module are not, and caches come and go."""


def file_sha256(call: Callable[..., Any] | None, package: str | None = None) -> str | None:
    """Return the sha256 of all code in `package`, or else of the file that `call` is defined in; None: no such file."""
    if package is not None:
        return _of_package(package)
    path = _file(call)
    return None if path is None else _of_files((path,))


def _file(call: Callable[..., Any] | None) -> Path | None:
    while isinstance(call, partial):
        call = call.func
    if call is None:
        return None
    call = inspect.unwrap(call)
    code = getattr(call, "__code__", None)
    name = code.co_filename if code is not None else _module_file(call)
    path = Path(name) if name else None
    return path if path is not None and path.is_file() else None


def _module_file(call: Callable[..., Any]) -> str | None:
    """Return the file of the module that a built-in or an instance's class is from."""
    home = getattr(call, "__module__", None) or type(call).__module__
    return getattr(sys.modules.get(home), "__file__", None)


@cache
def _of_package(package: str) -> str | None:
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        return None
    folders = [Path(folder) for folder in found.submodule_search_locations]
    files = sorted(path for folder in folders for path in folder.rglob("*") if path.suffix in CODE)
    return _of_files(tuple(files))


@cache
def _of_files(paths: tuple[Path, ...]) -> str:
    """Return the sha256 of one file, or of the names and hashes of several."""
    hashes = [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]
    if len(paths) == 1:
        return hashes[0]
    lines = [f"{one} {path.name}\n" for one, path in zip(hashes, paths, strict=True)]
    return hashlib.sha256("".join(lines).encode()).hexdigest()
