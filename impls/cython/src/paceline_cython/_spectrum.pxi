# The level of a frame: window, transform, power of the speech band, and how flat it is. One frame fills the lanes: of
# its rows of 16 samples the columns are transformed, then each bin's 16 lanes (D. H. Bailey, "FFTs in external or
# hierarchical memory", 1990). Columns are real, so a row and the next are transformed as one that is complex.

from libc.string cimport memcpy, memset

cdef extern from "_lanes.h" nogil:
    ctypedef int lanes_int  # WIDTH of them
    lanes lanes_within(lanes value, Py_ssize_t first, Py_ssize_t low, Py_ssize_t high, float other)
    lanes_int lanes_exponent(lanes value)
    lanes lanes_mantissa(lanes value)
    bint lanes_all_below(lanes value, float limit)
    void lanes_prefetch(const float *address)
    lanes lanes_max(lanes a, lanes b)
    lanes lanes_log2(lanes value)
    lanes lanes_exp2(lanes value)
    float lanes_sum(lanes value)
    float lanes_product(lanes value)
    int lanes_int_sum(lanes_int value)
    void lanes_columns(const float **rows, lanes *to)

cdef extern from *:
    """
    /* exp(-2*pi*i*n/16) for n = 1, 2, 3, 6, 9 */
    static const float sixteenths[5][2] = {
        {0.92387953251128675613f, -0.38268343236508977173f}, {0.70710678118654752440f, -0.70710678118654752440f},
        {0.38268343236508977173f, -0.92387953251128675613f}, {-0.70710678118654752440f, -0.70710678118654752440f},
        {-0.92387953251128675613f, 0.38268343236508977173f},
    };
    #define LOUDEST 1e12f /* squares of more would leave float32 */
    #define LOUD 0.9e24f /* no sum of squares with one that is louder is less, however it is rounded */
    """
    const float[5][2] sixteenths
    float LOUDEST, LOUD

cdef extern from "_rounding.h" nogil:
    int32_t bits_of(float value)

cdef struct Spectrum:
    Py_ssize_t frame
    Py_ssize_t count        # rows of the columns' transform, each two of samples
    Py_ssize_t low
    Py_ssize_t high
    const float *window
    const float *turns      # for each row's bin 16 real and 16 imaginary parts, between the transform's two halves
    const float *firsts     # what takes the first column's 16 numbers to their spectrum: 8 real, 8 imaginary parts each
    const float *split      # part the two rows that were real and imaginary parts
    const int64_t *order
    Transform columns
    float *rows
    float *ends             # rows that are not whole: the frame's last samples, the window there, and zeros
    float *halves           # the real columns' bins up to the middle one, turned
    float *energy           # of 16 frames
    float *mantissa
    float *exponent

cdef struct Sums:
    lanes energy
    lanes product           # of mantissas
    lanes_int exponents
    int32_t biases          # 127 in every lane of the exponents


