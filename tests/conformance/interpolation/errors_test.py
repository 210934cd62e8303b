"""Every error: of the documented type, naming the argument, the index and what is accepted, in one text everywhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

import paceline
from conformance.routes import PREPARED, backends_with

T = 1_700_000_000_123_456_789
STAMPS = np.array([T, T + 10, T + 20, T + 30])
POSITIONS = np.arange(12.0).reshape(4, 3)
QUATS = np.array([(0.0, 0, 0, 1), (0, 0, 1, 1), (0, 1, 1, 1), (1, 1, 1, 1)])
AT = np.array([T + 15, T + 5])
FAR = 2**62
NAN, INF = np.nan, np.inf

GOOD: dict[str, dict[str, Any]] = {
    "slerp_quaternion": {"t": T + 5, "t0": T, "q0": (0.0, 0.0, 0.0, 1.0), "t1": T + 10, "q1": (0.0, 0.0, 1.0, 1.0)},
    "slerp_quaternions_batch": {
        "t": STAMPS[:3] + 5,
        "t0": STAMPS[:3],
        "q0": QUATS[:3],
        "t1": STAMPS[1:],
        "q1": QUATS[1:],
    },
    "interpolate_positions_batch": {
        "t": STAMPS[:3] + 5,
        "t0": STAMPS[:3],
        "p0": POSITIONS[:3],
        "t1": STAMPS[1:],
        "p1": POSITIONS[1:],
    },
    "interpolate_trajectory_batch": {
        "traj_timestamps": STAMPS,
        "traj_positions": POSITIONS,
        "traj_quats": QUATS,
        "video_timestamps": AT,
    },
    "interpolate_linear": {"stamps": STAMPS, "values": POSITIONS, "at": AT},
    "Trajectory": {"stamps": STAMPS, "positions": POSITIONS, "quaternions": QUATS},
}

SLERP, SLERPS, MOVES, BATCH, LINEAR, PREPARED_ONCE = GOOD


@dataclass(frozen=True)
class Case:
    """A call of ``function`` with ``wrong`` in place of good arguments."""

    function: str
    error: type[Exception]
    says: tuple[str, ...]
    """Parts of the text: the argument with its index, what it is, what is accepted."""
    wrong: dict[str, Any] = field(default_factory=dict)
    accepted: str = "accepted "


def with_row(array: Any, *rows: tuple[int, Any]) -> Any:
    changed = array.copy()
    for row, value in rows:
        changed[row] = value
    return changed


def case(function, error, *says, accepted="accepted ", **wrong):
    return Case(function, error, says, wrong, accepted)


UNORDERED, REPEATED = with_row(STAMPS, (2, T + 9)), with_row(STAMPS, (3, T + 20))
FLOATS = STAMPS.astype(float)
CASES = {
    # one pair
    "slerp t float": case(SLERP, TypeError, "t is 1.5, a float", "nanoseconds", "convert", t=1.5),
    "slerp t0 bool": case(SLERP, TypeError, "t0 is True, a bool", t0=True),
    "slerp t1 none": case(SLERP, TypeError, "t1 is None, a NoneType", t1=None),
    "slerp t of another unit": case(SLERP, TypeError, "t is np.datetime64", "datetime64[ns]", t=np.datetime64(1, "us")),
    "slerp t beyond int64": case(SLERP, ValueError, str(2**63), "fit int64", t=2**63),
    "slerp t before int64": case(SLERP, ValueError, str(-(2**63) - 1), "fit int64", t0=-(2**63) - 1),
    "slerp q0 of three": case(SLERP, ValueError, "q0 has shape (3,)", "accepted is (4,)", q0=(0.0, 0.0, 1.0)),
    "slerp q1 of five": case(SLERP, ValueError, "q1 has shape (5,)", "accepted is (4,)", q1=[0, 0, 0, 0, 1]),
    "slerp q1 tuple of five": case(SLERP, ValueError, "q1 has shape (5,)", "accepted is (4,)", q1=(0, 0, 0, 0, 1)),
    "slerp q0 none": case(SLERP, TypeError, "q0 has dtype object", q0=None),
    "slerp q0 words": case(SLERP, TypeError, "q0 has dtype <U1", q0=("x", "y", "z", "w")),
    "slerp q1 complex": case(SLERP, TypeError, "q1 has dtype complex128", q1=(0j, 0j, 0j, 1j)),
    "slerp q0 nested": case(SLERP, ValueError, "q0 has shape (1, 4)", "accepted is (4,)", q0=[[0, 0, 0, 1]]),
    "slerp q0 zero": case(SLERP, ValueError, "q0 is (0.0, 0.0, 0.0, 0.0)", q0=(0, 0, 0, 0)),
    "slerp q1 nan": case(SLERP, ValueError, "q1 is (0.0, nan, 0.0, 1.0)", q1=(0.0, NAN, 0.0, 1.0)),
    "slerp both bad": case(SLERP, ValueError, "q0 is (inf,", q0=(INF, 0.0, 0.0, 1.0), q1=(NAN,) * 4),
    "slerp order": case(SLERP, ValueError, f"t1 = {T - 1} is before t0 = {T}", "t0 <= t1", t1=T - 1),
    "slerp order first": case(SLERP, ValueError, f"t1 = {T - 1} is before t0 = {T}", t1=T - 1, q0=(0.0,) * 4),
    "slerp outside": case(SLERP, ValueError, f"t = {T + 11} is outside", "bounds='error'", t=T + 11, bounds="error"),
    "slerp bounds": case(SLERP, ValueError, "bounds is 'wrap'", "'clamp', 'error', 'extrapolate'", bounds="wrap"),
    # rows of pairs
    "slerps t float": case(SLERPS, TypeError, "t has dtype float64", "np.rint(t * 1e9)", t=FLOATS[:3]),
    "slerps t1 uint64": case(SLERPS, TypeError, "t1 has dtype uint64", "t1.astype", t1=STAMPS[1:].astype(np.uint64)),
    "slerps t0 bool": case(SLERPS, TypeError, "t0 has dtype bool", t0=np.zeros(3, bool)),
    "slerps t0 length": case(SLERPS, ValueError, "t0 has shape (2,)", "that of t, (3,)", t0=STAMPS[:2]),
    "slerps t of two dimensions": case(SLERPS, ValueError, "t has shape (1, 3)", "(n,)", t=STAMPS[None, :3]),
    "slerps t scalar": case(SLERPS, ValueError, "t has shape ()", "(n,)", t=T),
    "slerps q1 shape": case(SLERPS, ValueError, "q1 has shape (3, 3)", "accepted is (3, 4)", q1=POSITIONS[1:]),
    "slerps q0 rows": case(SLERPS, ValueError, "q0 has shape (4, 4)", "accepted is (3, 4)", q0=QUATS),
    "slerps q0 objects": case(SLERPS, TypeError, "q0 has dtype object", "q0.astype", q0=QUATS[:3].astype(object)),
    "slerps q0 ragged": case(SLERPS, ValueError, "q0 is not an array", accepted="", q0=[[0, 0, 0, 1], [0, 1]]),
    "slerps q0 masked": case(SLERPS, TypeError, "q0 is a masked array", q0=np.ma.masked_invalid(QUATS[:3])),
    "slerps q0 zero": case(
        SLERPS, ValueError, "q0[1] is (0.0, 0.0, 0.0, 0.0)", q0=with_row(QUATS[:3], (1, 0.0), (2, 0.0))
    ),
    "slerps q1 nan": case(SLERPS, ValueError, "q1[2] is (nan, nan", q1=with_row(QUATS[1:], (2, NAN))),
    "slerps first row": case(
        SLERPS, ValueError, "q1[0] is (nan", q0=with_row(QUATS[:3], (1, 0.0)), q1=with_row(QUATS[1:], (0, NAN))
    ),
    "slerps order": case(
        SLERPS, ValueError, f"t1[1] = {T + 9} is before t0[1] = {T + 10}", t1=with_row(STAMPS[1:], (1, T + 9))
    ),
    "slerps too far apart": case(
        SLERPS,
        ValueError,
        f"t0[2] = {-FAR - 1}",
        "2**63 ns",
        t0=with_row(STAMPS[:3], (2, -FAR - 1)),
        t1=with_row(STAMPS[1:], (2, FAR)),
    ),
    "slerps outside": case(
        SLERPS,
        ValueError,
        f"t[1] = {T} is outside its knots, {T + 10} to {T + 20}",
        t=with_row(STAMPS[:3], (1, T)),
        bounds="error",
    ),
    "slerps too far": case(
        SLERPS, ValueError, "t[0] = ", "2**63 ns", t=with_row(STAMPS[:3], (0, -(2**63))), bounds="extrapolate"
    ),
    "slerps bounds": case(SLERPS, ValueError, "bounds is None", "'clamp', 'error', 'extrapolate'", bounds=None),
    "slerps out list": case(SLERPS, TypeError, "out is a list", "(3, 4)", out=[]),
    "slerps out dtype": case(SLERPS, TypeError, "out has dtype float32", "float64", out=np.empty((3, 4), np.float32)),
    "slerps out foreign": case(SLERPS, TypeError, "out has dtype >f8", "native float64", out=np.empty((3, 4), ">f8")),
    "slerps out shape": case(SLERPS, ValueError, "out has shape (4, 4)", "(3, 4)", out=np.empty((4, 4))),
    "slerps out strided": case(SLERPS, ValueError, "out is read-only, strided", out=np.empty((3, 8))[:, ::2]),
    "slerps out fortran": case(SLERPS, ValueError, "out is read-only, strided", out=np.empty((3, 4), order="F")),
    # positions of pairs
    "positions p0 vector": case(MOVES, ValueError, "p0 has shape (3,)", "(3, k)", p0=np.zeros(3)),
    "positions p1 columns": case(MOVES, ValueError, "p1 has shape (3, 4)", "accepted is (3, 3)", p1=QUATS[1:]),
    "positions t1 length": case(MOVES, ValueError, "t1 has shape (4,)", "that of t, (3,)", t1=STAMPS),
    "positions order": case(
        MOVES, ValueError, f"t1[0] = {T - 1} is before t0[0] = {T}", t1=with_row(STAMPS[1:], (0, T - 1))
    ),
    "positions too far apart": case(
        MOVES,
        ValueError,
        f"t1[0] = {FAR}",
        "2**63 ns",
        t0=with_row(STAMPS[:3], (0, -FAR)),
        t1=with_row(STAMPS[1:], (0, FAR)),
    ),
    "positions outside": case(
        MOVES, ValueError, f"t[2] = {T + 31} is outside", t=with_row(STAMPS[:3], (2, T + 31)), bounds="error"
    ),
    # a trajectory
    "batch stamps float": case(
        BATCH, TypeError, "traj_timestamps has dtype float64", "stamp_to_ns", traj_timestamps=FLOATS
    ),
    "batch at float": case(BATCH, TypeError, "video_timestamps has dtype float64", video_timestamps=[0.5]),
    "batch at words": case(BATCH, TypeError, "video_timestamps has dtype <U1", video_timestamps=["a"]),
    "batch stamps in us": case(
        BATCH,
        TypeError,
        "traj_timestamps has dtype datetime64[us]",
        "astype('datetime64[ns]')",
        traj_timestamps=STAMPS.view("datetime64[us]"),
    ),
    "batch stamps timedelta": case(
        BATCH, TypeError, "traj_timestamps has dtype timedelta64[s]", traj_timestamps=STAMPS.view("timedelta64[s]")
    ),
    "batch positions shape": case(BATCH, ValueError, "traj_positions has shape (4, 4)", "(4, 3)", traj_positions=QUATS),
    "batch quats rows": case(BATCH, ValueError, "traj_quats has shape (3, 4)", "(4, 4)", traj_quats=QUATS[:3]),
    "batch order": case(
        BATCH,
        ValueError,
        f"traj_timestamps[2] = {T + 9} is not after traj_timestamps[1] = {T + 10}",
        "sort",
        traj_timestamps=UNORDERED,
    ),
    "batch repeat": case(
        BATCH,
        ValueError,
        f"traj_timestamps[3] = {T + 20} is not after traj_timestamps[2] = {T + 20}",
        "duplicates=",
        traj_timestamps=REPEATED,
    ),
    "batch order before quaternions": case(
        BATCH, ValueError, "traj_timestamps[2]", traj_timestamps=UNORDERED, traj_quats=QUATS * NAN
    ),
    "batch order before bounds": case(
        BATCH, ValueError, "traj_timestamps[2]", traj_timestamps=UNORDERED, bounds="error", video_timestamps=[T - 9]
    ),
    "batch order without queries": case(
        BATCH, ValueError, "traj_timestamps[2]", traj_timestamps=UNORDERED, video_timestamps=[]
    ),
    "batch order with kept": case(
        BATCH,
        ValueError,
        f"traj_timestamps[3] = {T + 9} is not after traj_timestamps[2] = {T + 10}",
        traj_timestamps=np.array([T, T, T + 10, T + 9]),
        duplicates="first",
    ),
    "batch order with last kept": case(
        BATCH,
        ValueError,
        f"traj_timestamps[3] = {T - 1} is not after traj_timestamps[2] = {T}",
        traj_timestamps=np.array([T, T, T, T - 1]),
        duplicates="last",
    ),
    "batch bad with kept": case(
        BATCH,
        ValueError,
        "traj_quats[3] is (0.0,",
        traj_timestamps=np.array([T, T, T + 10, T + 20]),
        duplicates="last",
        traj_quats=with_row(QUATS, (3, 0.0)),
    ),
    "batch first query": case(
        BATCH, ValueError, "traj_quats[1] is (nan", traj_quats=with_row(QUATS, (0, 0.0), (1, NAN))
    ),
    "batch lower knot": case(
        BATCH, ValueError, "traj_quats[1] is (nan", traj_quats=with_row(QUATS, (2, 0.0), (1, NAN))
    ),
    "batch span": case(BATCH, ValueError, "traj_timestamps spans from", "2**63 ns", traj_timestamps=[-FAR, 0, 1, FAR]),
    "batch no knots": case(
        BATCH,
        ValueError,
        "traj_timestamps is empty and video_timestamps has 2 times",
        "at least one knot",
        traj_timestamps=[],
        traj_positions=np.empty((0, 3)),
        traj_quats=np.empty((0, 4)),
    ),
    "batch outside": case(
        BATCH,
        ValueError,
        f"video_timestamps[1] = {T - 1} is outside the knots, {T} to {T + 30}",
        bounds="error",
        video_timestamps=[T, T - 1, T + 99],
    ),
    "batch too far": case(
        BATCH,
        ValueError,
        f"video_timestamps[0] = {-(2**63)} is 2**63 ns",
        bounds="extrapolate",
        video_timestamps=[-(2**63)],
    ),
    "batch bounds": case(BATCH, ValueError, "bounds is 'Clamp'", "'clamp', 'error', 'extrapolate'", bounds="Clamp"),
    "batch duplicates": case(BATCH, ValueError, "duplicates is 'drop'", "'error', 'first', 'last'", duplicates="drop"),
    "batch scalar_first": case(BATCH, TypeError, "scalar_first is 1", "True and False", scalar_first=1),
    "batch out single": case(BATCH, TypeError, "out is a ndarray", "(n, 3) and (n, 4)", out=np.empty((2, 3))),
    "batch out shape": case(
        BATCH, ValueError, "out[1] has shape (3, 4)", "(2, 4)", out=(np.empty((2, 3)), np.empty((3, 4)))
    ),
    "batch out list": case(BATCH, TypeError, "out is a list", out=[np.empty((2, 3)), np.empty((2, 4))]),
    # channels
    "linear stamps float": case(LINEAR, TypeError, "stamps has dtype float64", stamps=FLOATS),
    "linear values shape": case(LINEAR, ValueError, "values has shape (3, 3)", "(4, k)", values=POSITIONS[:3]),
    "linear values length": case(LINEAR, ValueError, "values has shape (3,)", "(4,)", values=np.zeros(3)),
    "linear values ragged": case(
        LINEAR, ValueError, "values is not an array", accepted="", values=[[1.0, 2.0], [3.0], [4.0], [5.0]]
    ),
    "linear values words": case(LINEAR, TypeError, "values has dtype <U1", values=["a"] * 4),
    "linear values bool": case(LINEAR, TypeError, "values has dtype bool", values=np.zeros(4, bool)),
    "linear values scalar": case(LINEAR, ValueError, "values has shape ()", values=1.0),
    "linear order": case(
        LINEAR, ValueError, f"stamps[2] = {T + 9} is not after stamps[1] = {T + 10}", "sort", stamps=UNORDERED
    ),
    "linear repeat": case(
        LINEAR, ValueError, f"stamps[3] = {T + 20} is not after stamps[2]", "duplicates=", stamps=REPEATED
    ),
    "linear no knots": case(LINEAR, ValueError, "stamps is empty and at has 2 times", stamps=[], values=[]),
    "linear outside": case(LINEAR, ValueError, f"at[0] = {T + 31} is outside the knots", at=[T + 31], bounds="error"),
    "linear span": case(LINEAR, ValueError, "stamps spans from", stamps=[-FAR, 0, 1, FAR]),
    "linear out": case(LINEAR, ValueError, "out has shape (2,)", "(2, 3)", out=np.empty(2)),
    # a trajectory prepared
    "trajectory order": case(
        PREPARED_ONCE, ValueError, f"stamps[2] = {T + 9} is not after stamps[1] = {T + 10}", stamps=UNORDERED
    ),
    "trajectory bad": case(
        PREPARED_ONCE, ValueError, "quaternions[3] is (0.0, 0.0, 0.0, 0.0)", quaternions=with_row(QUATS, (3, 0.0))
    ),
    "trajectory order first": case(PREPARED_ONCE, ValueError, "stamps[2]", stamps=UNORDERED, quaternions=QUATS * 0),
    "trajectory empty": case(
        PREPARED_ONCE,
        ValueError,
        "stamps is empty",
        "at least one knot",
        stamps=[],
        positions=np.empty((0, 3)),
        quaternions=np.empty((0, 4)),
    ),
    "trajectory positions": case(
        PREPARED_ONCE, ValueError, "positions has shape (3, 3)", "(4, 3)", positions=POSITIONS[:3]
    ),
    "trajectory scalar_first": case(PREPARED_ONCE, TypeError, "scalar_first is 'no'", scalar_first="no"),
    "trajectory span": case(PREPARED_ONCE, ValueError, "stamps spans from", stamps=[-FAR, 0, 1, FAR]),
}

NEEDS = {PREPARED_ONCE: PREPARED}
PARAMETERS = [
    pytest.param(which, backend, id=f"{name}-{backend}")
    for name, which in CASES.items()
    for backend in backends_with(*NEEDS.get(which.function, (which.function,)))
]


def text_of(which: Case, backend: str) -> str:
    function = getattr(paceline, which.function)
    with pytest.raises((TypeError, ValueError)) as error:
        function(**{**GOOD[which.function], **which.wrong}, backend=backend)
    assert error.type is which.error
    return str(error.value)


@pytest.mark.parametrize(("which", "backend"), PARAMETERS)
def test_error(which, backend):
    text = text_of(which, backend)
    for part in (*which.says, which.accepted):
        assert part in text
    assert text.endswith(".")
    assert text == text_of(which, "python")


@pytest.mark.parametrize("function", GOOD)
def test_the_good_arguments_are_good(function):
    assert getattr(paceline, function)(**GOOD[function], backend="python") is not None


AT_CASES = {
    "float": (TypeError, {"times": [0.5]}, "times has dtype float64"),
    "outside": (ValueError, {"times": [T, T + 31], "bounds": "error"}, f"times[1] = {T + 31} is outside the knots"),
    "too far": (
        ValueError,
        {"times": [-(2**63)], "bounds": "extrapolate"},
        "times[0] = -9223372036854775808 is 2**63 ns",
    ),
    "bounds": (ValueError, {"times": [T], "bounds": "wrap"}, "bounds is 'wrap'"),
    "out": (TypeError, {"times": [T], "out": np.empty((1, 3))}, "out is a ndarray"),
    "out shape": (ValueError, {"times": [T], "out": (np.empty((1, 3)), np.empty((2, 4)))}, "out[1] has shape (2, 4)"),
}


@pytest.mark.needs(*PREPARED)
@pytest.mark.parametrize("name", AT_CASES)
def test_error_of_trajectory_at(backend, name):
    error_type, arguments, part = AT_CASES[name]
    texts = set()
    for which in (backend, "python"):
        trajectory = paceline.Trajectory(STAMPS, POSITIONS, QUATS, backend=which)
        with pytest.raises(error_type) as error:
            trajectory.at(**arguments)
        texts.add(str(error.value))
    assert len(texts) == 1
    assert part in texts.pop()


@pytest.mark.needs(*PREPARED)
def test_error_of_trajectory_gap(backend):
    trajectory = paceline.Trajectory(STAMPS, POSITIONS, QUATS, backend=backend)
    with pytest.raises(TypeError, match="times has dtype float64"):
        trajectory.gap([0.5])
    with pytest.raises(ValueError, match=r"times\[1\] = -9223372036854775808 is 2\*\*63 ns .* accepted are nearer"):
        trajectory.gap([T, -(2**63)])


UNTOUCHED = {
    name: which
    for name, which in CASES.items()
    if which.function in (SLERPS, MOVES, BATCH, LINEAR)
    and "out" not in which.wrong
    and not any(word in which.says[0] for word in ("q0[", "q1[", "quats[", "t1[", "t0["))
}
"""Whatever is not about a quaternion or a pair's stamps leaves ``out`` as it was."""


