"""Shadow mode: ``PACELINE_SHADOW=1/N`` replays one call in N on the reference, and a backend that errs is refused.

``watching`` draws the calls, ``replay`` queues them, ``comparison`` says what is equal, ``finding`` does what a
mismatch asks for, and ``mismatches`` keeps it in a file that ``reproduce`` reads. ``again`` repeats it when the backend
is calibrated. None of them is imported by a call while the mode is off.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

from paceline.backends import Kernel
from paceline.selection.eligible import does_other_work

if TYPE_CHECKING:
    from paceline.selection.shadow.replay import Counts

VARIABLE: Final = "PACELINE_SHADOW"

_SHARE: Final = re.compile("1/([1-9][0-9]{0,17})")


def setting() -> str | None:
    """Return what PACELINE_SHADOW says; None: it is not set."""
    return os.environ.get(VARIABLE)


def read_setting(text: str | None) -> int | None:
    """Return N, of which one call is replayed; None: none is.

    Raises
    ------
    ValueError
        The text is not ``1/N``.
    """
    if text is None:
        return None
    found = _SHARE.fullmatch(text)
    if found is None:
        raise ValueError(
            f"{VARIABLE} is {text!r}; accepted is 1/N with a whole number N of 1 or more, as 1/1000: "
            "one call in N is replayed on the reference."
        )
    return int(found[1])


def watched(operation: str, backend: str, kernel: Kernel) -> Kernel:
    """Return the kernel, or while the mode is on one that has some of its calls replayed.

    Raises
    ------
    ValueError
        PACELINE_SHADOW is not ``1/N``.
    """
    every = read_setting(setting())
    if every is None or does_other_work(backend):
        return kernel
    from paceline.selection.shadow import watching

    return watching.watched(operation, backend, kernel, every)


def drain(timeout: float) -> bool:
    """Wait until every call that was drawn has been replayed, ``timeout`` seconds at most; say whether that is so."""
    from paceline.selection.shadow import replay

    return replay.here().drain(timeout)


def counts() -> Counts:
    """Return how many calls were replayed in this process, and how many were not and why."""
    from paceline.selection.shadow import replay

    return replay.here().counts
