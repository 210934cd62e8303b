"""Repeats what a backend got wrong in use, before it may serve again: no workload need hold what a user's data did."""

from __future__ import annotations

from paceline.backends import Kernel
from paceline.selection.shadow import comparison, mismatches
from paceline.selection.shadow.watching import answer, reference_kernel


def problem_of(operation: str, backend: str, kernel: Kernel) -> str | None:
    """Return what is still wrong in a call that was kept, as the rest of a sentence about the backend; None: nothing.

    Files that are damaged, or of another contract, say nothing. Cost: nothing where no call of it was kept.
    """
    for file in sorted(mismatches.folder().glob(mismatches.name_of(operation, backend, "*"))):
        try:
            kept = mismatches.load(file)
        except mismatches.NotAMismatch:
            continue
        expected = answer(operation, reference_kernel(operation), kept.given)
        try:
            found = comparison.mismatch(operation, kept.given, answer(operation, kernel, kept.given), expected)
        except Exception as error:  # whatever it raises here it would raise in production
            return f"raises {type(error).__name__} in the call kept in {file}: {error}"
        if found is not None:
            return f"{found}, in the call kept in {file}"
    return None
