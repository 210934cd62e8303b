# The kernels, in stages over blocks of queries: bracket -> fractions -> products -> weights -> apply.
# Each stage is one plain loop over the arrays of a Block, which lets the compiler use vector instructions; the blocks
# stay in the first-level cache.

from libc.math cimport NAN, asin, fabs, frexp, ldexp, sin, sqrt
from libc.stdint cimport int64_t, uint64_t

include "_bracket.pxi"
include "_slerp.pxi"
include "_linear.pxi"


cdef Py_ssize_t poses(
    const int64_t[::1] stamps, const double[:, ::1] positions, const double[:, ::1] quats, const int64_t[::1] at,
    bint extrapolate, double[:, ::1] out_positions, double[:, ::1] out_quats
) noexcept nogil:
    cdef Knots knots = start_search(&stamps[0], stamps.shape[0])
    cdef Py_ssize_t next_knot = 1 if stamps.shape[0] > 1 else 0, start, n, bad
    cdef const double *p = &positions[0, 0]
    cdef const double *q = &quats[0, 0]
    cdef Block block
    for start from 0 <= start < at.shape[0] by BLOCK:
        n = min(at.shape[0] - start, BLOCK)
        bracket(&knots, &at[start], n, extrapolate, &block)
        fractions(&block, n)
        bad = slerp_block(q, q + 4 * next_knot, &block, n, extrapolate, &out_quats[start, 0])
        if bad >= 0:
            bad = block.row[bad]
            return bad if not good_quaternion(q + 4 * bad) else bad + next_knot
        lerp_positions(p, p + 3 * next_knot, &block, n, &out_positions[start, 0])
    return -1


cdef bint good_quaternion(const double *q) noexcept nogil:
    cdef double[4] unused
    return rescaled(q, unused)


def slerp_quaternion(int64_t t, int64_t t0, tuple q0 not None, int64_t t1, tuple q1 not None, bint extrapolate=False):
    """Interpolate one pair; four NaNs where t1 < t0 or a quaternion is zero or not finite."""
    cdef double[4] p
    cdef double[4] q
    cdef double f = 0.0, g = 1.0, n0, n1, i0, i1, x, dot, length
    p[0], p[1], p[2], p[3] = q0
    q[0], q[1], q[2], q[3] = q1
    if t1 < t0:
        return NAN, NAN, NAN, NAN
    if not extrapolate:
        t = min(max(t, t0), t1)
    if t1 != t0:
        length = <double>(<uint64_t>t1 - <uint64_t>t0)  # which int64 need not hold
        f, g = since(t, t0) / length, since(t1, t) / length
    n0, n1, dot = dot4(p, p), dot4(q, q), dot4(p, q)
    if not (in_range(n0) and in_range(n1) and 0.0 <= f <= 1.0):
        if not slerp_one(p, q, f, g, p):
            return NAN, NAN, NAN, NAN
        return p[0], p[1], p[2], p[3]
    i0, i1 = 1.0 / sqrt(n0), 1.0 / sqrt(n1)
    x = 1.0 - fabs(dot) * i0 * i1
    if x <= SMALL:
        f, g = ratio4(f, x), ratio4(g, x)
    else:
        ratios_any(f, g, x, &g, &f)
    g *= i0
    f *= -i1 if dot < 0.0 else i1
    return g * p[0] + f * q[0], g * p[1] + f * q[1], g * p[2] + f * q[2], g * p[3] + f * q[3]


cdef inline double since(int64_t t, int64_t start) noexcept nogil:
    return <double>(<uint64_t>t - <uint64_t>start) if t >= start else -<double>(<uint64_t>start - <uint64_t>t)


def slerp_quaternions_batch(
    const int64_t[::1] t, const int64_t[::1] t0, const double[:, ::1] q0, const int64_t[::1] t1,
    const double[:, ::1] q1, bint extrapolate, double[:, ::1] out
):
    """Interpolate n pairs; return the first row with t1 < t0 or a bad quaternion."""
    cdef Py_ssize_t start, n, k, bad
    cdef Block block
    cdef bint apart
    with nogil:
        for start from 0 <= start < t.shape[0] by BLOCK:
            n = min(t.shape[0] - start, BLOCK)
            apart = pair_times(&t[start], &t0[start], &t1[start], n, extrapolate, &block)
            fractions(&block, n)
            bad = slerp_block(&q0[start, 0], &q1[start, 0], &block, n, extrapolate, &out[start, 0])
            if not apart:
                for k in range(n):
                    if k == bad or not in_order(t0[start + k], t1[start + k]):
                        bad = k
                        break
            if bad >= 0:
                with gil:
                    return start + bad
    return -1


