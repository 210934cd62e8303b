# A program's nodes as C structs, checked as they are read.

from libc.stdlib cimport calloc, free
from libc.string cimport memset

cdef extern from "_numbers.h":
    bint int_value(PyObject *x, int64_t *value)

cdef enum:
    PASS, ADD, SUBTRACT, MULTIPLY, DIVIDE, FILTER, ROUTE, BUFFER, CALL, CALL_MANY  # the contract's kinds

cdef enum:
    EQ, NE, LT, LE, GT, GE  # the contract's comparisons

cdef enum:
    NOWHERE = -1  # the output of what is dropped
    ALL = -1  # of a source that is no router

cdef int64_t EXACT = <int64_t>1 << 53  # up to here a double holds every integer

cdef struct Number:
    bint is_int
    bint fits  # an int that int64 holds
    int64_t whole
    bint is_real  # a double stands for it in arithmetic: what Python's float(value) is
    bint exact  # and equals it
    double real

cdef struct Rule:
    int comparison
    Number value
    Py_ssize_t output

cdef struct Source:
    Py_ssize_t node
    Py_ssize_t output
    Py_ssize_t port

cdef struct Step:
    int kind
    Number operand
    bint native  # a param of None: Python is asked
    Rule *rules
    Py_ssize_t n_rules
    Py_ssize_t default
    Py_ssize_t size
    Py_ssize_t n_ports
    Source *sources
    Py_ssize_t n_sources
    Py_ssize_t direct  # the only source of the only port, where that takes all it sends; else -1


cdef Number as_number(value, Py_ssize_t node) except *:
    cdef Number number
    memset(&number, 0, sizeof(Number))
    if type(value) is float:
        number.is_real = number.exact = True
        number.real = value
    elif type(value) is int:
        number.is_int = True
        number.fits = int_value(<PyObject *>value, &number.whole)
        number.exact = number.fits and -EXACT <= number.whole <= EXACT
        if number.exact:
            number.real, number.is_real = <double>number.whole, True
            return number
        try:
            number.real = float(value)
            number.is_real = True
        except OverflowError:  # arithmetic with a float is then an error, which Python words
            pass
    else:
        raise TypeError(
            f"The param of node {node} has a value of type {type(value).__name__}: {value!r}; accepted are an exact "
            "int or float."
        )
    return number


cdef Py_ssize_t as_output(output, Py_ssize_t node) except -2:
    if output is None:
        return NOWHERE
    if output < 0:
        raise ValueError(f"Node {node} has the output {output!r}; accepted are 0 and up, or None.")
    return output


cdef int read_rules(Step *step, tuple rules, Py_ssize_t node) except -1:
    cdef Rule *to
    step.rules = <Rule *>calloc(len(rules) + 1, sizeof(Rule))
    if step.rules == NULL:
        raise MemoryError
    for rule in rules:
        if type(rule) is not tuple or len(rule) != 3:
            raise TypeError(f"Node {node} has the rule {rule!r}; accepted are a comparison, a value and an output.")
        comparison, value, output = rule
        if not isinstance(comparison, int) or not EQ <= comparison <= GE:
            raise ValueError(f"Node {node} has the comparison {comparison!r}; accepted are {EQ} to {GE}.")
        to = &step.rules[step.n_rules]
        to.comparison, to.value, to.output = comparison, as_number(value, node), as_output(output, node)
        step.n_rules += 1
    return 0


cdef int read_param(Step *step, param, Py_ssize_t node) except -1:
    step.native = param is not None
    if ADD <= step.kind <= DIVIDE:
        step.operand = as_number(param, node)
    elif step.kind == BUFFER:
        if type(param) is not int or param < 1:
            raise ValueError(f"The param of node {node} is {param!r}; accepted is a size of 1 or more.")
        step.size = min(param, PY_SSIZE_T_MAX)
    elif (step.kind == FILTER or step.kind == ROUTE) and step.native:
        if type(param) is not tuple or len(param) != 2:
            raise TypeError(f"The param of node {node} is {param!r}; accepted are a pair or None.")
        if step.kind == FILTER:
            read_rules(step, ((*param, 0),), node)
        else:
            read_rules(step, param[0], node)
            step.default = as_output(param[1], node)
    return 0


