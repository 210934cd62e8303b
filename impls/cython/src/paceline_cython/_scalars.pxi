# Arithmetic and comparisons of single items: exact ints and floats, as far as C is exact; anything else is Python's.

cdef extern from "_numbers.h" nogil:
    bint ADD_FITS(int64_t x, int64_t y, int64_t *to)
    bint SUBTRACT_FITS(int64_t x, int64_t y, int64_t *to)
    bint MULTIPLY_FITS(int64_t x, int64_t y, int64_t *to)

cdef extern from "Python.h":
    bint is_float "PyFloat_CheckExact"(PyObject *x) nogil
    bint is_int "PyLong_CheckExact"(PyObject *x) nogil
    double float_value "PyFloat_AS_DOUBLE"(PyObject *x) nogil
    void incref "Py_INCREF"(PyObject *x)
    PyObject *new_float "PyFloat_FromDouble"(double value)
    PyObject *new_int "PyLong_FromLongLong"(long long value)

cdef enum Answer:
    NO, YES, PYTHON  # PYTHON: not for C to say


cdef inline double calculated(int kind, double x, double c) noexcept nogil:
    return x + c if kind == ADD else x - c if kind == SUBTRACT else x * c if kind == MULTIPLY else x / c


cdef inline bint calculated_int(int kind, int64_t x, int64_t c, int64_t *to) noexcept nogil:
    """Say whether the result fits."""
    if kind == ADD:
        return ADD_FITS(x, c, to)
    return SUBTRACT_FITS(x, c, to) if kind == SUBTRACT else MULTIPLY_FITS(x, c, to)


cdef inline Answer calculate(const Step *step, PyObject *x, PyObject **result) noexcept:
    """Set ``result`` to a new reference, or to NULL where memory has run out."""
    cdef int64_t value
    cdef const Number *c = &step.operand
    if not c.is_real or (step.kind == DIVIDE and c.real == 0):
        return PYTHON
    if is_float(x):
        result[0] = new_float(calculated(step.kind, float_value(x), c.real))
        return YES
    if not is_int(x) or not int_value(x, &value):
        return PYTHON
    if not c.is_int:
        result[0] = new_float(calculated(step.kind, <double>value, c.real))
    elif step.kind == DIVIDE:
        if not c.exact or value > EXACT or value < -EXACT:
            return PYTHON
        result[0] = new_float(<double>value / c.real)
    else:
        if not c.fits or not calculated_int(step.kind, value, c.whole, &value):
            return PYTHON
        result[0] = new_int(value)
    return YES


ctypedef fused Compared:
    int64_t
    double


cdef inline Answer holds(int comparison, Compared x, Compared y) noexcept nogil:
    cdef bint result
    if comparison == EQ:
        result = x == y
    elif comparison == NE:
        result = x != y
    elif comparison == LT:
        result = x < y
    elif comparison == LE:
        result = x <= y
    elif comparison == GT:
        result = x > y
    else:
        result = x >= y
    return YES if result else NO


cdef inline Answer compare(const Rule *rule, PyObject *x) noexcept:
    cdef int64_t value
    if is_float(x):
        return holds[double](rule.comparison, float_value(x), rule.value.real) if rule.value.exact else PYTHON
    if not is_int(x) or not int_value(x, &value):
        return PYTHON
    if rule.value.is_int:
        return holds[int64_t](rule.comparison, value, rule.value.whole) if rule.value.fits else PYTHON
    if value > EXACT or value < -EXACT:
        return PYTHON
    return holds[double](rule.comparison, <double>value, rule.value.real)


cdef inline Answer route(const Step *step, PyObject *x, Py_ssize_t *output) noexcept:
    """Set ``output`` to the one of the first rule that holds."""
    cdef Py_ssize_t number
    cdef Answer answer
    for number in range(step.n_rules):
        answer = compare(&step.rules[number], x)
        if answer == PYTHON:
            return PYTHON
        if answer == YES:
            output[0] = step.rules[number].output
            return YES
    # without rules, what is no number is sent on as well
    output[0] = step.default
    return YES
