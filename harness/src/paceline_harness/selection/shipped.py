"""The table that comes with paceline, made from committed machine profiles: their times, rounded, without samples.

A table holds one processor's figures. The first profile's processor is the one; where several profiles are of it, each
operation is the first one's that has it, because times compare only within one measurement.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from paceline.operations import OPERATIONS
from paceline.selection.curves import Curve
from paceline.selection.profile import FORMAT, Measured, Profile, read
from paceline.selection.timing import low
from paceline_harness.selection.words import ranges_text, warm_ranges

DIGITS = 4


class ProfileError(ValueError):
    """A file that no table can be made of; the message is a sentence."""


@dataclass(frozen=True, slots=True)
class Committed:
    """One profile and the file it is in."""

    file: Path
    profile: Profile

    @property
    def family(self) -> str:
        """The kind of processor."""
        machine = self.profile.machine
        return machine.get("processor kind") or machine.get("processor", "?")

    @property
    def processor(self) -> str:
        """Its name."""
        return self.profile.machine.get("processor", "?")


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is shipped: one processor's operations, and the profiles of other processors, which are not."""

    machine: Mapping[str, str]
    operations: Mapping[str, Measured]
    others: Sequence[Committed]


def committed(files: Sequence[Path]) -> list[Committed]:
    """Read profiles and check them.

    Raises
    ------
    ProfileError
        A file cannot be read or is no profile, has no operations, or has times that do not follow from its samples.
    """
    return [Committed(file, _checked(file)) for file in files]


def _checked(file: Path) -> Profile:
    try:
        found = read(file)
    except ValueError as error:
        raise ProfileError(f"{file} is not used: {error}.") from error
    if found is None:
        raise ProfileError(f"{file} does not exist; accepted are files that harness calibrate --output wrote.")
    if not found.operations:
        raise ProfileError(f"{file} has no operations; accepted is a profile with one or more.")
    for operation, entry in found.operations.items():
        for name, curve in entry.times.items():
            samples = dict(entry.samples.get(name, []))
            for n, ns in curve:
                if not samples.get(n) or low(samples[n]) != ns:
                    raise ProfileError(
                        f"{file} has {ns:g} ns for {operation} of {name!r} at n = {n}, which does not follow from its "
                        "samples; accepted is a file as harness calibrate --output wrote it."
                    )
    return found


def chosen(profiles: Sequence[Committed]) -> Chosen:
    """Return what is shipped of these profiles, one or more."""
    first = profiles[0]
    operations: dict[str, Measured] = {}
    for each in profiles:
        if each.family == first.family:
            operations = {**each.profile.operations, **operations}
    ordered = {name: operations[name] for name in OPERATIONS if name in operations}
    return Chosen(first.profile.machine, ordered, [each for each in profiles if each.family != first.family])


def remarks(found: Chosen) -> Iterator[str]:
    """Yield a sentence for every profile that is left out, on what it would choose otherwise."""
    for other in found.others:
        differ = [
            f"{name}: {ranges_text(warm_ranges(entry))}"
            for name, entry in other.profile.operations.items()
            if name in found.operations
            and [who for _, who in warm_ranges(entry)] != [who for _, who in warm_ranges(found.operations[name])]
        ]
        yield (
            f"{other.file} is of another processor, {other.processor}, and not shipped; there {len(differ)} of "
            f"{len(other.profile.operations)} operations have other backends{''.join(f'; {each}' for each in differ)}."
        )


def table(found: Chosen) -> bytes:
    """Return the table as JSON, a line for each operation; the same profiles always give the same bytes."""
    lines = ",\n".join(f"{_text(name)}:{_text(_entry(entry))}" for name, entry in found.operations.items())
    machine = _text(dict(sorted(found.machine.items())))
    return f'{{"format":{FORMAT},"machine":{machine},"operations":{{\n{lines}\n}}}}\n'.encode()


def _entry(entry: Measured) -> dict[str, Any]:
    return {
        "key": "",  # it holds on no machine as if it were measured there
        "at": round(entry.at),
        "backends": dict(sorted(entry.backends.items())),
        "times": _times(entry, entry.times),
        "refused": {},
        "kinds": {kind: _times(entry, times) for kind, times in sorted(entry.kinds.items())},
        "first_call_ns": {},
    }


def _times(entry: Measured, times: Mapping[str, Curve]) -> dict[str, Any]:
    return {
        name: [(_rounded(n), _rounded(ns)) for n, ns in curve]
        for name, curve in sorted(times.items())
        if name not in entry.refused
    }


def _rounded(value: float) -> float | int:
    """Return a number with few digits, as an int where it is whole."""
    short = float(f"{value:.{DIGITS}g}")
    return int(short) if short.is_integer() else short


def _text(value: Any) -> str:
    return msgspec.json.encode(value).decode()
