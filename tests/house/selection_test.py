"""Which backend serves, and what is said where one cannot."""

from __future__ import annotations

import dataclasses
import sys
from types import ModuleType

import numpy as np
import pytest

import paceline
from house.editable import install
from house.fresh import run
from paceline import backends, selection
from paceline.backends import OFFICIAL, Backend, BackendStatus
from paceline.operations import CONTRACT, OPERATIONS
from paceline.selection import eligible, overrides, proof, refusals, rules, warming


@pytest.fixture
def installed(monkeypatch):
    """Install backends for one test: ``installed(rust=..., mine=...)`` with a Backend or a BackendStatus each."""

    def install_only(**named):
        found = dict(sorted(named.items()))
        monkeypatch.setattr(backends, "discover", lambda: found)
        monkeypatch.setattr(eligible, "discover", lambda: found)
        monkeypatch.setattr(proof, "golden_problem", lambda *_: None)  # what they return is no result
        monkeypatch.setattr(warming, "discover", lambda: found)
        monkeypatch.setattr(overrides, "discover", lambda: found)
        rules.forget(tables=True)

    yield install_only
    monkeypatch.undo()
    refusals.forget()
    rules.forget(tables=True)


@pytest.fixture
def a_backend(monkeypatch):
    """Make a Backend whose kernels return its name; keywords are kernels or marks that it has instead."""

    def make(name, *, contract=CONTRACT, requires=(), jit=False, lacks=(), **kernels):
        package, room = ModuleType(f"fake_{name}"), ModuleType(f"fake_{name}.interpolation")
        package.__path__ = []
        for operation in OPERATIONS:
            if operation not in lacks:
                setattr(room, operation, kernels.get(operation, lambda *_: name))
        monkeypatch.setitem(sys.modules, package.__name__, package)
        monkeypatch.setitem(sys.modules, room.__name__, room)
        return Backend(name, package.__name__, "1.0", contract, tuple(requires), jit)

    return make


def serves(operation="interpolate_linear", backend=None):
    return selection.selector(operation).choose(1_000, backend).backend


class TestOrder:
    def test_is_the_documented_one(self):
        assert selection.STATIC_ORDER == ("cython", "rust", "numba", "python")
        assert set(selection.STATIC_ORDER) == set(OFFICIAL)

    @pytest.mark.parametrize("gone", range(4))
    def test_the_first_present_serves(self, installed, a_backend, gone):
        present = selection.STATIC_ORDER[gone:]
        installed(**{name: a_backend(name) for name in present})
        assert serves() == present[0]
        assert selection.select("interpolate_linear")() == present[0]

    def test_an_operation_that_is_lacking_is_the_next_ones(self, installed, a_backend):
        installed(
            rust=a_backend("rust", interpolate_linear=paceline.not_implemented("why")),
            cython=a_backend("cython", lacks=["interpolate_linear"]),
            numba=a_backend("numba"),
        )
        assert serves("interpolate_linear") == "numba"
        assert serves("slerp_quaternion") == "cython"

    def test_a_third_partys_backend_serves_only_when_named(self, installed, a_backend):
        installed(aaa=a_backend("aaa"), python=a_backend("python"))
        assert serves() == "python"
        assert serves(backend="aaa") == "aaa"

    def test_a_broken_one_is_passed_over(self, installed, a_backend):
        installed(rust=BackendStatus("rust", "broken", reason="ImportError: no symbol"), python=a_backend("python"))
        assert serves() == "python"

    def test_one_whose_requirement_is_missing_is_passed_over(self, installed, a_backend):
        installed(numba=a_backend("numba", requires=["surely_not_installed"]), python=a_backend("python"))
        assert serves() == "python"

    def test_a_stale_one_is_an_error(self, installed, a_backend):
        installed(rust=a_backend("rust", contract=CONTRACT + 1), python=a_backend("python"))
        with pytest.raises(
            paceline.StaleBackend, match="'rust' is stale: it implements contract 2 and this paceline has"
        ):
            serves()

    def test_none_at_all_is_an_error(self, installed):
        installed()
        with pytest.raises(
            paceline.BackendUnavailable, match="No backend that is installed implements interpolate_linear"
        ):
            serves()


