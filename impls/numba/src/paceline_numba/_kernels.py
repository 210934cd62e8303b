"""How this backend's functions are compiled, kept on disk and found by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache, partial, wraps
from hashlib import sha256
from importlib.resources import files
from time import sleep
from typing import Any, Final, TypeVar, cast

import numpy as np
from numba import njit
from numba.core.caching import FunctionCache, IndexDataCacheFile
from numba.core.compiler_lock import global_compiler_lock

Function = TypeVar("Function", bound=Callable[..., Any])
Warm = dict[str, list[Callable[[], Any]]]
"""A room's operations, each with the calls that compile all that its kernel can need."""

PAUSE: Final = 0.001
"""Seconds between two kernels that are compiled ahead."""


class _Cache(FunctionCache):
    """Numba's cache beside the source, for whole packages.

    Numba compiles anew when the file of the function has changed, and would go on using the old code of a helper in
    another file; here it does when any file of the package has changed.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)  # type: ignore[no-untyped-call]
        names: Any = self
        index: Any = IndexDataCacheFile
        self._cache_file = index(names.cache_path, names._impl.filename_base, _sources())


@cache
def _sources() -> str:
    """Return a digest of everything that compiled code can come from."""
    digest = sha256()
    for file in sorted(files(__package__).iterdir(), key=lambda file: file.name):
        if file.name.endswith(".py"):
            digest.update(file.read_bytes())
    return digest.hexdigest()


def jit(function: Function) -> Function:
    """Compile on the first call, without fastmath, and keep the result beside the source."""
    compiled: Any = njit(nogil=True, error_model="numpy")(function)
    compiled._cache = _Cache(function)
    return cast("Function", compiled)


def inlined(function: Function) -> Function:
    """Make it a part of each caller before types are inferred: what is compiled once need not be compiled twice."""
    return cast("Function", njit(inline="always")(function))


def compiled(function: Callable[..., Any], *signatures: str, name: str | None = None) -> Callable[..., Any]:
    """Compile for these signatures and no others, or load that from the cache.

    Inputs are declared read-only, which any array can be taken as. Without a signature every combination of types would
    compile anew, in a caller's path. Functions that one factory makes are told apart by ``name``: the cache keeps one
    file for each name, so processes that compile at the same time cannot take each other's.
    """
    if name is not None:
        function.__name__ = function.__qualname__ = name
    kernel: Any = jit(function)
    for signature in signatures:
        kernel.compile(signature)
    kernel.disable_compile()
    return cast("Callable[..., Any]", kernel)


def entry(kernel: Any) -> Callable[..., Any]:
    """Return the machine code of a kernel with one signature, without the search for it that precedes every call.

    It takes arrays as that signature has them and looks no closer: for kernels whose arguments decide which it is.
    """
    (only,) = kernel.overloads.values()
    return cast("Callable[..., Any]", only.entry_point)


def once(make: Function) -> Function:
    """Make each kernel once, however many threads ask for it at the same time: those that come later wait.

    The lock is the one that Numba compiles under. Another could be taken in the other order: a caller's own jitted
    function that names a kernel asks for it while it is compiled.
    """
    made: dict[tuple[Any, ...], Any] = {}

    @wraps(make)
    def get(*key: Any) -> Any:
        if key not in made:
            with global_compiler_lock:
                if key not in made:
                    made[key] = make(*key)
        return made[key]

    return cast("Function", get)


class ByType(dict[str, Callable[..., Any]]):
    """The kernels of one operation by the samples' type code, each compiled when the first samples of its type come.

    ``make`` compiles the one for a dtype's name; a dtype that is not among ``names`` is refused.
    """

    def __init__(self, names: Iterable[str], make: Callable[[str], Callable[..., Any]]) -> None:
        self._names, self._make = tuple(names), once(make)

    def __missing__(self, char: str) -> Callable[..., Any]:
        name = np.dtype(char).name  # the same of two type codes where C has two names for one type
        if name not in self._names:
            raise TypeError(f"The samples have dtype {name}; accepted are {', '.join(self._names)}.")
        self[char] = self._make(name)
        return self[char]

    def all(self) -> list[Callable[[], Any]]:
        """Return the calls that compile the kernels of all types."""
        return [partial(self._make, name) for name in self._names]


def on_demand(
    module: dict[str, Any], kernels: dict[str, tuple[Callable[..., Any], list[str]]]
) -> tuple[Callable[[str], Any], Callable[[], list[str]], Warm]:
    """Return a module's ``__getattr__``, ``__dir__`` and ``WARM``: a kernel is compiled when it is first asked for."""

    @once
    def make(name: str) -> Any:
        function, signatures = kernels[name]
        module[name] = compiled(function, *signatures)
        return module[name]

    def get(name: str) -> Any:
        if name not in kernels:
            raise AttributeError(f"module {module['__name__']!r} has no attribute {name!r}")
        return make(name)

    def names() -> list[str]:
        return sorted({*module, *kernels})

    return get, names, {name: [partial(make, name)] for name in kernels}


def warm_up(calls: Iterable[Callable[[], Any]]) -> None:
    """Compile ahead, one kernel after the other."""
    for call in calls:
        call()
        sleep(PAUSE)  # locks are not fair: without it a thread that waits for one kernel may wait for all of them
