"""What is compared of an answer: each value that means something, and none that does not."""

from __future__ import annotations

import numpy as np
import pytest

from paceline.operations import OPERATIONS
from paceline.selection import proof
from paceline.selection.shadow import comparison, watching
from paceline.selection.signatures import SIGNATURES


class TestSignatures:
    def test_are_of_all_operations_but_those_that_run_a_users_code(self):
        assert set(SIGNATURES) == set(OPERATIONS) - {"run_pipeline"}

    @pytest.mark.parametrize("operation", SIGNATURES)
    def test_say_which_arguments_change(self, operation):
        signature, given_to_it = SIGNATURES[operation], _kernel_arguments(operation)
        arrays = {i for i, each in enumerate(given_to_it) if isinstance(each, np.ndarray)}
        assert {*signature.changed, *signature.own} <= arrays
        assert signature.place is None or signature.place in signature.state
        for i in signature.changed:
            if given_to_it[i].dtype.kind == "f" and i in signature.outputs:
                given_to_it[i].fill(np.nan)
        before = {i: given_to_it[i].copy() for i in arrays}
        watching.reference_kernel(operation)(*given_to_it)
        after = {i for i in arrays if before[i].tobytes() != given_to_it[i].tobytes()}
        assert after == {*signature.changed}

    @pytest.mark.parametrize("operation", [name for name, each in SIGNATURES.items() if each.own])
    def test_what_is_its_own_is_no_array_of_the_callers(self, operation):
        given_to_it = _kernel_arguments(operation)
        public = OPERATIONS[operation].workload(_SIZE, np.random.default_rng(0))
        for i in SIGNATURES[operation].own:
            assert not any(np.shares_memory(given_to_it[i], each) for each in public if isinstance(each, np.ndarray))


_SIZE = 20_000


def _kernel_arguments(operation):
    given_to_it = proof.kernel_arguments(operation, OPERATIONS[operation].workload(_SIZE, np.random.default_rng(0)))
    assert given_to_it is not None
    return given_to_it


class TestComparison:
    """The reference's own answer with one value changed is another answer."""

    @pytest.fixture
    def answers(self):
        def make(operation, **changed):
            given_to_it = list(_kernel_arguments(operation))
            for i, value in changed.items():
                given_to_it[int(i[1:])] = value
            both = [watching.answer(operation, watching.reference_kernel(operation), tuple(given_to_it)) for _ in "ab"]
            assert comparison.mismatch(operation, tuple(given_to_it), *both) is None
            return tuple(given_to_it), *both

        return make

    @pytest.mark.parametrize(
        ("operation", "i"),
        [(name, i) for name, each in SIGNATURES.items() for i in each.outputs if each.outputs[i] != "flags"],
    )
    @pytest.mark.parametrize("where", [0, 12_345, -1])
    def test_finds_a_wrong_value_anywhere_in_an_output(self, answers, operation, i, where):
        given_to_it, ours, reference = answers(operation)
        flat = ours.arrays[i].reshape(-1)
        at = where % flat.size
        flat[at] = flat[at] + 1 if flat.dtype.kind in "iu" else flat[at] * 1.01 + 0.1
        found = comparison.mismatch(operation, given_to_it, ours, reference)
        assert found.part == SIGNATURES[operation].outputs[i]
        assert (found.index, found.ours, found.reference) == (at, flat[at], reference.arrays[i].reshape(-1)[at])

    @pytest.mark.parametrize("operation", [name for name in SIGNATURES if name != "slerp_quaternion"])
    def test_finds_another_index(self, answers, operation):
        given_to_it, ours, reference = answers(operation)
        found = comparison.mismatch(operation, given_to_it, comparison.Answer(3, ours.arrays), reference)
        assert str(found) == "returns 3 as the first offending index, and the reference -1"
        assert comparison.mismatch(operation, given_to_it, ours, comparison.Answer(3, ours.arrays)) is not None

    def test_finds_another_rotation(self, answers):
        given_to_it, ours, reference = answers("slerp_quaternion")
        x, *rest = ours.returned
        assert comparison.mismatch(
            "slerp_quaternion", given_to_it, comparison.Answer((x + 1e-14, *rest), {}), reference
        )
        for wrong in (None, -1, list(ours.returned), ours.returned[:3], (np.float64(x), *rest)):
            found = comparison.mismatch("slerp_quaternion", given_to_it, comparison.Answer(wrong, {}), reference)
            assert found.index is None

    @pytest.mark.parametrize("i", [0, 1, 2])
    def test_finds_another_place_in_a_stream(self, answers, i):
        given_to_it, ours, reference = answers("resample_chunk", _1=False)
        ours.arrays[6][i] += 1
        assert comparison.mismatch("resample_chunk", given_to_it, ours, reference).part == "state"

    def test_finds_another_history_where_it_counts(self, answers):
        given_to_it, ours, reference = answers("resample_chunk", _1=False)
        held = int(reference.arrays[6][2])
        ours.arrays[5][0, held] += 1
        assert comparison.mismatch("resample_chunk", given_to_it, ours, reference) is None
        ours.arrays[5][0, held - 1] += 1
        assert comparison.mismatch("resample_chunk", given_to_it, ours, reference).part == "history"

    def test_finds_a_level_that_is_told_later_only(self, answers):
        """In a stream of single frames no call tells the level that it has measured."""
        given_to_it, ours, reference = answers("detect_voice", _1=False)
        seen, memory = int(reference.arrays[7][0]), int(given_to_it[2][5])
        for slot in ((seen - 1) % memory, 2 * memory + (seen - 1) % (len(reference.arrays[6]) - 2 * memory)):
            ours.arrays[6][slot] += 0.1
            assert comparison.mismatch("detect_voice", given_to_it, ours, reference).part == "history"
            ours.arrays[6][slot] -= 0.1

    @pytest.mark.parametrize("i", [0, 5])
    def test_finds_another_number_of_frames(self, answers, i):
        given_to_it, ours, reference = answers("detect_voice", _1=False)
        ours.arrays[7][i] += 1
        assert comparison.mismatch("detect_voice", given_to_it, ours, reference).part == "state"

    @pytest.mark.parametrize("operation", ["resample_chunk", "detect_voice"])
    def test_finds_what_changed_in_spite_of_a_bad_sample(self, answers, operation):
        x = _kernel_arguments(operation)[0].copy()
        x[7] = np.nan
        given_to_it, ours, reference = answers(operation, _0=x)
        assert reference.returned == 7
        for i in SIGNATURES[operation].outputs:
            ours.arrays[i][:] = 1  # which are unspecified
        assert comparison.mismatch(operation, given_to_it, ours, reference) is None
        for i, part in SIGNATURES[operation].state.items():
            ours.arrays[i].reshape(-1)[0] += 1
            assert comparison.mismatch(operation, given_to_it, ours, reference).part == part
            ours.arrays[i].reshape(-1)[0] -= 1
