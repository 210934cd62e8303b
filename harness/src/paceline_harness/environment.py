"""The machine and its software, and how busy it was: what a reader needs to judge a figure."""

from __future__ import annotations

import hashlib
import os
import platform
import resource
import shutil
import subprocess
import sysconfig
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import msgspec

NOTABLE_FLAGS = ("sse4_2", "avx", "fma", "avx2", "avx512f", "avx512bw", "avx512_vnni", "asimd", "sve")
PACKAGES = ("paceline", "paceline-harness", "paceline-cython", "paceline-rust",
            "paceline-pipelines", "numpy", "scipy", "numba",
            "llvmlite", "evo", "soxr", "sphn", "webrtcvad-wheels", "soundfile", "onnxruntime",
            "silero-vad", "apache-hamilton", "dask", "pipecat-ai")  # fmt: skip
COMPILERS = ("gcc", "clang", "rustc")
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "RAYON_NUM_THREADS",
           "VECLIB_MAXIMUM_THREADS")  # fmt: skip
"""Set to 1 before NumPy is loaded: the comparison is of kernels."""

_set_here: set[str] = set()
"""Which of them this program has set."""

VARIABLES = (*THREADS, "PACELINE_BACKEND", "NUMBA_DISABLE_JIT", "NUMBA_CPU_NAME", "CFLAGS", "CXXFLAGS", "RUSTFLAGS",
             "NPY_DISABLE_CPU_FEATURES")  # fmt: skip
"""What changes how kernels are compiled or run, written down where it is set."""


class Environment(msgspec.Struct, frozen=True):
    """What does not change while measuring. A field that cannot be read on this system is None."""

    cpu_model: str
    cpu_flags_sha256: str | None
    cpu_notable_flags: list[str]
    cores: int | None
    affinity: list[int]
    governor: str | None
    hypervisor: str | None
    kernel: str
    python: str
    packages: dict[str, str]
    compilers: dict[str, str]
    variables: dict[str, str]
    python_flags: str | None = None


class Counters(msgspec.Struct, frozen=True):
    """How busy the machine was and how often this process was set aside, up to now."""

    loadavg: tuple[float, float, float] | None
    steal_ticks: int | None
    involuntary_switches: int
    minor_faults: int


def one_thread_each() -> None:
    """Give each library's pool one thread where the shell does not say otherwise; called before NumPy is loaded."""
    for variable in THREADS:
        if variable not in os.environ:
            os.environ[variable] = "1"
            _set_here.add(variable)


def as_started() -> dict[str, str]:
    """Return this process's variables as its shell set them."""
    return {name: value for name, value in os.environ.items() if name not in _set_here}


def counters() -> Counters:
    """Read the counters as they stand now."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    load = os.getloadavg() if hasattr(os, "getloadavg") else None
    return Counters(load, _steal_ticks(), usage.ru_nivcsw, usage.ru_minflt)


def environment() -> Environment:
    """Describe the machine and the software; but for the cores in use they are asked for once per process."""
    return msgspec.structs.replace(machine(), affinity=_affinity(), governor=_governor())


@cache
def machine() -> Environment:
    """Describe what no pinning changes. A fork inherits the answer, which takes a tenth of a second to find."""
    info = _cpuinfo()
    flags = sorted(info.get("flags", info.get("Features", "")).split())
    return Environment(
        cpu_model=info.get("model name") or platform.processor() or platform.machine(),
        cpu_flags_sha256=hashlib.sha256(" ".join(flags).encode()).hexdigest() if flags else None,
        cpu_notable_flags=[flag for flag in NOTABLE_FLAGS if flag in flags],
        cores=os.cpu_count(),
        affinity=[],
        governor=None,
        hypervisor=_read("/sys/hypervisor/type") or ("yes" if "hypervisor" in flags else None),
        kernel=f"{platform.system()} {platform.release()}",
        python=f"{platform.python_implementation()} {platform.python_version()}",
        packages={name: found for name in PACKAGES if (found := package_version(name))},
        compilers={name: found for name in COMPILERS if (found := _first_line(name, "--version"))},
        python_flags=sysconfig.get_config_var("CFLAGS") or None,
        variables={name: os.environ[name] for name in VARIABLES if name in os.environ},
    )


@cache
def checkout() -> tuple[str | None, bool | None]:
    """Return the commit that this package is checked out at and whether files differ from it, or (None, None)."""
    here = str(Path(__file__).parent)
    commit = _first_line("git", "-C", here, "rev-parse", "--verify", "HEAD")
    if commit is None:
        return None, None
    return commit, _first_line("git", "-C", here, "status", "--porcelain", "--untracked-files=no") is not None


def package_version(name: str) -> str | None:
    """Return an installed distribution's version, or None."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _cpuinfo() -> dict[str, str]:
    """Return the first processor's fields."""
    text = _read("/proc/cpuinfo") or ""
    pairs = (line.partition(":") for line in text.split("\n\n", 1)[0].splitlines())
    return {name.strip(): value.strip() for name, _, value in pairs}


def _affinity() -> list[int]:
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


def _governor() -> str | None:
    """Return the frequency governor of the cores that this process may run on; several, with commas."""
    found = (_read(f"/sys/devices/system/cpu/cpu{core}/cpufreq/scaling_governor") for core in _affinity() or [0])
    return ", ".join(sorted({each for each in found if each})) or None


def _steal_ticks() -> int | None:
    first = (_read("/proc/stat") or "").partition("\n")[0].split()
    return int(first[8]) if len(first) > 8 else None


def _read(path: str) -> str | None:
    try:
        return Path(path).read_text().strip()
    except OSError:  # not Linux, or not readable in this container: the field is None
        return None


def _first_line(*command: str) -> str | None:
    """Return the first line that a command prints, or None when it is missing, fails or prints nothing."""
    if shutil.which(command[0]) is None:
        return None
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=10)
    return done.stdout.partition("\n")[0].strip() or None if done.returncode == 0 else None
