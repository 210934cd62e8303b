# Positions and other channels: apply.

from libc.math cimport fabs

cdef extern from *:
    """
    #define PACELINE_SPLIT 134217729.0  /* 2**27 + 1: T. J. Dekker's constant, halves a double's 53 bits */
    """
    const double SPLIT "PACELINE_SPLIT"


cdef inline double two_sum(double a, double b, double *low) noexcept nogil:
    """Return a + b and its rounding error (D. E. Knuth)."""
    cdef double s = a + b, other = s - a
    low[0] = (a - (s - other)) + (b - other)
    return s


cdef inline double two_product(double a, double b, double *low) noexcept nogil:
    """Return a * b and its rounding error (T. J. Dekker)."""
    cdef double a_high = a * SPLIT, b_high = b * SPLIT, a_low, b_low, p = a * b
    a_high = a_high - (a_high - a)
    b_high = b_high - (b_high - b)
    a_low, b_low = a - a_high, b - b_high
    low[0] = ((a_high * b_high - p) + a_high * b_low + a_low * b_high) + a_low * b_low
    return p


cdef double exact(double p0, double p1, double before, double after, double length) noexcept nogil:
    """Return (p0 after + p1 before) / length: the products in two doubles each, their sum without loss."""
    cdef double high, low, middle, high0, low0, high1, low1, a, b, c, d, e, f, quotient, product, rest
    high0 = two_product(p0, after, &low0)
    high1 = two_product(p1, before, &low1)
    high = two_sum(high0, high1, &a)
    low = two_sum(low0, low1, &b)
    middle = two_sum(a, low, &c)
    high = two_sum(high, middle, &d)
    low = two_sum(c, b, &e)
    middle = two_sum(d, low, &f)
    high = two_sum(high, middle, &low)
    low += e + f
    quotient = high / length
    product = two_product(quotient, length, &rest)
    return quotient + (((high - product) - rest) + low) / length


cdef double compensated(double p0, double p1, bint upper, double num, double den, double plain) noexcept nogil:
    """Sum the products exactly; where that overflows, the plain result."""
    cdef double total
    if num == 0.0:
        return p1 if upper else p0  # at a knot, also where its neighbour is NaN
    total = exact(p0, p1, den + num, -num, den) if upper else exact(p0, p1, num, den - num, den)
    return total if fabs(total) <= LARGEST else plain


cdef inline bint is_plain(double step, double total) noexcept nogil:
    return 8.0 * fabs(step) <= fabs(total)  # rounding the step then leaves the total within 1 ulp


cdef void mend(
    const double *p0, const double *p1, Py_ssize_t width, Block *block, Py_ssize_t k, double *out
) noexcept nogil:
    """Redo those channels of a row where step and base cancel."""
    cdef Py_ssize_t c
    for c in range(width):
        if not is_plain(block.fraction[k] * (p1[c] - p0[c]), out[c]):
            out[c] = compensated(p0[c], p1[c], block.upper[k], block.num[k], block.den[k], out[c])


cdef void lerp_rows(
    const double *p0, const double *p1, Py_ssize_t width, Block *block, Py_ssize_t n, double *out
) noexcept nogil:
    """Interpolate a block's rows of any width from the nearer knot."""
    cdef const double *nearer[2]
    cdef const double *low
    cdef const double *high
    cdef const double *base
    cdef Py_ssize_t k, c
    cdef int64_t plain
    cdef double step
    nearer[0], nearer[1] = p0, p1
    for k in range(n):
        low, high = p0 + width * block.row[k], p1 + width * block.row[k]
        base = nearer[block.upper[k]] + width * block.row[k]
        plain = 1
        for c in range(width):
            step = block.fraction[k] * (high[c] - low[c])
            out[c] = base[c] + step
            plain &= <int64_t>is_plain(step, out[c])
        if not plain:
            mend(low, high, width, block, k, out)
        out += width


cdef void lerp_positions(const double *p0, const double *p1, Block *block, Py_ssize_t n, double *out) noexcept nogil:
    """Interpolate rows of three."""
    cdef const double *nearer[2]
    cdef const double *base
    cdef Py_ssize_t k, i
    cdef double w, x, y, z, dx, dy, dz
    nearer[0], nearer[1] = p0, p1
    for k in range(n):
        i, w = 3 * block.row[k], block.fraction[k]
        base = nearer[block.upper[k]] + i  # looked up, as a branch would be mispredicted every other time
        dx, dy, dz = w * (p1[i] - p0[i]), w * (p1[i + 1] - p0[i + 1]), w * (p1[i + 2] - p0[i + 2])
        x, y, z = base[0] + dx, base[1] + dy, base[2] + dz
        out[3 * k], out[3 * k + 1], out[3 * k + 2] = x, y, z
        if not (is_plain(dx, x) & is_plain(dy, y) & is_plain(dz, z)):
            mend(p0 + i, p1 + i, 3, block, k, out + 3 * k)


cdef void lerp_channel(const double *p0, const double *p1, Block *block, Py_ssize_t n, double *out) noexcept nogil:
    """Interpolate one channel: gathered first, so that the arithmetic is vector code."""
    cdef Py_ssize_t k
    cdef int64_t plain = 1
    cdef double step
    for k in range(n):
        block.a[k], block.b[k] = p0[block.row[k]], p1[block.row[k]]
    for k in range(n):
        step = block.fraction[k] * (block.b[k] - block.a[k])
        block.x[k] = (block.b[k] if block.upper[k] else block.a[k]) + step
        plain &= <int64_t>is_plain(step, block.x[k])
    for k in range(n):
        out[k] = block.x[k]
    if not plain:
        for k in range(n):
            mend(&block.a[k], &block.b[k], 1, block, k, out + k)


cdef void lerp_block(
    const double *p0, const double *p1, Py_ssize_t width, Block *block, Py_ssize_t n, double *out
) noexcept nogil:
    if width == 3:
        lerp_positions(p0, p1, block, n, out)
    elif width == 1:
        lerp_channel(p0, p1, block, n, out)
    else:
        lerp_rows(p0, p1, width, block, n, out)
