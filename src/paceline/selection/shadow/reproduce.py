"""Repeats a call that came out wrong: ``python -m paceline.selection.shadow.reproduce FILE``.

The shadow mode leaves such files in the user's cache directory. It ends with 0 if the backend still gives something
else than the reference, with 1 if not, and with 2 if there is nothing to repeat. Only run files that paceline has
written: they say what compiled code is called with.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from paceline.backends import Backend, BackendUnavailable, NotImplementedKernel, discover, load_kernel
from paceline.selection import machine
from paceline.selection.shadow import comparison, mismatches
from paceline.selection.shadow.watching import answer, reference_kernel


def main(arguments: list[str] | None = None) -> int:
    """Repeat the call in a file and print what comes of it."""
    given = sys.argv[1:] if arguments is None else arguments
    if len(given) != 1:
        print("Usage: python -m paceline.selection.shadow.reproduce FILE", file=sys.stderr)
        return 2
    try:
        kept = mismatches.load(Path(given[0]))
        kernel = load_kernel(kept.about.operation, kept.about.backend)
    except (mismatches.NotAMismatch, BackendUnavailable) as error:
        print(error, file=sys.stderr)
        return 2
    about = kept.about
    if isinstance(kernel, NotImplementedKernel):
        print(f"The backend {about.backend!r} does not implement {about.operation}: {kernel.reason}.", file=sys.stderr)
        return 2
    when = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(about.at))
    print(f"operation   {about.operation}")
    print(f"backend     {about.backend}")
    print(f"then        it {about.problem} ({when})")
    for line in _changes(about):
        print(f"changed     {line}")
    expected = answer(about.operation, reference_kernel(about.operation), kept.given)
    now = comparison.mismatch(about.operation, kept.given, answer(about.operation, kernel, kept.given), expected)
    if now is not None:
        print(f"now         reproduced: it {now}")
        return 0
    print("now         not reproduced: it gives what the reference gives")
    recorded = comparison.mismatch(about.operation, kept.given, kept.answer, expected)
    if recorded is None:
        print("            what it gave then is what the reference gives now: the reference was another")
    return 1


def _changes(about: mismatches.About) -> list[str]:
    """Return what is not as it was when the file was written."""
    changed = machine.differences(about.machine, machine.machine())
    backend = discover()[about.backend.partition(":")[0]]
    if isinstance(backend, Backend) and machine.fingerprint(backend) != about.fingerprint:
        changed.append(f"the backend was {about.fingerprint} and is {machine.fingerprint(backend)}")
    return changed


if __name__ == "__main__":
    sys.exit(main())
