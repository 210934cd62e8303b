"""Every error of the audio functions: of the documented type, naming the argument, in one text from every backend."""

from __future__ import annotations

from operator import attrgetter

import numpy as np
import pytest

from conformance.audio.signals import noise
from conformance.routes import backends_with
from paceline import audio

NAN, INF = np.nan, np.inf
MONO, STEREO = noise(40), noise((40, 2))
FRAMES_32 = noise((40, 2), np.int32)
READ_ONLY = np.zeros(14, np.float32)
READ_ONLY.flags.writeable = False


def spoilt(x, *changes):
    x = x.copy()
    for index, value in changes:
        x[index] = value
    return x


def stream(dtype="float32", **options):
    def process(chunk, backend, **more):
        return audio.ResampleStream(48_000, 16_000, dtype=dtype, backend=backend, **options).process(chunk, **more)

    return process


def opened(backend, in_rate=48_000, out_rate=16_000, **options):
    return audio.ResampleStream(in_rate, out_rate, backend=backend, **options)


NEEDS = {
    "resample": ("resample", "resample_chunk", "convert_format"),
    "stream": ("resample_chunk", "convert_format"),
    "opened": ("resample_chunk", "convert_format"),
    "convert_format": ("convert_format",),
    "interleave": ("interleave",),
    "deinterleave": ("deinterleave",),
    "to_mono": ("to_mono",),
}
RATES = {"in_rate": 48_000, "out_rate": 16_000}


def to_16k(x, error, *says, **options):
    return "resample", audio.resample, {"x": x, **RATES, **options}, error, says


def opening(error, *says, **options):
    return "opened", opened, options, error, says


def chunk(x, error, *says, dtype="float32", channels=1, **options):
    return "stream", stream(dtype, channels=channels), {"chunk": x, **options}, error, says


def convert(x, to, error, *says, **options):
    return "convert_format", audio.convert_format, {"x": x, "to": to, **options}, error, says


def layout(name, x, error, *says, **options):
    return name, attrgetter(name)(audio), {"x": x, **options}, error, says


