"""Views on records: each takes records and gives text or a picture; none computes a verdict of its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from paceline_harness.record import Record

__all__ = ["write_run"]


def write_run(records: Sequence[Record], folder: Path) -> list[Path]:
    """Write every view of a run into its folder and return what was written; the views are loaded only now."""
    from paceline_harness.report.run import write

    return write(records, folder)
