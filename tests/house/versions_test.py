"""One version for everything that is released together."""

from __future__ import annotations

import tomllib
from itertools import chain
from pathlib import Path

import pytest

import paceline
from paceline.backends import OFFICIAL, Backend, discover
from paceline.operations import CONTRACT

ROOT = Path(__file__).parents[2]
PROJECTS = [".", "harness", "pipelines", "impls/cython", "impls/rust"]


def read(path):
    return tomllib.loads((ROOT / path).read_text("utf-8"))


@pytest.mark.parametrize("folder", PROJECTS)
def test_every_distribution_has_the_version_of_paceline(folder):
    assert read(f"{folder}/pyproject.toml")["project"]["version"] == paceline.__version__


def test_every_project_of_the_repository_is_listed():
    members = read("pyproject.toml")["tool"]["uv"]["workspace"]["members"]
    assert sorted(members) == sorted(folder for folder in PROJECTS if folder != ".")


def test_the_crate_has_the_version_of_paceline():
    assert read("impls/rust/Cargo.toml")["package"]["version"] == paceline.__version__


@pytest.mark.parametrize("folder", PROJECTS)
def test_they_ask_for_each_other_in_that_version(folder):
    project = read(f"{folder}/pyproject.toml")["project"]
    wanted = list(chain(project["dependencies"], *project.get("optional-dependencies", {}).values()))
    itself = folder == "."  # whose extras name its extras
    ours = [name for name in wanted if name.startswith("paceline") and not (itself and "[" in name)]
    assert all(name.endswith(f"=={paceline.__version__}") for name in ours)
    assert ours


@pytest.mark.parametrize("name", [name for name in discover() if name in OFFICIAL])
def test_every_backend_says_that_version_and_contract(name):
    backend = discover()[name]
    assert isinstance(backend, Backend)
    assert backend.version == paceline.__version__
    assert backend.contract == CONTRACT
    assert backend.name == name


def test_one_python_and_one_licence():
    projects = [read(f"{folder}/pyproject.toml")["project"] for folder in PROJECTS]
    assert len({project["requires-python"] for project in projects}) == 1
    assert len({project["license"] for project in projects}) == 1
