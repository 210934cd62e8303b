"""Sample formats and layouts in Cython; the source is in ``_formats.pxi`` and ``_layouts.pxi``."""

from __future__ import annotations

from paceline_cython._level import exact as _kernels

convert_format = _kernels.convert_format
interleave = _kernels.interleave
deinterleave = _kernels.deinterleave
to_mono = _kernels.to_mono
