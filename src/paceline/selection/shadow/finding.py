"""What a mismatch asks for: another kernel from now on, a file that repeats it, and word for later processes."""

from __future__ import annotations

import logging
import time
from typing import Final

from paceline.backends import Backend, Kernel, discover
from paceline.errors import PacelineError
from paceline.selection import machine, profile, refusals, rules
from paceline.selection.rules import TYPICAL_N
from paceline.selection.shadow import mismatches
from paceline.selection.shadow.comparison import Mismatch
from paceline.selection.shadow.watching import Replay, reference_kernel

log: Final = logging.getLogger("paceline")


def act(replay: Replay, found: Mismatch) -> None:
    """Refuse the backend for the operation, and only then do what takes time; the log has one sentence of it all."""
    watch = replay.watch
    when = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(replay.at))
    why = f"{found}, in a call of {when} that was replayed"
    refusals.refuse(watch.operation, watch.backend, why, level=None)
    watch.replace(reference_kernel(watch.operation))
    rules.forget()
    watch.replace(_next_best(watch.operation))
    parts = [why]
    try:
        parts.append(_kept(replay, found))
        parts.append(_told(watch.operation, watch.backend, why))
    finally:
        refusals.tell(watch.operation, watch.backend, "; ".join(part for part in parts if part))


def _next_best(operation: str) -> Kernel:
    """Return what is chosen where a call names no backend."""
    try:
        return rules.selector(operation).table().at(TYPICAL_N).kernel
    except (PacelineError, ValueError):  # what the environment asks for cannot serve: a new call is told so
        return reference_kernel(operation)


def _kept(replay: Replay, found: Mismatch) -> str:
    try:
        file = mismatches.save(replay, found)
    except OSError as error:
        return f"the call was not kept: {error.strerror or error}"
    except (TypeError, ValueError) as error:  # a wrong kernel may have returned what no file holds
        return f"the call was not kept: {error}"
    return f"python -m paceline.selection.shadow.reproduce {file} repeats it"


def _told(operation: str, backend: str, why: str) -> str:
    """Put the refusal into the machine profile; return what to say if that cannot be."""
    file = profile.path()
    if profile.is_pinned():
        return f"other processes do not know, because {profile.VARIABLE} names a profile, which is only read"
    found = discover()[backend.partition(":")[0]]
    assert isinstance(found, Backend)  # its kernel ran
    refusal = profile.Refusal(operation, backend, why, machine.fingerprint(found), time.time())
    try:
        profile.write(file, {}, [refusal])
    except profile.ProfileNotWritten as error:
        return f"other processes do not know: {str(error).rstrip('.')}"
    return ""
