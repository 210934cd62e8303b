"""ResampleStream: the same bits however a signal is cut, the exact sums, and a state that no error changes."""

from __future__ import annotations

import itertools
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.audio.signals import CHANNELS, FAR, FLOAT64, PEAK, RATES, answered, noise, stream, truncated
from conformance.routes import backends_with
from oracles import resample as oracle
from paceline.audio import ResampleStream, resample

NEEDS = ("resample_chunk", "convert_format")
pytestmark = pytest.mark.needs(*NEEDS)

NAN, INF = np.nan, np.inf
SHORT_RATES = [*RATES, (16_000, 16_000), (48_000, 47_999), (44_100, 8_000), (11_025, 48_000)]
DTYPES = [np.int16, np.int32, np.float32, np.float64]


@st.composite
def cuts(draw, frames):
    """Draw where to cut: anywhere, in equal chunks, frame by frame for a while, and with empty chunks."""
    if draw(st.booleans()):
        step = draw(st.sampled_from([1, 2, 7, 31, 160, 441, 480, 1_024, 1_025]))
        return list(range(step, min(frames, 40 * step), step))
    return sorted(draw(st.lists(st.integers(0, frames), max_size=12)))


@given(data=st.data())
def test_cuts_change_no_bit(backend, data):
    frames = data.draw(st.integers(0, 3_000), "frames")
    channels = data.draw(st.integers(1, 3), "channels")
    rates = data.draw(st.sampled_from(SHORT_RATES), "rates")
    quality = data.draw(st.sampled_from(["low", "medium", "high", "best"]), "quality")
    dtype = data.draw(st.sampled_from(DTYPES), "dtype")
    shape = frames if channels == 1 and data.draw(st.booleans(), "flat") else (frames, channels)
    x = noise(shape, dtype, seed=frames)
    whole = stream(*rates, x, backend, quality=quality)
    assert whole.shape == (oracle.length(frames, *rates), *x.shape[1:])
    assert whole.dtype == dtype
    parts = stream(*rates, x, backend, cuts=data.draw(cuts(frames), "cuts"), quality=quality)
    assert parts.tobytes() == whole.tobytes()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5, 8, 9, 16, 17])
def test_cuts_change_no_bit_of_many_channels(backend, channels, dtype):
    x = noise((700, channels), dtype)
    for rates in ((48_000, 16_000), (44_100, 48_000), (48_000, 44_101)):
        whole = stream(*rates, x, backend)
        for size in (1, 33, 480):
            assert stream(*rates, x, backend, cuts=range(size, 700, size)).tobytes() == whole.tobytes()
        exact = oracle.resample(x[:, -1:], *rates)[:, 0]
        assert np.abs(whole[:, -1] - exact).max() <= (PEAK if dtype == np.float32 else FLOAT64["high"])


@pytest.mark.parametrize("quality", oracle.DESIGN)
@pytest.mark.parametrize(("in_rate", "out_rate"), RATES)
def test_chunks_are_the_exact_sum(backend, in_rate, out_rate, quality, note_error):
    data = answered(in_rate, out_rate, quality)
    actual = stream(in_rate, out_rate, data.signal, backend, cuts=(1, 2, 200, 201, 640), quality=quality)
    error = np.abs(actual - data.exact).max(axis=0)
    limit = PEAK + FLOAT64[quality]
    assert dict(zip(CHANNELS, error <= limit, strict=True)) == dict.fromkeys(CHANNELS, True)
    note_error("streamed, full scale", backend, error.max())
    wide = stream(in_rate, out_rate, data.signal.astype(np.float64), backend, cuts=(7, 300), quality=quality)
    assert np.abs(wide - data.exact).max() <= FLOAT64[quality]


