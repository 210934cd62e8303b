"""The Numba backend: import-light; each kernel compiles on its first call and is cached beside the source."""

from paceline.backends import Backend

backend = Backend(name="numba", package="paceline_numba", version="0.1.0", contract=1, requires=("numba",), jit=True)
