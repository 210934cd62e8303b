# Counts and sampled times, by the contract's rule: a tick is timed if the last timed one was slow, else one in so many.

from libc.stdint cimport INT64_MAX, int64_t
from libc.stdlib cimport calloc, free

cdef extern from "_numbers.h" nogil:
    int64_t nanoseconds()
    int64_t beats()

cdef enum:
    TIMED_EVERY = 32
    SLOW_NS = 20_000

cdef struct Rhythm:
    int64_t count
    bint slow

cdef struct Row:
    int64_t taken
    int64_t timed
    int64_t ns
    int64_t shortest
    int64_t longest


cdef inline bint due(Rhythm *rhythm) noexcept nogil:
    rhythm.count += 1
    return rhythm.slow or rhythm.count % TIMED_EVERY == 1


cdef inline int64_t since(int64_t before, int64_t *passed) noexcept nogil:
    """Add the beats that have passed; return their count now."""
    cdef int64_t now = beats()
    passed[0] += now - before
    return now


cdef inline void timed(Row *row, int64_t items, int64_t ns, int64_t each) noexcept nogil:
    """Add the time of some items, which are counted elsewhere; ``each`` is the mean."""
    row.shortest = min(row.shortest, each) if row.timed else each
    row.longest = max(row.longest, each)
    row.timed += items
    row.ns += ns


@cython.final
cdef class Clock:
    """A row per node and a last one for whole runs; threads take turns at it by the interpreter's lock."""

    cdef Row *rows
    cdef Py_ssize_t nodes
    cdef int64_t in_chains  # items that every node has taken, in whole chains
    cdef Rhythm ticks
    cdef Rhythm chains
    cdef Rhythm runs

    def __cinit__(self, Py_ssize_t nodes):
        self.nodes = nodes
        self.rows = <Row *>calloc(nodes + 1, sizeof(Row))
        if self.rows == NULL:
            raise MemoryError

    def __dealloc__(self):
        free(self.rows)

    cdef list counts(self):
        cdef Py_ssize_t node
        cdef Row row
        cdef list out = []
        for node in range(self.nodes + 1):
            row = self.rows[node]
            row.taken += self.in_chains if node < self.nodes else 0
            out.append((row.taken, row.timed, row.ns, row.shortest, row.longest))
        return out
