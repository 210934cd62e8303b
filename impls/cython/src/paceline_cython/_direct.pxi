# The direct polyphase sum, for streams: a dot product an output, in an order that depends on nothing but the taps.

from libc.float cimport DBL_MAX, FLT_MAX
from libc.math cimport fabs, fabsf
from libc.stdint cimport int32_t, int64_t
from libc.string cimport memmove, memset

include "_buffers.pxi"

cdef extern from "_strips.h" nogil:
    enum: STRIP
    enum: STRIP64
    ctypedef float strip  # STRIP of them
    ctypedef double strip64  # STRIP64 of them
    strip strip_of(float value)
    strip strip_load(const float *start)
    strip strip_last(strip value, int count)
    float strip_sum(strip value)
    strip64 strip64_of(double value)
    strip64 strip64_load(const double *start)
    strip64 strip64_widened(const float *start)
    strip64 strip64_last(strip64 value, int count)
    double strip64_sum(strip64 value)

ctypedef fused sample:
    float
    double

cdef enum:
    TILE = 4  # sums side by side: as many as a multiply-add takes cycles
    PIECE = 1024  # taps that are summed up before they are added to the others': of 100,000 the rounding would show

cdef struct Filters:
    int64_t up
    int64_t down
    Py_ssize_t phases
    Py_ssize_t order
    Py_ssize_t taps


cdef inline void sums(
    const sample **windows, const sample **rows, Py_ssize_t taps, bint one_window, bint one_row, sample *totals
) noexcept nogil:
    """Write the dot products of four windows and four rows of coefficients; where all are one, it is read once."""
    cdef const sample *w[TILE]
    cdef const sample *r[TILE]
    cdef int i
    for i in range(TILE):
        w[i], r[i] = windows[0 if one_window else i], rows[0 if one_row else i]
    if sample is float:
        if taps < STRIP:
            few(windows, rows, taps, totals)
        else:
            sums32(w, r, taps, totals)
    elif taps < STRIP64:
        few(windows, rows, taps, totals)
    else:
        sums64(w, r, taps, totals)


cdef inline void sums32(const float **w, const float **r, Py_ssize_t taps, float *totals) noexcept nogil:
    cdef Py_ssize_t k = 0, stop
    cdef strip total[TILE]
    cdef strip even[TILE]
    cdef strip odd[TILE]
    cdef int i, tail
    for i in range(TILE):
        total[i] = strip_of(0.0)
    while k < taps:
        for i in range(TILE):
            even[i], odd[i] = strip_of(0.0), strip_of(0.0)
        stop = min(taps, k + PIECE)
        while k + 2 * STRIP <= stop:
            for i in range(TILE):
                even[i] += strip_load(w[i] + k) * strip_load(r[i] + k)
                odd[i] += strip_load(w[i] + k + STRIP) * strip_load(r[i] + k + STRIP)
            k += 2 * STRIP
        if k + STRIP <= stop:
            for i in range(TILE):
                even[i] += strip_load(w[i] + k) * strip_load(r[i] + k)
            k += STRIP
        tail = <int>(stop - k)
        if tail:  # of the last piece
            k = taps - STRIP
            for i in range(TILE):
                odd[i] += strip_load(w[i] + k) * strip_last(strip_load(r[i] + k), tail)
        k = stop
        for i in range(TILE):
            total[i] += even[i] + odd[i]
    for i in range(TILE):
        totals[i] = strip_sum(total[i])


cdef inline void sums64(const double **w, const double **r, Py_ssize_t taps, double *totals) noexcept nogil:
    cdef Py_ssize_t k = 0, stop
    cdef strip64 total[TILE]
    cdef strip64 even[TILE]
    cdef strip64 odd[TILE]
    cdef int i, tail
    for i in range(TILE):
        total[i] = strip64_of(0.0)
    while k < taps:
        for i in range(TILE):
            even[i], odd[i] = strip64_of(0.0), strip64_of(0.0)
        stop = min(taps, k + PIECE)
        while k + 2 * STRIP64 <= stop:
            for i in range(TILE):
                even[i] += strip64_load(w[i] + k) * strip64_load(r[i] + k)
                odd[i] += strip64_load(w[i] + k + STRIP64) * strip64_load(r[i] + k + STRIP64)
            k += 2 * STRIP64
        if k + STRIP64 <= stop:
            for i in range(TILE):
                even[i] += strip64_load(w[i] + k) * strip64_load(r[i] + k)
            k += STRIP64
        tail = <int>(stop - k)
        if tail:  # of the last piece
            k = taps - STRIP64
            for i in range(TILE):
                odd[i] += strip64_load(w[i] + k) * strip64_last(strip64_load(r[i] + k), tail)
        k = stop
        for i in range(TILE):
            total[i] += even[i] + odd[i]
    for i in range(TILE):
        totals[i] = strip64_sum(total[i])


cdef void few(const sample **windows, const sample **rows, Py_ssize_t taps, sample *totals) noexcept nogil:
    """Write the same sums of less than a vector of taps."""
    cdef Py_ssize_t k, i
    for i in range(TILE):
        totals[i] = 0.0
        for k in range(taps):
            totals[i] += windows[i][k] * rows[i][k]


