"""Python code run in a process of its own, with what it printed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def run(code: str, *path: str | Path, expect: int = 0) -> str:
    """Run ``code`` with ``path`` in front of sys.path; return what it wrote to both outputs."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environment["PYTHONPATH"] = os.pathsep.join(map(str, path))
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == expect, done.stdout + done.stderr
    return done.stdout + done.stderr
