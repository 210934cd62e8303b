"""Compiles C extensions of CPython's on first use."""

from __future__ import annotations

import sysconfig
from collections.abc import Sequence
from importlib.machinery import ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

from paceline_harness.baselines.compiled import NoCompilerError, built


def extension(source: Path, name: str, flags: Sequence[str]) -> ModuleType:
    """Return the extension module `name` of a C file, compiled unless it was before.

    Raises
    ------
    NoCompilerError
        There is no C compiler, or no header of Python, or it fails.
    """
    include = sysconfig.get_path("include")
    if not (Path(include) / "Python.h").is_file():
        raise NoCompilerError("Python.h is not installed")
    path = built(source, (*flags, f"-I{include}"), about=(sysconfig.get_config_var("SOABI") or "",))
    loader = ExtensionFileLoader(name, str(path))
    spec = spec_from_loader(name, loader)
    assert spec is not None  # the loader is one
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module
