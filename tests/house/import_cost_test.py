"""What importing and asking loads, and what it leaves alone."""

from __future__ import annotations

import pytest

from house.fresh import run

HEAVY = ("numba", "llvmlite", "scipy", "msgspec", "pandas", "matplotlib", "hypothesis", "pyarrow", "rich")
BACKENDS = ("paceline_python", "paceline_numba", "paceline_cython", "paceline_rust", "paceline_loops")


def loaded_after(code: str) -> set[str]:
    printed = run(f"{code}\nimport sys\nprint('LOADED', *{{name.partition('.')[0] for name in sys.modules}})")
    return set(printed.rpartition("LOADED")[2].split())


def test_importing_paceline_loads_no_backend_and_nothing_heavy():
    loaded = loaded_after("import paceline")
    assert "numpy" in loaded
    assert not loaded & {*HEAVY, *BACKENDS}


def test_importing_tum_loads_no_backend():
    assert not loaded_after("import paceline.tum") & {*HEAVY, *BACKENDS}


def test_status_does_not_compile_or_import_numba():
    loaded = loaded_after("import paceline; str(paceline.status())")
    assert "paceline_python" in loaded
    assert not loaded & {"numba", "llvmlite"}


def test_a_call_that_names_a_backend_runs_without_numba():
    code = "import paceline; paceline.slerp_quaternion(5, 0, (0, 0, 0, 1), 10, (0, 0, 1, 1), backend='python')"
    assert not loaded_after(code) & {"numba", "llvmlite", "pandas", "matplotlib"}


@pytest.mark.parametrize("module", ["paceline_python", "paceline_numba"])
def test_a_backend_is_light_until_a_kernel_is_asked_for(module):
    assert not loaded_after(f"import {module}") & set(HEAVY)