cdef Py_ssize_t spectrum_floats(Py_ssize_t points) noexcept nogil:
    """Return how much scratch memory a spectrum needs: an even number, so that doubles may follow."""
    return ROW * (2 * (points // LANES) + 4) + 3 * LANES


cdef void start_spectrum(
    Spectrum *self, const int64_t *plan, const float *tables, float *scratch
) noexcept nogil:
    cdef Py_ssize_t radices = plan[10], k
    self.frame, self.count, self.low, self.high = plan[1], plan[2] // ROW, plan[3], plan[4]
    self.order = plan + 11 + radices
    self.window = tables
    self.turns = self.window + self.frame
    self.firsts = self.turns + ROW * (self.count + 1)
    self.split = self.firsts + LANES * LANES
    self.rows = scratch
    self.ends = self.rows + ROW * self.count
    memset(self.ends, 0, 3 * ROW * sizeof(float))
    memcpy(self.ends + ROW, self.window + self.frame // ROW * ROW, self.frame % ROW * sizeof(float))
    self.halves = self.ends + 3 * ROW
    self.energy = self.halves + ROW * (self.count + 1)
    self.mantissa, self.exponent = self.energy + LANES, self.energy + 2 * LANES
    for k in range(3 * LANES):  # lanes without a frame are to be normal numbers
        self.energy[k] = 1.0
    start_transform(
        &self.columns, plan + 11, radices, self.split + 2 * (self.count // 2 + 1), self.rows, self.count
    )


cdef inline bint first_pass(const Spectrum *self, const float *x, int radix) noexcept nogil:
    """Make the columns' first pass, of pairs of rows; zeros follow the frame. Return whether no sample can be bad.

    The next frame is fetched meanwhile: rows far apart are nothing that the processor foresees.
    """
    cdef Complex z[8]
    cdef Py_ssize_t part = self.count // radix, whole = self.frame // ROW, j, row
    cdef const float *twiddle = self.columns.twiddles[0]
    cdef const float *samples
    cdef const float *window
    cdef lanes loud = lanes_of(0.0)
    cdef int q, lane
    for j in range(part):
        for lane from 0 <= lane < LANES by WIDTH:
            for q in range(radix):
                row = j + q * part
                samples, window = x + row * ROW, self.window + row * ROW
                if lane == 0:
                    lanes_prefetch(samples + self.frame)
                    lanes_prefetch(samples + self.frame + LANES)
                if row >= whole:
                    samples, window = self.ends + (0 if row == whole else 2 * ROW), self.ends + ROW
                z[q] = read(samples + lane)
                loud += z[q].re * z[q].re
                loud += z[q].im * z[q].im
                z[q].re = z[q].re * lanes_load(window + lane)
                z[q].im = z[q].im * lanes_load(window + LANES + lane)
            dft(z, radix)
            write(self.rows + j * ROW + lane, z[0])
            for q in range(1, radix):
                write(self.rows + (j + q * part) * ROW + lane, times(z[q], twiddle + 2 * (q - 1)))
        twiddle += 2 * (radix - 1)
    return lanes_all_below(loud, LOUD)


cdef inline Complex product(Complex a, Complex b) noexcept nogil:
    cdef Complex c
    c.re, c.im = a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re
    return c


cdef inline void dft16(Complex *z) noexcept nogil:
    """Transform 16 points; bin q + 4 r is then in z[4 q + r]."""
    dft4(&z[0], &z[4], &z[8], &z[12])
    dft4(&z[1], &z[5], &z[9], &z[13])
    dft4(&z[2], &z[6], &z[10], &z[14])
    dft4(&z[3], &z[7], &z[11], &z[15])
    z[5], z[6], z[7] = times(z[5], sixteenths[0]), times(z[6], sixteenths[1]), times(z[7], sixteenths[2])
    z[9], z[10], z[11] = times(z[9], sixteenths[1]), turned(z[10]), times(z[11], sixteenths[3])
    z[13], z[14], z[15] = times(z[13], sixteenths[2]), times(z[14], sixteenths[3]), times(z[15], sixteenths[4])
    dft4(&z[0], &z[1], &z[2], &z[3])
    dft4(&z[4], &z[5], &z[6], &z[7])
    dft4(&z[8], &z[9], &z[10], &z[11])
    dft4(&z[12], &z[13], &z[14], &z[15])


cdef bint columns(const Spectrum *self, const float *x) noexcept nogil:
    """Transform the columns, and return whether no sample can be bad; there are 2^n rows, so radices are 8, 4 and 2."""
    cdef Transform *plan = <Transform *>&self.columns
    cdef Py_ssize_t stage, whole = self.frame // ROW * ROW
    cdef bint good
    if self.frame > whole:
        memcpy(self.ends, x + whole, (self.frame - whole) * sizeof(float))
    if plan.radix[0] == 8:
        good = first_pass(self, x, 8)
    elif plan.radix[0] == 4:
        good = first_pass(self, x, 4)
    else:
        good = first_pass(self, x, 2)
    for stage in range(1, plan.stages):
        pass_forward(plan, stage, self.rows, plan.length[0] // plan.length[stage])
    return good


cdef void part_rows(const Spectrum *self) noexcept nogil:
    """Part the rows that were transformed as real and imaginary parts, and turn what comes out."""
    cdef Py_ssize_t k, mirrored
    cdef Complex a, b, even, odd, near, far
    cdef int lane
    for k in range(self.count // 2 + 1):
        mirrored = self.count - k
        for lane from 0 <= lane < LANES by WIDTH:
            a = read(self.rows + self.order[k] * ROW + lane)
            b = read(self.rows + self.order[mirrored if k else 0] * ROW + lane)
            b.im = -b.im
            even, odd = plus(a, b), times(minus(a, b), self.split + 2 * k)
            near, far = plus(even, odd), minus(even, odd)
            far.im = -far.im
            write(self.halves + k * ROW + lane, product(near, read(self.turns + k * ROW + lane)))
            write(self.halves + mirrored * ROW + lane, product(far, read(self.turns + mirrored * ROW + lane)))


cdef inline void weigh(Sums *sums, Complex bins, Py_ssize_t first, Py_ssize_t beyond) noexcept nogil:
    """Take the powers |X|² + 1e-14 of the lanes in a range."""
    cdef lanes power = bins.re * bins.re + (bins.im * bins.im + lanes_of(1e-14)), factor = power
    if first >= min(beyond, WIDTH) or beyond <= 0:
        return
    if first > 0 or beyond < WIDTH:
        power, factor = lanes_within(power, 0, first, beyond, 0.0), lanes_within(power, 0, first, beyond, 1.0)
    sums.energy += power
    sums.product = sums.product * lanes_mantissa(factor)
    sums.exponents += lanes_exponent(factor)
    sums.biases += 127


cdef inline void normalize(Sums *sums) noexcept nogil:
    sums.exponents += lanes_exponent(sums.product)
    sums.product = lanes_mantissa(sums.product)
    sums.biases += 127


cdef inline Complex read_parts(const float *re, const float *im) noexcept nogil:
    cdef Complex c
    c.re, c.im = lanes_load(re), lanes_load(im)
    return c


cdef inline void weigh_firsts(const Spectrum *self, Sums *sums) noexcept nogil:
    """Take the multiples of the number of real rows: the first column's bins."""
    cdef lanes sum[4]
    cdef float bins[2 * LANES]
    cdef Py_ssize_t step = 2 * self.count
    cdef Py_ssize_t first = (self.low + step - 1) // step, beyond = (self.high + step - 1) // step
    cdef int lane, i
    for lane from 0 <= lane < LANES by WIDTH:
        for i in range(4):
            sum[i] = lanes_of(self.halves[i]) * lanes_load(self.firsts + LANES * i + lane)
        for i in range(4, LANES):
            sum[i % 4] = sum[i % 4] + lanes_of(self.halves[i]) * lanes_load(self.firsts + LANES * i + lane)
        lanes_store(bins + lane, (sum[0] + sum[1]) + (sum[2] + sum[3]))
    lanes_store(bins + 2 * LANES - WIDTH, lanes_of(0.0))  # vectors of 16 reach into it
    for lane from 0 <= lane < LANES // 2 by WIDTH:
        weigh(sums, read_parts(bins + lane, bins + LANES // 2 + lane), first - lane, min(beyond, LANES // 2) - lane)


cdef inline void across(const Spectrum *self, Sums *sums, bint lower_half) noexcept nogil:
    """Go from the columns' bins to those of the whole frame, and weigh those in the band.

    Column k has the bins k, k + step, k + 2 step and so on; those beyond the middle are mirror images of lower ones.
    Where the band is in the lower half, half of them are not computed.
    """
    cdef Py_ssize_t step = 2 * self.count, near, far, first, inside
    cdef const float *rows[WIDTH]
    cdef lanes re[LANES]
    cdef lanes im[LANES]
    cdef Complex z[LANES]
    cdef int i, wanted = 4 if lower_half else 8
    for first from 1 <= first <= self.count by WIDTH:
        inside = self.count - first  # lanes before the middle column, which is its own mirror image
        for i in range(WIDTH):  # where there are fewer, the last is repeated, and not used
            rows[i] = self.halves + min(first + i, self.count) * ROW
        lanes_columns(rows, re)
        for i in range(WIDTH):
            rows[i] += LANES
        lanes_columns(rows, im)
        for i in range(LANES):
            z[i].re, z[i].im = re[i], im[i]
        dft16(z)
        for i in range(wanted):
            near = i * step + first
            weigh(sums, z[i % 4 * 4 + i // 4], self.low - near, min(self.high - near, inside + 1))
        for i in range(wanted):
            far = (i + 1) * step - first
            weigh(sums, z[(15 - i) % 4 * 4 + (15 - i) // 4], far - self.high + 1, min(far - self.low + 1, inside))
        normalize(sums)


cdef bint band_of(const Spectrum *self, const float *x, Py_ssize_t at) noexcept nogil:
    """Write a frame's energy in the band, and its bins' product as mantissa and exponent.

    Return whether no sample can be bad.
    """
    cdef Sums sums
    cdef bint good = columns(self, x)
    part_rows(self)
    sums.energy, sums.product, sums.biases = lanes_of(0.0), lanes_of(1.0), 0
    sums.exponents = lanes_exponent(sums.energy)
    weigh_firsts(self, &sums)
    if self.high <= 8 * self.count:
        across(self, &sums, True)
    else:
        across(self, &sums, False)
    self.energy[at], self.mantissa[at] = lanes_sum(sums.energy), lanes_product(sums.product)
    self.exponent[at] = lanes_int_sum(sums.exponents) - WIDTH * sums.biases
    return good


cdef void levels_of(const Spectrum *self, float *levels) noexcept nogil:
    """Write 16 frames' 10·log10(E · max(1 - F, 0.05)² + 4e-10) for the band's energy E and flatness F.

    Logarithms are lanes' too: a frame gets the same bits whatever lane it is in.
    """
    cdef lanes bins = lanes_of(self.high - self.low), energy, mean_log, part
    cdef int k
    for k from 0 <= k < LANES by WIDTH:
        energy = lanes_load(self.energy + k)
        mean_log = (lanes_log2(lanes_load(self.mantissa + k)) + lanes_load(self.exponent + k)) / bins
        part = lanes_max(lanes_of(1.0) - lanes_exp2(mean_log) * bins / energy, lanes_of(0.05))
        lanes_store(levels + k, lanes_of(3.01029996) * lanes_log2(energy * part * part + lanes_of(4e-10)))
