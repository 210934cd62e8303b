"""One launch, as the process that measures sees it: find the comparisons, measure every table once, tell how it goes.

`python -m paceline_harness.launch` reads a `Spec` from stdin and writes events, one JSON object per line, to the file
descriptor that the spec names. It measures nothing else and decides nothing: `launches` starts it and listens.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal

import msgspec

from paceline_harness.measure import Settings
from paceline_harness.record import Launch, Record, Serves

if TYPE_CHECKING:
    from paceline_harness.comparison import Comparison

EXIT_FAILED, EXIT_INTERRUPTED = 1, 130


class Asked(msgspec.Struct, frozen=True, tag=True):
    """Comparisons named as on the command line: suites, operations and files, and how to change them."""

    names: list[str] = []
    backends: str | None = None
    baseline: str | None = None
    sizes: list[int] | None = None
    trajectory: str | None = None
    video_timestamps: str | None = None
    duplicates: Literal["first", "last", "error"] = "first"
    audio: str | None = None


class Named(msgspec.Struct, frozen=True, tag=True):
    """A comparison at the top level of a file or module, with the sizes, candidates and baseline to measure.

    `number` is which of the comparisons that the file makes it is: in a loop one name means one after the other.
    """

    file: str
    module: str | None
    name: str
    number: int
    sizes: list[int]
    candidates: list[str]
    baseline: str


class Plan(msgspec.Struct, frozen=True):
    """What a launch measures with: settings, seeds, and which launch it is.

    `deadline` (CLOCK_MONOTONIC, s) is when no further table is begun; `serves` what records say of each operation.
    """

    settings: Settings
    seed: int
    order_seed: int
    launch: Launch
    env_pad_bytes: int | None = None
    deadline: float | None = None
    serves: dict[str, Serves] = {}


class Spec(msgspec.Struct, frozen=True):
    """What the parent writes to a fresh process: what to measure, how, the descriptor for events, and `sys.path`."""

    what: Asked | Named
    plan: Plan
    events: int
    sys_path: list[str]
    argv: list[str]


class Began(msgspec.Struct, frozen=True, tag=True):
    """A table is being measured: its number from 0, of how many, its title."""

    table: int
    of: int
    title: str


class Share(msgspec.Struct, frozen=True, tag=True):
    """How much of the table at hand is done, from 0 to 1."""

    share: float


class Done(msgspec.Struct, frozen=True, tag=True):
    """A table was measured."""

    record: Record


class Failed(msgspec.Struct, frozen=True, tag=True):
    """A table, or with `table` None the launch, could not be measured; `lost`: the comparison was not found again."""

    reason: str
    table: str | None = None
    lost: bool = False


class Stopped(msgspec.Struct, frozen=True, tag=True):
    """The launch ended before its last table: Ctrl-C, or the deadline."""

    why: str


Event = Began | Share | Done | Failed | Stopped
Tell = Callable[[Event], None]


class NotFoundAgain(LookupError):  # noqa: N818 - it sends the parent to another way of launching
    """A comparison is not where it was: it cannot be measured in a fresh process."""


def measure_all(comparisons: Sequence[Comparison], plan: Plan, tell: Tell) -> None:
    """Measure every table of `comparisons` once, in this process, and tell of each.

    What a comparison's inputs or reference raise fails its table; the others are measured.
    """
    from paceline_harness.table import Options, measure_table

    todo = [(comparison, size) for comparison in comparisons for size in comparison.sizes]
    options = Options(
        plan.settings,
        plan.seed,
        lambda share: tell(Share(share)),
        order_seed=plan.order_seed,
        launch=plan.launch,
        env_pad_bytes=plan.env_pad_bytes,
        serves=plan.serves,
    )
    try:
        for number, (comparison, size) in enumerate(todo):
            if plan.deadline is not None and time.monotonic() > plan.deadline:
                tell(Stopped("deadline"))
                return
            title = comparison.title or comparison.name
            tell(Began(number, len(todo), title))
            try:
                record = measure_table(comparison, size, options)
            except Exception as error:  # inputs and reference are the user's: one table fails, others go on
                tell(Failed(f"{type(error).__name__}: {error}", f"{title}, size {size}"))
                continue
            tell(Done(record))
            if record.stop_reason == "interrupted":
                tell(Stopped("interrupted"))
                return
    except KeyboardInterrupt:
        tell(Stopped("interrupted"))


def teller(stream: BinaryIO) -> Tell:
    """Return a function that writes events to `stream`, a line each, whole: Ctrl-C waits until a line is written."""
    encoder = msgspec.json.Encoder()

    def tell(event: Event) -> None:
        line = encoder.encode(event) + b"\n"
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            stream.write(line)
            stream.flush()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})

    return tell


def comparisons_of(what: Asked | Named) -> list[Comparison]:
    """Return the comparisons that a spec means.

    Raises
    ------
    NotFoundAgain
        A file or module does not define the comparison under that name any more.
    ValueError
        A name is unknown or a file cannot be read: the message is a sentence.
    """
    if isinstance(what, Named):
        return [_named(what)]
    from paceline_harness.commands.choose import choose
    from paceline_harness.suites.audio import sound
    from paceline_harness.suites.data import from_files

    data = None
    if what.trajectory is not None and what.video_timestamps is not None:
        data = from_files(Path(what.trajectory), Path(what.video_timestamps), what.duplicates)
    recording = sound.from_file(Path(what.audio)) if what.audio is not None else None
    sizes = tuple(what.sizes) if what.sizes else None
    return choose(what.names, what.backends, what.baseline, sizes, data, recording)


def _named(what: Named) -> Comparison:
    from paceline_harness.comparison import Comparison
    from paceline_harness.loading import LoadError, load, only_reading

    try:
        if what.module is not None:
            with only_reading():
                module = importlib.import_module(what.module)
        else:
            module = load(Path(what.file))
    except LoadError:
        raise
    except BaseException as error:
        raise NotFoundAgain(f"{what.module} cannot be imported: {type(error).__name__}: {error}") from error
    found = getattr(module, what.name, None)
    if not isinstance(found, Comparison) or found.number != what.number:
        raise NotFoundAgain(f"{what.file} does not define the same {what.name!r} when it is read again.")
    names = [each.name for each in found.candidates]
    if not {*what.candidates, what.baseline} <= set(names):
        raise NotFoundAgain(f"{what.name!r} in {what.file} has other candidates when it is read again.")
    part = copy(found)
    part.sizes, part.baseline = tuple(what.sizes), what.baseline
    part.candidates = tuple(found.named(name) for name in what.candidates)
    return part


def main() -> int:
    """Be the process of one launch."""
    spec = msgspec.json.decode(sys.stdin.buffer.read(), type=Spec)
    if spec.plan.launch.core is not None:
        os.sched_setaffinity(0, {spec.plan.launch.core})
    sys.path[:] = spec.sys_path
    sys.argv[:] = spec.argv
    with os.fdopen(spec.events, "wb") as stream:
        tell = teller(stream)
        try:
            comparisons = comparisons_of(spec.what)
        except NotFoundAgain as error:
            tell(Failed(str(error), lost=True))
            return EXIT_FAILED
        except ValueError as error:
            tell(Failed(str(error)))
            return EXIT_FAILED
        except KeyboardInterrupt:
            tell(Stopped("interrupted"))
            return EXIT_INTERRUPTED
        measure_all(comparisons, spec.plan, tell)
    return 0


if __name__ == "__main__":
    sys.exit(main())
