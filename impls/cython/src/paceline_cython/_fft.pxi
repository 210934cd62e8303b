# Complex FFTs of 16 lanes at once, in place, as paceline.audio._fft plans them. A row is 32 floats: 16 real parts, then
# 16 imaginary ones; a vector holds as many of them as the instruction-set level has room for. A transform whose rows
# are written with the halves exchanged is the inverse one, with its halves exchanged: the butterflies and the twiddles
# are the same ones both ways.

from libc.stdint cimport int32_t, int64_t

cdef extern from "_lanes.h" nogil:
    ctypedef float lanes  # WIDTH of them
    enum: WIDTH
    lanes lanes_of(float value)
    lanes lanes_load(const float *start)
    void lanes_store(float *start, lanes value)

cdef enum:
    LANES = 16
    ROW = 32
    STAGES = 16
    CACHED = 192  # rows, 24 KiB: what stays in the first-level cache is passed over again before the next is begun

cdef struct Complex:
    lanes re
    lanes im

cdef struct Transform:
    Py_ssize_t stages
    Py_ssize_t radix[STAGES]
    Py_ssize_t length[STAGES]           # rows of a block of this stage
    const float *twiddles[STAGES]
    # the first backward pass reads its rows elsewhere: from `bins` on, each scaled
    float *rows
    const float *bins
    const int32_t *source
    const float *gain


cdef void start_transform(
    Transform *plan, const int64_t *radices, Py_ssize_t stages, const float *twiddles, float *rows, Py_ssize_t size
) noexcept nogil:
    cdef Py_ssize_t stage, done = 0
    plan.stages = stages
    plan.rows = rows
    for stage in range(plan.stages):
        plan.radix[stage] = radices[stage]
        plan.length[stage] = size
        plan.twiddles[stage] = twiddles + 2 * done
        size //= plan.radix[stage]
        done += size * (plan.radix[stage] - 1)


cdef inline Complex plus(Complex a, Complex b) noexcept nogil:
    cdef Complex c
    c.re, c.im = a.re + b.re, a.im + b.im
    return c


cdef inline Complex minus(Complex a, Complex b) noexcept nogil:
    cdef Complex c
    c.re, c.im = a.re - b.re, a.im - b.im
    return c


cdef inline Complex turned(Complex a) noexcept nogil:
    """Multiply by -i."""
    cdef Complex c
    c.re, c.im = a.im, -a.re
    return c


cdef inline Complex scaled(Complex a, lanes factor) noexcept nogil:
    cdef Complex c
    c.re, c.im = a.re * factor, a.im * factor
    return c


cdef inline Complex times(Complex a, const float *twiddle) noexcept nogil:
    cdef lanes re = lanes_of(twiddle[0]), im = lanes_of(twiddle[1])
    cdef Complex c
    c.re, c.im = a.re * re - a.im * im, a.re * im + a.im * re
    return c


cdef inline void dft2(Complex *a, Complex *b) noexcept nogil:
    a[0], b[0] = plus(a[0], b[0]), minus(a[0], b[0])


cdef inline void dft3(Complex *z) noexcept nogil:
    cdef Complex total = plus(z[1], z[2])
    cdef Complex across = turned(scaled(minus(z[1], z[2]), lanes_of(0.86602540378443864676)))
    cdef Complex middle = minus(z[0], scaled(total, lanes_of(0.5)))
    z[0], z[1], z[2] = plus(z[0], total), plus(middle, across), minus(middle, across)


cdef inline void dft4(Complex *a, Complex *b, Complex *c, Complex *d) noexcept nogil:
    cdef Complex even = plus(a[0], c[0]), odd = plus(b[0], d[0])
    cdef Complex even_across = minus(a[0], c[0]), odd_across = turned(minus(b[0], d[0]))
    a[0], b[0] = plus(even, odd), plus(even_across, odd_across)
    c[0], d[0] = minus(even, odd), minus(even_across, odd_across)


