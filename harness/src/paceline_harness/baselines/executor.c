/* The floor of an executor: a list of exact ints or floats through a line of arithmetic, as far as C goes.
 *
 *   chain(((kind, operand), ...)) -> chain      kinds as in KINDS; operands exact ints or floats
 *   run(chain, list) -> list                    ints stay ints and are exact, floats are floats
 *
 * It counts nothing, times nothing, knows no graph and no errors, so it is no executor: it shows what taking numbers
 * out of objects, calculating and making objects costs on this machine.
 *
 * Floats go through in blocks, node by node, which the compiler makes vectors of. Ints go one by one through registers;
 * where one overflows, or a quotient would not be exact, that item is done by Python's own arithmetic. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

enum kind { PASS, ADD, SUBTRACT, MULTIPLY, DIVIDE, KINDS };
#define MOST 128
#define BLOCK 256
#define EXACT (1LL << 53)

typedef struct {
  int count; /* of the nodes that calculate */
  int kind[MOST];
  int whole[MOST]; /* whether the operand is an int */
  double real[MOST];
  long long integer[MOST];
  PyObject *operands; /* the tuple that the chain was made of: for Python's arithmetic */
} Chain;

static const char NAME[] = "paceline_harness.chain";

static void forget(PyObject *capsule) {
  Chain *chain = PyCapsule_GetPointer(capsule, NAME);
  Py_XDECREF(chain->operands);
  PyMem_Free(chain);
}

static PyObject *make(PyObject *self, PyObject *steps) {
  if (!PyTuple_Check(steps)) return PyErr_Format(PyExc_TypeError, "steps is no tuple");
  Chain *chain = PyMem_Calloc(1, sizeof *chain);
  if (!chain) return PyErr_NoMemory();
  for (Py_ssize_t at = 0; at < PyTuple_GET_SIZE(steps); at++) {
    long kind;
    PyObject *operand;
    if (!PyArg_ParseTuple(PyTuple_GET_ITEM(steps, at), "lO", &kind, &operand)) goto failed;
    if (kind == PASS) continue;
    int to = chain->count;
    if (kind < 0 || kind >= KINDS || to == MOST) {
      PyErr_SetString(PyExc_ValueError, "the kind is unknown, or there are too many nodes");
      goto failed;
    }
    chain->whole[to] = PyLong_CheckExact(operand);
    chain->kind[to] = (int)kind;
    chain->real[to] = PyFloat_AsDouble(operand);
    if (chain->whole[to]) chain->integer[to] = PyLong_AsLongLong(operand);
    if (PyErr_Occurred()) goto failed;
    if ((kind == DIVIDE && chain->real[to] == 0) || (chain->whole[to] && (chain->integer[to] > EXACT || chain->integer[to] < -EXACT))) {
      PyErr_SetString(PyExc_ValueError, "accepted are divisors other than 0 and integers that a double holds");
      goto failed;
    }
    chain->count++;
  }
  chain->operands = Py_NewRef(steps);
  PyObject *capsule = PyCapsule_New(chain, NAME, forget);
  if (capsule) return capsule;
  Py_DECREF(steps);
failed:
  PyMem_Free(chain);
  return NULL;
}

/* one item by Python's own arithmetic */
static PyObject *by_python(const Chain *chain, PyObject *item) {
  Py_INCREF(item);
  for (Py_ssize_t at = 0; at < PyTuple_GET_SIZE(chain->operands); at++) {
    PyObject *step = PyTuple_GET_ITEM(chain->operands, at), *next;
    PyObject *operand = PyTuple_GET_ITEM(step, 1);
    switch (PyLong_AsLong(PyTuple_GET_ITEM(step, 0))) {
      case ADD: next = PyNumber_Add(item, operand); break;
      case SUBTRACT: next = PyNumber_Subtract(item, operand); break;
      case MULTIPLY: next = PyNumber_Multiply(item, operand); break;
      case DIVIDE: next = PyNumber_TrueDivide(item, operand); break;
      default: continue;
    }
    Py_DECREF(item);
    if (!next) return NULL;
    item = next;
  }
  return item;
}

