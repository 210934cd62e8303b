# The level of a frame: window, transform, power of the speech band, and how flat it is. One frame fills the lanes: its
# pairs of samples are rows of 16, the columns are transformed, then each bin's 16 lanes (D. H. Bailey, "FFTs in
# external or hierarchical memory", 1990).

from libc.string cimport memcpy, memset

cdef extern from "_lanes.h" nogil:
    ctypedef int lanes_int  # WIDTH of them
    lanes lanes_even(lanes a, lanes b)
    lanes lanes_odd(lanes a, lanes b)
    lanes lanes_down(lanes a, lanes b)
    lanes lanes_within(lanes value, Py_ssize_t first, Py_ssize_t low, Py_ssize_t high, float other)
    lanes_int lanes_exponent(lanes value)
    lanes lanes_mantissa(lanes value)
    ctypedef unsigned int lanes_bits
    lanes_bits lanes_beyond(lanes value, float most)
    bint lanes_any(lanes_bits value)
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
    """
    const float[5][2] sixteenths
    float LOUDEST

cdef extern from "_rounding.h" nogil:
    int32_t bits_of(float value)

cdef enum:
    PADDING = 16  # floats read beyond the bins, for lanes that are outside the band

cdef struct Spectrum:
    Py_ssize_t frame
    Py_ssize_t points
    Py_ssize_t low
    Py_ssize_t high
    const float *window
    const float *turns      # for each row's bin 16 real and 16 imaginary parts, between the transform's two halves
    const float *split      # part the two halves of a real signal: real parts, then imaginary ones
    const int64_t *order
    Transform columns
    float *rows
    float *ends             # rows that are not whole: the frame's last samples, the window there, and zeros
    int32_t *bins           # the bin that each row is of, as order says the row that each bin is in
    float *real
    float *imaginary
    float *energy           # of 16 frames
    float *mantissa
    float *exponent


cdef Py_ssize_t spectrum_floats(Py_ssize_t points) noexcept nogil:
    """Return how much scratch memory a spectrum needs: an even number, so that doubles may follow."""
    return (ROW + 1) * (points // LANES) + 3 * ROW + 2 * (points + PADDING) + 3 * LANES


cdef void start_spectrum(
    Spectrum *self, const int64_t *plan, const float *tables, float *scratch
) noexcept nogil:
    cdef Py_ssize_t radices = plan[10], rows, k
    self.frame, self.points, self.low, self.high = plan[1], plan[2] // 2, plan[3], plan[4]
    rows = self.points // LANES
    self.order = plan + 11 + radices
    self.window = tables
    self.turns = self.window + self.frame
    self.split = self.turns + ROW * rows
    self.rows = scratch
    self.ends = self.rows + ROW * rows
    memset(self.ends, 0, 3 * ROW * sizeof(float))
    memcpy(self.ends + ROW, self.window + self.frame // ROW * ROW, self.frame % ROW * sizeof(float))
    self.real = self.ends + 3 * ROW
    self.imaginary = self.real + self.points + PADDING
    self.energy = self.imaginary + self.points + PADDING
    self.mantissa, self.exponent = self.energy + LANES, self.energy + 2 * LANES
    for k in range(3 * LANES):  # lanes without a frame are to be normal numbers
        self.energy[k] = 1.0
    self.bins = <int32_t *>(self.energy + 3 * LANES)
    for k in range(rows):
        self.bins[self.order[k]] = <int32_t>k
    start_transform(&self.columns, plan + 11, radices, self.split + 2 * self.points, self.rows, rows)


cdef inline Complex packed(const float *x, const float *window, lanes_bits *beyond) noexcept nogil:
    """Make even samples real parts and odd ones imaginary parts."""
    cdef lanes a = lanes_load(x), b = lanes_load(x + WIDTH)
    cdef Complex c
    beyond[0] |= lanes_beyond(a, LOUDEST) | lanes_beyond(b, LOUDEST)
    a, b = a * lanes_load(window), b * lanes_load(window + WIDTH)
    c.re, c.im = lanes_even(a, b), lanes_odd(a, b)
    return c


cdef inline bint first_pass(const Spectrum *self, const float *x, int radix) noexcept nogil:
    """Make the columns' first pass, of pairs of samples; zeros follow the frame. Return whether a sample is bad."""
    cdef Complex z[8]
    cdef Py_ssize_t part = self.points // LANES // radix, whole = self.frame // ROW, j, row
    cdef const float *twiddle = self.columns.twiddles[0]
    cdef const float *samples
    cdef const float *window
    cdef lanes_bits beyond = lanes_beyond(lanes_of(0.0), LOUDEST)
    cdef int q, lane
    for j in range(part):
        for lane from 0 <= lane < LANES by WIDTH:
            for q in range(radix):
                row = j + q * part
                samples, window = x + row * ROW, self.window + row * ROW
                if row >= whole:
                    samples, window = self.ends + (0 if row == whole else 2 * ROW), self.ends + ROW
                z[q] = packed(samples + 2 * lane, window + 2 * lane, &beyond)
            dft(z, radix)
            write(self.rows + j * ROW + lane, z[0])
            for q in range(1, radix):
                write(self.rows + (j + q * part) * ROW + lane, times(z[q], twiddle + 2 * (q - 1)))
        twiddle += 2 * (radix - 1)
    return lanes_any(beyond)


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


