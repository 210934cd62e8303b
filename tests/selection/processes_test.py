"""Processes that write the same machine profile at once, or are killed while they do."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

import paceline
from paceline.selection import profile, rules
from selection.fakes import sources
from selection.faults import check_kept

HEAD = """
import os, signal, sys, time
from pathlib import Path
from paceline.selection import profile
path = Path(sys.argv[1])

def entry(operation, ns):
    backends = {"python": profile.machine.fingerprint(profile.discover()["python"])}
    key = profile.key_of(operation, backends)
    return profile.Measured(key, time.time(), backends, {"python": [(1, ns)]}, {}, {})
"""

KILLED = {
    "open": "Path.open = instead",
    "write": "Path.open = torn",
    "fsync": "os.fsync = die",
    "replace": "Path.replace = die",
}
DIE = """
opened = Path.open

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

def instead(path, *how, **more):
    return die() if path.name.endswith(".new") else opened(path, *how, **more)

def torn(path, *how, **more):
    file = opened(path, *how, **more)
    if path.name.endswith(".new"):
        file.write(b"{")
        file.flush()
        die()
    return file
"""


def start(code, path, *arguments):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sources())}
    return subprocess.Popen(
        [sys.executable, "-c", HEAD + code, str(path), *map(str, arguments)],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


class TestKilled:
    @pytest.mark.parametrize("step", KILLED)
    def test_at_every_step(self, before, entry, step):
        text = before.read_bytes()
        killed = start(
            f"{DIE}\n{KILLED[step]}\nprofile.write(path, {{'interleave': entry('interleave', 5.0)}})", before
        )
        killed.communicate(timeout=60)
        assert killed.returncode == -signal.SIGKILL
        assert before.read_bytes() == text
        rules.forget(tables=True)
        assert paceline.explain("to_mono").rule == "profile"
        profile.write(before, {"interleave": entry})
        check_kept(before, before.read_bytes(), entry)

    def test_after_it_was_written(self, before):
        code = "replace = Path.replace\nPath.replace = lambda *paths: (replace(*paths), os.kill(os.getpid(), 9))\n"
        killed = start(code + "profile.write(path, {'interleave': entry('interleave', 5.0)})", before)
        killed.communicate(timeout=60)
        assert killed.returncode == -signal.SIGKILL
        assert set(profile.read(before).operations) == {"to_mono", "interleave"}


WRITER = """
print("ready", flush=True)
sys.stdin.readline()
for round in range(5):
    for operation in sys.argv[2:]:
        profile.write(path, {operation: entry(operation, float(os.getpid()))})
"""


class TestAtTheSameTime:
    @pytest.mark.parametrize("processes", [2, 8])
    def test_all_operations_of_all_processes_are_kept(self, tmp_path, processes):
        path = tmp_path / "profile.json"
        names = list(paceline.operations.OPERATIONS)[: 2 * processes]
        writers = [start(WRITER, path, *names[number::processes]) for number in range(processes)]
        for writer in writers:
            assert writer.stdout.readline() == "ready\n"
        for writer in writers:
            writer.stdin.write("\n")
            writer.stdin.flush()
        for writer in writers:
            writer.communicate(timeout=60)
            assert writer.returncode == 0
        found = profile.read(path)
        assert set(found.operations) == set(names)
        for number, writer in enumerate(writers):
            for name in names[number::processes]:
                assert found.operations[name].times["python"] == [(1, float(writer.pid))]

    def test_the_same_operation_has_the_newest_of_all(self, tmp_path):
        path = tmp_path / "profile.json"
        code = (
            WRITER
            + "\nlast = entry('to_mono', float(os.getpid()))\nprofile.write(path, {'to_mono': last})\nprint(last.at)"
        )
        writers = [start(code, path, "to_mono") for _ in range(3)]
        for writer in writers:
            assert writer.stdout.readline() == "ready\n"
        ends = {}
        for writer in writers:
            writer.stdin.write("\n")
            writer.stdin.flush()
        for writer in writers:
            ends[float(writer.communicate(timeout=60)[0])] = float(writer.pid)
        found = profile.read(path).operations["to_mono"]
        assert found.at == max(ends)
        assert found.times["python"] == [(1, ends[max(ends)])]


CALIBRATING = """
import importlib.metadata as metadata, paceline
everywhere = metadata.entry_points
metadata.entry_points = lambda **query: [each for each in everywhere(**query) if each.name == "python"]

def progress(operation, done, of):
    print("ready", flush=True)
    sys.stdin.readline()

print(len(paceline.calibrate(*sys.argv[2:], budget_s=0.002, recalibrate=True, progress=progress).measured))
"""


class TestCalibrations:
    @pytest.mark.parametrize("processes", [2, 8])
    def test_of_different_operations_at_once_are_all_kept(self, processes):
        names = [name for name in paceline.operations.OPERATIONS if name != "resample"][:8]
        path = profile.path()
        running = [start(CALIBRATING, path, *names[number::processes]) for number in range(processes)]
        for one in running:
            assert one.stdout.readline() == "ready\n"
        for one in running:
            one.stdin.write("\n" * (len(names) + 1))
            one.stdin.flush()
        for number, one in enumerate(running):
            assert one.communicate(timeout=60)[0].splitlines()[-1] == str(len(names[number::processes]))
        assert set(profile.read(path).operations) == set(names)

    @pytest.mark.parametrize("steps", [0, 1, 2])
    def test_ctrl_c_keeps_the_profile(self, before, steps):
        text = before.read_bytes()
        running = start(CALIBRATING, before, "to_mono", "interleave")
        for _ in range(steps):
            assert running.stdout.readline() == "ready\n"
            running.stdin.write("\n")
            running.stdin.flush()
        assert running.stdout.readline() == "ready\n"
        running.send_signal(signal.SIGINT)
        assert "KeyboardInterrupt" in running.communicate(timeout=60)[1]
        assert running.returncode == -signal.SIGINT
        assert before.read_bytes() == text
        assert {file.name for file in before.parent.iterdir()} <= {before.name, f"{before.name}.lock"}
