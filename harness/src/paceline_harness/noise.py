"""What disturbed a measurement, in sentences for the top of a report: nothing is said of a quiet machine."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from statistics import median

from paceline_harness.across import tables, trustworthy_table
from paceline_harness.record import Record

STEAL_SHARE = 0.01
"""Of the time of a core: above it the host took away what a sample of 20 us meets in every hundredth."""

SWITCHES_PER_S = 50.0
"""Above it this process was set aside so often that samples over a few ms can hardly be whole."""

NULL_SPREAD = 0.01
"""In log ratio: the baseline's hidden copy may differ from the baseline by so much in one launch."""


def noise(records: Sequence[Record]) -> list[str]:
    """Return a sentence for each sign that the machine was busy, was not the program's own, or differed from itself."""
    if not records:
        return []
    return [*_load(records), *_steal(records), *_switches(records), *_null_arms(records)]


def _load(records: Sequence[Record]) -> list[str]:
    """Compare the load of the last minute with the cores: one is the measurement's, which is not counted."""
    cores = max(1, records[0].environment.cores or 1)
    loads = [
        each.loadavg[0] for record in records for each in (record.before, record.after) if each.loadavg is not None
    ]
    if not loads or max(loads) - 1.0 <= cores - 1:
        return []
    return [
        f"The machine was busy: its load was up to {max(loads):.1f} on {_counted(cores, 'core')}, where 1 is the "
        "measurement's own."
    ]


def _steal(records: Sequence[Record]) -> list[str]:
    stolen = sum(
        max(0, record.after.steal_ticks - record.before.steal_ticks)
        for record in records
        if record.after.steal_ticks is not None and record.before.steal_ticks is not None
    )
    spent = sum(record.wall_s for record in records) * max(1, records[0].environment.cores or 1)
    share = stolen / _ticks_per_s() / spent if spent else 0.0
    if share <= STEAL_SHARE:
        return []
    return [f"The host took away {share:.0%} of the processors' time."]


def _switches(records: Sequence[Record]) -> list[str]:
    count = sum(max(0, record.after.involuntary_switches - record.before.involuntary_switches) for record in records)
    spent = sum(record.wall_s for record in records)
    if not spent or count / spent <= SWITCHES_PER_S:
        return []
    return [f"Other programs interrupted the measurement {count / spent:.0f} times a second."]


def _null_arms(records: Sequence[Record]) -> list[str]:
    """Name the tables in which the baseline differed from itself: in all launches together, or much in one of them."""
    said = []
    for table in tables(records):
        arms = [arm for record in table for arm in record.arms if arm.name == record.null_arm]
        off = [abs(arm.log_ratio) for arm in arms if arm.log_ratio is not None]
        if not off:
            continue
        name = f"{table[0].title}, size {table[0].size:,}"
        margin = max(arm.margin or 0.0 for arm in arms)
        if not trustworthy_table(table):
            said.append(f"{name}: the baseline differed from itself by {math.expm1(median(off)):.1%}.")
        elif max(off) > max(NULL_SPREAD, margin):
            said.append(f"{name}: in one launch the baseline differed from itself by {math.expm1(max(off)):.1%}.")
    return said


def _ticks_per_s() -> int:
    return os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
