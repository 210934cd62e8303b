"""``paceline run``: a manifest run over a file."""

import json
import sys
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from paceline_pipelines.command.verbs.common import Hint, Imports, ManifestFile, failing, open_manifest

if TYPE_CHECKING:
    from paceline.pipeline import Pipeline

__all__ = ["run"]


def run(
    file: ManifestFile,
    source: Annotated[
        Path, typer.Argument(metavar="INPUT", help="Items, numbers or sound: .jsonl .parquet .npy .wav .flac .mp3 ...")
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            "-o",
            metavar="OUTPUT",
            help="What to write: .jsonl .parquet .npy .wav .flac ... Of several sinks each has a file: OUT.SINK.jsonl.",
        ),
    ],
    metrics: Annotated[Path | None, typer.Option(help="Write what was counted and timed: .json.")] = None,
    metrics_shape: Annotated[
        Literal["list", "dict"], typer.Option(help="Nodes as a list with everything, or by id in the older shape.")
    ] = "list",
    runtime_hint: Hint = None,
    column: Annotated[
        str | None,
        typer.Option(help="Of Parquet: the column whose values are the items; by default rows are, as dicts."),
    ] = None,
    rate: Annotated[
        int | None, typer.Option(min=1, help="Hz of the sound in INPUT, where the file does not tell: .npy.")
    ] = None,
    on_damage: Annotated[
        Literal["fail", "keep"],
        typer.Option(help="When sound is damaged: an error, or keep what there is."),
    ] = "fail",
    keep_partial: Annotated[
        bool, typer.Option("--keep-partial", help="After an error keep what was written, as OUTPUT.partial.")
    ] = False,
    imports: Imports = None,
    progress: Annotated[
        bool | None, typer.Option("--progress/--no-progress", help="By default only on a terminal.")
    ] = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="No summary and no progress; damage and errors only.")
    ] = False,
) -> None:
    """Run a manifest over a file of any length, in bounded memory.

    OUTPUT and the metrics appear, or are replaced, only when they are complete. Exit status: 0 done, 1 the manifest
    has mistakes or a node failed, 2 a file or an option cannot be used, 130 Ctrl-C.
    """
    began = perf_counter()
    shown = not quiet and (sys.stderr.isatty() if progress is None else progress)
    config: dict[str, Any] = {} if runtime_hint is None else {"runtime_hint": runtime_hint}
    if metrics is not None:
        config["enable_metrics"] = True
    try:
        with failing():
            from paceline_pipelines.command.running.atomic import check_target
            from paceline_pipelines.command.running.outputs import check_output

            for target in (out, metrics) if metrics is not None else (out,):
                check_target(target, file, source)
            check_output(out)
            document = open_manifest(file, imports)
            pipeline = document.pipeline(**config)
            lines = _run(
                pipeline, file, source, out, metrics, metrics_shape, rate, column, on_damage, keep_partial, shown
            )
    except KeyboardInterrupt:
        typer.echo(f"Interrupted; {out} is as it was before.", err=True)
        raise typer.Exit(130) from None
    lines.append(f"took     {perf_counter() - began:.2f} s")
    told = [line for line in lines if not quiet or line.startswith(("damage ", "failed "))]
    if told:
        typer.echo("\n".join(told), err=True)


def _run(
    pipeline: "Pipeline",
    file: Path,
    source: Path,
    out: Path,
    metrics: Path | None,
    shape: Literal["list", "dict"],
    rate: int | None,
    column: str | None,
    on_damage: Literal["fail", "keep"],
    keep_partial: bool,
    shown: bool,
) -> list[str]:
    """Run, and return what there is to tell."""
    from paceline_pipelines.command.running.atomic import check_target, staged
    from paceline_pipelines.command.running.driving import drive
    from paceline_pipelines.command.running.inputs import open_input
    from paceline_pipelines.command.running.outputs import named_for
    from paceline_pipelines.command.running.progress import bar
    from paceline_pipelines.command.running.writing import opened

    manifest = pipeline.to_manifest()
    with open_input(source, signal=pipeline.takes_signals, column=column, on_damage=on_damage) as given:
        from paceline_pipelines.command.running.rates import rates_of_sinks

        rates = rates_of_sinks(manifest, given.rate or rate)
        targets = {sink: out if len(rates) == 1 else named_for(out, sink) for sink in rates}
        for target in targets.values():
            check_target(target, file, source)
        every = [*targets.values(), *([metrics] if metrics is not None else [])]
        with staged(every, keep_partial) as hidden:
            partial = dict(zip(targets, hidden, strict=False))
            with opened(targets, partial, rates, column) as outputs, bar(shown, given.unit, given.total) as advance:
                count = drive(pipeline, manifest, given, outputs, advance)
            told = pipeline.get_metrics(shape)
            if metrics is not None:
                hidden[-1].write_text(json.dumps(told, indent=2) + "\n", "utf-8")
    lines = [f"read     {source}: {count:,} {'frames' if given.kind == 'signal' else 'items'}"]
    lines += [f"damage   {note}" for note in given.notes()]
    lines += [f"wrote    {targets[sink]}: {output.told()}" for sink, output in outputs.items()]
    nodes = told["node_metrics"]
    failed = sum(node["error_count"] for node in (nodes.values() if isinstance(nodes, dict) else nodes))
    if failed:
        lines.append(f"failed   {failed:,} times a node failed on an item, which is left out: the manifest's on_error")
    return lines
