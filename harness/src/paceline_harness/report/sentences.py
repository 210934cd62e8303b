"""One closing sentence per table, and one that sets a published figure beside what was measured."""

from __future__ import annotations

from collections.abc import Sequence

from paceline_harness.record import Record
from paceline_harness.report.words import (
    ONE_LAUNCH,
    UNTRUSTWORTHY,
    backends,
    centre_text,
    fastest,
    figure,
    geometric_means,
    interval_text,
    leaders,
)
from paceline_harness.result import PairedRatio, cell, paired_ratio, trustworthy


def closing(record: Record) -> str:
    """Return what the fastest backend did against the baseline, and against the limit where there is one."""
    names = [each.name for each in record.candidates if each.group == "backend" and each.name != record.baseline]
    best = fastest(record, names or None)
    if best is None or best == record.baseline:
        return f"Nothing was timed against {record.baseline} on {lower_first(record.title)}."
    parts = [against(record.baseline, paired_ratio(record, best, record.baseline))]
    for each in record.candidates:
        if each.group == "limit" and cell(record, each.name).call_ns is not None:
            found = paired_ratio(record, best, each.name)
            parts.append(f"took {times(found)} times the {each.name}'s time")
    sentence = f"{best} {' and '.join(parts)} on {lower_first(record.title)} ({ONE_LAUNCH})."
    if level := sorted(leaders(record, names) - {best}):
        sentence += f" {' and '.join(level)} cannot be told from it."
    if not trustworthy(record):
        sentence += f" {UNTRUSTWORTHY.capitalize()}: the baseline seemed to differ from itself."
    return sentence


def against(other: str, found: PairedRatio) -> str:
    """Return "ran 12.3 [12.1, 12.5] times faster than other", or what else the verdict allows to be said."""
    if found.verdict == "faster":
        return f"ran {inverse_times(found)} times faster than {other}"
    if found.verdict == "slower":
        return f"took {times(found)} times as long as {other}"
    if found.verdict == "equivalent":
        return f"ran as fast as {other} within the margin ({times(found)} of its time)"
    return f"against {other} is undecided ({times(found)} of its time)"


def claim(record: Record) -> str | None:
    """Return the published figure beside the fastest backend's, against the published code and the baseline."""
    if record.claim is None:
        return None
    parts = [
        f"Claim ({record.claim.source}): {record.claim.before_ms:g} ms to "
        f"{record.claim.after_ms:g} ms, {record.claim.speedup:g}×"
    ]
    best = fastest(record, backends([record]))
    if best is not None and best != record.baseline:
        others = [each.name for each in record.candidates if each.group == "as published"] + [record.baseline]
        for other in others:
            if cell(record, other).call_ns is not None:
                found = paired_ratio(record, best, other)
                parts.append(f"{best} measured against {other}: {inverse_times(found, '×')}")
    return "; ".join(parts) + "."


def summary(records: Sequence[Record]) -> str | None:
    """Return each backend's geometric mean of speeds against the baselines; None when nothing was timed."""
    means = geometric_means(records)
    if not means:
        return None
    said = ", ".join(
        f"{name} {figure(mean)}× over {count} table{'s' * (count > 1)}" for name, (mean, count) in means.items()
    )
    return f"Geometric mean of the speeds against each table's baseline: {said}."


def times(found: PairedRatio) -> str:
    """Return a ratio of times with its interval: "1.05 [1.03, 1.07]"; without one, the number of pairs."""
    if found.interval is None:
        return f"about {figure(found.ratio)} ({found.pairs} pairs, too few for an interval)"
    return f"{centre_text(found.ratio, found.interval)} {interval_text(found.interval, found.ratio)}"


def inverse_times(found: PairedRatio, sign: str = "") -> str:
    """Return the inverse of a ratio of times with its interval; `sign` follows the ratio."""
    if found.interval is None:
        return f"about {figure(1 / found.ratio)}{sign} ({found.pairs} pairs, too few for an interval)"
    inverse = 1 / found.interval[1], 1 / found.interval[0]
    return f"{centre_text(1 / found.ratio, inverse)}{sign} {interval_text(inverse, 1 / found.ratio)}"


def lower_first(title: str) -> str:
    """Return a title as it stands inside a sentence; acronyms stay."""
    return title if title[:2].isupper() else title[:1].lower() + title[1:]
