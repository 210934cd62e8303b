"""interleave(), deinterleave() and to_mono(): bits moved and none changed, means exact."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.audio.signals import noise
from oracles import formats as oracle
from paceline.audio import deinterleave, interleave, to_mono

MOVED = [
    np.uint8,
    np.int8,
    bool,
    np.int16,
    np.uint16,
    np.float16,
    np.int32,
    np.float32,
    np.int64,
    np.float64,
    np.uint64,
]
MIXED = [np.int16, np.int32, np.uint8, np.float32, np.float64]
SIZES = [(0, 1), (0, 2), (3, 0), (1, 1), (1, 2), (2, 1), (5, 2), (31, 2), (32, 2), (33, 2), (257, 2), (64, 3), (70, 4)]
SIZES += [(65, 5), (129, 6), (63, 7), (100, 8), (65, 9), (17, 16), (3, 70), (1_000, 33), (20_011, 2), (1, 300)]


def any_bits(shape, dtype):
    """Return numbers of any bits, NaNs of any kind among them."""
    n = int(np.prod(shape))
    if dtype is bool:
        return (np.arange(n) % 3 == 0).reshape(shape)
    return np.frombuffer(np.random.default_rng(n).bytes(n * np.dtype(dtype).itemsize), dtype).reshape(shape)


def written_out(x):
    """Return a transposed copy, bytes moved one sample at a time."""
    size, (rows, columns) = x.itemsize, x.shape
    raw = x.tobytes()
    samples = [raw[i * size : (i + 1) * size] for i in range(rows * columns)]
    moved = b"".join(samples[row * columns + column] for column in range(columns) for row in range(rows))
    return np.frombuffer(moved, x.dtype).reshape(columns, rows)


@pytest.mark.needs("interleave", "deinterleave")
class TestInterleaving:
    @pytest.mark.parametrize("dtype", MOVED)
    def test_every_bit_is_where_it_belongs(self, backend, dtype):
        for frames, channels in SIZES:
            x = any_bits((frames, channels), dtype)
            planar = deinterleave(x, backend=backend)
            assert (planar.dtype, planar.shape) == (x.dtype, (channels, frames))
            assert planar.flags.c_contiguous
            assert planar.tobytes() == written_out(x).tobytes()
            assert interleave(planar, backend=backend).tobytes() == x.tobytes()

    @pytest.mark.parametrize("function", [interleave, deinterleave])
    @pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float32, np.float64])
    def test_layouts_and_out(self, backend, function, dtype):
        x = any_bits((33, 12), dtype)
        expected = written_out(x).tobytes()
        unaligned = np.zeros(x.nbytes + 1, np.uint8)[1:].view(dtype).reshape(x.shape)
        unaligned[...] = x
        wide = np.repeat(np.repeat(x, 2, axis=0), 3, axis=1)[::2, ::3]
        for form in (x, np.asfortranarray(x), wide, x[::-1].copy()[::-1], unaligned):
            out = np.zeros((12, 33), dtype)
            result = function(form, out=out, backend=backend)
            assert result is out
            assert out.tobytes() == function(form, backend=backend).tobytes() == expected

    @pytest.mark.parametrize("function", [interleave, deinterleave])
    @pytest.mark.parametrize("ahead", [0, 1, 40, -1, -40])
    def test_out_may_overlap_x(self, backend, function, ahead):
        memory = np.zeros(3_000, np.float32)
        x = memory[100 + ahead :][:1_000].reshape(500, 2)
        x[...] = noise((500, 2))
        expected = written_out(x).tobytes()
        out = memory[100:][:1_000].reshape(2, 500)
        assert function(x, out=out, backend=backend) is out
        assert out.tobytes() == expected

    def test_one_channel_is_a_copy(self, backend):
        x = noise((50, 1))
        y = deinterleave(x, backend=backend)
        assert y.tobytes() == x.tobytes()
        assert not np.shares_memory(x, y)


@pytest.mark.needs("interleave", "deinterleave")
@given(data=st.data())
def test_there_and_back(backend, data):
    dtype = np.dtype(data.draw(st.sampled_from(MOVED)))
    frames, channels = data.draw(st.integers(0, 80)), data.draw(st.integers(0, 9))
    x = any_bits((frames, channels), dtype.type if dtype.kind != "b" else bool)
    planar = deinterleave(x, backend=backend)
    for channel in range(channels):
        assert planar[channel].tobytes() == x[:, channel].tobytes()
    assert interleave(planar, backend=backend).tobytes() == x.tobytes()


def means(x):
    samples = [oracle.mono(frame) for frame in x]
    if x.dtype == np.float32:
        with np.errstate(over="ignore"):
            return np.array(samples, np.float64).astype(np.float32)
    return np.array(samples, x.dtype)


@pytest.mark.needs("to_mono")
class TestToMono:
    @pytest.mark.parametrize("dtype", MIXED)
    def test_means_are_exact(self, backend, dtype):
        for frames, channels in [size for size in SIZES if size[1] and size[0] < 2_000]:
            x = noise((frames, channels), dtype, seed=channels)
            y = to_mono(x, backend=backend)
            assert (y.dtype, y.shape) == (x.dtype, (frames,))
            assert y.tobytes() == means(x).tobytes()

    @pytest.mark.parametrize("dtype", [np.int16, np.int32, np.uint8])
    @pytest.mark.parametrize("channels", [1, 2, 3, 4, 5, 6, 8])
    def test_integers_at_halves_and_limits(self, backend, dtype, channels):
        info = np.iinfo(dtype)
        near = np.array([info.min, info.min + 1, info.max, info.max - 1, 0, 1, 2, 3, info.max // 2], dtype)
        x = np.random.default_rng(channels).choice(near, (600, channels))
        x[:3] = np.array([info.min, info.max, 1], dtype)[:, None]
        assert to_mono(x, backend=backend).tolist() == means(x).tolist()

    def test_the_order_of_addition_is_the_channels(self, backend):
        x = np.array([[1e17, 1.0, -1e17, 1.0], [1.0, 1e17, 1.0, -1e17], [1e308, 1e308, -1e308, -1e308]])
        with np.errstate(over="ignore"):
            assert to_mono(x, backend=backend).tolist() == [0.25, 0.0, np.inf]

    @pytest.mark.parametrize("dtype", MIXED)
    def test_layouts_and_out(self, backend, dtype):
        x = noise((70, 3), dtype)
        expected = to_mono(x, backend=backend).tobytes()
        wide = np.repeat(np.repeat(x, 2, axis=0), 3, axis=1)[::2, ::3]
        frozen = x.copy()
        frozen.flags.writeable = False
        for form in (np.asfortranarray(x), wide, x[::-1].copy()[::-1], frozen):
            out = np.zeros(70, dtype)
            assert to_mono(form, out=out, backend=backend) is out
            assert out.tobytes() == expected
        memory = np.zeros(300, dtype)
        for ahead in (0, 1, 9, -1):
            inside = memory[20 + ahead :][:210].reshape(70, 3)
            inside[...] = x
            assert to_mono(inside, out=memory[20:90], backend=backend).tobytes() == expected


@pytest.mark.needs("to_mono")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("channels", [1, 2, 3, 7])
@given(data=st.data())
def test_means_of_any_floats(backend, dtype, channels, data):
    frames = st.lists(st.floats(width=np.dtype(dtype).itemsize * 8), min_size=channels, max_size=channels)
    x = np.array(data.draw(st.lists(frames, max_size=20)), dtype).reshape(-1, channels)
    y, expected = to_mono(x, backend=backend), means(x)
    nan = np.isnan(expected)
    assert (np.isnan(y) == nan).all()
    assert y[~nan].tobytes() == expected[~nan].tobytes()
