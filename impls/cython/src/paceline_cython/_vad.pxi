# Voice activity: a level for every frame, then decisions. Every frame is computed by itself and with the same
# operations, so it does not matter how a signal is cut.

from libc.math cimport log10
from libc.stdint cimport int32_t, int64_t, uint8_t
from libc.string cimport memmove

include "_spectrum.pxi"

cdef enum:
    ADAPTIVE, FIXED, RMS  # the contract's modes

cdef enum:
    SHORT = 4096  # samples, up to which the GIL is kept: to release it takes as long as judging some frames

cdef struct Detector:
    int64_t mode
    int64_t frame
    int64_t memory          # frames that the noise floor remembers
    int64_t shortest        # durations in frames: shorter speech is dropped,
    int64_t padding         # begins that much earlier,
    int64_t hang            # ends that much later;
    int64_t silence         # shorter silences are filled
    double threshold
    double below_peak
    float *ring             # levels: frame i at i % memory,
    float *ordered          # and ascending
    float *pending          # scores that wait for their decision
    float *scores
    uint8_t *flags
    Py_ssize_t room
    void *scratch
    float *levels           # of the frames of this call, whole sixteens of them,
    double *powers          # or their mean squares, in the same place
    Spectrum spectrum

cdef struct State:
    int64_t seen
    int64_t run             # length of the current run of active frames
    int64_t until           # the last frame that the hang-over reaches
    int64_t start           # the latest stretch of speech: its first frame,
    int64_t end             # and its last
    int64_t told


