# Arrays whose type is only known when they arrive. A typed memoryview of each would cost 0.2 µs, as much as a short
# call's arithmetic; the contract has checked types and shapes, so the address and the shape are enough.

from cpython.buffer cimport PyBUF_ND, PyBUF_WRITABLE, PyBuffer_Release, PyObject_GetBuffer

cdef struct Buffers:
    Py_buffer view[7]
    int count


cdef inline Py_buffer *take(Buffers *buffers, array, bint writable=False) except NULL:
    cdef Py_buffer *view = &buffers.view[buffers.count]
    PyObject_GetBuffer(array, view, PyBUF_ND | (PyBUF_WRITABLE if writable else 0))
    buffers.count += 1
    return view


cdef inline void give_back(Buffers *buffers) noexcept:
    while buffers.count > 0:
        buffers.count -= 1
        PyBuffer_Release(&buffers.view[buffers.count])
