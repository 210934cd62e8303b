"""The root of what paceline raises beyond Python's own TypeError and ValueError."""

from __future__ import annotations


class PacelineError(Exception):
    """The base class of paceline's own errors."""
