"""``paceline explain``: which nodes run on which backend, and why."""

from paceline_pipelines.command.verbs.common import Hint, Imports, ManifestFile, failing, open_manifest

__all__ = ["explain"]


def explain(file: ManifestFile, runtime_hint: Hint = None, imports: Imports = None) -> None:
    """Tell which nodes run on which backend, and why. Nothing is run."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    with failing():
        document = open_manifest(file, imports)
        said = document.pipeline(**({} if runtime_hint is None else {"runtime_hint": runtime_hint})).explain()
    how = "asyncio walks the graph" if said.waits else f"the {said.backend} executor walks the graph"
    table = Table(title=Text(f"{said.name}: {how}"), title_justify="left", title_style="bold", box=box.SIMPLE)
    table.add_column("nodes", overflow="fold")
    table.add_column("backend", style="cyan")
    table.add_column("why")
    for segment in said.segments:
        table.add_row(Text(", ".join(segment.nodes)), segment.backend, Text(segment.why))
    Console(soft_wrap=False).print(table)
