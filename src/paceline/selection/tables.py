"""What is known of each operation's times: from the machine profile, or from the table that comes with paceline."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from time import gmtime, strftime
from typing import Any, Final, Literal

from paceline.backends import Backend, discover
from paceline.selection import refusals
from paceline.selection.curves import Curve

log: Final = logging.getLogger("paceline")

SHIPPED: Final = "shipped.json"


@dataclass(frozen=True, slots=True)
class Figures:
    """The times of one operation's backends, measured together."""

    rule: Literal["profile", "shipped"]
    times: Mapping[str, Curve]
    measured: str
    """When and where, as the end of a sentence."""
    kinds: Mapping[str, Mapping[str, Curve]] = field(default_factory=dict)

    def of_kind(self, kind: str) -> Mapping[str, Curve]:
        """Return the times of a kind; where it was not measured, those of the operation's usual one."""
        return self.kinds.get(kind, self.times)


class Tables:
    """The machine profile and the shipped table, read once."""

    def __init__(self) -> None:
        from paceline.selection import profile  # with msgspec, which ``import paceline`` does without

        self.path: Path = profile.path()
        self.problem: str | None = None
        """Why the profile, or a part of it, is not used."""
        self._measured: dict[str, Figures] = {}
        self._shipped: dict[str, Figures] | None = None
        pinned = profile.is_pinned()
        try:
            found = profile.read(self.path)
            if found is None:
                self.problem = "there is no such file" if pinned else None
            else:
                self.problem = profile.problem_of(found)
                if self.problem is None:
                    self._take(found, pinned)
        except ValueError as error:
            self.problem = str(error)
        if self.problem is not None:
            log.info(
                "The machine profile %s is not used: %s; the table that comes with paceline decides.",
                self.path,
                self.problem,
            )

    def of(self, operation: str) -> Figures | None:
        """Return what is known of an operation; None: nothing was ever measured."""
        return self._measured.get(operation) or self._from_shipped().get(operation)

    @property
    def measured(self) -> frozenset[str]:
        """The operations that were measured on this machine."""
        return frozenset(self._measured)

    def _take(self, found: Any, pinned: bool) -> None:
        from paceline.selection import machine, profile

        stale = []
        for operation, entry in found.operations.items():
            problem = profile.problem_of_entry(operation, entry, ages=not pinned)
            if problem is not None:
                stale.append((operation, problem))
                continue
            when = strftime("%Y-%m-%d %H:%M UTC", gmtime(entry.at))
            self._measured[operation] = Figures("profile", entry.times, f"on this machine, {when}", entry.kinds)
            for backend, why in entry.refused.items():
                refusals.refuse(operation, backend, why, logging.INFO)
        for each in found.refusals:
            backend = discover().get(each.backend.partition(":")[0])
            if isinstance(backend, Backend) and machine.fingerprint(backend) == each.fingerprint:
                refusals.refuse(each.operation, each.backend, each.reason, logging.INFO)
        if stale:
            names = ", ".join(operation for operation, _ in stale)
            self.problem = f"of {names} it does not hold any more, because {stale[0][1]}"

    def _from_shipped(self) -> dict[str, Figures]:
        if self._shipped is None:
            import msgspec

            from paceline.selection.profile import Profile

            text = files("paceline").joinpath(SHIPPED).read_bytes()
            table = msgspec.json.decode(text, type=Profile)
            where = f"on another machine, {table.machine.get('processor', '?')}: not measured here"
            self._shipped = {
                name: Figures("shipped", entry.times, where, entry.kinds) for name, entry in table.operations.items()
            }
        return self._shipped
