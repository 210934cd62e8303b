"""Audio: sampling rates, voice activity and sample formats. Frames come first: (frames,) or (frames, channels)."""

from paceline.audio._filter import QualityName
from paceline.audio.formats import (
    FORMATS,
    LEGACY,
    ROUNDINGS,
    FormatName,
    Rounding,
    convert_format,
    deinterleave,
    interleave,
    to_mono,
)
from paceline.audio.resample import ResampleStream, resample
from paceline.audio.vad import VoiceActivity, VoiceDetector, VoiceMode, detect_voice

__all__ = [
    "FORMATS",
    "LEGACY",
    "ROUNDINGS",
    "FormatName",
    "QualityName",
    "ResampleStream",
    "Rounding",
    "VoiceActivity",
    "VoiceDetector",
    "VoiceMode",
    "convert_format",
    "deinterleave",
    "detect_voice",
    "interleave",
    "resample",
    "to_mono",
]
