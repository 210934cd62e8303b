"""The environment block: what machine, what software, how busy."""

from __future__ import annotations

from collections.abc import Sequence

from paceline_harness.record import Record


def facts(records: Sequence[Record]) -> dict[str, str]:
    """Return the environment of a run by name; what could not be read is not there."""
    record = records[-1]
    env = record.environment
    commit = record.harness.git and record.harness.git[:12] + (" with changes" if record.harness.dirty else "")
    found = {
        "CPU": f"{env.cpu_model} ({' '.join(env.cpu_notable_flags)}), {env.cores} cores, allowed {env.affinity}",
        "governor": env.governor,
        "hypervisor": env.hypervisor,
        "system": f"{env.kernel}, {env.python}",
        "packages": ", ".join(f"{name} {version}" for name, version in env.packages.items()),
        "compilers": "; ".join(env.compilers.values()) or None,
        "variables": ", ".join(f"{name}={value}" for name, value in env.variables.items()) or None,
        "commit": commit,
        "command": " ".join(record.harness.argv) or None,
        "clock": f"{record.timer.name}, steps of {record.timer.quantum_ns} ns",
        "load": _load(records),
    }
    return {name: fact for name, fact in found.items() if fact}


def lines(records: Sequence[Record]) -> list[str]:
    """Return the environment of a run, one fact a line."""
    return [f"{name}: {fact}" for name, fact in facts(records).items()]


def _load(records: Sequence[Record]) -> str:
    """Return how busy the machine was over all records: the load at both ends, ticks stolen, switches."""
    said = []
    first, last = records[0].before.loadavg, records[-1].after.loadavg
    if first and last:
        said.append(f"load {first[0]:.2f} before, {last[0]:.2f} after")
    stolen = [
        each.after.steal_ticks - each.before.steal_ticks
        for each in records
        if each.before.steal_ticks is not None and each.after.steal_ticks is not None
    ]
    if stolen:
        said.append(f"{sum(stolen)} ticks stolen")
    switches = sum(each.after.involuntary_switches - each.before.involuntary_switches for each in records)
    return ", ".join([*said, f"{switches} involuntary switches"])