cdef inline void last_pass(const Spectrum *self, int radix) noexcept nogil:
    """Make the columns' last pass, and multiply each bin's row with its turns."""
    cdef Complex z[8]
    cdef Py_ssize_t row
    cdef int q, lane
    cdef float *at
    for row from 0 <= row < self.points // LANES by radix:
        for lane from 0 <= lane < LANES by WIDTH:
            at = self.rows + row * ROW + lane
            for q in range(radix):
                z[q] = read(at + q * ROW)
            if radix > 1:
                dft(z, radix)
            for q in range(radix):
                write(at + q * ROW, product(z[q], read(self.turns + self.bins[row + q] * ROW + lane)))


cdef bint columns(const Spectrum *self, const float *x) noexcept nogil:
    """Transform the columns, unless a sample is bad; there are 2^n rows, so radices are 8, 4 and 2."""
    cdef Transform *plan = <Transform *>&self.columns
    cdef Py_ssize_t stage, whole = self.frame // ROW * ROW
    cdef bint bad
    if self.frame > whole:
        memcpy(self.ends, x + whole, (self.frame - whole) * sizeof(float))
    if plan.radix[0] == 8:
        bad = first_pass(self, x, 8)
    elif plan.radix[0] == 4:
        bad = first_pass(self, x, 4)
    else:
        bad = first_pass(self, x, 2)
    if bad:
        return False
    for stage in range(1, plan.stages - 1):
        pass_forward(plan, stage, self.rows, plan.length[0] // plan.length[stage])
    if plan.stages == 1:
        last_pass(self, 1)
    elif plan.radix[plan.stages - 1] == 8:
        last_pass(self, 8)
    elif plan.radix[plan.stages - 1] == 4:
        last_pass(self, 4)
    else:
        last_pass(self, 2)
    return True


cdef void across(const Spectrum *self) noexcept nogil:
    """Go from the columns' bins to those of the whole frame, in their natural order."""
    cdef Py_ssize_t count = self.points // LANES, first, k
    cdef const float *rows[WIDTH]
    cdef lanes re[LANES]
    cdef lanes im[LANES]
    cdef Complex z[LANES]
    cdef int i
    for first from 0 <= first < count by WIDTH:
        for i in range(WIDTH):  # where there are fewer, the last is repeated, and not used
            rows[i] = self.rows + self.order[min(first + i, count - 1)] * ROW
        lanes_columns(rows, re)
        for i in range(WIDTH):
            rows[i] += LANES
        lanes_columns(rows, im)
        for i in range(LANES):
            z[i].re, z[i].im = re[i], im[i]
        dft16(z)
        for i in range(LANES):  # in this order, so that lanes without a row are written over
            k = i * count + first
            lanes_store(self.real + k, z[i % 4 * 4 + i // 4].re)
            lanes_store(self.imaginary + k, z[i % 4 * 4 + i // 4].im)


cdef inline lanes power_at(const Spectrum *self, Py_ssize_t k) noexcept nogil:
    """Return |X|² + 1e-14 of the bins from k on."""
    cdef Py_ssize_t mirrored = self.points - k
    cdef lanes a_re = lanes_load(self.real + k), a_im = lanes_load(self.imaginary + k), b_re, b_im, re, im
    cdef lanes cos = lanes_load(self.split + k), sin = lanes_load(self.split + self.points + k)
    b_re = lanes_down(lanes_load(self.real + mirrored - WIDTH), lanes_load(self.real + mirrored))
    b_im = lanes_down(lanes_load(self.imaginary + mirrored - WIDTH), lanes_load(self.imaginary + mirrored))
    re = a_re + b_re + cos * (a_im + b_im) - sin * (b_re - a_re)
    im = a_im - b_im + cos * (b_re - a_re) + sin * (a_im + b_im)
    return lanes_of(0.25) * (re * re + im * im) + lanes_of(1e-14)


cdef bint band_of(const Spectrum *self, const float *x, Py_ssize_t at) noexcept nogil:
    """Write a frame's energy in the band, and its bins' product as mantissa and exponent, unless a sample is bad."""
    cdef Py_ssize_t start = self.low // WIDTH * WIDTH, k
    cdef lanes energy = lanes_of(0.0), product = lanes_of(1.0), power
    cdef lanes_int exponents = lanes_exponent(energy)
    if not columns(self, x):
        return False
    across(self)
    for k from start <= k < self.high by WIDTH:
        power = power_at(self, k)
        energy += lanes_within(power, k, self.low, self.high, 0.0)
        product = product * lanes_within(power, k, self.low, self.high, 1.0)
        exponents += lanes_exponent(product)
        product = lanes_mantissa(product)
    self.energy[at], self.mantissa[at] = lanes_sum(energy), lanes_product(product)
    self.exponent[at] = lanes_int_sum(exponents) - 127 * (k - start)
    return True


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
