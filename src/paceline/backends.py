"""Finds the backends that are installed, loads them on first use, and says why one is absent."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, Literal

from paceline.errors import PacelineError
from paceline.operations import CONTRACT, OPERATIONS

GROUP: Final = "paceline.backends"
"""The entry-point group: each entry names a :class:`Backend`."""

OFFICIAL: Final = {
    "rust": "pip install 'paceline[rust]'",
    "cython": "pip install 'paceline[cython]'",
    "numba": "pip install 'paceline[numba]'",
    "python": "pip install --force-reinstall paceline",
}
"""The backends of this project, and how to get one that is not there."""

Kernel = Callable[..., Any]


class BackendUnavailable(PacelineError, RuntimeError):  # noqa: N818 - the name that the contract gives
    """A backend was asked for by name and cannot serve; the message says why and what can."""


class StaleBackend(BackendUnavailable):
    """A backend was built for another version of the contract; using it could give wrong results."""


@dataclass(frozen=True, slots=True)
class Backend:
    """What a backend's entry point names: cheap to load, its kernels are imported on first use.

    ``package`` holds a module per room; ``requires`` are import names that must be installed, looked up without
    importing them; a ``jit`` backend compiles on its first call, so its modules are not imported to see whether they
    work. ``level`` says which instruction set its kernels run on here.

    ``variants`` name further ways to the same results: ``"rubato"`` is a module of ``package`` with another form of
    some kernels, and ``backend="rust:rubato"`` asks for those; all other kernels are then the backend's own.

    ``warm_up(operation)`` of a ``jit`` backend compiles whatever that operation's kernel can need, for every dtype and
    option; once it has returned no call of the kernel compiles.

    ``lines_only`` says that its executor has a way of its own for lines of numbers, and walks any other graph in
    Python: the times of ``run_pipeline``, which are those of a line, then say nothing about such a graph.
    """

    name: str
    package: str
    version: str
    contract: int
    requires: tuple[str, ...] = ()
    jit: bool = False
    level: Callable[[], str] | None = None
    variants: tuple[str, ...] = ()
    other_work: tuple[str, ...] = ()
    """Those of the variants whose results are not the contract's: they run when they are named, and are not chosen."""
    warm_up: Callable[[str], None] | None = None
    lines_only: bool = False


@dataclass(frozen=True, slots=True)
class NotImplementedKernel:
    """Stands where a kernel would, with the reason that there is none."""

    reason: str


def not_implemented(reason: str) -> Any:
    """Mark an operation that a backend lacks: ``slerp_quaternion = not_implemented("why")``."""
    return NotImplementedKernel(reason)


@dataclass(frozen=True, slots=True)
class BackendStatus:
    """Whether a backend can serve: ``ready``, or ``absent``, ``stale``, ``broken`` with the reason.

    ``package`` is the import name of what holds its kernels, once that is known; ``requires`` are the import names that
    it needs.
    """

    name: str
    state: Literal["ready", "absent", "stale", "broken"]
    version: str | None = None
    reason: str | None = None
    level: str | None = None
    jit: bool = False
    package: str | None = None
    requires: tuple[str, ...] = ()
    refused: Mapping[str, str] = field(default_factory=dict)
    """Operations that it may not serve because it gave a wrong result here, with the end of a sentence: "it …"."""


@cache
def discover() -> dict[str, Backend | BackendStatus]:
    """Load the entry points, each to its Backend or to the status that says why it is none; the order is by name.

    Cost: some ten milliseconds, once per process; not paid by ``import paceline``.
    """
    from importlib.metadata import entry_points

    found: dict[str, Backend | BackendStatus] = {}
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        try:
            backend = point.load()
        except Exception as error:  # whatever a foreign package raises while it is imported is its status
            found[point.name] = BackendStatus(point.name, "broken", reason=f"{type(error).__name__}: {error}")
            continue
        if not isinstance(backend, Backend):
            reason = f"its entry point names a {type(backend).__name__}, not a paceline.backends.Backend"
            found[point.name] = BackendStatus(point.name, "broken", reason=reason)
        else:
            found[point.name] = backend
    return found


def lines_only(name: str) -> bool:
    """Say whether a backend's executor walks in Python whatever is no line of numbers."""
    found = discover().get(name.partition(":")[0])
    return isinstance(found, Backend) and found.lines_only


