"""Rows on a trajectory that is prepared once and asked many times."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import paceline
from paceline_harness.baselines import trajectory as plain
from paceline_harness.candidate import Candidate
from paceline_harness.comparison import Comparison
from paceline_harness.suites.columns import NUMPY, REFERENCE, backend, backends, reference
from paceline_harness.suites.data import TrajectoryData
from paceline_harness.suites.trajectory.shared import (
    RELATIVE_SECONDS,
    built_slerp,
    on_poses,
    prepared_with,
)


def prepare(names: list[str], data: TrajectoryData) -> Comparison:
    """Return the row of preparing a trajectory; what was prepared is compared by what it then gives."""

    def seen(trajectory: Any, _stamps: Any, _positions: Any, _quats: Any, at: Any) -> Any:
        return trajectory.at(at)

    def make(name: str) -> Callable[..., Any]:
        return partial(paceline.Trajectory, backend=name)

    def knots(stamps: Any, positions: Any, quats: Any, _at: Any) -> tuple[Any, ...]:
        return stamps, positions, quats

    columns = [prepared_with(each, knots) for each in backends(names, make, seen)]
    return on_poses(
        data,
        "trajectory_check",
        "Preparing a Trajectory",
        [
            *columns,
            Candidate(
                NUMPY,
                plain.numpy_prepare,
                "unit quaternions and the cosine between neighbours",
                prepare=knots,
                observe=lambda prepared, *inputs: plain.numpy_prepared_at(prepared, inputs[3]),
            ),
            Candidate(
                "building scipy's Slerp (rotation only)",
                plain.scipy_build,
                "seconds computed beforehand",
                prepare=lambda stamps, _p, quats, _at: (plain.relative_seconds(stamps, stamps), quats),
                observe=lambda slerp, *inputs: plain.scipy_evaluate(slerp, plain.clamped_seconds(inputs[0], inputs[3])),
                **RELATIVE_SECONDS,
            ),
        ],
        reference=prepared_with(reference(make(REFERENCE), seen), knots),
        item="knot",
        count_items=lambda stamps, *_: len(stamps),
    )


def prepared(names: list[str], data: TrajectoryData) -> Comparison:
    """Return the row of asking a prepared trajectory."""

    def at(trajectory: paceline.Trajectory, times: Any) -> Any:
        return trajectory.at(times)

    def prepared_by(name: str) -> Callable[..., tuple[Any, ...]]:
        return lambda stamps, positions, quats, times: (
            paceline.Trajectory(stamps, positions, quats, backend=name),
            times,
        )

    return on_poses(
        data,
        "trajectory_at",
        "Prepared trajectory",
        [
            *[prepared_with(backend(name, lambda _: at), prepared_by(name)) for name in names],
            Candidate(
                NUMPY,
                plain.numpy_prepared_at,
                "prepared beforehand",
                prepare=lambda *inputs: (plain.numpy_prepare(*inputs[:3]), inputs[3]),
            ),
            Candidate(
                "scipy Slerp, evaluated (rotation only)",
                plain.scipy_evaluate,
                "built beforehand, seconds computed beforehand",
                prepare=built_slerp,
                **RELATIVE_SECONDS,
            ),
        ],
        reference=prepared_with(reference(at), prepared_by(REFERENCE)),
    )
