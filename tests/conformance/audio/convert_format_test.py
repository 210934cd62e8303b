"""convert_format() against exact fractions: every pair, every rounding, any bits; layouts, in place, older rules."""

from __future__ import annotations

import itertools
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracles import formats as oracle
from paceline.audio import convert_format
from paceline.audio.formats import FORMATS, LEGACY, ROUNDINGS

pytestmark = pytest.mark.needs("convert_format")

PAIRS = list(itertools.product(FORMATS, FORMATS))
SIZES = {"i16": 2, "i32": 4, "i24": 3, "u8": 1, "f32": 4, "f64": 8}


def around(values, dtype):
    """Return floats, their neighbours on both sides, and all of these with the other sign."""
    x = np.array(values, dtype)
    near = [x, np.nextafter(x, dtype(np.inf)), np.nextafter(x, dtype(-np.inf))]
    near += [np.nextafter(near[1], dtype(np.inf)), np.nextafter(near[2], dtype(-np.inf))]
    return np.concatenate([*near, *(-n for n in near)])


@cache
def edges(source):
    """Return what is hard for a format, as the flat array that a kernel gets: limits, halves, and special values."""
    rng = np.random.default_rng(24)
    if source == "i24":
        samples = [0, 1, -1, 127, 128, 129, 255, 256, 2**15, 32_767, 98_304, 2**23 - 1, -(2**23), 2**23 - 128, -(2**22)]
        samples += rng.integers(-(2**23), 2**23, 200).tolist()
        samples += (rng.integers(-(2**14), 2**14, 50) * 128).tolist()
        return oracle.array(samples, "i24")
    dtype = oracle.DTYPES[source]
    if source == "u8":
        return np.arange(256, dtype=dtype)
    if source in oracle.BITS:
        info, bits = np.iinfo(dtype), oracle.BITS[source]
        near = [base + d for base in (0, info.min, info.max, info.max // 2) for d in range(-3, 4)]
        halves = [2**k + d for k in range(bits - 1) for d in (-1, 0, 1)] + [3 * 2**k for k in range(bits - 3)]
        whole = [w for w in (*near, *halves, *(-h for h in halves)) if info.min <= w <= info.max]
        return np.concatenate([np.array(whole, dtype), rng.integers(info.min, info.max, 200, dtype, endpoint=True)])
    info = np.finfo(dtype)
    limits = [0.0, 0.5, 1.0, 2.0, 1e10, float(info.max) / 2, float(info.tiny), 3.5e38 if source == "f64" else 1e38]
    halves = [(k + 0.5) / 2**b for b in (7, 15, 23, 31) for k in (0, 1, 2, 3, 2**b - 2, 2**b - 1)]
    special = [np.nan, -np.nan, np.inf, -np.inf, -0.0, info.smallest_subnormal, -info.smallest_subnormal, info.max]
    spread = np.concatenate([rng.uniform(-1.1, 1.1, 200), rng.standard_normal(50) * 10.0 ** rng.uniform(-45, 3, 50)])
    grid = rng.integers(-(2**16), 2**16, 50) / 2.0**16
    with np.errstate(over="ignore", under="ignore"):
        return np.concatenate([around(limits + halves, dtype), np.array([*special, *spread, *grid], dtype)])


@cache
def exact(source, to, rounding):
    return oracle.convert_array(edges(source), source, to, rounding)


def flat(x, source, to, backend, **options):
    """Convert a flat array, packed int24 as its bytes."""
    shaped = x.reshape(-1, 3) if source == "i24" else x
    return convert_format(shaped, to, source=source, backend=backend, **options).reshape(-1)


def assert_same(actual, expected):
    """Compare bits; any NaN stands for NaN."""
    assert actual.dtype == expected.dtype
    assert actual.shape == expected.shape
    if actual.dtype.kind == "f":
        both = np.isnan(actual) & np.isnan(expected)
        actual, expected = actual[~both], expected[~both]
    if actual.tobytes() != expected.tobytes():
        index = next(i for i, (a, e) in enumerate(zip(actual, expected, strict=True)) if a.tobytes() != e.tobytes())
        pytest.fail(f"number {index} is {actual[index]!r}, exactly {expected[index]!r}")


@pytest.mark.parametrize("rounding", ROUNDINGS)
@pytest.mark.parametrize(("source", "to"), PAIRS)
def test_edges_are_exact(backend, source, to, rounding):
    expected = edges(source) if source == to else exact(source, to, rounding)
    assert_same(flat(edges(source), source, to, backend, rounding=rounding), expected)


@pytest.mark.parametrize("source", FORMATS)
@given(bits=st.binary(max_size=240), rounding=st.sampled_from(ROUNDINGS))
def test_any_bits_are_exact(backend, source, bits, rounding):
    samples = np.frombuffer(bits[: len(bits) // SIZES[source] * SIZES[source]], oracle.DTYPES[source])
    for to in FORMATS:
        actual = flat(samples, source, to, backend, rounding=rounding)
        assert_same(actual, samples if source == to else oracle.convert_array(samples, source, to, rounding))


@pytest.mark.parametrize("source", ["f32", "f64"])
@given(x=st.lists(st.floats(-1.5, 1.5) | st.integers(-70_000, 70_000).map(lambda n: n / 65_536), max_size=40))
def test_any_floats_are_exact(backend, source, x):
    samples = np.array(x, oracle.DTYPES[source])
    for to, rounding in itertools.product(FORMATS, ROUNDINGS):
        expected = samples if source == to else oracle.convert_array(samples, source, to, rounding)
        assert_same(flat(samples, source, to, backend, rounding=rounding), expected)


@pytest.mark.parametrize(("source", "to"), PAIRS)
def test_every_length_from_every_start(backend, source, to):
    """What is done some samples at a time ends anywhere, and writes nothing beyond."""
    per = 3 if source == "i24" else 1
    per_out = 3 if to == "i24" else 1
    x = np.resize(edges(source)[40 * per :], 80 * per)
    expected = flat(x, source, to, "python")
    for start, frames in itertools.product((0, 1, 2, 3, 5), range(71)):
        out = np.full(90 * per_out, 7, expected.dtype)
        into = out[per_out * start :][: per_out * frames]
        shaped = into.reshape(-1, 3) if to == "i24" else into
        given_x = x[per * start :][: per * frames]
        flat(given_x, source, to, backend, out=shaped)
        assert into.tobytes() == expected[per_out * start :][: per_out * frames].tobytes()
        assert (out[: per_out * start] == 7).all()
        assert (out[per_out * (start + frames) :] == 7).all()


@pytest.mark.parametrize("rounding", ROUNDINGS)
@pytest.mark.parametrize(("source", "to"), PAIRS)
def test_many_samples_have_the_reference_bits(backend, source, to, rounding):
    x = np.resize(edges(source), 3 * 20_011)
    assert (
        flat(x, source, to, backend, rounding=rounding).tobytes()
        == flat(x, source, to, "python", rounding=rounding).tobytes()
    )


class TestRoundTrips:
    @pytest.mark.parametrize(
        ("source", "through"),
        [
            ("u8", "i16"), ("u8", "i24"), ("u8", "i32"), ("u8", "f32"), ("u8", "f64"), ("i16", "i24"), ("i16", "i32"),
            ("i16", "f32"), ("i16", "f64"), ("i24", "i32"), ("i24", "f32"), ("i24", "f64"), ("i32", "f64"),
            ("f32", "f64"),
        ],
    )  # fmt: skip
    def test_wider_and_back_is_the_same(self, backend, source, through):
        x = np.arange(-(2**15), 2**15, dtype=np.int16) if source == "i16" else edges(source)
        assert_same(flat(flat(x, source, through, backend), through, source, backend), x)

    def test_full_scale(self, backend):
        one = np.array([1.0, -1.0, 0.0, -0.0])
        assert convert_format(one, "i16", backend=backend).tolist() == [32_767, -32_768, 0, 0]
        assert convert_format(one, "i32", backend=backend).tolist() == [2**31 - 1, -(2**31), 0, 0]
        assert convert_format(one, "u8", backend=backend).tolist() == [255, 0, 128, 128]
        assert convert_format(one, "i24", backend=backend).tolist() == [
            [255, 255, 127], [0, 0, 128], [0, 0, 0], [0, 0, 0],
        ]  # fmt: skip


SHAPES = [(), (0,), (1,), (5,), (0, 2), (4, 3), (2, 3, 4)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("source", "to"), PAIRS)
def test_shape_is_kept(backend, source, to, shape):
    n = int(np.prod(shape))
    x = np.resize(edges(source), n * (3 if source == "i24" else 1))
    given_x = x.reshape((*shape, 3) if source == "i24" else shape)
    y = convert_format(given_x, to, source=source if source == "i24" else None, backend=backend)
    assert type(y) is np.ndarray
    assert y.shape == ((*shape, 3) if to == "i24" else shape)
    assert y.dtype == oracle.DTYPES[to]
    assert y.ravel().tobytes() == flat(x, source, to, backend).tobytes()
    assert not np.shares_memory(y, given_x)


@pytest.mark.parametrize(("source", "to"), PAIRS)
def test_any_layout_gives_the_same_bits(backend, source, to):
    x = np.resize(edges(source), 120).reshape(20, 2, 3)
    expected = convert_format(x, to, source=source, backend=backend)
    unaligned = np.zeros(x.nbytes + 1, np.uint8)[1:].view(x.dtype).reshape(x.shape)
    unaligned[...] = x
    frozen = x.copy()
    frozen.flags.writeable = False
    wide = np.zeros((40, 4, 3), x.dtype)
    wide[::2, ::2] = x
    forms = [np.asfortranarray(x), wide[::2, ::2], x[::-1].copy()[::-1], unaligned, frozen]
    forms += [x.astype(x.dtype.newbyteorder(">"))]
    for form in forms:
        for named in {source, source if source == "i24" else None}:
            y = convert_format(form, to, source=named, backend=backend)
            assert y.flags.c_contiguous
            assert y.tobytes() == expected.tobytes()


def test_a_list_of_floats_is_float64(backend):
    assert convert_format([0.25, -2.0], "i16", backend=backend).tolist() == [8_192, -32_768]


def test_a_scalar_of_numpy(backend):
    assert convert_format(np.int16(-32_768), "f32", backend=backend) == -1.0


@pytest.mark.parametrize(("source", "to"), PAIRS)
def test_out_is_filled_and_returned(backend, source, to):
    x = np.resize(edges(source), 90)
    expected = flat(x, source, to, backend)
    shape = (-1, 3) if to == "i24" else (-1,)
    out = np.ones_like(expected).reshape(shape)
    given_x = x.reshape(-1, 3) if source == "i24" else x
    assert convert_format(given_x, to, source=source, out=out, backend=backend) is out
    assert out.tobytes() == expected.tobytes()


@pytest.mark.parametrize("ahead", [0, 4, 8, 40, -8, -40])
@pytest.mark.parametrize(("source", "to"), [(s, t) for s, t in PAIRS if "i24" not in (s, t)])
def test_out_may_overlap_x(backend, source, to, ahead):
    """In place where the sizes are equal, and anywhere else in the same memory."""
    for n in (5, 300):
        memory = np.zeros(64 + 8 * n + 64, np.uint8)
        start = 56 + ahead // 8 * 8
        x = memory[start:][: SIZES[source] * n].view(oracle.DTYPES[source])
        x[:] = np.resize(edges(source), n)
        expected = convert_format(x.copy(), to, backend=backend)
        out = memory[56:][: SIZES[to] * n].view(oracle.DTYPES[to])
        assert convert_format(x, to, out=out, backend=backend) is out
        assert out.tobytes() == expected.tobytes()


@pytest.mark.parametrize("ahead", [0, 3, -3, 24])
@pytest.mark.parametrize(("source", "to"), [(s, t) for s, t in PAIRS if "i24" in (s, t)])
def test_out_may_overlap_packed_x(backend, source, to, ahead):
    memory = np.zeros(4_000, np.uint8)
    at = 48 + (ahead if source == "i24" else ahead // 3 * 8)
    x = memory[at:][: SIZES[source] * 200].view(oracle.DTYPES[source])
    x[:] = np.resize(edges(source), len(x))
    given_x = x.reshape(-1, 3) if source == "i24" else x
    expected = convert_format(given_x.copy(), to, source=source, backend=backend)
    out = memory[48:][: SIZES[to] * 200].view(oracle.DTYPES[to]).reshape(expected.shape)
    convert_format(given_x, to, source=source, out=out, backend=backend)
    assert out.tobytes() == expected.tobytes()


def test_what_was_converted_once_is_still_checked(backend):
    """A second call of a kind takes a shorter way in."""
    x, packed = np.zeros(6, np.float32), np.zeros((6, 3), np.uint8)
    shorten = {"to": "i16", "backend": backend}
    widen = {"to": "f32", "source": "i24", "backend": backend}
    for _ in range(2):
        assert convert_format(x, **shorten).dtype == np.int16
        assert convert_format(packed, **widen).shape == (6,)
        assert convert_format(packed[::2], **widen).shape == (3,)
        assert convert_format(x[::-2].reshape(3, 1), **shorten).shape == (3, 1)
        assert convert_format(np.float32(1), **shorten) == 32_767
        with pytest.raises(ValueError, match="a last axis of 3 bytes"):
            convert_format(packed[:, :2], **widen)
        with pytest.raises(ValueError, match="a last axis of 3 bytes"):
            convert_format(np.uint8(1), **widen)
        with pytest.raises(ValueError, match=r"out has shape \(5,\)"):
            convert_format(x, out=np.zeros(5, np.int16), **shorten)
        with pytest.raises(TypeError, match="out has dtype int32"):
            convert_format(x, out=np.zeros(6, np.int32), **shorten)
        with pytest.raises(TypeError, match="out is a list"):
            convert_format(x, out=[0] * 6, **shorten)
        with pytest.raises(ValueError, match="out is read-only"):
            convert_format(x, out=np.zeros(12, np.int16)[::2], **shorten)
        with pytest.raises(ValueError, match="rounding is"):
            convert_format(x, rounding="up", **shorten)
        swapped = np.array([0.5, -1.0], ">f4")
        assert convert_format(swapped, **shorten).tolist() == [16_384, -32_768]
        memory = np.zeros(40, np.uint8)
        x_there, out_there = memory[:24].view(np.float32), memory[16:28].view(np.int16)
        x_there[:] = 0.5
        assert convert_format(x_there, out=out_there, **shorten).tolist() == [16_384] * 6


def test_large_results_begin_at_a_cache_line(backend):
    for frames in (1_000_000, 1_000_001, 1_234_567):
        for to in ("i24", "f32", "f64"):
            y = convert_format(np.zeros(frames, np.int16), to, backend=backend)
            assert y.ctypes.data % 64 == 0
            assert y.flags.carray
            assert len(y) == frames


@pytest.mark.parametrize("rule", LEGACY)
class TestLegacy:
    def test_float32_to_int16(self, backend, rule):
        x = np.concatenate([np.linspace(-2.5, 2.5, 4_001, dtype=np.float32), edges("f32")])
        x = x[np.isfinite(x) & (np.abs(x) < 1e9)]
        y = convert_format(x, "i16", legacy=rule, backend=backend)
        assert y.dtype == np.int16
        assert y.tolist() == [oracle.legacy(value, rule) for value in x]

    def test_int16_to_float32(self, backend, rule):
        x = np.arange(-(2**15), 2**15, 7, dtype=np.int16)
        y = convert_format(x, "f32", legacy=rule, backend=backend)
        assert y.dtype == np.float32
        assert y.tolist() == [oracle.legacy_back(value, rule) for value in x]

    def test_nan_is_silence(self, backend, rule):
        x = np.array([np.nan, 0.5], np.float32)
        assert convert_format(x, "i16", legacy=rule, backend=backend).tolist()[0] == 0

    def test_out(self, backend, rule):
        x = np.linspace(-1, 1, 100, dtype=np.float32).reshape(50, 2)
        out = np.zeros((50, 2), np.int16)
        assert convert_format(x, "i16", legacy=rule, out=out, backend=backend) is out
        assert out.tolist() == convert_format(x, "i16", legacy=rule, backend=backend).tolist()

    def test_infinities_end_without_an_error(self, backend, rule):
        y = convert_format(np.array([np.inf, -np.inf], np.float32), "i16", legacy=rule, backend=backend)
        if rule in ("asymmetric", "fast"):
            assert y.tolist() == [32_767, -32_768 if rule == "asymmetric" else -32_767]


def test_legacy_values_written_by_hand(backend):
    x = np.array([1.0, -1.0, 1.5, 0.99999, -0.00002], np.float32)
    expected = {
        "node": [-32_768, -32_768, -16_384, 32_767, 0],
        "script": [32_767, -32_767, -16_386, 32_766, 0],
        "asymmetric": [32_767, -32_768, 32_767, 32_766, 0],
        "fast": [32_767, -32_767, 32_767, 32_766, 0],
    }
    assert set(expected) == set(LEGACY)
    for rule, values in expected.items():
        assert convert_format(x, "i16", legacy=rule, backend=backend).tolist() == values
