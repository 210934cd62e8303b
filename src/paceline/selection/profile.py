"""The machine profile: what was measured here, in one JSON file of the user's cache directory.

``PACELINE_PROFILE`` names another file, which is only read. A file that cannot be used is told of in one line of the
log and changes nothing; only a calibration writes one, as a whole: to a file beside it, which then takes its place,
under a lock, so that calibrations at the same time keep each other's operations.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from paceline.backends import Backend, discover
from paceline.errors import PacelineError
from paceline.selection import machine

__all__ = ["FORMAT", "Measured", "Profile", "ProfileNotWritten", "path", "read", "write"]

VARIABLE: Final = "PACELINE_PROFILE"
FORMAT: Final = 1
OLDEST_S: Final = 30 * 24 * 3600
"""How old a measurement in the cache may be. A profile that PACELINE_PROFILE names does not age."""

CLOCK_S: Final = 3600
"""How far ahead another process's clock may be."""

LARGEST: Final = 64 * 2**20
"""Bytes of a file that is read at all."""

MOST_SIZES: Final = 100
LARGEST_N: Final = 2**53
NS: Final = (1e-3, 1e18)
"""Between what a time lies: with the largest size, no arithmetic of ``curves`` leaves the doubles."""

LAST_S: Final = 4e9
"""A Unix time that is written as a date everywhere."""


class ProfileNotWritten(PacelineError, OSError):  # noqa: N818 - it says what happened
    """A machine profile could not be written; the one before is as it was."""


