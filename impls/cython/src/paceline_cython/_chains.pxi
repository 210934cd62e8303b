# The arithmetic of chains, a node at a time over a block of numbers. Executors reach it by a table of functions, so that
# only these few loops are compiled per instruction-set level.

from cpython.pycapsule cimport PyCapsule_New

cdef extern from "_chains.h":
    const char *CHAIN_TABLE
    ctypedef struct ChainLoops:
        void (*f64)(int, const double *, double *, Py_ssize_t, double) noexcept nogil
        void (*f64_inside)(int, double *, Py_ssize_t, double) noexcept nogil
        void (*f32)(int, const float *, float *, Py_ssize_t, float) noexcept nogil
        void (*f32_inside)(int, float *, Py_ssize_t, float) noexcept nogil
        void (*i64)(int, const int64_t *, int64_t *, Py_ssize_t, int64_t) noexcept nogil
        void (*i64_inside)(int, int64_t *, Py_ssize_t, int64_t) noexcept nogil
        void (*as_f64)(const int64_t *, double *, Py_ssize_t) noexcept nogil
        bint (*within)(const int64_t *, Py_ssize_t, int64_t, int64_t) noexcept nogil

cdef enum:
    PASS, ADD, SUBTRACT, MULTIPLY, DIVIDE  # the contract's kinds

ctypedef fused Chained:
    int64_t
    float
    double


cdef void chained(int operation, const Chained *x, Chained *out, Py_ssize_t n, Chained c) noexcept nogil:
    cdef Py_ssize_t i
    if operation == ADD:
        for i in range(n):
            out[i] = x[i] + c
    elif operation == SUBTRACT:
        for i in range(n):
            out[i] = x[i] - c
    elif operation == MULTIPLY:
        for i in range(n):
            out[i] = x[i] * c
    elif Chained is not int64_t:
        for i in range(n):
            out[i] = x[i] / c


cdef void chained_inside(int operation, Chained *x, Py_ssize_t n, Chained c) noexcept nogil:
    cdef Py_ssize_t i
    if operation == ADD:
        for i in range(n):
            x[i] += c
    elif operation == SUBTRACT:
        for i in range(n):
            x[i] -= c
    elif operation == MULTIPLY:
        for i in range(n):
            x[i] *= c
    elif Chained is not int64_t:
        for i in range(n):
            x[i] /= c


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


cdef ChainLoops _chain_loops
_chain_loops.f64 = chained[double]
_chain_loops.f64_inside = chained_inside[double]
_chain_loops.f32 = chained[float]
_chain_loops.f32_inside = chained_inside[float]
_chain_loops.i64 = chained[int64_t]
_chain_loops.i64_inside = chained_inside[int64_t]
_chain_loops.as_f64 = as_f64
_chain_loops.within = within

chain_loops = PyCapsule_New(&_chain_loops, CHAIN_TABLE, NULL)
