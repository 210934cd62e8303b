# A run of any program: ticks, in each of which every node takes what those before it sent.

cdef extern from "Python.h":
    PyObject *as_list "PySequence_List"(PyObject *x)
    int PyErr_CheckSignals() except -1

cdef enum:
    PAUSE_EVERY = 1 << 16  # ticks


cdef int pause() except -1:
    """Let other threads run, and look for an interrupt: where nothing is called in Python, nobody else does."""
    with nogil:
        pass
    return PyErr_CheckSignals()


@cython.final
cdef class Session(Calls):
    """One run, fed in pieces; after an error it is not used again."""

    cdef Clock clock
    cdef Row *rows  # the clock's; NULL without metrics
    cdef object flushes
    cdef object leftover
    cdef Box *boxes
    cdef Py_ssize_t n_boxes
    cdef Box inbox
    cdef list held  # of each buffer its items
    cdef list queues  # of each node with several ports a list per port
    cdef bint is_line
    cdef bint flushing  # whether there is anything to do in the last tick of a line
    cdef bint busy

    def __cinit__(self, Steps steps not None, Clock clock, bint is_line, opened):
        cdef Py_ssize_t node
        self.steps, self.clock, self.is_line = steps, clock, is_line
        self.rows = clock.rows if clock is not None else NULL
        self.calls, self.flushes, self.recover, self.leftover = opened
        if len(self.calls) != steps.n or len(self.flushes) != steps.n:
            raise ValueError(
                f"The run has {len(self.calls)} calls and {len(self.flushes)} flushes; accepted are {steps.n} of both."
            )
        self.flushing = any([flush is not None for flush in self.flushes])
        if not is_line or self.flushing:
            self.boxes = <Box *>calloc(steps.n + 1, sizeof(Box))
            if self.boxes == NULL:
                raise MemoryError
            self.n_boxes = steps.n
        if not is_line:
            self.held = [[] if steps.at[node].kind == BUFFER else None for node in range(steps.n)]
            self.queues = [
                [[] for _ in range(steps.at[node].n_ports)] if steps.at[node].n_ports > 1 else None
                for node in range(steps.n)
            ]

    def __dealloc__(self):
        cdef Py_ssize_t node
        for node in range(self.n_boxes):  # the steps may be gone already
            let_go(&self.boxes[node])
        free(self.boxes)
        let_go(&self.inbox)

    def feed(self, list items not None, Py_ssize_t index):
        """Run a tick for each item, the first one numbered ``index``; return each sink's output."""
        return tuple(self.run(items, index, self.outputs()))

    def finish(self):
        """Run the last tick; return each sink's output."""
        return tuple(self.run(None, -1, self.outputs()))

    cdef list outputs(self):
        return [[] for _ in range(self.steps.n_sinks)]

    cdef list run(self, list items, Py_ssize_t index, list out):
        """Run the ticks of some items, or without items the last one; what sinks send is added to ``out``."""
        if self.busy:
            raise RuntimeError("This run is fed from two places at a time; accepted is one after the other.")
        self.busy = True
        try:
            if items is None:
                if self.boxes != NULL:
                    self.tick(NULL, -1, False, out)
            elif self.is_line:
                self.line(items, index, out[0])
            else:
                self.ticks(items, index, out)
        finally:
            self.busy = False
        return out

    cdef int ticks(self, list items, Py_ssize_t index, list out) except -1:
        cdef Py_ssize_t i = 0
        while i < len(items):  # a node may change the list
            item = items[i]
            self.tick(<PyObject *>item, index + i, self.rows != NULL and due(&self.clock.ticks), out)
            i += 1
            if i % PAUSE_EVERY == 0:
                pause()
        return 0

    cdef int tick(self, PyObject *item, Py_ssize_t index, bint is_timed, list out) except -1:
        """Run one tick; ``item`` is NULL in the last one."""
        cdef Py_ssize_t node
        try:
            self.walk(item, index, is_timed)
            for node in range(self.steps.n_sinks):
                self.collect(&self.boxes[self.steps.sinks[node]], out[node])
        finally:
            for node in range(self.steps.n):
                clear(&self.boxes[node])
        return 0

    cdef int collect(self, const Box *box, list out) except -1:
        cdef Py_ssize_t i
        for i in range(box.n):
            out.append(<object>box.items[i])
        return 0

    cdef int walk(self, PyObject *item, Py_ssize_t index, bint is_timed) except -1:
        cdef Py_ssize_t node, i, n
        cdef PyObject **inbox
        cdef const Step *step
        cdef int64_t began = nanoseconds() if is_timed else 0, before = began, now
        for node in range(self.steps.n):
            step = &self.steps.at[node]
            if step.direct >= 0:
                inbox, n = self.boxes[step.direct].items, self.boxes[step.direct].n
            elif step.n_ports == 0:
                inbox, n = &item, item != NULL
            else:
                self.gather(step, node)
                inbox, n = self.inbox.items, self.inbox.n
            try:
                for i in range(n):
                    if self.rows != NULL:
                        self.rows[node].taken += 1
                    self.take(step, node, inbox[i], index, &self.boxes[node])
            finally:
                clear(&self.inbox)
            if is_timed:
                now = nanoseconds()
                if n:
                    timed(&self.rows[node], n, now - before, (now - before) // n)
                before = now
            if item == NULL:
                self.flush(step, node)
        if is_timed:
            self.clock.ticks.slow = before - began > SLOW_NS
        return 0

    cdef int gather(self, const Step *step, Py_ssize_t node) except -1:
        """Fill the inbox from several sources, or a router's output; where there are several ports, with dicts."""
        cdef Py_ssize_t number, i
        cdef const Source *source
        cdef const Box *box
        cdef PyObject *item
        cdef list ports = self.queues[node]
        for number in range(step.n_sources):
            source = &step.sources[number]
            box = &self.boxes[source.node]
            for i in range(box.n):
                item = box.items[i]
                if source.output != ALL and box.outputs[i] != source.output:
                    continue
                if ports is not None:
                    (<list>ports[source.port]).append(<object>item)
                else:
                    Py_XINCREF(item)
                    put(&self.inbox, item)
        return 0 if ports is None else self.join(ports, <tuple>self.steps.keys[node])

    cdef int join(self, list ports, tuple keys) except -1:
        cdef Py_ssize_t i, port, n = min([len(queue) for queue in ports])
        cdef dict joined
        for i in range(n):
            joined = {}
            for port in range(len(keys)):
                joined[keys[port]] = (<list>ports[port])[i]
            Py_INCREF(joined)
            put(&self.inbox, <PyObject *>joined)
        if n:
            for queue in ports:
                del (<list>queue)[:n]
        return 0

    cdef int take(self, const Step *step, Py_ssize_t node, PyObject *x, Py_ssize_t index, Box *box) except -1:
        """Let a node of any kind take an item."""
        cdef PyObject *result = NULL
        cdef Py_ssize_t output = NOWHERE
        if step.kind == CALL_MANY:
            self.take_many(node, x, index, box)
        elif step.kind == BUFFER:
            held = <list>self.held[node]
            held.append(<object>x)
            if len(held) == step.size:
                self.held[node] = []
                Py_INCREF(held)
                put(box, <PyObject *>held)
        elif step.kind == ROUTE:
            if not step.native or route(step, x, &output) == PYTHON:
                output = self.asked_output(node, x, index)
            if output != NOWHERE:
                Py_XINCREF(x)
                put(box, x, output)
        elif self.sends(step, node, x, index, &result):
            put(box, result)
        return 0

    cdef int take_many(self, Py_ssize_t node, PyObject *x, Py_ssize_t index, Box *box) except -1:
        cdef PyObject *sent = self.call(node, x)
        cdef PyObject *many = sent
        if sent != NULL and type(<object>sent) is not list:
            many = as_list(sent)
            Py_XDECREF(sent)
        if many == NULL:
            many = self.recovered(node, x, index)
        try:
            put_each(box, list(<object>many), False)
        finally:
            Py_XDECREF(many)
        return 0

    cdef int flush(self, const Step *step, Py_ssize_t node) except -1:
        if not self.is_line:
            ports, held = self.queues[node], self.held[node]
            if ports is not None and any(ports):
                self.leftover(node, tuple(map(len, ports)))
            if held:
                self.held[node] = None
                Py_INCREF(held)
                put(&self.boxes[node], <PyObject *>held)
        flush = self.flushes[node]
        if flush is not None:
            put_each(&self.boxes[node], list(flush()), True)
        return 0

    cdef int line(self, list items, Py_ssize_t index, list out) except -1:
        """Run the ticks of a line whose nodes send one item or none: each goes through in one go."""
        cdef Py_ssize_t i = 0, node
        cdef PyObject *x = NULL
        cdef PyObject *result
        cdef bint is_timed = False
        cdef int64_t began = 0, before = 0, now
        try:
            while i < len(items):
                x = PyList_GET_ITEM(items, i)
                Py_XINCREF(x)
                if self.rows != NULL:
                    is_timed = due(&self.clock.ticks)
                    if is_timed:
                        began = before = nanoseconds()
                for node in range(self.steps.n):
                    if self.rows != NULL:
                        self.rows[node].taken += 1
                    if not self.sends(&self.steps.at[node], node, x, index + i, &result):
                        result = NULL
                    x, result = result, x
                    Py_XDECREF(result)
                    if is_timed:
                        now = nanoseconds()
                        timed(&self.rows[node], 1, now - before, now - before)
                        before = now
                    if x == NULL:
                        break
                if x != NULL:
                    out.append(<object>x)
                    result, x = x, NULL
                    Py_XDECREF(result)
                if is_timed:
                    self.clock.ticks.slow = before - began > SLOW_NS
                i += 1
                if i % PAUSE_EVERY == 0:
                    pause()
        finally:
            Py_XDECREF(x)
        return 0
