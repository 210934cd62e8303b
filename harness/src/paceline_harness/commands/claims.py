"""`harness claims`: measure the figures that documents state again, or hold them against the committed record."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from paceline_harness.claims import Claims
    from paceline_harness.replication import Outcome

EXIT_NOT, EXIT_MISTAKE = 1, 2
LAUNCHES, BUDGET_S, QUICK_BUDGET_S = 5, 2.0, 0.5


def claims(
    file: Annotated[Path, typer.Option(help="The list of claims.")] = Path("results/claims.toml"),
    quick: Annotated[bool, typer.Option("--quick", help="One short launch.")] = False,
    launches: Annotated[int | None, typer.Option(help="Launches per table.", show_default="5")] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Measure nothing: compare list, record and documents.")
    ] = False,
    write: Annotated[
        bool, typer.Option("--write", help="Measure nothing: make the list anew from record and documents.")
    ] = False,
) -> None:
    """Measure every claim again and say whether it replicates.

    Exit code: 0; 1 when a claim did not replicate, or with --check when something differs; 2 for a mistake; 130 after
    Ctrl-C.
    """
    if check and write:
        _mistake("--check was given with --write; accepted is one of the two.")
    if write:
        _write(file)
    elif check:
        _check(file)
    else:
        _measure(file, launches if launches is not None else 1 if quick else LAUNCHES, quick)


def _read(file: Path) -> Claims:
    from paceline_harness.claims import ClaimsError, read_claims

    try:
        return read_claims(file)
    except OSError as error:
        _mistake(f"{file} cannot be read: {error.strerror or error}.")
    except ClaimsError as error:
        _mistake(str(error))


def _check(file: Path) -> None:
    from paceline_harness.claims import differences
    from paceline_harness.record import RecordError

    listed = _read(file)
    try:
        said = differences(file)
    except OSError as error:
        _mistake(f"{error.filename} cannot be read: {error.strerror or error}.")
    except RecordError as error:
        _mistake(str(error))
    for sentence in said:
        typer.echo(sentence)
    if said:
        typer.echo(f"{file}: {len(said)} difference{'s' * (len(said) != 1)}.")
        raise typer.Exit(EXIT_NOT)
    typer.echo(f"{file}: {len(listed.claim)} claims, all as {listed.record} and the documents have them.")


def _write(file: Path) -> None:
    from paceline_harness.claims import DEFAULT_DOCUMENTS, DEFAULT_RECORD, found_in, root_of, write_claims
    from paceline_harness.record import RecordError

    old = _read(file) if file.exists() else None
    record, documents = (old.record, old.documents) if old else (DEFAULT_RECORD, DEFAULT_DOCUMENTS)
    try:
        found = found_in(root_of(file), record, documents)
    except OSError as error:
        _mistake(f"{error.filename} cannot be read: {error.strerror or error}.")
    except RecordError as error:
        _mistake(str(error))
    write_claims(file, found)
    typer.echo(f"{file}: {len(found.claim)} claims.")


def _measure(file: Path, launches: int, quick: bool) -> None:
    from paceline_harness.environment import one_thread_each

    one_thread_each()  # as when they were measured, and before NumPy is loaded
    from paceline_harness.comparison import Comparison
    from paceline_harness.environment import environment
    from paceline_harness.record import Record
    from paceline_harness.replication import replicate

    listed = _read(file)
    here = environment()
    typer.echo(
        f"{len(listed.claim)} claims, measured {listed.measured} on {listed.processor}; "
        f"again on {here.cpu_model}, {here.cores} cores."
    )

    def measured(comparison: Comparison) -> list[Record]:
        result = comparison.run(launches=launches, budget_s=QUICK_BUDGET_S if quick else BUDGET_S)
        if result.interrupted:
            raise KeyboardInterrupt
        return result.records

    outcomes = []
    try:
        for outcome in replicate(listed.claim, measured):
            outcomes.append(outcome)
            typer.echo(_line(outcome))
    except KeyboardInterrupt as stop:
        raise typer.Exit(130) from stop
    words = ("replicated", "not replicated", "cannot tell")
    counts = {word: sum(each.word == word for each in outcomes) for word in words}
    typer.echo(f"Of {len(outcomes)} claims: {', '.join(f'{count} {word}' for word, count in counts.items())}.")
    if counts["not replicated"]:
        raise typer.Exit(EXIT_NOT)


def _line(outcome: Outcome) -> str:
    from paceline_harness.report.words import speed_text

    now = "" if outcome.ratio is None else f"; now {speed_text(outcome.ratio, outcome.interval)}"
    why = f" ({outcome.reason})" if outcome.reason else ""
    return f"{outcome.word}{why}: {outcome.claim.text}{now}"


def _mistake(sentence: str) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(EXIT_MISTAKE)
