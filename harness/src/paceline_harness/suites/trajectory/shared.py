"""What the rows of the trajectory suite share: how equal outputs must be, names, and candidates of several rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

from paceline_harness.baselines import limit
from paceline_harness.baselines import trajectory as plain
from paceline_harness.candidate import Candidate
from paceline_harness.comparison import Comparison
from paceline_harness.equality import Equality, Part, largest_difference, relative_difference, rotation_angle
from paceline_harness.record import Claim
from paceline_harness.suites.columns import NUMPY
from paceline_harness.suites.data import TrajectoryData

PUBLISHED = "the published estimate"
LOOP = "the published loop"

ROTATION = Equality((Part("rotation", "rad", rotation_angle),), 1e-14)
POSITION = Equality((Part("position", "m", largest_difference),), 1e-14)
VALUE = Equality((Part("value", "of the largest", relative_difference),), 1e-14)
POSE = Equality((POSITION.parts[0], ROTATION.parts[0]), 1e-14)

RELATIVE_SECONDS: dict[str, Any] = {
    "tolerance": 1e-11,
    "tolerance_reason": "its stamps are float seconds since the first knot",
}
ABSOLUTE_STAMPS: dict[str, Any] = {
    "tolerance": 1e-5,
    "tolerance_reason": "its stamps are absolute ones in float, which steps by 256 ns at today's wall clock",
}

LIMIT = "C limit"
LIMIT_LABEL = "no checks, compiled for this very machine, through ctypes"


def on_poses(
    data: TrajectoryData,
    operation: str,
    title: str,
    candidates: list[Candidate],
    *,
    reference: Candidate,
    item: str = "frame",
    count_items: Callable[..., int] = lambda _stamps, _positions, _quats, at: len(at),
    keep_outputs: bool = False,
    claim: Claim | None = None,
) -> Comparison:
    """Return a comparison whose inputs are whole poses and whose outputs are poses, NumPy by hand its baseline."""
    return Comparison(
        operation,
        candidates,
        lambda n, rng: data.make(n, rng).arguments(),
        data.sizes,
        NUMPY,
        POSE,
        reference=reference,
        keep_outputs=keep_outputs,
        title=title,
        item=item,
        count_items=count_items,
        claim=claim,
        notes=data.remarks,
        source=data.source,
    )


def prepared_with(candidate: Candidate, prepare: Callable[..., tuple[Any, ...]]) -> Candidate:
    """Return `candidate` with its inputs replaced, untimed, by what `prepare` makes of them."""
    return replace(candidate, prepare=prepare)


def built_slerp(stamps: Any, positions: Any, quats: Any, at: Any) -> tuple[Any, ...]:
    """Return scipy's Slerp and the queries in its seconds, from the inputs of a whole episode."""
    del positions
    return plain.scipy_build(plain.relative_seconds(stamps, stamps), quats), plain.clamped_seconds(stamps, at)


def sized(title: str, sizes: tuple[int, ...], items: str) -> str:
    """Return a title with its size, where there is only one."""
    return f"{title} ({sizes[0]} {items})" if len(sizes) == 1 else title


def evo() -> Candidate:
    """Return evo's interpolation, or that it is not installed."""
    name = "evo PoseTrajectory3D.interpolate"
    if find_spec("evo") is None:
        return Candidate(name, None, unavailable="evo is not installed: pip install evo")
    return Candidate(
        name,
        plain.evo_interpolate,
        "trajectory and float seconds made beforehand",
        prepare=lambda stamps, positions, quats, at: (
            plain.evo_trajectory(stamps, positions, quats),
            at * 1e-9,
        ),
        **ABSOLUTE_STAMPS,
    )


def limit_candidate(call: Callable[..., Any]) -> Candidate:
    """Return `call` as the limit, or why it could not be compiled."""
    try:
        limit.library()
    except limit.NoCompilerError as error:
        return Candidate(LIMIT, None, LIMIT_LABEL, "limit", unavailable=str(error))
    return Candidate(LIMIT, call, LIMIT_LABEL, "limit")


def limit_kept() -> Candidate:
    """Return the limit into kept outputs, or why it could not be compiled."""
    found = limit_candidate(limit.interpolate)
    return found if found.unavailable else Candidate(LIMIT, limit.Kept(), LIMIT_LABEL, "limit")
