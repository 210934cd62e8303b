"""The gate: every candidate is called once, its first call timed, its output compared; only equal ones are timed."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from paceline import BackendUnavailable
from paceline_harness.buffers import arrays, empty_like, is_arrays
from paceline_harness.candidate import Candidate
from paceline_harness.clock import Call, Clock, perf_counter
from paceline_harness.equality import Equality, default_equality, verdict_of
from paceline_harness.fingerprint import file_sha256
from paceline_harness.record import CandidateInfo, Correctness, FirstCall

STALE_BYTE = 0xA5
TERMINAL_CODE = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


@dataclass(frozen=True)
class Admitted:
    """What passed the gate: the calls to be timed by name, what is known of every candidate, the kept outputs.

    `resets` has, where calls are timed one by one, what is done before each call of a name.
    """

    calls: dict[str, Call]
    candidates: list[CandidateInfo]
    kept: Any
    resets: dict[str, Call] = field(default_factory=dict)


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
    in_place: bool = False,
    clock: Clock = perf_counter,
) -> Admitted:
    """Call every candidate once and admit those whose output equals the reference's.

    A candidate that is not there, fails, changes the shared inputs or differs is kept out, and says why. With
    `keep_outputs` those that take `out` are given one shared set of arrays, where the reference's output is made of
    arrays. With `in_place` candidates are meant to change their inputs, which are then restored before every call; one
    that returns None has its inputs as its output.

    Raises
    ------
    Exception
        Whatever the reference raises: without it nothing can be compared.
    """
    gate = _Gate(inputs, equality, clock, in_place)
    gate.expect(reference)
    if keep_outputs and any(candidate.takes_out for candidate in candidates) and is_arrays(gate.expected):
        gate.kept = empty_like(gate.expected, rng)
    calls: dict[str, Call] = {}
    infos = []
    for candidate in candidates:
        call, info = gate.try_one(candidate)
        infos.append(info)
        if call is not None:
            calls[candidate.name] = call
    return Admitted(calls, infos, gate.kept, {name: gate.resets[name] for name in calls if name in gate.resets})


class _Gate:
    """The state that one pass shares: inputs with their pristine copies, the expected output, the kept outputs."""

    def __init__(self, inputs: tuple[Any, ...], equality: Equality | None, clock: Clock, in_place: bool) -> None:
        self.inputs, self.equality, self.clock, self.in_place = inputs, equality, clock, in_place
        self.pristine = [array.copy() for array in arrays(inputs)]
        self.hash = input_hash(inputs)
        self.kept: Any = None
        self.expected: Any = None
        self.reference = ""
        self.first: dict[str, tuple[Any, int]] = {}
        self.resets: dict[str, Call] = {}

    def expect(self, reference: Candidate) -> None:
        if reference.needs_out:
            raise TypeError(
                f"The reference {reference.name!r} needs out, whose shape only its own output could tell; accepted is "
                "a reference that returns its output when it is called without out."
            )
        call = self.bind(reference)
        self.reset(reference.name)
        start = self.clock()
        output = call()
        elapsed = self.clock() - start
        # A copy, since a later candidate may be handed the arrays that this output lies in.
        self.expected = _copy(self.observed(reference, output))
        if not self.in_place and reference.reset is None:
            self.first[reference.name] = output, elapsed
        self.restore()
        self.reference = reference.name
        self.equality = self.equality or default_equality(self.expected)

    def bind(self, candidate: Candidate) -> Call:
        assert candidate.call is not None
        arguments = candidate.prepare(*self.inputs) if candidate.prepare else self.inputs
        before: list[Call] = [_Restore(arguments)] if self.in_place else []
        if candidate.reset is not None:
            before.append(partial(candidate.reset, *arguments))
        if before:
            self.resets[candidate.name] = before[0] if len(before) == 1 else partial(_all, before)
        if self.kept is not None and candidate.takes_out:
            return partial(candidate.call, *arguments, out=self.kept)
        return partial(candidate.call, *arguments)

    def reset(self, name: str) -> None:
        if name in self.resets:
            self.resets[name]()

    def observed(self, candidate: Candidate, output: Any) -> Any:
        if self.in_place and output is None:
            changed = arrays(self.inputs)
            output = changed[0] if len(changed) == 1 else tuple(changed)
        return candidate.observe(output, *self.inputs) if candidate.observe else output

    def try_one(self, candidate: Candidate) -> tuple[Call | None, CandidateInfo]:
        about = partial(
            CandidateInfo,
            candidate.name,
            candidate.group,
            candidate.label,
            version=candidate.version,
            file_sha256=file_sha256(candidate.call, candidate.package) if candidate.call else None,
        )
        if candidate.call is None or candidate.unavailable:
            return None, about("unavailable", candidate.unavailable)
        try:
            init = candidate.start() if candidate.start else None
            call = self.bind(candidate)
            output, elapsed = self.first_call(candidate, call)
            correct = None if candidate.other_work else self.compare(candidate, self.observed(candidate, output))
            first = self.split(candidate, call, elapsed, init)
            about = partial(about, first_call=first, other_work=candidate.other_work)
        except BackendUnavailable as error:
            return None, about("unavailable", str(error))
        except Exception as error:  # foreign code: whatever it raises is its cell's content, and others go on
            self.restore()
            return None, about("failed", in_one_line(error))
        if not self.in_place and input_hash(self.inputs) != self.hash:
            self.restore()
            return None, about("failed", "it changes its inputs, which all candidates share", first_call_ns=elapsed)
        self.restore()
        about = partial(about, first_call_ns=elapsed, correct=correct)
        reason = verdict_of(correct.errors, correct.units, correct.tolerance) if correct is not None else ""
        if reason:
            return None, about("not equal", reason)
        if candidate.examine is None:
            return call, about("timed")
        try:
            quality, other_work = candidate.examine()
        except Exception as error:  # foreign code, as above
            return None, about("failed", in_one_line(error))
        return call, about("timed", quality=quality, other_work=other_work)

    def split(self, candidate: Candidate, call: Call, elapsed: int, init: int | None) -> FirstCall | None:
        """Return the parts of the first call of a candidate that is compiled on it: a second call is the run alone."""
        if candidate.start is None:
            return None
        self.reset(candidate.name)
        start = self.clock()
        call()
        run = self.clock() - start
        return FirstCall(init, candidate.bound_ns + max(0, elapsed - run), run)

    def first_call(self, candidate: Candidate, call: Call) -> tuple[Any, int]:
        given = self.kept is not None and candidate.takes_out
        if not given and candidate.name in self.first:
            return self.first[candidate.name]
        for array in arrays([self.kept]):  # so that a candidate cannot pass with the output of the one before it
            if array.dtype.kind in "fc":
                array.fill(np.nan)
            else:
                array.reshape(-1).view(np.uint8).fill(STALE_BYTE)
        self.reset(candidate.name)
        start = self.clock()
        output = call()
        elapsed = self.clock() - start
        if given and output is None:
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


class _Restore:
    """Brings the arrays among a call's arguments back to what they held."""

    def __init__(self, arguments: tuple[Any, ...]) -> None:
        self.held = [(array, array.copy()) for array in arrays(arguments)]

    def __call__(self) -> None:
        for array, copy in self.held:
            np.copyto(array, copy)


def _all(before: Sequence[Call]) -> None:
    for each in before:
        each()


def in_one_line(error: Exception) -> str:
    """Return an error's type and the first two lines of its message, without a terminal's colour codes."""
    lines = [line.strip() for line in TERMINAL_CODE.sub("", str(error)).splitlines() if line.strip()]
    return ": ".join([type(error).__name__, " ".join(lines[:2])])


def _copy(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.copy()
    return tuple(_copy(item) for item in value) if isinstance(value, tuple) else value