cdef int read_sources(Step *steps, tuple ports, tuple keys, Py_ssize_t node) except -1:
    """Read a node's sources to where ``step.sources`` points; there is room."""
    cdef Step *step = &steps[node]
    cdef Py_ssize_t port, source
    cdef Source *to
    if len(ports) != len(keys):
        raise ValueError(f"Node {node} has {len(ports)} ports and {len(keys)} keys; accepted are equally many.")
    step.n_ports, step.direct = len(ports), -1
    for port in range(step.n_ports):
        for found in <tuple>ports[port]:
            if not isinstance(found, tuple) or len(<tuple>found) != 2:
                raise TypeError(f"Node {node} has the source {found!r}; accepted are a node and an output.")
            source, output = (<tuple>found)[0], (<tuple>found)[1]
            if not 0 <= source < node:
                raise ValueError(f"Node {node} has the source {source}; accepted are the nodes before it.")
            if (output is None) == (steps[source].kind == ROUTE):
                raise ValueError(
                    f"Node {node} takes the output {output!r} of node {source}; accepted are a number of a router's, "
                    "and None of any other node."
                )
            to = &step.sources[step.n_sources]
            to.node, to.output, to.port = source, as_output(output, source), port
            step.n_sources += 1
    if step.n_ports == 1 and step.n_sources == 1 and step.sources[0].output == ALL:
        step.direct = step.sources[0].node
    return 0


cdef Py_ssize_t count_sources(tuple nodes) except -1:
    cdef Py_ssize_t found = 0
    cdef tuple ports, port
    for ports in nodes:
        for port in ports:
            found += len(port)
    return found


@cython.final
cdef class Steps:
    """The nodes of a program."""

    cdef Step *at
    cdef Source *all_sources  # of all nodes, in one piece: one for each would take longer to get than to fill
    cdef Py_ssize_t n
    cdef Py_ssize_t *sinks
    cdef Py_ssize_t n_sinks
    cdef tuple keys

    def __cinit__(self, program):
        cdef Py_ssize_t node
        cdef int64_t number
        cdef Source *free_from
        cdef tuple kinds = program.kinds, params = program.params, sources = program.sources
        self.keys = program.keys
        for what, given in (("params", params), ("sources", sources), ("keys", self.keys), ("names", program.names)):
            if len(given) != len(kinds):
                raise ValueError(
                    f"The program has {len(kinds)} kinds and {len(given)} {what}; accepted are equally many."
                )
        self.n, self.n_sinks = len(kinds), len(program.sinks)
        self.at = <Step *>calloc(self.n + 1, sizeof(Step))
        self.sinks = <Py_ssize_t *>calloc(self.n_sinks + 1, sizeof(Py_ssize_t))
        self.all_sources = free_from = <Source *>calloc(count_sources(sources) + 1, sizeof(Source))
        if self.at == NULL or self.sinks == NULL or self.all_sources == NULL:
            raise MemoryError
        for node, kind in enumerate(kinds):
            if (
                not isinstance(kind, int)
                or not int_value(<PyObject *>kind, &number)
                or not PASS <= number <= CALL_MANY
            ):
                raise ValueError(f"Node {node} is of kind {kind!r}; accepted are {PASS} to {CALL_MANY}.")
            self.at[node].kind = <int>number
            read_param(&self.at[node], params[node], node)
            self.at[node].sources = free_from
            read_sources(self.at, sources[node], self.keys[node], node)
            free_from += self.at[node].n_sources
        for node, sink in enumerate(program.sinks):
            if not 0 <= sink < self.n:
                raise ValueError(f"There is a sink {sink!r}; accepted are the nodes' numbers, 0 to {self.n - 1}.")
            self.sinks[node] = sink

    def __dealloc__(self):
        cdef Py_ssize_t node
        if self.at != NULL:
            for node in range(self.n):
                free(self.at[node].rules)
        free(self.at)
        free(self.all_sources)
        free(self.sinks)
