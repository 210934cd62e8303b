"""Several launches of the same tables, one process at a time: start each, listen, and put the records together."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import msgspec

from paceline_harness.children import Child, forked, fresh
from paceline_harness.cores import kept_off, quiet_core
from paceline_harness.launch import Asked, Began, Done, Event, Failed, Named, Plan, Share, Stopped
from paceline_harness.measure import Settings
from paceline_harness.record import How, Launch, Record, Serves
from paceline_harness.result import Result
from paceline_harness.serving import asked

if TYPE_CHECKING:
    from paceline_harness.comparison import Comparison

GRACE_S = 20.0
"""How long a launch may take to end after Ctrl-C: a call at hand is finished first."""

SEVERAL_SLOW_CAP = 1.0
"""Times the budget for each group of slow candidates in one of several launches: few pairs in each are many in all."""


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """How far a run is: launch and table from 1, of how many, the table's title, the share of it, seconds left."""

    launch: int
    launches: int
    table: int
    tables: int
    title: str
    share: float
    left_s: float | None

    @property
    def done(self) -> float:
        """The share of the whole run, from 0 to 1."""
        return (self.launch - 1 + (self.table - 1 + self.share) / self.tables) / self.launches


Watch = Callable[[Whereabouts], None]


@dataclass
class Run:
    """A run over several launches: what to measure, how often and for how long, and what came out.

    `what` says how a fresh process finds the comparisons; without it, or when it finds them no more, `comparisons`
    themselves are measured in forks of this process. `total_s` is when no further table is begun, after the first
    launch. `serves` is who serves paceline's operations, if that was asked before.
    """

    what: Asked | Named | None
    comparisons: Sequence[Comparison]
    launches: int
    settings: Settings
    seed: int
    total_s: float | None = None
    watch: Watch | None = None
    serves: dict[str, Serves] | None = None
    records: list[Record] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    interrupted: bool = False
    hopeless: bool = False
    notes: list[str] = field(default_factory=list)

    def result(self) -> Result:
        """Measure every launch and return the result; Ctrl-C ends the run and keeps what was measured."""
        settings = self.settings
        if self.launches > 1:
            settings = replace(settings, slow_cap=SEVERAL_SLOW_CAP)
        if self.serves is None:
            try:
                self.serves = asked(each.name for each in self.comparisons)
            except KeyboardInterrupt:
                return Result(cut_short=True)
        turns, eta = random.Random(self.seed), _TimeLeft(self.launches)
        begun, ended = time.monotonic(), 0
        for index in range(1, self.launches + 1):
            deadline = begun + self.total_s if self.total_s is not None and index > 1 else None
            if deadline is not None and time.monotonic() > deadline:
                break
            order_seed = turns.getrandbits(32)
            complete = self.launch(index, settings, order_seed, deadline, eta)
            ended += complete
            late = deadline is not None and time.monotonic() > deadline
            if self.interrupted or self.hopeless or (late and not complete):
                break
        if ended < self.launches and not self.failures:
            why = "Ctrl-C ended the run" if self.interrupted else "the seconds of the whole run were spent"
            self.notes.append(f"{_counted(ended)} of {self.launches} was complete when {why}.")
        return Result(together(self.records, [*self.failures, *self.notes], self.launches), self.interrupted,
                      self.failures)  # fmt: skip

    def launch(self, index: int, settings: Settings, order_seed: int, deadline: float | None, eta: _TimeLeft) -> bool:
        """Make one launch; tell whether it measured all its tables."""
        how: How = "fresh" if self.what is not None else "forked"
        core = quiet_core()
        plan = Plan(
            settings,
            self.seed,
            order_seed,
            Launch(index, self.launches, how, core, self.launches),
            deadline=deadline,
            serves=self.serves or {},
        )
        with kept_off(core):
            child = fresh(self.what, plan) if self.what is not None else forked(self.comparisons, plan)
            heard = _Listener(index, self.launches, eta, self.watch).listen(child)
        if heard.lost and not heard.records and self.what is not None:
            self.what = None  # it was made where no other process can find it: a fork of this one knows it
            return self.launch(index, settings, order_seed, deadline, eta)
        self.records += heard.records
        self.failures += [each for each in heard.failures if each not in self.failures]
        self.interrupted, self.hopeless = heard.interrupted, heard.hopeless
        return heard.complete


