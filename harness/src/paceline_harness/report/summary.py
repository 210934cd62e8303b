"""The figures of a run for a machine: what every view shows, as one JSON object. Raw samples stay in the record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from paceline_harness.record import Record
from paceline_harness.report import bars, environment, means, sentences, serves, source
from paceline_harness.report.tables import Table, tables_of

SCHEMA = "paceline-report/1"


def summary(records: Sequence[Record]) -> dict[str, Any]:
    """Return the summary as plain objects; intervals are [low, high], ratios are time ÷ the baseline's time."""
    tables = tables_of(records)
    found = means.means(tables)
    return {
        "schema": SCHEMA,
        "record_schema": records[0].schema if records else None,
        "measured": records[0].utc if records else None,
        "noise": source.noise(records) if records else [],
        "tables": [_table(table) for table in tables],
        "geometric_means": None if found is None else {"of": found.of, "tables": found.tables},
        "serves": {
            operation: [{**msgspec.to_builtins(each), "records": count} for each, count in found]
            for operation, found in serves.answers(records).items()
        },
        "environment": environment.facts(records) if records else {},
    }


def as_json(records: Sequence[Record]) -> str:
    """Return the summary as indented JSON."""
    return msgspec.json.format(msgspec.json.encode(summary(records)), indent=1).decode() + "\n"


def _table(table: Table) -> dict[str, Any]:
    return {
        "operation": table.op,
        "title": table.title,
        "size": table.size,
        "items": table.items,
        "item": table.item,
        "dtype": table.record.dtype,
        "baseline": table.baseline,
        "launches": len(table.launches),
        "records": [record.id for record in table.launches],
        "trustworthy": table.trustworthy,
        "claim": None if table.claim is None else msgspec.to_builtins(table.claim),
        "bars": [_bar(each) for each in bars.judged(table)],
        "sentence": sentences.closing(table),
        "candidates": [_candidate(table, name) for name in table.names],
    }


def _bar(found: bars.Judged) -> dict[str, Any]:
    return {
        **msgspec.to_builtins(found.bar),
        "figure": found.figure,
        "interval": found.interval,
        "verdict": found.word,
        "reason": found.reason,
    }


def _candidate(table: Table, name: str) -> dict[str, Any]:
    found, about, correct = table.cells[name], table.info(name), table.correct(name)
    return {
        "name": name,
        "group": about.group,
        "label": about.label,
        "version": about.version,
        "status": found.status,
        "reason": found.reason,
        "call_ns": found.call_ns,
        "ratio": found.ratio,
        "interval": found.interval,
        "verdict": found.verdict,
        "pairs": found.pairs,
        "launches": found.launches,
        "first_call_ns": found.first_call,
        "correct": None if correct is None else msgspec.to_builtins(correct),
        "quality": None if about.quality is None else msgspec.to_builtins(about.quality),
        "other_work": table.other_work(name),
        "fastest": name in table.leaders(),
    }
