"""Pipelines in Rust; the contract is in :mod:`paceline.pipeline.program`."""

from paceline_rust._rust import run_pipeline

__all__ = ["run_pipeline"]
