# Sample formats. One loop a pair and rounding, all made from these few lines by fused types; packed int24 goes through
# int32, 64 at a time in registers.

from libc.math cimport floor, floorf, rint, trunc
from libc.stdint cimport int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset

include "_buffers.pxi"

cdef extern from "_int24.h" nogil:
    enum: INT24_BEYOND
    void int24_unpack64(const uint8_t *source, int32_t *to)
    void int24_pack64(const int32_t *source, uint8_t *to)

cdef extern from "_rounding.h" nogil:
    int32_t bits_of(float value)
    float of_bits(int32_t bits)
    int32_t nearest_int(float value)

cdef extern from "_saturate.h" nogil:
    enum: SATURATES
    void fetch(const void *first, Py_ssize_t size)
    void saturate_i16(const float *source, int16_t *to, int rounding)
    void saturate_u8(const float *source, uint8_t *to, int rounding)
    void saturate_i24(const float *source, int32_t *to, int rounding)

cdef enum:
    I16, I32, I24, U8, F32, F64  # the contract's codes

cdef enum:
    NEAREST, FLOOR, TRUNCATE

cdef enum:
    PLAIN, FROM_PACKED, TO_PACKED  # of uint8: whether it is three bytes of a sample

cdef enum:
    SPAN = 512  # samples of a block beside, where out is x

cdef enum:
    LINE = 64  # bytes; from some blocks on, stores that straddle two cost more than beginning with a few samples
    TURN = 64  # samples that are packed at once
    FAR_TURN = 256  # samples of a turn where
    FAR_FROM = 65536  # bytes of output are not in the first-level cache when they are written: their lines are fetched
    AHEAD = 1024  # bytes before that

ctypedef fused From:
    int16_t
    int32_t
    uint8_t
    float
    double

ctypedef fused To:
    int16_t
    int32_t
    uint8_t
    float
    double

ctypedef fused Real:
    float
    double


cdef inline int32_t quantised(Real x, int bits, int rounding) noexcept nogil:
    if Real is float:
        return quantised_float(x, bits, rounding)
    else:
        return quantised_double(x, bits, rounding)


cdef inline int32_t quantised_float(float x, int bits, int rounding) noexcept nogil:
    """Clamp, then round: the limits are whole. A float's bits are in order as an int, in reverse below 0."""
    cdef float scale = 2.0 ** 31 if bits == 32 else 2.0 ** 23 if bits == 24 else 2.0 ** 15 if bits == 16 else 2.0 ** 7
    cdef float value = x * scale
    cdef int32_t ordered = bits_of(value), whole
    # the largest float below 2**31 lacks the lowest seven bits, which from 2**31 on are put back
    cdef int32_t lacking = 0x7F if bits == 32 and ordered >= bits_of(scale) else 0
    ordered = min(ordered, bits_of(<float>2147483520.0 if bits == 32 else scale - 1))
    ordered = <int32_t>min(<uint32_t>ordered, <uint32_t>bits_of(-scale))
    ordered = ordered if value == value else 0
    if rounding == NEAREST:
        whole = nearest_int(of_bits(ordered))
    elif rounding == FLOOR:
        whole = <int32_t>floorf(of_bits(ordered))
    else:
        whole = <int32_t>of_bits(ordered)
    if bits == 32:  # a NaN may be among what is lacking
        return whole | (lacking if value == value else 0)
    return whole


cdef inline int32_t quantised_double(double x, int bits, int rounding) noexcept nogil:
    cdef double scale = <double>(<int64_t>1 << (bits - 1)), value = x * scale
    value = value if value == value else 0.0
    value = rint(value) if rounding == NEAREST else floor(value) if rounding == FLOOR else trunc(value)
    return <int32_t>max(min(value, scale - 1), -scale)


cdef inline int32_t narrowed(int32_t x, int shift, int bits, int rounding) noexcept nogil:
    """Divide by 2**shift; what would round to 2**(bits - 1) is made less before."""
    cdef int32_t rest = (1 << shift) - 1
    if rounding == TRUNCATE:
        return (x + (x >> 31 & rest)) >> shift
    if rounding == NEAREST:
        x = min(x, ((1 << (bits - 1)) - 1) << shift)
        x += (rest >> 1) + 1 if x & (1 << shift) else rest >> 1
    return x >> shift


