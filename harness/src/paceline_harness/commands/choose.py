"""From words on the command line to comparisons, or to one sentence that says what would have been accepted."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from paceline_harness.comparison import Comparison
from paceline_harness.loading import LoadError, load, unread
from paceline_harness.suites import SuiteOptions, chosen
from paceline_harness.suites.audio.sound import Sound
from paceline_harness.suites.data import TrajectoryData


class Mistake(ValueError):  # noqa: N818 - it is the user's, and no error of the program
    """The command line asks for something that does not exist."""


def parsed_sizes(text: str | None) -> tuple[int, ...] | None:
    """Return the sizes of "1000,7200".

    Raises
    ------
    Mistake
        A size is no whole number of 1 or more.
    """
    if text is None:
        return None
    sizes = []
    for word in text.split(","):
        if not word.strip().isdecimal() or int(word) < 1:
            raise Mistake(f"--sizes has {word.strip()!r}; accepted are whole numbers of 1 and more, with commas.")
        sizes.append(int(word))
    return tuple(sizes)


def choose(
    names: Sequence[str],
    backends: str | None,
    baseline: str | None,
    sizes: tuple[int, ...] | None,
    data: TrajectoryData | None,
    sound: Sound | None = None,
) -> list[Comparison]:
    """Return the comparisons asked for, with their baseline replaced where `baseline` is one of their candidates.

    Raises
    ------
    Mistake
        A name is unknown, a file holds no Comparison, nothing is left to measure, or no comparison has such a baseline.
    """
    for option, given in (("--trajectory", data), ("--audio", sound)):
        if sizes is not None and given is not None:
            raise Mistake(f"--sizes was given with {option}, whose size is its own; accepted is one of the two.")
    wanted = tuple(word.strip() for word in backends.split(",")) if backends is not None else None
    files = [name for name in names if name.endswith(".py")]
    others = [name for name in names if not name.endswith(".py")]
    comparisons = [comparison for name in files for comparison in in_file(Path(name))]
    if others or not files:
        comparisons += chosen(others, SuiteOptions(wanted, data, sizes, sound))
    if not comparisons:
        raise Mistake(f"There is nothing to measure under {', '.join(map(repr, names))} with what was given.")
    return comparisons if baseline is None else rebased(comparisons, baseline)


def in_file(path: Path) -> list[Comparison]:
    """Return every Comparison at the top level of a Python file, in the order of their definition.

    Raises
    ------
    Mistake
        The file does not exist, raises an exception, or defines none.
    """
    try:
        module = load(path)
    except LoadError as error:
        raise Mistake(str(error)) from error
    found = list({id(value): value for value in vars(module).values() if isinstance(value, Comparison)}.values())
    if not found:
        raise Mistake(f"{path} defines no Comparison; accepted is a file with at least one at its top level.")
    if remark := unread(module, path):
        print(remark, file=sys.stderr)
    return found


def rebased(comparisons: list[Comparison], baseline: str) -> list[Comparison]:
    """Return the comparisons with `baseline` as their baseline, where it is one of their candidates."""
    known = dict.fromkeys(each.name for comparison in comparisons for each in comparison.candidates)
    if baseline not in known:
        names = ", ".join(repr(name) for name in known)
        raise Mistake(f"--baseline is {baseline!r}, which is no candidate here; accepted are {names}.")
    return [
        comparison.with_baseline(baseline)
        if any(each.name == baseline for each in comparison.candidates)
        else comparison
        for comparison in comparisons
    ]