@pytest.mark.parametrize(
    ("which", "backend"),
    [
        pytest.param(which, backend, id=f"{name}-{backend}")
        for name, which in UNTOUCHED.items()
        for backend in backends_with(which.function)
    ],
)
def test_out_is_as_it_was(which, backend):
    outs = {SLERPS: (3, 4), MOVES: (3, 3), LINEAR: (2, 3)}
    arguments = {**GOOD[which.function], **which.wrong}
    if which.function == BATCH:
        n = np.size(arguments["video_timestamps"])
        out = np.full((n, 3), 7.0), np.full((n, 4), 7.0)
    else:
        out = np.full((np.size(arguments["at"]), 3) if which.function == LINEAR else outs[which.function], 7.0)
    with pytest.raises(which.error):
        getattr(paceline, which.function)(**arguments, out=out, backend=backend)
    assert all((array == 7.0).all() for array in (out if isinstance(out, tuple) else (out,)))


@pytest.mark.needs("slerp_quaternions_batch")
def test_read_only_out_is_refused(backend):
    out = np.empty((3, 4))
    out.flags.writeable = False
    with pytest.raises(ValueError, match="out is read-only"):
        paceline.slerp_quaternions_batch(**GOOD[SLERPS], out=out, backend=backend)


@pytest.mark.needs("interpolate_trajectory_batch")
def test_outs_that_share_memory_are_refused(backend):
    memory = np.zeros(8)
    with pytest.raises(ValueError, match=r"out\[0\] and out\[1\] share memory; accepted"):
        paceline.interpolate_trajectory_batch(
            **GOOD[BATCH], out=(memory[:6].reshape(2, 3), memory.reshape(2, 4)), backend=backend
        )
    assert (memory == 0).all()
