"""``paceline schema``: the JSON Schema of manifests."""

import json

import typer

__all__ = ["schema"]


def schema() -> None:
    """Print the JSON Schema of manifests, for editors and other tools."""
    from paceline.pipeline import schema as manifest_schema

    typer.echo(json.dumps(manifest_schema(), indent=2))
