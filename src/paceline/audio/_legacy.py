"""Rules by which older tools turned float32 into int16 and back, kept so that their data can be reproduced."""

from __future__ import annotations

from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from paceline._arguments import one_of

LegacyName = Literal["node", "script", "asymmetric", "fast"]

LEGACY: Final = {
    "node": "f32 to i16: · 32768, towards zero, not clamped (1.0 wraps to -32768); back: / 32768",
    "script": "f32 to i16: · 32767, towards zero, not clamped; back: / 32768",
    "asymmetric": "f32 to i16: clamped to ±1, positive · 32767 and negative · 32768, towards zero; back: / 32768",
    "fast": "f32 to i16: clamped to ±1, · 32767, towards zero; back: / 32767",
}
"""What each rule does."""


def convert_legacy(x: NDArray[Any], source: str, to: str, legacy: str) -> NDArray[Any]:
    """Convert float32 to int16 or back by an older rule.

    Raises
    ------
    ValueError
        The rule is unknown, or the pair of formats is another.
    """
    one_of(legacy, "legacy", tuple(LEGACY))
    if (source, to) == ("i16", "f32"):
        return x.astype(np.float32) / np.float32(32767.0 if legacy == "fast" else 32768.0)
    if (source, to) != ("f32", "i16"):
        raise ValueError(f"legacy={legacy!r} is asked for {source} to {to}; accepted are f32 to i16 and i16 to f32.")
    finite = np.where(np.isnan(x), np.float32(0.0), x)
    if legacy in ("asymmetric", "fast"):
        finite = np.clip(finite, np.float32(-1.0), np.float32(1.0))
    if legacy == "asymmetric":
        scaled = finite * np.where(finite < 0, np.float32(32768.0), np.float32(32767.0))
    else:
        scaled = finite * np.float32(32768.0 if legacy == "node" else 32767.0)
    whole = np.clip(np.trunc(scaled), -(2.0**62), 2.0**62)  # so that the cast is defined; it wraps all the same
    wrapped: NDArray[np.int16] = whole.astype(np.int64).astype(np.int16)
    return wrapped
