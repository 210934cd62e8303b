"""The reference backend: NumPy for arrays, plain Python for single values. It is always there."""

from paceline.backends import Backend

backend = Backend(name="python", package="paceline_python", version="0.1.0", contract=1, lines_only=True)
