"""What the rows of the audio suite share: peers that may be absent, variants of a backend, titles."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import paceline
from paceline_harness.candidate import Candidate
from paceline_harness.environment import package_version
from paceline_harness.equality import Equality, Part, relative_difference

PUBLISHED = "published as measured"

SAMPLES = Equality((Part("sample", "of the largest", relative_difference),), 2e-6)
"""Two backends that are each within -120 dB of the exact answer."""

OWN_FILTER: dict[str, Any] = {
    "tolerance": 0.3,
    "tolerance_reason": "its transition band is its own, and the signal has noise there: its SNR tells how exact it is",
}

PACKAGES = {"soxr": "soxr", "sphn": "sphn", "webrtcvad": "webrtcvad-wheels"}
"""The native peers' modules and what they are installed from."""


def peer(name: str, module: str, call: Callable[..., Any], label: str, **more: Any) -> Candidate:
    """Return a native library of others as a candidate, or that it is not installed."""
    package = PACKAGES[module]
    about = partial(Candidate, name, label=label, group="peer")
    if find_spec(module) is None:
        return about(call=None, unavailable=f"{module} is not installed: pip install {package}")
    return about(call=call, version=package_version(package), package=module, **more)


def imported(module: str, name: str) -> Any:
    """Return what a peer's module calls `name`; None where it is not installed."""
    return getattr(import_module(module), name) if find_spec(module) else None


def first_there(*candidates: Candidate) -> str:
    """Return the name of the first candidate that can be timed: the baseline, best first."""
    return next(each.name for each in candidates if not each.unavailable)


def has_variant(operation: str, variant: str) -> bool:
    """Tell whether a backend's variant ("rust:rubato") serves an operation."""
    try:
        paceline.bind(operation, backend=variant)
    except (paceline.BackendUnavailable, ValueError):
        return False
    return True


def kilohertz(rate: int) -> str:
    """Return "44.1" for 44,100 Hz."""
    return f"{rate / 1000:g}"
