"""Who resamples: our backends, native peers and SciPy, each with an examination of what its output is worth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from math import gcd
from typing import Any

import paceline
from paceline.audio import resample
from paceline_harness.baselines import resample as plain
from paceline_harness.candidate import Candidate
from paceline_harness.suites.audio.quality import examined
from paceline_harness.suites.audio.shared import OWN_FILTER, has_variant, imported, kilohertz, peer
from paceline_harness.suites.columns import backends

RUBATO = "rust:rubato"


@dataclass(frozen=True)
class Ratio:
    """Two rates, and their quotient in lowest terms."""

    in_rate: int
    out_rate: int

    @property
    def up(self) -> int:
        """By what the rate is multiplied."""
        return self.out_rate // gcd(self.in_rate, self.out_rate)

    @property
    def down(self) -> int:
        """By what the rate is divided."""
        return self.in_rate // gcd(self.in_rate, self.out_rate)

    @property
    def title(self) -> str:
        """The two rates in words."""
        return f"{kilohertz(self.in_rate)} to {kilohertz(self.out_rate)} kHz"


def ours(ratio: Ratio, name: str) -> Callable[..., Any]:
    """Return paceline's resampler by a backend."""
    return partial(resample, in_rate=ratio.in_rate, out_rate=ratio.out_rate, backend=name)


def our_columns(names: list[str], ratio: Ratio) -> list[Candidate]:
    """Return the backends named, and rubato in the rust backend where it has that."""
    columns = [
        each if each.call is None else replace(each, examine=_examination(each.name, each.call, ratio))
        for each in backends(names, partial(ours, ratio))
    ]
    if "rust" in names and has_variant("resample", RUBATO):
        state, call = paceline.status()["rust"], ours(ratio, RUBATO)
        columns.append(
            Candidate(
                RUBATO,
                call,
                "rubato's own filter in the rust backend",
                "backend",
                version=state.version,
                package=state.package,
                examine=_examination(RUBATO, call, ratio),
                **OWN_FILTER,
            )
        )
    return columns


def _examination(name: str, call: Callable[..., Any], ratio: Ratio) -> Callable[[], Any]:
    return partial(examined, name, call, ratio.in_rate, ratio.out_rate)


def soxr_hq(ratio: Ratio) -> Candidate:
    """Return soxr at its default quality."""
    resampled = imported("soxr", "resample")

    def call(x: Any) -> Any:
        return resampled(x, ratio.in_rate, ratio.out_rate, "HQ")

    return peer(
        "soxr HQ",
        "soxr",
        call,
        "libsoxr's default, librosa's too",
        observe=lambda y, x: plain.fitted(y, plain.frames_out(len(x), ratio.up, ratio.down)),
        examine=_examination("soxr HQ", call, ratio),
        **OWN_FILTER,
    )


def sphn_rubato(ratio: Ratio) -> Candidate:
    """Return rubato by way of sphn, aligned as well as it can be."""
    sphn = plain.Sphn(imported("sphn", "resample"), ratio.in_rate, ratio.out_rate, ratio.up, ratio.down)
    how = f"zeros appended beforehand, its delay of {sphn.delay} frames cut off"
    apart = {} if sphn.aligned else {
        "tolerance": 1.0,
        "tolerance_reason": "it stays half a frame of input late, which no cutting removes: not aligned",
    }  # fmt: skip
    return peer(
        "sphn, rubato FFT",
        "sphn",
        sphn,
        f"Rust's rubato; {how}",
        prepare=sphn.prepare,
        observe=lambda y, _x: plain.interleaved(y),
        examine=_examination("sphn, rubato FFT", lambda x: plain.interleaved(sphn(*sphn.prepare(x))), ratio),
        **{**OWN_FILTER, **apart},
    )


def by_scipy(ratio: Ratio) -> list[Candidate]:
    """Return SciPy's ways: its polyphase filter at this quality and by default, and one FFT over everything."""
    up, down = ratio.up, ratio.down

    def same_quality(x: Any, taps: Any) -> Any:
        return plain.scipy_poly(x, up, down, taps)

    def by_default(x: Any) -> Any:
        return plain.scipy_poly(x, up, down)

    def whole(x: Any) -> Any:
        return plain.scipy_whole(x, up, down)

    def with_taps(x: Any) -> tuple[Any, ...]:
        return x, plain.same_quality_taps(up, down)

    return [
        Candidate(
            "resample_poly, same quality",
            same_quality,
            "SciPy's polyphase filter with taps of this quality, made beforehand",
            tolerance=1e-3,
            tolerance_reason="its filter is of the same class and not the same one",
            prepare=with_taps,
            examine=_examination("resample_poly, same quality", lambda x: same_quality(*with_taps(x)), ratio),
        ),
        Candidate(
            "resample_poly, default",
            by_default,
            "SciPy's polyphase filter with the taps that it takes by itself",
            examine=_examination("resample_poly, default", by_default, ratio),
            **OWN_FILTER,
        ),
        Candidate(
            "scipy.signal.resample",
            whole,
            "one FFT over everything",
            tolerance=1.0,
            tolerance_reason="it takes the signal to begin again at its end, so both ends differ",
            examine=_examination("scipy.signal.resample", whole, ratio),
        ),
    ]
