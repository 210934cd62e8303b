"""The raw audio kernels that bind() gives, as the table in paceline.operations has them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import paceline
from conformance.audio.signals import PEAK, noise, stream
from conformance.routes import backends_with
from conformance.threads import runs_during
from oracles import resample as oracle
from paceline.audio._fft import is_smooth, transform

NAN, INF = np.nan, np.inf
GUARD = 1 << 7
"""Numbers written around an array, to see that nothing else is changed."""


def index(value):
    assert isinstance(value, int | np.integer)
    return int(value)


def frozen(*arrays):
    copies = [np.array(array) for array in arrays]
    for copy in copies:
        copy.flags.writeable = False
    return copies


def fenced(shape, dtype):
    """Return an array to write into, and a function that says whether what lies around it was changed."""
    n = int(np.prod(shape))
    memory = np.full(n + 2 * GUARD, 7, dtype)
    return memory[GUARD : GUARD + n].reshape(
        shape
    ), lambda: (memory[:GUARD] == 7).all() and (memory[-GUARD:] == 7).all()


class Blocks:
    """A plan worked out from the formula, for any size, whether or not it would be chosen."""

    def __init__(self, up, down, quality, units):
        half = oracle.half_span(up, down, quality)
        self.up, self.down = up, down
        self.guard = -(-half // down)
        self.hop = units - 2 * self.guard
        assert self.hop > 0
        self.forward, self.inverse = transform(units * down), transform(units * up)
        around = np.zeros(units * down * up)
        times = np.arange(-half * up, half * up + 1)
        np.add.at(around, times % len(around), oracle.response(times, up, down, quality))
        self.gain = np.fft.rfft(around).real[: (min(units * up, units * down) + 1) // 2] / up
        self.response = (self.gain / (units * down)).astype(np.float32)
        self.response.flags.writeable = False

    def run(self, kernel, x):
        out, untouched = fenced((-(-len(x) * self.up // self.down), x.shape[1]), np.float32)
        ratio, cut = (self.up, self.down), (self.hop, self.guard, self.response)
        bad = index(kernel(x, *ratio, *cut, *self.forward[1:], *self.inverse[1:], out))
        assert untouched()
        return bad, out

    def exact(self, x):
        """Return what blocks give without rounding: transforms of float64, one block and channel after the other."""
        size_in, size_out = self.forward.size, self.inverse.size
        frames = -(-len(x) * self.up // self.down)
        y = np.zeros((frames, x.shape[1]))
        for channel in range(x.shape[1]):
            for start in range(0, frames, self.hop * self.up):
                first = (start // self.up - self.guard) * self.down
                block = np.zeros(size_in)
                low, high = max(0, first), min(len(x), first + size_in)
                block[low - first : max(low, high) - first] = x[low : max(low, high), channel]
                bins = np.fft.rfft(block)[: len(self.gain)] * self.gain
                rows = np.fft.irfft(bins, size_out) * size_out / size_in
                piece = rows[self.guard * self.up : (self.guard + self.hop) * self.up]
                y[start : start + len(piece), channel] = piece[: frames - start]
        return y


HALVING = [(1, 2, "low", units) for units in range(54, 200) if is_smooth(units)]
DOUBLING = [(2, 1, "low", units) for units in range(53, 200) if is_smooth(units)]
OTHERS = [
    (1, 3, "high", 350), (1, 3, "high", 500), (1, 3, "high", 2205), (3, 1, "high", 512), (3, 1, "best", 625),
    (160, 147, "high", 3), (160, 147, "high", 21), (147, 160, "high", 32), (160, 441, "high", 8), (441, 80, "high", 9),
    (441, 80, "low", 3), (320, 147, "high", 5), (7, 5, "medium", 49), (5, 7, "medium", 45), (1, 6, "high", 343),
    (1, 48, "medium", 100), (48, 1, "medium", 100), (1, 2, "best", 4096), (2, 1, "best", 4000), (9, 8, "low", 15),
]  # fmt: skip


@pytest.mark.needs("resample")
class TestResample:
    @pytest.mark.parametrize("plans", [HALVING, DOUBLING, OTHERS], ids=["halving", "doubling", "others"])
    def test_every_size_of_transform(self, backend, plans):
        """Each radix comes first, last and in between; blocks are cut anywhere."""
        kernel = paceline.bind("resample", backend=backend)
        for plan in plans:
            made = Blocks(*plan)
            frames = max(3 * made.hop * made.down + 17, 200)
            x = noise((min(frames, 20_000), 1), seed=plan[-1])
            bad, out = made.run(kernel, *frozen(x))
            assert bad == -1
            assert np.abs(out - made.exact(x)).max() <= PEAK, plan

    @pytest.mark.parametrize("channels", [1, 2, 3, 5, 8, 16, 31, 33, 70])
    @pytest.mark.parametrize("plan", [(1, 3, "high", 350), (160, 147, "low", 21)])
    def test_any_number_of_channels_and_blocks(self, backend, channels, plan):
        """Streams of blocks and channels fill batches of lanes, and the last batch in part."""
        kernel, made = paceline.bind("resample", backend=backend), Blocks(*plan)
        for frames in (
            0,
            1,
            2,
            31,
            1_000,
            made.hop * made.down,
            made.hop * made.down + 1,
            7 * made.hop * made.down - 1,
        ):
            x = noise((frames, channels), seed=frames)
            bad, out = made.run(kernel, *frozen(x))
            assert bad == -1
            assert np.abs(out - made.exact(x)).max(initial=0) <= PEAK

    @pytest.mark.parametrize("blocks", [15, 16, 17, 31, 32, 33, 64, 65, 100])
    def test_any_number_of_blocks(self, backend, blocks):
        made = Blocks(1, 2, "low", 64)
        x = noise((blocks * made.hop * made.down, 1), seed=blocks)
        bad, out = made.run(paceline.bind("resample", backend=backend), x)
        assert bad == -1
        assert np.abs(out - made.exact(x)).max() <= PEAK

    @pytest.mark.parametrize("bad", [NAN, INF, -INF])
    @pytest.mark.parametrize("channels", [1, 2, 3, 33])
    def test_first_frame_that_is_not_finite(self, backend, channels, bad):
        kernel, made = paceline.bind("resample", backend=backend), Blocks(1, 2, "low", 64)
        frames = 40 * made.hop * made.down + 5
        for frame in (0, 1, 15, 16, made.hop * made.down - 1, made.hop * made.down, 700, frames - 2, frames - 1):
            x = noise((frames, channels))
            x[-1, 0] = NAN
            x[frame, channels - 1] = bad
            assert made.run(kernel, x)[0] == frame

    def test_large_samples_are_finite(self, backend):
        made = Blocks(1, 3, "high", 350)
        x = noise((2_000, 2)) * np.float32(1e30)
        bad, out = made.run(paceline.bind("resample", backend=backend), x)
        assert bad == -1
        assert np.abs(out / 1e30 - made.exact(x / 1e30)).max() <= PEAK

    def test_channels_do_not_mix(self, backend):
        """Two signals share each complex transform: a loud one must not be heard in a silent one."""
        made = Blocks(1, 3, "high", 350)
        x = np.zeros((20_000, 8), np.float32)
        x[:, ::2] = noise((20_000, 4))
        _, out = made.run(paceline.bind("resample", backend=backend), x)
        assert np.abs(out[:, 1::2]).max() <= PEAK
        assert np.abs(out[:, ::2]).max() > 0.3


def chunk_state(up, down, quality, channels, dtype, room=0):
    """Return coefficients from the formula, and the history and state of a new stream with the least room."""
    half = oracle.half_span(up, down, quality)
    times = np.arange(up)[:, None] + (half - 1 - np.arange(2 * half)) * up
    coefficients = np.ascontiguousarray(oracle.response(times, up, down, quality)[:, None, :], dtype)
    coefficients.flags.writeable = False
    history = np.zeros((channels, 2 * half + 1 + room), dtype)
    return coefficients, history, np.array([0, 0, half - 1], np.int64)


@pytest.mark.needs("resample_chunk")
class TestResampleChunk:
    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    @pytest.mark.parametrize(("up", "down"), [(1, 3), (160, 147), (3, 1), (1, 1_000)])
    def test_the_least_room_is_enough(self, backend, up, down, dtype):
        """And how much of it there is changes no bit."""
        kernel, results = paceline.bind("resample_chunk", backend=backend), set()
        quality = "low"
        frames = 900 if down < 1_000 else 30_000
        x = noise((frames, 2), dtype)
        exact = oracle.resample(x, down * 1_000, up * 1_000, quality)
        for room in (0, 1, 100, 5_000):
            coefficients, history, state = chunk_state(up, down, quality, 2, dtype, room)
            out, untouched = fenced(exact.shape, dtype)
            assert index(kernel(*frozen(x), True, up, down, coefficients, history, state, out)) == -1
            assert untouched()
            assert np.abs(out - exact).max() <= (PEAK if dtype == np.float32 else 1e-13)
            results.add(out.tobytes())
        assert len(results) == 1

    def test_state_counts_frames(self, backend):
        kernel = paceline.bind("resample_chunk", backend=backend)
        coefficients, history, state = chunk_state(1, 3, "low", 1, np.float32, 50)
        half, consumed = coefficients.shape[2] // 2, 0
        for frames in (0, 1, 2, 70, 0, 200, 5):
            x, before = noise((frames, 1)), int(state[1])
            due = oracle.length(max(0, consumed + frames - half), 3, 1) - before
            out = np.zeros((due, 1), np.float32)
            assert index(kernel(x, False, 1, 3, coefficients, history, state, out)) == -1
            consumed += frames
            assert state[:2].tolist() == [consumed, before + due]

    def test_flush_gives_what_there_is_room_for(self, backend):
        kernel = paceline.bind("resample_chunk", backend=backend)
        x = noise((300, 1))
        exact = oracle.resample(x, 3_000, 1_000, "low")
        for room in (100, 90, 80):
            coefficients, history, state = chunk_state(1, 3, "low", 1, np.float32, 400)
            out = np.zeros((room, 1), np.float32)
            assert index(kernel(x, True, 1, 3, coefficients, history, state, out)) == -1
            assert np.abs(out - exact[:room]).max() <= PEAK

    @pytest.mark.parametrize("flush", [False, True])
    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    @pytest.mark.parametrize("channels", [1, 2, 5])
    def test_a_bad_frame_is_found_before_anything_changes(self, backend, channels, dtype, flush):
        kernel = paceline.bind("resample_chunk", backend=backend)
        coefficients, history, state = chunk_state(1, 3, "low", channels, dtype, 9)
        kernel(
            noise((200, channels), dtype), False, 1, 3, coefficients, history, state, np.zeros((100, channels), dtype)
        )
        before = history.tobytes(), state.tobytes()
        for frame in (0, 1, 7, 8, 63, 64, 255, 299):
            for bad in (NAN, INF, -INF):
                x = noise((300, channels), dtype)
                x[-1, 0] = NAN
                x[frame, -1] = bad
                out = np.full((300, channels), 7, dtype)
                assert index(kernel(x, flush, 1, 3, coefficients, history, state, out)) == frame
                assert (history.tobytes(), state.tobytes()) == before
                assert (out == 7).all()

    def test_hours_into_a_stream(self, backend):
        """Where ``n * down`` is beyond 32 bits and beyond 2**53, the same window still gives the same bits."""
        kernel, x = paceline.bind("resample_chunk", backend=backend), noise((600, 1))
        results = set()
        for periods in (0, 1 << 20, 1 << 30, 1 << 45):
            coefficients, history, state = chunk_state(160, 147, "low", 1, np.float32, 90)
            state[:2] = 147 * periods, 160 * periods
            out = np.zeros((oracle.length(600, 147, 160), 1), np.float32)
            assert index(kernel(x, True, 160, 147, coefficients, history, state, out)) == -1
            results.add(out.tobytes())
        assert len(results) == 1

    def test_no_frame_and_no_output(self, backend):
        kernel = paceline.bind("resample_chunk", backend=backend)
        coefficients, history, state = chunk_state(1, 3, "low", 2, np.float32)
        none, out = np.zeros((0, 2), np.float32), np.zeros((0, 2), np.float32)
        for flush in (False, False, True):
            assert index(kernel(none, flush, 1, 3, coefficients, history, state, out)) == -1


@pytest.mark.needs("convert_format")
def test_convert_format_gives_minus_one_and_takes_what_is_frozen(backend):
    kernel, out = paceline.bind("convert_format", backend=backend), np.zeros(9, np.uint8)
    (x,) = frozen(np.array([0.5, -1.0, 2.0], np.float32))
    assert index(kernel(x, 4, out, 2, 0)) == -1
    assert out.tolist() == [0, 0, 64, 0, 0, 128, 255, 255, 127]
    assert index(kernel(x[:0], 4, out[:0], 2, 2)) == -1


@pytest.mark.needs("interleave", "deinterleave")
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.uint32, np.uint64])
def test_interleave_gives_minus_one_and_takes_what_is_frozen(backend, dtype):
    (x,) = frozen(np.arange(6, dtype=dtype).reshape(2, 3))
    for name in ("interleave", "deinterleave"):
        out, untouched = fenced((3, 2), dtype)
        assert index(paceline.bind(name, backend=backend)(x, out)) == -1
        assert out.tolist() == [[0, 3], [1, 4], [2, 5]]
        assert untouched()


@pytest.mark.needs("to_mono")
@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int32, np.float32, np.float64])
def test_to_mono_gives_minus_one_and_takes_what_is_frozen(backend, dtype):
    (x,) = frozen(np.array([[1, 3], [5, 8], [0, 0]], dtype))
    out, untouched = fenced((3,), dtype)
    assert index(paceline.bind("to_mono", backend=backend)(x, out)) == -1
    assert out.tolist() == ([2, 6.5, 0] if out.dtype.kind == "f" else [2, 6, 0])
    assert untouched()
    assert index(paceline.bind("to_mono", backend=backend)(x[:0], out[:0])) == -1


def long_calls():
    """Return for each audio kernel arguments that take it a while."""
    x = noise((600_000, 2))
    made = Blocks(1, 3, "high", 500)
    blocks = (1, 3, made.hop, made.guard, made.response, *made.forward[1:], *made.inverse[1:])
    coefficients, history, state = chunk_state(1, 3, "high", 2, np.float32, 1_024)
    planar = np.ascontiguousarray(x.T)
    return {
        "resample": (x, *blocks, np.zeros((200_000, 2), np.float32)),
        "resample_chunk": (x[:90_000], False, 1, 3, coefficients, history, state, np.zeros((30_000, 2), np.float32)),
        "convert_format": (x.reshape(-1), 4, np.zeros(x.size, np.float64), 5, 0),
        "interleave": (planar.view(np.uint32), np.zeros(x.shape, np.uint32)),
        "deinterleave": (x.view(np.uint32), np.zeros(planar.shape, np.uint32)),
        "to_mono": (x, np.zeros(len(x), np.float32)),
    }


@pytest.mark.parametrize(
    ("name", "backend"), [(name, backend) for name in long_calls() for backend in backends_with(name)]
)
def test_other_threads_run_during_a_call(name, backend):
    kernel, arguments = paceline.bind(name, backend=backend), long_calls()[name]
    kernel(*arguments)  # compiled, where that is done at the first call
    assert any(runs_during(lambda: kernel(*arguments)) for _ in range(50))


def test_a_call_that_keeps_the_lock_is_noticed():
    assert not any(runs_during(lambda: sum(range(100_000))) for _ in range(5))


@pytest.mark.needs("resample", "resample_chunk", "convert_format", "interleave", "to_mono")
def test_threads_get_the_same_bits(backend):
    x = noise((20_000, 2))

    def everything():
        return [
            paceline.audio.resample(x, 48_000, 16_000, backend=backend).tobytes(),
            stream(44_100, 48_000, x[:2_000], backend, cuts=(500, 900)).tobytes(),
            paceline.audio.convert_format(x, "i24", backend=backend).tobytes(),
            paceline.audio.deinterleave(x, backend=backend).tobytes(),
            paceline.audio.to_mono(x, backend=backend).tobytes(),
        ]

    alone = everything()
    with ThreadPoolExecutor(4) as pool:
        assert all(result == alone for result in pool.map(lambda _: everything(), range(12)))
