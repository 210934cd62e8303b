"""The executor in Python."""

from __future__ import annotations

from paceline.pipeline.program import Program, Runner
from paceline.pipeline.walk import WalkRunner


def run_pipeline(program: Program) -> Runner:
    """Make a program ready."""
    return WalkRunner(program)
