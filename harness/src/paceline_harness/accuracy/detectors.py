"""The detectors that are asked: ours, webrtcvad, and silero-vad's network, which is the reference."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from paceline.audio import VoiceMode, convert_format, detect_voice
from paceline_harness.accuracy.corpus import FRAME, RATE, Flags, Samples

WINDOW, CONTEXT = 512, 64
"""Samples that silero's network takes at a time, and how many of those before."""

THRESHOLD = 0.5
MODEL = Path("data") / "silero_vad.onnx"


class AbsentError(RuntimeError):
    """A detector is not there; the message says what is missing."""


@dataclass(frozen=True)
class Detector:
    """A detector: `make()` returns what decides on each 30 ms frame of 16 kHz samples, or raises AbsentError."""

    name: str
    make: Callable[[], Callable[[Samples], Flags]]


def silero() -> Callable[[Samples], Flags]:
    """Return silero-vad's network on onnxruntime; torch is not loaded.

    Raises
    ------
    AbsentError
        A package is missing.
    """
    _needed("onnxruntime", "onnxruntime")
    package = _needed("silero_vad", "--no-deps silero-vad")
    import onnxruntime

    path = Path(package) / MODEL
    if not path.is_file():
        raise AbsentError(f"this version of silero-vad has no {MODEL}")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return lambda x: probabilities(session, x) > THRESHOLD


def probabilities(session: Any, x: Samples) -> npt.NDArray[np.float32]:
    """Return silero's probability of speech for each frame: that of the window which the frame's middle lies in."""
    windows = np.zeros((-(-len(x) // WINDOW), WINDOW), np.float32)
    windows.reshape(-1)[: len(x)] = x
    state, context = np.zeros((2, 1, 128), np.float32), np.zeros((1, CONTEXT), np.float32)
    rate, found = np.array(RATE, np.int64), np.empty(len(windows), np.float32)
    for at in range(len(windows)):
        window = windows[at : at + 1]
        given = {"input": np.concatenate([context, window], axis=1), "state": state, "sr": rate}
        output, state = session.run(None, given)
        context, found[at] = window[:, -CONTEXT:], output[0, 0]
    middles = np.arange(len(x) // FRAME) * FRAME + FRAME // 2
    return found[middles // WINDOW]


def webrtcvad(mode: int) -> Callable[[Samples], Flags]:
    """Return webrtcvad in a mode from 0 to 3, made anew for each signal.

    Raises
    ------
    AbsentError
        It is not installed.
    """
    _needed("webrtcvad", "webrtcvad-wheels")
    from webrtcvad import Vad

    def decide(x: Samples) -> Flags:
        speech, whole = Vad(mode).is_speech, convert_format(x, "i16", backend="python")
        frames = (whole[at : at + FRAME].tobytes() for at in range(0, len(whole) - FRAME + 1, FRAME))
        return np.array([speech(frame, RATE) for frame in frames], bool)

    return decide


def ours(mode: VoiceMode) -> Callable[[Samples], Flags]:
    """Return paceline's detector in a mode, by the backend that serves here."""
    return lambda x: detect_voice(x, RATE, mode=mode, frame_ms=30).flags


REFERENCE = Detector("silero-vad", silero)
DETECTORS = (
    Detector("paceline fft", lambda: ours("fft")),
    Detector("paceline rms", lambda: ours("rms")),
    Detector("webrtcvad 0", lambda: webrtcvad(0)),
    Detector("webrtcvad 1", lambda: webrtcvad(1)),
    Detector("webrtcvad 2", lambda: webrtcvad(2)),
    Detector("webrtcvad 3", lambda: webrtcvad(3)),
    REFERENCE,
)


def _needed(module: str, package: str) -> str:
    """Return the folder or file that a module is in, without importing it."""
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        raise AbsentError(f"{module} is not installed: uv pip install {package}")
    return str(Path(spec.origin).parent)
