"""The kernels for AVX2, where the backend's own use more: that is not always faster, so it can be measured."""

from __future__ import annotations

from paceline_cython._level import kernels_at

globals().update(kernels_at("avx2"))
