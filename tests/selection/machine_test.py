"""What identifies a machine, a backend and the contract."""

from __future__ import annotations

import os
import platform
from dataclasses import replace

import pytest

from paceline.backends import discover
from paceline.selection import machine


class TestMachine:
    def test_everything_has_a_value(self):
        found = machine.machine()
        assert all(isinstance(value, str) for value in found.values())
        assert found["architecture"] == platform.machine().lower()
        assert found["python"].startswith(f"CPython {platform.python_version().rpartition('.')[0]}")
        assert {"processor", "numpy", "scipy", "blas", "caches", "usable cores", "threads"} <= set(found)

    def test_the_host_is_no_part_of_it(self):
        assert platform.node() not in machine.machine().values()

    def test_settings_of_threads_are(self, monkeypatch):
        for name in machine.THREADS:
            monkeypatch.delenv(name, raising=False)
        assert machine.machine.__wrapped__()["threads"] == "not set"
        monkeypatch.setenv("OMP_NUM_THREADS", "1")
        assert machine.machine.__wrapped__()["threads"] == "OMP_NUM_THREADS=1"

    @pytest.mark.parametrize(
        ("quota", "cores"),
        [
            ("max 100000", 8),
            ("200000 100000", 2),
            ("250000 100000", 2),
            ("50000 100000", 1),
            (None, 8),
            ("", 8),
            ("x y", 8),
        ],
    )
    def test_usable_cores(self, monkeypatch, quota, cores):
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
        monkeypatch.setattr(machine, "_read", lambda path: quota if path.endswith("cpu.max") else None)
        assert machine._usable_cores() == cores

    def test_where_the_system_tells_nothing(self, monkeypatch):
        monkeypatch.setattr(machine, "_read", lambda _: None)
        found = machine.machine.__wrapped__()
        assert (found["processor features"], found["caches"]) == ("", "?")
        assert found["processor"]

    def test_differences_are_told(self):
        assert machine.differences({"a": "1", "b": "2"}, {"a": "1", "b": "3", "c": "4"}) == [
            "b was 2 and is 3",
            "c was ? and is 4",
        ]
        assert machine.differences({"a": "1"}, {"a": "1"}) == []
        assert machine.differences({"a": "1"}, {}) == ["a was 1 and is ?"]


class TestFingerprint:
    @pytest.fixture
    def fingerprint(self, installed, backend):
        """Return the fingerprint of a backend that is written with these arguments."""

        def of(*arguments, **more):
            installed(backend("one", *arguments, **more))
            return machine.fingerprint(discover()["one"])

        return of

    def test_is_the_same_for_the_same_code(self, fingerprint):
        assert fingerprint() == fingerprint()

    def test_is_another_for_other_code(self, fingerprint):
        assert fingerprint() != fingerprint({"to_mono": "return reference.to_mono(x, out) + 0"})

    def test_has_the_version_and_those_of_what_it_requires(self, fingerprint):
        assert fingerprint(version="1.5").startswith("1.5, ")
        assert f", numpy {machine.machine()['numpy']}, " in fingerprint(requires=("numpy",))
        assert ", surely_not_installed ?, " in fingerprint(requires=("surely_not_installed",))

    def test_compiled_code_counts_and_what_python_caches_does_not(self, fingerprint, tmp_path):
        before = fingerprint()
        folder = tmp_path / "site" / "fake_one"
        (folder / "__pycache__").mkdir(exist_ok=True)
        (folder / "__pycache__" / "formats.pyc").write_bytes(b"x")
        (folder / "notes.txt").write_bytes(b"x")
        assert fingerprint() == before
        (folder / "_native.so").write_bytes(b"x")
        first = fingerprint()
        (folder / "_native.so").write_bytes(b"y")
        assert len({before, first, fingerprint()}) == 3

    def test_what_cannot_be_read_raises_nothing(self, fingerprint, tmp_path):
        before = fingerprint()
        folder = tmp_path / "site" / "fake_one"
        (folder / "lock.py").symlink_to("nobody@nowhere")
        (folder / "folder.py").mkdir()
        assert fingerprint() != before

    @pytest.mark.parametrize("package", ["no_such_package", "no_such_package.inside", "fake_one.formats.inside"])
    def test_a_package_that_is_not_there(self, fingerprint, package):
        fingerprint()
        assert machine.fingerprint(replace(discover()["one"], package=package)).startswith("1.0, ")


def test_the_contract_is_its_code():
    assert len(machine.contract()) == 16
    assert machine.contract() == machine.contract.__wrapped__()


def test_a_key_depends_on_all_that_it_is_made_of():
    parts = (1, "to_mono", "c", [("a", "b")], [("one", "1.0")])
    keys = {machine.key_of(*parts)} | {
        machine.key_of(*parts[:place], other, *parts[place + 1 :])
        for place, other in enumerate((2, "resample", "d", [("a", "c")], [("one", "1.1")]))
    }
    assert len(keys) == 6
    assert all(len(key) == 64 for key in keys)
