"""The poses and stamps that the trajectory suite runs on: synthetic, or the user's own files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from paceline.operations import OPERATIONS, synthetic_episode

Duplicates = Literal["first", "last", "error"]


class DataError(ValueError):
    """The user's data cannot be used; the message says what is wrong and what would be accepted."""


@dataclass(frozen=True, eq=False)
class Poses:
    """(m,) stamps in int64 ns, (m, 3) positions in m, (m, 4) quaternions xyzw, (n,) video stamps in int64 ns."""

    stamps: npt.NDArray[np.int64]
    positions: npt.NDArray[np.float64]
    quaternions: npt.NDArray[np.float64]
    video_stamps: npt.NDArray[np.int64]

    def arguments(self) -> tuple[Any, ...]:
        """Return what `interpolate_trajectory_batch` takes."""
        return self.stamps, self.positions, self.quaternions, self.video_stamps


@dataclass(frozen=True)
class TrajectoryData:
    """Where poses come from: `make(n, rng)`, the sizes it is asked for, and a sentence for the record."""

    make: Callable[[int, np.random.Generator], Poses]
    sizes: tuple[int, ...]
    source: str
    real: bool = False
    remarks: tuple[str, ...] = field(default_factory=tuple)

    def widths(self, n: int, rng: np.random.Generator) -> tuple[Any, ...]:
        """Return stamps, one column of values and queries: a gripper's opening, or the real file's x coordinate."""
        if not self.real:
            return OPERATIONS["interpolate_linear"].workload(n, rng)
        poses = self.make(n, rng)
        return poses.stamps, poses.positions[:, 0].copy(), poses.video_stamps


def synthetic(sizes: Sequence[int] = (7200,)) -> TrajectoryData:
    """Return episodes of two minutes of tumbling motion (at the default 7,200 frames), made from the seed."""

    def make(frames: int, rng: np.random.Generator) -> Poses:
        episode = synthetic_episode(frames, rng)
        return Poses(episode.stamps, episode.positions, episode.quaternions, episode.video_stamps)

    return TrajectoryData(make, tuple(sizes), "synthetic episode, made from the seed")


def from_files(trajectory: Path, video: Path, duplicates: Duplicates = "first") -> TrajectoryData:
    """Read a TUM trajectory, and video stamps from the first column of a text file; say what was dropped.

    Raises
    ------
    DataError
        A file is missing or malformed, its stamps go backwards, or repeat and `duplicates` is "error".
    """
    from paceline.tum import TumError, read_stamps, read_tum

    try:
        poses = read_tum(trajectory)
        video_stamps, _ = read_stamps(video)
    except OSError as error:
        raise DataError(f"{error.filename} cannot be read: {error.strerror}.") from error
    except TumError as error:
        raise DataError(str(error)) from error
    back = np.flatnonzero(np.diff(poses.stamps) < 0)
    if back.size:
        line = int(poses.lines[back[0] + 1])
        raise DataError(f"{trajectory}, line {line}: the stamp goes backwards; accepted are stamps that never do.")
    remarks = _duplicate_remarks(trajectory, poses.duplicates(), duplicates)
    kept = _kept(poses.stamps, duplicates)
    if kept.sum() < 2:
        raise DataError(f"{trajectory} holds {kept.sum()} distinct stamps; accepted are two or more.")
    real = Poses(
        poses.stamps[kept],
        np.ascontiguousarray(poses.positions[kept]),
        np.ascontiguousarray(poses.quaternions[kept]),
        np.ascontiguousarray(video_stamps),
    )
    source = f"{trajectory.name} ({len(real.stamps)} knots), {video.name} ({len(real.video_stamps)} frames)"
    return TrajectoryData(lambda _n, _rng: real, (len(real.video_stamps),), source, True, tuple(remarks))


def _duplicate_remarks(path: Path, repeats: Sequence[Any], duplicates: Duplicates) -> list[str]:
    """Return one sentence per repeated stamp; raise the first when repeats are an error."""
    did = {"first": "the later line was dropped", "last": "the earlier line was dropped", "error": "refused"}
    remarks = [
        f"{path.name}, line {each.line}: the stamp {each.stamp} ns repeats line {each.first_line}; --duplicates "
        f"{duplicates}: {did[duplicates]}."
        for each in repeats
    ]
    if remarks and duplicates == "error":
        raise DataError(f"{remarks[0]} Accepted with repeated stamps are --duplicates first and last.")
    return remarks


def _kept(stamps: npt.NDArray[np.int64], duplicates: Duplicates) -> npt.NDArray[np.bool_]:
    differs = np.diff(stamps) != 0
    edge = np.ones(1, bool)
    return np.concatenate([edge, differs]) if duplicates != "last" else np.concatenate([differs, edge])
