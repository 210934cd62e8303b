# What is common to chains over lists and over arrays: the nodes' numbers, where ints become floats, and which ints may go
# through without a look at each result.

cdef extern from "_chains.h":
    enum: CHAIN_BLOCK
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
    TIMED_BLOCK = 8  # of a timed run, one block in so many is timed
    SIGNALS_AFTER = 1024  # blocks

cdef const ChainLoops *loops = <const ChainLoops *>PyCapsule_GetPointer(exact.chain_loops, CHAIN_TABLE)


@cython.final
cdef class Chain:
    """A line of nodes that pass and calculate."""

    cdef Steps steps
    cdef const Step *at
    cdef Py_ssize_t n_steps
    cdef Py_ssize_t turn  # the first node that makes floats of ints, or else their number
    cdef bint calculates  # whether there is anything but passing
    cdef bint takes_floats
    cdef bint asked  # whether the next two are known
    cdef int64_t low  # the ints of which no result leaves what is exact; none where high is less
    cdef int64_t high

    def __cinit__(self, Steps steps):
        cdef Py_ssize_t node
        cdef const Step *step
        self.steps, self.at, self.n_steps, self.turn = steps, steps.at, steps.n, steps.n
        for node in range(steps.n):
            step = &steps.at[node]
            if step.kind == PASS:
                continue
            self.calculates = True
            if self.turn == steps.n and (step.kind == DIVIDE or not step.operand.is_int):
                self.turn = node
        self.takes_floats = self.floats_go_on(0)

    cdef bint takes_ints(self):
        """Work out which ints go through: up to ``turn`` each result is a x + b, so they are an interval."""
        cdef Py_ssize_t node
        cdef object low, high, a, b  # of any size
        cdef Step step
        if not self.asked:
            low, high, a, b = -2**63, 2**63 - 1, 1, 0
            for node in range(self.turn):
                step = self.at[node]
                if step.kind == PASS:
                    continue
                if not step.operand.fits:
                    low, high = 1, 0
                elif step.kind == MULTIPLY:
                    a, b = a * step.operand.whole, b * step.operand.whole
                else:
                    b = b + step.operand.whole if step.kind == ADD else b - step.operand.whole
                low, high = narrowed_to(low, high, a, b, -2**63, 2**63 - 1)
                if low > high:
                    break
            if self.turn < self.n_steps:
                step = self.at[self.turn]
                if step.kind == DIVIDE and step.operand.is_int:
                    low, high = narrowed_to(low, high, a, b, -EXACT, EXACT) if step.operand.exact else (1, 0)
            self.low, self.high = (low, high) if low <= high and self.floats_go_on(self.turn) else (1, 0)
            self.asked = True
        return self.low <= self.high

    cdef bint floats_go_on(self, Py_ssize_t first) noexcept:
        """Say whether the nodes from ``first`` on take every float."""
        cdef Py_ssize_t node
        cdef const Step *step
        for node in range(first, self.n_steps):
            step = &self.at[node]
            if step.kind != PASS and (
                not step.operand.is_real or (step.kind == DIVIDE and step.operand.real == 0)
            ):
                return False
        return True


cdef tuple narrowed_to(low, high, a, b, least, most):
    """Return the part of low..high in which least <= a x + b <= most."""
    if a == 0:
        return (low, high) if least <= b <= most else (1, 0)
    if a < 0:
        a, b, least, most = -a, -b, -most, -least
    return max(low, -((b - least) // a)), min(high, (most - b) // a)
