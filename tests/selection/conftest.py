"""Gives each test backends, a shipped table and a profile of its own, and forgets all of that afterwards."""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import sys
from functools import partial

import pytest

from paceline.backends import GROUP, discover
from paceline.selection import machine, overrides, profile, refusals, rules, tables, timing, warming
from selection.fakes import Clock, flat, measured, write_backend, write_table
from selection.faults import choice


def _forget() -> None:
    for name in [name for name in sys.modules if name.startswith("fake_")]:
        del sys.modules[name]
    importlib.invalidate_caches()
    discover.cache_clear()
    machine.fingerprint.cache_clear()
    refusals.forget()
    rules.forget(tables=True)


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch, tmp_path):
    """Begin without a profile, a shipped table, settings, refusals or what was compiled or proved before."""
    write_table(tmp_path / "none.json", {})
    monkeypatch.setattr(tables, "SHIPPED", str(tmp_path / "none.json"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in [name for name in os.environ if name.startswith(("PACELINE_BACKEND", "PACELINE_PROFILE"))]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(warming, "_warm", {})
    monkeypatch.setattr(rules, "_proved", {})
    assert overrides.asked.get() is None
    rules.forget(tables=True)
    yield
    monkeypatch.undo()
    _forget()


@pytest.fixture
def backend(tmp_path):
    """Write a backend: ``backend("one", {"to_mono": body}, jit=True)``; what it returns is for ``installed``."""
    return partial(write_backend, tmp_path / "site")


@pytest.fixture
def installed(monkeypatch, tmp_path, backend):
    """Install backends beside the reference, and none else: ``installed("one", backend("two", …))``."""
    everywhere = importlib.metadata.entry_points
    reference = [point for point in everywhere(group=GROUP) if point.name == "python"]
    monkeypatch.syspath_prepend(tmp_path / "site")

    def install(*points):
        here = [*reference, *(backend(point) if isinstance(point, str) else point for point in points)]
        monkeypatch.setattr(
            importlib.metadata,
            "entry_points",
            lambda **query: here if query == {"group": GROUP} else everywhere(**query),
        )
        _forget()

    return install


@pytest.fixture
def shipped(monkeypatch, tmp_path):
    """Put a table in the place of the one that comes with paceline: ``shipped(to_mono={"one": [(1, 9.0)]})``."""

    def put(**operations):
        write_table(tmp_path / "shipped.json", operations)
        monkeypatch.setattr(tables, "SHIPPED", str(tmp_path / "shipped.json"))
        rules.forget(tables=True)

    return put


@pytest.fixture
def profiled():
    """Write a machine profile: ``profiled(to_mono=measured(…))``; return its path."""

    def put(**operations):
        path = profile.path()
        profile.write(path, operations)
        rules.forget(tables=True)
        return path

    return put


@pytest.fixture
def valid(installed, shipped, profiled):
    """Install a profile by which "two" is the fastest, and a shipped table by which "one" is; give its path."""
    installed("one", "two")
    shipped(to_mono=flat(one=10.0, two=20.0, python=99.0))
    path = profiled(to_mono=measured("to_mono", flat(one=20.0, two=10.0, python=99.0)))
    assert choice() == ("two", "profile")
    return path


@pytest.fixture
def before(installed, profiled):
    """Write a profile; give its path."""
    installed("one")
    return profiled(to_mono=measured("to_mono", flat(one=1.0, python=2.0)))


@pytest.fixture
def entry(before):
    """Return a measurement that is to be written."""
    return measured("interleave", flat(one=3.0, python=4.0))


@pytest.fixture
def three(installed):
    """Install three backends; "cython" serves if nothing is asked for."""
    installed("one", "two", "cython")


@pytest.fixture
def clock(monkeypatch):
    found = Clock()
    monkeypatch.setattr(timing, "sampled", found)
    return found