def interpolate_positions_batch(
    const int64_t[::1] t, const int64_t[::1] t0, const double[:, ::1] p0, const int64_t[::1] t1,
    const double[:, ::1] p1, bint extrapolate, double[:, ::1] out
):
    """Interpolate n pairs linearly; return the first row with t1 < t0."""
    cdef Py_ssize_t start, n, k, width = p0.shape[1]
    cdef Block block
    with nogil:
        for start from 0 <= start < t.shape[0] by BLOCK:
            n = min(t.shape[0] - start, BLOCK)
            if not pair_times(&t[start], &t0[start], &t1[start], n, extrapolate, &block):
                for k in range(start, start + n):
                    if not in_order(t0[k], t1[k]):
                        with gil:
                            return k
            fractions(&block, n)
            lerp_block(&p0[start, 0], &p1[start, 0], width, &block, n, &out[start, 0])
    return -1


def interpolate_trajectory_batch(
    const int64_t[::1] stamps, const double[:, ::1] positions, const double[:, ::1] quats, const int64_t[::1] at,
    bint extrapolate, double[:, ::1] out_positions, double[:, ::1] out_quats
):
    """Interpolate poses at the queries; return the first knot out of order, or touched and bad."""
    cdef Py_ssize_t bad
    with nogil:
        bad = first_disorder(&stamps[0], stamps.shape[0])
        if bad < 0:
            bad = poses(stamps, positions, quats, at, extrapolate, out_positions, out_quats)
    return bad


def interpolate_linear(
    const int64_t[::1] stamps, const double[:, ::1] values, const int64_t[::1] at, bint extrapolate,
    double[:, ::1] out
):
    """Interpolate channels at the queries; return the first knot out of order."""
    cdef Py_ssize_t start, n, width = values.shape[1], next_row = width if stamps.shape[0] > 1 else 0, bad
    cdef const double *first = &values[0, 0]
    cdef Knots knots
    cdef Block block
    with nogil:
        bad = first_disorder(&stamps[0], stamps.shape[0])
        if bad < 0:
            knots = start_search(&stamps[0], stamps.shape[0])
            for start from 0 <= start < at.shape[0] by BLOCK:
                n = min(at.shape[0] - start, BLOCK)
                bracket(&knots, &at[start], n, extrapolate, &block)
                fractions(&block, n)
                lerp_block(first, first + next_row, width, &block, n, &out[start, 0])
    return bad


def trajectory_check(const int64_t[::1] stamps, const double[:, ::1] quats):
    """Return the first knot out of order, or bad."""
    cdef Py_ssize_t k, bad
    cdef const double *q = &quats[0, 0]
    with nogil:
        bad = first_disorder(&stamps[0], stamps.shape[0])
        if bad < 0:
            for k in range(stamps.shape[0]):
                if not (in_range(dot4(q + 4 * k, q + 4 * k)) or good_quaternion(q + 4 * k)):
                    bad = k
                    break
    return bad


def trajectory_at(
    const int64_t[::1] stamps, const double[:, ::1] positions, const double[:, ::1] quats, const int64_t[::1] at,
    bint extrapolate, double[:, ::1] out_positions, double[:, ::1] out_quats
):
    """Interpolate poses of checked knots at the queries; return -1."""
    with nogil:
        poses(stamps, positions, quats, at, extrapolate, out_positions, out_quats)
    return -1


def trajectory_gap(const int64_t[::1] stamps, const int64_t[::1] at, int64_t[::1] out):
    """Write the distance in ns from each query to the nearest knot; return -1."""
    cdef Py_ssize_t m = stamps.shape[0], next_knot = 1 if m > 1 else 0, start, n, k
    cdef Knots knots = start_search(&stamps[0], m)
    cdef int64_t before, after
    cdef Block block
    with nogil:
        for start from 0 <= start < at.shape[0] by BLOCK:
            n = min(at.shape[0] - start, BLOCK)
            bracket(&knots, &at[start], n, True, &block)
            for k in range(n):
                before = at[start + k] - stamps[block.row[k]]
                after = at[start + k] - stamps[block.row[k] + next_knot]
                out[start + k] = min(before if before >= 0 else -before, after if after >= 0 else -after)
    return -1