class Measured(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One operation, all its backends measured in turn in one run."""

    key: str
    """Of everything that the times depend on."""
    at: float
    """Unix time."""
    backends: dict[str, str]
    """The fingerprint of each backend."""
    times: dict[str, list[tuple[int, float]]]
    """For each backend or variant ``(n, ns)``: a low quantile."""
    refused: dict[str, str]
    """Backends that gave a wrong result, with the end of a sentence that says what."""
    first_call_ns: dict[str, int]
    """What a JIT backend took to compile; no part of the times."""
    samples: dict[str, list[tuple[int, list[int]]]] = {}
    """For each size the time of a call in ns, as measured, batch by batch."""
    kinds: dict[str, dict[str, list[tuple[int, float]]]] = {}
    """Times for each of the operation's kinds."""

    def __post_init__(self) -> None:
        if not 0 <= self.at <= LAST_S:
            raise ValueError(f"it was measured at {self.at:g}, which is no Unix time")
        for name, curve in (pair for times in (self.times, *self.kinds.values()) for pair in times.items()):
            if name.partition(":")[0] not in self.backends:
                raise ValueError(f"{name!r} has times and no fingerprint")
            if len(curve) > MOST_SIZES:
                raise ValueError(f"{name!r} has {len(curve)} sizes, and {MOST_SIZES} are accepted")
            sizes = [n for n, _ in curve]
            if not curve or sizes[0] < 1 or sizes[-1] > LARGEST_N or sizes != sorted(set(sizes)):
                raise ValueError(f"the sizes of {name!r} do not ascend from 1 to at most {LARGEST_N}")
            if not all(NS[0] <= ns <= NS[1] for _, ns in curve):
                raise ValueError(f"a time of {name!r} is not between {NS[0]:g} and {NS[1]:g} ns")


class Refusal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A backend that gave a wrong result in use, found by the shadow mode."""

    operation: str
    backend: str
    reason: str
    fingerprint: str
    at: float


class Profile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was measured on one machine."""

    format: Literal[1]
    machine: dict[str, str]
    operations: dict[str, Measured]
    refusals: list[Refusal] = []


def path() -> Path:
    """Return where the profile is: what PACELINE_PROFILE names, else a file in the user's cache directory."""
    pinned = os.environ.get(VARIABLE)
    if pinned:
        return Path(pinned)
    from platformdirs import user_cache_path

    return user_cache_path("paceline", appauthor=False) / "profile.json"


def is_pinned() -> bool:
    """Say whether PACELINE_PROFILE names a profile, which is then never written."""
    return bool(os.environ.get(VARIABLE))


def read(file: Path) -> Profile | None:
    """Read a profile; None if there is no file.

    Raises
    ------
    ValueError
        It cannot be read or is no profile; the message is the rest of a sentence about the file.
    """
    try:
        with file.open("rb") as opened:
            text = opened.read(LARGEST + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ValueError(f"it cannot be read: {error.strerror or error}") from error
    if len(text) > LARGEST:
        raise ValueError(f"it has more than {LARGEST} bytes")
    try:
        return msgspec.json.decode(text, type=Profile)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise ValueError(f"it is no profile of this format: {error}") from error


def problem_of(profile: Profile) -> str | None:
    """Return why a profile does not hold for this machine; None: it does."""
    changed = machine.differences(profile.machine, machine.machine())
    return "; ".join(changed) if changed else None


def problem_of_entry(operation: str, entry: Measured, *, ages: bool) -> str | None:
    """Return why an operation's measurement does not hold any more; None: it does."""
    known = discover()
    for name, then in entry.backends.items():
        backend = known.get(name)
        if isinstance(backend, Backend) and machine.fingerprint(backend) != then:
            return f"the backend {name!r} was another: {then}, and now {machine.fingerprint(backend)}"
    if entry.key != key_of(operation, entry.backends):
        return "the operation, or what it is measured on, was another"
    return _problem_of_age(entry) if ages else None


def _problem_of_age(entry: Measured) -> str | None:
    age_s = time.time() - entry.at
    if age_s < -CLOCK_S:
        return f"by this machine's clock it will be measured in {-age_s / 3_600:.1f} hours"
    if age_s > OLDEST_S:
        return f"it was measured {age_s / 86_400:.0f} days ago, and {OLDEST_S // 86_400} are accepted"
    return None


def key_of(operation: str, backends: Mapping[str, str]) -> str:
    """Return the key of a measurement made here and now."""
    return machine.key_of(
        FORMAT, operation, machine.contract(), sorted(machine.machine().items()), sorted(backends.items())
    )


def prepare(file: Path) -> None:
    """Make the folder of a profile that is going to be written, and its lock.

    Raises
    ------
    ProfileNotWritten
        It will not be possible: better said before what it would hold is measured.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with _locked(file):
            pass
    except OSError as error:
        raise _not_written(file, error) from error


def write(file: Path, operations: Mapping[str, Measured], refusals: list[Refusal] | None = None) -> Profile:
    """Put measurements into a profile, over those of the same operations; what others wrote meanwhile is kept.

    ``refusals`` are added, over those of the same operation and backend; a measurement of an operation takes those of
    its backends away.

    Raises
    ------
    ProfileNotWritten
        The directory or the file cannot be written; nothing has changed then.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with _locked(file):
            merged = _merged(file, operations, refusals or [])
            _replace(file, msgspec.json.encode(merged))
    except OSError as error:
        raise _not_written(file, error) from error
    return merged


def _not_written(file: Path, error: OSError) -> ProfileNotWritten:
    return ProfileNotWritten(f"The machine profile {file} was not written: {error.strerror or error}.")


def _merged(file: Path, operations: Mapping[str, Measured], refusals: list[Refusal]) -> Profile:
    try:
        before = read(file)
    except ValueError:
        before = None  # what cannot be read is written over
    here = machine.machine()
    kept: dict[str, Measured] = {}
    held: list[Refusal] = []
    if before is not None and before.machine == here:
        kept = {
            name: entry
            for name, entry in before.operations.items()
            if name not in operations or (entry.at > operations[name].at and _problem_of_age(entry) is None)
        }
        held = [
            each
            for each in before.refusals
            if (each.operation, each.backend) not in {(new.operation, new.backend) for new in refusals}
            and (
                each.operation not in operations
                or each.backend.partition(":")[0] not in operations[each.operation].backends
            )
        ]
    fresh = {name: entry for name, entry in operations.items() if name not in kept}
    return Profile(FORMAT, here, {**kept, **fresh}, [*held, *refusals])


def _replace(file: Path, text: bytes) -> None:
    """Write a file beside it and let that take its place: whoever reads sees the one or the other, whole."""
    fresh = file.with_name(f"{file.name}.new")  # the lock is held, so what is there is a dead process's
    try:
        with fresh.open("wb") as opened:
            opened.write(text)
            opened.flush()
            os.fsync(opened.fileno())
        fresh.replace(file)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    """Hold the lock of a profile; the system lets go of it when a process dies."""
    with file.with_name(f"{file.name}.lock").open("a+b") as lock:
        _lock(lock.fileno())
        yield  # closing the file ends the lock


def _lock(handle: int) -> None:
    try:
        import fcntl
    except ModuleNotFoundError:  # Windows
        import msvcrt

        windows: Any = msvcrt
        windows.locking(handle, windows.LK_LOCK, 1)
        return
    fcntl.flock(handle, fcntl.LOCK_EX)
