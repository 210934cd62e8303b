"""Backends made for tests: packages on disk whose kernels are the reference's, each with its backend's name on it."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

from paceline.backends import GROUP, Backend, discover
from paceline.operations import CONTRACT
from paceline.selection import machine, profile, selector, timing

OPERATIONS = ("to_mono", "interleave", "deinterleave")
"""What a fake backend has a kernel for."""

WRONG_ON_GOLDEN = "result = reference.to_mono(x, out); out[0] += 1; return result"
WRONG_ON_WORKLOAD = """result = reference.to_mono(x, out)
    if len(out) > 7:
        out[7] += 1
    return result"""
RAISES = "raise OSError('no such instruction')"

_HEAD = """from paceline_python import formats as reference
import time

"""
_KERNEL = """def {operation}(x, out):
    {body}


{operation}.backend = {name!r}
"""


def write_backend(
    folder: Path,
    name: str,
    kernels: Mapping[str, str] | None = None,
    *,
    lacks: tuple[str, ...] = (),
    jit: bool = False,
    contract: int = CONTRACT,
    requires: tuple[str, ...] = (),
    variants: Mapping[str, Mapping[str, str]] | None = None,
    version: str = "1.0",
    init: str = "",
    more: str = "",
) -> EntryPoint:
    """Write a package into ``folder``; ``kernels`` are the bodies of kernels ``(x, out)`` that it has instead.

    ``init`` is code of the package itself, ``more`` further arguments of its Backend.
    """
    package = folder / f"fake_{name}"
    package.mkdir(parents=True, exist_ok=True)
    bodies = {operation: f"return reference.{operation}(x, out)" for operation in OPERATIONS if operation not in lacks}
    (package / "formats.py").write_text(_module(name, bodies | dict(kernels or {})), "utf-8")
    for variant, own in (variants or {}).items():
        (package / f"{variant}.py").write_text(_module(f"{name}:{variant}", own), "utf-8")
    (package / "__init__.py").write_text(
        f"from paceline.backends import Backend\n{init}\n"
        f"backend = Backend({name!r}, 'fake_{name}', {version!r}, {contract}, {requires!r}, {jit}, "
        f"variants={tuple(variants or ())!r}, {more})\n",
        "utf-8",
    )
    return EntryPoint(name, f"fake_{name}:backend", GROUP)


def _module(name: str, bodies: Mapping[str, str]) -> str:
    return _HEAD + "\n\n".join(
        _KERNEL.format(operation=operation, body=body, name=name) for operation, body in bodies.items()
    )


def measured(
    operation: str,
    times: Mapping[str, list[tuple[int, float]]],
    *,
    at: float | None = None,
    refused: Mapping[str, str] | None = None,
) -> profile.Measured:
    """Return what a calibration would have found here with these times."""
    names = {name.partition(":")[0] for name in (*times, *(refused or {}))}
    found = {name: backend for name in names if isinstance(backend := discover()[name], Backend)}
    fingerprints = {name: machine.fingerprint(backend) for name, backend in found.items()}
    return profile.Measured(
        profile.key_of(operation, fingerprints),
        time.time() if at is None else at,
        fingerprints,
        dict(times),
        dict(refused or {}),
        {},
        {name: [(n, [round(ns)]) for n, ns in curve] for name, curve in times.items()},
    )


def flat(**ns: float) -> dict[str, list[tuple[int, float]]]:
    """Return the times of backends that take as long at every size."""
    return {name: [(1, value), (1_000_000, value)] for name, value in ns.items()}


def write_table(file: Path, operations: Mapping[str, Mapping[str, list[tuple[int, float]]]]) -> None:
    """Write a table as it comes with paceline: measured by someone, somewhere."""
    entries = {
        operation: {
            "key": "",
            "at": 1.0,
            "backends": {name.partition(":")[0]: "elsewhere" for name in times},
            "times": times,
            "refused": {},
            "first_call_ns": {},
        }
        for operation, times in operations.items()
    }
    file.write_text(
        json.dumps({"format": 1, "machine": {"processor": "another"}, "operations": entries}), encoding="utf-8"
    )


def sources() -> list[str]:
    """Return the folders before which a process of its own need not look for paceline and the reference."""
    import paceline
    import paceline_python

    return [str(Path(package.__file__ or "").parent.parent) for package in (paceline, paceline_python)]


def serving(operation: str = "to_mono") -> str:
    """Return the backend that would serve a call, here and now; one of those made for tests."""
    name: str = selector(operation).pick(2).backend
    return name


class Clock:
    """Stands in for what times kernels: a call of a backend takes what ``ns`` says."""

    def __init__(self) -> None:
        self.ns: dict[str, int] = {"one": 100, "two": 300, "python": 2000}
        self.asked: list[list[str]] = []
        """Whom each call of it was to time."""
        self.runs = True
        """Whether kernels really run."""

    def __call__(self, calls: Mapping[str, timing.Call], *_: Any, **__: Any) -> dict[str, list[int]]:
        self.asked.append(sorted(calls))
        assert not self.runs or all(call.batch(1) > 0 for call in calls.values())
        return {name: [self.ns.get(name, 50) + extra for extra in range(10)] for name in calls}