@dataclass
class _Heard:
    records: list[Record] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    interrupted: bool = False
    stopped: bool = False
    lost: bool = False
    hopeless: bool = False

    @property
    def complete(self) -> bool:
        return not (self.failures or self.interrupted or self.stopped)


class _Listener:
    """Follows one launch from its first event to its end."""

    def __init__(self, index: int, launches: int, eta: _TimeLeft, watch: Watch | None) -> None:
        self.index, self.launches, self.eta = index, launches, eta
        self.watch = watch or (lambda _: None)
        self.decoder = msgspec.json.Decoder(Event)
        self.heard = _Heard()
        self.at: Began | None = None

    def listen(self, child: Child) -> _Heard:
        """Return what a child told; after Ctrl-C it is asked to stop, and heard out."""
        timer: threading.Timer | None = None
        try:
            while True:
                try:
                    self.follow(child)
                    break
                except KeyboardInterrupt:
                    if timer is not None:
                        child.kill()
                        continue
                    self.heard.interrupted = True
                    child.interrupt()
                    timer = threading.Timer(GRACE_S, child.kill)
                    timer.start()
        finally:
            if timer is not None:
                timer.cancel()
            child.events.close()
        ended = child.ended()
        if ended and not self.heard.interrupted and not self.heard.failures:
            during = f" while it measured {self.at.title!r}" if self.at is not None else ""
            self.heard.failures.append(f"Launch {self.index} of {self.launches} failed{during}: {ended}.")
        return self.heard

    def follow(self, child: Child) -> None:
        for line in child.events:
            if line.endswith(b"\n"):  # a child that was killed leaves half a line
                self.take(self.decoder.decode(line))

    def take(self, event: Event) -> None:
        match event:
            case Began():
                self.at = event
                self.eta.began(event.table)
                self.tell(0.0)
            case Share():
                self.tell(min(event.share, 1.0))
            case Done():
                self.heard.records.append(event.record)
                self.eta.ended()
                self.tell(1.0)
            case Failed():
                self.heard.lost, self.heard.hopeless = event.lost, event.table is None
                what = f"{event.table}," if event.table else "A launch"
                self.heard.failures.append(f"{what} could not be measured: {event.reason.rstrip('.')}.")
            case Stopped():
                self.heard.stopped = True
                self.heard.interrupted |= event.why == "interrupted"

    def tell(self, share: float) -> None:
        assert self.at is not None
        left = self.eta.left_s(self.index, self.at.table, self.at.of, share)
        self.watch(Whereabouts(self.index, self.launches, self.at.table + 1, self.at.of, self.at.title, share, left))


class _TimeLeft:
    """What is left of a run, from what its tables took so far: each table takes as long again in every launch."""

    def __init__(self, launches: int) -> None:
        self.launches = launches
        self.took: dict[int, float] = {}
        self.table, self.start = 0, time.monotonic()
        self.before = self.start  # the end of the table before: what a launch does before its first counts as its

    def began(self, table: int) -> None:
        self.table, self.start = table, self.before

    def ended(self) -> None:
        now = time.monotonic()
        self.took[self.table], self.before = now - self.start, now

    def left_s(self, launch: int, table: int, tables: int, share: float) -> float | None:
        if not self.took:
            return None
        usual = sum(self.took.values()) / len(self.took)
        each = [self.took.get(at, usual) for at in range(tables)]
        at_hand = each[table] * (1.0 - share)
        return at_hand + sum(each[table + 1 :]) + (self.launches - launch) * sum(each)


def together(records: Sequence[Record], notes: Sequence[str], launches: int) -> list[Record]:
    """Return the records in the order of tables, the launches of each table counted, with the run's notes in all.

    A table's launches are those that measured it: where one died or the run ended early, they are fewer than planned,
    which the notes say.
    """
    tables: dict[tuple[str, str, int], list[Record]] = {}
    for record in records:
        tables.setdefault((record.op, record.title, record.size), []).append(record)
    return [
        msgspec.structs.replace(
            record,
            launch=msgspec.structs.replace(record.launch, index=index, of=len(table), planned=launches),
            notes=[*record.notes, *notes],
        )
        for table in tables.values()
        for index, record in enumerate(table, 1)
    ]


def _counted(launches: int) -> str:
    return "None" if launches == 0 else "One" if launches == 1 else str(launches)
