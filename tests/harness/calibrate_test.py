"""`harness calibrate`: what is printed and written, and what is left as it was."""

import os
import re

import pytest
from typer.testing import CliRunner

import paceline
from harness.profiles import measured, own_cache
from paceline.selection import calibration, profile, timing
from paceline.selection.curves import ranges
from paceline_harness.cli import app
from paceline_harness.commands.calibrate import show
from paceline_harness.selection.words import ranges_text

QUICK = ["trajectory_gap", "--budget", "0.001"]


@pytest.fixture
def file(tmp_path, monkeypatch):
    with own_cache(tmp_path / "cache", monkeypatch) as path:
        yield path


def without(times, name):
    return {each: curve for each, curve in times.items() if each != name}


def harness(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


def test_the_profile_is_written_and_shown(file, monkeypatch):
    done = harness("calibrate", *QUICK)
    assert done.exit_code == 0, done.output
    assert "| trajectory_gap" in done.output
    assert re.search(r"1 operations measured in \d+\.\d s\. The machine profile is ", done.output)
    assert done.output.endswith(f" {file}.\n")
    assert set(profile.read(file).operations) == {"trajectory_gap"}
    assert paceline.explain("trajectory_gap").rule == "profile"
    monkeypatch.setattr(calibration, "_is_off", lambda *_: False)  # what a busy machine would say
    again = harness("calibrate", *QUICK)
    assert "as before" in again.output
    assert "0 operations measured" in again.output
    assert "1 as measured before" in again.output


def test_a_dry_run_writes_nothing(file):
    done = harness("calibrate", *QUICK, "--dry-run")
    assert done.exit_code == 0, done.output
    assert "Nothing was written." in done.output
    assert not file.exists()


def test_output_takes_the_place_of_the_machine_profile(file, tmp_path):
    assert harness("calibrate", *QUICK).exit_code == 0
    before = file.read_bytes()
    done = harness("calibrate", *QUICK, "--output", tmp_path / "runs" / "here.json")
    assert done.exit_code == 0, done.output
    assert "the machine profile is as it was" in done.output
    assert file.read_bytes() == before
    entry = profile.read(tmp_path / "runs" / "here.json").operations["trajectory_gap"]  # though it was measured before
    assert {name: [n for n, _ in curve] for name, curve in entry.samples.items()} == {
        name: [n for n, _ in curve] for name, curve in entry.times.items()
    }


def test_ctrl_c_leaves_the_profile_as_it_was(file, monkeypatch):
    assert harness("calibrate", *QUICK).exit_code == 0
    before = file.read_bytes()

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(timing, "sampled", interrupted)
    done = harness("calibrate", *QUICK, "--recalibrate")
    assert done.exit_code == 130
    assert f"Stopped. {file} is as it was." in done.output
    assert file.read_bytes() == before


def test_threads_and_cores_stay_as_they_are(file, monkeypatch):
    seen = []

    def look(*names, **_):
        seen.append((dict(os.environ), os.sched_getaffinity(0)))
        return calibration.Calibration({}, (), None, 0.0)

    monkeypatch.setattr(calibration, "calibrate", look)
    before = dict(os.environ), os.sched_getaffinity(0)
    assert harness("calibrate").exit_code == 0
    assert seen == [before]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["slerp"], "operation is 'slerp'; accepted are slerp_quaternion, "),
        (["--budget", "0"], "budget_s is 0.0; accepted are seconds above 0."),
        (["--dry-run", "--output", "x.json"], "--dry-run was given with --output; accepted is one of the two."),
    ],
)
def test_mistakes_are_one_sentence(file, words, said):
    done = harness("calibrate", *words)
    assert done.exit_code == 2
    assert done.output.startswith(said)
    assert len(done.output.strip().splitlines()) == 1


def test_a_profile_that_is_named_is_only_read(file, tmp_path, monkeypatch):
    monkeypatch.setenv("PACELINE_PROFILE", str(tmp_path / "pinned.json"))
    done = harness("calibrate", *QUICK)
    assert done.exit_code == 2
    assert "is named by PACELINE_PROFILE and is only read" in done.output
    assert harness("calibrate", *QUICK, "--output", tmp_path / "other.json").exit_code == 0


def test_a_file_that_cannot_be_written_is_said(file, tmp_path):
    (tmp_path / "taken").write_text("")
    done = harness("calibrate", *QUICK, "--output", tmp_path / "taken" / "x.json")
    assert done.exit_code == 2
    assert "was not written" in done.output


def test_who_serves_is_told_with_and_without_a_compiler(file, capsys):
    times = {
        "cython": [(1, 10.0), (1000, 10_000.0)],
        "numba": [(1, 100.0), (1000, 1_000.0)],
        "rust": [(1, 20.0), (1000, 5_000.0)],
        "mine": [(1, 1.0), (1000, 1.0)],
    }
    entry = measured(times, {"mine": "gives 3 in golden case 0"}, {"i16": times, "u8": times})
    show(calibration.Calibration({"resample": entry}, (), file, 1.5, {"resample": 0.25}), None)
    ((_, _), (change, _)), ((_, _), (cold, _)) = ranges(once := without(times, "mine")), ranges(without(once, "numba"))
    printed = capsys.readouterr().out
    for said in (
        f"cython below {change}, numba from {change} on",
        f"not warm: cython below {cold}, rust from {cold} on",
        "and 2 other kinds",
        "250 ms",
        "numba 5 ms",
        "resample: mine is refused: it gives 3 in golden case 0.",
        "numba may serve in a process once paceline.warm_up() has compiled there.",
        f"1 operations measured in 1.5 s. The machine profile is {file}.",
    ):
        assert said in printed


def test_ranges_in_words():
    assert ranges_text([(0, "cython")]) == "cython"
    assert ranges_text([(0, "cython"), (384, "rust")]) == "cython below 384, rust from 384 on"
    three = [(0, "cython"), (384, "rust"), (12_000, "numba")]
    assert ranges_text(three) == "cython below 384, rust from 384, numba from 12,000 on"
