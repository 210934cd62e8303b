"""Segments as JSON, CSV or Audacity's label track."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TextIO

from paceline_pipelines.audio_preprocess.errors import PreprocessError
from paceline_pipelines.audio_preprocess.speech import Segments

__all__ = ["choose_segment_writer"]

SegmentWriter = Callable[[TextIO, Segments, Any], None]


def choose_segment_writer(path: Path) -> SegmentWriter:
    """Return what writes the kind of file that the name ends in.

    Raises
    ------
    PreprocessError
        It ends in none of them.
    """
    try:
        return _WRITERS[path.suffix.lower()]
    except KeyError:
        raise PreprocessError(
            f"{path} does not say how to write segments; accepted are {', '.join(_WRITERS)}."
        ) from None


def _rows(segments: Segments) -> Any:
    return zip(segments.seconds.tolist(), segments.positions.tolist(), strict=True)


def _write_json(file: TextIO, segments: Segments, about: Any) -> None:
    rows = [
        {"start": start, "end": end, "start_sample": first, "end_sample": last}
        for (start, end), (first, last) in _rows(segments)
    ]
    json.dump({**about, "rate": segments.rate, "segments": rows}, file, indent=1)
    file.write("\n")


def _write_csv(file: TextIO, segments: Segments, about: Any) -> None:  # noqa: ARG001 - of one form with the others
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(("start", "end", "start_sample", "end_sample"))
    writer.writerows((f"{start:.6f}", f"{end:.6f}", *at) for (start, end), at in _rows(segments))


def _write_labels(file: TextIO, segments: Segments, about: Any) -> None:  # noqa: ARG001
    file.writelines(f"{start:.6f}\t{end:.6f}\tspeech\n" for (start, end), _ in _rows(segments))


_WRITERS: Final[dict[str, SegmentWriter]] = {".json": _write_json, ".csv": _write_csv, ".txt": _write_labels}
