"""Machine profiles made up for tests, and a cache directory of a test's own."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from paceline.backends import Backend, discover
from paceline.selection import machine, profile, refusals, rules
from paceline.selection.profile import Measured, Profile

MACHINE = {
    "processor": "Z80",
    "processor kind": "Zilog 80",
    "python": "CPython 3.11",
    "numpy": "2.0",
    "usable cores": "1",
}
OTHER = {**MACHINE, "processor": "6502", "processor kind": "MOS 6502"}

Times = dict[str, list[tuple[int, float]]]


@contextmanager
def own_cache(folder: Path, patch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Let the machine profile be in ``folder``, with nothing set that chooses; yield its path."""
    patch.delenv(profile.VARIABLE, raising=False)
    patch.setenv("XDG_CACHE_HOME", str(folder))
    rules.forget(tables=True)
    rules.reread()
    try:
        yield profile.path()
    finally:
        patch.undo()
        refusals.forget()
        rules.forget(tables=True)
        rules.reread()


def measured(times: Times, refused: dict[str, str] | None = None, kinds: dict[str, Times] | None = None) -> Measured:
    """Return a measurement of some other machine, its times in whole ns and made of samples."""
    samples = {name: [(n, [round(ns)] * 3) for n, ns in curve] for name, curve in times.items()}
    first = {name: 5_000_000 for name in ("numba",) if name in times}
    return Measured(
        key="key",
        at=1.7e9,
        backends={name.partition(":")[0]: "1.0, abc" for each in (times, *(kinds or {}).values()) for name in each},
        times=times,
        refused=refused or {},
        kinds=kinds or {},
        first_call_ns=first,
        samples=samples,
    )


def measured_here(operation: str, times: Times, kinds: dict[str, Times] | None = None) -> Measured:
    """Return a measurement that holds for this machine and now."""
    prints = {}
    for name in {name.partition(":")[0] for name in times}:
        backend = discover()[name]
        assert isinstance(backend, Backend)
        prints[name] = machine.fingerprint(backend)
    return Measured(profile.key_of(operation, prints), time.time(), prints, times, {}, {}, kinds=kinds or {})


def committed(file: Path, about: dict[str, str], **operations: Measured) -> Path:
    """Write a profile as calibration does, of any machine."""
    import msgspec

    file.write_bytes(msgspec.json.encode(Profile(profile.FORMAT, about, operations)))
    return file