static PyObject *one(const Chain *chain, PyObject *item) {
  const int count = chain->count;
  int at = 0, real = PyFloat_CheckExact(item);
  long long x = 0;
  double y = 0;
  if (real) y = PyFloat_AS_DOUBLE(item);
  else {
    int overflow = 1;
    if (PyLong_CheckExact(item)) x = PyLong_AsLongLongAndOverflow(item, &overflow);
    if (overflow) return by_python(chain, item);
  }
  for (; at < count && !real; at++) {
    if (!chain->whole[at]) {
      if (x > EXACT || x < -EXACT) return by_python(chain, item);
      y = (double)x, real = 1;
      break;
    }
    const long long operand = chain->integer[at];
    switch (chain->kind[at]) {
      case ADD: if (__builtin_add_overflow(x, operand, &x)) return by_python(chain, item); break;
      case SUBTRACT: if (__builtin_sub_overflow(x, operand, &x)) return by_python(chain, item); break;
      case MULTIPLY: if (__builtin_mul_overflow(x, operand, &x)) return by_python(chain, item); break;
      default:
        if (x > EXACT || x < -EXACT) return by_python(chain, item);
        y = (double)x / (double)operand, real = 1;
    }
  }
  for (; at < count; at++) switch (chain->kind[at]) {
      case ADD: y += chain->real[at]; break;
      case SUBTRACT: y -= chain->real[at]; break;
      case MULTIPLY: y *= chain->real[at]; break;
      default: y /= chain->real[at];
    }
  return real ? PyFloat_FromDouble(y) : PyLong_FromLongLong(x);
}

static void calculate(const Chain *chain, double *x, Py_ssize_t n) {
  for (int at = 0; at < chain->count; at++) {
    const double c = chain->real[at];
    switch (chain->kind[at]) {
      case ADD: for (Py_ssize_t i = 0; i < n; i++) x[i] += c; break;
      case SUBTRACT: for (Py_ssize_t i = 0; i < n; i++) x[i] -= c; break;
      case MULTIPLY: for (Py_ssize_t i = 0; i < n; i++) x[i] *= c; break;
      default: for (Py_ssize_t i = 0; i < n; i++) x[i] /= c;
    }
  }
}

static PyObject *run(PyObject *self, PyObject *const *arguments, Py_ssize_t given) {
  const Chain *chain = given == 2 ? PyCapsule_GetPointer(arguments[0], NAME) : NULL;
  if (!chain || !PyList_CheckExact(arguments[1])) return PyErr_Format(PyExc_TypeError, "run takes a chain and a list");
  PyObject *items = arguments[1];
  const Py_ssize_t n = PyList_GET_SIZE(items);
  if (!chain->count) return PyList_GetSlice(items, 0, n);
  PyObject *out = PyList_New(n);
  double block[BLOCK];
  for (Py_ssize_t start = 0; out && start < n; start += BLOCK) {
    const Py_ssize_t size = n - start < BLOCK ? n - start : BLOCK;
    Py_ssize_t i = 0;
    for (; i < size; i++) {
      PyObject *item = PyList_GET_ITEM(items, start + i);
      if (!PyFloat_CheckExact(item)) break;
      block[i] = PyFloat_AS_DOUBLE(item);
    }
    const int floats = i == size;
    if (floats) calculate(chain, block, size);
    for (i = 0; i < size; i++) {
      PyObject *made = floats ? PyFloat_FromDouble(block[i]) : one(chain, PyList_GET_ITEM(items, start + i));
      if (!made) {
        Py_CLEAR(out);
        break;
      }
      PyList_SET_ITEM(out, start + i, made);
    }
  }
  return out;
}

static PyMethodDef methods[] = {{"chain", make, METH_O, NULL}, {"run", (PyCFunction)(void *)run, METH_FASTCALL, NULL}, {0}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "executor_limit", NULL, -1, methods};
PyMODINIT_FUNC PyInit_executor_limit(void) { return PyModule_Create(&module); }
