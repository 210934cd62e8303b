"""A test run says which backends it did not test, and why, however quiet it is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import paceline

ROOT = Path(__file__).parents[2]
WITHOUT = """
import sys
from importlib import metadata

def hide(point):
    return not (point.group == "paceline.backends" and point.name in ("cython", "rust"))

everything = metadata.entry_points
metadata.entry_points = lambda **group: metadata.EntryPoints(filter(hide, everything(**group)))
import pytest
sys.exit(pytest.main(sys.argv[1:]))
"""


def output_of(*options: str, code: str = "import sys, pytest; sys.exit(pytest.main(sys.argv[1:]))") -> str:
    """Run one small test file in a process of its own, and return what pytest wrote."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST"))}
    done = subprocess.run(
        [sys.executable, "-c", code, "tests/house/versions_test.py", "-p", "no:cacheprovider", *options],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("options", [(), ("-v",)])
def test_the_backends_under_test_are_named(options):
    written = output_of(*options)
    ready = [name for name, state in paceline.status().items() if state.state == "ready"]
    line = next(line for line in written.splitlines() if line.startswith("backends under test: "))
    assert all(name in line for name in ready)
    assert "loops" in line


@pytest.mark.parametrize("options", [(), ("-v",)])
def test_an_absent_backend_is_named_with_the_reason(options):
    written = output_of(*options, code=WITHOUT)
    for name in ("cython", "rust"):
        line = f"backend not tested: {name} is absent: it is not installed: pip install 'paceline[{name}]'"
        assert written.count(line) == 1
