"""Whether the parts of one record fit together: names, order, rounds, samples, clock, buffers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random

from paceline_harness.audit.finding import Finding, Place, Said
from paceline_harness.buffers import ALIGNMENT, PAGE
from paceline_harness.record import Arm, Record


@dataclass(frozen=True, slots=True)
class Lineup:
    """The arms as `order` counts them: the baseline, the other admitted candidates, the null arm."""

    names: tuple[str, ...]

    @property
    def null(self) -> int:
        """The null arm's number."""
        return len(self.names) - 1


def lineup(record: Record) -> Lineup:
    """Return which arm each number in `order` means."""
    timed = [each.name for each in record.candidates if each.status == "timed" and each.name != record.baseline]
    return Lineup((record.baseline, *timed, record.null_arm))


def rounds(record: Record) -> list[list[int]]:
    """Return the order of every round: a permutation, then its mirror, for each entry of `order`."""
    blocks = [turn for entry in record.order for turn in (entry, entry[::-1])]
    return blocks[: len(record.round_start_ns)]


def structure(place: Place) -> Iterator[Finding]:
    """Yield what does not fit. Statistics mean nothing where this yields anything."""
    yield from _names(place)
    yield from _order(place)
    yield from _samples(place)


def _names(place: Place) -> Iterator[Finding]:
    record = place.record
    names = [each.name for each in record.candidates]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield place.finding("candidates", name, Said("two candidates have that name"))
    if record.baseline not in names:
        yield place.finding("baseline", record.baseline, Said("no candidate has that name"))
    if record.null_arm in names:
        yield place.finding("null_arm", record.null_arm, Said("a candidate has that name"))
    stated = [arm.name for arm in record.arms]
    expected = [name for name in lineup(record).names if record.arms] if _baseline_timed(record) else []
    if record.stop_reason == "interrupted":  # what had not been sampled by then has no arm
        expected = [name for name in expected if name in stated]
    yield from place.differs("the names of arms", stated, expected)


def _baseline_timed(record: Record) -> bool:
    return any(each.name == record.baseline and each.status == "timed" for each in record.candidates)


def _order(place: Place) -> Iterator[Finding]:
    record, count = place.record, len(lineup(place.record).names)
    taken = len(record.round_start_ns)
    yield from place.differs("the number of entries of order", len(record.order), (taken + 1) // 2)
    replay = Random(record.seed)
    for at, entry in enumerate(record.order):
        live = sorted(entry)
        if len(set(entry)) != len(entry) or not live or live[0] != 0 or live[-1] >= count or len(live) < 2:
            words = f"it is no permutation of the baseline, 0, and some of the arms 1 to {count - 1}"
            yield place.finding(f"order[{at}]", entry, Said(words))
            return
        replay.shuffle(live)
        if live != entry:
            yield place.finding(f"order[{at}]", entry, Said(f"the seed {record.seed} gives {live}"))
            return


def _samples(place: Place) -> Iterator[Finding]:
    record = place.record
    numbers = {name: at for at, name in enumerate(lineup(record).names)}
    turns = [set(turn) for turn in rounds(record)]
    for arm in record.arms:
        number = numbers.get(arm.name)
        expected = [at for at, turn in enumerate(turns) if number in turn]
        yield from place.differs("the number of samples", len(arm.samples_ns), len(expected), arm)
        if arm.index_of_round != expected:
            words = "order puts the arm into other rounds"
            yield place.finding("index_of_round", arm.index_of_round, Said(words), arm)
        if any(ns <= 0 for ns in arm.samples_ns):
            yield place.finding("samples_ns", min(arm.samples_ns), Said("a sample lasts at least 1 ns"), arm)
        if arm.batch < 1:
            yield place.finding("batch", arm.batch, Said("a sample holds at least one call"), arm)
        if arm.overhead_ns < 0:
            yield place.finding("overhead_ns", arm.overhead_ns, Said("an empty sample lasts at least 0 ns"), arm)


def clock(place: Place) -> Iterator[Finding]:
    """Yield rounds that overlap, and a machine that was measured for longer than the measurement took."""
    record, starts = place.record, place.record.round_start_ns
    spent = _spent(record.arms, len(starts))
    for at, (start, following) in enumerate(pairwise(starts)):
        if following < start + spent[at]:
            words = f"round {at} began at {start} and its samples last {spent[at]} ns"
            yield place.finding(f"round_start_ns[{at + 1}]", following, Said(words))
            break
    if starts and starts[0] >= record.monotonic_start_ns:  # both of one clock
        span = starts[-1] + spent[-1] - starts[0]
        if record.wall_s * 1e9 < span:
            yield place.finding("wall_s", record.wall_s, Said(f"the rounds alone take {span / 1e9} s"))
    for name in ("steal_ticks", "involuntary_switches", "minor_faults"):
        before, after = getattr(record.before, name), getattr(record.after, name)
        if before is not None and after is not None and after < before:
            yield place.finding(f"after.{name}", after, Said(f"it was {before} before"))


def _spent(arms: Sequence[Arm], count: int) -> list[int]:
    """Return the ns that all samples of each round last."""
    spent = [0] * count
    for arm in arms:
        for at, ns in zip(arm.index_of_round, arm.samples_ns, strict=True):
            spent[at] += ns
    return spent


def serves(place: Place) -> Iterator[Finding]:
    """Yield who serves where it does not say so of every size once, or says beside it that nobody does."""
    found = place.record.serves
    if found is None:
        return
    sizes = [n for n, _ in found.ranges]
    if bool(sizes) == bool(found.problem):
        yield place.finding("serves", found, Said("it has either ranges or a problem"))
    elif sizes and (sizes[0] != 0 or sizes != sorted(set(sizes))):
        yield place.finding("serves.ranges", found.ranges, Said("sizes ascend from 0"))


def buffers(place: Place) -> Iterator[Finding]:
    """Yield buffers whose alignment is not what their address says, or less than what candidates are promised."""
    for buffer in place.record.buffers:
        address = buffer.address_mod_4096
        aligned = address & -address if address else PAGE
        yield from place.differs(f"the alignment of {buffer.role}", buffer.alignment, aligned)
        if aligned < ALIGNMENT or not 0 <= address < PAGE:
            words = f"an address within a page is a multiple of {ALIGNMENT} below {PAGE}"
            yield place.finding(f"the address of {buffer.role}", address, Said(words))
