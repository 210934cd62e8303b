"""The Numba backend: import-light; each kernel compiles on its first call and is cached beside the source."""

from paceline.backends import Backend


def _warm_up(operation: str) -> None:
    """Compile all that an operation's kernel can need, or load it from the cache."""
    from importlib import import_module

    from paceline.operations import OPERATIONS

    room = import_module(f"{__name__}.{OPERATIONS[operation].module}")
    import_module(f"{__name__}._kernels").warm_up(room.WARM[operation])


backend = Backend(
    name="numba",
    package="paceline_numba",
    version="0.1.0",
    contract=1,
    requires=("numba",),
    jit=True,
    warm_up=_warm_up,
)
