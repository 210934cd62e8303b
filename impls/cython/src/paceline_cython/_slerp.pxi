# Rotations: products -> weights -> apply.

from libc.math cimport asin, fabs, frexp, ldexp, sin, sqrt
from libc.stdint cimport int64_t

cdef extern from *:
    """
    #define PACELINE_TINY 1e-280        /* squared norms outside of TINY..HUGE are rescaled before use */
    #define PACELINE_HUGE 1e280
    #define PACELINE_NEAR_UNIT 2e-4     /* up to here from 1, five terms of 1/sqrt(n) reach full precision */
    #define PACELINE_SMALL 8e-4         /* up to here of 1 - cos, four terms of the sine ratio do; eight up to MEDIUM */
    #define PACELINE_MEDIUM 2.8e-2
    #define PACELINE_LARGEST 1.7976931348623157e308
    """
    const double TINY "PACELINE_TINY"
    const double HUGE "PACELINE_HUGE"
    const double NEAR_UNIT "PACELINE_NEAR_UNIT"
    const double SMALL "PACELINE_SMALL"
    const double MEDIUM "PACELINE_MEDIUM"
    const double LARGEST "PACELINE_LARGEST"


cdef inline double dot4(const double *p, const double *q) noexcept nogil:
    # The same order of additions in every backend, so that all take the same arc at half a turn.
    return (p[0] * q[0] + p[1] * q[1]) + (p[2] * q[2] + p[3] * q[3])


cdef inline bint in_range(double n) noexcept nogil:
    return TINY < n < HUGE


cdef bint rescaled(const double *q, double *out) noexcept nogil:
    """Scale by a power of two so that squares fit a double; False if q is zero or not finite."""
    cdef double largest = 0.0
    cdef int exponent, c
    for c in range(4):
        if not fabs(q[c]) <= LARGEST:
            return False
        largest = max(largest, fabs(q[c]))
    frexp(largest, &exponent)
    for c in range(4):
        out[c] = ldexp(q[c], -exponent)
    return largest > 0.0


cdef bint slerp_one(const double *q0, const double *q1, double f, double g, double *out) noexcept nogil:
    """Interpolate where the block's arithmetic does not do: extreme norms, outside of the knots. False if q is bad.

    The angle is taken from the chord, which keeps its digits between near rotations however far they are carried on.
    """
    cdef double[4] p0
    cdef double[4] p1
    cdef double i0, i1, chord = 0.0, theta, a = g, b = f
    cdef int c
    if not rescaled(q0, p0) or not rescaled(q1, p1):
        return False
    i0, i1 = 1.0 / sqrt(dot4(p0, p0)), 1.0 / sqrt(dot4(p1, p1))
    if dot4(p0, p1) < 0.0:
        i1 = -i1
    for c in range(4):
        p0[c] *= i0
        p1[c] *= i1
        chord += (p1[c] - p0[c]) * (p1[c] - p0[c])
    theta = 2.0 * asin(min(0.5 * sqrt(chord), 1.0))
    if theta > 0.0:
        a, b = sin(g * theta) / sin(theta), sin(f * theta) / sin(theta)
    for c in range(4):
        out[c] = a * p0[c] + b * p1[c]
    return True


# sin(f theta) / sin(theta) is f (1 + c1 x (1 + c2 x (...))) with x = 1 - cos(theta), ck = (k - f f / k) / (2 k + 1).
# A cosine's rounding is harmless: the weights depend smoothly on x, with a slope of f (1 - f f) / 3 near 0.

cdef inline double ratio4(double f, double x) noexcept nogil:
    cdef double s = f * f, p
    p = 1.0 + (4.0 / 9.0 - s * (1.0 / 36.0)) * x
    p = 1.0 + (3.0 / 7.0 - s * (1.0 / 21.0)) * x * p
    p = 1.0 + (2.0 / 5.0 - s * (1.0 / 10.0)) * x * p
    return f * (1.0 + (1.0 / 3.0 - s * (1.0 / 3.0)) * x * p)


cdef inline double ratio8(double f, double x) noexcept nogil:
    cdef double s = f * f, p
    p = 1.0 + (8.0 / 17.0 - s * (1.0 / 136.0)) * x
    p = 1.0 + (7.0 / 15.0 - s * (1.0 / 105.0)) * x * p
    p = 1.0 + (6.0 / 13.0 - s * (1.0 / 78.0)) * x * p
    p = 1.0 + (5.0 / 11.0 - s * (1.0 / 55.0)) * x * p
    p = 1.0 + (4.0 / 9.0 - s * (1.0 / 36.0)) * x * p
    p = 1.0 + (3.0 / 7.0 - s * (1.0 / 21.0)) * x * p
    p = 1.0 + (2.0 / 5.0 - s * (1.0 / 10.0)) * x * p
    return f * (1.0 + (1.0 / 3.0 - s * (1.0 / 3.0)) * x * p)


# At any angle up to a right one between the 4-vectors, minimax polynomials: with y = x / 2 = sin(theta / 2)**2,
# asin(sqrt y) / sqrt y (error 3.5e-18) and sin(sqrt u) / sqrt u (2e-19).

cdef inline double half_angle_ratio(double y) noexcept nogil:
    return 0.99999999999999999815 + y * (0.16666666666666962275 + y * (0.074999999999216019025 + y * (
        0.044642857225198235356 + y * (0.030381939881651882321 + y * (0.022372313173181128287 + y * (
            0.017349310312271253491 + y * (0.014019172263170341292 + y * (0.010929346635853875852 + y * (
                0.015091814736796417417 + y * (-0.02631644573455330052 + y * (0.18095803245665061987 + y * (
                    -0.66412569321062864754 + y * (2.0016098322224659101 + y * (-4.5358038577774418889 + y * (
                        7.7681843194784742809 + y * (-9.6696808959848812169 + y * (8.3250001629555336106 + y * (
                            -4.4388245427697991841 + y * 1.1264209926865336581))))))))))))))))))