cdef Py_ssize_t first_beyond(const float *x, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    """Return the first sample that is not finite or beyond 1e12; without sign, bits are in the order of the floats."""
    cdef int32_t largest = 0, limit = bits_of(LOUDEST)
    cdef Py_ssize_t k
    for k in range(start, stop):
        largest = max(largest, bits_of(x[k]) & 0x7FFFFFFF)
    if largest > limit:
        for k in range(start, stop):
            if bits_of(x[k]) & 0x7FFFFFFF > limit:
                return k
    return -1


cdef double mean_square(const float *x, Py_ssize_t n) noexcept nogil:
    cdef strip64 total[4]
    cdef strip64 value
    cdef double rest = 0.0
    cdef Py_ssize_t k = 0
    cdef int i
    for i in range(4):
        total[i] = strip64_of(0.0)
    while k + 4 * STRIP64 <= n:
        for i in range(4):
            value = strip64_widened(x + k + i * STRIP64)
            total[i] += value * value
        k += 4 * STRIP64
    for k in range(k, n):
        rest += <double>x[k] * <double>x[k]
    return (strip64_sum((total[0] + total[1]) + (total[2] + total[3])) + rest) / n


cdef inline void remember(const Detector *self, Py_ssize_t seen, float level) noexcept nogil:
    """Take a level in place of the oldest. Counting finds its place as fast as a search that mispredicts."""
    cdef Py_ssize_t memory = self.memory, at = seen % memory, known = min(seen, memory)
    cdef float *ordered = self.ordered
    cdef float oldest = self.ring[at]
    cdef int32_t place = 0, old = 0, k
    for k in range(<int32_t>known):
        place += ordered[k] < level
        old += ordered[k] < oldest
    if known < memory:
        old = <int32_t>known
    if old < place:
        place -= 1
        memmove(ordered + old, ordered + old + 1, (place - old) * sizeof(float))
    else:
        memmove(ordered + place + 1, ordered + place, (old - place) * sizeof(float))
    ordered[place] = self.ring[at] = level


cdef inline bint judge(const Detector *self, Py_ssize_t seen, Py_ssize_t k, float *score) noexcept nogil:
    """Say whether frame k of this call is active, and write its score."""
    cdef Py_ssize_t known = min(seen + 1, self.memory)
    cdef float level, floor, peak
    if self.mode == RMS:
        score[0] = 10 * log10(self.powers[k] + 1e-30)
        return self.powers[k] > self.threshold * self.threshold
    level = self.levels[k]
    if self.mode == FIXED:
        score[0] = level
        return level > self.threshold
    remember(self, seen, level)
    floor, peak = self.ordered[known // 4], self.ordered[known * 19 // 20]
    score[0] = level - floor
    return level > max(floor + self.threshold, peak - self.below_peak)


cdef inline Py_ssize_t advance(
    const Detector *self, State *state, bint active, Py_ssize_t wrote
) noexcept nogil:
    """Take one frame and tell the decision that it completes; return how many are told."""
    cdef int64_t lag = self.shortest - 1 + self.padding, delay = lag + self.silence - 1
    cdef int64_t late = state.seen - lag, decided = state.seen - delay
    state.run = state.run + 1 if active else 0
    if state.run >= self.shortest:
        state.until = state.seen + self.hang
    if 0 <= late <= state.until:
        if late - state.end > self.silence:
            state.start = late
        state.end = late
    state.seen += 1
    if decided >= 0 and wrote < self.room:
        self.scores[wrote] = self.pending[decided % (delay + 1)]
        self.flags[wrote] = state.start <= decided <= state.end
        return wrote + 1
    return wrote


cdef Py_ssize_t measure(const Detector *self, const float *x, Py_ssize_t n) noexcept nogil:
    """Write every frame's level, or its power; return the first sample that is bad.

    That is looked for frame by frame, so that a long signal goes through the cache once.
    """
    cdef Py_ssize_t frames = n // self.frame, k
    for k in range(frames):
        if self.mode == RMS:
            if first_beyond(x, self.frame * k, self.frame * (k + 1)) >= 0:
                break
            self.powers[k] = mean_square(x + self.frame * k, self.frame)
        else:
            if (
                not band_of(&self.spectrum, x + self.frame * k, k % LANES)
                and first_beyond(x, self.frame * k, self.frame * (k + 1)) >= 0
            ):
                break
            if k % LANES == LANES - 1 or k == frames - 1:
                levels_of(&self.spectrum, self.levels + k // LANES * LANES)
    else:
        k = frames
    return first_beyond(x, self.frame * k, n)


cdef Py_ssize_t detect(const Detector *self, const float *x, Py_ssize_t n, bint flush, State *state) noexcept nogil:
    cdef int64_t delay = self.shortest - 1 + self.padding + self.silence - 1
    cdef Py_ssize_t bad = measure(self, x, n), wrote = 0, k
    cdef bint active
    if bad >= 0:
        return bad
    for k in range(n // self.frame):
        active = judge(self, state.seen, k, &self.pending[state.seen % (delay + 1)])
        wrote = advance(self, state, active, wrote)
    if flush:
        for k in range(delay):
            wrote = advance(self, state, False, wrote)
    state.told += wrote
    return -1


cdef bint start_detector(
    Detector *self, const int64_t *plan, const float *tables, double threshold, double below_peak, float *history,
    Py_ssize_t samples
) noexcept nogil:
    """Return whether there is memory for it."""
    cdef Py_ssize_t room = (samples // plan[1] // LANES + 1) * LANES
    cdef float *scratch = <float *>scratch_take(
        spectrum_floats(plan[2] // 2) * sizeof(float) + room * sizeof(double)
    )
    if scratch == NULL:
        return False
    self.mode, self.frame, self.memory = plan[0], plan[1], plan[5]
    self.shortest, self.padding, self.hang, self.silence = plan[6], plan[7], plan[8], plan[9]
    self.threshold, self.below_peak = threshold, below_peak
    self.ring, self.ordered, self.pending = history, history + self.memory, history + 2 * self.memory
    self.scratch, self.levels = scratch, scratch + spectrum_floats(plan[2] // 2)
    self.powers = <double *>self.levels
    if self.mode != RMS:
        start_spectrum(&self.spectrum, plan, tables, scratch)
    return True


def detect_voice(
    x, bint flush, plan, tables, double threshold, double below_peak, history, state, scores, flags
):
    """Judge the whole frames of x; return the first sample that is not finite or beyond 1e12.

    Of less than some thousand samples the GIL is kept.
    """
    cdef Buffers buffers
    cdef Py_buffer *taken
    cdef Py_buffer *told
    cdef Detector detector
    cdef State *place
    cdef Py_ssize_t n, bad
    buffers.count = 0
    try:
        taken, told = take(&buffers, x), take(&buffers, scores, True)
        n = taken.len // sizeof(float)
        detector.scores, detector.room = <float *>told.buf, told.len // sizeof(float)
        detector.flags = <uint8_t *>take(&buffers, flags, True).buf
        place = <State *>take(&buffers, state, True).buf
        if not start_detector(
            &detector, <const int64_t *>take(&buffers, plan).buf, <const float *>take(&buffers, tables).buf,
            threshold, below_peak, <float *>take(&buffers, history, True).buf, n,
        ):
            raise MemoryError
        if n <= SHORT:
            bad = detect(&detector, <const float *>taken.buf, n, flush, place)
        else:
            with nogil:
                bad = detect(&detector, <const float *>taken.buf, n, flush, place)
        scratch_give(detector.scratch)
    finally:
        give_back(&buffers)
    return bad
