"""Making the comparisons of a self-test through the public interface, and noting what each one gave."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from paceline_harness.cells import trustworthy
from paceline_harness.record import Record
from paceline_harness.result import Result
from paceline_harness.selftest import doubles
from paceline_harness.selftest.cases import SPIN, Case, Outcome, Phase, Workshop
from paceline_harness.selftest.load import neighbour
from paceline_harness.selftest.plan import Plan, cases
from paceline_harness.selftest.vault import Vault

BUDGET_S = 0.8
LIMIT_S = 1.0
"""A comparison that takes longer than this, setting up included, counts as inconclusive whatever it says."""

SUSTAINED_MARGIN = 0.0001
"""So small that nothing is decided: the comparison then spends its whole budget."""

BUFFERED = "np.add, float32, 2,000"

Advance = Callable[[str, float], None]


@dataclass
class Findings:
    """All outcomes, how many comparisons were planned, what the audit says, and what the biased runners did."""

    outcomes: list[Outcome] = field(default_factory=list)
    planned: int = 0
    records: int = 0
    rejected: int = 0
    findings: list[str] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)
    biased: dict[str, list[bool]] = field(default_factory=dict)
    interrupted: bool = False


FIXED, PRIVATE, SHUFFLED = "first slot 2 % slower", "private buffers", "first slot 2 % slower, order drawn"


def selftest(
    plan: Plan, seed: int, *, loaded: bool, output: Path | None = None, advance: Advance | None = None
) -> Findings:
    """Make the plan's comparisons on the machine as it is and, with `loaded`, once more beside a noisy neighbour.

    The raw records are audited, and kept beside `output`. Ctrl-C ends it and keeps what was measured.
    """
    rng, found = random.Random(seed), Findings()
    tell = advance or (lambda _what, _share: None)
    with Vault(output) as vault:
        try:
            _phase(found, vault, plan, "quiet", rng, tell)
            _biased(found, plan, rng)
            if loaded:
                with neighbour(seed):
                    _phase(found, vault, plan, "loaded", rng, tell)
        except KeyboardInterrupt:
            found.interrupted = True
    found.records, found.rejected = vault.records, vault.rejected
    found.findings, found.files = vault.findings, vault.files if output else []
    return found


def _phase(found: Findings, vault: Vault, plan: Plan, phase: Phase, rng: random.Random, tell: Advance) -> None:
    workshop = Workshop(phase)  # calibrated beside the same neighbour
    todo = cases(plan, workshop.same, rng)
    found.planned += len(todo)
    end = time.monotonic() + plan.limit_s
    for number, case in enumerate(todo):
        if time.monotonic() > end:
            break
        outcome, record = attempt(workshop, case, phase, rng)
        found.outcomes.append(outcome)
        if record is not None:
            vault.add(record)
        tell(phase, (number + 1) / len(todo))


def attempt(workshop: Workshop, case: Case, phase: Phase, rng: random.Random) -> tuple[Outcome, Record | None]:
    """Make one comparison. Whatever happens it counts: an error, or an answer too late, is inconclusive."""
    comparison, truth = workshop.comparison(case, rng)
    sustained = case.kind == "sustained"
    result, error = Result(), ""
    start = time.perf_counter()
    try:
        if sustained:
            result = comparison.run(launches=1, budget_s=BUDGET_S, seed=rng.randrange(2**32), margin=SUSTAINED_MARGIN)
        else:
            result = comparison.run(launches=1, budget_s=BUDGET_S, seed=rng.randrange(2**32))
    except Exception as problem:  # the comparison was started, so it is counted
        error = f"{type(problem).__name__}: {problem}"
    wall_s = time.perf_counter() - start
    record = result.records[0] if result.records else None
    if result.interrupted:
        raise KeyboardInterrupt
    name = next(each.name for each in comparison.candidates if each.name != comparison.baseline)
    cell = result[name] if record is not None else None
    timed = cell is not None and cell.status == "timed"
    late = wall_s > LIMIT_S and not sustained
    if cell is not None and not timed:
        error = f"{cell.status}: {cell.reason}"
    return Outcome(
        record=record.id if record else "",
        phase=phase,
        kind=case.kind,
        kernel=case.kernel,
        nominal=case.ratio,
        truth=truth,
        ratio=cell.ratio if cell else None,
        interval=cell.interval if cell else None,
        verdict=cell.verdict if cell and cell.verdict and not late else "inconclusive",
        pairs=cell.pairs if cell else 0,
        wall_s=wall_s,
        kernel_share=sum(sum(arm.samples_ns) for arm in record.arms) / 1e9 / wall_s if record else 0.0,
        trustworthy=record is None or trustworthy(record),
        error=error,
    ), record


def _biased(found: Findings, plan: Plan, rng: random.Random) -> None:
    """Let each double stand in for the sampler, and note whether the null arm condemned the table."""
    workshop = Workshop()
    for name, case, double in _doubles():
        caught = found.biased.setdefault(name, [])
        for _ in range(plan.biased):
            comparison, _truth = workshop.comparison(case, rng)
            with doubles.standing_in(double()):
                result = comparison.run(launches=1, budget_s=BUDGET_S, seed=rng.randrange(2**32))
            caught.append(not trustworthy(result.records[0]))


def _doubles() -> Iterator[tuple[str, Case, Callable[[], Callable[..., None]]]]:
    yield FIXED, Case("same", SPIN), lambda: doubles.first_slot_slowed
    yield PRIVATE, Case("same", BUFFERED), doubles.private_buffers
    yield SHUFFLED, Case("same", SPIN), lambda: doubles.shuffled_first_slot_slowed
