"""Rows on independent pairs of knots: slerps, positions, and one slerp alone."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import paceline
from paceline.operations import OPERATIONS
from paceline_harness.baselines import trajectory as plain
from paceline_harness.candidate import Candidate
from paceline_harness.comparison import Comparison
from paceline_harness.record import Claim
from paceline_harness.suites.columns import NUMPY, REFERENCE, backend, backends, reference
from paceline_harness.suites.trajectory.shared import (
    ABSOLUTE_STAMPS,
    LOOP,
    POSITION,
    PUBLISHED,
    ROTATION,
    sized,
)


def slerps(names: list[str], sizes: tuple[int, ...]) -> Comparison:
    """Return the row of n slerps, each of its own pair of knots."""
    public = paceline.slerp_quaternions_batch
    return Comparison(
        "slerp_quaternions_batch",
        [
            *backends(names, lambda name: partial(public, backend=name)),
            Candidate(NUMPY, plain.numpy_slerps, "vectorised, quaternions of any norm"),
            Candidate(
                LOOP,
                plain.published_slerp_loop,
                "a scipy Slerp object for every sample",
                "as published",
                **ABSOLUTE_STAMPS,
            ),
        ],
        OPERATIONS["slerp_quaternions_batch"].workload,
        sizes,
        NUMPY,
        ROTATION,
        reference=reference(partial(public, backend=REFERENCE)),
        keep_outputs=False,
        title=sized("SLERP", sizes, "quats"),
        item="quaternion",
        claim=Claim(5.0, 0.1, 50.0, PUBLISHED) if sizes == (1000,) else None,
    )


def positions(names: list[str], sizes: tuple[int, ...]) -> Comparison:
    """Return the row of n positions, each of its own pair of knots."""
    public = paceline.interpolate_positions_batch
    return Comparison(
        "interpolate_positions_batch",
        [
            *backends(names, lambda name: partial(public, backend=name)),
            Candidate(NUMPY, plain.numpy_positions, "vectorised"),
            Candidate(LOOP, plain.published_lerp_loop, "a Python loop over NumPy rows", "as published"),
        ],
        OPERATIONS["interpolate_positions_batch"].workload,
        sizes,
        NUMPY,
        POSITION,
        reference=reference(partial(public, backend=REFERENCE)),
        keep_outputs=False,
        title=sized("Linear interp", sizes, "pts"),
        item="point",
        claim=Claim(2.0, 0.05, 40.0, PUBLISHED) if sizes == (1000,) else None,
    )


def one_slerp(names: list[str]) -> Comparison:
    """Return the row of one slerp, tuples in and out, by the raw kernels; pure Python is the baseline."""
    kernel = partial(paceline.bind, "slerp_quaternion")
    plain_python = backend(REFERENCE, lambda name: kernel(backend=name))
    columns = backends(names, lambda name: kernel(backend=name))
    if REFERENCE not in names:  # it is the baseline here: the best plain Python there is
        columns.append(replace(plain_python, group="baseline"))
    return Comparison(
        "slerp_quaternion",
        columns,
        OPERATIONS["slerp_quaternion"].workload,
        (1,),
        REFERENCE,
        ROTATION,
        reference=plain_python,
        keep_outputs=False,
        title="One SLERP from tuples (raw kernel)",
        item="call",
    )
