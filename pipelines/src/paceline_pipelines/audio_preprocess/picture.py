"""A picture of any length in bounded memory: envelopes are merged two by two as they fill."""

from math import log10
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from paceline_pipelines.audio_preprocess.errors import PreprocessError, load_optional
from paceline_pipelines.audio_preprocess.speech import Segments

__all__ = ["Envelope", "Picture", "check_picture"]

_SUFFIXES: Final = (".png", ".svg")
_POINTS: Final = 4096
"""Of an envelope at most: twice the pixels of the picture's width and more, so that merging shows nowhere."""

_BELOW: Final = 40.0
"""dB below the threshold that are drawn: digital silence would leave no room for the rest."""

OVER_FLOOR_DB: Final = 5.5
RMS_THRESHOLD: Final = 0.02
"""What `paceline.audio.detect_voice` documents for ``adaptive``: dB in mode fft, an amplitude in mode rms."""

_WAVE, _SCORE, _LINE, _SPEECH = "#32608f", "#7a4f9a", "#b03030", "#58a55c"


class Envelope:
    """The lowest and the highest of every ``step`` values, at most `points` of them."""

    def __init__(self, points: int = _POINTS) -> None:
        self._low = np.full(points, np.inf, np.float32)
        self._high = np.full(points, -np.inf, np.float32)
        self.count = 0
        self.step = 1

    def add(self, values: NDArray[Any]) -> None:
        """Append values (n,)."""
        if not len(values):
            return
        end = self.count + len(values)
        while end > len(self._low) * self.step:
            self._merge()
        first, last = self.count // self.step, (end - 1) // self.step
        starts = np.arange(first, last + 1) * self.step - self.count
        starts[0] = 0  # the first bin may have begun before
        at = slice(first, last + 1)
        np.minimum(self._low[at], np.minimum.reduceat(values, starts), out=self._low[at])
        np.maximum(self._high[at], np.maximum.reduceat(values, starts), out=self._high[at])
        self.count = end

    def _merge(self) -> None:
        half = len(self._low) // 2
        for values, merge, empty in ((self._low, np.minimum, np.inf), (self._high, np.maximum, -np.inf)):
            values[:half] = merge(values[0::2], values[1::2])
            values[half:] = empty
        self.step *= 2

    def curves(self) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.float32]]:
        """Return the index in the middle of each bin, its lowest and its highest value."""
        used = -(-self.count // self.step)
        middles = np.arange(used) * self.step + self.step // 2
        return middles, self._low[:used], self._high[:used]


def check_picture(path: Path) -> None:
    """Refuse a name that says no kind of picture, and a missing matplotlib, before any work.

    Raises
    ------
    PreprocessError
        One of the two.
    """
    if path.suffix.lower() not in _SUFFIXES:
        raise PreprocessError(f"{path} does not say how to draw; accepted are {', '.join(_SUFFIXES)}.")
    load_optional("matplotlib", "a picture")


class Picture:
    """Collects what is drawn in the end: the waveform, the detector's score, the segments.

    `frame` is the length of a detector's frame in samples, None without one; `mode` and `threshold` are the options
    that it was given.
    """

    def __init__(self, rate: int, frame: int | None, mode: str, threshold: float | str) -> None:
        self._rate, self._frame = rate, frame
        self._floored = mode == "fft" and threshold == "adaptive"
        if self._floored:
            self._limit = OVER_FLOOR_DB
        elif mode == "fft":
            self._limit = float(threshold)
        else:
            self._limit = 20 * log10(RMS_THRESHOLD if threshold == "adaptive" else float(threshold))
        self._wave, self._score = Envelope(), Envelope()

    def add(self, mono: NDArray[Any], scores: NDArray[np.float32] | None) -> None:
        """Append samples (n,) and the scores (k,) that became known with them."""
        self._wave.add(mono)
        if scores is not None:
            self._score.add(np.maximum(scores, np.float32(self._limit - _BELOW)))

    def draw(self, path: Path, form: str, title: str, segments: Segments | None) -> None:
        """Write the picture to `path` as ``png`` or ``svg``."""
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        rows = 1 if self._frame is None else 2
        figure = Figure(figsize=(12, 2 + 2 * rows), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots(rows, 1, sharex=True, squeeze=False)[:, 0]
        at, low, high = self._wave.curves()
        axes[0].fill_between(at / self._rate, low, high, color=_WAVE, linewidth=0.6)
        reach = max(0.05, float(np.abs((low, high)).max(initial=0.0)) * 1.05)
        axes[0].set(ylim=(-reach, reach), ylabel="amplitude")
        if self._frame is not None:
            at, low, high = self._score.curves()
            seconds = (at + 0.5) * self._frame / self._rate
            axes[1].fill_between(seconds, low, high, color=_SCORE, linewidth=0.8)
            if self._floored:
                axes[1].axhline(0.0, color=_LINE, linewidth=1, linestyle=":", label="floor")
            axes[1].axhline(self._limit, color=_LINE, linewidth=1, linestyle="--", label="threshold")
            axes[1].legend(loc="upper right")
            axes[1].set_ylabel("dB over the floor" if self._floored else "dB of full scale")
        if segments is not None:
            spans = [(start, end - start) for start, end in segments.seconds.tolist()]
            for each in axes:
                # One collection in the axes' own height: thousands of segments stay one object.
                each.broken_barh(
                    spans,
                    (0, 1),
                    transform=each.get_xaxis_transform(),
                    color=_SPEECH,
                    alpha=0.25,
                    linewidth=0,
                    zorder=0,
                )
        axes[-1].set(xlabel="seconds", xlim=(0, max(self._wave.count / self._rate, 1e-3)))
        axes[0].set_title(title, loc="left", fontsize=10, parse_math=False)
        metadata = {"Date": None} if form == "svg" else None  # the same picture from the same sound
        figure.savefig(path, format=form, dpi=120, metadata=metadata)
