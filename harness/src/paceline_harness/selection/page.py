"""Blocks of a document between markers, so that no figure there is typed by hand: who serves which sizes, and regret.

<!-- selection:ranges -->
(replaced)
<!-- selection:end -->
"""

from __future__ import annotations

import re
from time import gmtime, strftime

from paceline.selection.profile import Measured
from paceline_harness.selection.shipped import Chosen
from paceline_harness.selection.words import cold_ranges, jit, largest, of_kinds, ranges_text, warm_ranges

END = "<!-- selection:end -->"


class PageError(ValueError):
    """A document without markers; the message is the rest of a sentence about it."""


def filled(document: str, name: str, text: str) -> str:
    """Return a document with the text between the markers of that name made anew.

    Raises
    ------
    PageError
        It has no such markers.
    """
    begin = f"<!-- selection:{name} -->"
    marked = re.compile(f"({re.escape(begin)}\n).*?({re.escape(END)})", re.DOTALL)
    if not marked.search(document):
        raise PageError(f"it has no markers; accepted are lines {begin} and {END}")
    return marked.sub(lambda match: f"{match[1]}{text}\n{match[2]}", document)


def ranges_block(found: Chosen) -> str:
    """Return the table in Markdown, and where and when its figures were measured."""
    names = sorted(set().union(*(jit(entry) for entry in found.operations.values())))
    compilers = " or ".join(names) or "a JIT backend"
    head = [f"| operation | without {compilers} | once it is compiled | measured up to |", "|---|---|---|---:|"]
    lines = [*head, *(_row(f"`{name}`", entry) for name, entry in found.operations.items())]
    kinds = [
        _row(f"`{name}` of {kind}", part)
        for name, entry in found.operations.items()
        for kind, part in of_kinds(entry).items()
    ]
    if kinds:
        lines += ["", "Other dtypes of the same operations have ranges of their own.", "", *head, *kinds]
    days = sorted({strftime("%Y-%m-%d", gmtime(entry.at)) for entry in found.operations.values()})
    when = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    machine = found.machine
    where = f"{machine.get('processor', '?')}, {machine.get('usable cores', '?')} cores, {machine.get('python', '?')}"
    return "\n".join([*lines, "", f"Measured on {where}, NumPy {machine.get('numpy', '?')}, {when}."])


def _row(name: str, entry: Measured) -> str:
    warm, cold = warm_ranges(entry), cold_ranges(entry)
    after = "the same" if warm == cold else ranges_text(warm)
    return f"| {name} | {ranges_text(cold) if cold else '–'} | {after} | {largest(entry):,} |"
