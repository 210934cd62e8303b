"""From outcomes to the rows of the table: what, bar, measured with its bound, met or not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import median
from typing import Literal

import msgspec

from paceline_harness.selftest.cases import COVERED, FOUND, Outcome
from paceline_harness.selftest.run import FIXED, PRIVATE, SHUFFLED, Findings
from paceline_harness.selftest.statistics import lower_bound, two_sided, upper_bound

Met = Literal["goal", "yes", "no", "too few", ""]

A_A_BAR, A_A_GOAL, A_A_NEEDED = 0.01, 0.005, 1_000
POWER_BARS = {1.02: (0.97, 0.99), 1.05: (0.995, 0.999)}
POWER_NEEDED = 300
UNDECIDED_BAR = 0.05
COVERAGE_BAR, COVERAGE_GOAL, COVERAGE_NEEDED = 0.94, (0.95, 1.0), 500
COVERAGE_RATIO_NEEDED = 80
WIDTH_GOAL = 0.01
SHARE_BAR, SHARE_GOAL = 0.6, 0.8
CAUGHT_BAR = 0.95


class Row(msgspec.Struct, frozen=True):
    """One line of the table; `met` is empty where there is no bar."""

    what: str
    bar: str
    measured: str
    met: Met


def rows(found: Findings) -> list[Row]:
    """Return all rows: every phase's, then those of the tester's own traps."""
    made = []
    for phase in ("quiet", "loaded"):
        of_phase = [each for each in found.outcomes if each.phase == phase]
        if of_phase:
            made += [msgspec.structs.replace(row, what=f"{phase}: {row.what}") for row in _phase_rows(of_phase)]
    made.append(_audit(found))
    made += [_caught(name, found.biased.get(name, [])) for name in (FIXED, PRIVATE)]
    if shuffled := found.biased.get(SHUFFLED):
        flagged = f"{sum(shuffled)} of {len(shuffled)} tables condemned"
        made.append(Row(f"biased runner, {SHUFFLED}: cancelled by the turns", "–", flagged, ""))
    return made


def missed(table: Sequence[Row]) -> list[Row]:
    """Return the rows whose bar was missed."""
    return [row for row in table if row.met == "no"]


def _phase_rows(outcomes: Sequence[Outcome]) -> list[Row]:
    same = [each for each in outcomes if each.kind == "same"]
    made = [_false(same), _undecided("copies left inconclusive", same, None)]
    for ratio in FOUND:
        of_ratio = [each for each in outcomes if each.kind == "power" and each.nominal == ratio]
        made.append(_power(ratio, of_ratio))
        made.append(
            _undecided(f"{_per_cent(ratio - 1)} left inconclusive", of_ratio, UNDECIDED_BAR if ratio == 1.02 else None)
        )
    differing = [each for each in outcomes if each.truth != 1]
    made.append(_wrong_sign(differing))
    covering = [each for each in outcomes if each.kind == "coverage"]
    made.append(_coverage("interval holds the true ratio, all ratios", covering, COVERAGE_NEEDED))
    for ratio in COVERED:
        of_ratio = [each for each in covering if each.nominal == ratio]
        made.append(_coverage(f"interval holds the true ratio {ratio:g}", of_ratio, COVERAGE_RATIO_NEEDED))
    made.append(_sustained([each for each in outcomes if each.kind == "sustained"]))
    short = [each for each in outcomes if each.kind != "sustained"]
    made.append(
        Row("time in kernels, whole short comparison", "–", _spread([e.kernel_share for e in short], _per_cent), "")
    )
    made.append(
        Row("wall time per comparison", "–", _spread([e.wall_s for e in short], lambda s: f"{s * 1e3:.0f} ms"), "")
    )
    off = sum(not each.trustworthy for each in short)
    made.append(Row("tables condemned by their null arm", "–", _counted(off, len(short), "up to"), ""))
    if failed := sum(bool(each.error) for each in outcomes):
        made.append(Row("comparisons that failed", "–", _counted(failed, len(outcomes), "up to"), ""))
    return made


def _false(same: Sequence[Outcome]) -> Row:
    """Return the row of copies that were called different, whatever their null arm said."""
    wrong, of = sum(each.verdict in ("faster", "slower") for each in same), len(same)
    share, most = _share(wrong, of), upper_bound(wrong, of)
    goal = share <= A_A_GOAL and most <= A_A_BAR
    met = _met(share <= A_A_BAR, goal, of >= A_A_NEEDED, lower_bound(wrong, of) <= A_A_BAR)
    return Row("copies called different", "≤ 1 % (≤ 0.5 %)", _counted(wrong, of, "up to"), met if of else "too few")


def _power(ratio: float, outcomes: Sequence[Outcome]) -> Row:
    bar, goal = POWER_BARS[ratio]
    hits, of = sum(each.found for each in outcomes), len(outcomes)
    share = _share(hits, of)
    met = _met(share >= bar, share >= goal, of >= POWER_NEEDED, upper_bound(hits, of) >= bar)
    what = f"{_per_cent(ratio - 1)} found within 1 s"
    return Row(
        what, f"≥ {_per_cent(bar)} ({_per_cent(goal)})", _counted(hits, of, "at least"), met if of else "too few"
    )


def _undecided(what: str, outcomes: Sequence[Outcome], bar: float | None) -> Row:
    left, of = sum(each.verdict == "inconclusive" for each in outcomes), len(outcomes)
    measured = _counted(left, of, "up to")
    if bar is None:
        return Row(what, "–", measured, "")
    share = _share(left, of)
    met = _met(share <= bar, share <= bar, of >= POWER_NEEDED, lower_bound(left, of) <= bar)
    return Row(what, f"≤ {_per_cent(bar)}", measured, met if of else "too few")


def _wrong_sign(outcomes: Sequence[Outcome]) -> Row:
    wrong, of = sum(each.wrong_sign for each in outcomes), len(outcomes)
    return Row(
        "the slower one called faster",
        "0",
        _counted(wrong, of, "up to"),
        "no" if wrong else "goal" if of else "too few",
    )


def _coverage(what: str, outcomes: Sequence[Outcome], needed: int) -> Row:
    hits, of = sum(each.covered for each in outcomes), len(outcomes)
    if not of:
        return Row(what, "≥ 94 %", "none", "too few")
    share, (low, high) = _share(hits, of), two_sided(hits, of)
    width = median(each.half_width for each in outcomes)
    goal = COVERAGE_GOAL[0] <= share <= COVERAGE_GOAL[1] and width <= WIDTH_GOAL
    met = _met(share >= COVERAGE_BAR, goal, of >= needed, high >= COVERAGE_BAR)
    measured = (
        f"{hits:,} of {of:,} = {_per_cent(share)} [{_per_cent(low)}, {_per_cent(high)}], ± {_per_cent(width)} median"
    )
    return Row(what, "≥ 94 % (95 %, ± 1 %)", measured, met)


def _sustained(outcomes: Sequence[Outcome]) -> Row:
    what, bar = "time in kernels, a 10 µs kernel for a second", f"≥ {_per_cent(SHARE_BAR)} ({_per_cent(SHARE_GOAL)})"
    if not outcomes:
        return Row(what, bar, "none", "too few")
    share = median(each.kernel_share for each in outcomes)
    return Row(
        what,
        bar,
        _spread([each.kernel_share for each in outcomes], _per_cent),
        _met(share >= SHARE_BAR, share >= SHARE_GOAL),
    )


def _audit(found: Findings) -> Row:
    """Return the row of records that the audit accepts."""
    good = found.records - found.rejected
    met: Met = "too few" if not found.records else "no" if found.rejected else "goal"
    what = "records whose every verdict the audit reproduces"
    return Row(what, "100 %", _counted(max(good, 0), found.records, "at least"), met)


def _caught(name: str, caught: Sequence[bool]) -> Row:
    hits, of = sum(caught), len(caught)
    share = _share(hits, of)
    met = _met(share >= CAUGHT_BAR, share == 1, of >= 20, upper_bound(hits, of) >= CAUGHT_BAR)
    return Row(
        f"biased runner, {name}: null arm is off", "≥ 95 %", _counted(hits, of, "at least"), met if of else "too few"
    )


def _met(bar: bool, goal: bool, enough: bool = True, possible: bool = False) -> Met:
    """Return whether goal or bar are met. A miss is one, unless there are few comparisons and the bound allows it."""
    if bar:
        return "goal" if goal else "yes"
    return "too few" if possible and not enough else "no"


def _share(hits: int, of: int) -> float:
    return hits / of if of else 0.0


def _counted(hits: int, of: int, side: Literal["up to", "at least"]) -> str:
    if not of:
        return "none"
    bound = upper_bound(hits, of) if side == "up to" else lower_bound(hits, of)
    return f"{hits:,} of {of:,} = {_per_cent(hits / of)} [{side} {_per_cent(bound)}]"


def _spread(values: Sequence[float], text: Callable[[float], str]) -> str:
    if not values:
        return "none"
    ordered = sorted(values)
    return (
        f"median {text(median(ordered))}, 90 % {text(ordered[int(0.9 * (len(ordered) - 1))])}, most {text(ordered[-1])}"
    )


def _per_cent(share: float) -> str:
    return f"{share * 100:.2f}".rstrip("0").rstrip(".") + " %"
