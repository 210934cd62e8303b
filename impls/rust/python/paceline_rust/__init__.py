"""The Rust backend: one portable build that picks its instruction set at run time."""

from paceline.backends import Backend


def _level() -> str:
    from paceline_rust import _rust

    return _rust.level()


backend = Backend(
    name="rust",
    package="paceline_rust",
    version="0.1.0",
    contract=1,
    level=_level,
    variants=("avx2", "baseline", "rubato"),
    other_work=("rubato",),
)
