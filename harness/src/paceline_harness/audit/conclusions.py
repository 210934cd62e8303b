"""Statistics, verdicts and the end of sampling, computed again from the raw samples."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from paceline_harness.audit.finding import Finding, Place, Said
from paceline_harness.audit.rules import PLANNED
from paceline_harness.audit.structure import Lineup, lineup
from paceline_harness.measure import SLOW_SHARE
from paceline_harness.record import Arm, Record
from paceline_harness.verdict import Judgement, Series, judge, settled

ENDS = ("decided", "budget", "interrupted")


def judged(record: Record, arm: Arm, before: int | None = None) -> Judgement:
    """Return what an arm's samples say against the baseline's; only those of the rounds before `before`, if given."""
    assert arm.alpha is not None
    assert arm.margin is not None
    mine, base = arm.series(), record.arms[0].series()
    if before is not None:
        mine, base = _up_to(mine, before), _up_to(base, before)
    return judge(mine, base, arm.alpha, arm.margin)


def conclusions(place: Place) -> Iterator[Finding]:
    """Yield every statistic and verdict that is not what its samples say."""
    for at, arm in enumerate(place.record.arms):
        if at == 0:
            blank = Arm(arm.name, arm.batch, arm.overhead_ns, arm.samples_ns, arm.index_of_round, cost_ns=arm.cost_ns)
            if arm != blank:
                yield place.finding("its conclusion", arm.verdict, Said("the baseline's own arm has none"), arm)
        elif arm.alpha is None or arm.margin is None or not 0 < arm.alpha < 1:
            yield place.finding("alpha and margin", (arm.alpha, arm.margin), Said("a verdict needs both"), arm)
        else:
            found = judged(place.record, arm)
            yield from place.differs("log_ratio", arm.log_ratio, found.log_ratio, arm)
            yield from place.differs("ci_log", arm.ci_log, found.interval_log, arm)
            yield from place.differs("q10_log_ratio", arm.q10_log_ratio, found.q10_log_ratio, arm)
            yield from place.differs("n_pairs", arm.n_pairs, found.pairs, arm)
            yield from place.differs("verdict", arm.verdict, found.verdict, arm)
            yield from place.differs("reason", arm.reason, found.reason, arm)


def stopping(place: Place) -> Iterator[Finding]:
    """Yield where sampling went on or ended otherwise than the looks at the data decided.

    The rounds are gone through again: at each planned look every arm that is decided and precise leaves, and the next
    block must hold exactly those that are left. When the seconds were spent is the one thing that only the clock knew.
    """
    record = place.record
    if not record.arms or any(arm.alpha is None or arm.margin is None for arm in record.arms[1:]):
        return
    if record.stop_reason not in ENDS:
        yield place.finding("stop_reason", record.stop_reason, Said(f"accepted are {', '.join(ENDS)}"))
        return
    line = lineup(record)
    named = {arm.name: arm for arm in record.arms}
    fast = [at for at, name in enumerate(line.names) if at and name in named and named[name].stop_reason != PLANNED]
    blocks = [sorted(entry) for entry in record.order]
    turns = next((at for at, entry in enumerate(blocks) if line.null not in entry), len(blocks))
    yield from _groups(place, line, fast, blocks[turns:])
    replay = _Replay(record, line, fast, named)
    for at, entry in enumerate(blocks[:turns]):
        expected = sorted({0, line.null, *replay.active})
        if entry != expected or replay.ended:
            names = [line.names[number] for number in expected if number in replay.active]
            words = f"by the looks before it, {', '.join(names) or 'no arm'} had still to be sampled"
            yield place.finding(f"order[{at}]", record.order[at], Said(words))
            return
        replay.look(min(2 * (at + 1), len(record.round_start_ns)), last=at == turns - 1)
    for number in fast:
        arm = named[line.names[number]]
        yield from place.differs("stop_reason", arm.stop_reason, replay.reason(number), arm)
    if record.stop_reason != "interrupted":
        yield from place.differs("stop_reason", record.stop_reason, "budget" if replay.active else "decided")
        yield from _spent(place, replay, 2 * turns)


class _Replay:
    """The arms that were still to be sampled, look by look."""

    def __init__(self, record: Record, line: Lineup, fast: Sequence[int], named: dict[str, Arm]) -> None:
        self.record, self.active = record, list(fast)
        self.arms = {number: named[line.names[number]] for number in fast}
        self.looks = list(self.arms[fast[0]].looks) if fast else []
        self.at = 0

    @property
    def ended(self) -> bool:
        return self.at >= len(self.looks)

    def look(self, taken: int, *, last: bool) -> None:
        """Look at the data after `taken` rounds if that was planned, or when nothing was sampled after them."""
        planned = taken >= self.looks[self.at]
        if planned or (last and self.record.stop_reason != "interrupted"):
            self.at += planned
            self.active = [number for number in self.active if not self.settled(number, taken)]

    def settled(self, number: int, taken: int) -> bool:
        return settled(judged(self.record, self.arms[number], taken), self.record.params.report_hw)

    def reason(self, number: int) -> str:
        return "budget" if number in self.active else "decided"


def _groups(place: Place, line: Lineup, fast: Sequence[int], blocks: Sequence[Sequence[int]]) -> Iterator[Finding]:
    """Yield blocks of slow arms that hold a fast one, or that do not stay together."""
    seen: list[Sequence[int]] = []
    for entry in blocks:
        if not seen or seen[-1] != entry:
            seen.append(entry)
    slow = [number for entry in seen for number in entry if number]
    if len(set(slow)) != len(slow) or set(slow) & {*fast, line.null}:
        words = "slow arms have blocks of their own, one group after the other, after all others"
        yield place.finding("order", [list(entry) for entry in seen], Said(words))


def _spent(place: Place, replay: _Replay, taken: int) -> Iterator[Finding]:
    """Yield a budget that was not spent although arms that wanted more ended for it."""
    record = place.record
    if not replay.active or replay.ended or not taken:
        return
    slow = any(arm.stop_reason == PLANNED for arm in record.arms)
    budget = record.params.budget_s * (1 - SLOW_SHARE if slow else 1) * 1e9
    last = sum(arm.samples_ns[-1] for arm in record.arms if arm.index_of_round[-1] == taken - 1)
    span = record.round_start_ns[taken - 1] + last - record.round_start_ns[0]
    if not 0.5 * budget <= span <= 2 * budget + 1e9:  # a block is begun in time and may end a little later
        words = f"arms ended for a budget of {budget / 1e9} s after {span / 1e9} s"
        yield place.finding("params.budget_s", record.params.budget_s, Said(words))


def _up_to(series: Series, before: int) -> Series:
    kept = bisect_left(series.rounds, before)
    return Series(series.samples_ns[:kept], series.rounds[:kept], series.batch, series.overhead_ns)
