"""The gate: every candidate is called once, its first call timed, its output compared; only equal ones are timed."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from paceline import BackendUnavailable
from paceline_harness.buffers import arrays, empty_like
from paceline_harness.candidate import Candidate
from paceline_harness.clock import Call, Clock, perf_counter
from paceline_harness.equality import Equality, default_equality, verdict_of
from paceline_harness.record import CandidateInfo, Correctness

TERMINAL_CODE = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


@dataclass(frozen=True)
class Admitted:
    """What passed the gate: the calls to be timed by name, what is known of every candidate, the kept outputs."""

    calls: dict[str, Call]
    candidates: list[CandidateInfo]
    kept: Any


def input_hash(inputs: Sequence[Any]) -> str:
    """Return the sha256 of all inputs: of arrays their dtype, shape and bytes, of other values their repr."""
    digest = hashlib.sha256()
    for array in arrays(inputs):
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    for value in inputs:
        if not arrays([value]):
            digest.update(repr(value).encode())
    return digest.hexdigest()


def admit(
    candidates: Sequence[Candidate],
    inputs: tuple[Any, ...],
    reference: Candidate,
    equality: Equality | None,
    *,
    keep_outputs: bool,
    rng: np.random.Generator,
    clock: Clock = perf_counter,
) -> Admitted:
    """Call every candidate once and admit those whose output equals the reference's.

    A candidate that is not there, fails, changes the shared inputs or differs is kept out, and says why. Outputs are
    kept in one shared set of arrays when `keep_outputs` is set.

    Raises
    ------
    Exception
        Whatever the reference raises: without it nothing can be compared.
    """
    gate = _Gate(inputs, equality, clock)
    gate.expect(reference)
    if keep_outputs:
        gate.kept = empty_like(gate.expected, rng)
    calls: dict[str, Call] = {}
    infos = []
    for candidate in candidates:
        call, info = gate.try_one(candidate)
        infos.append(info)
        if call is not None:
            calls[candidate.name] = call
    return Admitted(calls, infos, gate.kept)


class _Gate:
    """The state that one pass shares: inputs with their pristine copies, the expected output, the kept outputs."""

    def __init__(self, inputs: tuple[Any, ...], equality: Equality | None, clock: Clock) -> None:
        self.inputs, self.equality, self.clock = inputs, equality, clock
        self.pristine = [array.copy() for array in arrays(inputs)]
        self.hash = input_hash(inputs)
        self.kept: Any = None
        self.expected: Any = None
        self.reference = ""
        self.first: dict[str, tuple[Any, int]] = {}

    def expect(self, reference: Candidate) -> None:
        call = self.bind(reference)
        start = self.clock()
        output = call()
        elapsed = self.clock() - start
        self.first[reference.name] = output, elapsed
        # A copy, since a later candidate may be handed the arrays that this output lies in.
        self.expected = _copy(self.observed(reference, output))
        self.reference = reference.name
        self.equality = self.equality or default_equality(self.expected)

    def bind(self, candidate: Candidate) -> Call:
        assert candidate.call is not None
        arguments = candidate.prepare(*self.inputs) if candidate.prepare else self.inputs
        if self.kept is not None and candidate.takes_out:
            return partial(candidate.call, *arguments, out=self.kept)
        return partial(candidate.call, *arguments)

    def observed(self, candidate: Candidate, output: Any) -> Any:
        return candidate.observe(output, *self.inputs) if candidate.observe else output

    def try_one(self, candidate: Candidate) -> tuple[Call | None, CandidateInfo]:
        about = partial(CandidateInfo, candidate.name, candidate.group, candidate.label, version=candidate.version)
        if candidate.call is None or candidate.unavailable:
            return None, about("unavailable", candidate.unavailable)
        try:
            call = self.bind(candidate)
            output, elapsed = self.first_call(candidate, call)
            output = self.observed(candidate, output)
        except BackendUnavailable as error:
            return None, about("unavailable", str(error))
        except Exception as error:  # foreign code: whatever it raises is its cell's content, and others go on
            self.restore()
            return None, about("failed", in_one_line(error))
        if input_hash(self.inputs) != self.hash:
            self.restore()
            return None, about("failed", "it changes its inputs, which all candidates share", first_call_ns=elapsed)
        correct = self.compare(candidate, output)
        reason = verdict_of(correct.errors, correct.units, correct.tolerance)
        if reason:
            return None, about("not equal", reason, first_call_ns=elapsed, correct=correct)
        return call, about("timed", first_call_ns=elapsed, correct=correct)

    def first_call(self, candidate: Candidate, call: Call) -> tuple[Any, int]:
        if self.kept is None and candidate.name in self.first:
            return self.first[candidate.name]
        for array in arrays([self.kept]):  # so that a candidate cannot pass with the output of the one before it
            array.fill(np.nan if array.dtype.kind in "fc" else np.iinfo(array.dtype).min)
        start = self.clock()
        output = call()
        elapsed = self.clock() - start
        if self.kept is not None and candidate.takes_out and output is None:
            output = self.kept
        if candidate.name in self.first:
            elapsed = self.first[candidate.name][1]
        return output, elapsed

    def compare(self, candidate: Candidate, output: Any) -> Correctness:
        assert self.equality is not None
        tolerance = self.equality.tolerance if candidate.tolerance is None else candidate.tolerance
        errors = self.equality.errors(self.expected, output)
        return Correctness(errors, self.equality.units, tolerance, candidate.tolerance_reason, self.reference)

    def restore(self) -> None:
        for array, copy in zip(arrays(self.inputs), self.pristine, strict=True):
            np.copyto(array, copy)


def in_one_line(error: Exception) -> str:
    """Return an error's type and the first two lines of its message, without a terminal's colour codes."""
    lines = [line.strip() for line in TERMINAL_CODE.sub("", str(error)).splitlines() if line.strip()]
    return ": ".join([type(error).__name__, " ".join(lines[:2])])


def _copy(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.copy()
    return tuple(_copy(item) for item in value) if isinstance(value, tuple) else value
