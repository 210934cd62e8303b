"""The command ``trajectory-to-video``."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal, NoReturn

import typer

# numpy, pyarrow and paceline are imported where the work begins: --help and a mistyped option answer at once.

__all__ = ["main"]

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command()
def trajectory_to_video(
    trajectory: Annotated[Path, typer.Argument(help="TUM text, or Parquet: timestamp_ns, position, orientation.")],
    video_stamps: Annotated[Path, typer.Argument(help="TUM text, one stamp (s) a line, or Parquet: timestamp_ns.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The table to write: .parquet or .csv.")],
    max_gap: Annotated[
        str,
        typer.Option(help="A frame further than this from every knot is not valid: 50ms, 0.05 (seconds)."),
    ] = "100ms",
    bounds: Annotated[
        Literal["clamp", "error", "extrapolate"], typer.Option(help="What frames outside the trajectory get.")
    ] = "clamp",
    duplicates: Annotated[
        Literal["first", "last", "error"], typer.Option(help="Which of the knots with an equal stamp counts.")
    ] = "first",
    invalid: Annotated[
        Literal["keep", "null"],
        typer.Option(help="The pose of frames that are not valid: keep it, or write null."),
    ] = "keep",
    format: Annotated[
        Literal["parquet", "csv"] | None, typer.Option(help="By default what the name of OUT ends in.")
    ] = None,
    backend: Annotated[str | None, typer.Option(help="python, numba, cython or rust; by default the best one.")] = None,
    progress: Annotated[
        bool | None, typer.Option("--progress/--no-progress", help="By default only on a terminal.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No summary and no progress; errors only.")] = False,
) -> None:
    """Write one interpolated pose per video frame, with its gap to the nearest knot, and whether it is valid.

    A frame is valid between the first and the last knot, with a knot within --max-gap. The summary goes to
    stderr. OUT appears, or is replaced, only when it is complete. Exit status: 0 done, 2 a file or an option
    cannot be used, 130 Ctrl-C.
    """
    import paceline
    from paceline.tum import TumError
    from paceline_pipelines.trajectory_to_video.convert import trajectory_to_video as convert
    from paceline_pipelines.trajectory_to_video.readers import ConversionError

    try:
        with _bar(not quiet and (sys.stderr.isatty() if progress is None else progress)) as advance:
            summary = convert(
                trajectory,
                video_stamps,
                out,
                max_gap=max_gap,
                bounds=bounds,
                duplicates=duplicates,
                null_invalid=invalid == "null",
                format=format,
                backend=backend,
                progress=advance,
            )
    except (ConversionError, TumError, paceline.BackendUnavailable) as error:
        _fail(str(error))
    except OSError as error:
        _fail(f"{error.filename}: {error.strerror}." if error.filename else str(error))
    except KeyboardInterrupt:
        typer.echo(f"Interrupted; {out} is as it was before.", err=True)
        raise typer.Exit(130) from None
    if not quiet:
        typer.echo("\n".join(summary.lines()), err=True)


@contextmanager
def _bar(shown: bool) -> Iterator[Callable[[int, int | None], None] | None]:
    """Yield what `convert` calls after each chunk: a progress bar on stderr, or None."""
    if not shown:
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TimeElapsedColumn

    # The number of frames leads: in a text file nothing tells beforehand how many there will be.
    columns = ("{task.completed:,} frames", BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("frames", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _fail(sentence: str) -> NoReturn:
    typer.echo(f"trajectory-to-video: {sentence}", err=True)
    raise typer.Exit(2)


def main() -> None:
    """Run the command."""
    app()
