"""``paceline explain``: which nodes run on which backend, why, and what that is expected to cost."""

from paceline_pipelines.command.verbs.common import Hint, Imports, ManifestFile, failing, open_manifest

__all__ = ["explain"]


def explain(file: ManifestFile, runtime_hint: Hint = None, imports: Imports = None) -> None:
    """Tell which nodes run on which backend, why, and what that is expected to cost. Nothing is run."""
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
    estimated = any(segment.estimate for segment in said.segments)
    if estimated:
        table.add_column("estimate", justify="right", no_wrap=True)
    table.add_column("why")
    for segment in said.segments:
        estimate = [segment.estimate] if estimated else []
        table.add_row(Text(", ".join(segment.nodes)), segment.backend, *estimate, Text(segment.reason))
    Console(soft_wrap=False).print(table)
