"""The suites by name: each builds its comparisons on demand, so that listing them costs nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from paceline_harness.comparison import Comparison
    from paceline_harness.suites.audio.sound import Sound
    from paceline_harness.suites.data import TrajectoryData


@dataclass(frozen=True)
class SuiteOptions:
    """What a suite is asked for: backends (None: all), poses or sound to run on, sizes (None: the suite's own).

    `brief` leaves out what is measured only where a suite is named.
    """

    backends: tuple[str, ...] | None = None
    data: TrajectoryData | None = None
    sizes: tuple[int, ...] | None = None
    sound: Sound | None = None
    brief: bool = False


@dataclass(frozen=True)
class Suite:
    """A named group of comparisons; `operations` are the contract's names of what it measures.

    One that is not `usual` is measured only where it is named.
    """

    name: str
    summary: str
    operations: tuple[str, ...]
    module: str
    usual: bool = True

    def comparisons(self, options: SuiteOptions) -> list[Comparison]:
        """Build the suite's comparisons, in the order of its table."""
        build: Callable[[SuiteOptions], list[Comparison]] = import_module(self.module).comparisons
        return build(options)


SUITES: dict[str, Suite] = {
    suite.name: suite
    for suite in (
        Suite(
            "trajectory",
            "interpolating recorded poses, positions and other channels at the stamps of video frames",
            (
                "slerp_quaternions_batch",
                "interpolate_positions_batch",
                "interpolate_trajectory_batch",
                "interpolate_linear",
                "slerp_quaternion",
                "trajectory_check",
                "trajectory_at",
            ),
            "paceline_harness.suites.trajectory",
        ),
        Suite(
            "audio",
            "sampling rates, streams, voice activity and sample formats, beside native libraries and plain Python",
            (
                "resample",
                "resample_chunk",
                "detect_voice",
                "audio_pipeline",
                "convert_format",
            ),
            "paceline_harness.suites.audio",
        ),
        Suite(
            "executor",
            "pipelines of nodes over lists and arrays, beside a plain loop, asyncio, C and pipeline libraries",
            ("run_pipeline",),
            "paceline_harness.suites.executor",
        ),
        Suite(
            "formats",
            "every pair of sample formats at several sizes, and layouts, beside memcpy; measured where it is named",
            ("convert_format", "interleave", "deinterleave"),
            "paceline_harness.suites.audio.formats",
            usual=False,
        ),
        Suite(
            "overhead",
            "what a call costs: empty native calls, small arrays through every layer; measured where it is named",
            ("empty_call", "small_call"),
            "paceline_harness.suites.overhead",
            usual=False,
        ),
    )
}


class UnknownNameError(ValueError):
    """A suite, operation or backend that does not exist; the message lists what does."""


def chosen(names: Sequence[str], options: SuiteOptions) -> list[Comparison]:
    """Return the comparisons of the named suites and operations, each once; else the usual suites, in brief.

    Raises
    ------
    UnknownNameError
        A name is neither a suite nor an operation.
    """
    operations = {operation: suite for suite in SUITES.values() for operation in suite.operations}
    for name in names:
        if name not in SUITES and name not in operations:
            raise UnknownNameError(
                f"{name!r} is no suite or operation; the suites are {', '.join(SUITES)}, "
                f"the operations {', '.join(operations)}."
            )
    wanted = set(names) or {suite.name for suite in SUITES.values() if suite.usual}
    options = replace(options, brief=not names)
    return [
        comparison
        for suite in SUITES.values()
        if suite.name in wanted or wanted & set(suite.operations)
        for comparison in suite.comparisons(options)
        if suite.name in wanted or comparison.name in wanted
    ]
