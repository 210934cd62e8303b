"""The calls that do nothing do the same nothing in every backend."""

from __future__ import annotations

from importlib import import_module

import numpy as np
import pytest

from conformance.routes import ready_backends
from paceline.backends import OFFICIAL, discover


@pytest.mark.parametrize("backend", [name for name in ready_backends() if name in OFFICIAL])
def test_empty_calls(backend):
    empty = import_module(f"{discover()[backend].package}.empty")
    assert empty.nothing() is None
    assert (empty.number(0.1), type(empty.number(0.1))) == (0.1, float)
    for n in (0, 1, 1_000):
        x = np.zeros(n)
        x.flags.writeable = False
        assert (empty.array(x), type(empty.array(x))) == (n, int)
