import functools
import hashlib
from pathlib import Path

import numpy as np
import pytest

import paceline
from paceline.backends import Backend, discover
from paceline_harness.fingerprint import file_sha256
from paceline_harness.suites import SuiteOptions, chosen


def mine(x):
    return x


def test_a_function_is_known_by_its_file():
    own = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()
    assert file_sha256(mine) == own
    assert file_sha256(functools.partial(functools.partial(mine), 1)) == own
    assert file_sha256(functools.lru_cache(mine)) == own


def test_what_has_no_file_has_no_hash():
    assert file_sha256(None) is None
    assert file_sha256(len) is None
    assert file_sha256(mine, package="no_such_package") is None


def test_a_built_in_of_a_module_is_known_by_the_module():
    assert file_sha256(np.interp) is not None
    assert file_sha256(np.add) is not None


@pytest.mark.parametrize("name", ["python", "numba"])
def test_a_backend_is_known_by_its_whole_package(name):
    backend = discover()[name]
    assert isinstance(backend, Backend)
    assert len(file_sha256(paceline.interpolate_linear, backend.package)) == 64
    assert file_sha256(None, backend.package) != file_sha256(paceline.interpolate_linear)


def test_the_suites_backends_differ_in_their_code():
    rows = chosen(["interpolate_linear"], SuiteOptions())
    hashes = [file_sha256(each.call, each.package) for each in rows[0].candidates if each.group == "backend"]
    assert None not in hashes
    assert len(set(hashes)) == len(hashes) > 1
