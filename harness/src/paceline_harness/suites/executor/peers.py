"""The row on pipeline libraries of others, where they are installed."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from paceline_harness.baselines import pipelines
from paceline_harness.baselines.executor import Steps
from paceline_harness.candidate import Candidate
from paceline_harness.comparison import Comparison
from paceline_harness.environment import package_version
from paceline_harness.suites.executor.shared import (
    EXACT,
    LOOP,
    OPERATION,
    SIMPLE,
    absent,
    executors,
    ints,
    loop,
)

PEERS: Final[tuple[tuple[str, str, str, str, Callable[[Steps], Any], str], ...]] = (
    ("Hamilton", "hamilton", "apache-hamilton", "pip install apache-hamilton", pipelines.hamilton,
     "a function per node, the list from one to the next"),
    ("dask (sync)", "dask", "dask", "pip install dask", pipelines.dask_sync,
     "a task per node, the list from one to the next, in this thread"),
    ("pipecat", "pipecat", "pipecat-ai", "pip install pipecat-ai", pipelines.pipecat,
     "a processor per node, a frame per item; a pipeline is made for each run, as it ends with its run"),
    ("GStreamer", "gi", "PyGObject", "apt install python3-gst-1.0, for the system's Python", pipelines.gstreamer,
     "an identity per node, the list as one buffer of int64"),
)  # fmt: skip
"""Name, module, distribution, how to install it, what makes it, and what it does."""


def row(names: list[str]) -> Comparison:
    """Return the row of three nodes that pass, a hundred items."""
    return Comparison(
        OPERATION,
        [*executors(names, lambda _: SIMPLE), loop(lambda _: SIMPLE), *(_peer(*peer) for peer in PEERS)],
        ints,
        (100,),
        LOOP,
        EXACT,
        reference=LOOP,
        keep_outputs=False,
        title="Simple (3n, 100i), beside pipeline libraries",
        source="numbers up to a million, drawn from the seed",
    )


def _peer(
    name: str, module: str, distribution: str, install: str, make: Callable[[Steps], Any], label: str
) -> Candidate:
    about = partial(Candidate, name, label=label, group="peer")
    if reason := absent(module, install):
        return about(call=None, unavailable=reason)
    return about(
        call=operator.call,
        version=package_version(distribution),
        package=module,
        prepare=lambda items: (make(SIMPLE), items),
    )
