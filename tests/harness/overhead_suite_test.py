"""The overhead suite: its rows, that each candidate goes through the layers that its name says, and how often."""

import ctypes
from dataclasses import replace

import numpy as np
import pytest

import paceline
from paceline.selection import selector
from paceline_harness.baselines import compiled
from paceline_harness.baselines import empty as plain
from paceline_harness.gate import admit
from paceline_harness.report import documents
from paceline_harness.suites import SuiteOptions, chosen
from paceline_harness.suites.overhead import empty, layers, shared
from paceline_harness.suites.overhead.shared import CALLS, PYTHON_CALL, in_a_row

EMPTY = (
    "Empty call, no argument",
    "Empty call, one float",
    "Empty call, one array of 64 float64",
    "Empty call, one array of 1,000,000 float64",
)
LAYERS = (
    "to_mono through every layer (n = 64)",
    "convert_format through every layer (n = 64)",
    "interpolate_linear through every layer (n = 1)",
    "slerp_quaternion through every layer (n = 1)",
)
BUILT = ("python", "cython", "rust")
"""Numba's kernels take seconds to compile; its empty calls are asked for by themselves."""


def rows(*backends, **options):
    return {row.title: row for row in chosen(["overhead"], SuiteOptions(backends=backends or BUILT, **options))}


def admitted(row):
    generator = np.random.default_rng(0)
    inputs = row.inputs(row.sizes[0], generator)
    return admit(row.candidates, inputs, row.reference, row.equal, keep_outputs=row.keep_outputs, rng=generator)


# -- the rows


def test_the_rows_are_there_where_they_are_asked_for():
    assert tuple(rows()) == EMPTY + LAYERS
    usual = {row.title for row in chosen([], SuiteOptions(backends=("python",)))}
    assert not usual & set(EMPTY + LAYERS)
    assert [row.title for row in chosen(["small_call"], SuiteOptions(backends=("python",)))] == list(LAYERS)


@pytest.mark.parametrize("title", EMPTY + LAYERS)
def test_every_candidate_of_every_row_is_equal_or_says_why_not(title):
    row = rows()[title]
    found = admitted(row)
    assert row.baseline in found.calls
    for candidate in found.candidates:
        assert candidate.status in ("timed", "unavailable"), (candidate.name, candidate.reason)
        assert candidate.status == "timed" or candidate.reason


@pytest.mark.parametrize("title", EMPTY)
def test_numbas_calls_are_equal_with_and_without_its_dispatcher(title):
    if paceline.status()["numba"].state != "ready":
        pytest.skip("numba is not installed")
    states = {each.name: each.status for each in admitted(rows("numba")[title]).candidates}
    assert states["numba"] == states[empty.ENTRY] == "timed"


def test_the_published_target_of_no_copies_is_judged_by_the_largest_array():
    targets = [target for each in documents.documents() for table in each.targets for target in table.rows]
    (found,) = [target for target in targets if target.suite == "overhead"]
    row = rows("python")[found.title]
    assert (row.name, row.sizes) == ("empty_call", (1_000_000,))
    assert row.count_items() == CALLS


def test_sizes_replace_those_of_arrays():
    titles = rows("python", sizes=(5, 7))
    assert [title for title in titles if "array" in title] == [f"Empty call, one array of {n} float64" for n in (5, 7)]
    assert "to_mono through every layer (n = 7)" in titles
    assert LAYERS[3] in titles


def test_every_row_has_bars_on_its_own_candidates():
    for title, row in rows().items():
        if title in EMPTY:
            assert [bar.of for bar in row.bars] == list(BUILT)
        else:
            selection, *public = row.bars
            assert (selection.of, selection.less) == (layers.SELECTED, row.baseline)
            assert [bar.of for bar in public] == [layers.PUBLIC, layers.KEEPING][: 1 + row.keep_outputs]
            assert {bar.unit for bar in row.bars} == {PYTHON_CALL}


