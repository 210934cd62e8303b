# A program's nodes as C structs, checked as they are read.

from libc.stdlib cimport calloc, free
from libc.string cimport memset

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


cdef Number as_number(value, str what) except *:
    cdef Number number
    memset(&number, 0, sizeof(Number))
    if type(value) is float:
        number.is_real = number.exact = True
        number.real = value
    elif type(value) is int:
        number.is_int = True
        number.fits = -2**63 <= value < 2**63
        if number.fits:
            number.whole = value
        try:
            number.real = float(value)
            number.is_real = True
            number.exact = number.fits and -EXACT <= number.whole <= EXACT
        except OverflowError:  # arithmetic with a float is then an error, which Python words
            pass
    else:
        raise TypeError(f"{what} is of type {type(value).__name__}: {value!r}; accepted are an exact int or float.")
    return number


cdef void read_rule(Rule *rule, comparison, value, output, str what) except *:
    if not isinstance(comparison, int) or not 0 <= comparison <= GE:
        raise ValueError(f"{what} has the comparison {comparison!r}; accepted are 0 to {GE}.")
    rule.comparison = comparison
    rule.value = as_number(value, what)
    rule.output = as_output(output, what)


cdef Py_ssize_t as_output(output, str what) except -2:
    if output is None:
        return NOWHERE
    if output < 0:
        raise ValueError(f"{what} has the output {output!r}; accepted are 0 and up, or None.")
    return output


cdef void read_param(Step *step, param, Py_ssize_t node) except *:
    cdef str what = f"The param of node {node}"
    cdef Py_ssize_t number
    step.native = param is not None
    if ADD <= step.kind <= DIVIDE:
        step.operand = as_number(param, what)
    elif step.kind == BUFFER:
        if type(param) is not int or param < 1:
            raise ValueError(f"{what} is {param!r}; accepted is a size of 1 or more.")
        step.size = min(param, PY_SSIZE_T_MAX)
    elif step.kind in (FILTER, ROUTE) and step.native:
        if type(param) is not tuple or len(param) != 2:
            raise TypeError(f"{what} is {param!r}; accepted are a pair or None.")
        rules = ((param[0], param[1], 0),) if step.kind == FILTER else param[0]
        step.default = NOWHERE if step.kind == FILTER else as_output(param[1], what)
        step.rules = <Rule *>calloc(len(rules) + 1, sizeof(Rule))
        if step.rules == NULL:
            raise MemoryError
        for number, rule in enumerate(rules):
            if type(rule) is not tuple or len(rule) != 3:
                raise TypeError(f"{what} has the rule {rule!r}; accepted are a comparison, a value and an output.")
            read_rule(&step.rules[number], rule[0], rule[1], rule[2], what)
        step.n_rules = len(rules)


cdef void read_sources(Step *step, ports, keys, Step *steps, Py_ssize_t node) except *:
    cdef Py_ssize_t port, source
    cdef Source *to
    if len(ports) != len(keys):
        raise ValueError(f"Node {node} has {len(ports)} ports and {len(keys)} keys; accepted are equally many.")
    step.n_ports = len(ports)
    step.direct = -1
    step.sources = <Source *>calloc(sum(map(len, ports)) + 1, sizeof(Source))
    if step.sources == NULL:
        raise MemoryError
    for port, sources in enumerate(ports):
        for source, output in sources:
            if not 0 <= source < node:
                raise ValueError(f"Node {node} has the source {source}; accepted are the nodes before it.")
            if (output is None) == (steps[source].kind == ROUTE):
                raise ValueError(
                    f"Node {node} takes the output {output!r} of node {source}; accepted are a number of a router's, "
                    "and None of any other node."
                )
            to = &step.sources[step.n_sources]
            to.node, to.output, to.port = source, as_output(output, f"A source of node {node}"), port
            step.n_sources += 1
    if step.n_ports == 1 and step.n_sources == 1 and step.sources[0].output == ALL:
        step.direct = step.sources[0].node


@cython.final
cdef class Steps:
    """The nodes of a program."""

    cdef Step *at
    cdef Py_ssize_t n
    cdef Py_ssize_t *sinks
    cdef Py_ssize_t n_sinks
    cdef tuple keys

    def __cinit__(self, program):
        cdef Py_ssize_t node
        self.keys = tuple(program.keys)
        self.n = len(program.kinds)
        self.n_sinks = len(program.sinks)
        for name in ("params", "sources", "keys", "names"):
            if len(getattr(program, name)) != self.n:
                given = len(getattr(program, name))
                raise ValueError(f"The program has {self.n} kinds and {given} {name}; accepted are equally many.")
        self.at = <Step *>calloc(self.n + 1, sizeof(Step))
        self.sinks = <Py_ssize_t *>calloc(self.n_sinks + 1, sizeof(Py_ssize_t))
        if self.at == NULL or self.sinks == NULL:
            raise MemoryError
        for node, kind in enumerate(program.kinds):
            if not isinstance(kind, int) or not PASS <= kind <= CALL_MANY:
                raise ValueError(f"Node {node} is of kind {kind!r}; accepted are {PASS} to {CALL_MANY}.")
            self.at[node].kind = kind
            read_param(&self.at[node], program.params[node], node)
            read_sources(&self.at[node], program.sources[node], program.keys[node], self.at, node)
        for node, sink in enumerate(program.sinks):
            if not 0 <= sink < self.n:
                raise ValueError(f"There is a sink {sink!r}; accepted are the nodes' numbers, 0 to {self.n - 1}.")
            self.sinks[node] = sink

    def __dealloc__(self):
        cdef Py_ssize_t node
        if self.at != NULL:
            for node in range(self.n):
                free(self.at[node].rules)
                free(self.at[node].sources)
        free(self.at)
        free(self.sinks)
