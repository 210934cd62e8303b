"""The command ``audio-preprocess``."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn

import typer

# numpy, paceline and the decoders are imported where the work begins: --help and a mistyped option answer at once.

__all__ = ["main"]

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command()
def audio_preprocess(
    source: Annotated[Path, typer.Argument(metavar="IN", help="Sound, or a video with sound; known by its content.")],
    out: Annotated[
        Path,
        typer.Argument(
            metavar="OUT", help="What to write: .wav .flac .ogg .opus .mp3 .aiff .au .caf .w64 .rf64 .npy or .raw."
        ),
    ],
    rate: Annotated[str, typer.Option(help="Sampling rate to write, in Hz; keep: that of IN.")] = "16000",
    quality: Annotated[Literal["low", "medium", "high", "best"], typer.Option(help="The resampler's filter.")] = "high",
    format: Annotated[
        Literal["i16", "i24", "i32", "u8", "f32", "f64"] | None,
        typer.Option(help="Sample format; by default i16, and f32 in .npy, .ogg, .opus and .mp3."),
    ] = None,
    rounding: Annotated[
        Literal["nearest", "floor", "truncate"], typer.Option(help="How samples become integers.")
    ] = "nearest",
    channels: Annotated[Literal["keep", "mono"], typer.Option(help="All channels, or their mean.")] = "mono",
    channel: Annotated[
        int | None, typer.Option(min=0, help="Only this channel, from 0; instead of --channels.")
    ] = None,
    vad: Annotated[
        Literal["fft", "rms", "off"], typer.Option(help="How speech is found: by its spectrum, its level, or not.")
    ] = "fft",
    frame_ms: Annotated[float, typer.Option(help="Length of a frame of the voice detector, in ms.")] = 30.0,
    threshold: Annotated[
        str,
        typer.Option(help="adaptive, or a fixed level: dB of full scale for fft, an RMS amplitude for rms."),
    ] = "adaptive",
    min_speech_ms: Annotated[
        float | None, typer.Option(help="Drop shorter speech; by default 60 for fft, 0 for rms.")
    ] = None,
    hangover_ms: Annotated[
        float | None, typer.Option(help="Speech ends that much later; by default 180 for fft, 0 for rms.")
    ] = None,
    padding_ms: Annotated[float, typer.Option(help="Speech begins that much earlier.")] = 0.0,
    min_silence_ms: Annotated[float, typer.Option(help="Fill shorter silences.")] = 0.0,
    keep: Annotated[
        Literal["all", "speech"], typer.Option(help="What OUT holds: everything, or the speech without pauses.")
    ] = "all",
    segments: Annotated[
        Path | None, typer.Option(help="Write where speech is: .json, .csv or .txt (Audacity's label track).")
    ] = None,
    plot: Annotated[Path | None, typer.Option(help="Draw waveform, score and segments: .png or .svg.")] = None,
    start: Annotated[float, typer.Option(help="Seconds of IN to leave out first.")] = 0.0,
    duration: Annotated[float | None, typer.Option(help="Seconds of IN to read at most.")] = None,
    on_damage: Annotated[
        Literal["fail", "keep"],
        typer.Option(help="When IN is truncated or damaged: an error, or keep what can be decoded."),
    ] = "fail",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files that are there already.")] = False,
    backend: Annotated[str | None, typer.Option(help="python, numba, cython or rust; by default the best one.")] = None,
    summary: Annotated[Literal["table", "json"], typer.Option(help="A table on stderr, or JSON on stdout.")] = "table",
    progress: Annotated[
        bool | None, typer.Option("--progress/--no-progress", help="By default only on a terminal.")
    ] = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="No table and no progress; damage and errors only.")
    ] = False,
) -> None:
    """Make sound ready for a model: one rate, one sample format, the speech found.

    Files of any length are worked on block by block. OUT, the segments and the plot appear together and only when
    complete. Exit status: 0 done (also with damage that --on-damage keep allows), 2 a file or an option cannot be
    used, 130 Ctrl-C.
    """
    try:
        done = _run(
            source,
            out,
            shown=not quiet and (sys.stderr.isatty() if progress is None else progress),
            rate=None if rate == "keep" else _number(int, "--rate", rate, "a whole number of Hz, or keep"),
            quality=quality,
            format=format,
            rounding=rounding,
            channels=channels if channel is None else channel,
            vad=vad,
            frame_ms=frame_ms,
            threshold=threshold
            if threshold == "adaptive"
            else _number(float, "--threshold", threshold, "a level, or adaptive"),
            min_speech_ms=min_speech_ms,
            hangover_ms=hangover_ms,
            padding_ms=padding_ms,
            min_silence_ms=min_silence_ms,
            keep=keep,
            segments=segments,
            plot=plot,
            start=start,
            duration=duration,
            on_damage=on_damage,
            overwrite=overwrite,
            backend=backend,
        )
    except KeyboardInterrupt:
        typer.echo(f"Interrupted; {out} is as it was before.", err=True)
        raise typer.Exit(130) from None
    if summary == "json":
        typer.echo(json.dumps(done.as_json(), indent=1))
    elif not quiet:
        typer.echo("\n".join(done.lines()), err=True)
    if done.damage and (quiet or summary == "json"):
        typer.echo("\n".join(done.damage), err=True)


def _run(source: Path, out: Path, *, shown: bool, **options: Any) -> Any:
    import paceline
    from paceline_pipelines.audio_preprocess.convert import audio_preprocess as convert
    from paceline_pipelines.audio_preprocess.errors import PreprocessError

    try:
        with _bar(shown) as advance:
            return convert(source, out, progress=advance, **options)
    except (PreprocessError, paceline.BackendUnavailable) as error:
        _fail(str(error))
    except OSError as error:
        _fail(f"{error.filename}: {error.strerror}." if error.filename else str(error))


@contextmanager
def _bar(shown: bool) -> Iterator[Callable[[float, float | None], None] | None]:
    """Yield what `convert` calls after each block: a progress bar on stderr, or None."""
    if not shown:
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TimeElapsedColumn

    # The seconds lead: of a stream that does not tell its length there is no percentage.
    columns = ("{task.completed:,.1f} s", BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("seconds", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _number(kind: Callable[[str], Any], name: str, text: str, accepted: str) -> Any:
    try:
        return kind(text)
    except ValueError:
        _fail(f"{name} {text!r} is not a number; accepted is {accepted}.")


def _fail(sentence: str) -> NoReturn:
    typer.echo(f"audio-preprocess: {sentence}", err=True)
    raise typer.Exit(2)


def main() -> None:
    """Run the command."""
    app()
