"""`harness diff`: what became faster or slower between two runs."""

from __future__ import annotations

import math
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from paceline_harness.diff import Change, Difference, Word

EXIT_CHANGED, EXIT_MISTAKE = 1, 2
HEADER = ("operation", "candidate", "before", "after", "after ÷ before", "")


class FailOn(StrEnum):
    """Which changes end in exit code 1."""

    SLOWER = "slower"
    ANY = "any"
    NONE = "none"


def diff(
    before: Annotated[Path, typer.Argument(help="Records of one run: .jsonl, or the same gzipped.")],
    after: Annotated[Path, typer.Argument(help="Records of the other run.")],
    baseline: Annotated[str | None, typer.Option(help="The candidate that both runs' times are divided by.")] = None,
    fail_on: Annotated[FailOn, typer.Option(help="What ends in exit code 1.")] = FailOn.SLOWER,
    changed: Annotated[bool, typer.Option("--changed", help="Show only what became faster or slower.")] = False,
) -> None:
    """Compare two runs, each candidate relative to the baseline that was measured beside it.

    A change is claimed where its interval lies beyond the margin, and beyond what changed where the code is the same.
    Exit code: 0; 1 when something became slower (or as --fail-on says); 2 for a mistake.
    """
    from paceline_harness.diff import difference
    from paceline_harness.record import Record, RecordError, read_records

    read: list[list[Record]] = []
    for path in (before, after):
        try:
            read.append(read_records(path))
        except OSError as error:
            typer.echo(f"{path} cannot be read: {error.strerror or error}.", err=True)
            raise typer.Exit(EXIT_MISTAKE) from error
        except RecordError as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(EXIT_MISTAKE) from error
    try:
        found = difference(read[0], read[1], baseline)
    except ValueError as error:
        typer.echo(f"--baseline cannot be used: {error}", err=True)
        raise typer.Exit(EXIT_MISTAKE) from error
    _show(found, changed)
    counted = {FailOn.SLOWER: ("slower",), FailOn.ANY: ("slower", "faster"), FailOn.NONE: ()}[fail_on]
    if any(change.word in counted for change in found.changes):
        raise typer.Exit(EXIT_CHANGED)


def _show(found: Difference, changed: bool) -> None:
    from paceline_harness.report.rows import Row
    from paceline_harness.report.terminal import console, rich_table

    to = console()
    shown = [each for each in found.changes if not changed or each.word in ("faster", "slower")]
    if shown:
        rows = [Row(_cells(each), frozenset({4, 5} if each.word in ("faster", "slower") else ())) for each in shown]
        to.print(rich_table(HEADER, rows, to))
    for line in _sentences(found):
        to.print(line, markup=False)


def _cells(change: Change) -> tuple[list[str], ...]:
    from paceline_harness.report.words import ratio_text

    sides = [ratio_text(side.ratio, side.interval) for side in (change.before, change.after)]
    said = f"{change.word}: {change.reason}" if change.reason else change.word
    name = f"{change.name} (same code)" if change.same_code else change.name
    texts = (change.title, name, *sides, ratio_text(change.ratio, change.interval), said)
    return tuple([text] for text in texts)


def _sentences(found: Difference) -> list[str]:
    words: tuple[Word, ...] = ("slower", "faster", "unchanged", "cannot tell")
    counts = ", ".join(f"{len(found.said(word))} {word}" for word in words)
    lines = [f"Of {len(found.changes)} candidates in both runs: {counts}. Ratios are time ÷ baseline's time."]
    if found.drift is not None:
        lines.append(
            f"Where the code is the same ({found.controls} of them), times changed by up to "
            f"{math.expm1(found.drift):.1%} beyond their intervals: no smaller change is claimed."
        )
    lines += [f"Only before: {name}." for name in found.only_before]
    lines += [f"Only after: {name}." for name in found.only_after]
    return lines + found.remarks
