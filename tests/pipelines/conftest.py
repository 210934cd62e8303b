"""A small recording with a hole, and its files."""

from pathlib import Path

import numpy as np
import pytest

RECORDED = Path(__file__).parents[3] / "shared/data/trajectories"


@pytest.fixture(scope="session")
def recorded() -> Path:
    if not RECORDED.exists():
        pytest.skip(f"the recorded trajectories are not at {RECORDED}")
    return RECORDED


@pytest.fixture
def knots(tmp_path: Path) -> Path:
    """100 Hz from 0 to 2 s, moving 1 m/s along x; no knot from 0.5 s to 1.5 s; the stamp 0.2 s twice."""
    stamps = [*range(0, 51), *range(150, 201)]
    stamps.insert(21, 20)
    half = np.array(stamps) / 200.0
    rows = [
        f"{s // 100}.{s % 100:02} {s / 100} 0 0 0 0 {np.sin(h)} {np.cos(h)}" for s, h in zip(stamps, half, strict=True)
    ]
    path = tmp_path / "knots.tum"
    path.write_text("# 100 Hz\n" + "\n".join(rows) + "\n")
    return path


@pytest.fixture
def frames(tmp_path: Path) -> Path:
    """30 Hz from -0.1 s for 70 frames: 3 frames before the knots, 6 after."""
    path = tmp_path / "frames.txt"
    path.write_text("".join(f"{-0.1 + i / 30:.9f}\n" for i in range(70)))
    return path
