# Chains over lists of exact ints and floats: numbers are taken out of their objects, a block at a time, calculated with
# node after node, and become objects again. Ints and floats of a mixed list go side by side.

cdef enum:
    PADDED = 64  # blocks are filled up with zeros to a multiple, which is the widest tile: a rest would cost more

cdef struct Block:
    double reals[CHAIN_BLOCK + PADDED]  # floats; from the chain's turn on, the former ints behind them
    int64_t wholes[CHAIN_BLOCK]
    Py_ssize_t n_reals
    Py_ssize_t n_wholes


cdef inline bint take_out(PyObject **items, Py_ssize_t n, Block *block, int64_t low, int64_t high) noexcept:
    """Say whether all are numbers that the chain takes."""
    cdef Py_ssize_t i, n_reals = 0, n_wholes = 0
    cdef int64_t value
    for i in range(n):
        if is_float(items[i]):
            block.reals[n_reals] = float_value(items[i])
            n_reals += 1
        elif is_int(items[i]) and int_value(items[i], &value) and low <= value <= high:
            block.wholes[n_wholes] = value
            n_wholes += 1
        else:
            return False
    block.n_reals, block.n_wholes = n_reals, n_wholes
    memset(block.reals + n_reals, 0, (padded(n_reals) - n_reals) * sizeof(double))
    memset(block.wholes + n_wholes, 0, (padded(n_wholes) - n_wholes) * sizeof(int64_t))
    return True


cdef inline Py_ssize_t padded(Py_ssize_t n) noexcept nogil:
    return (n + PADDED - 1) // PADDED * PADDED


cdef inline void calculate_block(Chain chain, Py_ssize_t begin, Py_ssize_t end, Block *block) noexcept:
    """Run a block through the nodes from ``begin`` to before ``end``."""
    cdef Py_ssize_t first = chain.first[begin], last = chain.first[end], turn = chain.first[chain.turn]
    cdef Py_ssize_t n_reals = padded(block.n_reals), n_wholes = padded(block.n_wholes)
    cdef double *former = block.reals + n_reals
    cdef uint64_t *wholes = <uint64_t *>block.wholes
    if block.n_reals:
        loops.f64(chain.moves + first, last - first, block.reals, block.reals, n_reals)
    if block.n_wholes:
        if first < turn:
            loops.i64(chain.moves + first, min(last, turn) - first, wholes, wholes, n_wholes)
        if begin <= chain.turn < end:
            loops.as_f64(block.wholes, former, n_wholes)
        if last > turn:
            first = max(first, turn)
            loops.f64(chain.moves + first, last - first, former, former, n_wholes)


cdef inline bint put_back(
    PyObject **items, Py_ssize_t n, bint turned, const Block *block, list out, Py_ssize_t at
) noexcept:
    """Make objects, in the order of the items; False where memory has run out."""
    cdef Py_ssize_t i, real = 0, former = padded(block.n_reals), whole = 0
    cdef PyObject *made
    for i in range(n):
        if not block.n_wholes or (block.n_reals and is_float(items[i])):
            made = new_float(block.reals[real])
            real += 1
        elif turned:
            made = new_float(block.reals[former])
            former += 1
        else:
            made = new_int(block.wholes[whole])
            whole += 1
        if made == NULL:
            return False
        PyList_SET_ITEM(out, at + i, made)
    return True


cdef list chain_list(Chain chain, list items, int64_t *passed, int64_t *n_timed):
    """Return the results, or None where an item is not the chain's; the nodes' beats are added to ``passed``, if given.

    What is read and made anew is counted as the first and the last node's; nodes that pass take no time.
    """
    cdef Py_ssize_t at, node, m, n = len(items), number = 0
    cdef list out = PyList_New(n)
    cdef Block block
    cdef int64_t before = 0
    cdef bint is_timed
    for at from 0 <= at < n by CHAIN_BLOCK:
        m = min(n - at, CHAIN_BLOCK)
        number += 1
        if number % PAUSE_AFTER == 0:
            pause()
        if len(items) != n:  # a finaliser, a signal's handler or another thread was here
            return None
        is_timed = passed != NULL and number % TIMED_BLOCK == 1
        if is_timed:
            before = beats()
        if not take_out(list_items(items) + at, m, &block, chain.low, chain.high):
            return None
        if block.n_reals and not chain.takes_floats:
            return None
        if is_timed:
            n_timed[0] += m
            before = since(before, &passed[0])
            for node in range(chain.n):
                if chain.first[node] < chain.first[node + 1]:
                    calculate_block(chain, node, node + 1, &block)
                    before = since(before, &passed[node])
        else:
            calculate_block(chain, 0, chain.n, &block)
        if not put_back(list_items(items) + at, m, chain.turn < chain.n, &block, out, at):
            raise MemoryError
        if is_timed:
            since(before, &passed[chain.n - 1])
    return out


cdef list pass_list(list items):
    """Return a new list of what is not None."""
    cdef Py_ssize_t i, n = len(items), kept = 0
    cdef list out = PyList_New(n)
    cdef PyObject **source = list_items(items)
    cdef PyObject **to = list_items(out)
    if len(items) != n:  # a finaliser was here
        return pass_list(items)
    for i in range(n):
        if source[i] != <PyObject *>None:
            incref(source[i])
            to[kept] = source[i]
            kept += 1
    if kept < n:
        shorten(out, kept)
    return out
