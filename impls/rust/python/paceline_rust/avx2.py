"""The kernels for AVX2, where the backend's own use more: that is not always faster, so it can be measured."""

from paceline_rust._rust import lesser_kernels

globals().update(lesser_kernels("avx2"))
