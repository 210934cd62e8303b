"""Rows on channels that are interpolated linearly: one column, and the three of a position."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

import paceline
from paceline_harness.baselines import trajectory as plain
from paceline_harness.candidate import Candidate
from paceline_harness.comparison import Comparison
from paceline_harness.suites.columns import REFERENCE, backends, reference
from paceline_harness.suites.data import TrajectoryData
from paceline_harness.suites.trajectory.shared import POSITION, RELATIVE_SECONDS, VALUE


def gripper(names: list[str], data: TrajectoryData) -> Comparison:
    """Return the row of one column: a gripper, or the x coordinate of a file of one's own."""
    public = paceline.interpolate_linear

    def seconds(stamps: Any, values: Any, at: Any) -> tuple[Any, ...]:
        return plain.relative_seconds(at, stamps), plain.relative_seconds(stamps, stamps), values

    return Comparison(
        "interpolate_linear",
        [
            *backends(names, lambda name: partial(public, backend=name)),
            Candidate("np.interp", np.interp, "seconds computed beforehand", prepare=seconds, **RELATIVE_SECONDS),
        ],
        data.widths,
        data.sizes,
        "np.interp",
        VALUE,
        reference=reference(partial(public, backend=REFERENCE)),
        keep_outputs=False,
        title="One column (x)" if data.real else "Gripper",
        item="frame",
        count_items=lambda _stamps, _values, at: len(at),
        notes=data.remarks,
        source=data.source,
    )


def columns(names: list[str], data: TrajectoryData) -> Comparison:
    """Return the row of positions (n, 3), against scipy's linear spline and np.interp."""
    public = paceline.interpolate_linear

    def seconds(stamps: Any, values: Any, at: Any) -> tuple[Any, ...]:
        return plain.clamped_seconds(stamps, at), plain.relative_seconds(stamps, stamps), values

    def built(stamps: Any, values: Any, at: Any) -> tuple[Any, ...]:
        at_seconds, knots, _ = seconds(stamps, values, at)
        return plain.spline_build(knots, values), at_seconds

    def inputs(n: int, rng: np.random.Generator) -> tuple[Any, ...]:
        poses = data.make(n, rng)
        return poses.stamps, poses.positions, poses.video_stamps

    return Comparison(
        "interpolate_linear",
        [
            *backends(names, lambda name: partial(public, backend=name)),
            Candidate(
                "make_interp_spline, evaluated",
                lambda spline, at: spline(at),
                "scipy's linear spline, built beforehand, seconds computed beforehand",
                prepare=built,
                **RELATIVE_SECONDS,
            ),
            Candidate(
                "make_interp_spline, built and evaluated",
                lambda at, knots, values: plain.spline_build(knots, values)(at),
                "seconds computed beforehand",
                prepare=seconds,
                **RELATIVE_SECONDS,
            ),
            Candidate(
                "np.interp × 3",
                plain.interp_columns,
                "seconds computed beforehand",
                prepare=seconds,
                **RELATIVE_SECONDS,
            ),
        ],
        inputs,
        data.sizes,
        "make_interp_spline, evaluated",
        POSITION,
        reference=reference(partial(public, backend=REFERENCE)),
        keep_outputs=False,
        title="Positions (n, 3)",
        item="frame",
        count_items=lambda _stamps, _values, at: len(at),
        source=data.source,
    )