cdef inline void convert_loop(
    const From *x, To *out, Py_ssize_t n, int bits, int rounding
) noexcept nogil:
    """Convert to ``bits``, which an int32 may have 24 of; rounding is known where this is inlined."""
    cdef Py_ssize_t i
    cdef int width = 8 if From is uint8_t else 16 if From is int16_t else 32
    cdef int offset = 128 if To is uint8_t else 0
    if To in Real:
        if From in Real:
            for i in range(n):
                out[i] = <To>x[i]
        elif From is uint8_t:
            for i in range(n):
                out[i] = <To>(<int32_t>x[i] - 128) * <To>(1.0 / 128)
        elif From is int16_t:
            for i in range(n):
                out[i] = <To>x[i] * <To>(1.0 / 32768)
        else:
            for i in range(n):
                out[i] = <To>x[i] * <To>(1.0 / 2147483648.0)
    elif From in Real:
        for i in range(n):
            out[i] = <To>(<To>quantised(x[i], bits, rounding) ^ offset)
    elif bits >= width:
        for i in range(n):
            out[i] = <To>(<uint32_t>(<int32_t>x[i] - (128 if From is uint8_t else 0)) << (bits - width))
    else:
        for i in range(n):
            out[i] = <To>(narrowed(x[i], width - bits, bits, rounding) ^ offset)


cdef inline void convert_span(
    const From *x, To *out, Py_ssize_t n, int bits, int rounding
) noexcept nogil:
    """The same, where there are better ways than one plain loop."""
    cdef bint far = n * <Py_ssize_t>sizeof(To) >= FAR_FROM
    if SATURATES and From is float and (To is int16_t or To is uint8_t):
        while n >= TURN:
            if far:
                fetch(<char *>out + AHEAD, TURN * sizeof(To))
            if To is int16_t:
                saturate_i16(<const float *>x, <int16_t *>out, rounding)
            else:
                saturate_u8(<const float *>x, <uint8_t *>out, rounding)
            x += TURN
            out += TURN
            n -= TURN
    elif far:
        while n >= FAR_TURN:
            fetch(<char *>out + AHEAD, FAR_TURN * sizeof(To))
            convert_loop(x, out, FAR_TURN, bits, rounding)
            x += FAR_TURN
            out += FAR_TURN
            n -= FAR_TURN
    convert_loop(x, out, n, bits, rounding)


cdef inline void pack_span(const From *x, uint8_t *out, Py_ssize_t n, int rounding) noexcept nogil:
    cdef int32_t words[TURN]
    cdef uint8_t last[3 * (TURN + INT24_BEYOND)]
    cdef float some[TURN]
    cdef Py_ssize_t m
    if From is float:
        memset(some, 0, sizeof(some))
    cdef bint far = 3 * n >= FAR_FROM
    while n >= TURN + INT24_BEYOND:
        if far:
            fetch(out + AHEAD, 3 * TURN)
        if SATURATES and From is float:
            saturate_i24(<const float *>x, words, rounding)
        else:
            convert_loop(x, words, TURN, 24, rounding)
        int24_pack64(words, out)
        x += TURN
        out += 3 * TURN
        n -= TURN
    while n > 0:
        m = min(n, TURN)
        if SATURATES and From is float:
            memcpy(some, x, m * sizeof(float))
            saturate_i24(some, words, rounding)
        else:
            convert_loop(x, words, m, 24, rounding)
        int24_pack64(words, last)
        memcpy(out, last, 3 * m)
        x += m
        out += 3 * m
        n -= m


cdef inline void unpack_span(const uint8_t *x, To *out, Py_ssize_t n, int bits, int rounding) noexcept nogil:
    cdef int32_t words[TURN]
    cdef uint8_t last[3 * (TURN + INT24_BEYOND)]
    cdef Py_ssize_t m
    cdef bint far = n * <Py_ssize_t>sizeof(To) >= FAR_FROM
    while n >= TURN + INT24_BEYOND:
        if far:
            fetch(<char *>out + AHEAD, TURN * sizeof(To))
        int24_unpack64(x, words)
        convert_loop(words, out, TURN, bits, rounding)
        x += 3 * TURN
        out += TURN
        n -= TURN
    while n > 0:
        m = min(n, TURN)
        memcpy(last, x, 3 * m)
        int24_unpack64(last, words)
        convert_loop(words, out, m, bits, rounding)
        x += 3 * m
        out += m
        n -= m


