# The runner: whole inputs by the chain where there is one, else by ticks.

from libc.stdlib cimport calloc, free

cdef extern from *:
    """
    /* Let calls of a class's objects go to the vectorcall at that offset: Cython makes a tuple of the arguments. */
    static void take_vectorcalls(PyTypeObject *type, Py_ssize_t offset) {
        type->tp_vectorcall_offset = offset;
        type->tp_flags |= Py_TPFLAGS_HAVE_VECTORCALL;
    }
    """
    void take_vectorcalls(type runners, Py_ssize_t offset)
    ctypedef object (*vectorcallfunc)(object, PyObject *const *, size_t, PyObject *)
    Py_ssize_t PyVectorcall_NARGS(size_t n)


cdef inline Py_ssize_t size(data):
    return len(<list>data) if type(data) is list else np.PyArray_DIM(<np.ndarray>data, 0)


cdef object called(runner, PyObject *const *args, size_t n, PyObject *names):
    cdef Py_ssize_t i, given = PyVectorcall_NARGS(n)
    if given == 1 and names == NULL:
        return (<Runner>runner).run(<object>args[0])
    positional = tuple([<object>args[i] for i in range(given)])
    named = {} if names == NULL else {name: <object>args[given + i] for i, name in enumerate(<tuple>names)}
    return Runner.__call__(runner, *positional, **named)


@cython.final
cdef class Runner:
    """A program made ready; holds nothing of a single run but its counts."""

    cdef vectorcallfunc entry
    cdef object program
    cdef Steps steps
    cdef Clock clock  # None without metrics
    cdef Chain chain  # None where the program is none
    cdef bint is_line  # and no node sends more than one item

    def __cinit__(self, program):
        cdef Py_ssize_t node
        cdef const Step *step
        cdef bint is_chain
        self.entry = called
        take_vectorcalls(type(self), <char *>&self.entry - <char *><PyObject *>self)
        self.program = program
        self.steps = Steps(program)
        self.clock = Clock(self.steps.n) if program.metrics else None
        self.is_line = is_chain = self.steps.n_sinks == 1 and self.steps.sinks[0] == self.steps.n - 1
        for node in range(self.steps.n):
            step = &self.steps.at[node]
            if step.direct != node - 1 or step.n_ports != (node > 0) or (step.kind > FILTER and step.kind != CALL):
                self.is_line = False
            if step.kind > DIVIDE:
                is_chain = False
        if self.is_line and is_chain:
            self.chain = Chain(self.steps)

    def __call__(self, data):
        """Run a whole input."""
        return self.run(data)

    cdef object run(self, data):
        if type(data) is list:
            return self.run_list(<list>data)
        if self.chain is not None and np.PyArray_CheckExact(data):
            out = self.run_array(<np.ndarray>data)
            if out is not None:
                return out
        return self.program.whole(data)

    def open(self, opened):
        """Begin a run that is fed in pieces; it is not counted as a run."""
        return Session(self.steps, self.clock, self.is_line, opened)

    def counts(self):
        """Return a count for each node, and last one for the whole runs."""
        return (Clock(self.steps.n) if self.clock is None else self.clock).counts()

    cdef object run_list(self, list items):
        cdef int64_t began = 0
        cdef bint is_timed = False
        if self.clock is not None:
            self.clock.rows[self.steps.n].taken += 1
            is_timed = due(&self.clock.runs)
            if is_timed:
                began = nanoseconds()
        out = self.through_chain(items) if self.chain is not None else None
        if out is None:
            out = self.walked(items)
        if is_timed:
            self.run_ended(nanoseconds() - began)
        return out

    cdef object run_array(self, np.ndarray array):
        cdef int64_t began = 0
        cdef bint is_timed = self.clock is not None and due(&self.clock.runs)
        if is_timed:
            began = nanoseconds()
        out = self.through_chain(array)
        if out is None:
            return None
        if self.clock is not None:
            self.clock.rows[self.steps.n].taken += 1
        if is_timed:
            self.run_ended(nanoseconds() - began)
        return out

    cdef void run_ended(self, int64_t ns) noexcept:
        timed(&self.clock.rows[self.steps.n], 1, ns, ns)
        self.clock.runs.slow = ns > SLOW_NS

    cdef object through_chain(self, data):
        """Return a whole input's results, counted and timed; None where it is not the chain's."""
        cdef int64_t n_timed = 0
        cdef Py_ssize_t node, dropped
        if self.clock is None:
            return self.chained(data, NULL, &n_timed)
        out = self.timed_chain(data) if due(&self.clock.chains) else self.chained(data, NULL, &n_timed)
        if out is not None:
            self.clock.in_chains += size(data)
            dropped = size(data) - size(out)
            if dropped:  # by the first node
                for node in range(1, self.steps.n):
                    self.clock.rows[node].taken -= dropped
        return out

    cdef object timed_chain(self, data):
        cdef int64_t n_timed = 0, began, ns, passed_in_all
        cdef int64_t *passed = <int64_t *>calloc(self.steps.n, sizeof(int64_t))
        if passed == NULL:
            raise MemoryError
        try:
            began, passed_in_all = nanoseconds(), beats()
            out = self.chained(data, passed, &n_timed)
            if out is not None and n_timed:
                passed_in_all, ns = beats() - passed_in_all, nanoseconds() - began
                self.clock.chains.slow = ns > SLOW_NS
                self.add_times(passed, <double>ns / max(passed_in_all, 1), n_timed, n_timed + size(out) - size(data))
        finally:
            free(passed)
        return out

    cdef void add_times(self, const int64_t *passed, double beat, int64_t first, int64_t others) noexcept:
        """Add each node's beats, of so many nanoseconds, for the items that the first one and the others took."""
        cdef Py_ssize_t node
        cdef double ns, share = 1.0 / first
        for node in range(self.steps.n):
            if node:
                first = others
                share = 1.0 / others if others else 0
            if first:
                ns = passed[node] * beat
                timed(&self.clock.rows[node], first, <int64_t>ns, <int64_t>(ns * share))

    cdef object chained(self, data, int64_t *passed, int64_t *n_timed):
        if type(data) is not list:
            return chain_array(self.chain, data, passed, n_timed)
        if self.chain.first[self.steps.n]:
            return chain_list(self.chain, data, passed, n_timed)
        return self.passed(data, passed, n_timed)

    cdef list passed(self, list items, int64_t *passed, int64_t *n_timed):
        """Return what is not None; it is the first node that drops it, and takes the time."""
        cdef int64_t before = beats() if passed != NULL else 0
        cdef list out = pass_list(items)
        if passed != NULL:
            n_timed[0] = len(items)
            since(before, &passed[0])
        return out

    cdef object walked(self, list items):
        cdef Session session = Session(self.steps, self.clock, self.is_line, self.program.open())
        cdef list out = session.run(None, -1, session.run(items, 0, session.outputs()))
        if len(out) == 1:
            return out[0]
        return {self.program.names[sink]: sent for sink, sent in zip(self.program.sinks, out, strict=True)}


def run_pipeline(program):
    """Make a program ready."""
    return Runner(program)
