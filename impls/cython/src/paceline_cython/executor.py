"""The executor in Cython; the source is in ``_executor.pyx`` and what that includes."""

from __future__ import annotations

from paceline_cython import _executor

run_pipeline = _executor.run_pipeline
