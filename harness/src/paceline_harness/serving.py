"""Who serves in a program that imports paceline here: asked of a process that is started like such a program.

A launch cannot tell. It is pinned to one core and has one thread for each pool, and what was measured on this machine
holds for processes that have the cores and threads of the shell.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable

import msgspec

from paceline import BackendUnavailable, explain
from paceline.operations import OPERATIONS
from paceline.selection.overrides import read_settings, setting_of, settings
from paceline_harness.environment import as_started
from paceline_harness.record import Serves


class SettingError(ValueError):
    """A variable PACELINE_BACKEND… asks for what cannot be; the message is a sentence."""


class Question(msgspec.Struct, frozen=True):
    """What the process is asked: operations, and the `sys.path` to find backends on."""

    operations: list[str]
    sys_path: list[str]


def asked(names: Iterable[str]) -> dict[str, Serves]:
    """Return who serves each of paceline's operations that is among `names`.

    Cost: a process of about half a second; nothing where none is among them.
    """
    operations = [name for name in dict.fromkeys(names) if name in OPERATIONS]
    if not operations:
        return {}
    done = subprocess.run(
        [sys.executable, "-m", "paceline_harness.serving"],
        input=msgspec.json.encode(Question(operations, sys.path)),
        capture_output=True,
        env=as_started(),
        check=False,
    )
    if done.returncode:
        last = (done.stderr.decode(errors="replace").splitlines() or ["it said nothing"])[-1].rstrip(".")
        problem = f"The process that was asked who serves ended with exit code {done.returncode}: {last}."
        return dict.fromkeys(operations, Serves(problem=problem))
    return msgspec.json.decode(done.stdout.splitlines()[-1], type=dict[str, Serves])  # before it: what a backend prints


def heeded(names: Iterable[str]) -> dict[str, Serves]:
    """Return the same as `asked`, for a command.

    Raises
    ------
    SettingError
        A variable asks for what cannot serve an operation.
    """
    found = asked(names)
    for each in found.values():
        if each.problem and each.rule == "environment":
            raise SettingError(each.problem)
    return found


def check_settings() -> None:
    """Read the variables PACELINE_BACKEND… and do nothing.

    Raises
    ------
    SettingError
        One names a backend or an operation that there is not, or none of the backends that it names can serve.
    """
    try:
        read_settings(settings())
    except (BackendUnavailable, ValueError) as error:
        raise SettingError(str(error)) from error


def told(operation: str) -> Serves:
    """Return who serves an operation in this process."""
    try:
        found = explain(operation)
    except (BackendUnavailable, ValueError) as error:
        return Serves(rule="environment" if _is_set(operation) else "", problem=str(error))
    match found.rule:
        case "environment":
            return Serves(list(found.ranges), found.rule, setting_of(operation))
        case "profile" | "shipped":
            return Serves(list(found.ranges), found.rule, found.measured)
        case "order":
            return Serves(list(found.ranges), found.rule)
        case rule:
            raise AssertionError(f"{rule!r} decided for {operation}, and no call or block asked for anything.")


def _is_set(operation: str) -> bool:
    """Say whether a variable decides for an operation, or keeps all of them from being decided for."""
    try:
        wishes = read_settings(settings())
    except (BackendUnavailable, ValueError):
        return True
    return wishes is not None and wishes.of(operation) is not None


def main() -> None:
    """Be the process that is asked: a `Question` on stdin, the answers as the last line of stdout."""
    question = msgspec.json.decode(sys.stdin.buffer.read(), type=Question)
    sys.path[:] = question.sys_path
    answers = {operation: told(operation) for operation in question.operations}
    sys.stdout.flush()
    sys.stdout.buffer.write(b"\n" + msgspec.json.encode(answers) + b"\n")


if __name__ == "__main__":
    main()
