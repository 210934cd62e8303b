"""`audio_preprocess`: read, resample, find the speech, convert the samples, write; block by block."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from os import PathLike
from pathlib import Path
from time import perf_counter
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

import paceline
from paceline import audio
from paceline_pipelines.audio_preprocess.errors import Damage, OnDamage, PreprocessError
from paceline_pipelines.audio_preprocess.picture import Picture, check_picture
from paceline_pipelines.audio_preprocess.readers import open_source
from paceline_pipelines.audio_preprocess.segment_files import choose_segment_writer
from paceline_pipelines.audio_preprocess.sinks import FormatName, Rounding, choose_layout, open_sink
from paceline_pipelines.audio_preprocess.source import Source
from paceline_pipelines.audio_preprocess.speech import Pauses, Segments
from paceline_pipelines.audio_preprocess.staging import check_targets, staged
from paceline_pipelines.audio_preprocess.summary import Summary

__all__ = ["audio_preprocess"]

_LOUDEST = 1e12
"""Beyond it a float is a damaged one, and its square leaves float32; some tools do write int32 levels as floats."""

QualityName = Literal["low", "medium", "high", "best"]


def audio_preprocess(
    source: str | PathLike[str],
    out: str | PathLike[str],
    *,
    rate: int | None = 16_000,
    quality: QualityName = "high",
    format: FormatName | None = None,
    rounding: Rounding = "nearest",
    channels: Literal["keep", "mono"] | int = "mono",
    vad: Literal["fft", "rms", "off"] = "fft",
    frame_ms: float = 30.0,
    threshold: float | Literal["adaptive"] = "adaptive",
    min_speech_ms: float | None = None,
    hangover_ms: float | None = None,
    padding_ms: float = 0.0,
    min_silence_ms: float = 0.0,
    keep: Literal["all", "speech"] = "all",
    segments: str | PathLike[str] | None = None,
    plot: str | PathLike[str] | None = None,
    start: float = 0.0,
    duration: float | None = None,
    on_damage: OnDamage = "fail",
    overwrite: bool = False,
    backend: str | None = None,
    progress: Callable[[float, float | None], None] | None = None,
) -> Summary:
    """Write the sound of a file at one rate and in one sample format to `out`, and find the speech in it.

    Parameters
    ----------
    source : path
        WAV, FLAC, Ogg, AIFF, MP3, M4A, WebM, MP4 and what else libsndfile or FFmpeg decode; told apart by content.
    out : path
        Its suffix says what to write: .wav, .flac, .ogg, .opus, .mp3, .aiff, .au, .caf, .w64, .rf64, .npy or .raw.
        It appears in one step when all is written; after an error or Ctrl-C it is as it was before.
    rate : int, optional
        Hz; None keeps the rate of `source`.
    quality : {"low", "medium", "high", "best"}
        As in `paceline.audio.resample`.
    format : {"i16", "i24", "i32", "u8", "f32", "f64"}, optional
        By default int16, and float32 in .npy and where samples are coded.
    rounding : {"nearest", "floor", "truncate"}
        To integers, as in `paceline.audio.convert_format`.
    channels : {"keep", "mono"} or int
        All of them, their mean, or only the one of this number, from 0.
    vad : {"fft", "rms", "off"}
        How speech is found, at the rate of `out`, in the mean of its channels.
    frame_ms, threshold, min_speech_ms, hangover_ms, padding_ms, min_silence_ms
        As in `paceline.audio.detect_voice`.
    keep : {"all", "speech"}
        What `out` holds: everything, or only the speech, without the pauses.
    segments : path, optional
        Write where speech begins and ends: .json, .csv, or .txt as Audacity's label track. Positions count from
        `start` in the sound as it is before pauses are left out.
    plot : path, optional
        Draw the waveform, the score and the segments: .png or .svg.
    start, duration : float
        Seconds to leave out first, and to read at most.
    on_damage : {"fail", "keep"}
        What a truncated or damaged file is: an error, or what can be decoded of it, with the places in the summary.
    overwrite : bool
        Whether files that are there already are replaced.
    backend : str, optional
        As in `paceline.audio.resample`.
    progress : callable, optional
        Called after each block with the seconds read and, where known, the seconds to read.

    Raises
    ------
    PreprocessError
        A file or an option cannot be used; one sentence.
    OSError, paceline.BackendUnavailable
        A file cannot be read or written; the backend is not installed.

    Notes
    -----
    Memory: one block of 131,072 samples at each step, the detector's delay, the curves of the picture, and 16 bytes for
    each segment; whatever the length of the file.
    """
    source, out = Path(source), Path(out)
    segments, plot = (None if path is None else Path(path) for path in (segments, plot))
    if vad == "off" and (segments is not None or keep == "speech"):
        raise PreprocessError("With --vad off no speech is found, so --segments and --keep speech have nothing to use.")
    if not start >= 0 or not (duration is None or duration >= 0):
        raise PreprocessError(f"--start {start} and --duration {duration} are seconds; accepted are 0 and more.")
    write_segments = None if segments is None else choose_segment_writer(segments)
    if plot is not None:
        check_picture(plot)
    choose_layout(out, format, rounding, 1, 1)  # a wrong name or format is told before the file is opened
    targets = [path for path in (out, segments, plot) if path is not None]
    check_targets(targets, source, overwrite)
    damage = Damage(on_damage)
    hearing = {
        "mode": vad,
        "frame_ms": frame_ms,
        "threshold": threshold,
        "min_speech_ms": min_speech_ms,
        "hangover_ms": hangover_ms,
        "padding_ms": padding_ms,
        "min_silence_ms": min_silence_ms,
        "backend": backend,
    }
    begun = perf_counter()
    with ExitStack() as stack:
        opened = stack.enter_context(open_source(source, damage))
        pick = _chooser(opened, channels)
        to_rate = opened.rate if rate is None else rate
        layout = choose_layout(out, format, rounding, to_rate, opened.channels if channels == "keep" else 1)
        wide = layout.format == "f64" or (layout.format in ("i24", "i32") and opened.wide)
        dtype = np.dtype(np.float64 if wide else np.float32)
        partial = dict(zip(targets, stack.enter_context(staged(targets)), strict=True))
        sink = stack.enter_context(open_sink(partial[out], out, layout, backend))
        try:
            resampler = audio.ResampleStream(
                opened.rate, to_rate, channels=layout.channels, dtype=dtype, quality=quality, backend=backend
            )
        except (TypeError, ValueError) as error:
            raise PreprocessError(f"{source}, {opened.rate} Hz, cannot be brought to {to_rate} Hz: {error}") from error
        listener = None if vad == "off" else _Listener(to_rate, hearing)
        picture = None if plot is None else Picture(to_rate, listener.frame if listener else None, vad, threshold)
        pauses = Pauses(listener.frame) if listener is not None and keep == "speech" else None
        read, made = 0, 0
        for block, last in _selected(opened, pick, dtype, start, duration, damage):
            heard = None
            try:
                resampled = resampler.process(block, last)
                if listener is not None or picture is not None:
                    mono = _mono(resampled, backend)
                    heard = None if listener is None else listener.hear(mono, last)
            except ValueError as error:  # of paceline, which knows only the block
                where = f"{source}, in the block from {read / opened.rate + start:.3f} s on"
                raise PreprocessError(f"{where}: {error}") from error
            if picture is not None:
                picture.add(mono, None if heard is None else heard.scores)
            if pauses is not None and heard is not None:
                for part in pauses.drop(resampled, heard.flags):
                    sink.append(part)
            else:
                sink.append(resampled)
            read, made = read + len(block), made + len(resampled)
            if progress:
                progress(read / opened.rate, _expected(opened, start, duration))
        elapsed = perf_counter() - begun
        found = None if listener is None else listener.segments
        seconds = made / to_rate
        if segments is not None and write_segments is not None and found is not None:
            with partial[segments].open("w", encoding="utf-8", newline="") as file:
                write_segments(file, found, {"source": str(source), "seconds": seconds})
        if plot is not None and picture is not None:
            picture.draw(partial[plot], plot.suffix[1:].lower(), source.name, found)
    return Summary(
        source=source,
        reader=opened.reader,
        kind=opened.kind,
        in_rate=opened.rate,
        in_channels=opened.channels,
        out=out,
        format=layout.format,
        rate=to_rate,
        channels=layout.channels,
        frames=sink.frames,
        seconds=seconds,
        written=sink.frames / to_rate,
        vad=vad,
        speech=None if found is None else float(np.diff(found.seconds).sum()),
        segments=None if found is None else len(found),
        clamped=sink.clamped,
        elapsed=elapsed,
        backends=_backends(vad, backend),
        damage=tuple(damage.lines()),
        segments_file=segments,
        picture=plot,
    )


class _Listener:
    """The voice detector and what it has found so far."""

    def __init__(self, rate: int, options: dict[str, Any]) -> None:
        try:
            self._detector = audio.VoiceDetector(rate, **options)
        except (TypeError, ValueError) as error:
            raise PreprocessError(f"The voice detector refuses its options: {error}") from error
        self.frame = self._detector.frame
        self.segments = Segments(rate)

    def hear(self, mono: NDArray[Any], last: bool) -> audio.VoiceActivity:
        """Return what is decided with these samples."""
        heard = self._detector.process(mono, last)
        self.segments.add(heard.segments)
        return heard


def _chooser(source: Source, channels: str | int) -> Callable[[NDArray[Any]], NDArray[Any]]:
    """Return what brings a block (frames, channels) to the channels that are asked for."""
    if channels == "keep" or (source.channels == 1 and channels in ("mono", 0)):
        return lambda block: block
    if channels == "mono":
        return lambda block: audio.to_mono(block).reshape(-1, 1)
    number = int(channels)
    if not 0 <= number < source.channels:
        raise PreprocessError(
            f"{source.kind} of {source.channels} channels has no channel {number}; accepted are 0 to "
            f"{source.channels - 1}."
        )
    return lambda block: np.ascontiguousarray(block[:, number : number + 1])


def _selected(
    source: Source,
    pick: Callable[[NDArray[Any]], NDArray[Any]],
    dtype: np.dtype[Any],
    start: float,
    duration: float | None,
    damage: Damage,
) -> Iterator[tuple[NDArray[Any], bool]]:
    """Walk the blocks that are asked for, and an empty last one, which says that the signal ends."""
    left = None if duration is None else round(duration * source.rate)
    position = round(start * source.rate)
    if left != 0:
        for block in source.blocks(dtype, position):
            if left is not None and len(block) >= left:
                yield pick(_levels(block[:left], source, position, damage)), False
                break
            if left is not None:
                left -= len(block)
            yield pick(_levels(block, source, position, damage)), False
            position += len(block)
    yield pick(np.empty((0, source.channels), dtype)), True


def _levels(block: NDArray[Any], source: Source, position: int, damage: Damage) -> NDArray[Any]:
    """Return the block, with silence for values that are no levels, which is damage."""
    good = np.abs(block) <= _LOUDEST  # false for NaN
    if good.all():
        return block
    frame, channel = np.argwhere(~good)[0]
    damage.report(
        f"The sample at {(position + frame) / source.rate:.6f} s in channel {channel} is {block[frame, channel]:g}, "
        "which is not a level."
    )
    return np.where(good, block, block.dtype.type(0))


def _mono(block: NDArray[Any], backend: str | None) -> NDArray[Any]:
    return block[:, 0] if block.shape[1] == 1 else audio.to_mono(block, backend=backend)


def _expected(source: Source, start: float, duration: float | None) -> float | None:
    if source.frames is None:
        return duration
    there = max(0.0, source.frames / source.rate - start)
    return there if duration is None else min(there, duration)


def _backends(vad: str, backend: str | None) -> dict[str, str]:
    """Return which backend ran each step: the one whose package holds the kernel."""
    steps = {"resample": "resample_chunk", "format": "convert_format", "vad": "detect_voice"}
    if vad == "off":
        del steps["vad"]
    packages = {state.package: name for name, state in paceline.status().items() if state.package}
    ran = {}
    for step, operation in steps.items():
        module = str(paceline.bind(operation, backend=backend).__module__)
        ran[step] = packages.get(module.partition(".")[0], module)
    return ran
