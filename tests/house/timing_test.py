"""Which calls are timed, where their arrays lie, and what is made of the samples."""

from __future__ import annotations

import numpy as np
import pytest

from paceline.selection import timing
from paceline.selection.timing import PLACES, Call, Place, Prepared, low, sampled


class Scripted:
    """Stands for a call: its batches take what a list says, the last of it from then on."""

    def __init__(self, *ns):
        self.ns, self.numbers = list(ns), []

    def batch(self, calls, number=0):
        self.numbers.append(number)
        return calls * (self.ns.pop(0) if len(self.ns) > 1 else self.ns[0])


def test_low_is_the_mean_over_places_of_a_low_quantile_at_each():
    assert low([10, 20, 30, 40, 90, 90, 90, 90]) == 25
    assert low([90, 90, 90, 90, 10, 20, 30, 40]) == 25
    assert low([0] * 8) == 1


def test_few_samples_are_not_told_apart_by_place():
    assert low([500, 20]) == 20
    assert low([7]) == 7


def test_the_hopeless_are_timed_in_few_rounds():
    found = sampled({"fast": Scripted(1000), "near": Scripted(1900), "far": Scripted(2100)}, 0.0, (8, 8))
    assert {name: len(samples) for name, samples in found.items()} == {"fast": 8, "near": 8, "far": timing.FEW}


def test_one_that_was_interrupted_at_first_is_not_hopeless():
    found = sampled({"fast": Scripted(1000), "unlucky": Scripted(9000, 9000, 9000, 1100)}, 0.0, (8, 8))
    assert len(found["unlucky"]) == 8


def test_rounds_use_the_places_in_turn():
    call = Scripted(100)
    sampled({"only": call}, 0.0, (5, 5))
    assert call.numbers[-5:] == [0, 1, 2, 3, 4]
    seen = []
    call = Call(seen.append, [Place((name,)) for name in "abc"])
    for number in range(4):
        call.batch(2, number)
    assert seen == ["a", "a", "b", "b", "c", "c", "a", "a"]


def begins(prepared, n):
    """Return, for each array of each place, where in a cache line it begins."""
    (call,) = prepared.calls(prepared.arguments(n)).values()
    arrays = zip(
        *([part for part in place.arguments if isinstance(part, np.ndarray)] for place in call.places), strict=True
    )
    return call, [[array.ctypes.data % timing.LINE for array in each] for each in arrays]


@pytest.mark.parametrize("operation", ["interleave", "trajectory_at", "resample_chunk", "detect_voice"])
def test_small_arrays_begin_at_every_multiple_of_16_in_a_line(operation):
    call, found = begins(Prepared(operation, {"python": print}, 3), 50)
    assert len(call.places) == PLACES
    for each in found:
        assert sorted(each) == [0, 16, 32, 48]
    one, *others = ([part for part in place.arguments if isinstance(part, np.ndarray)] for place in call.places)
    for arguments in others:
        for array, copy in zip(one, arguments, strict=True):
            assert (array.shape, array.dtype, array.flags.writeable) == (copy.shape, copy.dtype, copy.flags.writeable)
            assert copy.flags.c_contiguous
            assert copy.flags.aligned


def test_inputs_are_the_same_at_every_place():
    (call,) = (
        Prepared("interleave", {"python": print}, 3).calls((np.arange(20, dtype=np.int16).reshape(2, 10),)).values()
    )
    assert {place.arguments[0].tobytes() for place in call.places} == {np.arange(20, dtype=np.int16).tobytes()}


def test_large_arrays_stay_where_they_are():
    x = np.zeros((2, timing.LARGE), np.float32)
    (call,) = Prepared("interleave", {"python": print}, 3).calls((x,)).values()
    assert len({id(place.arguments[0]) for place in call.places}) == 1


def test_each_place_has_a_state_of_its_own():
    prepared = Prepared("detect_voice", {"python": print}, 3)
    (call,) = prepared.calls(prepared.arguments(1000)).values()
    assert len({id(place.state) for place in call.places}) == PLACES
    for place in call.places:
        assert any(place.state is part for part in place.arguments)
        assert place.beginning.tolist() == place.state.tolist()
