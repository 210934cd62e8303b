"""Which kernel runs: the rules in their order, and per operation a function that a call costs next to nothing.

The first that applies: a backend named in the call; ``using``; ``PACELINE_BACKEND…``; what was measured on this
machine; the table that comes with paceline; a fixed order. A JIT backend is chosen by the last three only once it is
warm, and none that was found to give wrong results; before one of them lets a backend serve that was not proved on this
machine, it runs the operation's golden cases.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any, Final

from paceline.backends import (
    BackendUnavailable,
    Kernel,
    NotImplementedKernel,
    StaleBackend,
    load_kernel,
)
from paceline.operations import OPERATIONS
from paceline.selection import overrides, proof, refusals, shadow
from paceline.selection.choices import Choice, Pick, Rule, Table, picking
from paceline.selection.curves import Curve, ranges, time_at
from paceline.selection.eligible import STATIC_ORDER, candidates
from paceline.selection.tables import Figures, Tables

TYPICAL_N: Final = 1_000
"""The size that is taken where none is known."""


class Selector:
    """Chooses the kernel of one operation.

    ``pick(n, backend=None)`` returns the kernel for a call of size ``n``; it is replaced whenever something changes, so
    it is to be read anew for every call.
    """

    __slots__ = ("_named", "_table", "kind", "operation", "pick")

    def __init__(self, operation: str, kind: str = "") -> None:
        self.operation, self.kind = operation, kind
        self._named: dict[str | overrides.Names, Choice] = {}
        self._table: Table | None = None
        self.pick: Pick = self._first_pick

    def choose(self, n: int, backend: Any = None) -> Choice:
        """Return who serves a call of size ``n``, and by which rule."""
        if backend is not None:
            return self._by_name(backend)
        names = self._asked_names()
        if names is not None:
            return self._first_asked(names)
        return self.table().at(n)

    def kept(self, backend: Any = None) -> Table:
        """Return who serves which sizes, for an object that chooses once and is called many times."""
        if backend is None and self._asked_names() is None:
            return self.table()
        return Table((0,), (self.choose(TYPICAL_N, backend),))

    def times(self, n: int) -> dict[str, float]:
        """Return the ns that each backend takes at size ``n``, of those that may be chosen by that.

        Empty where something else decides: ``using``, the environment, or the fixed order.
        """
        if self._asked_names() is not None:
            return {}
        return {name: time_at(curve, max(n, 1)) for name, curve in self.table().curves.items()}

    def proved(self, backend: str) -> bool:
        """Say whether a backend that :meth:`times` has may serve: else it gives a wrong result, and is refused."""
        kernel = load_kernel(self.operation, backend)
        assert not isinstance(kernel, NotImplementedKernel)  # it was measured
        return _is_proved(self.operation, backend, kernel, self.table().choices[0].rule)

    def table(self) -> Table:
        """Return who serves which sizes where neither the call nor ``using`` says it."""
        table = self._table
        if table is None:
            with _state.lock:
                table = self._table
                if table is None:
                    table = self._table = _table_of(self.operation, self.kind, self._by_name)
        return table

    def forget(self) -> None:
        """Choose anew from the next call on; :class:`_State` holds the lock."""
        self._table = None
        self._named = {}
        self.pick = self._first_pick

    def _first_pick(self, n: int, backend: Any = None) -> Kernel:
        """Work out the table, put in place what serves from then on, and serve this call."""
        if backend is not None:
            return self._named_kernel(backend)
        with _state.lock:
            table = self.table()
            plain = picking(table, self._named_kernel)
            self.pick = self._asking(plain) if _state.asks else plain
        return self.choose(n).kernel

    def _asked_names(self) -> overrides.Names | None:
        asked = overrides.asked.get()
        return None if asked is None else asked.of(self.operation)

    def _asking(self, plain: Pick) -> Pick:
        """Return what looks for ``using`` first."""
        asked, operation, known = overrides.asked.get, self.operation, self._named

        def pick(n: int, backend: Any = None) -> Kernel:
            if backend is not None:
                return self._named_kernel(backend)
            wishes = asked()
            names = wishes.of(operation) if wishes is not None else None
            if names is None:
                return plain(n)
            first = known.get(names[0])
            return first.kernel if first is not None else self._first_asked(names).kernel

        return pick

    def _first_asked(self, names: overrides.Names) -> Choice:
        named = self._named  # as in _by_name
        found = named.get(names)
        if found is None:
            found = named[names] = _first_of(names, "using", self._by_name)
        return found

    def _named_kernel(self, backend: Any) -> Kernel:
        return self._by_name(backend).kernel

    def _by_name(self, backend: Any) -> Choice:
        named = self._named  # if all is forgotten meanwhile, what is found here was for before
        try:
            return named[backend]
        except (KeyError, TypeError):  # not asked for yet; or not a name
            pass
        if isinstance(backend, proof.Given):
            if backend.operation != self.operation:
                return self._by_name(proof.REFERENCE)
            return Choice("given", backend.kernel, "call")
        if not isinstance(backend, str):
            raise TypeError(f"backend is a {type(backend).__name__}; accepted is a backend's name or None.")
        kernel = load_kernel(self.operation, backend)
        if isinstance(kernel, NotImplementedKernel):
            raise BackendUnavailable(f"The backend {backend!r} does not implement {self.operation}: {kernel.reason}.")
        tables()  # a profile may have refusals
        wrong = refusals.reason(self.operation, backend)
        if wrong is not None:
            raise BackendUnavailable(
                f"The backend {backend!r} will not serve {self.operation}, because it {wrong}; "
                "paceline.calibrate() tries it anew."
            )
        choice = Choice(backend, shadow.watched(self.operation, backend, kernel), "call")
        named[backend] = choice
        return choice


class _State:
    """What all selectors share."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.asks = False
        """Whether ``using`` was ever entered: only from then on a call looks for what it says."""
        self.settings: tuple[dict[str, str], str | None] | None = None
        """The environment as it was read: who is asked for, and the shadow mode."""
        self.wishes: overrides.Wishes | None = None
        self.tables: Tables | None = None

    def read(self) -> None:
        """Read the environment if it was not read, or has changed; the caller holds the lock."""
        found = overrides.settings(), shadow.setting()
        if found != self.settings:
            wishes = overrides.read_settings(found[0])  # these raise before anything changes
            shadow.read_setting(found[1])
            changed = self.settings is not None
            self.settings, self.wishes = found, wishes
            if changed:
                forget()


