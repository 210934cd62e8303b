"""The trajectory suite: nine rows, from one slerp to a whole episode at the stamps of its video."""

from __future__ import annotations

from paceline_harness.comparison import Comparison
from paceline_harness.suites import SuiteOptions
from paceline_harness.suites.columns import backend_names
from paceline_harness.suites.data import synthetic
from paceline_harness.suites.trajectory.channels import columns, gripper
from paceline_harness.suites.trajectory.pairs import one_slerp, positions, slerps
from paceline_harness.suites.trajectory.prepared import prepare, prepared
from paceline_harness.suites.trajectory.video import EPISODE_FRAMES, video, video_kept

PAIRS = 1000


def comparisons(options: SuiteOptions) -> list[Comparison]:
    """Build the rows for the backends, data and sizes asked for."""
    names = backend_names(options.backends)
    data = options.data or synthetic(options.sizes or (EPISODE_FRAMES,))
    pair_sizes = options.sizes or (PAIRS,)
    return [
        slerps(names, pair_sizes),
        positions(names, pair_sizes),
        video(names, data),
        video_kept(names, data),
        gripper(names, data),
        columns(names, data),
        one_slerp(names),
        prepare(names, data),
        prepared(names, data),
    ]
