"""``paceline validate``: every mistake of manifests, with its place."""

from pathlib import Path
from typing import Annotated

import typer

from paceline_pipelines.command.verbs.common import Imports, failing, import_nodes

__all__ = ["validate"]


def validate(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Manifests: .json, .yaml or .yml.")],
    imports: Imports = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing of manifests without mistakes.")] = False,
) -> None:
    """Tell every mistake of manifests with its line and column.

    Nothing is run. Exit status: 0 no mistake, 1 a mistake, 2 a file cannot be read.
    """
    from paceline_pipelines.command.document import read_document
    from paceline_pipelines.command.verbs.telling import mistake_lines

    with failing():
        import_nodes(imports)
    worst = 0
    for path in files:
        try:
            with failing():
                document = read_document(path)
                mistakes = document.mistakes
        except typer.Exit as ended:
            worst = max(worst, ended.exit_code)
            continue
        if mistakes:
            typer.echo("\n".join(mistake_lines(document)))
            worst = max(worst, 1)
        elif not quiet:
            typer.echo(f"{path}: no mistakes.")
    raise typer.Exit(worst)
