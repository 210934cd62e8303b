import os
import random
import signal
import subprocess
import sys
import threading
import time

import pytest

from paceline_harness import Candidate, Comparison, read_records
from paceline_harness.cores import kept_off, quiet_core
from paceline_harness.launches import Run, Whereabouts
from paceline_harness.loading import LoadError, load, unread
from paceline_harness.measure import Settings

FAST = {"budget_s": 0.02, "seed": 3}

OWN = """
from paceline_harness import Comparison
doubling = Comparison(
    "doubling",
    candidates={"plain": lambda x: 2 * x, "sum": lambda x: x + x},
    inputs=lambda n, rng: (rng.standard_normal(n),),
    sizes=[200, 300],
    baseline="plain",
)
"""

doubling = Comparison(
    "doubling",
    {"plain": lambda x: 2 * x, "sum": lambda x: x + x},
    lambda n, rng: (rng.standard_normal(n),),
    [200],
    "plain",
)


def local(**more):
    settings = {
        "candidates": {"plain": lambda x: 2 * x, "sum": lambda x: x + x},
        "inputs": lambda n, rng: (rng.standard_normal(n),),
        "sizes": [200],
        "baseline": "plain",
        **more,
    }
    return Comparison("local", **settings)


def python(tmp_path, text, *words):
    (tmp_path / "script.py").write_text(text)
    return subprocess.run(
        [sys.executable, "script.py", *words], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )


def test_a_comparison_at_the_top_of_a_module_is_launched_in_fresh_processes():
    shares = []
    result = doubling.run(launches=2, progress=shares.append, **FAST)
    assert [record.launch.how for record in result.records] == ["fresh", "fresh"]
    assert len({record.hash_seed for record in result.records}) == 2
    assert all(0 <= record.env_pad_bytes < 4096 for record in result.records)
    assert len({record.input.sha256 for record in result.records}) == 1
    assert len({record.seed for record in result.records}) == 2
    assert result["sum", 200].launches == 2
    assert shares == sorted(shares)
    assert shares[-1] == 1


def test_lambdas_of_a_test_are_launched_in_forks():
    result = local().run(launches=2, **FAST)
    assert [record.launch.how for record in result.records] == ["forked", "forked"]
    assert [(record.launch.index, record.launch.of) for record in result.records] == [(1, 2), (2, 2)]
    places = [[buffer.address_mod_4096 for buffer in record.buffers] for record in result.records]
    assert all(address % 64 == 0 for place in places for address in place)
    assert result.failures == []


def test_one_launch_is_made_in_this_process():
    pids = []
    local(candidates={"plain": lambda x: pids.append(os.getpid())}).run(launches=1, **FAST)
    assert set(pids) == {os.getpid()}


def test_a_launch_that_dies_is_named_and_the_others_are_kept(tmp_path):
    mark = tmp_path / "mark"

    def dies(x):
        if not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return 2 * x

    result = local(candidates={"plain": lambda x: 2 * x, "dies": dies}).run(launches=3, **FAST)
    (failure,) = result.failures
    assert failure == "Launch 1 of 3 failed while it measured 'local': it was killed by SIGKILL."
    assert result["dies"].launches == 2
    assert {record.launch.planned for record in result.records} == {3}
    assert failure in result.records[0].notes


def test_what_the_inputs_raise_fails_their_table_alone():
    def inputs(n, rng):
        if n == 7:
            raise RuntimeError("no seven")
        return (rng.standard_normal(n),)

    result = local(inputs=inputs, sizes=[7, 8]).run(launches=2, **FAST)
    assert result.failures == ["local, size 7, could not be measured: RuntimeError: no seven."]
    assert result["sum", 8].launches == 2
    with pytest.raises(ValueError, match="no seven"):
        result["sum", 7]


def test_ctrl_c_keeps_what_was_measured():
    threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT)).start()
    noisy = {name: lambda _x: time.sleep(1e-3 * random.random()) for name in ("plain", "again")}
    result = local(candidates=noisy).run(launches=5, budget_s=30.0, seed=1)
    assert result.interrupted
    assert result.records[0].stop_reason == "interrupted"
    assert result["again"].pairs > 0
    assert "None of 5 was complete when Ctrl-C ended the run." in result.records[0].notes


