"""Compiling ahead: what a JIT backend's ``warm_up`` leaves to be compiled in a call, which is nothing."""

from __future__ import annotations

import json
from importlib.util import find_spec

import pytest

from house.fresh import run
from paceline.operations import OPERATIONS

pytestmark = pytest.mark.skipif(find_spec("numba") is None, reason="Numba is not installed")

CALLS = """
import itertools

import numpy as np

import paceline
from paceline import audio, pipeline
from paceline.operations import OPERATIONS
from paceline.selection import select

NUMBA = {"backend": "numba"}
T = 10**18
RNG = np.random.default_rng(0)
BOUNDS = ("clamp", "extrapolate")
TYPES = {"i16": np.int16, "i32": np.int32, "i24": np.uint8, "u8": np.uint8, "f32": np.float32, "f64": np.float64}
QUALITIES = ("low", "best")


def refused(function, *arguments, **options):
    try:
        function(*arguments, **options, **NUMBA)
    except ValueError:
        return
    raise AssertionError(function)


def samples(n, dtype):
    raw = RNG.integers(0, 100, n)
    return (raw / 100).astype(dtype) if np.dtype(dtype).kind == "f" else raw.astype(dtype)


def slerp_quaternion():
    for bounds in BOUNDS:
        for q in ((0, 0, 0, 1), np.array([0.0, 0, 1, 1]), [0.5] * 4):
            paceline.slerp_quaternion(T + 5, T, q, T + 10, (0, 0, 1, 1), bounds=bounds, **NUMBA)
    paceline.slerp_quaternion(np.int64(5), np.datetime64(0, "ns"), q, 10, q, **NUMBA)
    refused(paceline.slerp_quaternion, 5, 0, (0, 0, 0, 0), 10, q)
    kernel = select("slerp_quaternion", "numba")
    kernel(5, 0, (0.0, 0.0, 0.0, 1.0), 10, (0.0, 0.0, 0.0, 1.0))
    kernel(5, 0, (0.0, 0.0, 0.0, 1.0), 10, (0.0, 0.0, 0.0, 1.0), True)


def pairs(name, options=BOUNDS):
    operation = OPERATIONS[name]
    function = getattr(paceline, name)
    for n, bounds in itertools.product((0, 1, 2, 100), options):
        arguments = operation.workload(n, RNG)
        function(*arguments, bounds=bounds, **NUMBA)
        for argument in arguments:
            if isinstance(argument, np.ndarray):
                argument.flags.writeable = False
        function(*arguments, bounds=bounds, **NUMBA)


def slerp_quaternions_batch():
    pairs("slerp_quaternions_batch")
    refused(paceline.slerp_quaternions_batch, [5], [0], np.zeros((1, 4)), [10], np.ones((1, 4)))


def interpolate_positions_batch():
    pairs("interpolate_positions_batch")
    refused(paceline.interpolate_positions_batch, [5], [9], np.zeros((1, 3)), [1], np.ones((1, 3)))


def interpolate_trajectory_batch():
    pairs("interpolate_trajectory_batch")
    arguments = OPERATIONS["interpolate_trajectory_batch"].workload(9, RNG)
    paceline.interpolate_trajectory_batch(*arguments, scalar_first=True, duplicates="first", **NUMBA)


def interpolate_linear():
    pairs("interpolate_linear")
    for columns in ((), (1,), (3,)):
        paceline.interpolate_linear([0, 10, 20], np.zeros((3, *columns)), [5, 15], **NUMBA)


KNOTS = OPERATIONS["trajectory_check"].workload(50, RNG)
AT = np.arange(KNOTS[0][0], KNOTS[0][-1], 10**6)


def trajectory_check():
    kernel = select("trajectory_check", "numba")
    assert kernel(KNOTS[0], KNOTS[2]) == -1
    assert kernel(KNOTS[0], np.zeros_like(KNOTS[2])) == 0


def trajectory_at():
    kernel = select("trajectory_at", "numba")
    for extrapolate in (False, True):
        kernel(*KNOTS, AT, extrapolate, np.empty((len(AT), 3)), np.empty((len(AT), 4)))


def trajectory_gap():
    trajectory = paceline.Trajectory(*KNOTS, **NUMBA)  # which asks for the kernels of all three
    for bounds in BOUNDS:
        trajectory.at(AT, bounds=bounds)
    trajectory.gap(AT)
    refused(paceline.Trajectory, [0, 1], np.zeros((2, 3)), np.zeros((2, 4)))


def resample():
    for channels, quality in itertools.product((1, 2, 3), QUALITIES):
        audio.resample(samples((48_000, channels), np.float32), 48_000, 16_000, quality=quality, **NUMBA)
    audio.resample(samples(48_000, np.float32), 16_000, 44_100, **NUMBA)
    refused(audio.resample, np.full(48_000, np.nan, np.float32), 48_000, 16_000)


def resample_chunk():
    ratios = ((48_000, 16_000), (16_000, 48_000), (44_100, 48_000), (48_000, 47_999))
    for dtype, (rate, out), channels in itertools.product((np.float32, np.float64), ratios, (1, 2, 3)):
        for quality in QUALITIES:
            stream = audio.ResampleStream(rate, out, channels=channels, dtype=dtype, quality=quality, **NUMBA)
            stream.process(samples((100, channels), dtype))
            stream.process(samples((500, channels), dtype), last=True)
        refused(audio.resample, np.full(10, np.nan, dtype), rate, out)
        audio.resample(samples(10, dtype), rate, out, **NUMBA)


def detect_voice():
    for mode, threshold in itertools.product(("fft", "rms"), ("adaptive", 0.05)):
        for rate, frame in ((8_000, 10), (16_000, 30), (48_000, 30), (192_000, 100)):
            x = samples(rate, np.float32)
            audio.detect_voice(x, rate, mode=mode, threshold=threshold, frame_ms=frame, **NUMBA)
            detector = audio.VoiceDetector(rate, mode=mode, threshold=threshold, padding_ms=30, **NUMBA)
            detector.process(x[:100])
            detector.process(x[100:], last=True)
    refused(audio.detect_voice, np.full(8_000, np.nan, np.float32), 8_000)


def convert_format():
    for (source, dtype), to, rounding in itertools.product(TYPES.items(), audio.FORMATS, audio.ROUNDINGS):
        for n in (0, 3, 3_000):
            shape = (n, 3) if source == "i24" else n
            audio.convert_format(samples(shape, dtype), to, source=source, rounding=rounding, **NUMBA)
    x = samples(30, np.float32)
    audio.convert_format(x, "i32", out=x.view(np.int32), **NUMBA)
    whole = samples(50_000, np.int16)
    audio.resample(whole, 48_000, 16_000, **NUMBA)
    audio.ResampleStream(48_000, 16_000, dtype="int32", **NUMBA).process(samples(999, np.int32))
    audio.detect_voice(whole, 16_000, **NUMBA)
    audio.detect_voice(whole.astype(np.float64) / 2**15, 16_000, **NUMBA)


def interleave():
    for dtype, channels in itertools.product(np.typecodes["AllInteger"] + "?efd", (1, 2, 3, 4, 8, 9)):
        audio.interleave(np.ones((channels, 130), dtype), **NUMBA)


def deinterleave():
    for dtype, channels in itertools.product(np.typecodes["AllInteger"] + "?efd", (1, 2, 3, 4, 8, 9)):
        audio.deinterleave(np.ones((130, channels), dtype), **NUMBA)


def to_mono():
    for dtype, channels in itertools.product({*TYPES.values(), np.intc}, (1, 2, 3)):
        audio.to_mono(np.ones((130, channels), dtype), **NUMBA)


class Twice(pipeline.Node):
    def process(self, item):
        return item * 2


def run_pipeline():
    kinds, operands = ("add", "subtract", "multiply", "divide"), (3, 2.5)
    data = (
        [1, 2, 3] * 500,
        [1.5, 2.5],
        [1, 2.5],
        [],
        *(np.arange(3_000, dtype=dtype) for dtype in ("int64", "float64", "float32", "int32")),
    )
    chains = [(pair,) for pair in itertools.product(kinds, operands)]
    chains += itertools.product(itertools.product(kinds[:2], operands), itertools.product(kinds[2:], operands))
    for chain in [*chains, ()]:
        nodes = [{"id": "p", "type": "PassThroughNode"}]
        for number, (kind, operand) in enumerate(chain):
            params = {"operation": kind, "operand": operand}
            nodes.append({"id": f"n{number}", "type": "CalculatorNode", "params": params})
        edges = [{"from": one["id"], "to": other["id"]} for one, other in itertools.pairwise(nodes)]
        manifest = {"version": "1.0", "nodes": nodes, "edges": edges}
        made = pipeline.Pipeline.from_manifest(manifest, runtime_hint="numba")
        for items in data if chain else (*data, ["a", None]):
            made.run_sync(items)
            made.run_sync(items)
    line = pipeline.Pipeline("line", runtime_hint="numba")
    line.add_node(Twice())
    line.run_sync([1, 2])
"""