cdef inline void dft5(Complex *z) noexcept nogil:
    cdef lanes c1 = lanes_of(0.30901699437494742410), c2 = lanes_of(-0.80901699437494742410)
    cdef lanes s1 = lanes_of(0.95105651629515357212), s2 = lanes_of(0.58778525229247312917)
    cdef Complex t1 = plus(z[1], z[4]), t2 = plus(z[2], z[3]), d1 = minus(z[1], z[4]), d2 = minus(z[2], z[3])
    cdef Complex m1, m2, n1, n2
    m1.re, m1.im = z[0].re + c1 * t1.re + c2 * t2.re, z[0].im + c1 * t1.im + c2 * t2.im
    m2.re, m2.im = z[0].re + c2 * t1.re + c1 * t2.re, z[0].im + c2 * t1.im + c1 * t2.im
    n1.re, n1.im = s1 * d1.im + s2 * d2.im, -(s1 * d1.re + s2 * d2.re)
    n2.re, n2.im = s2 * d1.im - s1 * d2.im, s1 * d2.re - s2 * d1.re
    z[0] = plus(z[0], plus(t1, t2))
    z[1], z[4] = plus(m1, n1), minus(m1, n1)
    z[2], z[3] = plus(m2, n2), minus(m2, n2)


cdef inline lanes sum3(lanes a, lanes x, lanes b, lanes y, lanes c, lanes z) noexcept nogil:
    return a * x + b * y + c * z


cdef inline void dft7(Complex *z) noexcept nogil:
    cdef lanes c1 = lanes_of(0.62348980185873353053), s1 = lanes_of(0.78183148246802980871)
    cdef lanes c2 = lanes_of(-0.22252093395631440429), s2 = lanes_of(0.97492791218182360702)
    cdef lanes c3 = lanes_of(-0.90096886790241912624), s3 = lanes_of(0.43388373911755812048)
    cdef Complex t1 = plus(z[1], z[6]), t2 = plus(z[2], z[5]), t3 = plus(z[3], z[4])
    cdef Complex d1 = minus(z[1], z[6]), d2 = minus(z[2], z[5]), d3 = minus(z[3], z[4])
    cdef Complex first = z[0], middle, across
    z[0] = plus(first, plus(t1, plus(t2, t3)))
    middle.re = first.re + sum3(c1, t1.re, c2, t2.re, c3, t3.re)
    middle.im = first.im + sum3(c1, t1.im, c2, t2.im, c3, t3.im)
    across.re = sum3(s1, d1.im, s2, d2.im, s3, d3.im)
    across.im = -sum3(s1, d1.re, s2, d2.re, s3, d3.re)
    z[1], z[6] = plus(middle, across), minus(middle, across)
    middle.re = first.re + sum3(c2, t1.re, c3, t2.re, c1, t3.re)
    middle.im = first.im + sum3(c2, t1.im, c3, t2.im, c1, t3.im)
    across.re = sum3(s2, d1.im, -s3, d2.im, -s1, d3.im)
    across.im = -sum3(s2, d1.re, -s3, d2.re, -s1, d3.re)
    z[2], z[5] = plus(middle, across), minus(middle, across)
    middle.re = first.re + sum3(c3, t1.re, c1, t2.re, c2, t3.re)
    middle.im = first.im + sum3(c3, t1.im, c1, t2.im, c2, t3.im)
    across.re = sum3(s3, d1.im, -s1, d2.im, s2, d3.im)
    across.im = -sum3(s3, d1.re, -s1, d2.re, s2, d3.re)
    z[3], z[4] = plus(middle, across), minus(middle, across)


cdef inline void dft8(Complex *z) noexcept nogil:
    cdef lanes root = lanes_of(0.70710678118654752440)
    cdef Complex one, three
    dft4(&z[0], &z[2], &z[4], &z[6])
    dft4(&z[1], &z[3], &z[5], &z[7])
    one.re, one.im = root * (z[3].re + z[3].im), root * (z[3].im - z[3].re)
    three.re, three.im = root * (z[7].im - z[7].re), -(root * (z[7].re + z[7].im))
    z[3], z[5], z[7] = one, turned(z[5]), three
    z[0], z[1], z[2], z[3], z[4], z[5], z[6], z[7] = (
        plus(z[0], z[1]), plus(z[2], z[3]), plus(z[4], z[5]), plus(z[6], z[7]),
        minus(z[0], z[1]), minus(z[2], z[3]), minus(z[4], z[5]), minus(z[6], z[7]),
    )