def test_no_table_is_begun_after_the_total():
    run = Run(None, [local(sizes=[10, 20])], 50, Settings(budget_s=0.02), 1, total_s=1.0)
    start = time.monotonic()
    result = run.result()
    assert time.monotonic() - start < 10
    assert 1 <= result["sum", 10].launches < 50
    assert any("the seconds of the whole run were spent" in note for note in result.records[0].notes)


def test_the_time_left_falls_to_nothing():
    seen = []
    Run(None, [local(sizes=[10, 20])], 2, Settings(budget_s=0.02), 1, watch=seen.append).result()
    assert isinstance(seen[0], Whereabouts)
    assert (seen[0].left_s, seen[-1].left_s) == (None, 0)
    assert seen[-1].done == 1


def test_a_script_that_runs_its_comparison_is_not_run_again_by_its_launches(tmp_path):
    text = OWN + (
        "print('here')\n"
        "result = doubling.run(launches=2, budget_s=0.02)\n"
        "result.save('r.jsonl')\n"
        "print(result['sum', 300].launches)\n"
    )
    done = python(tmp_path, text)
    assert (done.returncode, done.stdout.split()) == (0, ["here", "2"]), done.stderr
    records = read_records(tmp_path / "r.jsonl")
    assert [(record.size, record.launch.how) for record in records] == [
        (200, "fresh"), (200, "fresh"), (300, "fresh"), (300, "fresh"),
    ]  # fmt: skip


def test_a_comparison_that_a_fresh_process_does_not_find_is_forked(tmp_path):
    text = (
        OWN
        + "doubling.run(launches=1, budget_s=0.01)\n"
        + OWN.replace("doubling", "later")
        + "r = later.run(launches=2, budget_s=0.02)\nprint(*(each.launch.how for each in r.records))\n"
    )
    done = python(tmp_path, text)
    assert done.stdout.split() == ["forked"] * 4, done.stderr


def test_a_name_that_means_one_comparison_after_the_other_is_not_mistaken(tmp_path):
    text = "from paceline_harness import Comparison\n" + (
        "for n in (100, 200):\n"
        "    inputs = lambda _, rng: (rng.standard_normal(n),)\n"
        "    c = Comparison('sum', {'plain': lambda x: x.sum()}, inputs, [1], 'plain')\n"
        "    r = c.run(launches=2, budget_s=0.01, seed=1)\n"
        "    print(r.records[0].launch.how, r.records[0].buffers[0].bytes)\n"
    )
    done = python(tmp_path, text)
    assert done.stdout.split() == ["fresh", "800", "forked", "1600"], done.stderr


def test_files_are_read_up_to_their_first_run(tmp_path):
    path = tmp_path / "own.py"
    path.write_text(OWN + "doubling.run()\n")
    module = load(path)
    assert isinstance(module.doubling, Comparison)
    assert unread(module, path) == ""
    path.write_text(OWN + "doubling.run()\n" + OWN)
    assert "calls run(), so the comparisons below it were not read" in unread(load(path), path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import nothing_of_this_name\n", "line 1, raises ModuleNotFoundError: No module named"),
        ("x = 1\ny = x / 0\n", "line 2, raises ZeroDivisionError: division by zero."),
        ("def broken(:\n", "line 1, raises SyntaxError"),
        ("raise SystemExit(3)\n", "line 1, raises SystemExit: 3."),
    ],
)
def test_what_a_file_raises_is_told_in_a_sentence(tmp_path, text, said):
    (tmp_path / "own.py").write_text(text)
    with pytest.raises(LoadError, match=said):
        load(tmp_path / "own.py")


def test_a_core_is_chosen_and_kept_free():
    if not hasattr(os, "sched_getaffinity"):
        pytest.skip("Cores cannot be chosen on this system.")
    allowed = os.sched_getaffinity(0)
    core = quiet_core(0.01)
    assert core is None or core in allowed
    with kept_off(core):
        assert core is None or core not in os.sched_getaffinity(0)
    assert os.sched_getaffinity(0) == allowed


def test_a_compiling_candidate_s_first_call_is_split():
    def slow_once(x):
        if not done:
            done.append(1)
            time.sleep(0.05)
        return 2 * x

    done = []
    columns = [Candidate("plain", lambda x: 2 * x), Candidate("jit", slow_once, start=lambda: 1234)]
    (record,) = local(candidates=columns).run(launches=1, **FAST).records
    plain, jit = record.candidates
    assert plain.first_call is None
    assert jit.first_call.init_ns == 1234
    assert jit.first_call.compile_ns > 40_000_000 > jit.first_call.run_ns
