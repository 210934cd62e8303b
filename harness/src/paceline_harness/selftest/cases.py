"""What is compared in a self-test: copies of one kernel, and busy loops of a known ratio; and what came out."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import msgspec

from paceline_harness.comparison import Comparison
from paceline_harness.selftest.kernels import Busy, Copies, Work, calibrated, copies, python_loop, spin
from paceline_harness.verdict import Verdict

Kind = Literal["same", "power", "coverage", "sustained"]
Phase = Literal["quiet", "loaded"]

SPIN, LONG_SPIN, SHORT_SPIN, LOOP = (
    "compiled loop, 10 µs",
    "compiled loop, 100 µs",
    "compiled loop, 1 µs",
    "Python loop",
)
COVERED = (1.0, 1.01, 1.02, 1.05, 1.5, 20.0)
FOUND = (1.02, 1.05)

SENSITIVE = 1.2
"""Beyond it an error in the cost of a call shows in the true ratio, so that cost is measured again each time."""


@dataclass(frozen=True, slots=True)
class Case:
    """One comparison to be made: of what kind, on which kernel, at which ratio (1: two copies)."""

    kind: Kind
    kernel: str
    ratio: float = 1.0


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What one comparison gave, beside what is true of it; `verdict` is inconclusive too where it came too late.

    `truth` and `ratio` are the candidate's time ÷ the baseline's; `kernel_share` is the share of the wall time that was
    spent in samples.
    """

    record: str
    phase: Phase
    kind: Kind
    kernel: str
    nominal: float
    truth: float
    ratio: float | None
    interval: tuple[float, float] | None
    verdict: Verdict
    pairs: int
    wall_s: float
    kernel_share: float
    trustworthy: bool
    error: str = ""

    @property
    def wrong_sign(self) -> bool:
        """Whether it says faster of what is slower, or the other way round."""
        return self.truth != 1 and self.verdict == ("faster" if self.truth > 1 else "slower")

    @property
    def found(self) -> bool:
        """Whether it says on which side of 1 the true ratio lies."""
        return self.verdict == ("slower" if self.truth > 1 else "faster")

    @property
    def covered(self) -> bool:
        """Whether the printed interval holds the true ratio; without an interval it does not."""
        return self.interval is not None and self.interval[0] <= self.truth <= self.interval[1]

    @property
    def half_width(self) -> float:
        """Half the printed interval's width relative to the true ratio; infinite without an interval."""
        return float("inf") if self.interval is None else (self.interval[1] - self.interval[0]) / 2 / self.truth


class Workshop:
    """The kernels, calibrated once, and the comparisons made of them."""

    def __init__(self, name: str = "") -> None:
        self._name, self._made = name, 0
        compiled, loop = spin(), python_loop()
        self.busy: dict[str, Busy] = {
            SPIN: calibrated(compiled, 10_000),
            LONG_SPIN: calibrated(compiled, 100_000),
            SHORT_SPIN: calibrated(compiled, 1_000),
            LOOP: calibrated(loop, 10_000),
        }
        self.copies: dict[str, Copies] = copies()

    @property
    def same(self) -> list[str]:
        """The kernels that are compared with copies of themselves."""
        return [*self.copies, SPIN, LOOP]

    def comparison(self, case: Case, rng: random.Random) -> tuple[Comparison, float]:
        """Return the comparison of a case and its true ratio; which side is the baseline is drawn.

        Nothing in it tells the harness which candidates are equal: names, inputs and outputs are alike.
        """
        self._made += 1
        name = f"{case.kernel}, {self._name} {self._made}"
        if case.kernel in self.copies:
            kernel = self.copies[case.kernel]
            twins = {"one": kernel.make(), "two": kernel.make()}
            made = Comparison(name, twins, kernel.inputs, [kernel.size], "one", keep_outputs=kernel.keep_outputs)
            return made, 1.0
        busy = self.busy[case.kernel]
        if case.ratio > SENSITIVE:
            busy.calibrate()
        steps, truth = busy.longer(case.ratio)
        calls: dict[str, Callable[..., Any]] = {
            "one": partial(self._copy(busy), busy.steps),
            "two": partial(self._copy(busy), steps),
        }
        baseline = rng.choice(("one", "two"))
        made = Comparison(name, calls, lambda _n, _rng: (), [1], baseline)
        return made, truth if baseline == "one" else 1 / truth

    def _copy(self, busy: Busy) -> Work:
        return python_loop() if busy is self.busy[LOOP] else busy.work
