"""The contract against what there is: names, workloads, the grid of files."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import inspect
from pathlib import Path

import numpy as np
import pytest

import paceline
from paceline.backends import NotImplementedKernel, discover
from paceline.operations import OPERATIONS

ROOT = Path(__file__).parents[2]
ROOMS = sorted({operation.module for operation in OPERATIONS.values()})
GRID = {
    "python": [ROOT / "impls/python/src/paceline_python"],
    "numba": [ROOT / "impls/numba/src/paceline_numba"],
    "cython": [ROOT / "impls/cython/src/paceline_cython"],
    "rust": [ROOT / "impls/rust/python/paceline_rust", ROOT / "impls/rust/src"],
}
READY = [name for name, state in paceline.status().items() if state.state == "ready"]


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_is_whole(name):
    operation = OPERATIONS[name]
    public = paceline
    for part in operation.public.split("."):
        public = getattr(public, part)
    assert callable(public)
    assert inspect.getdoc(public)
    assert operation.name == name
    assert operation.size_axis.startswith("n = ")
    assert operation.golden
    assert operation.equality.reason
    assert operation.equality.unit
    assert (operation.equality.kind == "bitwise") == (operation.equality.tolerance == 0)
    assert operation.bytes_per_item > 0
    assert operation.flops_per_item > 0


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("n", [1, 10, 257])
def test_a_workload_follows_from_its_seed(name, n):
    workload = OPERATIONS[name].workload
    first, again = (workload(n, np.random.default_rng(5)) for _ in range(2))
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_workload_has_the_size_it_is_asked_for(name):
    arguments = OPERATIONS[name].workload(257, np.random.default_rng(5))
    if OPERATIONS[name].size_axis in ("n = pairs", "n = knots", "n = frames", "n = samples"):
        assert arguments[0].shape[1 if name == "interleave" else 0] == 257
    elif name != "slerp_quaternion":
        assert len(arguments[-1]) == 257


def test_the_table_of_kernels_has_every_operation():
    assert [name for name in OPERATIONS if f"``{name}``" not in (paceline.operations.__doc__ or "")] == []


@pytest.mark.parametrize("room", ROOMS)
@pytest.mark.parametrize("backend", GRID)
def test_the_tree_is_a_grid(backend, room):
    for folder in GRID[backend]:
        assert room in {path.stem for path in folder.iterdir()}, f"{folder} has no {room}"


def test_every_backend_folder_is_in_the_grid():
    assert sorted(path.name for path in (ROOT / "impls").iterdir() if path.is_dir()) == sorted(GRID)


@pytest.mark.parametrize("room", ROOMS)
def test_the_public_functions_of_a_room_are_in_a_module_of_its_name(room):
    for operation in OPERATIONS.values():
        if operation.module == room:
            *family, first = operation.public.removesuffix(".at").removesuffix(".gap").split(".")
            module = importlib.import_module(".".join(["paceline", *family, room]))
            assert hasattr(module, first)


def functions_of(module) -> set[str]:
    """Return the public functions that the module's package defines, whatever they are compiled by."""
    package = module.__name__.partition(".")[0]
    found = set()
    for name in dir(module):
        value = getattr(module, name)
        home = getattr(value, "__module__", None)
        ours = home is None or home == "builtins" or str(home).partition(".")[0] == package
        named = name[0].islower() and callable(value) and not isinstance(value, functools.partial | type)
        if ours and named:
            found.add(name)
    return found


def rooms_of(backend) -> list[str]:
    """Return the rooms that a backend must have: all of them; a third party's, those that it came with."""
    package = discover()[backend].package
    return ROOMS if backend in GRID else [room for room in ROOMS if importlib.util.find_spec(f"{package}.{room}")]


@pytest.mark.parametrize(("backend", "room"), [(backend, room) for backend in READY for room in rooms_of(backend)])
def test_a_backends_functions_are_the_contracts(backend, room):
    module = importlib.import_module(f"{discover()[backend].package}.{room}")
    contract = {name for name, operation in OPERATIONS.items() if operation.module == room}
    marks = {name for name in dir(module) if isinstance(getattr(module, name), NotImplementedKernel)}
    assert functions_of(module) | marks == contract
    assert not functions_of(module) & marks


def test_a_third_party_may_lack_rooms():
    assert rooms_of("loops") == ["interpolation"]
