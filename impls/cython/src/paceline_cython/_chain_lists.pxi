# Chains over lists of exact ints and floats: numbers are taken out of their objects, a block at a time, calculated with
# node after node, and become objects again. Ints and floats of a mixed list go side by side.

cdef struct Block:
    double reals[CHAIN_BLOCK]  # floats; from the chain's turn on, the former ints behind them
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
    return True


cdef inline void calculate_block(const Step *step, bint turns, Block *block) noexcept nogil:
    if turns:
        loops.as_f64(block.wholes, block.reals + block.n_reals, block.n_wholes)
        block.n_reals += block.n_wholes
        block.n_wholes = 0
    if step.kind != PASS:
        if block.n_reals:
            loops.f64_inside(step.kind, block.reals, block.n_reals, step.operand.real)
        if block.n_wholes:
            loops.i64_inside(step.kind, block.wholes, block.n_wholes, step.operand.whole)


cdef inline bint put_back(PyObject **items, Py_ssize_t n, const Block *block, Py_ssize_t n_reals, list out, Py_ssize_t at):
    """Make objects, in the order of the items, of which ``n_reals`` were floats; False where memory has run out."""
    cdef Py_ssize_t i, real = 0, former = n_reals, whole = 0
    cdef PyObject *made
    for i in range(n):
        if n_reals == n or (n_reals and is_float(items[i])):
            made = new_float(block.reals[real])
            real += 1
        elif block.n_wholes:
            made = new_int(block.wholes[whole])
            whole += 1
        else:
            made = new_float(block.reals[former])
            former += 1
        if made == NULL:
            return False
        PyList_SET_ITEM(out, at + i, made)
    return True


cdef list chain_list(Chain chain, list items, int64_t *ns, int64_t *n_timed):
    """Return the results, or None where an item is not the chain's. ``ns`` is added to for each node, if it is there.

    What is read and made anew is counted as the first and the last node's.
    """
    cdef Py_ssize_t at, node, m, n_reals, n = len(items), block_number = 0
    cdef list out = PyList_New(n)
    cdef Block block
    cdef int64_t before = 0, low = 1, high = 0
    cdef bint is_timed
    if chain.takes_ints():
        low, high = chain.low, chain.high
    for at from 0 <= at < n by CHAIN_BLOCK:
        m = min(n - at, CHAIN_BLOCK)
        is_timed = ns != NULL and block_number % TIMED_BLOCK == 0
        block_number += 1
        if block_number % SIGNALS_AFTER == 0:
            PyErr_CheckSignals()
        if len(items) != n:  # a finaliser or a signal's handler was here
            return None
        if is_timed:
            before = nanoseconds()
            n_timed[0] += m
        if not take_out(list_items(items) + at, m, &block, low, high):
            return None
        n_reals = block.n_reals
        if n_reals and not chain.takes_floats:
            return None
        for node in range(chain.n_steps):
            calculate_block(&chain.at[node], node == chain.turn, &block)
            if is_timed and node < chain.n_steps - 1:
                before = since(before, &ns[node])
        if not put_back(list_items(items) + at, m, &block, n_reals, out, at):
            raise MemoryError
        if is_timed:
            since(before, &ns[chain.n_steps - 1])
    return out


cdef list pass_list(list items):
    """Return a new list of what is not None."""
    cdef Py_ssize_t i, n = len(items), kept = 0
    cdef list out = PyList_New(n)
    cdef PyObject **source = list_items(items)
    cdef PyObject *item
    if len(items) != n:  # a finaliser was here
        return pass_list(items)
    for i in range(n):
        item = source[i]
        if item != <PyObject *>None:
            Py_XINCREF(item)
            PyList_SET_ITEM(out, kept, item)
            kept += 1
    if kept < n:
        shorten(out, kept)
    return out
