"""`harness list`: the suites, their operations, and the backends that are here."""

from __future__ import annotations

import typer

from paceline_harness.suites import SUITES


def list_everything() -> None:
    """List the suites with their operations, and the backends with their state."""
    import paceline

    for suite in SUITES.values():
        typer.echo(f"{suite.name}: {suite.summary}")
        for operation in suite.operations:
            typer.echo(f"  {operation}")
    typer.echo("")
    typer.echo(str(paceline.status()))
