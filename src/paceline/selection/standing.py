"""Every backend's standing: whether it can serve, and for which operations it is refused."""

from __future__ import annotations

from dataclasses import replace

from paceline.backends import BackendStatus, known_names, status_of
from paceline.selection import refusals, rules


class Status(dict[str, BackendStatus]):
    """Each backend's status by name; prints as a table."""

    def __str__(self) -> str:
        rows = [
            f"{s.name:<12}{s.state:<8}{s.version or '-':<10}{s.reason or s.level or ''}".rstrip() for s in self.values()
        ]
        for number, state in reversed(list(enumerate(self.values()))):
            rows[number + 1 : number + 1] = [f"  not for {name}: it {why}" for name, why in state.refused.items()]
        return "\n".join(["backend     state   version   level or reason", *rows])


def status() -> Status:
    """List every backend, known or installed: version, state, instruction-set level, and the reason if it cannot serve.

    Compiled backends are imported to see that they load; a JIT backend is not. One that gave a wrong result here also
    says for which operations it is refused, and what was wrong.
    """
    rules.tables()  # a profile may have refusals
    found = {name: status_of(name) for name in known_names()}
    return Status({name: replace(state, refused=refusals.of(name)) for name, state in found.items()})
