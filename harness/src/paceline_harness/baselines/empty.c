/* Calls that do nothing: as C functions for ctypes, and as the least that an extension of CPython's can be. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>

void c_nothing(void) {}
double c_number(double x) { return x; }
Py_ssize_t c_array(const double *x, Py_ssize_t n) { return x ? n : -1; }

static PyObject *nothing(PyObject *self, PyObject *none) { Py_RETURN_NONE; }

static PyObject *number(PyObject *self, PyObject *given) {
  const double x = PyFloat_AsDouble(given);
  return x == -1.0 && PyErr_Occurred() ? NULL : PyFloat_FromDouble(x);
}

static PyObject *array(PyObject *self, PyObject *given) {
  Py_buffer x;
  if (PyObject_GetBuffer(given, &x, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT) < 0) return NULL;
  const int fits = x.ndim == 1 && x.itemsize == sizeof(double) && x.format[0] == 'd' && !x.format[1];
  PyObject *length = fits ? PyLong_FromSsize_t(x.shape[0]) : NULL;
  if (!fits) PyErr_SetString(PyExc_TypeError, "array takes (n,) float64");
  PyBuffer_Release(&x);
  return length;
}

static PyMethodDef methods[] = {
  {"nothing", nothing, METH_NOARGS, NULL}, {"number", number, METH_O, NULL}, {"array", array, METH_O, NULL}, {0}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "empty_limit", NULL, -1, methods};
PyMODINIT_FUNC PyInit_empty_limit(void) { return PyModule_Create(&module); }
