# Chains over arrays: a new array is filled block by block, node after node over each block while it is in the cache.

cimport numpy as np

np.import_array()

cdef enum:
    UNLOCKED_FROM = 50_000  # numbers; other threads may run meanwhile
    PIECE = CHAIN_BLOCK * SIGNALS_AFTER  # numbers between looks for an interrupt

ctypedef fused Real:
    float
    double


cdef void calculate_reals(
    const Step *steps, Py_ssize_t first, Py_ssize_t n_steps, const Real *x, Real *out, Py_ssize_t n, int64_t *ns
) noexcept nogil:
    """Run a block through the nodes from ``first`` on."""
    cdef Py_ssize_t node
    cdef int64_t before = nanoseconds() if ns != NULL else 0
    cdef const Real *source = x
    for node in range(first, n_steps):
        if steps[node].kind != PASS:
            if Real is double:
                if source == out:
                    loops.f64_inside(steps[node].kind, out, n, steps[node].operand.real)
                else:
                    loops.f64(steps[node].kind, source, out, n, steps[node].operand.real)
            else:
                if source == out:
                    loops.f32_inside(steps[node].kind, out, n, <float>steps[node].operand.real)
                else:
                    loops.f32(steps[node].kind, source, out, n, <float>steps[node].operand.real)
            source = out
        if ns != NULL:
            before = since(before, &ns[node])
    if source != out:
        memcpy(out, source, n * sizeof(Real))
        if ns != NULL:
            since(before, &ns[n_steps - 1])


cdef const int64_t *calculate_wholes(
    const Step *steps, Py_ssize_t turn, const int64_t *x, int64_t *out, Py_ssize_t n, int64_t *ns
) noexcept nogil:
    """Run a block of integers through the nodes before ``turn``; return where the results are, x or out."""
    cdef Py_ssize_t node
    cdef int64_t before = nanoseconds() if ns != NULL else 0
    cdef const int64_t *source = x
    for node in range(turn):
        if steps[node].kind != PASS:
            if source == out:
                loops.i64_inside(steps[node].kind, out, n, steps[node].operand.whole)
            else:
                loops.i64(steps[node].kind, source, out, n, steps[node].operand.whole)
            source = out
        if ns != NULL:
            before = since(before, &ns[node])
    return source


cdef bint calculate_piece(
    Chain chain, int dtype, const char *x, char *out, Py_ssize_t n, int64_t *ns, int64_t *n_timed
) noexcept nogil:
    """Run part of an array through the chain; False where an integer is not one of the chain's."""
    cdef Py_ssize_t at, m, block_number = 0, item_size = 4 if dtype == np.NPY_FLOAT else 8
    cdef Py_ssize_t turn = chain.turn, n_steps = chain.n_steps
    cdef const Step *steps = chain.at
    cdef const char *source
    cdef char *to
    cdef int64_t wholes[CHAIN_BLOCK]
    cdef const int64_t *result
    cdef int64_t *of_block
    cdef int64_t before
    for at from 0 <= at < n by CHAIN_BLOCK:
        m = min(n - at, CHAIN_BLOCK)
        source, to = x + at * item_size, out + at * item_size
        of_block = ns if block_number % TIMED_BLOCK == 0 else NULL
        n_timed[0] += m if of_block != NULL else 0
        block_number += 1
        if dtype == np.NPY_DOUBLE:
            calculate_reals(steps, 0, n_steps, <const double *>source, <double *>to, m, of_block)
        elif dtype == np.NPY_FLOAT:
            calculate_reals(steps, 0, n_steps, <const float *>source, <float *>to, m, of_block)
        elif not loops.within(<const int64_t *>source, m, chain.low, chain.high):
            return False
        elif turn == n_steps:
            result = calculate_wholes(steps, turn, <const int64_t *>source, <int64_t *>to, m, of_block)
            if result != <int64_t *>to:
                memcpy(to, result, m * item_size)
        else:
            result = calculate_wholes(steps, turn, <const int64_t *>source, wholes, m, of_block)
            before = nanoseconds() if of_block != NULL else 0
            loops.as_f64(result, <double *>to, m)
            if of_block != NULL:
                since(before, &of_block[turn])
            calculate_reals(steps, turn, n_steps, <const double *>to, <double *>to, m, of_block)
    return True


cdef object chain_array(Chain chain, np.ndarray array, int64_t *ns, int64_t *n_timed):
    """Return the results as a new array, or None where this one, or a number in it, is not the chain's."""
    cdef int dtype = np.PyArray_TYPE(array), result_type = dtype
    cdef np.npy_intp n, at, m
    cdef np.ndarray out
    cdef const char *x
    cdef char *to
    cdef Py_ssize_t item_size
    cdef bint goes
    if np.PyArray_NDIM(array) != 1 or not np.PyArray_ISCARRAY_RO(array):
        return None
    n = np.PyArray_DIM(array, 0)
    if dtype == np.NPY_INT64:
        if not chain.takes_ints():
            return None
        if chain.turn < chain.n_steps:
            result_type = np.NPY_DOUBLE
    elif (dtype != np.NPY_DOUBLE and dtype != np.NPY_FLOAT) or not chain.takes_floats:
        return None
    out = np.PyArray_EMPTY(1, &n, result_type, 0)
    x, to, item_size = <const char *>np.PyArray_DATA(array), <char *>np.PyArray_DATA(out), np.PyArray_ITEMSIZE(array)
    if n < UNLOCKED_FROM:
        return out if calculate_piece(chain, dtype, x, to, n, ns, n_timed) else None
    for at from 0 <= at < n by PIECE:
        m = min(n - at, <np.npy_intp>PIECE)
        with nogil:
            goes = calculate_piece(chain, dtype, x + at * item_size, to + at * item_size, m, ns, n_timed)
        if not goes:
            return None
        PyErr_CheckSignals()
    return out
