"""Measures which backend is the fastest here, for every operation and size, and keeps that as the machine profile."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from paceline.operations import OPERATIONS
from paceline.selection import check_operation, profile, refusals, rules, timing
from paceline.selection.curves import ranges, time_at
from paceline.selection.eligible import all_names
from paceline.selection.measuring import BUDGET_S, kernels_of, measure

SPOT_SIZES: Final = (100, 10_000)
SPOT_OFF: Final = 1.3
"""By what factor a spot check may differ from the profile in the ratio of the fastest two."""

Progress = Callable[[str, int, int], None]
"""Called with what is done next, and how many operations of how many are done."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """What a calibration found; printed as a table of who serves which sizes."""

    measured: Mapping[str, profile.Measured]
    kept: tuple[str, ...]
    """Operations whose measurement from before still holds."""
    path: Path | None
    """Where the profile is; None: nothing was written."""
    seconds: float
    took: Mapping[str, float] = field(default_factory=dict)
    """Seconds for each operation that was measured, without compiling and making its inputs."""

    def __str__(self) -> str:
        width = max((len(name) for name in (*self.measured, *self.kept)), default=0)
        lines = []
        for operation, entry in self.measured.items():
            found = ranges({name: curve for name, curve in entry.times.items() if name not in entry.refused})
            who = ", ".join(name if not n else f"{name} from {n:,}" for n, name in found)
            lines.append(f"{operation:<{width}}  {who or 'not measured: making its inputs took too long'}")
            lines += [f"{'':<{width}}  refused: {name}, which {why}" for name, why in entry.refused.items()]
        lines += [f"{operation:<{width}}  as measured before" for operation in self.kept]
        where = f"The machine profile is {self.path}." if self.path else "Nothing was written."
        return "\n".join([*lines, f"{len(self.measured)} operations measured in {self.seconds:.1f} s. {where}"])


def calibrate(
    *operations: str,
    recalibrate: bool = False,
    budget_s: float = BUDGET_S,
    save: bool = True,
    progress: Progress | None = None,
) -> Calibration:
    """Measure the backends that are here against each other and keep what was found for this and all later processes.

    Every backend and variant first has to give the right results, on the operation's golden cases and its workload;
    one that does not is refused, and ``paceline.status()`` has the reason. Then its kernel is timed in turn with the
    others' at two or three sizes a decade. Compiling is timed apart. Ctrl-C leaves the profile as it was.

    Parameters
    ----------
    *operations : str
        Which ones; by default all.
    recalibrate : bool
        Measure also what was measured before and still holds; else that is only checked, at two sizes.
    budget_s : float
        Seconds for one operation, without compiling and making its inputs.
    save : bool
        Write the machine profile; else the result is returned and nothing changes.
    progress : callable, optional
        Called as ``progress(operation, done, of)``.

    Returns
    -------
    Calibration
        Prints as a table.

    Raises
    ------
    ValueError
        There is no operation of that name, or the budget is not above 0.
    ProfileNotWritten
        The profile cannot be written, or PACELINE_PROFILE names one, which is only read.
    """
    for operation in operations:
        check_operation(operation)
    if not budget_s > 0:
        raise ValueError(f"budget_s is {budget_s}; accepted are seconds above 0.")
    if save and profile.is_pinned():
        raise profile.ProfileNotWritten(
            f"The machine profile {profile.path()} is named by {profile.VARIABLE} and is only read; unset that, or "
            "calibrate with save=False."
        )
    began = time.perf_counter()
    wanted = operations or tuple(OPERATIONS)
    path = profile.path()
    if save:
        profile.prepare(path)
    measured: dict[str, profile.Measured] = {}
    took: dict[str, float] = {}
    kept = []
    before = {} if recalibrate else _holding(path)
    for number, operation in enumerate(wanted):
        if progress is not None:
            progress(operation, number, len(wanted))
        if operation in before and not _is_off(operation, before[operation]):
            kept.append(operation)
            continue
        measured[operation], took[operation] = measure(operation, budget_s)
    if progress is not None:
        progress("", len(wanted), len(wanted))
    if save and measured:
        profile.write(path, measured)
        for operation, entry in measured.items():
            for name in (*entry.times, *entry.refused):  # the profile has what it is refused for now
                refusals.lift(operation, name)
        rules.forget(tables=True)
    return Calibration(measured, tuple(kept), path if save else None, time.perf_counter() - began, took)


def _holding(path: Path) -> dict[str, profile.Measured]:
    """Return the measurements of a profile that still hold, but for those of which a backend is refused."""
    try:
        found = profile.read(path)
    except ValueError:
        return {}  # what cannot be read is measured anew
    if found is None or profile.problem_of(found) is not None:
        return {}
    names = {name.partition(":")[0] for name in all_names()}
    refused = {operation for operation, _ in refusals.known()} | {each.operation for each in found.refusals}
    return {
        operation: entry
        for operation, entry in found.operations.items()
        if profile.problem_of_entry(operation, entry, ages=True) is None
        and not entry.refused
        and operation not in refused
        and names <= {*entry.backends, *_without(operation)}
    }


def _without(operation: str) -> set[str]:
    """Return the backends that cannot serve an operation, so that no measurement can have them."""
    have = {name.partition(":")[0] for name, _ in kernels_of(operation)}
    return {name.partition(":")[0] for name in all_names()} - have


def _is_off(operation: str, entry: profile.Measured) -> bool:
    """Say whether a spot check finds, twice in a row, another ratio between the fastest two than the profile has."""
    return all(_is_off_once(operation, entry) for _ in range(2))


def _is_off_once(operation: str, entry: profile.Measured) -> bool:
    kernels = {name: kernel for name, kernel in kernels_of(operation) if name in entry.times}
    off = False
    with timing.undisturbed():
        for n in (1,) if OPERATIONS[operation].size_axis == "n = 1" else SPOT_SIZES:
            then = {name: time_at(entry.times[name], n) for name in kernels}
            two = sorted(then, key=lambda name: then[name])[:2]
            prepared = timing.Prepared(operation, {name: kernels[name] for name in two}, seed=1)
            calls = prepared.calls(prepared.arguments(n))
            if calls is None or len(two) < 2:
                continue
            now = {name: timing.low(found) for name, found in timing.sampled(calls, 2e6).items()}
            change = (now[two[1]] / now[two[0]]) / (then[two[1]] / then[two[0]])
            off = off or not 1 / SPOT_OFF <= change <= SPOT_OFF
    return off
