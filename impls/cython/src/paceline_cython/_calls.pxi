# A node's own work on one item: in C where that is exact, else by the node in Python, and what becomes of its errors.

cdef extern from "_numbers.h":
    PyObject *call_with(PyObject *function, PyObject *x)

cdef int pending() except -1:
    """Raise what C has set."""
    return -1


cdef class Calls:
    """The nodes in Python of one run, and what they fall back on."""

    cdef Steps steps
    cdef list calls
    cdef object recover

    @cython.final
    cdef inline int sends(
        self, const Step *step, Py_ssize_t node, PyObject *x, Py_ssize_t index, PyObject **result
    ) except -1:
        """Say whether a node, of a kind that sends one item or none, sends one: ``result``, a new reference."""
        cdef Answer answer
        if step.kind == CALL:
            result[0] = self.ask(node, x, index)
        elif step.kind == PASS:
            Py_XINCREF(x)
            result[0] = x
        elif step.kind == FILTER:
            answer = compare(step.rules, x) if step.native else PYTHON
            if answer == PYTHON:
                answer = YES if self.asked(node, x, index) else NO
            if answer == NO:
                return False
            Py_XINCREF(x)
            result[0] = x
            return True
        else:
            answer = calculate(step, x, result)
            if answer == PYTHON:
                result[0] = self.ask(node, x, index)
            elif result[0] == NULL:
                result[0] = self.recovered(node, x, index)
        if result[0] == <PyObject *>None:
            Py_XDECREF(result[0])
            return False
        return True

    @cython.final
    cdef inline PyObject *call(self, Py_ssize_t node, PyObject *x) noexcept:
        """Call a node in Python; NULL where it raised, which is left pending."""
        cdef PyObject *function
        cdef PyObject *result
        if node >= len(self.calls):
            PyErr_SetString(IndexError, "The list of calls has become shorter; accepted is an entry for each node.")
            return NULL
        function = PyList_GET_ITEM(self.calls, node)
        Py_XINCREF(function)  # it may be replaced while it runs
        result = call_with(function, x)
        Py_XDECREF(function)
        return result

    @cython.final
    cdef inline PyObject *ask(self, Py_ssize_t node, PyObject *x, Py_ssize_t index) except NULL:
        cdef PyObject *result = self.call(node, x)
        return result if result != NULL else self.recovered(node, x, index)

    @cython.final
    cdef bint asked(self, Py_ssize_t node, PyObject *x, Py_ssize_t index) except -1:
        cdef PyObject *result = self.ask(node, x, index)
        try:
            return bool(<object>result)
        finally:
            Py_XDECREF(result)

    @cython.final
    cdef Py_ssize_t asked_output(self, Py_ssize_t node, PyObject *x, Py_ssize_t index) except -2:
        cdef PyObject *result = self.ask(node, x, index)
        try:
            return as_output(<object>result, node)
        finally:
            Py_XDECREF(result)

    @cython.final
    cdef PyObject *recovered(self, Py_ssize_t node, PyObject *x, Py_ssize_t index) except NULL:
        """Return what becomes of the error that is pending; one that is no Exception passes."""
        try:
            pending()
        except Exception as error:
            result = self.recover(node, index, <object>x, error)
        Py_INCREF(result)
        return <PyObject *>result
