"""Pipelines of nodes: one meaning, four executors, nothing lost; ``docs/executor-semantics.md`` has it in full."""

from paceline.pipeline.errors import (
    BackendUnavailable,
    CircuitBreakerTripped,
    CycleError,
    ManifestError,
    NodeError,
    NodeNotFound,
    PipelineError,
    RetryLimitExceeded,
    VersionMismatch,
)
from paceline.pipeline.executor import run_pipeline
from paceline.pipeline.immediate import Collected
from paceline.pipeline.manifest import Config, Manifest, schema
from paceline.pipeline.nodes import (
    AddNode,
    BufferNode,
    CalculatorNode,
    FilterNode,
    MapNode,
    MultiplyNode,
    Node,
    PassThroughNode,
    RouterNode,
    node,
    register,
)
from paceline.pipeline.pipeline import Pipeline
from paceline.pipeline.validation import validate

__all__ = [
    "AddNode",
    "BackendUnavailable",
    "BufferNode",
    "CalculatorNode",
    "CircuitBreakerTripped",
    "Collected",
    "Config",
    "CycleError",
    "FilterNode",
    "Manifest",
    "ManifestError",
    "MapNode",
    "MultiplyNode",
    "Node",
    "NodeError",
    "NodeNotFound",
    "PassThroughNode",
    "Pipeline",
    "PipelineError",
    "RetryLimitExceeded",
    "RouterNode",
    "VersionMismatch",
    "node",
    "register",
    "run_pipeline",
    "schema",
    "validate",
]
