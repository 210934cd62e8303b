"""The overhead suite: what a call costs before any work is done, by backend and binding style, and layer by layer.

It is measured where it is named: it compares no implementations but ways into one, so its rows say nothing beside
speeds, and a run of all suites, which is one of speeds, should not take longer for them.
"""

from __future__ import annotations

from paceline_harness.comparison import Comparison
from paceline_harness.suites import SuiteOptions
from paceline_harness.suites.columns import backend_names
from paceline_harness.suites.overhead import empty, layers


def comparisons(options: SuiteOptions) -> list[Comparison]:
    """Build the rows for the backends and sizes asked for: of arrays in numbers, of operations as they count them."""
    names = backend_names(options.backends)
    return [*empty.rows(names, options.sizes), *layers.rows(names, options.sizes)]
