"""How this backend's functions are compiled, kept on disk and found by name."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any, TypeVar, cast

from numba import njit
from numba.core.caching import FunctionCache, IndexDataCacheFile

Function = TypeVar("Function", bound=Callable[..., Any])


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


def on_demand(
    module: dict[str, Any], kernels: dict[str, tuple[Callable[..., Any], list[str]]]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return a module's ``__getattr__`` and ``__dir__``: a kernel is compiled when it is first asked for."""

    def get(name: str) -> Any:
        if name not in kernels:
            raise AttributeError(f"module {module['__name__']!r} has no attribute {name!r}")
        function, signatures = kernels[name]
        module[name] = compiled(function, *signatures)
        return module[name]

    def names() -> list[str]:
        return sorted({*module, *kernels})

    return get, names
