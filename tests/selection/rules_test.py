"""Which rule decides, for every pair of rules; and backends that may not serve, by whichever rule."""

from __future__ import annotations

import inspect
import logging
from contextlib import ExitStack
from itertools import combinations

import numpy as np
import pytest

import paceline
from paceline.selection import choices, refusals, rules, selector
from selection.fakes import RAISES, WRONG_ON_GOLDEN, flat, measured

STEREO = np.array([[1, 3], [5, 7]], np.int16)
RULES = ("call", "using", "environment", "profile", "shipped", "order")
SERVES = dict(zip(RULES, ("one", "two", "three", "four", "rust", "cython"), strict=True))
"""Whom each rule asks for where it applies."""


def test_these_are_the_rules():
    assert choices.Rule.__args__ == RULES


@pytest.fixture
def applied(installed, shipped, profiled, monkeypatch):
    """Let rules apply: ``applied("using", "profile")`` returns the backend that the call names, or None."""
    installed(*SERVES.values())
    with ExitStack() as blocks:

        def apply(*names):
            if "environment" in names:
                monkeypatch.setenv("PACELINE_BACKEND", SERVES["environment"])
            if "profile" in names:
                profiled(to_mono=measured("to_mono", flat(four=1.0, rust=8.0, python=9.0)))
            if "shipped" in names:
                shipped(to_mono=flat(rust=1.0, cython=5.0, python=9.0))
            if "using" in names:
                blocks.enter_context(paceline.using(SERVES["using"]))
            return SERVES["call"] if "call" in names else None

        yield apply


@pytest.mark.parametrize(
    "names", [(name,) for name in RULES] + list(combinations(RULES, 2)) + [RULES[i:] for i in range(4)], ids="+".join
)
class TestPrecedence:
    def test_the_first_that_applies_decides(self, applied, names):
        backend = applied(*names)
        why = paceline.explain("to_mono", backend=backend)
        assert (why.rule, why.backend) == (names[0], SERVES[names[0]])

    def test_what_is_explained_is_what_runs(self, applied, names):
        backend = applied(*names)
        assert selector("to_mono").pick(2, backend).backend == SERVES[names[0]]
        assert selector("to_mono").pick(2, backend).backend == SERVES[names[0]]  # also the second time
        assert paceline.bind("to_mono", backend=backend).backend == SERVES[names[0]]
        assert paceline.audio.to_mono(STEREO, backend=backend).tolist() == [2, 6]

    def test_whichever_is_asked_first(self, applied, names):
        assert selector("to_mono").pick(2).backend == "cython"
        backend = applied(*names)
        rules.reread()  # what explain, bind and using do
        assert selector("to_mono").kept(backend).at(2).backend == SERVES[names[0]]
        assert selector("to_mono").pick(2, backend).backend == SERVES[names[0]]


class TestTables:
    def test_every_size_has_its_own(self, installed, shipped):
        installed("one", "two", "three")
        shipped(
            to_mono={
                "one": [(1, 1.0), (1_000_000, 1e6)],
                "two": [(1, 10.0), (1_000_000, 1e4)],
                "three": [(1, 1000.0), (1_000_000, 1000.0)],
            }
        )
        why = paceline.explain("to_mono", 0)
        assert [name for _, name in why.ranges] == ["one", "two", "three"]
        for (begin, name), end in zip(why.ranges, [*(n for n, _ in why.ranges[1:]), 10**9], strict=True):
            assert selector("to_mono").pick(begin).backend == name
            assert selector("to_mono").pick(end - 1).backend == name

    def test_the_profile_counts_for_its_operations_only(self, installed, shipped, profiled):
        installed("one", "two")
        shipped(to_mono=flat(one=1.0, two=2.0, python=3.0), interleave=flat(one=1.0, two=2.0, python=3.0))
        profiled(to_mono=measured("to_mono", flat(one=2.0, two=1.0, python=3.0)))
        assert paceline.explain("to_mono").backend == "two"
        assert paceline.explain("interleave").backend == "one"
        assert paceline.explain("interleave").rule == "shipped"

    def test_a_backend_that_was_not_measured_is_left_out(self, installed, profiled):
        installed("cython", "two")
        profiled(to_mono=measured("to_mono", flat(two=1.0, python=3.0)))
        why = paceline.explain("to_mono")
        assert (why.backend, list(why.times_ns)) == ("two", ["two", "python"])
        assert why.left_out == {"cython": "it was not measured with the others"}

    def test_of_backends_that_are_all_gone_the_fixed_order_decides(self, installed, shipped):
        installed("rust", "cython")
        shipped(to_mono=flat(gone=1.0))
        assert (paceline.explain("to_mono").rule, paceline.explain("to_mono").backend) == ("order", "cython")


