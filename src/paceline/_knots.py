"""What the functions over knots share: taking them, dropping repeats, and wording a kernel's first offending index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NoReturn

import numpy as np
from numpy.typing import ArrayLike, NDArray

from paceline._arguments import (
    INT64_MAX,
    Bounds,
    Duplicates,
    Floats,
    Stamps,
    as_stamps,
    check_queries,
    check_span,
    one_of,
)

BOUNDS: Final = ("clamp", "error", "extrapolate")
DUPLICATES: Final = ("error", "first", "last")

_A_QUATERNION: Final = "accepted is any quaternion of four finite numbers that are not all zero"


@dataclass(frozen=True, slots=True)
class Kept:
    """Which of ``total`` knots are left after repeats were dropped, by their index as given."""

    index: NDArray[np.intp]
    total: int


def take_knots(x: ArrayLike, name: str, duplicates: Duplicates) -> tuple[Stamps, Kept | None]:
    """Return the knots' stamps without repeats where ``duplicates`` says so, and what was kept if any were dropped."""
    one_of(duplicates, "duplicates", DUPLICATES)
    stamps = as_stamps(x, name)
    if duplicates == "error" or len(stamps) < 2:
        return stamps, None
    differs = stamps[1:] != stamps[:-1]
    if differs.all():
        return stamps, None
    keep = np.concatenate([[True], differs] if duplicates == "first" else [differs, [True]])
    index = np.flatnonzero(keep)
    return stamps[index], Kept(index, len(stamps))


def check_knots(stamps: Stamps, at: Stamps, name: str, at_name: str, bounds: Bounds, kept: Kept | None) -> None:
    """Raise ValueError where the first and last knot alone say that the queries cannot be answered."""
    if len(stamps) == 0:
        if len(at):
            raise ValueError(f"{name} is empty and {at_name} has {len(at)} times; accepted is at least one knot.")
        return
    check_span(stamps, name)
    if bounds != "clamp":
        try:
            check_queries(at, at_name, int(stamps[0]), int(stamps[-1]), bounds)
        except ValueError:
            raise_for_order(stamps, name, kept)  # what "outside" means is only known once the knots are in order
            raise


def raise_for_order(stamps: Stamps, name: str, kept: Kept | None) -> None:
    """Raise ValueError if the stamps do not strictly increase, with the first index at which they do not."""
    wrong = np.flatnonzero(stamps[1:] <= stamps[:-1])
    if wrong.size:
        raise_for_knot(int(wrong[0]) + 1, stamps, name, None, "", kept)


def raise_for_knot(
    bad: int, stamps: Stamps, name: str, quats: Floats | None, quats_name: str, kept: Kept | None
) -> NoReturn:
    """Word a kernel's verdict on knot ``bad``: its stamp is not after the one before it, or its quaternion is bad.

    All stamps are checked before any quaternion, so a knot in order is one whose quaternion is bad.
    """
    here = int(kept.index[bad]) if kept is not None else bad
    if bad > 0 and stamps[bad] <= stamps[bad - 1]:
        before = int(kept.index[bad - 1]) if kept is not None else bad - 1
        mend = (
            "duplicates='first' or 'last' drops repeats"
            if stamps[bad] == stamps[bad - 1]
            else "sort the knots by time first"
        )
        raise ValueError(
            f"{name}[{here}] = {stamps[bad]} is not after {name}[{before}] = {stamps[bad - 1]}; accepted are "
            f"strictly increasing stamps: {mend}."
        )
    if quats is None:
        raise AssertionError(f"a kernel found fault with knot {bad}, which is in order")
    raise ValueError(f"{quats_name}[{here}] is {_worded(quats[bad])}; {_A_QUATERNION}.")


def raise_for_pair(
    bad: int | None,
    times: tuple[int, int],
    quats: tuple[Sequence[float] | Floats, Sequence[float] | Floats] | None,
) -> NoReturn:
    """Word a kernel's verdict on one pair of knots (row ``bad``, or None for a single pair)."""
    t0, t1 = times
    row = "" if bad is None else f"[{bad}]"
    if t1 < t0:
        raise ValueError(f"t1{row} = {t1} is before t0{row} = {t0}; accepted is t0 <= t1.")
    if t1 - t0 > INT64_MAX:
        raise ValueError(f"t0{row} = {t0} and t1{row} = {t1} are 2**63 ns (292 years) or more apart; accepted is less.")
    for name, q in zip(("q0", "q1"), quats or (), strict=False):
        if not (np.isfinite(q).all() and np.any(q)):
            raise ValueError(f"{name}{row} is {_worded(q)}; {_A_QUATERNION}.")
    raise AssertionError(f"a kernel found fault with pair {bad}, which is good")


def _worded(q: Sequence[float] | Floats) -> str:
    return f"({', '.join(repr(float(c)) for c in q)})"
