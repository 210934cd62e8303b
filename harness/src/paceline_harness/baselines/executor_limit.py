"""Compiles `executor.c` on first use: the floor of an executor over lists of numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from paceline_harness.baselines.executor import KINDS, Steps
from paceline_harness.baselines.extension import extension

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
    return extension(SOURCE, "executor_limit", FLAGS)


def chain(steps: Steps) -> tuple[Callable[..., list[Any]], Any]:
    """Return what runs a list through a chain, and the chain that it takes first."""
    kinds: Sequence[str] = KINDS
    found = library()
    return found.run, found.chain(tuple((kinds.index(kind), operand) for kind, operand in steps))
