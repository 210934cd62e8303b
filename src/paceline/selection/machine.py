"""What decides how fast kernels are here: the processor, what this process may use of it, and the software."""

from __future__ import annotations

import hashlib
import os
import platform
import sys
import sysconfig
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from paceline.backends import Backend
from paceline.operations import CONTRACT

THREADS: Final = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
"""Settings of how many threads a library's pool has."""

_CODE: Final = (".py", ".so", ".pyd", ".dylib")
_OF_IMPORT: Final = {"numba": ("numba", "llvmlite")}
"""The distributions whose versions count where a backend requires an import."""


@cache
def machine() -> dict[str, str]:
    """Describe the processor and the software, each thing under its name; hostname and load are no part of it."""
    info = _cpuinfo()
    flags = " ".join(sorted(info.get("flags", info.get("Features", "")).split()))
    return {
        "architecture": platform.machine().lower(),
        "processor": info.get("model name") or platform.processor() or platform.machine(),
        "processor kind": " ".join(
            info.get(key, "?")
            for key in ("vendor_id", "cpu family", "model", "stepping", "CPU implementer", "CPU part")
            if key in info
        ),
        "processor features": hashlib.sha256(flags.encode()).hexdigest()[:16] if flags else "",
        "caches": _caches(),
        "usable cores": str(_usable_cores()),
        "system": platform.system(),
        "python": f"{platform.python_implementation()} {sys.version_info.major}.{sys.version_info.minor}{_gil()}",
        "numpy": _version("numpy"),
        "scipy": _version("scipy"),
        "blas": _blas(),
        "threads": ", ".join(f"{name}={os.environ[name]}" for name in THREADS if name in os.environ) or "not set",
    }


def differences(then: dict[str, str], now: dict[str, str]) -> list[str]:
    """Return, as ends of a sentence, what has changed."""
    return [
        f"{name} was {then.get(name, '?')} and is {now.get(name, '?')}"
        for name in {**then, **now}
        if then.get(name) != now.get(name)
    ]


@cache
def fingerprint(backend: Backend) -> str:
    """Return a backend's version, those of what it requires, and a hash of all its code.

    Cost: all files of its package are read, once per process; some milliseconds.
    """
    parts = [backend.version]
    for module in backend.requires:
        parts += [f"{name} {_version(name)}" for name in _OF_IMPORT.get(module, (module,))]
    return ", ".join([*parts, _hash_of_package(backend.package)])


@cache
def contract() -> str:
    """Return a hash of what the operations are and are measured on."""
    here = Path(__file__).parent.parent
    digest = hashlib.sha256(str(CONTRACT).encode())
    for name in ("operations.py", "workloads.py"):
        digest.update((here / name).read_bytes())
    return digest.hexdigest()[:16]


def key_of(*parts: Any) -> str:
    """Return the sha256 of data."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _hash_of_package(package: str) -> str:
    try:
        found = find_spec(package)
    except (ImportError, ValueError):  # a package inside one that is not there; or made by hand, without a place
        found = None
    folders = (found.submodule_search_locations or []) if found is not None else []
    files = sorted(path for folder in folders for path in Path(folder).rglob("*") if path.suffix in _CODE)
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.name.encode())
        try:
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
        except OSError:  # a folder of such a name, a link that leads nowhere: no code that could run
            digest.update(b"unreadable")
    return digest.hexdigest()[:16]


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "?"


def _gil() -> str:
    return " free-threaded" if sysconfig.get_config_var("Py_GIL_DISABLED") else ""


def _blas() -> str:
    from numpy import __config__ as built

    found = getattr(built, "CONFIG", {}).get("Build Dependencies", {}).get("blas", {})
    return f"{found.get('name', '?')} {found.get('version', '?')}"


def _usable_cores() -> int:
    """Return how many cores this process may keep busy: its affinity, less what a control group withholds."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota, _, period = (_read("/sys/fs/cgroup/cpu.max") or "max").partition(" ")
    return min(cores, max(1, int(quota) // int(period))) if quota.isdigit() and period.isdigit() else cores


def _caches() -> str:
    """Return the sizes of the second and third level's caches."""
    found = []
    for index in range(8):
        folder = f"/sys/devices/system/cpu/cpu0/cache/index{index}"
        if (level := _read(f"{folder}/level")) in ("2", "3"):
            found.append(f"L{level} {_read(f'{folder}/size')}")
    return ", ".join(found) or "?"


def _cpuinfo() -> dict[str, str]:
    """Return the first processor's fields; empty where the system does not tell."""
    text = _read("/proc/cpuinfo") or ""
    pairs = (line.partition(":") for line in text.split("\n\n", 1)[0].splitlines())
    return {name.strip(): value.strip() for name, _, value in pairs}


def _read(path: str) -> str | None:
    try:
        return Path(path).read_text().strip()
    except OSError:  # not Linux, or not readable in this container: what it says is not known
        return None