class TestNamed:
    def test_unknown(self):
        with pytest.raises(
            paceline.BackendUnavailable, match=r"^No backend is named 'fortran'; those ready here are .*\.$"
        ):
            paceline.interpolate_linear([0], [1.0], [0], backend="fortran")

    def test_absent(self, installed, a_backend):
        installed(python=a_backend("python"))
        with pytest.raises(paceline.BackendUnavailable) as error:
            serves(backend="rust")
        assert str(error.value) == (
            "The backend 'rust' is absent: it is not installed: pip install 'paceline[rust]'; "
            "those ready here are python."
        )

    def test_missing_requirement(self, installed, a_backend):
        installed(numba=a_backend("numba", requires=["surely_not_installed"]), python=a_backend("python"))
        with pytest.raises(
            paceline.BackendUnavailable, match=r"surely_not_installed is not installed: pip install 'pac"
        ):
            serves(backend="numba")

    def test_missing_requirement_of_a_third_party(self, installed, a_backend):
        installed(mine=a_backend("mine", requires=["surely_not_installed"]), python=a_backend("python"))
        with pytest.raises(paceline.BackendUnavailable, match="pip install surely_not_installed"):
            serves(backend="mine")

    def test_stale(self, installed, a_backend):
        installed(mine=a_backend("mine", contract=CONTRACT - 1), python=a_backend("python"))
        assert serves() == "python"
        with pytest.raises(paceline.StaleBackend, match=r"'mine' is stale: .* install versions of the two that belong"):
            serves(backend="mine")

    def test_lacking(self, installed, a_backend):
        installed(mine=a_backend("mine", interpolate_linear=paceline.not_implemented("it is a loop")))
        with pytest.raises(
            paceline.BackendUnavailable, match=r"'mine' does not implement interpolate_linear: it is a loop\."
        ):
            serves(backend="mine")

    @pytest.mark.parametrize("wrong", [3, ["rust"], True, b"rust"])
    def test_not_a_name(self, wrong):
        with pytest.raises(
            TypeError, match=f"backend is a {type(wrong).__name__}; accepted is a backend's name or None"
        ):
            paceline.interpolate_linear([0], [1.0], [0], backend=wrong)

    def test_broken_while_its_kernels_are_imported(self, installed, tmp_path, monkeypatch):
        (tmp_path / "fake_torn").mkdir()
        (tmp_path / "fake_torn" / "__init__.py").write_text("")
        (tmp_path / "fake_torn" / "interpolation.py").write_text("raise ImportError('undefined symbol: f')")
        monkeypatch.syspath_prepend(tmp_path)
        for jit in (False, True):
            installed(torn=Backend("torn", "fake_torn", "1", CONTRACT, jit=jit))
            with pytest.raises(paceline.BackendUnavailable, match=r"'torn' is broken: .*undefined symbol: f"):
                serves(backend="torn")


class TestBind:
    def test_gives_the_raw_kernel(self):
        out = np.empty((2, 1))
        kernel = paceline.bind("interpolate_linear", n=2, backend="python")
        assert kernel(np.array([0, 10]), np.array([[0.0], [1.0]]), np.array([5, 20]), False, out) == -1
        assert out.tolist() == [[0.5], [1.0]]

    def test_without_a_name_it_is_what_the_function_uses(self):
        assert paceline.bind("interpolate_linear") is selection.select("interpolate_linear")

    def test_unknown_operation(self):
        with pytest.raises(
            ValueError, match="operation is 'slerp'; accepted are slerp_quaternion, slerp_quaternions_batch,"
        ):
            paceline.bind("slerp")

    def test_negative_size(self):
        with pytest.raises(ValueError, match="n is -1; accepted is a size of 0 or more, or None"):
            paceline.bind("slerp_quaternion", n=-1)

    def test_unavailable(self):
        with pytest.raises(paceline.BackendUnavailable, match="No backend is named 'fortran'"):
            paceline.bind("slerp_quaternion", backend="fortran")


class TestStatus:
    def test_lists_the_official_ones_first_then_the_others(self):
        states = paceline.status()
        assert list(states)[:4] == list(OFFICIAL)
        assert states["loops"].state == "ready"
        assert states["loops"].version == "0.3.0"
        assert states["python"].state == "ready"

    def test_prints_a_table(self, installed, a_backend):
        installed(
            python=a_backend("python"),
            numba=a_backend("numba", requires=["surely_not_installed"]),
            mine=a_backend("mine", contract=99),
            torn=BackendStatus("torn", "broken", reason="ImportError: no symbol"),
        )
        assert str(paceline.status()).splitlines() == [
            "backend     state   version   level or reason",
            "rust        absent  -         it is not installed: pip install 'paceline[rust]'",
            "cython      absent  -         it is not installed: pip install 'paceline[cython]'",
            "numba       absent  1.0       surely_not_installed is not installed: pip install 'paceline[numba]'",
            "python      ready   1.0",
            f"mine        stale   1.0       it implements contract 99 and this paceline has contract {CONTRACT}: "
            "install versions of the two that belong together",
            "torn        broken  -         ImportError: no symbol",
        ]

    def test_a_jit_backend_is_not_imported(self, installed):
        installed(late=Backend("late", "no_such_package", "1", CONTRACT, jit=True))
        assert paceline.status()["late"].state == "ready"

    def test_a_level_is_reported(self, installed, a_backend):
        fast = a_backend("rust")
        installed(rust=Backend(fast.name, fast.package, "1.0", CONTRACT, level=lambda: "avx2"))
        assert paceline.status()["rust"].level == "avx2"
        assert "rust        ready   1.0       avx2" in str(paceline.status())