cdef inline void dft(Complex *z, int radix) noexcept nogil:
    if radix == 8:
        dft8(z)
    elif radix == 7:
        dft7(z)
    elif radix == 5:
        dft5(z)
    elif radix == 4:
        dft4(&z[0], &z[1], &z[2], &z[3])
    elif radix == 3:
        dft3(z)
    else:
        dft2(&z[0], &z[1])


cdef inline Complex read(const float *row) noexcept nogil:
    cdef Complex c
    c.re, c.im = lanes_load(row), lanes_load(row + LANES)
    return c


cdef inline void write(float *row, Complex c) noexcept nogil:
    lanes_store(row, c.re)
    lanes_store(row + LANES, c.im)


cdef inline void butterflies_forward(
    float *rows, Py_ssize_t blocks, Py_ssize_t part, const float *twiddles, int radix, bint last
) noexcept nogil:
    """Pass over blocks of radix * part rows; radix and last are known where this is inlined."""
    cdef Complex z[8]
    cdef Py_ssize_t block, j
    cdef int q, lane
    cdef float *row
    cdef const float *twiddle
    for block in range(blocks):
        twiddle = twiddles
        for j in range(part):
            for lane from 0 <= lane < LANES by WIDTH:
                row = rows + (block * radix * part + j) * ROW + lane
                for q in range(radix):
                    z[q] = read(row + q * part * ROW)
                dft(z, radix)
                write(row, z[0])
                for q in range(1, radix):
                    write(row + q * part * ROW, z[q] if last else times(z[q], twiddle + 2 * (q - 1)))
            twiddle += 2 * (radix - 1)


cdef inline void butterflies_backward(
    float *rows, Py_ssize_t blocks, Py_ssize_t part, const float *twiddles, int radix
) noexcept nogil:
    cdef Complex z[8]
    cdef Py_ssize_t block, j
    cdef int q, lane
    cdef float *row
    cdef const float *twiddle
    for block in range(blocks):
        twiddle = twiddles
        for j in range(part):
            for lane from 0 <= lane < LANES by WIDTH:
                row = rows + (block * radix * part + j) * ROW + lane
                z[0] = read(row)
                for q in range(1, radix):
                    z[q] = times(read(row + q * part * ROW), twiddle + 2 * (q - 1))
                dft(z, radix)
                for q in range(radix):
                    write(row + q * part * ROW, z[q])
            twiddle += 2 * (radix - 1)


cdef inline void butterflies_from_bins(
    float *rows, Py_ssize_t blocks, const float *bins, const int32_t *source, const float *gain, int radix
) noexcept nogil:
    """Make the first pass backward, of blocks of radix rows; each row is a bin scaled, its halves exchanged."""
    cdef Complex z[8]
    cdef Py_ssize_t block
    cdef int q, lane
    cdef const float *row
    cdef lanes factor
    for block in range(blocks):
        for lane from 0 <= lane < LANES by WIDTH:
            for q in range(radix):
                row = bins + <Py_ssize_t>source[q] * ROW + lane
                factor = lanes_of(gain[q])
                z[q].re, z[q].im = lanes_load(row + LANES) * factor, lanes_load(row) * factor
            dft(z, radix)
            for q in range(radix):
                write(rows + q * ROW + lane, z[q])
        rows += radix * ROW
        source += radix
        gain += radix


