# What is common to chains over lists and over arrays: the nodes' numbers, where ints become floats, and which ints may
# go through without a look at each result.

from libc.math cimport fabs, frexp
from libc.stdint cimport uint64_t

cdef extern from "_chains.h":
    enum: CHAIN_BLOCK
    const char *CHAIN_TABLE
    ctypedef struct Move:
        int operation
        double real
        int64_t whole
    ctypedef struct ChainLoops:
        void (*f64)(const Move *, Py_ssize_t, const double *, double *, Py_ssize_t) noexcept nogil
        void (*f32)(const Move *, Py_ssize_t, const float *, float *, Py_ssize_t) noexcept nogil
        void (*i64)(const Move *, Py_ssize_t, const uint64_t *, uint64_t *, Py_ssize_t) noexcept nogil
        void (*as_f64)(const int64_t *, double *, Py_ssize_t) noexcept nogil
        bint (*within)(const int64_t *, Py_ssize_t, int64_t, int64_t) noexcept nogil

cdef enum:
    TIMED_BLOCK = 32  # of a timed run, one block in so many is timed
    PAUSE_AFTER = 128  # blocks

cdef const ChainLoops *loops = <const ChainLoops *>PyCapsule_GetPointer(exact.chain_loops, CHAIN_TABLE)


@cython.final
cdef class Chain:
    """A line of nodes that pass and calculate."""

    cdef Py_ssize_t n  # nodes
    cdef Move *moves  # of those that calculate
    cdef Py_ssize_t *first  # for each node and the end, the number of the first move from there on
    cdef Py_ssize_t turn  # the first node that makes floats of ints, or else n
    cdef bint takes_floats
    cdef int64_t low  # the ints of which no result leaves what is exact; none where high is less
    cdef int64_t high

    def __cinit__(self, Steps steps not None):
        cdef Py_ssize_t node, n_moves = 0
        cdef const Step *step
        self.n = self.turn = steps.n
        self.moves = <Move *>calloc(self.n, sizeof(Move))
        self.first = <Py_ssize_t *>calloc(self.n + 1, sizeof(Py_ssize_t))
        if self.moves == NULL or self.first == NULL:
            raise MemoryError
        for node in range(self.n):
            step = &steps.at[node]
            if step.kind != PASS:
                self.moves[n_moves] = as_move(step)
                n_moves += 1
                if self.turn == self.n and (step.kind == DIVIDE or not step.operand.is_int):
                    self.turn = node
            self.first[node + 1] = n_moves
        self.takes_floats = floats_go_on(steps, 0)
        self.low, self.high = ints_that_go_on(steps, self.turn)

    def __dealloc__(self):
        free(self.moves)
        free(self.first)


cdef Move as_move(const Step *step) noexcept:
    cdef Move move = Move(step.kind, step.operand.real, step.operand.whole)
    cdef int exponent = 0
    # the reciprocal of a power of two is exact, also as a float32, and a product is cheaper than a quotient
    if step.kind == DIVIDE and fabs(frexp(move.real, &exponent)) == 0.5 and -100 < exponent < 100:
        move = Move(MULTIPLY, 1 / move.real, 0)
    return move


cdef bint floats_go_on(Steps steps, Py_ssize_t first) noexcept:
    """Say whether the nodes from ``first`` on take every float."""
    cdef Py_ssize_t node
    cdef const Step *step
    for node in range(first, steps.n):
        step = &steps.at[node]
        if step.kind != PASS and (not step.operand.is_real or (step.kind == DIVIDE and step.operand.real == 0)):
            return False
    return True


cdef tuple ints_that_go_on(Steps steps, Py_ssize_t turn):
    """Return the lowest and the highest: up to ``turn`` each result is a x + b, so they are an interval."""
    cdef Py_ssize_t node
    cdef object least = -2**63, most = 2**63 - 1, low = least, high = most, a = 1, b = 0  # of any size
    cdef object least_b = 0, most_b = 0  # with this a
    cdef const Step *step
    if not floats_go_on(steps, turn):
        return 1, 0
    for node in range(turn):
        step = &steps.at[node]
        if step.kind == PASS:
            continue
        if not step.operand.fits:
            return 1, 0
        if step.kind == MULTIPLY:
            low, high = narrowed(low, high, a, least - least_b, most - most_b)
            if low > high:
                return 1, 0
            a, b = a * step.operand.whole, b * step.operand.whole
            least_b = most_b = b
        else:
            b = b + step.operand.whole if step.kind == ADD else b - step.operand.whole
            least_b, most_b = min(least_b, b), max(most_b, b)
    low, high = narrowed(low, high, a, least - least_b, most - most_b)
    if turn < steps.n and steps.at[turn].operand.is_int:
        if not steps.at[turn].operand.exact:
            return 1, 0
        low, high = narrowed(low, high, a, -EXACT - b, EXACT - b)
    return (low, high) if low <= high else (1, 0)


cdef tuple narrowed(low, high, a, least, most):
    """Return the part of low..high in which least <= a x <= most."""
    if a == 0:
        return (low, high) if least <= 0 <= most else (1, 0)
    if a < 0:
        a, least, most = -a, -most, -least
    return max(low, -(-least // a)), min(high, most // a)
