"""The environment block: what machine, what software, how busy."""

from __future__ import annotations

from paceline_harness.record import Record


def lines(record: Record) -> list[str]:
    """Return the environment of a record, one fact a line."""
    env, before, after = record.environment, record.before, record.after
    busy = []
    if before.loadavg and after.loadavg:
        busy.append(f"load {before.loadavg[0]:.2f} before, {after.loadavg[0]:.2f} after")
    if before.steal_ticks is not None and after.steal_ticks is not None:
        busy.append(f"{after.steal_ticks - before.steal_ticks} ticks stolen")
    busy.append(f"{after.involuntary_switches - before.involuntary_switches} involuntary switches")
    commit = record.harness.git and record.harness.git[:12] + (" with changes" if record.harness.dirty else "")
    facts = {
        "CPU": f"{env.cpu_model} ({' '.join(env.cpu_notable_flags)}), {env.cores} cores, allowed {env.affinity}",
        "governor": env.governor,
        "hypervisor": env.hypervisor,
        "system": f"{env.kernel}, {env.python}",
        "packages": ", ".join(f"{name} {version}" for name, version in env.packages.items()),
        "compilers": "; ".join(env.compilers.values()) or None,
        "variables": ", ".join(f"{name}={value}" for name, value in env.variables.items()) or None,
        "commit": commit,
        "clock": f"{record.timer.name}, steps of {record.timer.quantum_ns} ns",
        "load": ", ".join(busy),
    }
    return [f"{name}: {fact}" for name, fact in facts.items() if fact]
