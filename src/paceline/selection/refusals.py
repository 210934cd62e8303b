"""Backends that gave a wrong result here: which operations they may not serve, and why."""

from __future__ import annotations

import logging
from typing import Final

log: Final = logging.getLogger("paceline")

_refused: dict[tuple[str, str], str] = {}


def reason(operation: str, backend: str) -> str | None:
    """Return why a backend may not serve an operation; None: it may. A backend's variants are judged apart."""
    return _refused.get((operation, backend))


def of(backend: str) -> dict[str, str]:
    """Return the operations that a backend and its variants may not serve, each with the reason."""
    found = {}
    for (operation, name), why in list(_refused.items()):
        if name == backend:
            found[operation] = why
        elif name.startswith(f"{backend}:"):
            found[f"{operation} ({name})"] = why
    return found


def refuse(operation: str, backend: str, why: str, level: int | None = logging.WARNING) -> None:
    """Let a backend serve an operation no more in this process; the log says so once, or not yet without a level."""
    if (operation, backend) not in _refused:
        _refused[operation, backend] = why
        if level is not None:
            _say(operation, backend, why, level)


def tell(operation: str, backend: str, why: str, level: int = logging.WARNING) -> None:
    """Let the log say of a refusal that it was not told of yet, with more of the reason."""
    if (operation, backend) in _refused:
        _refused[operation, backend] = why
    _say(operation, backend, why, level)


def _say(operation: str, backend: str, why: str, level: int) -> None:
    log.log(level, "The backend %r will not serve %s: it %s.", backend, operation, why)


def lift(operation: str, backend: str) -> None:
    """Let it serve again: it was proved anew."""
    _refused.pop((operation, backend), None)


def known() -> dict[tuple[str, str], str]:
    """Return all refusals."""
    return dict(_refused)


def forget() -> None:
    """Lift all."""
    _refused.clear()
