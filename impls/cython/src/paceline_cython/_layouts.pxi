# Interleaved and planar samples, as bits of their size; and the mean of a frame.

ctypedef fused Bits:
    uint8_t
    uint16_t
    uint32_t
    uint64_t

cdef enum:
    FRAMES = 128  # of a block: every channel's samples stay in the first-level cache until their neighbours come


cdef void to_frames(const Bits *x, Bits *out, Py_ssize_t frames, Py_ssize_t channels) noexcept nogil:
    cdef const Bits *second = x + frames
    cdef Py_ssize_t start, stop, i, c
    if channels == 1:
        memcpy(out, x, frames * sizeof(Bits))
    elif channels == 2:
        for i in range(frames):
            out[2 * i] = x[i]
            out[2 * i + 1] = second[i]
    elif channels == 4:
        for i in range(frames):
            for c in range(4):
                out[4 * i + c] = x[c * frames + i]
    else:
        for start from 0 <= start < frames by FRAMES:
            stop = min(start + FRAMES, frames)
            for c in range(channels):
                for i in range(start, stop):
                    out[i * channels + c] = x[c * frames + i]


cdef void to_planes(const Bits *x, Bits *out, Py_ssize_t frames, Py_ssize_t channels) noexcept nogil:
    cdef Bits *second = out + frames
    cdef Py_ssize_t start, stop, i, c
    if channels == 1:
        memcpy(out, x, frames * sizeof(Bits))
    elif channels == 2:
        for i in range(frames):
            out[i] = x[2 * i]
            second[i] = x[2 * i + 1]
    elif channels == 4:
        for i in range(frames):
            for c in range(4):
                out[c * frames + i] = x[4 * i + c]
    else:
        for start from 0 <= start < frames by FRAMES:
            stop = min(start + FRAMES, frames)
            for c in range(channels):
                for i in range(start, stop):
                    out[c * frames + i] = x[i * channels + c]


cdef void reorder(Bits *x, Bits *out, Py_ssize_t frames, Py_ssize_t channels, bint planes) noexcept nogil:
    if planes:
        to_planes(x, out, frames, channels)
    else:
        to_frames(x, out, frames, channels)


cdef int layout(x, out, bint planes) except 0:
    cdef Buffers buffers
    cdef Py_buffer *taken
    cdef Py_buffer *filled
    cdef Py_ssize_t frames, channels
    buffers.count = 0
    try:
        taken, filled = take(&buffers, x), take(&buffers, out, True)
        with nogil:
            frames, channels = taken.shape[1 - planes], taken.shape[planes]
            if taken.itemsize == 1:
                reorder(<uint8_t *>taken.buf, <uint8_t *>filled.buf, frames, channels, planes)
            elif taken.itemsize == 2:
                reorder(<uint16_t *>taken.buf, <uint16_t *>filled.buf, frames, channels, planes)
            elif taken.itemsize == 4:
                reorder(<uint32_t *>taken.buf, <uint32_t *>filled.buf, frames, channels, planes)
            else:
                reorder(<uint64_t *>taken.buf, <uint64_t *>filled.buf, frames, channels, planes)
    finally:
        give_back(&buffers)
    return -1


def interleave(x, out):
    """Write (channels, frames) as (frames, channels); return -1."""
    return layout(x, out, False)


def deinterleave(x, out):
    """Write (frames, channels) as (channels, frames); return -1."""
    return layout(x, out, True)


cdef void mix(const From *x, From *out, Py_ssize_t frames, Py_ssize_t channels) noexcept nogil:
    cdef Py_ssize_t i, c
    cdef int32_t few
    cdef int64_t total
    cdef double sum
    if channels == 1:
        memcpy(out, x, frames * sizeof(From))
    elif channels == 2:
        for i in range(frames):
            if From in Real:
                out[i] = <From>((<double>x[2 * i] + <double>x[2 * i + 1]) / 2.0)
            elif From is int32_t:
                total = <int64_t>x[2 * i] + <int64_t>x[2 * i + 1]
                out[i] = <From>((total >> 1) + (total & total >> 1 & 1))  # a half goes to the even side
            else:
                few = x[2 * i] + x[2 * i + 1]
                out[i] = <From>((few >> 1) + (few & few >> 1 & 1))
    else:
        for i in range(frames):
            sum = x[i * channels]
            for c in range(1, channels):
                sum += x[i * channels + c]
            sum /= <double>channels
            out[i] = <From>(sum if From in Real else rint(sum))


def to_mono(x, out):
    """Write the mean of every frame's channels; return -1."""
    cdef Buffers buffers
    cdef Py_buffer *taken
    cdef Py_buffer *filled
    cdef Py_ssize_t frames, channels
    cdef char kind = ord(x.dtype.kind)
    buffers.count = 0
    try:
        taken, filled = take(&buffers, x), take(&buffers, out, True)
        with nogil:
            frames, channels = taken.shape[0], taken.shape[1]
            if taken.itemsize == 1:
                mix(<const uint8_t *>taken.buf, <uint8_t *>filled.buf, frames, channels)
            elif taken.itemsize == 2:
                mix(<const int16_t *>taken.buf, <int16_t *>filled.buf, frames, channels)
            elif taken.itemsize == 8:
                mix(<const double *>taken.buf, <double *>filled.buf, frames, channels)
            elif kind == c"i":
                mix(<const int32_t *>taken.buf, <int32_t *>filled.buf, frames, channels)
            else:
                mix(<const float *>taken.buf, <float *>filled.buf, frames, channels)
    finally:
        give_back(&buffers)
    return -1
