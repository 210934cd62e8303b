"""Variants of a lesser instruction set, on processors that have less than this one."""

from __future__ import annotations

import pytest

import paceline
from house.fresh import run

CODE = """
from paceline_cython import _cpu
_cpu.has_v3, _cpu.has_v4 = (lambda: {v3}), (lambda: False)
from paceline.backends import load_kernel
from paceline.operations import OPERATIONS
for level in ("avx2", "baseline"):
    print(*(name for name in OPERATIONS if load_kernel(name, f"cython:{{level}}") is not load_kernel(name, "cython")))
"""


@pytest.mark.skipif(paceline.status()["cython"].state != "ready", reason="it is about the Cython backend")
@pytest.mark.parametrize("v3", [False, paceline.status()["cython"].level != "baseline"])
def test_a_level_that_is_in_use_or_lacking_is_the_backends_own(v3):
    avx2, baseline = run(CODE.format(v3=v3)).splitlines()
    assert avx2 == ""
    assert ("to_mono" in baseline.split()) == v3


@pytest.mark.parametrize(("backend", "module"), [("cython", "_level"), ("rust", "_rust")])
def test_the_names_are_known_before_any_kernel_is_loaded(backend, module):
    package = f"paceline_{backend}"
    pytest.importorskip(package)
    code = f"import sys, {package}; print({package}.backend.variants[:2], '{package}.{module}' in sys.modules)"
    assert run(code).strip() == "('avx2', 'baseline') False"