cdef inline double sine_ratio(double u) noexcept nogil:
    return 0.99999999999999999979 + u * (-0.16666666666666665306 + u * (0.0083333333333331862815 + u * (
        -0.0001984126984120863862 + u * (2.7557319211223259502e-6 + u * (-2.5052106889975130936e-8 + u * (
            1.6058940847832492062e-10 + u * (-7.6430257389643450587e-13 + u * 2.7215660921125597963e-15)))))))


cdef inline void ratios_any(double f, double g, double x, double *a, double *b) noexcept nogil:
    cdef double y = 0.5 * x, half = half_angle_ratio(y), scale = half / sqrt(1.0 - y), square = 4.0 * y * half * half
    a[0] = g * scale * sine_ratio(g * g * square)
    b[0] = f * scale * sine_ratio(f * f * square)


cdef inline void products(const double *q0, const double *q1, Block *block, Py_ssize_t n) noexcept nogil:
    """Fill x with the dot products, n0 and n1 with the squared norms."""
    cdef Py_ssize_t k, i
    cdef double x0, y0, z0, w0, x1, y1, z1, w1
    for k in range(n):
        i = 4 * block.row[k]
        x0, y0, z0, w0 = q0[i], q0[i + 1], q0[i + 2], q0[i + 3]
        x1, y1, z1, w1 = q1[i], q1[i + 1], q1[i + 2], q1[i + 3]
        block.x[k] = (x0 * x1 + y0 * y1) + (z0 * z1 + w0 * w1)
        block.n0[k] = (x0 * x0 + y0 * y0) + (z0 * z0 + w0 * w0)
        block.n1[k] = (x1 * x1 + y1 * y1) + (z1 * z1 + w1 * w1)


cdef inline double inverse_root(double n) noexcept nogil:
    cdef double e = n - 1.0
    return 1.0 + e * (-0.5 + e * (0.375 + e * (-0.3125 + e * 0.2734375)))


cdef bint inverse_norms(Block *block, Py_ssize_t n) noexcept nogil:
    """Turn squared norms into 1 / norm; False where one is extreme or not a number."""
    cdef Py_ssize_t k
    cdef int64_t near = 1, usual = 1
    for k in range(n):
        near &= <int64_t>(fabs(block.n0[k] - 1.0) <= NEAR_UNIT) & <int64_t>(fabs(block.n1[k] - 1.0) <= NEAR_UNIT)
    if near:  # what recorders write; neither a root nor a division
        for k in range(n):
            block.n0[k], block.n1[k] = inverse_root(block.n0[k]), inverse_root(block.n1[k])
        return True
    for k in range(n):
        usual &= <int64_t>(block.n0[k] > TINY) & <int64_t>(block.n0[k] < HUGE)
        usual &= <int64_t>(block.n1[k] > TINY) & <int64_t>(block.n1[k] < HUGE)
    for k in range(n):
        block.n0[k], block.n1[k] = 1.0 / sqrt(block.n0[k]), 1.0 / sqrt(block.n1[k])
    return usual


cdef void weights(Block *block, Py_ssize_t n) noexcept nogil:
    """Fill a and b; one formula serves a block, by its largest angle."""
    cdef Py_ssize_t k
    cdef int64_t small = 1, medium = 1
    cdef double dot
    for k in range(n):
        dot = block.x[k]
        block.x[k] = 1.0 - fabs(dot) * block.n0[k] * block.n1[k]
        block.n1[k] = -block.n1[k] if dot < 0.0 else block.n1[k]  # the shorter arc
        small &= <int64_t>(block.x[k] <= SMALL)
        medium &= <int64_t>(block.x[k] <= MEDIUM)
    if small:
        for k in range(n):
            block.a[k] = ratio4(block.g[k], block.x[k]) * block.n0[k]
            block.b[k] = ratio4(block.f[k], block.x[k]) * block.n1[k]
    elif medium:
        for k in range(n):
            block.a[k] = ratio8(block.g[k], block.x[k]) * block.n0[k]
            block.b[k] = ratio8(block.f[k], block.x[k]) * block.n1[k]
    else:
        for k in range(n):
            ratios_any(block.f[k], block.g[k], block.x[k], &block.a[k], &block.b[k])
            block.a[k] *= block.n0[k]
            block.b[k] *= block.n1[k]


cdef Py_ssize_t slerp_block(
    const double *q0, const double *q1, Block *block, Py_ssize_t n, bint extrapolate, double *out
) noexcept nogil:
    """Interpolate a block's rotations; return the first query with a bad knot, or -1."""
    cdef Py_ssize_t k, i
    cdef bint usual
    cdef double a, b, x, y, z, w
    products(q0, q1, block, n)
    usual = inverse_norms(block, n)
    weights(block, n)
    for k in range(n):
        i, a, b = 4 * block.row[k], block.a[k], block.b[k]
        x = a * q0[i] + b * q1[i]  # all four before the first is written, or they could not be one vector
        y = a * q0[i + 1] + b * q1[i + 1]
        z = a * q0[i + 2] + b * q1[i + 2]
        w = a * q0[i + 3] + b * q1[i + 3]
        out[4 * k], out[4 * k + 1], out[4 * k + 2], out[4 * k + 3] = x, y, z, w
    if extrapolate or not usual:
        for k in range(n):
            i = 4 * block.row[k]
            if not usual or not 0.0 <= block.f[k] <= 1.0:
                if not slerp_one(q0 + i, q1 + i, block.f[k], block.g[k], out + 4 * k):
                    return k
    return -1