@pytest.mark.parametrize(("in_rate", "out_rate", "frames"), [(*FAR[0], 60), (*FAR[1], 9_000)])
def test_the_ends_of_the_range_of_rates(backend, in_rate, out_rate, frames):
    data = answered(in_rate, out_rate, "high", frames)
    actual = stream(in_rate, out_rate, data.signal, backend, cuts=(frames // 3,))
    assert np.abs(actual - data.exact).max() <= PEAK
    whole = stream(in_rate, out_rate, data.signal, backend)
    assert actual.tobytes() == whole.tobytes()


def test_cuts_change_no_bit_of_a_sum_of_many_thousand_products(backend):
    x = noise(90_000)
    whole = stream(768_000, 2_000, x, backend)
    assert stream(768_000, 2_000, x, backend, cuts=range(450, 90_000, 450)).tobytes() == whole.tobytes()


@pytest.mark.needs("resample_chunk", "convert_format", "resample")
@pytest.mark.parametrize("quality", oracle.DESIGN)
@pytest.mark.parametrize(("in_rate", "out_rate"), RATES)
def test_all_chunks_are_the_whole_signals_result(backend, in_rate, out_rate, quality):
    """Both are within the contract's tolerance of the exact sum, so within twice that of each other."""
    x = noise((5_000, 2))
    whole = resample(x, in_rate, out_rate, quality=quality, backend=backend)
    actual = stream(in_rate, out_rate, x, backend, cuts=range(480, 5_000, 480), quality=quality)
    assert np.abs(actual - whole.astype(np.float64)).max() <= PEAK + truncated(quality)
    wide = x[:700].astype(np.float64)
    whole = resample(wide, in_rate, out_rate, quality=quality, backend=backend)
    assert stream(in_rate, out_rate, wide, backend, cuts=(5, 99), quality=quality).tobytes() == whole.tobytes()


@pytest.mark.parametrize(("in_rate", "out_rate"), RATES)
@pytest.mark.parametrize("quality", ["low", "best"])
def test_backends_agree(backend, in_rate, out_rate, quality):
    x = noise((2_000, 2))
    ours, reference = (stream(in_rate, out_rate, x, b, quality=quality) for b in (backend, "python"))
    assert np.abs(ours - reference.astype(np.float64)).max() <= PEAK


class TestWhatComesOut:
    @pytest.mark.parametrize(("in_rate", "out_rate"), [*RATES, FAR[0]])
    @pytest.mark.parametrize("quality", ["low", "high"])
    def test_frames_due_is_what_is_given(self, backend, in_rate, out_rate, quality):
        made = ResampleStream(in_rate, out_rate, quality=quality, backend=backend)
        x = noise(700)
        given = 0
        for first, last in itertools.pairwise([0, 0, 1, 2, 90, 91, 92, 300, 300, 650, 700]):
            due = made.frames_due(last - first)
            piece = made.process(x[first:last])
            assert len(piece) == due
            given += due
        rest = made.frames_due(0, last=True)
        assert len(made.process(x[:0], last=True)) == rest
        assert given + rest == oracle.length(700, in_rate, out_rate)

    @pytest.mark.parametrize(("in_rate", "out_rate"), RATES)
    @pytest.mark.parametrize("quality", ["low", "high"])
    def test_what_is_held_back_is_the_delay_at_most(self, backend, in_rate, out_rate, quality):
        made = ResampleStream(in_rate, out_rate, quality=quality, backend=backend)
        up, down = oracle.lowest_terms(in_rate, out_rate)
        half = oracle.half_span(up, down, quality)
        assert made.delay == oracle.length(half, in_rate, out_rate)
        given, held = 0, []
        for frames in range(1, 900):
            given += len(made.process(np.zeros(1, np.float32)))
            assert given == oracle.length(max(0, frames - half), in_rate, out_rate)
            held.append(oracle.length(frames, in_rate, out_rate) - given)
        assert max(held) == made.delay

    @pytest.mark.parametrize(
        ("in_rate", "out_rate"), [(48_000, 16_000), (44_100, 16_000), (44_100, 48_000), (8_000, 44_100)]
    )
    def test_ten_ms_in_are_ten_ms_out_after_the_delay(self, backend, in_rate, out_rate):
        made = ResampleStream(in_rate, out_rate, backend=backend)
        chunk = noise(in_rate // 100)
        lengths = [len(made.process(chunk)) for _ in range(30)]
        after = -(-made.delay * 100 // out_rate)
        assert set(lengths[after + 1 :]) == {out_rate // 100}
        assert sum(lengths) >= 30 * out_rate // 100 - made.delay

    def test_equal_rates_only_hold_one_frame_back(self, backend):
        x = noise((100, 2))
        made = ResampleStream(16_000, 16_000, channels=2, backend=backend)
        given = [made.process(x[:60]), made.process(x[60:], last=True)]
        assert len(given[0]) >= 59
        assert made.delay <= 1
        assert np.concatenate(given).tobytes() == x.tobytes()

    @pytest.mark.parametrize("dtype", DTYPES)
    @pytest.mark.parametrize("shape", [(480,), (480, 1), (480, 3)])
    def test_shape_and_type_are_the_chunks(self, backend, shape, dtype):
        channels = shape[1] if len(shape) == 2 else 1
        made = ResampleStream(48_000, 16_000, channels=channels, dtype=dtype, backend=backend)
        for _ in range(2):
            given = made.process(noise(shape, dtype))
            assert given.dtype == dtype
            assert given.shape[1:] == shape[1:]
        assert len(given) == 160
        assert made.process(np.empty((0, *shape[1:]), dtype)).shape == (0, *shape[1:])

    def test_flat_and_columned_chunks_mix(self, backend):
        x = noise(300)
        made = ResampleStream(48_000, 16_000, backend=backend)
        given = [made.process(x[:200]), made.process(x[200:, None], last=True)]
        assert [piece.ndim for piece in given] == [1, 2]
        assert np.concatenate([given[0], given[1][:, 0]]).tobytes() == stream(48_000, 16_000, x, backend).tobytes()

    @pytest.mark.parametrize("dtype", DTYPES)
    def test_any_layout_gives_the_same_bits(self, backend, dtype):
        x = noise((900, 2), dtype)
        expected = stream(44_100, 48_000, x, backend)
        frozen = x.copy()
        frozen.flags.writeable = False
        swapped = x.astype(x.dtype.newbyteorder(">"))
        for form in (np.asfortranarray(x), np.repeat(x, 2, axis=0)[::2], x[::-1].copy()[::-1], frozen, swapped):
            made = ResampleStream(44_100, 48_000, channels=2, dtype=dtype, backend=backend)
            pieces = [made.process(form[:400]), made.process(form[400:], last=True)]
            assert np.concatenate(pieces).tobytes() == expected.tobytes()


class TestOut:
    @pytest.mark.parametrize("dtype", DTYPES)
    @pytest.mark.parametrize("extra", [0, 1, 50])
    def test_the_result_is_its_first_frames(self, backend, dtype, extra):
        x = noise((900, 2), dtype)
        expected = stream(48_000, 16_000, x, backend)
        made = ResampleStream(48_000, 16_000, channels=2, dtype=dtype, backend=backend)
        given = []
        for piece, last in ((x[:500], False), (x[500:], True)):
            due = made.frames_due(len(piece), last)
            out = np.full((due + extra, 2), 7, dtype)
            result = made.process(piece, last, out=out)
            assert len(result) == due
            assert np.shares_memory(result, out)
            assert (out[due:] == 7).all()
            given.append(out[:due].copy())
        assert np.concatenate(given).tobytes() == expected.tobytes()

    @pytest.mark.parametrize("dtype", DTYPES)
    @pytest.mark.parametrize(("in_rate", "out_rate"), [(48_000, 16_000), (16_000, 48_000)])
    def test_it_may_be_the_chunks_own_memory(self, backend, dtype, in_rate, out_rate):
        x = noise(900, dtype)
        expected = stream(in_rate, out_rate, x, backend)
        memory = np.zeros(3_000, dtype)
        memory[5:905] = x
        made = ResampleStream(in_rate, out_rate, dtype=dtype, backend=backend)
        assert made.process(memory[5:905], True, out=memory).tobytes() == expected.tobytes()

    @pytest.mark.parametrize("backend", [b for b in ("rust", "cython", "numba") if b in backends_with(*NEEDS)])
    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    def test_nothing_is_allocated_for_samples(self, backend, dtype):
        """NumPy tells tracemalloc of its arrays: after the first calls no chunk needs another one."""
        x = noise((48_000, 2), dtype)
        made = ResampleStream(48_000, 16_000, channels=2, dtype=dtype, backend=backend)
        out = np.empty((17_000, 2), dtype)
        for _ in range(2):
            made.process(x, out=out)
        tracemalloc.start()
        try:
            made.process(x, out=out)
            tracemalloc.reset_peak()
            before = tracemalloc.get_traced_memory()[0]
            for _ in range(3):
                made.process(x, out=out)
            peak = tracemalloc.get_traced_memory()[1] - before
        finally:
            tracemalloc.stop()
        assert peak < 8_000, f"{peak} bytes for chunks of {x.nbytes}"


class TestStates:
    @pytest.mark.parametrize("dtype", DTYPES)
    def test_reset_begins_a_new_signal(self, backend, dtype):
        x = noise((700, 2), dtype)
        expected = stream(44_100, 16_000, x, backend)
        made = ResampleStream(44_100, 16_000, channels=2, dtype=dtype, backend=backend)
        for before in (0, 1, 700):
            made.process(noise((before, 2), dtype, seed=8), last=before == 700)
            made.reset()
            given = [made.process(x[:333]), made.process(x[333:], last=True)]
            assert np.concatenate(given).tobytes() == expected.tobytes()
            made.reset()

    def test_nothing_comes_after_the_last(self, backend):
        made = ResampleStream(48_000, 16_000, backend=backend)
        made.process(noise(100), last=True)
        for chunk in (noise(10), noise(0), noise((3, 3)), noise(4, np.int16)):
            with pytest.raises(
                RuntimeError, match=r"The stream has ended with last=True; reset\(\) begins a new signal"
            ):
                made.process(chunk)
        made.reset()
        assert made.process(noise(100), last=True).tobytes() == stream(48_000, 16_000, noise(100), backend).tobytes()

    def test_two_streams_know_nothing_of_each_other(self, backend):
        x, y = noise(600), noise(600, seed=4)
        a, b = (ResampleStream(44_100, 48_000, backend=backend) for _ in range(2))
        pieces = [(a.process(x[i : i + 60]), b.process(y[i : i + 60])) for i in range(0, 600, 60)]
        pieces.append((a.process(x[:0], last=True), b.process(y[:0], last=True)))
        for signal, parts in zip((x, y), zip(*pieces, strict=True), strict=True):
            assert np.concatenate(parts).tobytes() == stream(44_100, 48_000, signal, backend).tobytes()

    @pytest.mark.parametrize("bad", [NAN, INF, -INF])
    @pytest.mark.parametrize("last", [False, True])
    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    def test_an_error_changes_nothing(self, backend, dtype, last, bad):
        x = noise((4_000, 2), dtype)
        expected = stream(48_000, 16_000, x, backend)
        made = ResampleStream(48_000, 16_000, channels=2, dtype=dtype, backend=backend)
        given = []
        for start in (0, 10, 1_000, 3_000):
            piece = x[start : {0: 10, 10: 1_000, 1_000: 3_000, 3_000: 4_000}[start]]
            for frame in {0, len(piece) // 2, len(piece) - 1}:
                spoilt = piece.copy()
                spoilt[frame, 1] = bad
                spoilt[-1, 0] = NAN
                out = np.full((2_000, 2), 7, dtype)
                channel = 0 if frame == len(piece) - 1 else 1
                with pytest.raises(
                    ValueError, match=rf"^chunk\[{frame}, {channel}\] is .*; accepted are finite samples"
                ):
                    made.process(spoilt, last, out=out)
                assert (out == 7).all()
            with pytest.raises(TypeError, match="chunk has dtype int16; accepted are"):
                made.process(np.zeros((4, 2), np.int16), last)
            with pytest.raises(ValueError, match=r"chunk has shape \(4, 3\); accepted is \(frames, 2\)"):
                made.process(np.zeros((4, 3), dtype), last)
            due = made.frames_due(len(piece), last)
            if due:
                with pytest.raises(ValueError, match=f"out has {due - 1} frames; accepted is room for the {due} that"):
                    made.process(piece, last, out=np.empty((due - 1, 2), dtype))
            given.append(made.process(piece, start == 3_000))
        assert np.concatenate(given).tobytes() == expected.tobytes()

    def test_the_kernel_of_a_stream_is_chosen_once(self, backend):
        made = ResampleStream(48_000, 16_000, backend=backend)
        assert made.process(noise(0)).shape == (0,)
        assert made.process(noise(0), last=True).shape == (0,)
