"""The command ``paceline``."""

import typer

from paceline_pipelines.command.verbs import explain, graph, run, schema, validate

# numpy, paceline and the readers are imported where the work begins: --help and a mistyped option answer at once.

__all__ = ["app", "main"]

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    help="Pipelines as files: check, draw, explain and run them.",
)
for verb in (validate.validate, graph.graph, run.run, explain.explain, schema.schema):
    app.command()(verb)


def main() -> None:
    """Run the command."""
    app()
