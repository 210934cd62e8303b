"""``paceline graph``: a manifest drawn."""

from pathlib import Path
from typing import Annotated

import typer

from paceline_pipelines.command.verbs.common import Imports, ManifestFile, failing, open_manifest

__all__ = ["graph"]


def graph(
    file: ManifestFile,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="What to write: .svg, .mmd or .md; by default Mermaid's text on stdout."),
    ] = None,
    imports: Imports = None,
) -> None:
    """Draw a manifest: boxes with id, type and runtime hint, arrows with the keys that are not the usual ones."""
    from paceline_pipelines.command.drawing.mermaid import mermaid
    from paceline_pipelines.command.drawing.picture import picture_of
    from paceline_pipelines.command.drawing.svg import svg
    from paceline_pipelines.command.errors import CommandError
    from paceline_pipelines.command.running.atomic import check_target, staged

    forms = {".svg": svg, ".mmd": mermaid, ".md": lambda picture: f"```mermaid\n{mermaid(picture)}```\n"}
    with failing():
        draw = mermaid if out is None else forms.get(out.suffix.lower())
        if draw is None:
            raise CommandError(f"{out} does not say what to draw; accepted are names in {', '.join(forms)}.")
        if out is not None:
            check_target(out, file)
        text = draw(picture_of(open_manifest(file, imports).pipeline().to_manifest()))
        if out is None:
            typer.echo(text, nl=False)
            return
        with staged([out]) as (partial,):
            partial.write_text(text, "utf-8")
