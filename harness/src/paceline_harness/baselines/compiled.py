"""Compiles C baselines on first use: kept in the user's cache until source, compiler or CPU change."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from paceline_harness.environment import environment


class NoCompilerError(RuntimeError):
    """The baseline cannot be compiled here; the message says why."""


def built(source: Path, flags: Sequence[str], *, libraries: Sequence[str] = (), about: Sequence[str] = ()) -> Path:
    """Return the shared library of `source`, compiled unless it was before; `about` is what else it depends on.

    Raises
    ------
    NoCompilerError
        There is no C compiler, or it fails.
    """
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise NoCompilerError("no C compiler found")
    said = subprocess.run([compiler, "--version"], capture_output=True, text=True, check=False).stdout
    parts = [*flags, *libraries, *about, said, environment().cpu_model, environment().cpu_flags_sha256 or ""]
    key = hashlib.sha256(source.read_bytes() + "\0".join(parts).encode()).hexdigest()[:16]
    path = _cache_folder() / f"{source.stem}-{key}.so"
    if not path.exists():
        _compile([compiler, *flags], source, libraries, path)
    return path


def _cache_folder() -> Path:
    from platformdirs import user_cache_path

    return user_cache_path("paceline-harness", ensure_exists=True)


def _compile(command: Sequence[str], source: Path, libraries: Sequence[str], path: Path) -> None:
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:  # same file system, so that replace is atomic
        fresh = Path(folder) / path.name
        done = subprocess.run(
            [*command, "-o", str(fresh), str(source), *libraries], capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            said = done.stderr.strip().partition("\n")[0] or f"exit code {done.returncode}"
            raise NoCompilerError(f"the C compiler failed: {said}")
        fresh.replace(path)