cdef void outputs(
    const sample *window, int64_t phase, const Filters *filters, const sample *coefficients, sample *out,
    Py_ssize_t n, Py_ssize_t channels
) noexcept nogil:
    """Write one channel's next n outputs, the first of them from ``window`` on, at that part of ``up``."""
    cdef const sample *windows[TILE]
    cdef const sample *rows[TILE]
    cdef sample totals[TILE]
    cdef int64_t step = filters.down // filters.up, rest = filters.down % filters.up, up = filters.up, place
    cdef Py_ssize_t size = filters.order * filters.taps, done = 0, i
    cdef sample u
    while done < n:
        if filters.order == 1:
            for i in range(TILE):  # beyond the last output it is repeated
                windows[i], rows[i] = window, coefficients + phase * size
                if done + i + 1 < n:
                    window += step
                    phase += rest
                    if phase >= up:
                        phase -= up
                        window += 1
            if up == 1:
                sums(windows, rows, filters.taps, False, True, totals)
            else:
                sums(windows, rows, filters.taps, False, False, totals)
            for i in range(min(TILE, n - done)):
                out[(done + i) * channels] = totals[i]
            done += TILE
        else:  # the four parts of a cubic
            place = phase * filters.phases
            for i in range(TILE):
                windows[i], rows[i] = window, coefficients + place // up * size + i * filters.taps
            sums(windows, rows, filters.taps, True, False, totals)
            u = <sample>(<double>(place % up) / <double>up)
            out[done * channels] = totals[0] + u * (totals[1] + u * (totals[2] + u * totals[3]))
            window += step
            phase += rest
            if phase >= up:
                phase -= up
                window += 1
            done += 1


cdef Py_ssize_t first_bad(const sample *x, Py_ssize_t frames, Py_ssize_t channels) noexcept nogil:
    cdef Py_ssize_t k, n = frames * channels
    cdef int32_t bad = 0
    cdef int64_t bad64 = 0
    if sample is float:
        for k in range(n):
            bad |= <int32_t>(not fabsf(x[k]) <= FLT_MAX)
    else:
        for k in range(n):
            bad64 |= <int64_t>(not fabs(x[k]) <= DBL_MAX)
    if bad or bad64:
        for k in range(n):
            if not x[k] * 0 == 0:
                return k // channels
    return -1


cdef Py_ssize_t stream(
    const sample *x, Py_ssize_t frames, Py_ssize_t channels, bint flush, const Filters *filters,
    const sample *coefficients, sample *history, Py_ssize_t room, int64_t *state, sample *out, Py_ssize_t frames_out
) noexcept nogil:
    cdef int64_t consumed = state[0], produced = state[1], half = filters.taps // 2, ready, needed
    cdef int64_t total = consumed + frames + (half if flush else 0)
    cdef Py_ssize_t held = state[2], done = 0, wrote = 0, take, known, drop, c, k
    cdef sample *kept
    cdef Py_ssize_t bad = first_bad(x, frames, channels)
    if bad >= 0:
        return bad
    while True:
        take = min(room - held, total - consumed)
        known = min(take, frames - done)
        for c in range(channels):
            kept = history + c * room + held
            for k in range(known):
                kept[k] = x[(done + k) * channels + c]
            memset(kept + known, 0, (take - known) * sizeof(sample))
        done += known
        held += take
        consumed += take
        ready = produced
        if consumed > half:
            ready = max(produced, ((consumed - half) * filters.up + filters.down - 1) // filters.down)
        if flush:
            ready = min(ready, produced + frames_out - wrote)
        needed = produced * filters.down // filters.up - half + 1 - (consumed - held)
        for c in range(channels):
            outputs(
                history + c * room + needed, produced * filters.down % filters.up, filters, coefficients,
                out + wrote * channels + c, ready - produced, channels,
            )
        wrote += ready - produced
        produced = ready
        needed = produced * filters.down // filters.up - half + 1 - (consumed - held)
        drop = min(held, max(0, needed))
        held -= drop
        if drop:
            for c in range(channels):
                memmove(history + c * room, history + c * room + drop, held * sizeof(sample))
        if consumed == total:
            break
    state[0], state[1], state[2] = consumed, produced, held
    return -1


def resample_chunk(x, bint flush, int64_t up, int64_t down, coefficients, history, state, out):
    """Take (frames, channels) and write every output that they determine; return the first frame that is not finite."""
    cdef Buffers buffers
    cdef Py_buffer *taken
    cdef Py_buffer *filled
    cdef Py_buffer *kept
    cdef Py_buffer *bank
    cdef Py_buffer *place
    cdef Filters filters
    cdef Py_ssize_t bad
    buffers.count = 0
    try:
        taken, bank = take(&buffers, x), take(&buffers, coefficients)
        kept, place = take(&buffers, history, True), take(&buffers, state, True)
        filled = take(&buffers, out, True)
        filters.up, filters.down = up, down
        filters.phases, filters.order, filters.taps = bank.shape[0], bank.shape[1], bank.shape[2]
        with nogil:
            if taken.itemsize == sizeof(float):
                bad = stream(
                    <const float *>taken.buf, taken.shape[0], taken.shape[1], flush, &filters,
                    <const float *>bank.buf, <float *>kept.buf, kept.shape[1], <int64_t *>place.buf,
                    <float *>filled.buf, filled.shape[0],
                )
            else:
                bad = stream(
                    <const double *>taken.buf, taken.shape[0], taken.shape[1], flush, &filters,
                    <const double *>bank.buf, <double *>kept.buf, kept.shape[1], <int64_t *>place.buf,
                    <double *>filled.buf, filled.shape[0],
                )
    finally:
        give_back(&buffers)
    return bad
