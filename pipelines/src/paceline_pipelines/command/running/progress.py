"""A progress bar on stderr, where that is a terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["bar"]


@contextmanager
def bar(shown: bool, unit: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """Yield what is called with how much is done."""
    if not shown:
        yield lambda _done: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TaskProgressColumn, TimeElapsedColumn

    amount = DownloadColumn() if unit == "bytes" else f"{{task.completed:,}} {unit}"
    columns = (amount, BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("run", total=total)
        yield lambda done: progress.update(task, completed=done)
