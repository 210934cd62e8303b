"""Which backends may be chosen by what was measured, and why others may not."""

from __future__ import annotations

from typing import Final

from paceline.backends import (
    Backend,
    BackendUnavailable,
    Kernel,
    NotImplementedKernel,
    StaleBackend,
    discover,
    load_kernel,
)
from paceline.selection import refusals, warming

STATIC_ORDER: Final = ("cython", "rust", "numba", "python")
"""Which backend serves where nothing was ever measured. A third party's then serves when it is named."""


def candidates(operation: str) -> tuple[dict[str, Kernel], dict[str, str]]:
    """Return the kernels that may be chosen by what was measured, and why each other backend or variant may not.

    A variant that has no kernel of its own for the operation is neither.

    Raises
    ------
    StaleBackend
        One of this project's backends was built for another version of the contract.
    """
    kernels: dict[str, Kernel] = {}
    left_out: dict[str, str] = {}
    seen: dict[int, Kernel | NotImplementedKernel] = {}  # kept, so that no other one gets the number of one
    for name in all_names():
        base = name.partition(":")[0]
        if not warming.is_warm(operation, base):
            left_out[name] = f"it compiles on its first call: paceline.warm_up({operation!r}) does so ahead"
            continue
        try:
            kernel = load_kernel(operation, name)
        except StaleBackend as error:
            if base in STATIC_ORDER:
                raise  # a wrong version is a mistake to mend, not a backend to do without
            left_out[name] = str(error)
            continue
        except BackendUnavailable as error:
            left_out[name] = str(error)
            continue
        if id(kernel) in seen:
            continue  # a variant without a kernel of its own here
        seen[id(kernel)] = kernel
        if does_other_work(name):
            left_out[name] = "it does other work, and runs only where it is named"
            continue
        wrong = refusals.reason(operation, name)
        if isinstance(kernel, NotImplementedKernel):
            left_out[name] = f"it does not implement {operation}: {kernel.reason}"
        elif wrong is not None:
            left_out[name] = f"it {wrong}"
        else:
            kernels[name] = kernel
    return kernels, left_out


def does_other_work(name: str) -> bool:
    """Say whether a variant gives results that are not the contract's."""
    base, _, variant = name.partition(":")
    found = discover().get(base)
    return isinstance(found, Backend) and variant in found.other_work


def all_names() -> list[str]:
    """Return the backends that are installed, in the fixed order, each with its variants behind it; then others."""
    known = discover()
    ordered = [name for name in STATIC_ORDER if name in known] + [name for name in known if name not in STATIC_ORDER]
    names = []
    for name in ordered:
        names.append(name)
        found = known[name]
        if isinstance(found, Backend):
            names += [f"{name}:{variant}" for variant in found.variants]
    return names
