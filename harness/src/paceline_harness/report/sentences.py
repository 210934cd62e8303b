"""One closing sentence per table, one that sets a published figure beside what was measured, and warnings."""

from __future__ import annotations

from collections.abc import Sequence

from paceline_harness.report.claims import best_peer, best_plain
from paceline_harness.report.source import Pair
from paceline_harness.report.tables import Table
from paceline_harness.report.words import (
    UNTRUSTWORTHY,
    centre_text,
    counted,
    figure,
    interval_text,
    inverse,
    named,
)


def closing(table: Table) -> str:
    """Return what the fastest backend did against the baseline, and against the limit where there is one."""
    names = [name for name in table.columns if name != table.baseline]
    best = table.fastest(names or None)
    if best is None or best == table.baseline:
        return f"Nothing was timed against {table.baseline} on {lower_first(table.label)}."
    parts = [against(named(table, table.baseline), table.pair(best, table.baseline))]
    # Where a native peer was timed a gain is told against both: it is no plain Python.
    other = best_plain(table) if table.group(table.baseline) == "peer" else best_peer(table)
    if other not in (None, best, table.baseline):
        parts.append(against(named(table, other), table.pair(best, other)))
    limits = [name for name in table.timed() if table.group(name) == "limit"]
    parts += [f"took {times(table.pair(best, name))} times the {name}'s time" for name in limits]
    launches = counted(len(table.launches), "launch")
    said = " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))
    sentence = f"{best} {said} on {lower_first(table.label)} ({launches})."
    if level := sorted(table.leaders(names) - {best}):
        sentence += f" {' and '.join(level)} cannot be told from it."
    if not table.trustworthy:
        sentence += f" {UNTRUSTWORTHY.capitalize()}: the baseline seemed to differ from itself."
    return sentence


def against(other: str, found: Pair) -> str:
    """Return "ran 12.3 [12.1, 12.5] times faster than other", or what else the verdict allows to be said."""
    if found.verdict == "faster":
        return f"ran {inverse_times(found)} times faster than {other}"
    if found.verdict == "slower":
        return f"took {times(found)} times as long as {other}"
    if found.verdict == "equivalent":
        return f"ran as fast as {other} within the margin ({times(found)} of its time)"
    return f"against {other} is undecided ({times(found)} of its time)"


def claim(table: Table) -> str | None:
    """Return the published figure beside the fastest backend's, against the published code and the baseline."""
    if table.claim is None:
        return None
    parts = [
        f"Claim ({table.claim.source}): {table.claim.before_ms:g} ms to "
        f"{table.claim.after_ms:g} ms, {table.claim.speedup:g}×"
    ]
    best = table.fastest(table.columns)
    if best is not None and best != table.baseline:
        others = [name for name in table.timed() if table.group(name) == "as published"]
        parts += [
            f"{best} measured against {other}: {inverse_times(table.pair(best, other), '×')}"
            for other in [*others, table.baseline]
            if other in table.timed()
        ]
    return "; ".join(parts) + "."


def warning(tables: Sequence[Table]) -> str | None:
    """Return the sentence that names the tables whose null arm is off; None when there are none."""
    titles = ", ".join(repr(table.label) for table in tables if not table.trustworthy)
    if not titles:
        return None
    return (
        f"{UNTRUSTWORTHY.capitalize()}: in {titles} the baseline, measured a second time in hiding, seemed to differ "
        "from itself. Quieten the machine or raise --budget, and run again."
    )


def times(found: Pair) -> str:
    """Return a ratio of times with its interval: "1.05 [1.03, 1.07]"; without one, the number of pairs."""
    if found.interval is None:
        return f"about {figure(found.ratio)} ({found.pairs} pairs, too few for an interval)"
    return f"{centre_text(found.ratio, found.interval)} {interval_text(found.interval, found.ratio)}"


def inverse_times(found: Pair, sign: str = "") -> str:
    """Return the inverse of a ratio of times with its interval; `sign` follows the ratio."""
    turned = inverse(found.interval)
    if turned is None:
        return f"about {figure(1 / found.ratio)}{sign} ({found.pairs} pairs, too few for an interval)"
    return f"{centre_text(1 / found.ratio, turned)}{sign} {interval_text(turned, 1 / found.ratio)}"


def lower_first(title: str) -> str:
    """Return a title as it stands inside a sentence; acronyms stay, and titles that are capitalised throughout."""
    first, *rest = title.split() or [""]
    capitalised = any(word[:1].isupper() and not word.isupper() for word in rest)
    return title if capitalised or first[1:] != first[1:].lower() else title[:1].lower() + title[1:]
