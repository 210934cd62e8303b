"""Start-up of every test run: the third-party backend is made discoverable, and what was absent is said.

Tests have a cache directory of their own: what was measured on the machine before decides nothing here.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import Phase, settings

from house.editable import install

_site = tempfile.TemporaryDirectory(prefix="paceline-tests-")
sys.path[:0] = install(Path(__file__).parent / "third_party_backend", Path(_site.name))
os.environ["XDG_CACHE_HOME"] = str(Path(_site.name) / "cache")
os.environ.pop("PACELINE_PROFILE", None)

import paceline  # noqa: E402 - no backend may be looked for before the path is complete

settings.register_profile(
    "repeatable",
    max_examples=25,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
)
settings.register_profile("explore", max_examples=2_000, deadline=None)  # pytest --hypothesis-profile explore
settings.load_profile("repeatable")

_WORST: defaultdict[tuple[str, str], float] = defaultdict(float)


def backends_in_words() -> list[str]:
    """Return a line on the backends that are tested, and one on each that is not, with the reason."""
    states = paceline.status().values()
    ready = ", ".join(s.name if s.level is None else f"{s.name} ({s.level})" for s in states if s.state == "ready")
    return [
        f"backends under test: {ready}",
        *(f"backend not tested: {s.name} is {s.state}: {s.reason}" for s in states if s.state != "ready"),
    ]


def pytest_report_header() -> list[str]:
    return backends_in_words()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if config.get_verbosity() < 0:  # a quiet run has no header
        for line in backends_in_words():
            terminalreporter.write_line(line)
    if _WORST:
        units = sorted({unit for unit, _ in _WORST})
        terminalreporter.write_line("largest errors seen by the accuracy tests")
        for unit in units:
            figures = "  ".join(f"{name} {worst:.3g}" for (u, name), worst in sorted(_WORST.items()) if u == unit)
            terminalreporter.write_line(f"  {unit}: {figures}")


def pytest_unconfigure() -> None:
    _site.cleanup()


@pytest.fixture(autouse=True)
def own_environment():
    """Take back what a command sets for its whole process, as how many threads there are: profiles are kept by it."""
    before = dict(os.environ)
    yield
    for name in {*before, *os.environ} - {"PYTEST_CURRENT_TEST"}:
        if name not in before:
            del os.environ[name]
        elif os.environ.get(name) != before[name]:
            os.environ[name] = before[name]


@pytest.fixture(scope="session")
def note_error():
    """Keep the largest error per unit and backend for the summary: ``note_error("rotation, rad", backend, 2e-16)``."""

    def note(unit: str, backend: str, error: float) -> None:
        _WORST[unit, backend] = max(_WORST[unit, backend], float(error))

    return note
