"""`harness accuracy vad`: how often voice detectors are right, on a folder of recordings, in made noise."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from paceline_harness.accuracy.vad import Accuracy

EXIT_MISTAKE = 2

app = typer.Typer(help="Score implementations that decide, on recordings of your own.", no_args_is_help=True)


@app.callback()
def accuracy() -> None:
    """Score implementations that decide, on recordings of your own."""


@app.command()
def vad(
    audio_dir: Annotated[Path, typer.Option(help="A folder with recordings of speech.")],
    seed: Annotated[int, typer.Option(help="Of the pauses and the noise.")] = 3,
    output: Annotated[Path | None, typer.Option(help="A JSON file to write the scores to.")] = None,
) -> None:
    """Score voice detectors against silero-vad: speech with pauses, clean and in white, pink and hum noise.

    Everything is done on this machine. Exit code: 0; 2 where recordings or the reference are missing.
    """
    from paceline_harness.environment import one_thread_each

    one_thread_each()
    import msgspec
    from rich.console import Console

    from paceline_harness.accuracy.detectors import AbsentError
    from paceline_harness.accuracy.vad import measure
    from paceline_harness.suites.data import DataError

    told = Console(stderr=True)
    try:
        with told.status("") as status:
            found = measure(audio_dir, seed, lambda name, condition: status.update(f"{name}: {condition}"))
    except DataError as mistake:
        typer.echo(str(mistake), err=True)
        raise typer.Exit(EXIT_MISTAKE) from mistake
    except AbsentError as absent:
        typer.echo(f"The reference cannot be asked: {absent}.", err=True)
        raise typer.Exit(EXIT_MISTAKE) from absent
    show(found)
    if output is not None:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n")
        typer.echo(str(output))


def show(found: Accuracy) -> None:
    """Print the scores, a row for each detector."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from paceline_harness.report.terminal import console

    to = console()
    to.print(
        Text(
            f"Balanced accuracy / F1 against {found.reference}: {found.seconds:,.0f} s of {len(found.files)} files, "
            f"{found.frames:,} frames of 30 ms, {found.speech_share:.0%} speech, seed {found.seed}",
            style="bold",
        )
    )
    table = Table(box=box.SIMPLE_HEAD if sys.stdout.isatty() else box.ASCII2)
    for name in ("detector", *found.conditions):
        table.add_column(name)
    for each in found.detectors:
        cells = [f"{score.balanced_accuracy:.2f} / {score.f1:.2f}" for score in each.scores]
        table.add_row(each.name, *(cells or ["n/a"] * len(found.conditions)))
    to.print(table)
    for each in found.detectors:
        if each.reason:
            to.print(Text(f"{each.name}: n/a: {each.reason}."))
    to.print(Text(found.bias, style="dim"))
