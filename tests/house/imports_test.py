"""Who may import whom."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import paceline
from paceline import audio, operations, pipeline, selection, tum
from paceline.selection import curves, profile, timing

ROOT = Path(__file__).parents[2]
SOURCES = {
    "paceline": ROOT / "src" / "paceline",
    "paceline_harness": ROOT / "harness" / "src" / "paceline_harness",
    "paceline_pipelines": ROOT / "pipelines" / "src" / "paceline_pipelines",
    "paceline_python": ROOT / "impls" / "python" / "src" / "paceline_python",
    "paceline_numba": ROOT / "impls" / "numba" / "src" / "paceline_numba",
    "paceline_cython": ROOT / "impls" / "cython" / "src" / "paceline_cython",
    "paceline_rust": ROOT / "impls" / "rust" / "python" / "paceline_rust",
}
BACKENDS = tuple(name for name in SOURCES if name not in ("paceline", "paceline_harness", "paceline_pipelines"))
PUBLIC = {
    "paceline": {*paceline.__all__, "operations", "tum", "__version__"},
    "paceline.audio": set(audio.__all__),
    "paceline.operations": set(operations.__all__),
    "paceline.pipeline": set(pipeline.__all__),
    "paceline.selection": set(selection.__all__),
    "paceline.selection.curves": set(curves.__all__),
    "paceline.selection.overrides": {"read_settings", "setting_of", "settings"},
    "paceline.selection.profile": set(profile.__all__),
    "paceline.selection.timing": set(timing.__all__),
    "paceline.tum": set(tum.__all__),
}
"""What may be imported from where by the harness and the pipelines."""

_CYTHON_IMPORT = re.compile(r"^\s*(?:from\s+([\w.]+)\s+c?import|c?import\s+([\w.]+))", re.MULTILINE)


def imports(path: Path) -> set[tuple[str, str | None]]:
    """Return each imported (module, name); the name is None where the module itself is imported."""
    text = path.read_text("utf-8")
    if path.suffix in (".pyx", ".pxd", ".pxi"):
        return {(first or second, None) for first, second in _CYTHON_IMPORT.findall(text)}
    found: set[tuple[str, str | None]] = set()
    for node in ast.walk(ast.parse(text, str(path))):
        if isinstance(node, ast.Import):
            found |= {(alias.name, None) for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found |= {(node.module or "", alias.name) for alias in node.names}
    return found


def files_of(package: str) -> list[Path]:
    return sorted(
        path for path in SOURCES[package].rglob("*") if path.suffix in (".py", ".pyi", ".pyx", ".pxd", ".pxi")
    )


def every(*packages: str) -> list:
    return [
        pytest.param(package, path, id=str(path.relative_to(SOURCES[package].parent)))
        for package in packages
        for path in files_of(package)
    ]


def top(module: str) -> str:
    return module.partition(".")[0]


def test_every_package_has_files():
    assert {package for package in SOURCES if files_of(package)} == set(SOURCES)


@pytest.mark.parametrize(("package", "path"), every(*BACKENDS))
def test_a_backend_imports_no_other_backend(package, path):
    others = {*BACKENDS, "paceline_harness", "paceline_pipelines"} - {package}
    assert not {module for module, _ in imports(path) if top(module) in others}


@pytest.mark.parametrize(("package", "path"), every("paceline"))
def test_the_core_names_no_backend_and_no_heavy_package(package, path):
    refused = {*SOURCES, "pandas", "matplotlib", "numba", "hypothesis"} - {"paceline"}
    assert not {module for module, _ in imports(path) if top(module) in refused}


@pytest.mark.parametrize(("package", "path"), every("paceline_harness", "paceline_pipelines"))
def test_what_builds_on_paceline_uses_its_public_names(package, path):
    for module, name in imports(path):
        if top(module) == "paceline":
            assert module in PUBLIC, f"{module} is not public; accepted are {', '.join(PUBLIC)}"
            assert name is None or name in PUBLIC[module], f"{name} is no public name of {module}"
        assert top(module) not in BACKENDS, f"{module} is a backend: it is reached through paceline"


@pytest.mark.parametrize(("package", "path"), every("paceline_pipelines"))
def test_pipelines_need_no_harness(package, path):
    assert not {module for module, _ in imports(path) if top(module) == "paceline_harness"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import numba.core as c", {("numba.core", None)}),
        ("def f():\n    from paceline_rust import x, y", {("paceline_rust", "x"), ("paceline_rust", "y")}),
        ("from . import a", set()),
        ('"""import numba"""', set()),
    ],
)
def test_imports_are_found_wherever_they_are(tmp_path, text, expected):
    path = tmp_path / "a.py"
    path.write_text(text, "utf-8")
    assert imports(path) == expected


def test_imports_of_cython_are_found(tmp_path):
    path = tmp_path / "a.pyx"
    path.write_text("cimport numpy as np\nfrom libc.math cimport sin\n    import os\n# import numba\n", "utf-8")
    assert imports(path) == {("numpy", None), ("libc.math", None), ("os", None)}
