"""The Cython backend: one kernel source, compiled per instruction-set level; the machine's best is imported."""

from paceline.backends import Backend


def _level() -> str:
    from paceline_cython.interpolation import LEVEL

    return LEVEL


backend = Backend(name="cython", package="paceline_cython", version="0.1.0", contract=1, level=_level)
