# Which two knots a query lies between, and how far; a block of queries at a time.

from libc.stdint cimport int64_t, uint64_t

cdef enum:
    BLOCK = 128
    GUESSES = 32  # from one anchor, which moves where guesses fail

cdef struct Block:
    Py_ssize_t row[BLOCK]       # of the lower knot
    int64_t elapsed[BLOCK]      # ns since the lower knot
    int64_t length[BLOCK]       # ns between the knots
    int64_t upper[BLOCK]        # 1 where the upper knot is the nearer one
    double num[BLOCK]           # ns since the nearer knot, negative before it
    double den[BLOCK]           # length, or 1 where it is 0
    double fraction[BLOCK]      # num / den
    double f[BLOCK]             # elapsed / length
    double g[BLOCK]             # 1 - f
    double n0[BLOCK]            # the quaternions' squared norms, then 1 / norm with the arc's sign in n1
    double n1[BLOCK]
    double x[BLOCK]             # their dot product, then 1 - |cos|
    double a[BLOCK]             # their weights
    double b[BLOCK]

cdef struct Knots:
    const int64_t *stamps
    Py_ssize_t last_segment     # -1 with one knot
    Py_ssize_t anchor           # where guesses start from
    double rate                 # knots per ns


cdef Py_ssize_t first_disorder(const int64_t *stamps, Py_ssize_t m) noexcept nogil:
    """Return the first i with stamps[i] <= stamps[i - 1], or -1."""
    cdef Py_ssize_t start, stop, i
    cdef int64_t wrong
    for start in range(1, m, 1024):  # no exit inside a chunk, so that it is vector code
        stop = min(start + 1024, m)
        wrong = 0
        for i in range(start, stop):
            wrong |= <int64_t>(stamps[i] <= stamps[i - 1])
        if wrong:
            for i in range(start, stop):
                if stamps[i] <= stamps[i - 1]:
                    return i
    return -1


cdef Knots start_search(const int64_t *stamps, Py_ssize_t m) noexcept nogil:
    cdef Knots knots
    knots.stamps = stamps
    knots.last_segment = m - 2
    knots.anchor = 0
    knots.rate = <double>(m - 1) / <double>(stamps[m - 1] - stamps[0]) if m > 1 else 0.0
    return knots


cdef Py_ssize_t search(const int64_t *stamps, Py_ssize_t last_segment, int64_t t, Py_ssize_t i) noexcept nogil:
    """Find the last knot at or before t: gallop away from i until it is enclosed, then bisect."""
    cdef Py_ssize_t low, high, half, size, step = 1
    if stamps[i] > t:
        low, high = i - 1, i
        while stamps[low] > t:
            step *= 2
            low, high = max(low - step, 0), low
    else:
        low, high = i, i + 1
        while stamps[high] <= t:
            step *= 2
            low, high = high, min(high + step, last_segment + 1)
    size = high - low
    while size > 1:
        half = size >> 1
        low += half & -<Py_ssize_t>(stamps[low + half] <= t)  # half or 0, without a branch
        size -= half
    return low


cdef void bracket(Knots *knots, const int64_t *at, Py_ssize_t n, bint extrapolate, Block *block) noexcept nogil:
    """Fill row, elapsed and length."""
    cdef const int64_t *stamps = knots.stamps
    cdef int64_t first = stamps[0], last = stamps[knots.last_segment + 1], t
    cdef Py_ssize_t last_segment = knots.last_segment, start, stop, k, i, j
    cdef bint missed
    if last_segment < 0:  # one knot is its own pair
        for k in range(n):
            block.row[k], block.elapsed[k], block.length[k] = 0, 0, 0
        return
    for start from 0 <= start < n by GUESSES:
        stop = min(start + GUESSES, n)
        guess(knots, at, start, stop, block)
        missed = False
        for k in range(start, stop):
            t, i = block.elapsed[k], block.row[k]
            i += <Py_ssize_t>(stamps[i + 1] <= t)  # jitter puts one guess in ten a knot off: a branch would cost more
            i -= <Py_ssize_t>(stamps[i] > t)
            if not stamps[i] <= t < stamps[i + 1]:
                missed = True
                i = search(stamps, last_segment, t, i)
            t = at[k] if extrapolate else min(max(at[k], first), last)
            block.row[k], block.elapsed[k], block.length[k] = i, t - stamps[i], stamps[i + 1] - stamps[i]
        if missed:  # go on from here, at the pace of these queries
            i, j = block.row[start], block.row[stop - 1]
            knots.anchor = j
            if i != j:
                knots.rate = <double>(j - i) / <double>(stamps[j] - stamps[i])


cdef inline void guess(
    Knots *knots, const int64_t *at, Py_ssize_t start, Py_ssize_t stop, Block *block
) noexcept nogil:
    """Guess rows, several at once in vector code; the reads that correct them then wait for nothing."""
    cdef int64_t first = knots.stamps[0], last = knots.stamps[knots.last_segment + 1] - 1  # a segment ends after t
    cdef int64_t anchor_stamp = knots.stamps[knots.anchor], t
    cdef Py_ssize_t last_segment = knots.last_segment, anchor = knots.anchor, k
    cdef double rate = knots.rate
    for k in range(start, stop):
        t = min(max(at[k], first), last)
        block.elapsed[k] = t
        block.row[k] = min(max(anchor + <Py_ssize_t>(<double>(t - anchor_stamp) * rate), 0), last_segment)


cdef bint pair_times(
    const int64_t *t, const int64_t *t0, const int64_t *t1, Py_ssize_t n, bint extrapolate, Block *block
) noexcept nogil:
    """Take each row as its own pair of knots; False where a pair is in the wrong order or too far apart for int64."""
    cdef Py_ssize_t k
    cdef int64_t length, wrong = 0
    cdef uint64_t inside
    for k in range(n):
        length = <int64_t>(<uint64_t>t1[k] - <uint64_t>t0[k])
        wrong |= <int64_t>(t1[k] < t0[k]) | <int64_t>(length < 0)
        inside = <uint64_t>(t[k] if extrapolate else min(max(t[k], t0[k]), t1[k]))
        block.row[k] = k
        block.elapsed[k] = <int64_t>(inside - <uint64_t>t0[k]) if length else 0  # with t0 == t1 it is the first
        block.length[k] = length
    return not wrong


cdef bint in_order(int64_t t0, int64_t t1) noexcept nogil:
    return t0 <= t1 and <int64_t>(<uint64_t>t1 - <uint64_t>t0) >= 0


cdef void fractions(Block *block, Py_ssize_t n) noexcept nogil:
    """Measure from the nearer knot, in int64 before any double."""
    cdef Py_ssize_t k
    cdef int64_t elapsed, length
    for k in range(n):
        elapsed, length = block.elapsed[k], block.length[k]
        block.upper[k] = elapsed > length >> 1
        block.f[k] = 1.0 if elapsed > length >> 1 else 0.0
        block.num[k] = <double>(elapsed - (length if elapsed > length >> 1 else 0))
        block.den[k] = <double>(length if length else 1)
    for k in range(n):  # apart, as AVX2 has no vector instruction for the conversions above
        block.fraction[k] = block.num[k] / block.den[k]
        block.g[k] = (1.0 - block.f[k]) - block.fraction[k]
        block.f[k] += block.fraction[k]
