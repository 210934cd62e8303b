"""A backend in plain Python loops, from outside of paceline."""

from paceline.backends import Backend

backend = Backend(name="loops", package="paceline_loops", version="0.3.0", contract=1)
