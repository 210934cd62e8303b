"""Every example runs as it stands, without arguments, and prints what it promises."""

import re
import runpy
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
PROMISES = {
    "quickstart_interpolation.py": r"frame 20: x = 0\.666667 m, turned 60\.0000 degrees",
    "umi_drop_in.py": r"90 frames: same to \de-1[5-9] m and \de-(0[7-9]|1\d) rad",
    "preprocess_speech.py": r"(.* s to .* s: speech\n){2}2\.\d\d s of 6\.00 s are speech \(4\d%\)",
    "read_tum_file.py": r"152 knots over 2\.00 s, 0 repeated stamps\n41 frames, 5 of them more than 100 ms",
}


def test_every_example_has_a_promise():
    assert {path.name for path in EXAMPLES.glob("*.py")} == set(PROMISES)


@pytest.mark.parametrize("name", PROMISES)
def test_example(name, capsys, monkeypatch):
    if name == "preprocess_speech.py":
        pytest.importorskip("soundfile")
    monkeypatch.setattr(sys, "argv", [name])
    runpy.run_path(str(EXAMPLES / name), run_name="__main__")
    assert re.search(PROMISES[name], capsys.readouterr().out)
