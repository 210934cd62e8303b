"""Compiles `executor.c` on first use: the floor of an executor over lists of numbers."""

from __future__ import annotations

import sysconfig
from collections.abc import Callable, Sequence
from functools import cache
from importlib.machinery import ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import Any

from paceline_harness.baselines.compiled import NoCompilerError, built
from paceline_harness.baselines.executor import KINDS, Steps

SOURCE = Path(__file__).with_name("executor.c")
FLAGS = ("-O3", "-march=native", "-ffp-contract=off", "-shared", "-fPIC", "-w")
"""Exact: nothing may be fused or reordered."""


@cache
def library() -> ModuleType:
    """Return the compiled extension.

    Raises
    ------
    NoCompilerError
        There is no C compiler, or no header of Python, or it fails.
    """
    include = sysconfig.get_path("include")
    if not (Path(include) / "Python.h").is_file():
        raise NoCompilerError("Python.h is not installed")
    path = built(SOURCE, (*FLAGS, f"-I{include}"), about=(sysconfig.get_config_var("SOABI") or "",))
    loader = ExtensionFileLoader("executor_limit", str(path))
    spec = spec_from_loader("executor_limit", loader)
    assert spec is not None  # the loader is one
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


def chain(steps: Steps) -> tuple[Callable[..., list[Any]], Any]:
    """Return what runs a list through a chain, and the chain that it takes first."""
    kinds: Sequence[str] = KINDS
    found = library()
    return found.run, found.chain(tuple((kinds.index(kind), operand) for kind, operand in steps))