cdef inline void convert_pair(const From *x, To *out, int packing, Py_ssize_t n, int rounding) noexcept nogil:
    cdef int bits = 32 if To is int32_t else 16 if To is int16_t else 8
    if From is uint8_t and packing == FROM_PACKED:
        unpack_span(x, out, n, bits, rounding)
    elif To is uint8_t and packing == TO_PACKED:
        pack_span(x, out, n, rounding)
    else:
        convert_span(x, out, n, bits, rounding)


cdef void convert(const From *x, To *out, int packing, Py_ssize_t n, int rounding) noexcept nogil:
    if rounding == NEAREST:
        convert_pair(x, out, packing, n, NEAREST)
    elif rounding == FLOOR:
        convert_pair(x, out, packing, n, FLOOR)
    else:
        convert_pair(x, out, packing, n, TRUNCATE)


cdef void convert_to(const From *x, int packing, void *out, int target, Py_ssize_t n, int rounding) noexcept nogil:
    if target == I16:
        convert(x, <int16_t *>out, packing, n, rounding)
    elif target == I32:
        convert(x, <int32_t *>out, packing, n, rounding)
    elif target == F32:
        convert(x, <float *>out, packing, n, rounding)
    elif target == F64:
        convert(x, <double *>out, packing, n, rounding)
    else:
        convert(x, <uint8_t *>out, TO_PACKED if target == I24 else packing, n, rounding)


cdef void convert_any(const void *x, int source, void *out, int target, Py_ssize_t n, int rounding) noexcept nogil:
    if source == I16:
        convert_to(<const int16_t *>x, PLAIN, out, target, n, rounding)
    elif source == I32:
        convert_to(<const int32_t *>x, PLAIN, out, target, n, rounding)
    elif source == F32:
        convert_to(<const float *>x, PLAIN, out, target, n, rounding)
    elif source == F64:
        convert_to(<const double *>x, PLAIN, out, target, n, rounding)
    else:
        convert_to(<const uint8_t *>x, FROM_PACKED if source == I24 else PLAIN, out, target, n, rounding)


cdef int size_of(int code) noexcept nogil:
    return 1 if code == U8 else 2 if code == I16 else 3 if code == I24 else 8 if code == F64 else 4


cdef Py_ssize_t before_line(const void *out, int target, Py_ssize_t n) noexcept nogil:
    """Return how many samples there are before a cache line begins, if any begins with a sample and it matters."""
    cdef Py_ssize_t size = size_of(target), head
    for head in range(LINE if n >= 8 * LINE else 0):
        if (<Py_ssize_t>out + head * size) % LINE == 0:
            return head
    return 0


cdef void convert_in_place(uint8_t *x, int source, int target, Py_ssize_t n, int rounding) noexcept nogil:
    """Convert by way of a block beside: loops that overlap their input would not become vector code."""
    cdef double beside[SPAN]
    cdef Py_ssize_t start, m
    for start from 0 <= start < n by SPAN:
        m = min(n - start, SPAN)
        convert_any(x + size_of(source) * start, source, beside, target, m, rounding)
        memcpy(x + size_of(target) * start, beside, size_of(target) * m)


def convert_format(x, int source, out, int target, int rounding):
    """Convert (n,) samples, or (3n,) bytes of packed 24-bit ones; return -1."""
    cdef Buffers buffers
    cdef Py_buffer *taken
    cdef Py_buffer *filled
    cdef Py_ssize_t n, head
    buffers.count = 0
    try:
        taken, filled = take(&buffers, x), take(&buffers, out, True)
        with nogil:
            n = taken.len // size_of(source)
            if source == target:
                if taken.buf != filled.buf:
                    memcpy(filled.buf, taken.buf, taken.len)
            elif taken.buf == filled.buf:
                convert_in_place(<uint8_t *>filled.buf, source, target, n, rounding)
            else:
                head = before_line(filled.buf, target, n)
                if head > 0:
                    convert_any(taken.buf, source, filled.buf, target, head, rounding)
                convert_any(
                    <char *>taken.buf + head * size_of(source), source, <char *>filled.buf + head * size_of(target),
                    target, n - head, rounding,
                )
    finally:
        give_back(&buffers)
    return -1