class TestUnfit:
    """A backend whose golden cases come out wrong, whatever asks for it."""

    @pytest.fixture(params=[WRONG_ON_GOLDEN, RAISES], ids=["wrong", "raises"])
    def unfit(self, request, installed, backend, shipped):
        installed(backend("cython", {"to_mono": request.param}), "rust")
        if request.param == RAISES:
            return "raises OSError in golden case 0: no such instruction"
        return "gives 3 in golden case 0 at index 0 of the flattened output; the contract has 2"

    def test_is_not_chosen_by_the_order(self, unfit, caplog):
        with caplog.at_level(logging.INFO, "paceline"):
            assert paceline.audio.to_mono(STEREO).tolist() == [2, 6]
            assert paceline.audio.to_mono(STEREO).tolist() == [2, 6]
        assert paceline.explain("to_mono").backend == "rust"
        (record,) = caplog.records
        assert record.getMessage() == f"The backend 'cython' will not serve to_mono: it {unfit}."
        assert record.levelno == logging.WARNING

    def test_is_not_chosen_by_the_shipped_table(self, unfit, shipped):
        shipped(to_mono=flat(cython=1.0, rust=2.0, python=3.0))
        why = paceline.explain("to_mono")
        assert (why.backend, why.rule, why.left_out["cython"]) == ("rust", "shipped", f"it {unfit}")

    def test_still_serves_what_is_right(self, unfit):
        assert paceline.explain("to_mono").backend == "rust"
        assert paceline.explain("interleave").backend == "cython"

    def test_status_says_so(self, unfit):
        selector("to_mono").pick(2)
        assert paceline.status()["cython"].refused == {"to_mono": unfit}
        assert f"  not for to_mono: it {unfit}" in str(paceline.status()).splitlines()
        assert paceline.status()["rust"].refused == {}

    def test_naming_it_raises_from_then_on(self, unfit):
        selector("to_mono").pick(2)
        with pytest.raises(paceline.BackendUnavailable) as error:
            paceline.audio.to_mono(STEREO, backend="cython")
        assert str(error.value) == (
            f"The backend 'cython' will not serve to_mono, because it {unfit}; paceline.calibrate() tries it anew."
        )
        with paceline.using("cython"), pytest.raises(paceline.BackendUnavailable, match="will not serve to_mono"):
            paceline.audio.to_mono(STEREO)
        with paceline.using("cython,rust"):
            assert paceline.explain("to_mono").backend == "rust"

    def test_naming_it_raises_even_if_it_was_named_before(self, unfit):
        assert selector("to_mono").pick(2, "cython").backend == "cython"
        assert selector("to_mono").pick(2).backend == "rust"
        with pytest.raises(paceline.BackendUnavailable, match="will not serve to_mono"):
            selector("to_mono").pick(2, "cython")

    def test_a_mended_one_is_proved_anew(self, unfit, installed):
        selector("to_mono").pick(2)
        installed("cython", "rust")  # a new process
        assert selector("to_mono").pick(2).backend == "cython"

    def test_another_kernel_in_the_place_of_a_proved_one_is_proved_anew(self, installed, backend):
        installed("cython", "rust")
        assert selector("to_mono").pick(2).backend == "cython"
        installed(backend("cython", {"to_mono": WRONG_ON_GOLDEN}), "rust")
        assert selector("to_mono").pick(2).backend == "rust"


