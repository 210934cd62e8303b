"""`harness audit`: compute every verdict of committed records again, and say what does not hold."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from paceline_harness.audit import Audit

EXIT_FINDINGS, EXIT_MISTAKE = 1, 2
MOST_SHOWN = 20


def audit(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Records: .jsonl, or the same gzipped.")],
    allow_unsealed: Annotated[
        bool, typer.Option("--allow-unsealed", help="Accept records of before there was a chain of hashes.")
    ] = False,
    every: Annotated[bool, typer.Option("--all", help=f"Say every finding, not only the first {MOST_SHOWN}.")] = False,
) -> None:
    """Recompute every interval, verdict and stop from the raw samples, bit for bit, and check that the parts fit.

    Exit code: 0 when all is as stated; 1 with one sentence per finding; 2 for a file that cannot be read.
    """
    from paceline_harness.audit import audit_file

    failed = False
    for path in files:
        try:
            done = audit_file(path, unsealed=allow_unsealed)
        except OSError as error:
            typer.echo(f"{path} cannot be read: {error.strerror or error}.", err=True)
            raise typer.Exit(EXIT_MISTAKE) from error
        _show(done, len(done.findings) if every else MOST_SHOWN)
        failed = failed or not done.passed
    if failed:
        raise typer.Exit(EXIT_FINDINGS)


def _show(done: Audit, most: int) -> None:
    for finding in done.findings[:most]:
        typer.echo(str(finding))
    if done.passed:
        tables = "table" if done.tables == 1 else "tables"
        records = "record" if done.records == 1 else "records"
        typer.echo(
            f"{done.path}: {done.records} {records} of {done.tables} {tables}, {done.verdicts} verdicts recomputed and "
            f"{done.across} over launches, all the same."
        )
        return
    count = len(done.findings)
    left = f"; --all shows the other {count - most}" if count > most else ""
    typer.echo(f"{done.path}: rejected, {count} finding{'s' * (count != 1)}{left}.")
