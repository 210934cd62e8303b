"""`trajectory_to_video`: one pose for every frame of a video, and a mark on those that are guesses."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Literal

import numpy as np

import paceline
from paceline.tum import TumError, stamp_to_ns
from paceline_pipelines.trajectory_to_video.readers import (
    ConversionError,
    TrajectoryFile,
    open_video,
    read_trajectory,
)
from paceline_pipelines.trajectory_to_video.summary import Furthest, Hole, Summary, in_seconds, in_words
from paceline_pipelines.trajectory_to_video.writers import Frames, choose_format, open_table

__all__ = ["parse_duration", "trajectory_to_video"]

_DURATION = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)\s*(ns|us|µs|ms|s|)")
_POWER = {"ns": -9, "us": -6, "µs": -6, "ms": -3, "s": 0, "": 0}


def trajectory_to_video(
    trajectory: str | PathLike[str],
    video_stamps: str | PathLike[str],
    out: str | PathLike[str],
    *,
    max_gap: int | str = "100ms",
    bounds: Literal["clamp", "error", "extrapolate"] = "clamp",
    duplicates: Literal["first", "last", "error"] = "first",
    format: Literal["parquet", "csv"] | None = None,
    null_invalid: bool = False,
    backend: str | None = None,
    chunk: int = 65_536,
    progress: Callable[[int, int | None], None] | None = None,
) -> Summary:
    """Write one interpolated pose per video frame to `out`, and return what was done.

    The columns are ``frame_index``, ``timestamp_ns``, ``position`` (x, y, z; metres), ``orientation`` (x, y,
    z, w; unit), ``gap_ns`` (to the nearest knot) and ``valid``. CSV has one column per axis: ``position_x``
    … ``orientation_w``.

    A frame is **valid** when it lies between the first and the last knot, and its nearest knot is at most
    `max_gap` away. So what a pose may be wrong by is at most what the body moves in that time. The default
    of 100 ms lets one lost sample of a 10 Hz tracker pass and refuses a lost track; a hand at 1 m/s moves 10
    cm in it, so choose less for fast tracking. A frame that is not valid still has the pose that `bounds`
    and interpolation give, for plots and for a judgement of one's own; with `null_invalid` its pose is null.

    Parameters
    ----------
    trajectory : path
        TUM text, or Parquet with ``timestamp_ns``, ``position`` and ``orientation``. Held in memory.
    video_stamps : path
        TUM text, one stamp in decimal seconds a line, or Parquet with ``timestamp_ns``; in any order. Walked
        in chunks.
    out : path
        Replaced in one step when all is written; after an error or Ctrl-C it is as it was before.
    max_gap : int or str
        Nanoseconds, or a text such as ``50ms`` or ``0.05`` (seconds).
    bounds : {"clamp", "error", "extrapolate"}
        What frames outside the trajectory's span get: the end pose, an error, or the end segment carried on.
    duplicates : {"first", "last", "error"}
        Which of several knots with an equal stamp counts; each is listed in the summary.
    format : {"parquet", "csv"}, optional
        By default what the name of `out` ends in.
    backend : str, optional
        As in `paceline.Trajectory`.
    chunk : int
        Frames that are read, interpolated and written at a time; the Parquet row-group size.
    progress : callable, optional
        Called after each chunk with the frames done and, where known, the number of frames.

    Raises
    ------
    ConversionError, paceline.tum.TumError
        A file or an option cannot be used; one sentence.
    OSError, paceline.BackendUnavailable
        A file cannot be read or written; the backend is not installed.
    """
    out, limit = Path(out), max_gap if isinstance(max_gap, int) else parse_duration(max_gap)
    if limit < 0:
        raise ConversionError(f"max_gap is {limit} ns; accepted are 0 and more.")
    form = choose_format(out, format)
    if any(out.exists() and Path(source).exists() and out.samefile(source) for source in (trajectory, video_stamps)):
        raise ConversionError(f"{out} is one of the files to read; accepted is another name to write to.")
    source, video = read_trajectory(Path(trajectory)), open_video(Path(video_stamps))
    with _naming(source.where):
        knots = paceline.Trajectory(
            source.data.stamps,
            source.data.positions,
            source.data.quaternions,
            duplicates=duplicates,
            backend=backend,
        )
    done = invalid = outside = 0
    furthest: Furthest | None = None
    first, last = knots.span
    with open_table(out, form) as append:
        for stamps, places in video.chunks(chunk):
            inside = (stamps >= first) & (stamps <= last)
            if bounds == "error" and not inside.all():
                i = int(np.argmin(inside))
                raise _outside(video.where(places, i), done + i, int(stamps[i]), knots.span)
            with _naming(partial(video.where, places)):
                positions, quaternions = knots.at(stamps, bounds=bounds)
                gaps = knots.gap(stamps)
            valid = inside & (gaps <= limit)
            append(Frames(done, stamps, positions, quaternions, gaps, valid, null_invalid))
            worst = int(gaps.argmax())
            if furthest is None or gaps[worst] > furthest.gap:
                place = video.where(places, worst)
                furthest = Furthest(int(gaps[worst]), done + worst, int(stamps[worst]), place)
            done += len(stamps)
            invalid += int(np.count_nonzero(~valid))
            outside += int(np.count_nonzero(~inside))
            if progress:
                progress(done, video.frames)
    return Summary(
        out=out,
        knots=len(knots),
        frames=done,
        invalid=invalid,
        outside=outside,
        max_gap=limit,
        hole=_longest_hole(source),
        furthest=furthest,
        trajectory=source.data.path,
        unit=source.unit,
        duplicates=tuple(source.data.duplicates()),
        kept=duplicates,
        backend=knots.backend,
    )


def parse_duration(text: str) -> int:
    """Return a length of time such as ``50ms``, ``0.05`` (seconds), ``20us`` in whole nanoseconds."""
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise ConversionError(
            f"--max-gap {text!r} is not a length of time; accepted are such as 50ms, 0.05 (seconds) and 20us."
        )
    try:
        return stamp_to_ns(f"{match[1]}e{_POWER[match[2]]}")
    except TumError:
        raise ConversionError(f"--max-gap {text!r} does not fit: accepted are lengths up to 9.22e9 s.") from None


@contextmanager
def _naming(where: Callable[[int], str]) -> Iterator[None]:
    """Add the file and the line to an error of `paceline`, which knows only an index into the arrays."""
    try:
        yield
    except ValueError as error:
        index = re.search(r"\[(\d+)", str(error))
        raise ConversionError(f"{where(int(index[1]))}: {error}" if index else str(error)) from error


def _longest_hole(source: TrajectoryFile) -> Hole | None:
    stamps, lines = source.data.stamps, source.data.lines
    if len(stamps) < 2:
        return None
    row = int(np.diff(stamps).argmax())
    return Hole(int(stamps[row + 1] - stamps[row]), int(lines[row]), int(lines[row + 1]))


def _outside(place: str, frame: int, stamp: int, span: tuple[int, int]) -> ConversionError:
    first, last = span
    side = (
        f"{in_words(first - stamp)} before the first" if stamp < first else f"{in_words(stamp - last)} after the last"
    )
    return ConversionError(
        f"{place}: frame {frame} at {in_seconds(stamp)} s lies {side} knot of the "
        "trajectory; --bounds clamp or extrapolate gives such frames a pose, marked as not valid."
    )