class TestVariants:
    def test_one_that_is_wrong_is_refused_apart_from_its_backend(self, installed, backend, shipped):
        installed(backend("rust", variants={"fast": {"to_mono": WRONG_ON_GOLDEN}, "plain": {}}))
        shipped(to_mono={**flat(rust=2.0, python=3.0), "rust:fast": [(1, 1.0)], "rust:plain": [(1, 0.5)]})
        why = paceline.explain("to_mono")
        assert why.backend == "rust"
        assert why.left_out["rust:fast"].startswith("it gives 3 in golden case 0")
        assert "rust:plain" not in why.left_out
        assert list(paceline.status()["rust"].refused) == ["to_mono (rust:fast)"]
        assert selector("to_mono").pick(2, "rust").backend == "rust"
        with pytest.raises(paceline.BackendUnavailable, match="'rust:fast' will not serve to_mono"):
            selector("to_mono").pick(2, "rust:fast")

    def test_the_fastest_serves(self, installed, backend, shipped):
        installed(backend("rust", variants={"fast": {"to_mono": "return reference.to_mono(x, out)"}}))
        shipped(to_mono={**flat(rust=2.0, python=3.0), "rust:fast": [(1, 1.0)]})
        assert selector("to_mono").pick(2).backend == "rust:fast"
        assert selector("interleave").pick(2).backend == "rust"


class TestProfilesRefusals:
    def test_hold_for_the_first_call_that_names_it(self, installed, profiled):
        installed("one")
        profiled(to_mono=measured("to_mono", flat(python=3.0), refused={"one": "gives 7 on its workload"}))
        with pytest.raises(paceline.BackendUnavailable, match="because it gives 7 on its workload"):
            paceline.audio.to_mono(STEREO, backend="one")

    def test_are_in_the_first_status(self, installed, profiled):
        installed("one")
        profiled(to_mono=measured("to_mono", flat(python=3.0), refused={"one": "gives 7 on its workload"}))
        assert paceline.status()["one"].refused == {"to_mono": "gives 7 on its workload"}

    def test_are_over_when_the_backend_is_another(self, installed, backend, profiled):
        installed("one")
        profiled(to_mono=measured("to_mono", flat(python=3.0), refused={"one": "gives 7 on its workload"}))
        installed(backend("one", version="1.1"))
        assert paceline.audio.to_mono(STEREO, backend="one").tolist() == [2, 6]
        assert refusals.known() == {}


class TestRefusals:
    def test_are_logged_once_and_lifted_by_name(self, caplog):
        with caplog.at_level(logging.INFO, "paceline"):
            refusals.refuse("to_mono", "one", "is wrong")
            refusals.refuse("to_mono", "one", "is wrong again")
        assert [record.getMessage() for record in caplog.records] == [
            "The backend 'one' will not serve to_mono: it is wrong."
        ]
        assert refusals.reason("to_mono", "one") == "is wrong"
        assert refusals.reason("interleave", "one") is None
        refusals.lift("to_mono", "two")
        assert refusals.known() == {("to_mono", "one"): "is wrong"}
        refusals.lift("to_mono", "one")
        assert refusals.known() == {}


def test_a_call_that_has_begun_while_all_is_forgotten_remembers_nothing(installed, monkeypatch):
    installed("one")
    chooser = selector("to_mono")
    load = rules.load_kernel

    def slow(operation, name):
        kernel = load(operation, name)
        refusals.refuse(operation, name, "is wrong")  # by another thread, meanwhile
        rules.forget()
        refusals.lift(operation, name)
        return kernel

    monkeypatch.setattr(rules, "load_kernel", slow)
    assert chooser.pick(2, "one").backend == "one"
    monkeypatch.setattr(rules, "load_kernel", load)
    refusals.refuse("to_mono", "one", "is wrong")
    with pytest.raises(paceline.BackendUnavailable, match="because it is wrong"):
        chooser.pick(2, "one")


def test_a_kernel_given_for_one_operation_serves_no_other():
    def kernel(*_):
        return -1

    given = rules.proof.Given("to_mono", kernel)
    assert selector("to_mono").pick(2, given) is kernel
    assert inspect.getmodule(selector("interleave").pick(2, given)).__name__ == "paceline_python.formats"
