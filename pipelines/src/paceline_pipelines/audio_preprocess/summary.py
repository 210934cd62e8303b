"""What was done to a file, for people and for programs."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Summary", "in_time"]


@dataclass(frozen=True, slots=True)
class Summary:
    """Figures of one run; times in seconds.

    `seconds` is the sound that was read and `written` what OUT holds of it; `speech` and `segments` are None with no
    voice detection. `clamped` counts samples beyond full scale that an integer format cut off; `damage` has the places
    where the input was wrong. `backends` names what ran each step. `elapsed` is the time from opening the input to its
    last sample written, without the picture.
    """

    source: Path
    reader: str
    kind: str
    in_rate: int
    in_channels: int
    out: Path
    format: str
    rate: int
    channels: int
    frames: int
    seconds: float
    written: float
    vad: str
    speech: float | None
    segments: int | None
    clamped: int
    elapsed: float
    backends: dict[str, str]
    damage: tuple[str, ...]
    segments_file: Path | None
    picture: Path | None

    @property
    def speech_share(self) -> float | None:
        """Return the part of the sound that is speech, 0 to 1."""
        return None if self.speech is None else self.speech / self.seconds if self.seconds else 0.0

    @property
    def real_time_factor(self) -> float | None:
        """Return the time spent per second of sound: below 1 is faster than real time."""
        return self.elapsed / self.seconds if self.seconds else None

    def as_json(self) -> dict[str, Any]:
        """Return plain values under the names of the fields."""
        named = {name: getattr(self, name) for name in self.__slots__}
        plain = {name: str(value) if isinstance(value, Path) else value for name, value in named.items()}
        plain["damage"] = list(self.damage)
        return {**plain, "speech_share": self.speech_share, "real_time_factor": self.real_time_factor}

    def lines(self) -> list[str]:
        """Return the summary as a table for a terminal."""
        factor = self.real_time_factor
        speed = f", {1 / factor:.3g} times real time" if factor else ""
        rows = [
            ("read", f"{self.source}: {self.kind}, {_signal(self.in_rate, self.in_channels)} (by {self.reader})"),
            ("wrote", f"{self.out}: {self.format}, {_signal(self.rate, self.channels)}, {in_time(self.written)}"),
            ("duration", f"{in_time(self.seconds)} in {self.elapsed:.2f} s{speed}"),
        ]
        if self.speech is not None and self.speech_share is not None:
            share = f"{in_time(self.speech)} ({self.speech_share:.1%}) in {_count(self.segments or 0, 'segment')}"
            rows.append(("speech", f"{share}, by {self.vad}"))
        if self.clamped:
            rows.append(("clamped", f"{_count(self.clamped, 'sample')} beyond full scale"))
        rows += [(name, str(path)) for name, path in (("segments", self.segments_file), ("plot", self.picture)) if path]
        rows.append(("backends", ", ".join(f"{step} {backend}" for step, backend in self.backends.items())))
        rows += [("damage", place) for place in self.damage]
        return [f"{name:<10}{text}" for name, text in rows]


def in_time(seconds: float) -> str:
    """Write a length of time as a clock would, or in seconds below a minute."""
    if seconds < 60:
        return f"{seconds:.3f} s"
    minutes, rest = divmod(round(seconds, 1), 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}:{minutes:02}:{rest:04.1f}" if hours else f"{minutes}:{rest:04.1f} min"


def _signal(rate: int, channels: int) -> str:
    return f"{rate} Hz {'mono' if channels == 1 else f'{channels} channels'}"


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"
