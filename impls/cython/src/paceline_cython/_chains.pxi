# The arithmetic of chains. Executors reach it by a table of functions, so that only these few loops are compiled per
# instruction-set level.

from cpython.pycapsule cimport PyCapsule_New

cdef extern from "_tiles.h" nogil:
    const char *CHAIN_TABLE
    ctypedef struct Move:
        pass
    ctypedef struct ChainLoops:
        void (*f64)(const Move *, Py_ssize_t, const double *, double *, Py_ssize_t) noexcept nogil
        void (*f32)(const Move *, Py_ssize_t, const float *, float *, Py_ssize_t) noexcept nogil
        void (*i64)(const Move *, Py_ssize_t, const uint64_t *, uint64_t *, Py_ssize_t) noexcept nogil
        void (*as_f64)(const int64_t *, double *, Py_ssize_t) noexcept nogil
        bint (*within)(const int64_t *, Py_ssize_t, int64_t, int64_t) noexcept nogil
    void f64_tiles(const Move *, Py_ssize_t, const double *, double *, Py_ssize_t) noexcept
    void f32_tiles(const Move *, Py_ssize_t, const float *, float *, Py_ssize_t) noexcept
    void i64_tiles(const Move *, Py_ssize_t, const uint64_t *, uint64_t *, Py_ssize_t) noexcept


cdef void as_f64(const int64_t *x, double *out, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = <double>x[i]


cdef bint within(const int64_t *x, Py_ssize_t n, int64_t low, int64_t high) noexcept nogil:
    cdef Py_ssize_t i
    cdef int64_t least = high, most = low
    for i in range(n):
        least = min(least, x[i])
        most = max(most, x[i])
    return low <= least and most <= high


cdef ChainLoops _chain_loops = ChainLoops(f64_tiles, f32_tiles, i64_tiles, as_f64, within)

chain_loops = PyCapsule_New(&_chain_loops, CHAIN_TABLE, NULL)
