"""The Cython backend: one kernel source, compiled per instruction-set level; the machine's best is imported."""

from paceline.backends import Backend


def _level_chosen() -> str:
    from paceline_cython._level import LEVEL

    return LEVEL


backend = Backend(
    name="cython",
    package="paceline_cython",
    version="0.1.0",
    contract=1,
    level=_level_chosen,
    variants=("avx2", "baseline"),
)
