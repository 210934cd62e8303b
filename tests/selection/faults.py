"""What is checked wherever a machine profile cannot be used: one line in the log, and the shipped table decides."""

from __future__ import annotations

import json
import logging

import numpy as np

import paceline
from paceline.selection import profile, rules, selector

STEREO = np.array([[1, 3], [5, 7]], np.int16)


def choice():
    found = selector("to_mono").choose(len(STEREO))
    return found.backend, found.rule


def check_fault(caplog, path, reason=""):
    """Check what is chosen now, that it computes, and that one line says why the profile does not decide."""
    rules.forget(tables=True)
    caplog.clear()
    with caplog.at_level(logging.DEBUG):
        assert choice() == ("one", "shipped")
        assert paceline.audio.to_mono(STEREO).tolist() == [2, 6]
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("paceline", logging.INFO)
    assert record.getMessage().startswith(f"The machine profile {path} is not used")
    assert record.getMessage().endswith("; the table that comes with paceline decides.")
    assert reason in record.getMessage()


def document(path):
    return json.loads(path.read_bytes())


def check_kept(path, text, entry):
    """Check that nothing has changed, that nothing lies in the way, and that the next one can be written."""
    assert path.read_bytes() == text
    assert {file.name for file in path.parent.iterdir()} <= {path.name, f"{path.name}.lock"}
    profile.write(path, {"interleave": entry})
    assert set(profile.read(path).operations) == {"to_mono", "interleave"}