def project(folder, name, init, **modules):
    """Write an installable package with an entry point, and return what sys.path needs."""
    package = folder / name / "src" / f"paceline_{name}"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(init)
    for module, text in modules.items():
        (package / f"{module}.py").write_text(text)
    (folder / name / "pyproject.toml").write_text(
        f'[project]\nname = "paceline-{name}"\nversion = "1.0"\n'
        f'[project.entry-points."paceline.backends"]\n{name} = "paceline_{name}:backend"\n'
    )
    return install(folder / name, folder / "site")


class TestEntryPoints:
    """Real metadata in a process of its own."""

    GOOD = "from paceline import Backend\nbackend = Backend('good', 'paceline_good', '1.0', %d)"

    def test_are_found_and_used(self, tmp_path):
        kernel = "def interpolate_linear(stamps, values, at, extrapolate, out):\n    out[...] = 42.0\n    return -1"
        path = project(tmp_path, "good", self.GOOD % CONTRACT, interpolation=kernel)
        code = """
import paceline
print(paceline.interpolate_linear([0, 1], [1.0, 2.0], [0, 0], backend="good"))
print(paceline.status()["good"].state)
try:
    paceline.bind("slerp_quaternion", backend="good")
except paceline.BackendUnavailable as error:
    print(error)
"""
        assert run(code, *path).splitlines() == [
            "[42. 42.]",
            "ready",
            "The backend 'good' does not implement slerp_quaternion: its interpolation module does not have it.",
        ]

    def test_one_without_the_room(self, tmp_path):
        path = project(tmp_path, "good", self.GOOD % CONTRACT)
        code = """
import paceline
print(paceline.status()["good"].state)
try:
    paceline.bind("slerp_quaternion", backend="good")
except paceline.BackendUnavailable as error:
    print(error)
"""
        assert run(code, *path).splitlines() == [
            "ready",
            "The backend 'good' does not implement slerp_quaternion: it has no interpolation module.",
        ]

    @pytest.mark.parametrize(
        ("init", "state", "reason"),
        [
            ("raise OSError('libfoo.so: cannot open')", "broken", "OSError: libfoo.so: cannot open"),
            ("import surely_not_installed", "broken", "ModuleNotFoundError: No module named 'surely_not_installed'"),
            ("backend = 3", "broken", "its entry point names a int, not a paceline.backends.Backend"),
            ("", "broken", "AttributeError: module 'paceline_good' has no attribute 'backend'"),
            (GOOD % (CONTRACT + 1), "stale", f"it implements contract {CONTRACT + 1} and this paceline has contract"),
        ],
    )
    def test_that_cannot_serve_have_a_reason(self, tmp_path, init, state, reason):
        path = project(tmp_path, "good", init)
        code = """
import paceline
status = paceline.status()["good"]
print(status.state, status.reason)
print(paceline.interpolate_linear([0, 1], [1.0, 2.0], [0], backend="python"))
try:
    paceline.bind("slerp_quaternion", backend="good")
except paceline.BackendUnavailable as error:
    print(type(error).__name__, error)
"""
        lines = run(code, *path).splitlines()
        assert lines[0].startswith(f"{state} {reason}")
        assert lines[1] == "[1.]"
        assert lines[2].startswith("StaleBackend" if state == "stale" else "BackendUnavailable")
        assert reason in lines[2]


class TestVariants:
    @pytest.fixture
    def with_variant(self, installed, a_backend, monkeypatch):
        base = a_backend("mine", lacks=("trajectory_gap",))
        other = ModuleType("fake_mine.other")
        other.interpolate_linear = lambda *_: "other"
        monkeypatch.setitem(sys.modules, other.__name__, other)
        installed(mine=dataclasses.replace(base, variants=("other",)))

    def test_its_own_kernel_serves(self, with_variant):
        assert selection.select("interpolate_linear", "mine:other")() == "other"
        assert serves(backend="mine:other") == "mine:other"

    def test_the_backends_serves_where_it_has_none(self, with_variant):
        assert selection.select("slerp_quaternion", "mine:other")() == "mine"
        assert selection.select("interpolate_linear", "mine")() == "mine"

    def test_what_neither_has(self, with_variant):
        with pytest.raises(paceline.BackendUnavailable, match="does not implement trajectory_gap"):
            selection.select("trajectory_gap", "mine:other")

    def test_unknown(self, with_variant):
        with pytest.raises(paceline.BackendUnavailable, match="no variant 'another'; its variants: other"):
            selection.select("interpolate_linear", "mine:another")
