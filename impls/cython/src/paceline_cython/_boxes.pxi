# What a node sends in one tick: references, and of a router the output that each goes to. Empty between ticks.

from libc.stdlib cimport free, realloc

cdef struct Box:
    PyObject **items
    Py_ssize_t *outputs
    Py_ssize_t n
    Py_ssize_t room


cdef bint make_room(Box *box) noexcept:
    cdef Py_ssize_t room = 2 * box.room if box.room else 4
    cdef void *items = realloc(box.items, room * sizeof(PyObject *))
    if items == NULL:
        return False
    box.items = <PyObject **>items
    cdef void *outputs = realloc(box.outputs, room * sizeof(Py_ssize_t))
    if outputs == NULL:
        return False
    box.outputs = <Py_ssize_t *>outputs
    box.room = room
    return True


cdef inline int put(Box *box, PyObject *item, Py_ssize_t output=0) except -1:
    """Take over a reference, also where memory has run out."""
    if box.n == box.room and not make_room(box):
        Py_XDECREF(item)
        raise MemoryError
    box.items[box.n] = item
    box.outputs[box.n] = output
    box.n += 1
    return 0


cdef inline int put_each(Box *box, list items, bint with_none) except -1:
    cdef Py_ssize_t i = 0
    cdef PyObject *item
    while i < len(items):
        item = PyList_GET_ITEM(items, i)
        if with_none or item != <PyObject *>None:
            Py_XINCREF(item)
            put(box, item)
        i += 1
    return 0


cdef inline void clear(Box *box) noexcept:
    cdef PyObject *item
    while box.n > 0:  # a finaliser may run at each of these
        box.n -= 1
        item = box.items[box.n]
        Py_XDECREF(item)


cdef inline void let_go(Box *box) noexcept:
    clear(box)
    free(box.items)
    free(box.outputs)
