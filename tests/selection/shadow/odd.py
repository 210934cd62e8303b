"""A backend that is right wherever it is proved, and wrong in use: on disk, as a user would install it."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np

import paceline
from house.editable import install
from paceline.selection import refusals, shadow
from paceline.selection.shadow import mismatches

T = 1_700_000_000_000_000_000
STAMPS, VALUES = np.array([T, T + 1_000_000]), np.array([0.0, 1.0])
IDENTITY, QUARTER = (0.0, 0.0, 0.0, 1.0), (0.0, 0.0, 0.6, 0.8)

KERNELS = {
    "interpolation": '''
"""Right on its golden cases and its workloads, wrong at one time in a thousand."""
from paceline_python.interpolation import *
from paceline_python import interpolation as reference


def interpolate_linear(stamps, values, at, extrapolate, out):
    found = reference.interpolate_linear(stamps, values, at, extrapolate, out)
    out[at % 1_000 == 7] += 1.0
    return found


def trajectory_gap(stamps, at, out):
    found = reference.trajectory_gap(stamps, at, out)
    out[at % 1_000 == 7] += 1
    return found


def slerp_quaternion(t, t0, q0, t1, q1, extrapolate=False):
    q = reference.slerp_quaternion(t, t0, q0, t1, q1, extrapolate)
    return q[::-1] if t % 1_000 == 7 else q
''',
    "resample": """
from paceline_python.resample import *
from paceline_python import resample as reference

def resample_chunk(x, flush, up, down, coefficients, history, state, out):
    found = reference.resample_chunk(x, flush, up, down, coefficients, history, state, out)
    if len(x) and x[0, 0] == 0.5:
        out[:1] += 0.25
    return found
""",
    "formats": '''
from paceline_python.formats import *
from paceline_python import formats as reference


def to_mono(x, out):
    """Writes over its input, as another thread of the caller's could."""
    x.flags.writeable = True
    found = reference.to_mono(x, out)
    x[0, 0] = 9
    out[0] = 9
    return found


def interleave(x, out):
    """Returns nothing."""
    reference.interleave(x, out)


def deinterleave(x, out):
    raise OSError("no such instruction")
''',
}

MENDED = "from paceline_python.interpolation import *\n"


def project(folder: Path) -> list[str]:
    """Write the backend "odd" as an installed project; return what sys.path needs."""
    package = folder / "odd" / "src" / "fake_odd"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(
        "from paceline import Backend\nbackend = Backend('odd', 'fake_odd', '1.0', 1)\n", "utf-8"
    )
    for room, text in KERNELS.items():
        (package / f"{room}.py").write_text(text, "utf-8")
    (folder / "odd" / "pyproject.toml").write_text(
        '[project]\nname = "fake-odd"\nversion = "1.0"\n'
        '[project.entry-points."paceline.backends"]\nodd = "fake_odd:backend"\n',
        "utf-8",
    )
    return install(folder / "odd", folder / "site")


def linear(*offsets: int, backend: str | None = None) -> Any:
    """Interpolate at so many ns after the first knot; 7 is where "odd" is wrong."""
    return paceline.interpolate_linear(STAMPS, VALUES, T + np.array(offsets), backend=backend).tolist()


def find() -> Path:
    """Make one call that comes out wrong, and wait until that is known; return its file."""
    assert linear(7) == [1.000007]
    assert shadow.drain(60)
    assert refusals.reason("interpolate_linear", "odd")
    (file,) = mismatches.folder().iterdir()
    return file


class Holding:
    """A job that lasts until it is let go."""

    nbytes = 0

    def __init__(self, event: threading.Event) -> None:
        self.event = event

    def run(self) -> None:
        assert self.event.wait(60)