_state: Final = _State()
if hasattr(os, "register_at_fork"):  # a child has no thread that could let go of a lock held at that moment
    os.register_at_fork(
        before=_state.lock.acquire, after_in_parent=_state.lock.release, after_in_child=_state.lock.release
    )
_selectors: Final = {
    (name, kind): Selector(name, kind) for name, operation in OPERATIONS.items() for kind in ("", *operation.kinds)
}


def selector(operation: str, kind: str = "") -> Selector:
    """Return the selector of an operation, or of one of its kinds; there is one."""
    return _selectors[operation, kind]


def forget(*, tables: bool = False) -> None:
    """Choose everything anew from the next calls on; with ``tables`` the profile is read anew, too."""
    with _state.lock:
        if tables:
            _state.tables = None
        for each in _selectors.values():
            each.forget()


def reread() -> None:
    """Read the environment anew; what it says holds for all calls from now on."""
    with _state.lock:
        _state.read()


def tables() -> Tables:
    """Return what is known of times, reading it once."""
    with _state.lock:
        if _state.tables is None:
            _state.tables = Tables()
        return _state.tables


def look_for_using() -> None:
    """Let all calls look for what ``using`` says, from now on."""
    if not _state.asks:
        with _state.lock:
            _state.asks = True
            forget()


def _table_of(operation: str, kind: str, by_name: Callable[[str], Choice]) -> Table:
    """Apply the rules that do not depend on the caller; the lock is held."""
    _state.read()
    names = _state.wishes.of(operation) if _state.wishes is not None else None
    if names is not None:
        return Table((0,), (_first_of(names, "environment", by_name),))
    figures = tables().of(operation)
    while True:
        kernels, _ = candidates(operation)
        found = _ranges(figures, kind, kernels)
        rule: Rule = figures.rule if figures is not None and found else "order"
        serving = found or [(0, name) for name in STATIC_ORDER if name in kernels][:1]
        if not serving:
            raise BackendUnavailable(
                f"No backend that is installed implements {operation}; paceline.status() has the reasons."
            )
        if all(_is_proved(operation, name, kernels[name], rule) for _, name in serving):
            choices = tuple(Choice(name, shadow.watched(operation, name, kernels[name]), rule) for _, name in serving)
            return Table(tuple(n for n, _ in serving), choices, _curves(figures, kind, kernels))


def _ranges(figures: Figures | None, kind: str, kernels: dict[str, Kernel]) -> list[tuple[int, str]]:
    return ranges(_curves(figures, kind, kernels))


def _curves(figures: Figures | None, kind: str, kernels: dict[str, Kernel]) -> dict[str, Curve]:
    known = figures.of_kind(kind) if figures is not None else {}
    return {name: known[name] for name in kernels if name in known}


def _is_proved(operation: str, name: str, kernel: Kernel, rule: Rule) -> bool:
    """Say whether a backend may serve: it was compared when it was measured here, or its golden cases come out now."""
    if rule == "profile" or name == proof.REFERENCE or _proved.get((operation, name)) is kernel:
        return True
    problem = proof.golden_problem(operation, kernel)
    if problem is not None:
        refusals.refuse(operation, name, problem)
        selector(operation).forget()  # it may have been named before
        return False
    _proved[operation, name] = kernel
    return True


_proved: Final[dict[tuple[str, str], Kernel]] = {}
"""The kernels whose golden cases came out, by operation and name."""


def _first_of(names: overrides.Names, rule: Rule, by_name: Callable[[str], Choice]) -> Choice:
    """Return the first of the backends asked for that can serve."""
    problems = []
    for name in names:
        try:
            found = by_name(name)
        except StaleBackend:
            raise
        except BackendUnavailable as error:
            problems.append(error)
            continue
        return Choice(found.backend, found.kernel, rule)
    if len(problems) == 1:
        raise problems[0]
    raise BackendUnavailable(" ".join(map(str, problems)))