def test_whoever_was_chosen_is_the_baseline_also_where_another_was_asked_for():
    row = rows("python")[LAYERS[0]]
    assert row.baseline == f"bound {paceline.explain('to_mono', n=64).backend}"
    names = [each.name for each in row.candidates]
    assert len(names) == len(set(names))
    assert {"python", "bound python", row.baseline} <= set(names)


# -- calls in a row


def test_a_call_is_made_as_often_as_it_says():
    seen = []
    last = in_a_row("f(x)", "x", f=lambda x: seen.append(x) or len(seen))
    assert last("a") == len(seen) == CALLS
    assert set(seen) == {"a"}
    kept = in_a_row("f(x)", "x, out=None", returns="out", f=seen.append)
    assert kept("b", out="c") == "c"
    assert seen.count("b") == CALLS


def test_every_row_of_calls_has_code_of_its_own():
    one, other = (in_a_row("f()", "", f=plain.nothing) for _ in range(2))
    assert one.__code__ is not other.__code__


# -- the layers


@pytest.mark.parametrize("title", LAYERS)
def test_each_candidate_goes_through_the_layers_that_its_name_says(title, monkeypatch):
    row = rows()[title]
    calls = admitted(row).calls
    small = next(each for each in layers.SMALL if title.startswith(each.operation))
    choosing = selector(small.operation, small.kind)
    choosing.pick(row.sizes[0])
    asked = []
    real = choosing.pick

    def pick(n, backend=None):
        asked.append((n, backend))
        return real(n, backend)

    def picks(name):
        asked.clear()
        calls[name]()
        return set(asked) if len(asked) == CALLS else asked

    monkeypatch.setattr(choosing, "pick", pick)
    n = row.sizes[0]
    assert picks(row.baseline) == []
    assert picks(PYTHON_CALL) == []
    assert picks(layers.SELECTED) == {(n, None)}
    assert picks(layers.PUBLIC) == {(n, None)}
    assert layers.KEEPING not in calls or picks(layers.KEEPING) == {(n, None)}
    assert picks("python") == {(n, "python")}


# -- empty calls without paceline


def library():
    try:
        return plain.library()
    except compiled.NoCompilerError as error:
        pytest.skip(f"The extension cannot be compiled: {error}.")


@pytest.mark.parametrize(
    ("name", "wrong"), [("number", "1"), ("array", np.zeros((2, 2))), ("array", np.zeros(2, "f4"))]
)
def test_calls_of_c_check_what_they_are_given(name, wrong):
    found = getattr(library(), name)
    with pytest.raises(TypeError):
        found(wrong)
    assert library().number(-1.0) == -1.0
    assert library().array(np.zeros(0)) == 0


def test_ctypes_checks_its_array():
    library()
    given = plain.by_ctypes("array")
    assert given(np.zeros(3), 3) == 3
    with pytest.raises(ctypes.ArgumentError, match="float64"):
        given(np.zeros(3, "f4"), 3)


def test_without_a_compiler_both_say_so(monkeypatch):
    monkeypatch.setattr(compiled.shutil, "which", lambda _: None)
    plain.library.cache_clear()
    try:
        for title in EMPTY:
            found = {each.name: each.unavailable for each in rows()[title].candidates}
            assert found[empty.CTYPES] == found[empty.EXTENSION] == "no C compiler found"
    finally:
        plain.library.cache_clear()


def test_a_backend_without_empty_calls_says_so(monkeypatch):
    real = paceline.status

    def status():
        found = real()
        found["python"] = replace(found["python"], package="paceline_harness")
        return found

    monkeypatch.setattr(paceline, "status", status)
    (python, *_) = rows("python")[EMPTY[0]].candidates
    assert python.unavailable == "The backend 'python' has no empty calls."


def test_an_equal_value_of_another_type_is_not_equal():
    assert empty.SAME.errors(1.0, 1.0) == {"value or type": 0.0}
    assert empty.SAME.errors(1.0, 1) == {"value or type": float("inf")}
    assert empty.SAME.errors(None, 0) == {"value or type": float("inf")}


def test_the_unit_takes_no_argument():
    assert shared.in_a_row("f()", "x", f=plain.nothing)("ignored") is None
