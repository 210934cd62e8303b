"""A backend that was wrong in use is calibrated: the calls that were kept are repeated before it may serve again."""

from __future__ import annotations

import paceline
from house.fresh import run
from paceline.selection.shadow import mismatches
from selection.shadow.odd import MENDED, find

CODE = """
import paceline
found = paceline.calibrate("interpolate_linear", budget_s=0.001)
print("odd" in found.measured["interpolate_linear"].refused)
print(paceline.interpolate_linear([0, 10], [0.0, 1.0], [7], backend="odd").tolist())
"""


def test_what_is_still_wrong_keeps_it_refused():
    file = find()
    found = paceline.calibrate("interpolate_linear", budget_s=0.001).measured["interpolate_linear"]
    assert found.refused["odd"].endswith(f"in the call kept in {file}")
    assert "odd" not in found.times
    assert f"in the call kept in {file}" in paceline.status()["odd"].refused["interpolate_linear"]


def test_another_operation_is_none_of_it():
    find()
    assert "odd" not in paceline.calibrate("slerp_quaternion", budget_s=0.001).measured["slerp_quaternion"].refused


def test_a_damaged_file_says_nothing():
    find().write_bytes(b"PK")
    assert "odd" not in paceline.calibrate("interpolate_linear", budget_s=0.001).measured["interpolate_linear"].refused


def test_what_is_mended_serves_again(path, tmp_path):
    find()
    (tmp_path / "odd" / "src" / "fake_odd" / "interpolation.py").write_text(MENDED)
    assert run(CODE, *path).splitlines() == ["False", "[0.7]"]
    assert mismatches.folder().is_dir()