FOUR = "accepted are int16, int32, float32, float64"
FIVE = "int16, int32, uint8, float32, float64"
CASES = {
    # whole signals
    "x uint8": to_16k(noise(9, np.uint8), TypeError, "x has dtype uint8", FOUR, "convert_format"),
    "x int64": to_16k(np.zeros(9, np.int64), TypeError, "x has dtype int64", FOUR),
    "x float16": to_16k(np.zeros(9, np.float16), TypeError, "x has dtype float16", FOUR),
    "x complex": to_16k(np.zeros(9, complex), TypeError, "x has dtype complex128", FOUR),
    "x bool": to_16k(np.zeros(9, bool), TypeError, "x has dtype bool", FOUR),
    "x objects": to_16k(np.array([None]), TypeError, "x has dtype object", FOUR),
    "x words": to_16k("loud", TypeError, "x has dtype <U4", FOUR),
    "x list of ints": to_16k([0, 1, 2], TypeError, "x has dtype int64", FOUR),
    "x masked": to_16k(np.ma.masked_invalid(MONO), TypeError, "x is a masked array", "accepted is a plain array"),
    "x ragged": to_16k([[0.0], [1.0, 2.0]], ValueError, "x is not an array"),
    "x scalar": to_16k(0.5, ValueError, "x has no dimension", "accepted is an array with a frames axis"),
    "x nan": to_16k(spoilt(MONO, (7, NAN), (9, INF)), ValueError, "x[7] is nan; accepted are finite samples"),
    "x first": to_16k(spoilt(MONO, (0, -INF)), ValueError, "x[0] is -inf; accepted are finite samples"),
    "x last": to_16k(spoilt(MONO, (39, INF)), ValueError, "x[39] is inf"),
    "x stereo": to_16k(spoilt(STEREO, ((8, 0), NAN), ((7, 1), INF)), ValueError, "x[7, 1] is inf"),
    "x stereo both": to_16k(spoilt(STEREO, (7, NAN)), ValueError, "x[7, 0] is nan"),
    "x one column": to_16k(spoilt(STEREO[:, :1], (7, NAN)), ValueError, "x[7, 0] is nan"),
    "x float64": to_16k(spoilt(STEREO.astype(float), ((39, 1), NAN)), ValueError, "x[39, 1] is nan"),
    "x long": to_16k(spoilt(noise(9_000), (8_999, NAN)), ValueError, "x[8999] is nan"),
    "x long first of many": to_16k(
        spoilt(noise((9_000, 3)), ((8_000, 0), NAN), ((4_000, 2), INF)), ValueError, "x[4000, 2] is inf"
    ),
    "rate float": to_16k(MONO, TypeError, "in_rate is 48000.0; accepted is a whole number of Hz", in_rate=48_000.0),
    "rate bool": to_16k(MONO, TypeError, "out_rate is True; accepted is a whole number of Hz", out_rate=True),
    "rate word": to_16k(MONO, TypeError, "in_rate is '48k'; accepted is", in_rate="48k"),
    "rate none": to_16k(MONO, TypeError, "out_rate is None; accepted is", out_rate=None),
    "rate low": to_16k(MONO, ValueError, "in_rate is 999 Hz; accepted is 1000 to 768000 Hz", in_rate=999),
    "rate high": to_16k(MONO, ValueError, "out_rate is 768001 Hz; accepted is 1000 to 768000 Hz", out_rate=768_001),
    "rate zero": to_16k(MONO, ValueError, "in_rate is 0 Hz", in_rate=0),
    "rate negative": to_16k(MONO, ValueError, "out_rate is -16000 Hz", out_rate=-16_000),
    "rate with nothing": to_16k(MONO[:0], ValueError, "out_rate is 5 Hz", out_rate=5),
    "quality": to_16k(
        MONO, ValueError, "quality is 'HQ'; accepted are 'low', 'medium', 'high', 'best'", quality="HQ"
    ),
    "quality none": to_16k(MONO, ValueError, "quality is None; accepted are", quality=None),
    "axis": to_16k(MONO, ValueError, "axis is 1; accepted for an array of 1 dimensions is -1 to 0", axis=1),
    "axis negative": to_16k(STEREO, ValueError, "axis is -3; accepted for an array of 2", axis=-3),
    "axis float": to_16k(STEREO, TypeError, "axis is 0.0; accepted is an int", axis=0.0),
    "axis none": to_16k(STEREO, TypeError, "axis is None; accepted is an int", axis=None),
    "out list": to_16k(MONO, TypeError, "out is a list; accepted is a float32 array of shape (14,)", out=[0.0] * 14),
    "out dtype": to_16k(
        MONO, TypeError, "out has dtype float64; accepted is native float32", out=np.empty(14)
    ),
    "out foreign": to_16k(MONO, TypeError, "out has dtype >f4; accepted is native", out=np.empty(14, ">f4")),
    "out shape": to_16k(
        MONO, ValueError, "out has shape (13,); accepted is (14,)", out=np.empty(13, np.float32)
    ),
    "out strided": to_16k(
        MONO, ValueError, "out is read-only, strided or unaligned; accepted is a writeable", out=np.empty(28, "f4")[::2]
    ),
    "out read-only": to_16k(MONO, ValueError, "out is read-only", out=READ_ONLY),
    # streams
    "stream rate": opening(ValueError, "in_rate is 800 Hz; accepted is 1000 to 768000 Hz", in_rate=800),
    "stream rate float": opening(TypeError, "out_rate is 16000.0; accepted is a whole", out_rate=16e3),
    "stream quality": opening(ValueError, "quality is 'fast'; accepted are 'low'", quality="fast"),
    "stream channels": opening(ValueError, "channels is 0; accepted is 1 or more", channels=0),
    "stream channels float": opening(TypeError, "channels is 2.0; accepted is a whole number", channels=2.0),
    "stream channels bool": opening(TypeError, "channels is True; accepted is a whole number", channels=True),
    "stream dtype": opening(TypeError, f"dtype is uint8; {FOUR}", dtype="uint8"),
    "stream dtype word": opening(TypeError, f"dtype is 'i24'; {FOUR}", dtype="i24"),
    "stream dtype foreign": opening(TypeError, "dtype is ", FOUR, dtype=">f4"),
    "chunk dtype": chunk(MONO, TypeError, "chunk has dtype float32; accepted are int16:", dtype="int16"),
    "chunk list of ints": chunk([1, 2], TypeError, "chunk has dtype int64; accepted are int16", dtype="int16"),
    "chunk masked": chunk(np.ma.masked_invalid(MONO), TypeError, "chunk is a masked array"),
    "chunk scalar": chunk(np.float32(0.5), ValueError, "chunk has shape (); accepted is (frames,) or (frames, 1)"),
    "chunk columns": chunk(STEREO, ValueError, "chunk has shape (40, 2); accepted is (frames,) or (frames, 1)"),
    "chunk flat": chunk(MONO, ValueError, "chunk has shape (40,); accepted is (frames, 2)", channels=2),
    "chunk planar": chunk(
        np.ascontiguousarray(STEREO.T), ValueError, "chunk has shape (2, 40); accepted is (frames, 2)", channels=2
    ),
    "chunk nan": chunk(spoilt(MONO, (7, NAN)), ValueError, "chunk[7] is nan; accepted are finite samples"),
    "chunk stereo": chunk(
        spoilt(STEREO, ((8, 0), NAN), ((7, 1), INF)), ValueError, "chunk[7, 1] is inf", channels=2
    ),
    "chunk out short": chunk(
        MONO, ValueError, "out has 13 frames; accepted is room for the 14", last=True, out=np.empty(13, "f4")
    ),
    "chunk out dtype": chunk(
        MONO, TypeError, "out has dtype float64; accepted is native float32", last=True, out=np.empty(14)
    ),
    "chunk out columns": chunk(
        MONO, ValueError, "out has shape (14, 1); accepted is (14,)", last=True, out=np.empty((14, 1), "f4")
    ),
    "chunk out list": chunk(MONO, TypeError, "out is a list; accepted is a float32 array", last=True, out=[]),
    "chunk out read-only": chunk(MONO, ValueError, "out is read-only", last=True, out=READ_ONLY),
    # formats
    "convert x int64": convert(np.zeros(3, np.int64), "i16", TypeError, "x has dtype int64", FIVE, "source='i24'"),
    "convert x bool": convert(np.zeros(3, bool), "i16", TypeError, "x has dtype bool", FIVE),
    "convert x float16": convert(np.zeros(3, np.float16), "i16", TypeError, "x has dtype float16", FIVE),
    "convert x list of ints": convert([0, 1], "i16", TypeError, "x has dtype int64", FIVE),
    "convert x masked": convert(np.ma.masked_invalid(MONO), "i16", TypeError, "x is a masked array"),
    "convert x ragged": convert([[0.0], [1.0, 2.0]], "i16", ValueError, "x is not an array"),
    "convert to": convert(
        MONO, "int16", ValueError, "to is 'int16'; accepted are 'i16', 'i32', 'i24', 'u8', 'f32', 'f64'"
    ),
    "convert to none": convert(MONO, None, ValueError, "to is None; accepted are 'i16'"),
    "convert to dtype": convert(MONO, np.dtype(np.int16), ValueError, "to is dtype('int16'); accepted are 'i16'"),
    "convert rounding": convert(
        MONO, "i16", ValueError, "rounding is 'even'; accepted are 'nearest', 'floor', 'truncate'", rounding="even"
    ),
    "convert source": convert(MONO, "i16", ValueError, "source is 'float'; accepted are 'i16'", source="float"),
    "convert source mismatch": convert(
        MONO, "i16", TypeError, "x has dtype float32; accepted with source='f64' is float64", source="f64"
    ),
    "convert i24 shape": convert(
        np.zeros(6, np.uint8), "i16", ValueError, "x has shape (6,); accepted with source='i24' is a last axis of 3",
        source="i24",
    ),
    "convert i24 dtype": convert(
        np.zeros((2, 3), np.int8), "i16", TypeError, "x has dtype int8; accepted with source='i24' is uint8",
        source="i24",
    ),
    "convert legacy": convert(
        MONO, "i16", ValueError, "legacy is 'old'; accepted are 'node', 'script', 'asymmetric', 'fast'", legacy="old"
    ),
    "convert legacy pair": convert(
        MONO, "u8", ValueError, "legacy='node' is asked for f32 to u8; accepted are f32 to i16 and i16 to f32",
        legacy="node",
    ),
    "convert out list": convert(MONO, "i16", TypeError, "out is a list; accepted is a int16 array", out=[]),
    "convert out dtype": convert(
        MONO, "i16", TypeError, "out has dtype float32; accepted is native int16", out=np.empty(40, "f4")
    ),
    "convert out shape": convert(
        MONO, "i24", ValueError, "out has shape (120,); accepted is (40, 3)", out=np.empty(120, np.uint8)
    ),
    "convert out strided": convert(
        MONO, "i16", ValueError, "out is read-only, strided or unaligned", out=np.empty(80, np.int16)[::2]
    ),
    # layouts
    "interleave flat": layout("interleave", MONO, ValueError, "x has shape (40,); accepted is (channels, frames)"),
    "deinterleave flat": layout("deinterleave", MONO, ValueError, "x has shape (40,); accepted is (frames, channels)"),
    "interleave complex": layout(
        "interleave", STEREO + 0j, TypeError, "x has dtype complex64; accepted are native numbers of 1, 2, 4 or 8 bytes"
    ),
    "interleave 16 bytes": layout("interleave", STEREO.astype(complex), TypeError, "x has dtype complex128"),
    "interleave foreign": layout("interleave", STEREO.astype(">f4"), TypeError, "x has dtype >f4; accepted are native"),
    "deinterleave objects": layout("deinterleave", STEREO.astype(object), TypeError, "x has dtype object"),
    "deinterleave times": layout("deinterleave", FRAMES_32.astype("M8[s]"), TypeError, "x has dtype datetime64[s]"),
    "interleave masked": layout("interleave", np.ma.masked_invalid(STEREO), TypeError, "x is a masked array"),
    "interleave out": layout(
        "interleave", STEREO, ValueError, "out has shape (40, 2); accepted is (2, 40)", out=np.empty((40, 2), "f4")
    ),
    "deinterleave out": layout(
        "deinterleave", STEREO, TypeError, "out has dtype int64; accepted is native float32", out=np.empty((2, 40), int)
    ),
    "mono dtype": layout("to_mono", np.zeros((4, 2), np.int64), TypeError, "x has dtype int64", FIVE),
    "mono foreign": layout("to_mono", STEREO.astype(">f4"), TypeError, "x has dtype >f4", FIVE),
    "mono flat": layout(
        "to_mono", MONO, ValueError, "x has shape (40,); accepted is (frames, channels) with 1 channel or more"
    ),
    "mono no channels": layout("to_mono", np.zeros((4, 0), np.int16), ValueError, "x has shape (4, 0); accepted is"),
    "mono out": layout("to_mono", STEREO, ValueError, "out has shape (4,); accepted is (40,)", out=np.empty(4, "f4")),
}  # fmt: skip

