"""Installs the backend "odd" for each test, and forgets all that was found out about it."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

import pytest

import paceline
import paceline_python
from paceline.backends import discover
from paceline.selection import machine, refusals, rules, shadow
from paceline.selection.shadow import replay
from selection.shadow.odd import project


def _forget():
    assert shadow.drain(60)
    for name in [name for name in sys.modules if name.startswith("fake_odd")]:
        del sys.modules[name]
    importlib.invalidate_caches()
    discover.cache_clear()
    machine.fingerprint.cache_clear()
    refusals.forget()
    rules.forget(tables=True)
    replay._begin_anew()


@pytest.fixture(autouse=True)
def path(monkeypatch, tmp_path):
    """Install "odd", ask for it where no other is named, replay every call, and begin with an empty cache directory."""
    for name in [name for name in os.environ if name.startswith("PACELINE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PACELINE_BACKEND", "odd,python")
    monkeypatch.setenv("PACELINE_SHADOW", "1/1")
    path = project(tmp_path)
    for entry in reversed(path):
        monkeypatch.syspath_prepend(entry)
    _forget()
    yield [*path, *(str(Path(module.__file__).parents[1]) for module in (paceline, paceline_python))]
    monkeypatch.undo()
    _forget()
