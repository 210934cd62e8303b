# cython: boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False, freethreading_compatible=True
"""The kernels whose bits are the same on every machine, for AVX-512."""

include "_interpolation.pxi"
include "_formats.pxi"
include "_layouts.pxi"
include "_chains.pxi"
