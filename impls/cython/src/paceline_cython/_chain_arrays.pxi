# Chains over arrays: a new array is filled block by block, so that ints are in the cache while they are calculated.

cimport numpy as np

np.import_array()

cdef enum:
    UNLOCKED_FROM = 50_000  # numbers; other threads may run meanwhile
    PIECE = CHAIN_BLOCK * PAUSE_AFTER  # numbers between looks for an interrupt


cdef void calculate_part(
    Chain chain, Py_ssize_t begin, Py_ssize_t end, int dtype, const char *x, char *out, Py_ssize_t n
) noexcept nogil:
    """Run a block, from x to out or in out, through the nodes from ``begin`` to before ``end``."""
    cdef Py_ssize_t first = chain.first[begin], last = chain.first[end], turn = chain.first[chain.turn]
    if dtype == np.NPY_DOUBLE:
        loops.f64(chain.moves + first, last - first, <const double *>x, <double *>out, n)
    elif dtype == np.NPY_FLOAT:
        loops.f32(chain.moves + first, last - first, <const float *>x, <float *>out, n)
    else:
        if first < turn:
            loops.i64(chain.moves + first, min(last, turn) - first, <const uint64_t *>x, <uint64_t *>out, n)
            x = out
        if begin <= chain.turn < end:
            loops.as_f64(<const int64_t *>x, <double *>out, n)
            x = out
        if last > turn:
            first = max(first, turn)
            loops.f64(chain.moves + first, last - first, <const double *>x, <double *>out, n)


cdef bint calculate_piece(
    Chain chain, int dtype, const char *x, char *out, Py_ssize_t n, int64_t *passed, int64_t *n_timed
) noexcept nogil:
    """Run part of an array through the chain; False where an integer is not one of the chain's."""
    cdef Py_ssize_t at, m, node, item_size = 4 if dtype == np.NPY_FLOAT else 8
    cdef const char *source
    cdef char *to
    cdef int64_t before
    for at from 0 <= at < n by CHAIN_BLOCK:
        m = min(n - at, CHAIN_BLOCK)
        source, to = x + at * item_size, out + at * item_size
        if dtype == np.NPY_INT64 and not loops.within(<const int64_t *>source, m, chain.low, chain.high):
            return False
        if passed == NULL or at // CHAIN_BLOCK % TIMED_BLOCK:
            calculate_part(chain, 0, chain.n, dtype, source, to, m)
            continue
        n_timed[0] += m
        before = beats()
        for node in range(chain.n):
            if chain.first[node] < chain.first[node + 1]:
                calculate_part(chain, node, node + 1, dtype, source, to, m)
                before = since(before, &passed[node])
                source = to
    return True


cdef object chain_array(Chain chain, np.ndarray array, int64_t *passed, int64_t *n_timed):
    """Return the results as a new array, or None where this one, or a number in it, is not the chain's."""
    cdef int dtype = np.PyArray_TYPE(array), result_type = dtype
    cdef np.npy_intp n, at, m
    cdef np.ndarray out
    cdef const char *x
    cdef char *to
    cdef Py_ssize_t item_size
    cdef bint goes
    cdef int64_t before
    if np.PyArray_NDIM(array) != 1 or not np.PyArray_ISCARRAY_RO(array):
        return None
    n = np.PyArray_DIM(array, 0)
    if dtype == np.NPY_INT64:
        if chain.low > chain.high:
            return None
        if chain.turn < chain.n:
            result_type = np.NPY_DOUBLE
    elif (dtype != np.NPY_DOUBLE and dtype != np.NPY_FLOAT) or not chain.takes_floats:
        return None
    out = np.PyArray_EMPTY(1, &n, result_type, 0)
    x, to, item_size = <const char *>np.PyArray_DATA(array), <char *>np.PyArray_DATA(out), np.PyArray_ITEMSIZE(array)
    if chain.first[chain.n] == 0:
        before = beats() if passed != NULL else 0
        memcpy(to, x, n * item_size)
        if passed != NULL:
            since(before, &passed[0])
            n_timed[0] = n
        return out
    if n < UNLOCKED_FROM:
        return out if calculate_piece(chain, dtype, x, to, n, passed, n_timed) else None
    for at from 0 <= at < n by PIECE:
        m = min(n - at, <np.npy_intp>PIECE)
        with nogil:
            goes = calculate_piece(chain, dtype, x + at * item_size, to + at * item_size, m, passed, n_timed)
        if not goes:
            return None
        PyErr_CheckSignals()
    return out
