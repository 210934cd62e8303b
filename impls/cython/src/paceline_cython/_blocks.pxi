# Overlap-save in the frequency domain. 32 blocks go through one transform: 16 lanes, in each two blocks as the real and
# the imaginary part, which a real and even response keeps apart. Of stereo, a block's two channels are those two parts.

from libc.stdint cimport int32_t, int64_t
from libc.string cimport memcpy, memset

include "_fft.pxi"

cdef extern from "_lanes.h" nogil:
    ctypedef float lanes_check  # several of them, all 0 where no sample is not finite
    lanes_check lanes_gather_tile(const float **start, Py_ssize_t at, float *rows, Py_ssize_t stride)
    void lanes_scatter_tile(const float *rows, Py_ssize_t stride, int flip, float **to, Py_ssize_t at)
    bint lanes_all_zero(lanes_check value)

cdef extern from "_scratch.h" nogil:
    void *scratch_take(size_t size)
    void scratch_give(void *place)

cdef struct Job:
    const float *x
    float *out
    Py_ssize_t frames
    Py_ssize_t frames_out
    Py_ssize_t channels
    Py_ssize_t width            # channels that lie side by side in a stream: both of stereo, else one
    Py_ssize_t streams
    Py_ssize_t hop_in           # frames
    Py_ssize_t hop_out
    Py_ssize_t guard_in
    Py_ssize_t guard_out
    Py_ssize_t size_in
    float *spare                # for every stream of a batch a block: streams that end within it, or are not contiguous
    Py_ssize_t spare_step
    const float *silence        # a stream of zeros


cdef const float *stream_in(Job *job, Py_ssize_t stream, float *spare) noexcept nogil:
    """Return where the stream's block begins: in the signal, or in a copy with zeros around it."""
    cdef Py_ssize_t groups = job.channels // job.width
    cdef Py_ssize_t first = stream // groups * job.hop_in - job.guard_in
    cdef Py_ssize_t start = max(first, 0), stop = min(first + job.size_in, job.frames), k
    cdef const float *x = job.x + stream % groups
    if stream >= job.streams or start >= stop:
        return job.silence
    if groups == 1 and stop - start == job.size_in:
        return x + first * job.width
    memset(spare, 0, (start - first) * job.width * sizeof(float))
    memset(spare + (stop - first) * job.width, 0, (first + job.size_in - stop) * job.width * sizeof(float))
    if groups == 1:
        memcpy(spare + (start - first) * job.width, x + start * job.width, (stop - start) * job.width * sizeof(float))
    else:
        for k in range(start, stop):
            spare[k - first] = x[k * groups]
    return spare


