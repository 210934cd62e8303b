"""Rows on a whole episode at the stamps of its video: new outputs, and kept ones."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import paceline
from paceline_harness.baselines import limit
from paceline_harness.baselines import trajectory as plain
from paceline_harness.candidate import Candidate
from paceline_harness.comparison import Comparison
from paceline_harness.record import Claim
from paceline_harness.suites.columns import NUMPY, REFERENCE, backends, reference
from paceline_harness.suites.data import TrajectoryData
from paceline_harness.suites.trajectory.shared import (
    ABSOLUTE_STAMPS,
    LOOP,
    PUBLISHED,
    RELATIVE_SECONDS,
    built_slerp,
    evo,
    limit_candidate,
    limit_kept,
    on_poses,
)

EPISODE_FRAMES = 7200


def video(names: list[str], data: TrajectoryData) -> Comparison:
    """Return the row of a whole episode into new outputs, beside what users do today."""
    public = paceline.interpolate_trajectory_batch
    episode = not data.real and data.sizes == (EPISODE_FRAMES,)
    return on_poses(
        data,
        "interpolate_trajectory_batch",
        "Trajectory to video",
        [
            *backends(names, lambda name: partial(public, backend=name)),
            Candidate(NUMPY, plain.numpy_trajectory, "one searchsorted, vectorised, quaternions of any norm"),
            Candidate(
                "scipy Slerp, evaluated (rotation only)",
                plain.scipy_evaluate,
                "built beforehand, seconds computed beforehand",
                prepare=built_slerp,
                **RELATIVE_SECONDS,
            ),
            Candidate(
                "scipy Slerp, built and evaluated (rotation only)",
                plain.scipy_build_and_evaluate,
                "what a script does once per episode",
                **RELATIVE_SECONDS,
            ),
            evo(),
            Candidate(
                LOOP,
                plain.published_trajectory_loop,
                "a scipy Slerp object for every frame, positions one by one",
                "as published",
                **ABSOLUTE_STAMPS,
            ),
            limit_candidate(limit.interpolate),
        ],
        reference=reference(partial(public, backend=REFERENCE)),
        claim=Claim(100.0, 5.0, 20.0, PUBLISHED) if episode else None,
    )


def video_kept(names: list[str], data: TrajectoryData) -> Comparison:
    """Return the row of a whole episode into kept outputs."""
    public = paceline.interpolate_trajectory_batch

    def into(name: str) -> Callable[..., Any]:
        def call(*inputs: Any, out: Any) -> Any:
            return public(*inputs, out=out, backend=name)

        return call

    return on_poses(
        data,
        "interpolate_trajectory_batch",
        "Trajectory to video, kept outputs (out=)",
        [
            *backends(names, into),
            Candidate(NUMPY, plain.numpy_trajectory, "makes its outputs anew: it has no use for kept ones"),
            limit_kept(),
        ],
        reference=reference(partial(public, backend=REFERENCE)),
        keep_outputs=True,
    )
