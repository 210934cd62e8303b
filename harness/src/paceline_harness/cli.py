"""The `harness` command. A user's mistake ends in one sentence and exit code 2, never in a traceback."""

from __future__ import annotations

import typer

from paceline_harness.commands.accuracy import app as accuracy
from paceline_harness.commands.audit import audit
from paceline_harness.commands.calibrate import calibrate
from paceline_harness.commands.claims import claims
from paceline_harness.commands.compare import compare
from paceline_harness.commands.diff import diff
from paceline_harness.commands.list import list_everything
from paceline_harness.commands.regret import regret
from paceline_harness.commands.report import report
from paceline_harness.commands.selftest import selftest
from paceline_harness.commands.table import table

app = typer.Typer(
    name="harness",
    help="Compare implementations of a hot path, with verdicts that can be trusted.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(compare)
app.command()(report)
app.command()(audit)
app.command()(diff)
app.command()(claims)
app.command()(calibrate)
app.command()(regret)
app.command()(table)
app.add_typer(accuracy, name="accuracy")
app.command()(selftest)
app.command(name="list")(list_everything)


def main() -> None:
    """Run the command line."""
    app()