def known_names() -> list[str]:
    """Return the backends that are known or installed: this project's first."""
    return [*OFFICIAL, *(name for name in discover() if name not in OFFICIAL)]


def status_of(name: str, rooms: Iterable[str] | None = None) -> BackendStatus:
    """Return whether one backend can serve: in these rooms, by default in all that it has."""
    backend = discover().get(name)
    if backend is None:
        return BackendStatus(name, "absent", reason=f"it is not installed: {OFFICIAL[name]}")
    if isinstance(backend, BackendStatus):
        return backend
    if backend.contract != CONTRACT:
        return BackendStatus(
            name,
            "stale",
            backend.version,
            f"it implements contract {backend.contract} and this paceline has contract {CONTRACT}: "
            "install versions of the two that belong together",
        )
    missing = [module for module in backend.requires if importlib.util.find_spec(module) is None]
    if missing:
        reason = f"{', '.join(missing)} is not installed: {OFFICIAL.get(name, f'pip install {missing[0]}')}"
        return BackendStatus(name, "absent", backend.version, reason)
    if not backend.jit:
        for room in sorted({operation.module for operation in OPERATIONS.values()}) if rooms is None else rooms:
            problem = _import_problem(backend, room)
            if problem is not None:
                return BackendStatus(name, "broken", backend.version, problem)
    level = backend.level() if backend.level is not None else None
    return BackendStatus(name, "ready", backend.version, None, level, backend.jit, backend.package, backend.requires)


def _import_problem(backend: Backend, room: str) -> str | None:
    try:
        importlib.import_module(f"{backend.package}.{room}")
    except ModuleNotFoundError as error:
        if error.name == f"{backend.package}.{room}":
            return None  # a room that it does not have: its operations are not implemented
        return f"ModuleNotFoundError: {error}"
    except Exception as error:  # a missing symbol, an ABI or CPU that does not fit: the reason is what matters
        return f"{type(error).__name__}: {error}"
    return None


def load_kernel(operation: str, backend: str) -> Kernel | NotImplementedKernel:
    """Import one backend's kernel, or the mark that says why it has none.

    Raises
    ------
    BackendUnavailable
        The backend or its variant is unknown, absent or broken.
    StaleBackend
        It was built for another version of the contract.
    """
    known = discover()
    backend, _, variant = backend.partition(":")
    if backend not in known and backend not in OFFICIAL:
        raise BackendUnavailable(f"No backend is named {backend!r}; {those_ready()}.")
    state = status_of(backend, (OPERATIONS[operation].module,))
    if state.state == "stale":
        raise StaleBackend(f"The backend {backend!r} is stale: {state.reason}.")
    if state.state != "ready":
        raise BackendUnavailable(f"The backend {backend!r} is {state.state}: {state.reason}; {those_ready()}.")
    found = known[backend]
    assert isinstance(found, Backend)  # ready means that it was found
    if variant and variant not in found.variants:
        has = ", ".join(found.variants) or "none"
        raise BackendUnavailable(f"The backend {backend!r} has no variant {variant!r}; its variants: {has}.")
    kernel = _kernel_in(f"{found.package}.{variant}", operation, backend) if variant else None
    if kernel is None or isinstance(kernel, NotImplementedKernel):
        kernel = _kernel_in(f"{found.package}.{OPERATIONS[operation].module}", operation, backend)
    return kernel


def _kernel_in(module: str, operation: str, backend: str) -> Kernel | NotImplementedKernel:
    room = module.rpartition(".")[2]
    try:
        imported = importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise BackendUnavailable(f"The backend {backend!r} is broken: {error}; {those_ready()}.") from error
        return NotImplementedKernel(f"it has no {room} module")
    except Exception as error:
        raise BackendUnavailable(f"The backend {backend!r} is broken: {error}; {those_ready()}.") from error
    kernel: Kernel | NotImplementedKernel = getattr(
        imported, operation, NotImplementedKernel(f"its {room} module does not have it")
    )
    return kernel


def those_ready() -> str:
    """Return the end of a sentence that says what there is instead."""
    ready = [name for name in known_names() if status_of(name).state == "ready"]
    return f"those ready here are {', '.join(ready)}"
