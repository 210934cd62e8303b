"""A recorded trajectory, checked and prepared once, to be asked many times."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from paceline._arguments import (
    Bounds,
    Duplicates,
    Floats,
    Stamps,
    as_floats,
    as_pose_outs,
    as_stamps,
    check_queries,
    check_span,
    one_of,
    overlaps,
)
from paceline._knots import BOUNDS, raise_for_knot, take_knots
from paceline.selection import selector

_check = selector("trajectory_check")
_poses = selector("trajectory_at")
_gaps = selector("trajectory_gap")


class Trajectory:
    """A trajectory of poses, checked and copied once.

    Parameters
    ----------
    stamps : (m,) int64 ns or datetime64[ns]
        Knot times, strictly increasing; at least one. One knot gives a constant.
    positions : (m, 3)
        Metres, or any unit; NaN passes through.
    quaternions : (m, 4)
        xyzw, of any norm but zero; every one is examined.
    duplicates : {"error", "first", "last"}
        What repeats of a stamp give: ValueError, or all but the first or last of them dropped.
    scalar_first : bool
        Quaternions, given and returned, are wxyz.
    backend : str, optional
        Use this backend or raise.

    Raises
    ------
    TypeError
        Stamps are floats, or a dtype does not fit.
    ValueError
        Shapes differ; there is no knot; stamps do not strictly increase; a quaternion is zero or not finite. The
        message has the first offending index.

    Notes
    -----
    Cost: one pass and 64 bytes a knot; afterwards a call costs its queries only, whatever the number of knots.
    Threads may share a trajectory: nothing of it changes once it is made.
    """

    __slots__ = ("_at", "_first", "_gap", "_last", "_positions", "_quaternions", "_stamps")

    def __init__(
        self,
        stamps: ArrayLike,
        positions: ArrayLike,
        quaternions: ArrayLike,
        *,
        duplicates: Duplicates = "error",
        scalar_first: bool = False,
        backend: str | None = None,
    ) -> None:
        knots, kept = take_knots(stamps, "stamps", duplicates)
        m = len(knots) if kept is None else kept.total
        p = as_floats(positions, "positions", (m, 3))
        q = as_floats(quaternions, "quaternions", (m, 4))
        if scalar_first is not False and scalar_first is not True:
            raise TypeError(f"scalar_first is {scalar_first!r}; accepted are True and False.")
        if m == 0:
            raise ValueError("stamps is empty; accepted is at least one knot.")
        if kept is not None:
            p, q = p[kept.index], q[kept.index]
        check_span(knots, "stamps")
        bad = _check.pick(len(knots), backend)(knots, q)
        if bad >= 0:
            raise_for_knot(bad, knots, "stamps", q, "quaternions", kept)
        # As stored: normalising here would round once more than normalising on the way.
        self._stamps, self._positions, self._quaternions = (
            (knots.copy(), p.copy(), q.copy()) if kept is None else (knots, p, q)
        )
        self._first, self._last = int(knots[0]), int(knots[-1])
        self._at = _poses.kept(backend)
        self._gap = _gaps.kept(backend)

    def at(
        self, times: ArrayLike, *, bounds: Bounds = "clamp", out: tuple[Floats, Floats] | None = None
    ) -> tuple[Floats, Floats]:
        """Interpolate the pose at each time: positions (n, 3) and unit quaternions (n, 4).

        Parameters
        ----------
        times : (n,) int64 ns or datetime64[ns]
            Query times in any order.
        bounds : {"clamp", "error", "extrapolate"}
            What a query outside the knots gives: the nearer end's pose, ValueError, or the end segment carried on.
        out : tuple of (n, 3) and (n, 4) float64, optional
            Receive the result; left as they were if an error is raised.

        Raises
        ------
        TypeError, ValueError
            As :func:`paceline.interpolate_trajectory_batch` for queries.
        """
        one_of(bounds, "bounds", BOUNDS)
        at = as_stamps(times, "times")
        n = len(at)
        positions, quaternions = (np.empty((n, 3)), np.empty((n, 4))) if out is None else as_pose_outs(out, n)
        if n == 0:
            return positions, quaternions
        if bounds != "clamp":
            check_queries(at, "times", self._first, self._last, bounds)
        if out is not None and (overlaps(positions, at) or overlaps(quaternions, at)):
            at = at.copy()  # the knots are this object's own, so only the queries could be written over
        kernel = self._at.at(n).kernel
        kernel(self._stamps, self._positions, self._quaternions, at, bounds == "extrapolate", positions, quaternions)
        return positions, quaternions

    def gap(self, times: ArrayLike) -> Stamps:
        """Return the distance in ns, (n,) int64, from each time to the nearest knot, within the knots or outside.

        What a recording does not hold is not known, however smooth the interpolation: compare this with a limit.
        """
        at = as_stamps(times, "times")
        check_queries(at, "times", self._first, self._last, "extrapolate")
        out = np.empty(len(at), np.int64)
        self._gap.at(len(at)).kernel(self._stamps, at, out)
        return out

    def __len__(self) -> int:
        """Return the number of knots."""
        return len(self._stamps)

    @property
    def span(self) -> tuple[int, int]:
        """First and last stamp in ns."""
        return self._first, self._last

    @property
    def backend(self) -> str:
        """The backend that serves as many queries as there are knots; other numbers may have another one.

        Which sizes have which backend is settled when the trajectory is made.
        """
        return self._at.at(len(self)).backend

    def __repr__(self) -> str:
        seconds = (self._last - self._first) / 1e9
        return f"Trajectory({len(self)} knots over {seconds:.3f} s, backend={self.backend!r})"