PARAMETERS = [
    pytest.param(name, backend, id=f"{name}-{backend}")
    for name, case in CASES.items()
    for backend in backends_with(*NEEDS[case[0]])
]


def text_of(name, backend):
    _, function, arguments, kind, _ = CASES[name]
    with pytest.raises((TypeError, ValueError)) as error:
        function(**arguments, backend=backend)
    assert error.type is kind
    return str(error.value)


@pytest.mark.parametrize(("name", "backend"), PARAMETERS)
def test_error(name, backend):
    text = text_of(name, backend)
    for part in CASES[name][4]:
        assert part in text
    assert text.endswith(".")
    assert text == text_of(name, "python")


@pytest.mark.needs(*NEEDS["resample"])
@pytest.mark.parametrize("frames", [60, 9_000])
@pytest.mark.parametrize(
    ("shape", "axis", "bad"),
    [
        ((-1, 2), 0, (7, 1)),
        ((2, -1), 1, (1, 7)),
        ((2, -1), -1, (1, 7)),
        ((-1, 2, 3), 0, (7, 1, 2)),
        ((2, -1, 3), 1, (1, 7, 2)),
    ],
)
def test_the_index_is_that_of_the_sample_in_x(backend, frames, shape, axis, bad):
    x = noise([frames if n == -1 else n for n in shape])
    x[bad] = NAN
    with pytest.raises(ValueError, match="accepted are finite samples") as error:
        audio.resample(x, 48_000, 16_000, axis=axis, backend=backend)
    assert str(error.value).startswith(f"x[{', '.join(map(str, bad))}] is nan")


@pytest.mark.needs(*NEEDS["resample"])
@pytest.mark.parametrize("frames", [60, 9_000])
def test_no_error_changes_the_input(backend, frames):
    x = spoilt(noise((frames, 2)), ((frames - 1, 0), NAN))
    before = x.tobytes()
    with pytest.raises(ValueError, match=rf"x\[{frames - 1}, 0\] is nan"):
        audio.resample(x, 48_000, 16_000, backend=backend)
    assert x.tobytes() == before


@pytest.mark.needs(*NEEDS["resample"])
@pytest.mark.parametrize("bad", [NAN, INF, -INF])
def test_equal_rates_refuse_what_others_refuse(backend, bad):
    """Which samples are accepted does not depend on the rates."""
    with pytest.raises(ValueError, match=r"x\[7\] is .*; accepted are finite samples"):
        audio.resample(spoilt(MONO, (7, bad)), 16_000, 16_000, backend=backend)
