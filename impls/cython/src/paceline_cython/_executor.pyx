# cython: boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The executor of pipelines; the arithmetic of its chains is in the modules of the instruction-set levels.

It is not marked as fit for an interpreter without a lock: it reads lists without one of its own.
"""

cimport cython
from cpython.list cimport PyList_New
from cpython.pycapsule cimport PyCapsule_GetPointer
from cpython.ref cimport Py_INCREF, PyObject
from libc.string cimport memcpy

from paceline_cython._level import exact

cdef extern from *:
    """
    #define LIST_ITEMS(list) (((PyListObject *)(list))->ob_item)
    #define SHORTEN(list, n) Py_SET_SIZE((PyVarObject *)(list), n)
    """
    PyObject **list_items "LIST_ITEMS"(list items)
    void shorten "SHORTEN"(list items, Py_ssize_t n)  # entries from n on are empty

cdef extern from "Python.h":
    void Py_XINCREF(PyObject *x)
    void Py_XDECREF(PyObject *x)
    PyObject *PyList_GET_ITEM(list items, Py_ssize_t i)
    void PyList_SET_ITEM(list items, Py_ssize_t i, PyObject *x)
    void PyErr_SetString(object kind, const char *text)
    const Py_ssize_t PY_SSIZE_T_MAX

include "_clock.pxi"
include "_steps.pxi"
include "_scalars.pxi"
include "_boxes.pxi"
include "_calls.pxi"
include "_walk.pxi"
include "_chain_of.pxi"
include "_chain_lists.pxi"
include "_chain_arrays.pxi"
include "_runner.pxi"
