"""Every layout and type that is accepted, for every argument of every function: the same bits as from plain arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import paceline
from conformance.routes import PREPARED, backends_with

RNG = np.random.default_rng(11)
M, N = 9, 21
STAMPS = np.cumsum(RNG.integers(5, 90, M))
AT = RNG.integers(-50, int(STAMPS[-1]) + 50, N)
STARTS = RNG.integers(0, 900, N)
POSITIONS = RNG.integers(-60, 60, (M, 3)).astype(np.float64)
QUATS = RNG.integers(1, 60, (M, 4)) * RNG.choice([-1.0, 1.0], (M, 4))
PAIRS_P = RNG.integers(-60, 60, (2, N, 3)).astype(np.float64)
PAIRS_Q = RNG.integers(1, 60, (2, N, 4)) * RNG.choice([-1.0, 1.0], (2, N, 4))
"""Whole numbers that every type below holds exactly."""


@dataclass(frozen=True)
class Call:
    """A public function with plain arguments; its result is a tuple of arrays."""

    name: str
    needs: tuple[str, ...]
    arguments: dict[str, Any]
    out: tuple[tuple[int, ...], ...]

    def __call__(self, backend: str, out: tuple[Any, ...] | None = None, **changed: Any) -> tuple[Any, ...]:
        arguments = {**self.arguments, **changed}
        if self.name == "Trajectory":
            at = arguments.pop("times")
            return paceline.Trajectory(**arguments, backend=backend).at(at, out=out)
        if out is not None:
            arguments["out"] = out if len(out) > 1 else out[0]
        result = getattr(paceline, self.name)(**arguments, backend=backend)
        return result if isinstance(result, tuple) else (result,)


def call(name, needs, out, **arguments):
    return Call(name, needs, arguments, out)


PAIR_TIMES = {"t": STARTS + RNG.integers(-9, 40, N), "t0": STARTS, "t1": STARTS + 30}
CALLS = {
    "slerps": call(
        "slerp_quaternions_batch", ("slerp_quaternions_batch",), ((N, 4),), q0=PAIRS_Q[0], q1=PAIRS_Q[1], **PAIR_TIMES
    ),
    "positions": call(
        "interpolate_positions_batch", ("interpolate_positions_batch",), ((N, 3),), p0=PAIRS_P[0], p1=PAIRS_P[1],
        **PAIR_TIMES,
    ),
    "batch": call(
        "interpolate_trajectory_batch", ("interpolate_trajectory_batch",), ((N, 3), (N, 4)), traj_timestamps=STAMPS,
        traj_positions=POSITIONS, traj_quats=QUATS, video_timestamps=AT,
    ),
    "channels": call("interpolate_linear", ("interpolate_linear",), ((N, 3),), stamps=STAMPS, values=POSITIONS, at=AT),
    "channel": call(
        "interpolate_linear", ("interpolate_linear",), ((N,),), stamps=STAMPS, values=POSITIONS[:, 0].copy(), at=AT
    ),
    "trajectory": call(
        "Trajectory", PREPARED, ((N, 3), (N, 4)), stamps=STAMPS, positions=POSITIONS, quaternions=QUATS, times=AT
    ),
}  # fmt: skip


def read_only(array):
    array = array.copy()
    array.flags.writeable = False
    return array


def unaligned(array):
    memory = np.zeros(array.nbytes + 1, np.uint8)
    view = memory[1:].view(array.dtype).reshape(array.shape)
    view[...] = array
    assert not view.flags.aligned
    return view


def in_steps(array):
    """Return a view of every second row and, with columns, of every third column."""
    wide = np.zeros(tuple(n * k for n, k in zip(array.shape, (2, 3), strict=False)), array.dtype)
    view = wide[::2] if array.ndim == 1 else wide[::2, ::3]
    view[...] = array
    return view


def backwards(array):
    return array[::-1].copy()[::-1]


def one_row_for_all(array):
    return np.broadcast_to(array[:1], array.shape)


ANY = {
    "read-only": read_only,
    "steps": in_steps,
    "backwards": backwards,
    "fortran": np.asfortranarray,
    "unaligned": unaligned,
    "big-endian": lambda a: a.astype(a.dtype.newbyteorder(">")),
    "list": lambda a: a.tolist(),
    "tuple": lambda a: tuple(a.tolist()),
    "int32": lambda a: a.astype(np.int32),
    "int16": lambda a: a.astype(np.int16),
    "read-only int32 steps": lambda a: read_only(in_steps(a.astype(np.int32))),
    "subclass": lambda a: a.view(type("Subclass", (np.ndarray,), {})),
}
FOR_STAMPS = {
    "datetime64": lambda a: a.view("datetime64[ns]"),
    "datetime64 steps": lambda a: in_steps(a.view("datetime64[ns]")),
    "datetime64 big-endian": lambda a: a.astype(">i8").view(">M8[ns]"),
    "datetime64 unaligned": lambda a: unaligned(a.view("datetime64[ns]")),
    "datetime64 list": lambda a: list(a.view("datetime64[ns]")),
    "uint32": lambda a: a.astype(np.uint32),
}
FOR_FLOATS = {
    "float32": lambda a: a.astype(np.float32),
    "float32 fortran": lambda a: np.asfortranarray(a.astype(np.float32)),
    "float16": lambda a: a.astype(np.float16),
    "int64": lambda a: a.astype(np.int64),
    "int8": lambda a: a.astype(np.int8),
    "big-endian float32 backwards": lambda a: backwards(a.astype(">f4")),
}


def forms_of(array):
    forms = {**ANY, **(FOR_STAMPS if array.dtype == np.int64 else FOR_FLOATS)}
    if array.dtype == np.int64 and array.min() < 0:
        del forms["uint32"]  # holds no time before the epoch
    return forms


CASES = [
    pytest.param(which, argument, backend, id=f"{name}-{argument}-{backend}")
    for name, which in CALLS.items()
    for argument in which.arguments
    for backend in backends_with(*which.needs)
]
EVERY = [
    pytest.param(which, backend, id=f"{name}-{backend}")
    for name, which in CALLS.items()
    for backend in backends_with(*which.needs)
]


def assert_same_bits(actual, expected):
    for ours, theirs in zip(actual, expected, strict=True):
        assert type(ours) is np.ndarray
        assert ours.dtype == np.float64
        assert ours.flags.c_contiguous
        assert ours.shape == theirs.shape
        assert ours.tobytes() == theirs.tobytes()


@pytest.mark.parametrize(("which", "argument", "backend"), CASES)
def test_one_argument_in_every_form(which, argument, backend):
    expected = which(backend)
    plain = which.arguments[argument]
    for name, form in forms_of(plain).items():
        given = form(plain)
        before = np.array(given, copy=True)
        assert_same_bits(which(backend, **{argument: given}), expected)
        assert (np.asarray(given) == before).all(), name


@pytest.mark.parametrize(("which", "backend"), EVERY)
@pytest.mark.parametrize("form", ANY)
def test_all_arguments_in_one_form(which, backend, form):
    changed = {name: ANY[form](plain) for name, plain in which.arguments.items()}
    assert_same_bits(which(backend, **changed), which(backend))


@pytest.mark.parametrize(("which", "backend"), EVERY)
def test_a_broadcast_array(which, backend):
    for name, plain in which.arguments.items():
        if plain.dtype == np.int64:
            continue
        expected = which(backend, **{name: one_row_for_all(plain).copy()})
        assert_same_bits(which(backend, **{name: one_row_for_all(plain)}), expected)


@pytest.mark.parametrize(("which", "backend"), EVERY)
def test_out_is_filled_and_returned(which, backend):
    out = tuple(np.full(shape, np.nan) for shape in which.out)
    result = which(backend, out=out)
    assert all(given is returned for given, returned in zip(out, result, strict=True))
    assert_same_bits(out, which(backend))


@pytest.mark.parametrize(("which", "backend"), EVERY)
def test_out_may_overlap_every_input(which, backend):
    """Each input lies in the same memory as out, a few numbers further on, before or at the same place."""
    expected = which(backend)
    for name, plain in which.arguments.items():
        if which.name == "Trajectory" and name != "times":
            continue  # it has copied them
        for target in range(len(which.out)):
            for ahead in (0, 1, 5, -1, -5):
                size = int(np.prod(which.out[target]))
                memory = np.zeros(10 + max(size, plain.size))
                overlapping = memory[5 + ahead :][: plain.size].view(plain.dtype).reshape(plain.shape)
                overlapping[...] = plain
                out = [np.full(shape, np.nan) for shape in which.out]
                out[target] = memory[5:][:size].reshape(which.out[target])
                result = which(backend, out=tuple(out), **{name: overlapping})
                assert_same_bits(result, expected)
                assert result[target] is out[target]


@pytest.mark.parametrize(("which", "backend"), EVERY)
def test_results_do_not_share_memory_with_inputs(which, backend):
    result = which(backend)
    for array in result:
        assert array.flags.writeable
        assert not any(np.shares_memory(array, plain) for plain in which.arguments.values())


@pytest.mark.parametrize(("which", "backend"), EVERY)
@pytest.mark.parametrize("empty", [list, lambda: np.empty(0, np.int64), lambda: np.empty(0, "datetime64[ns]")])
def test_empty_in_empty_out(which, backend, empty):
    if "t0" in which.arguments:
        changed = {
            name: empty() if plain.dtype == np.int64 else np.empty((0, plain.shape[1]))
            for name, plain in which.arguments.items()
        }
    else:
        changed = {next(name for name in ("video_timestamps", "at", "times") if name in which.arguments): empty()}
    for bounds in ({}, {"bounds": "error"}, {"bounds": "extrapolate"}):
        options = bounds if which.name != "Trajectory" else {}
        assert [array.shape for array in which(backend, **changed, **options)] == [(0, *s[1:]) for s in which.out]


@pytest.mark.parametrize(
    ("which", "backend"),
    [
        pytest.param(CALLS[name], backend, id=f"{name}-{backend}")
        for name in ("batch", "channels", "channel")
        for backend in backends_with(*CALLS[name].needs)
    ],
)
def test_no_knots_and_no_queries(which, backend):
    none = {name: plain[:0] for name, plain in which.arguments.items()}
    assert [array.shape for array in which(backend, **none)] == [(0, *shape[1:]) for shape in which.out]


@pytest.mark.parametrize(("which", "backend"), EVERY)
@pytest.mark.parametrize("n", [1, 100, 2_000])
def test_large_results_are_arrays_like_any_other(which, backend, n):
    """Where a fresh result starts on a cache line, it still is a plain array of its shape."""
    changed = {name: np.resize(plain, (n * N, *plain.shape[1:])) for name, plain in which.arguments.items()}
    if "t0" not in changed:
        at = next(name for name in ("video_timestamps", "at", "times") if name in changed)
        changed = {at: changed[at]}
    result = which(backend, **changed)
    expected = tuple(np.resize(array, (n * N, *array.shape[1:])) for array in which(backend))
    for ours, theirs in zip(result, expected, strict=True):
        assert ours.shape == theirs.shape
        assert ours.flags.c_contiguous
        assert ours.flags.aligned
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-13)