cdef bint fill(Job *job, Py_ssize_t stream, float *rows) noexcept nogil:
    """Write a batch's rows; False where a sample is not finite."""
    cdef const float *starts[LANES]
    cdef Py_ssize_t length = job.size_in * job.width, stride = ROW // job.width, half, lane, at, k
    cdef float *into
    cdef float *spare
    cdef lanes_check check
    cdef bint finite = True
    for half in range(2 // job.width):
        for lane in range(LANES):
            k = half * LANES + lane
            starts[lane] = stream_in(job, stream + k, job.spare + k * job.spare_step)
        into = rows + half * LANES
        if length < LANES:
            for at in range(length):
                for lane in range(LANES):
                    into[at * stride + lane] = starts[lane][at]
                    finite &= starts[lane][at] * 0.0 == 0.0
        else:  # the last tile overlaps the one before
            check = lanes_gather_tile(starts, length - LANES, into + (length - LANES) * stride, stride)
            for at from 0 <= at < length - LANES by LANES:
                check += lanes_gather_tile(starts, at, into + at * stride, stride)
            finite &= lanes_all_zero(check)
    return finite


cdef void drain(Job *job, Py_ssize_t stream, const float *rows) noexcept nogil:
    """Write a batch's outputs; the rows' halves are exchanged."""
    cdef float *ends[LANES]
    cdef Py_ssize_t length = job.hop_out * job.width, stride = ROW // job.width, half, lane, at
    cdef int flip = job.width - 1
    cdef const float *start
    for half in range(2 // job.width):
        start = rows + job.guard_out * ROW + (0 if job.width == 2 else LANES * (1 - half))
        for lane in range(LANES):
            ends[lane] = stream_out(job, stream + half * LANES + lane, job.spare + lane * job.spare_step)
        if length < LANES:
            for at in range(length):
                for lane in range(LANES):
                    ends[lane][at] = start[(at ^ flip) * stride + lane]
        else:  # the last tile overlaps the one before
            for at from 0 <= at < length - LANES by LANES:
                lanes_scatter_tile(start + at * stride, stride, flip, ends, at)
            lanes_scatter_tile(start + (length - LANES) * stride, stride, flip, ends, length - LANES)
        for lane in range(LANES):
            if ends[lane] == job.spare + lane * job.spare_step:
                copy_out(job, stream + half * LANES + lane, ends[lane])


cdef float *stream_out(Job *job, Py_ssize_t stream, float *spare) noexcept nogil:
    cdef Py_ssize_t first = stream * job.hop_out
    if job.channels == job.width and first + job.hop_out <= job.frames_out and stream < job.streams:
        return job.out + first * job.width
    return spare


cdef void copy_out(Job *job, Py_ssize_t stream, const float *spare) noexcept nogil:
    cdef Py_ssize_t groups = job.channels // job.width
    cdef Py_ssize_t first = stream // groups * job.hop_out, n = min(job.hop_out, job.frames_out - first), k
    cdef float *out = job.out + first * job.channels + stream % groups
    if stream < job.streams and n > 0:
        if groups == 1:
            memcpy(out, spare, n * job.width * sizeof(float))
        else:
            for k in range(n):
                out[k * groups] = spare[k]


cdef Py_ssize_t first_bad_frame(const float[:, ::1] x) noexcept nogil:
    cdef Py_ssize_t frame, channel
    for frame in range(x.shape[0]):
        for channel in range(x.shape[1]):
            if not x[frame, channel] * 0.0 == 0.0:
                return frame
    return -1


def resample(
    const float[:, ::1] x, Py_ssize_t up, Py_ssize_t down, Py_ssize_t hop, Py_ssize_t guard, const float[::1] response,
    const int64_t[::1] radices_in, const float[:, ::1] twiddles_in, const int64_t[::1] order_in,
    const int64_t[::1] radices_out, const float[:, ::1] twiddles_out, const int64_t[::1] order_out, float[:, ::1] out
):
    """Resample (frames, channels) by blocks; return the first frame that is not finite."""
    cdef Job job
    cdef Transform there, back
    cdef Py_ssize_t size_in = order_in.shape[0], size_out = order_out.shape[0], stream, batch
    cdef Py_ssize_t bad = -1
    cdef float *rows_in
    cdef float *rows_out
    cdef float *silence
    cdef float *gain
    cdef int32_t *source
    cdef size_t floats
    if out.shape[0] == 0 or out.shape[1] == 0 or x.shape[0] == 0:
        return -1
    job.x, job.out = &x[0, 0], &out[0, 0]
    job.frames, job.frames_out, job.channels = x.shape[0], out.shape[0], x.shape[1]
    job.width = 2 if job.channels == 2 else 1
    job.streams = (job.frames_out + hop * up - 1) // (hop * up) * (job.channels // job.width)
    job.hop_in, job.hop_out, job.guard_in, job.guard_out = hop * down, hop * up, guard * down, guard * up
    job.size_in, job.spare_step = size_in, max(size_in, job.hop_out) * job.width
    batch = 2 * LANES // job.width
    floats = ROW * (size_in + size_out + max(size_in, job.hop_out)) + 2 * size_in + ROW + 2 * size_out
    with nogil:
        rows_in = <float *>scratch_take(floats * sizeof(float))
        if rows_in != NULL:
            rows_out = rows_in + ROW * size_in
            job.spare = rows_out + ROW * size_out
            silence = job.spare + batch * job.spare_step
            gain = silence + 2 * size_in + ROW
            source = <int32_t *>(gain + size_out)
            memset(silence, 0, (2 * size_in + ROW) * sizeof(float))
            job.silence = silence
            start_transform(&there, &radices_in[0], radices_in.shape[0], &twiddles_in[0, 0], rows_in, size_in)
            start_transform(&back, &radices_out[0], radices_out.shape[0], &twiddles_out[0, 0], rows_out, size_out)
            choose_bins(response, order_in, order_out, source, gain, (silence - rows_in) // ROW)
            back.bins, back.source, back.gain = rows_in, source, gain
            for stream from 0 <= stream < job.streams by batch:
                if not fill(&job, stream, rows_in):
                    bad = first_bad_frame(x)
                    break
                forward(&there, 0, rows_in)
                backward(&back, 0, rows_out)
                drain(&job, stream, rows_out)
            scratch_give(rows_in)
    if rows_in == NULL:
        raise MemoryError
    return bad


cdef void choose_bins(
    const float[::1] response, const int64_t[::1] order_in, const int64_t[::1] order_out, int32_t *source, float *gain,
    Py_ssize_t nothing
) noexcept nogil:
    """Say for every row of the output which row of the input it is, and times what; elsewhere a row of zeros."""
    cdef Py_ssize_t size_in = order_in.shape[0], size_out = order_out.shape[0], k, row
    for row in range(size_out):
        source[row], gain[row] = <int32_t>nothing, 0.0
    for k in range(response.shape[0]):
        row = order_out[k]
        source[row], gain[row] = <int32_t>order_in[k], response[k]
        if k > 0:
            row = order_out[size_out - k]
            source[row], gain[row] = <int32_t>order_in[size_in - k], response[k]
