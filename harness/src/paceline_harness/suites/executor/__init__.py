"""The executor suite: pipelines over lists and arrays, beside loops, asyncio, C and libraries of others."""

from __future__ import annotations

from paceline_harness.comparison import Comparison
from paceline_harness.suites import SuiteOptions
from paceline_harness.suites.columns import backend_names
from paceline_harness.suites.executor import arrays, called, chains, concurrent, overhead, peers


def comparisons(options: SuiteOptions) -> list[Comparison]:
    """Build the rows for the backends and sizes asked for, which are numbers of items; in brief the published ones."""
    names = backend_names(options.backends)
    if options.sizes is not None:
        return chains.of_sizes(names, options.sizes)
    if options.brief:
        return [
            *chains.rows(names, brief=True),
            called.fallback(names),
            overhead.call(names),
            overhead.report(names),
            concurrent.trivial(names),
        ]
    return [
        *chains.rows(names),
        *called.rows(names),
        *overhead.rows(names),
        concurrent.trivial(names),
        concurrent.waiting(names),
        *arrays.rows(names),
        peers.row(names),
        *chains.scaling(names),
    ]
