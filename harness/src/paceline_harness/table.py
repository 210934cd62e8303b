"""One table of one launch: inputs placed, candidates admitted, measured, and all of it written into a record."""

from __future__ import annotations

import os
import random
import secrets
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from paceline_harness.buffers import arrays, describe, place
from paceline_harness.clock import CLOCK_NAME, Clock, perf_counter
from paceline_harness.environment import checkout, counters, environment, package_version
from paceline_harness.gate import Admitted, admit, input_hash
from paceline_harness.measure import NULL_ARM, Measured, Progress, Settings, measure
from paceline_harness.record import HarnessInfo, InputInfo, Launch, Params, Record, Serves, Timer
from paceline_harness.sampler import Tape, sample_target

if TYPE_CHECKING:
    from paceline_harness.comparison import Comparison


@dataclass(frozen=True)
class Options:
    """How to run: what to spend, where to tell of progress, which clock to read, and which launch this is.

    `seed` is of the inputs, the same in all launches; `order_seed` of the turns (default: the same number). `serves` is
    who serves each of paceline's operations, for the records.
    """

    settings: Settings = field(default_factory=Settings)
    seed: int = 0
    progress: Progress | None = None
    clock: Clock = perf_counter
    order_seed: int | None = None
    launch: Launch = field(default_factory=lambda: Launch(1, 1))
    env_pad_bytes: int | None = None
    serves: Mapping[str, Serves] = field(default_factory=dict)

    @property
    def turns(self) -> int:
        """The seed of the order of turns."""
        return self.seed if self.order_seed is None else self.order_seed


def measure_table(comparison: Comparison, size: int, options: Options) -> Record:
    """Measure one comparison at one size in this process and return its record."""
    started, begun = time.monotonic_ns(), datetime.now(UTC)
    before = counters()
    generator = np.random.default_rng([options.seed, size])
    # Placement is drawn anew each time: a seed that fixed it would fix its bias too.
    placement = np.random.default_rng(secrets.randbits(64))
    made = comparison.inputs(size, generator)
    inputs = tuple(place(value, placement) for value in made)
    sha = input_hash(inputs)
    admitted = admit(
        comparison.candidates,
        inputs,
        comparison.reference,
        comparison.equal,
        keep_outputs=comparison.keep_outputs,
        in_place=comparison.in_place,
        rng=placement,
        clock=options.clock,
    )
    measured = _measure_admitted(comparison, admitted, options)
    items = comparison.count_items(*inputs) if comparison.count_items else size
    git, dirty = checkout()
    settings = options.settings
    return Record(
        id=secrets.token_hex(8),
        utc=begun.isoformat(timespec="seconds"),
        monotonic_start_ns=started,
        harness=HarnessInfo(package_version("paceline-harness") or "unknown", git, dirty, _shown(sys.argv)),
        op=comparison.name,
        title=comparison.title or comparison.name,
        size=size,
        item=comparison.item,
        items=items,
        dtype=_dtypes(inputs),
        input=InputInfo(options.seed, sha, comparison.source),
        candidates=admitted.candidates,
        baseline=comparison.baseline,
        null_arm=NULL_ARM,
        params=Params(settings.alpha, settings.margin, measured.target_ns, settings.budget_s, settings.report_hw),
        seed=options.turns,
        hash_seed=os.environ.get("PYTHONHASHSEED", "random"),
        buffers=describe("input", inputs) + describe("output", admitted.kept),
        timer=Timer(CLOCK_NAME, measured.quantum_ns),
        order=[list(row.order) for row in measured.tape.rounds[::2]],
        round_start_ns=[row.start_ns for row in measured.tape.rounds],
        arms=measured.arms,
        stop_reason=measured.stop_reason,
        wall_s=(time.monotonic_ns() - started) / 1e9,
        environment=environment(),
        before=before,
        after=counters(),
        launch=options.launch,
        env_pad_bytes=options.env_pad_bytes,
        claim=comparison.claim,
        bars=list(comparison.bars),
        serves=options.serves.get(comparison.name),
        notes=list(comparison.notes),
    )


def _measure_admitted(comparison: Comparison, admitted: Admitted, options: Options) -> Measured:
    """Measure what was admitted, the baseline first; nothing, and why, when the baseline was not."""
    calls = dict(admitted.calls)
    if comparison.baseline not in calls:
        info = next(each for each in admitted.candidates if each.name == comparison.baseline)
        why = f"the baseline {info.name!r} is {info.status}: {info.reason}"
        return Measured([], Tape(), 1, sample_target(1), why)
    ordered = {comparison.baseline: calls.pop(comparison.baseline), **calls}
    rng = random.Random(options.turns)
    return measure(
        ordered,
        options.settings,
        rng,
        resets=admitted.resets,
        clock=options.clock,
        progress=options.progress,
    )


def _shown(words: Sequence[str]) -> list[str]:
    """Return a command line without the folders of this machine: absolute paths are cut to their last part."""
    return [Path(word).name if Path(word).is_absolute() else word for word in words]


def _kind(value: Any) -> str:
    """Return a type's name; of a list, what its items are."""
    if not isinstance(value, list):
        return type(value).__name__
    kinds = sorted({type(item).__name__ for item in value})
    return f"list of {' and '.join(kinds)}" if kinds else "list"


def _dtypes(inputs: Sequence[Any]) -> str:
    """Return the distinct dtypes of the input arrays, in order, or what the inputs are made of."""
    names = [array.dtype.name for array in arrays(inputs)] or [_kind(value) for value in inputs]
    return ", ".join(dict.fromkeys(names))
