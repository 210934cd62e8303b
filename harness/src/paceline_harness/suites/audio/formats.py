"""Rows on sample formats and layouts, and on what a native call costs when there is nothing to do."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

import paceline
from paceline.audio import FORMATS, FormatName, convert_format, deinterleave, interleave
from paceline.operations import OPERATIONS
from paceline_harness.baselines import formats as plain
from paceline_harness.candidate import Candidate
from paceline_harness.comparison import Comparison
from paceline_harness.equality import Equality, Part, largest_difference
from paceline_harness.record import Claim
from paceline_harness.suites import SuiteOptions
from paceline_harness.suites.audio.shared import PUBLISHED
from paceline_harness.suites.audio.sound import Sound, synthetic
from paceline_harness.suites.columns import NUMPY, REFERENCE, backend_names, backends, reference

BITS = Equality((Part("sample", "", largest_difference),), 0.0)
INDEX = Equality((Part("index", "", largest_difference),), 0.0)

Pair = tuple[FormatName, FormatName]

PAIRS: dict[Pair, Callable[..., Any]] = {
    ("i16", "f32"): plain.from_integers(16),
    ("f32", "i16"): plain.to_integers(16),
    ("i32", "f32"): plain.from_integers(32),
    ("f32", "i32"): plain.to_integers(32, np.float64),
    ("u8", "f32"): plain.u8_to_f32,
    ("f32", "u8"): plain.f32_to_u8,
    ("i24", "f32"): plain.i24_to_f32,
    ("f32", "i24"): plain.f32_to_i24,
    ("i16", "f64"): plain.from_integers(16),
    ("f64", "f32"): plain.cast,
}
"""What users would write for each pair."""

USUAL: tuple[Pair, ...] = (("i16", "f32"), ("f32", "i16"))
SIZES, SMALL_SIZES, STEREO_FRAMES = (100_000, 1_000_000), (1_000, 10_000), 1_000_000
MEMCPY = "memcpy"


def rows(names: list[str], sound: Sound, sizes: tuple[int, ...] | None) -> list[Comparison]:
    """Return the rows of the audio suite: the published one, or the usual pair both ways; an empty call."""
    if sound.real or sizes:
        large = sound.sizes(sizes or SIZES)
        return [*(_pair(names, sound, pair, large, _title(pair)) for pair in USUAL), empty_call(names)]
    return [_published(names, sound), empty_call(names)]


def comparisons(options: SuiteOptions) -> list[Comparison]:
    """Build the suite of formats: every pair, raw kernels of the usual one, both layouts."""
    names = backend_names(options.backends)
    sound = options.sound or synthetic()
    large, small = sound.sizes(options.sizes or SIZES), sound.sizes(options.sizes or SMALL_SIZES)
    found = [_pair(names, sound, pair, large, _title(pair)) for pair in PAIRS]
    found += [_bound(names, sound, pair, small) for pair in USUAL]
    if sound.stereo is not None:
        found += _layouts(names, sound, sound.sizes(options.sizes or (STEREO_FRAMES,)))
    return found


def _title(pair: Pair) -> str:
    return f"{pair[0]} to {pair[1]}"


def _published(names: list[str], sound: Sound) -> Comparison:
    row = _pair(names, sound, ("i16", "f32"), (1_000_000,), "Format Convert (1M samples)")
    row.claim = Claim(1.1, 1.35, 0.82, PUBLISHED)
    row.notes = ("Published without saying which formats; i16 to f32 here, into a kept output.",)
    return row


def _pair(names: list[str], sound: Sound, pair: Pair, sizes: tuple[int, ...], title: str) -> Comparison:
    source, target = pair

    def ours(name: str) -> Callable[..., Any]:
        return partial(convert_format, to=target, source=source, backend=name)

    return _converting(names, sound, pair, sizes, title, ours)


def _bound(names: list[str], sound: Sound, pair: Pair, sizes: tuple[int, ...]) -> Comparison:
    source, target = (FORMATS.index(name) for name in pair)

    def ours(name: str) -> Callable[..., Any]:
        kernel = paceline.bind("convert_format", backend=name)

        def call(x: Any, *, out: Any) -> None:
            kernel(x, source, out, target, 0)

        return call

    return _converting(names, sound, pair, sizes, f"{_title(pair)} (raw kernel)", ours)


def _converting(
    names: list[str],
    sound: Sound,
    pair: Pair,
    sizes: tuple[int, ...],
    title: str,
    ours: Callable[[str], Callable[..., Any]],
) -> Comparison:
    source, target = pair

    def inputs(n: int, rng: np.random.Generator) -> tuple[Any, ...]:
        floats = sound.mono(n, rng) if sound.real else OPERATIONS["convert_format"].workload(n, rng)[0]
        return (floats if source == "f32" else convert_format(floats, source, backend=REFERENCE),)

    right = partial(convert_format, to=target, source=source, backend=REFERENCE)
    return Comparison(
        "convert_format",
        [
            *backends(names, ours),
            Candidate(NUMPY, PAIRS[pair], "into the kept output; no rule for NaN"),
            memcpy(),
        ],
        inputs,
        sizes,
        NUMPY,
        BITS,
        reference=reference(right),
        title=title,
        item="sample",
        notes=sound.remarks,
        source=sound.source,
    )


def _layouts(names: list[str], sound: Sound, sizes: tuple[int, ...]) -> list[Comparison]:
    assert sound.stereo is not None
    stereo = sound.stereo
    found = []
    for name, public, planar in (("interleave", interleave, True), ("deinterleave", deinterleave, False)):

        def inputs(n: int, rng: np.random.Generator, planar: bool = planar) -> tuple[Any, ...]:
            x = stereo(n, rng)
            return (np.ascontiguousarray(x.T) if planar else x,)

        found.append(
            Comparison(
                name,
                [
                    *backends(names, lambda backend, public=public: partial(public, backend=backend)),  # type: ignore[misc]
                    Candidate(NUMPY, plain.transposed, "np.copyto of the transpose into the kept output"),
                    memcpy(),
                ],
                inputs,
                sizes,
                NUMPY,
                BITS,
                reference=reference(partial(public, backend=REFERENCE)),
                title=f"{name.capitalize()} stereo f32",
                item="frame",
                notes=sound.remarks,
                source=sound.source,
            )
        )
    return found


def memcpy() -> Candidate:
    """Return copying as many bytes as are read and written: no conversion is faster than that by more than luck."""
    label = "memmove between the same arrays, of as many bytes"
    return Candidate(MEMCPY, plain.Copy(), label, "limit", other_work="only copies")


def empty_call(names: list[str]) -> Comparison:
    """Return the row of a kernel that is given empty arrays: the way into native code and back."""

    def nothing(_x: Any, _source: int, _out: Any, _target: int, _rounding: int) -> int:
        return -1

    kernel = partial(paceline.bind, "convert_format")
    python = "an empty Python function"
    return Comparison(
        "convert_format",
        [*backends(names, lambda name: kernel(backend=name)), Candidate(python, nothing, "five arguments, no work")],
        lambda _n, _rng: (np.empty(0, np.int16), 0, np.empty(0, np.float32), FORMATS.index("f32"), 0),
        (1,),
        python,
        INDEX,
        reference=python,
        keep_outputs=False,
        title="FFI Call Overhead",
        item="call",
        notes=["convert_format's raw kernel on empty arrays: taking five arguments apart and coming back."],
        source="empty arrays",
    )
