"""The kernels for the architecture's baseline, where the backend's own use more; to be measured like any others."""

from __future__ import annotations

from paceline_cython._level import kernels_at

globals().update(kernels_at("baseline"))