WARMED = """
import json, sys
import paceline_numba
assert "numba" not in sys.modules
import numba.core.event as event
from numba.core.dispatcher import Dispatcher

asked = []
compile = Dispatcher.compile
def noting(self, signature):
    asked.append(f"{self.py_func.__name__} {signature}")
    return compile(self, signature)
Dispatcher.compile = noting

found = {}
for name in OPERATIONS:
    with event.install_recorder("numba:compile") as warming:
        paceline_numba.backend.warm_up(name)
    known = len(asked)
    with event.install_recorder("numba:compile") as calling, event.install_recorder("numba:compiler_lock") as locking:
        globals()[name]()
    found[name] = {
        "warming": len(warming.buffer),
        "calling": len(calling.buffer),
        "locking": len(locking.buffer),
        "asked": asked[known:],
    }
print("FOUND", json.dumps(found))
"""


def found_in_a_fresh_process():
    return json.loads(run(CALLS + WARMED).rpartition("FOUND ")[2])


@pytest.fixture(scope="module")
def found():
    return found_in_a_fresh_process()


def test_every_operation_is_looked_at(found):
    assert set(found) == set(OPERATIONS)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_no_call_compiles_or_loads_anything_more(found, operation):
    assert found[operation]["asked"] == []
    assert found[operation]["calling"] == 0
    assert found[operation]["locking"] == 0


