# cython: boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False, freethreading_compatible=True
"""The kernels that may fuse a product and a sum, for the architecture's baseline."""

include "_blocks.pxi"
include "_direct.pxi"
include "_vad.pxi"
