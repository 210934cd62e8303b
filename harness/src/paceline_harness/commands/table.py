"""`harness table`: make the table that comes with paceline, its page and its picture from committed profiles."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from paceline_harness.selection.shipped import Chosen

EXIT_DIFFERS, EXIT_MISTAKE = 1, 2
FOLDER = Path("results/calibration")


def table(
    records: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[RECORD]...", help=f"Profiles that harness calibrate --output wrote; by default {FOLDER}/*.json."
        ),
    ] = None,
    output: Annotated[Path, typer.Option(help="The table.")] = Path("src/paceline/shipped.json"),
    into: Annotated[Path, typer.Option(help="The document with a block between markers.")] = Path("docs/selection.md"),
    chart: Annotated[Path, typer.Option(help="The picture, an SVG.")] = Path("results/crossovers.svg"),
    check: Annotated[bool, typer.Option("--check", help="Write nothing, exit 1 if table or page differ.")] = False,
) -> None:
    """Make the table that decides where nothing was measured, and the page and the picture that show it.

    The first record's processor is the one that is shipped; records of others are said to differ or not. The block in
    the document begins with a line <!-- selection:ranges --> and ends with <!-- selection:end -->. Exit code: 0; 1 with
    --check when something differs; 2 for a mistake.
    """
    from paceline_harness.selection import page, shipped

    files = records or sorted(FOLDER.glob("*.json"))
    if not files:
        _mistake(f"{FOLDER} has no profile; run: harness calibrate --output {FOLDER}/NAME.json")
    try:
        found = shipped.chosen(shipped.committed(files))
        old = into.read_text(encoding="utf-8")
        new = page.filled(old, "ranges", page.ranges_block(found))
    except shipped.ProfileError as error:
        _mistake(str(error))
    except OSError as error:
        _mistake(f"{into} cannot be read: {error.strerror or error}.")
    except page.PageError as error:
        _mistake(f"{into} cannot be filled: {error}.")
    for remark in shipped.remarks(found):
        typer.echo(remark)
    if check:
        _check(files, {output: shipped.table(found), into: new.encode()})
        return
    if new != old:
        into.write_text(new, encoding="utf-8")
    output.write_bytes(shipped.table(found))
    _draw(found, chart)
    for path in (output, into, chart):
        typer.echo(str(path))


def _draw(found: Chosen, chart: Path) -> None:
    from paceline_harness.selection.crossovers import save_crossovers

    save_crossovers(found, chart)


def _check(files: Sequence[Path], wanted: dict[Path, bytes]) -> None:
    """Say what is not as the records have it."""
    differ = [path for path, text in wanted.items() if not path.exists() or path.read_bytes() != text]
    sources = " ".join(map(str, files))
    for path in differ:
        typer.echo(f"{path} differs from {sources}; run: harness table", err=True)
    if differ:
        raise typer.Exit(EXIT_DIFFERS)
    typer.echo(f"{' and '.join(map(str, wanted))} are as {sources} has them.")


def _mistake(sentence: str) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(EXIT_MISTAKE)
