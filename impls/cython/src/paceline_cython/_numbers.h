/* What Python's C API lacks for an executor: a short int's value without a call, sums that say when they overflow,
   clocks that need no lock, a method's call without a detour. */
#ifndef PACELINE_NUMBERS_H
#define PACELINE_NUMBERS_H

#include <Python.h>
#include <stdint.h>
#if defined(__unix__) || defined(__APPLE__)
#include <time.h>
#endif
#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#include <x86intrin.h>
#endif

/* The value of an exact int; 0 where int64 cannot hold it. */
static inline int int_value(PyObject *x, int64_t *value) {
    int overflow;
#if PY_VERSION_HEX >= 0x030C0000
    if (PyUnstable_Long_IsCompact((PyLongObject *)x)) {
        *value = PyUnstable_Long_CompactValue((PyLongObject *)x);
        return 1;
    }
#else
    if ((size_t)(Py_SIZE(x) + 1) <= 2) { /* no digit or one, with the number's sign */
        *value = Py_SIZE(x) * (int64_t)((PyLongObject *)x)->ob_digit[0];
        return 1;
    }
#endif
    *value = PyLong_AsLongLongAndOverflow(x, &overflow);
    return !overflow;
}

#if defined(__GNUC__) || defined(__clang__)
#define ADD_FITS(x, y, to) (!__builtin_add_overflow(x, y, to))
#define SUBTRACT_FITS(x, y, to) (!__builtin_sub_overflow(x, y, to))
#define MULTIPLY_FITS(x, y, to) (!__builtin_mul_overflow(x, y, to))
#else
static inline int ADD_FITS(int64_t x, int64_t y, int64_t *to) {
    if (y >= 0 ? x > INT64_MAX - y : x < INT64_MIN - y) return 0;
    *to = x + y;
    return 1;
}
static inline int SUBTRACT_FITS(int64_t x, int64_t y, int64_t *to) {
    if (y >= 0 ? x < INT64_MIN + y : x > INT64_MAX + y) return 0;
    *to = x - y;
    return 1;
}
static inline int MULTIPLY_FITS(int64_t x, int64_t y, int64_t *to) { /* larger factors are left to Python */
    if (x < -INT32_MAX || x > INT32_MAX || y < -INT32_MAX || y > INT32_MAX) return 0;
    *to = x * y;
    return 1;
}
#endif

/* Monotonic nanoseconds; may be called without the interpreter's lock. */
static inline int64_t nanoseconds(void) {
#if defined(CLOCK_MONOTONIC)
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
#elif PY_VERSION_HEX >= 0x030D0000
    PyTime_t now = 0;
    (void)PyTime_PerfCounterRaw(&now);
    return (int64_t)now;
#else
    return (int64_t)_PyTime_GetPerfCounter();
#endif
}

/* The processor's count, at half a clock's price; of no unit of its own. */
static inline int64_t beats(void) {
#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
    return (int64_t)__rdtsc();
#else
    return nanoseconds();
#endif
}

/* function(x); of a function in Python, or a method that is one, without the detours in between. */
static inline PyObject *call_with(PyObject *function, PyObject *x) {
    PyObject *with[3] = {NULL, NULL, x}, **from = with + 2;
    size_t n = 1 | PY_VECTORCALL_ARGUMENTS_OFFSET;
    if (PyMethod_Check(function)) {
        with[1] = PyMethod_GET_SELF(function);
        function = PyMethod_GET_FUNCTION(function);
        from = with + 1;
        n++;
    }
    if (PyFunction_Check(function)) return PyVectorcall_Function(function)(function, from, n, NULL);
    return PyObject_Vectorcall(function, from, n, NULL);
}

#endif
