"""resample() against exact sums: every ratio and quality, the signal's ends, lengths, types and layouts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.audio.signals import CHANNELS, FAR, FLOAT64, PEAK, RATES, answered, noise, stream, truncated
from oracles import formats
from oracles import resample as oracle
from paceline.audio import resample

pytestmark = pytest.mark.needs("resample", "resample_chunk", "convert_format")

QUALITIES = tuple(oracle.DESIGN)


@pytest.mark.parametrize("quality", QUALITIES)
@pytest.mark.parametrize(("in_rate", "out_rate"), RATES)
def test_float32_is_the_exact_sum(backend, in_rate, out_rate, quality, note_error):
    data = answered(in_rate, out_rate, quality)
    actual = resample(data.signal, in_rate, out_rate, quality=quality, backend=backend)
    assert actual.dtype == np.float32
    assert actual.shape == data.exact.shape
    error = np.abs(actual - data.exact).max(axis=0)
    if quality in ("high", "best"):
        note_error("resampled, full scale", backend, error.max())
    assert dict(zip(CHANNELS, error <= truncated(quality), strict=True)) == dict.fromkeys(CHANNELS, True)


@pytest.mark.parametrize("quality", ["high", "best"])
@pytest.mark.parametrize(("in_rate", "out_rate"), RATES)
def test_long_float32_is_the_exact_sum(backend, in_rate, out_rate, quality):
    """So long that blocks in the frequency domain serve, and several of them."""
    data = answered(in_rate, out_rate, quality, 9_000 * min(in_rate, out_rate) // out_rate)
    for channels in (slice(0, 1), slice(0, 2), slice(0, 5)):
        signal = np.ascontiguousarray(data.signal[:, channels])
        actual = resample(signal, in_rate, out_rate, quality=quality, backend=backend)
        assert np.abs(actual - data.exact[:, channels]).max() <= PEAK


@pytest.mark.parametrize("quality", QUALITIES)
@pytest.mark.parametrize(("in_rate", "out_rate"), RATES)
def test_float64_is_the_exact_sum(backend, in_rate, out_rate, quality):
    data = answered(in_rate, out_rate, quality)
    actual = resample(data.signal.astype(np.float64), in_rate, out_rate, quality=quality, backend=backend)
    assert actual.dtype == np.float64
    stored = oracle.lowest_terms(in_rate, out_rate)[0] < 400 and quality != "best"
    assert np.abs(actual - data.exact).max() <= (1e-13 if stored else FLOAT64[quality])


@pytest.mark.parametrize(("in_rate", "out_rate", "frames"), [(*FAR[0], 60), (*FAR[1], 9_000)])
def test_the_ends_of_the_range_of_rates(backend, in_rate, out_rate, frames):
    data = answered(in_rate, out_rate, "high", frames)
    for dtype, limit in ((np.float32, PEAK), (np.float64, FLOAT64["high"])):
        actual = resample(data.signal.astype(dtype), in_rate, out_rate, backend=backend)
        assert np.abs(actual - data.exact).max() <= limit


@pytest.mark.parametrize(("in_rate", "out_rate"), RATES)
def test_an_impulse_comes_out_at_its_time(backend, in_rate, out_rate):
    """The first frame of the output is at the time of the first frame of the input, and the answer is even in time."""
    up, down = oracle.lowest_terms(in_rate, out_rate)
    frames = 2 * down * 3 + 1
    impulse = np.zeros(frames)
    impulse[3 * down] = 1.0  # a frame that both rates have: output 3 * up
    answer = resample(impulse, in_rate, out_rate, backend=backend)
    assert int(np.abs(answer).argmax()) == 3 * up
    ahead, behind = answer[3 * up + 1 : 6 * up + 1], answer[3 * up - 1 :: -1]
    np.testing.assert_allclose(ahead, behind[: len(ahead)], rtol=0, atol=FLOAT64["high"])
    first = resample(np.eye(1, 500)[0], in_rate, out_rate, backend=backend)
    assert abs(first[0] - min(1, up / down) * (1 + oracle.DESIGN["high"][0]) / 2) < FLOAT64["high"]


@pytest.mark.parametrize(("in_rate", "out_rate"), [*RATES, *FAR])
def test_length_is_exact(backend, in_rate, out_rate):
    for frames in (0, 1, 2, 3, 5, 146, 147, 148, 441, 479, 480, 481):
        if frames * out_rate / in_rate > 20_000:
            continue
        x = noise(frames)
        y = resample(x, in_rate, out_rate, quality="low", backend=backend)
        assert y.shape == (oracle.length(frames, in_rate, out_rate),)
        assert resample(noise((frames, 2)), in_rate, out_rate, backend=backend).shape == (len(y), 2)
        if frames:
            assert y[0] != 0


@pytest.mark.parametrize("dtype", ["i16", "i32", "f32", "f64"])
@pytest.mark.parametrize(("in_rate", "out_rate"), [(48_000, 16_000), (16_000, 48_000), (44_100, 48_000)])
def test_type_in_is_type_out(backend, in_rate, out_rate, dtype):
    """Integers are what float32 gives for them, rounded and clamped by the rule of sample formats."""
    x = noise((700, 2), formats.DTYPES[dtype])
    y = resample(x, in_rate, out_rate, backend=backend)
    assert y.dtype == x.dtype
    if dtype in formats.BITS:
        scaled = (x / 2.0 ** (formats.BITS[dtype] - 1)).astype(np.float32)
        floats = resample(scaled, in_rate, out_rate, backend=backend)
        assert y.ravel().tolist() == formats.convert_array(floats.ravel(), "f32", dtype).tolist()


@pytest.mark.parametrize("dtype", [np.int16, np.int32])
def test_integers_are_clamped_at_full_scale(backend, dtype):
    """A square wave's overshoot would wrap around."""
    info = np.iinfo(dtype)
    x = np.where(np.arange(2_000) // 100 % 2, info.max, info.min).astype(dtype)
    y = resample(x, 16_000, 48_000, backend=backend)
    assert y.max() == info.max
    assert y.min() == info.min
    steps = np.abs(np.diff(y.astype(np.int64)))
    assert steps.max() < 0.6 * (info.max - info.min)


@pytest.mark.parametrize("dtype", [np.int16, np.int32, np.float32, np.float64])
@pytest.mark.parametrize("shape", [(50,), (50, 2), (0,), (0, 3), (3, 0), (1,)])
def test_equal_rates_copy(backend, dtype, shape):
    x = noise(shape, dtype)
    y = resample(x, 44_100, 44_100, backend=backend)
    assert (y.dtype, y.shape) == (x.dtype, x.shape)
    assert y.tobytes() == x.tobytes()
    assert not np.shares_memory(x, y)


SHAPES = [
    ((400,), 0), ((400,), -1), ((400, 1), 0), ((400, 3), 0), ((3, 400), 1), ((3, 400), -1), ((1, 400), -1),
    ((400, 2, 3), 0), ((2, 400, 3), 1), ((2, 3, 400), -1), ((2, 3, 400), 2), ((2, 400, 3), -2), ((1, 2, 2, 400), 3),
]  # fmt: skip


@pytest.mark.parametrize("dtype", [np.int16, np.float32, np.float64])
@pytest.mark.parametrize(("shape", "axis"), SHAPES)
def test_any_axis_counts_the_frames(backend, shape, axis, dtype):
    x = noise(shape, dtype)
    y = resample(x, 44_100, 16_000, axis=axis, backend=backend)
    assert y.dtype == dtype
    assert y.flags.c_contiguous
    across, back = np.moveaxis(x, axis, -1), np.moveaxis(y, axis, -1)
    assert back.shape == (*across.shape[:-1], 146)
    limit = 1 if dtype == np.int16 else 2 * PEAK
    for index in np.ndindex(across.shape[:-1]):
        alone = resample(np.ascontiguousarray(across[index]), 44_100, 16_000, backend=backend)
        assert np.abs(back[index].astype(np.float64) - alone).max() <= limit


@pytest.mark.parametrize("shape", [(0,), (0, 2), (0, 0), (5, 0), (0, 2, 3), (2, 0)])
@pytest.mark.parametrize("dtype", [np.int16, np.float32, np.float64])
def test_empty_in_empty_out(backend, shape, dtype):
    y = resample(np.empty(shape, dtype), 48_000, 16_000, backend=backend)
    assert (y.dtype, y.shape) == (dtype, (oracle.length(shape[0], 3, 1), *shape[1:]))
    y = resample(np.empty((2, 0), dtype), 48_000, 16_000, axis=1, backend=backend)
    assert y.shape == (2, 0)


def strided(x):
    wide = np.zeros((2 * x.shape[0], 3 * x.shape[1]), x.dtype)
    wide[::2, 1::3] = x
    return wide[::2, 1::3]


def read_only(x):
    x = x.copy()
    x.flags.writeable = False
    return x


def unaligned(x):
    view = np.zeros(x.nbytes + 1, np.uint8)[1:].view(x.dtype).reshape(x.shape)
    view[...] = x
    return view


LAYOUTS = {
    "fortran": np.asfortranarray,
    "strided": strided,
    "backwards": lambda x: x[::-1].copy()[::-1],
    "read-only": read_only,
    "big-endian": lambda x: x.astype(x.dtype.newbyteorder(">")),
    "unaligned": unaligned,
    "subclass": lambda x: x.view(type("Subclass", (np.ndarray,), {})),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", [np.int16, np.int32, np.float32, np.float64])
def test_any_layout_gives_the_same_bits(backend, dtype, layout):
    for shape in ((60, 2), (6_000, 2)):  # directly, and in blocks
        x = noise(shape, dtype)
        given = LAYOUTS[layout](x)
        y = resample(given, 48_000, 16_000, backend=backend)
        assert type(y) is np.ndarray
        assert y.dtype == dtype
        assert y.tobytes() == resample(x, 48_000, 16_000, backend=backend).tobytes()
        assert (given == x).all()


def test_a_list_of_floats_is_float64(backend):
    x = noise(50, np.float64)
    y = resample(x.tolist(), 48_000, 16_000, backend=backend)
    assert y.tobytes() == resample(x, 48_000, 16_000, backend=backend).tobytes()


@pytest.mark.parametrize("dtype", [np.int16, np.int32, np.float32, np.float64])
@pytest.mark.parametrize("axis", [0, 1])
def test_out_is_filled_and_returned(backend, dtype, axis):
    for frames in (60, 6_000):
        x = noise((frames, 2) if axis == 0 else (2, frames), dtype)
        expected = resample(x, 44_100, 48_000, axis=axis, backend=backend)
        out = np.ones_like(expected)
        assert resample(x, 44_100, 48_000, axis=axis, out=out, backend=backend) is out
        assert out.tobytes() == expected.tobytes()


@pytest.mark.parametrize("dtype", [np.int16, np.int32, np.float32, np.float64])
@pytest.mark.parametrize(("in_rate", "out_rate"), [(48_000, 16_000), (16_000, 48_000), (16_000, 16_000)])
@pytest.mark.parametrize("ahead", [0, 1, 7, -1, -7])
def test_out_may_overlap_x(backend, in_rate, out_rate, dtype, ahead):
    for frames in (60, 6_000):
        memory = np.zeros(4 * frames, dtype)
        x = memory[10 + ahead :][:frames]
        x[:] = noise(frames, dtype)
        expected = resample(x.copy(), in_rate, out_rate, backend=backend)
        out = memory[10:][: len(expected)]
        assert resample(x, in_rate, out_rate, out=out, backend=backend) is out
        assert out.tobytes() == expected.tobytes()


def test_a_result_shares_no_memory_and_is_writeable(backend):
    x = noise((60, 2))
    y = resample(x, 48_000, 16_000, backend=backend)
    assert not np.shares_memory(x, y)
    assert y.flags.writeable


@pytest.mark.parametrize("frames", [1, 2, 3, 60])
@pytest.mark.parametrize(("in_rate", "out_rate"), RATES)
def test_short_signals(backend, in_rate, out_rate, frames):
    data = answered(in_rate, out_rate, "high", frames)
    y = resample(data.signal, in_rate, out_rate, backend=backend)
    assert np.abs(y - data.exact).max() <= PEAK


@given(
    frames=st.integers(0, 400),
    channels=st.integers(1, 4),
    rates=st.tuples(*[st.sampled_from([8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 48_001, 96_000])] * 2),
    quality=st.sampled_from(["high", "best"]),
    dtype=st.sampled_from([np.float32, np.float64]),
    seed=st.integers(0, 99),
)
def test_any_signal(backend, frames, channels, rates, quality, dtype, seed):
    x = noise((frames, channels), dtype, seed)
    y = resample(x, *rates, quality=quality, backend=backend)
    exact = oracle.resample(x, *rates, quality)
    assert y.shape == exact.shape
    assert np.abs(y - exact).max(initial=0) <= (PEAK if dtype == np.float32 else FLOAT64[quality])


@pytest.mark.parametrize("quality", QUALITIES)
@pytest.mark.parametrize(("in_rate", "out_rate"), RATES)
def test_backends_agree(backend, in_rate, out_rate, quality):
    x = noise((6_000, 3))
    ours, reference = (resample(x, in_rate, out_rate, quality=quality, backend=b) for b in (backend, "python"))
    assert np.abs(ours - reference.astype(np.float64)).max() <= PEAK


def test_loudness_does_not_matter(backend):
    """Errors are relative to the signal: samples far beyond full scale, or as quiet as a float32 can be."""
    x = noise(6_000)
    for way in (resample, lambda *a, **k: stream(a[1], a[2], a[0], k["backend"])):
        expected = way(x, 44_100, 16_000, backend=backend)
        for scale in (2.0**100, 2.0**-90):
            scaled = way((x * np.float32(scale)), 44_100, 16_000, backend=backend)
            np.testing.assert_allclose(scaled / scale, expected, rtol=0, atol=PEAK)


def test_silence_stays_silent(backend):
    for frames in (60, 6_000):
        assert not resample(np.zeros((frames, 2), np.float32), 44_100, 16_000, backend=backend).any()
        assert not resample(np.zeros((frames, 2), np.int16), 44_100, 16_000, backend=backend).any()