cdef void pass_forward(Transform *plan, Py_ssize_t stage, float *rows, Py_ssize_t blocks) noexcept nogil:
    cdef Py_ssize_t radix = plan.radix[stage], part = plan.length[stage] // radix
    cdef const float *twiddles = plan.twiddles[stage]
    if part == 1:  # all twiddles are 1
        if radix == 8:
            butterflies_forward(rows, blocks, 1, twiddles, 8, True)
        elif radix == 7:
            butterflies_forward(rows, blocks, 1, twiddles, 7, True)
        elif radix == 5:
            butterflies_forward(rows, blocks, 1, twiddles, 5, True)
        elif radix == 4:
            butterflies_forward(rows, blocks, 1, twiddles, 4, True)
        elif radix == 3:
            butterflies_forward(rows, blocks, 1, twiddles, 3, True)
        else:
            butterflies_forward(rows, blocks, 1, twiddles, 2, True)
    elif radix == 8:
        butterflies_forward(rows, blocks, part, twiddles, 8, False)
    elif radix == 7:
        butterflies_forward(rows, blocks, part, twiddles, 7, False)
    elif radix == 5:
        butterflies_forward(rows, blocks, part, twiddles, 5, False)
    elif radix == 4:
        butterflies_forward(rows, blocks, part, twiddles, 4, False)
    elif radix == 3:
        butterflies_forward(rows, blocks, part, twiddles, 3, False)
    else:
        butterflies_forward(rows, blocks, part, twiddles, 2, False)


cdef void pass_backward(Transform *plan, Py_ssize_t stage, float *rows, Py_ssize_t blocks) noexcept nogil:
    cdef Py_ssize_t radix = plan.radix[stage], part = plan.length[stage] // radix
    cdef const float *twiddles = plan.twiddles[stage]
    if radix == 8:
        butterflies_backward(rows, blocks, part, twiddles, 8)
    elif radix == 7:
        butterflies_backward(rows, blocks, part, twiddles, 7)
    elif radix == 5:
        butterflies_backward(rows, blocks, part, twiddles, 5)
    elif radix == 4:
        butterflies_backward(rows, blocks, part, twiddles, 4)
    elif radix == 3:
        butterflies_backward(rows, blocks, part, twiddles, 3)
    else:
        butterflies_backward(rows, blocks, part, twiddles, 2)


cdef void pass_from_bins(Transform *plan, float *rows, Py_ssize_t blocks) noexcept nogil:
    cdef Py_ssize_t radix = plan.radix[plan.stages - 1], first = (rows - plan.rows) // ROW
    cdef const int32_t *source = plan.source + first
    cdef const float *gain = plan.gain + first
    if radix == 8:
        butterflies_from_bins(rows, blocks, plan.bins, source, gain, 8)
    elif radix == 7:
        butterflies_from_bins(rows, blocks, plan.bins, source, gain, 7)
    elif radix == 5:
        butterflies_from_bins(rows, blocks, plan.bins, source, gain, 5)
    elif radix == 4:
        butterflies_from_bins(rows, blocks, plan.bins, source, gain, 4)
    elif radix == 3:
        butterflies_from_bins(rows, blocks, plan.bins, source, gain, 3)
    else:
        butterflies_from_bins(rows, blocks, plan.bins, source, gain, 2)


cdef void forward(Transform *plan, Py_ssize_t stage, float *rows) noexcept nogil:
    """Transform the block of this stage that begins at ``rows``: depth first while it is large."""
    cdef Py_ssize_t length = plan.length[stage], part = length // plan.radix[stage], q
    if length > CACHED and stage + 1 < plan.stages:
        pass_forward(plan, stage, rows, 1)
        for q in range(plan.radix[stage]):
            forward(plan, stage + 1, rows + q * part * ROW)
    else:
        for stage in range(stage, plan.stages):
            pass_forward(plan, stage, rows, length // plan.length[stage])


cdef void backward(Transform *plan, Py_ssize_t stage, float *rows) noexcept nogil:
    """Undo ``forward`` but for the factor; what goes in are the bins."""
    cdef Py_ssize_t length = plan.length[stage], part = length // plan.radix[stage], q, each
    if length > CACHED and stage + 1 < plan.stages:
        for q in range(plan.radix[stage]):
            backward(plan, stage + 1, rows + q * part * ROW)
        pass_backward(plan, stage, rows, 1)
    else:
        pass_from_bins(plan, rows, length // plan.radix[plan.stages - 1])
        for each in range(plan.stages - 2, stage - 1, -1):
            pass_backward(plan, each, rows, length // plan.length[each])
