"""Voice activity in Cython; the source is in ``_vad.pxi`` (decisions) and ``_spectrum.pxi`` (a frame's level)."""

from __future__ import annotations

from paceline_cython._level import fused as _fused

detect_voice = _fused("detect_voice")