def test_what_was_compiled_once_is_loaded_in_the_next_process(found):
    again = found_in_a_fresh_process()
    assert {name: (of["warming"], of["asked"]) for name, of in again.items()} == dict.fromkeys(OPERATIONS, (0, []))


def test_the_recorders_see_what_is_compiled_in_a_call(tmp_path):
    code = """
import os
os.environ["NUMBA_CACHE_DIR"] = %r
import numpy as np
import numba.core.event as event
from paceline import audio
with event.install_recorder("numba:compile") as calling, event.install_recorder("numba:compiler_lock") as locking:
    audio.to_mono(np.ones((3, 2)), backend="numba")
print(len(calling.buffer) > 0, len(locking.buffer) > 0)
"""
    assert run(code % str(tmp_path)).split() == ["True", "True"]


def test_threads_that_ask_at_once_get_one_kernel_each(tmp_path):
    """One warms up, two ask for the same kernels meanwhile; nothing is compiled twice."""
    code = """
import os, threading
os.environ["NUMBA_CACHE_DIR"] = %r
import numpy as np
import numba.core.event as event
import paceline, paceline_numba
from paceline import audio
from paceline_numba import formats, interpolation

DTYPES = ("int16", "int32", "uint8", "float32", "float64")
start, results = threading.Barrier(3), {}

def warming():
    start.wait()
    for name in ("trajectory_check", "trajectory_gap", "to_mono"):
        paceline_numba.backend.warm_up(name)

def calling(number):
    start.wait()
    kernels = [getattr(interpolation, name) for name in ("trajectory_gap", "trajectory_check")]
    means = [audio.to_mono(np.full((9, 2), 3, dtype), backend="numba") for dtype in reversed(DTYPES)]
    assert all((mean == 3).all() for mean in means)
    results[number] = [*kernels, *(formats._means[np.dtype(dtype).char] for dtype in DTYPES)]

threads = [threading.Thread(target=warming), *(threading.Thread(target=calling, args=(n,)) for n in range(2))]
with event.install_recorder("numba:compile") as compiled:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
ends = [seen.data for _, seen in compiled.buffer if seen.is_end]
names = [(each["dispatcher"].py_func.__qualname__, str(each["args"])) for each in ends]
print("SAME", results[0] == results[1])
print("ONCE", len(names) > len(DTYPES) + 2, len(names) == len(set(names)), [n for n in names if names.count(n) > 1])
"""
    assert run(code % str(tmp_path)).splitlines()[-2:] == ["SAME True", "ONCE True True []"]


def test_a_dtype_that_no_kernel_is_for_is_refused():
    code = """
import numpy as np
from paceline_numba import formats
try:
    formats.interleave(np.ones((2, 9)), np.ones((9, 2)))
except TypeError as error:
    print(error)
"""
    assert run(code).strip() == "The samples have dtype float64; accepted are uint8, uint16, uint32, uint64."
