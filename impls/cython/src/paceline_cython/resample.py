"""Resampling in Cython; the source is in ``_blocks.pxi`` (whole signals) and ``_direct.pxi`` (streams)."""

from __future__ import annotations

from paceline_cython._level import fused as _fused

resample = _fused("resample")
resample_chunk = _fused("resample_chunk")
