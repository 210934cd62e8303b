# cython: boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False, freethreading_compatible=True
"""The kernels for the architecture's baseline."""

include "_kernels.pxi"
