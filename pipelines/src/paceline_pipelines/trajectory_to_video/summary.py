"""What a conversion did, and the sentences that tell it."""

from dataclasses import dataclass
from pathlib import Path

from paceline.tum import Duplicate

__all__ = ["Furthest", "Hole", "Summary", "in_seconds", "in_words"]

_SHOWN = 3  # duplicates told one by one; of the rest, the number


@dataclass(frozen=True, slots=True)
class Hole:
    """The longest time between two knots: `length` ns, between the lines or rows `after` and `before`."""

    length: int
    after: int
    before: int


@dataclass(frozen=True, slots=True)
class Furthest:
    """The frame furthest from its nearest knot: `gap` ns, its index, its stamp in ns, its place in the file."""

    gap: int
    frame: int
    stamp: int
    place: str


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts and places of one conversion; times are int64 nanoseconds.

    `outside` frames lie before the first or after the last knot; `invalid` counts them and those further
    than `max_gap` from a knot. `hole` and `furthest` are None for one knot and for no frame.
    """

    out: Path
    knots: int
    frames: int
    invalid: int
    outside: int
    max_gap: int
    hole: Hole | None
    furthest: Furthest | None
    trajectory: Path
    unit: str
    duplicates: tuple[Duplicate, ...]
    kept: str
    backend: str

    @property
    def valid(self) -> int:
        """Return the number of valid frames."""
        return self.frames - self.invalid

    def lines(self) -> list[str]:
        """Return the summary as sentences for a terminal."""
        text = [f"{self.out}: {self.frames} frames from {self.knots} knots, {self.valid} valid ({self.backend})."]
        if 0 < self.frames == self.outside:
            text.append("No frame lies within the trajectory: do both files count time from the same moment?")
        if self.invalid:
            text.append(
                f"{self.invalid} frames are not valid: {self.outside} outside the trajectory's span, "
                f"{self.invalid - self.outside} inside it but over {in_words(self.max_gap)} from every knot."
            )
        if self.furthest:
            worst = self.furthest
            text.append(
                f"Furthest from a knot: frame {worst.frame} at {in_seconds(worst.stamp)} s, "
                f"by {in_words(worst.gap)} ({worst.place})."
            )
        if self.hole:
            hole = self.hole
            text.append(
                f"Longest time without a knot: {in_words(hole.length)}, between {self.unit}s {hole.after} and "
                f"{hole.before} of {self.trajectory}."
            )
        text.extend(
            f"{self.trajectory}, {self.unit} {one.line} repeats the stamp {in_seconds(one.stamp)} s of "
            f"{self.unit} {one.first_line}; the {self.kept} of them is used."
            for one in self.duplicates[:_SHOWN]
        )
        if len(self.duplicates) > _SHOWN:
            text.append(f"{len(self.duplicates) - _SHOWN} more repeated stamps were treated alike.")
        return text


def in_seconds(ns: int) -> str:
    """Write nanoseconds as decimal seconds, exactly, as a TUM file would."""
    whole, rest = divmod(abs(ns), 10**9)
    return f"{'-' if ns < 0 else ''}{whole}.{rest:09}".rstrip("0").rstrip(".")


def in_words(ns: int) -> str:
    """Write a length of time in the unit that reads best."""
    return f"{ns / 1e9:.2f} s" if ns >= 10**9 else f"{ns / 1e6:.4g} ms"
