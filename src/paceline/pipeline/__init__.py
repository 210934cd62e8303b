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
    AudioResampleNode,
    BufferNode,
    CalculatorNode,
    FilterNode,
    FormatConverterNode,
    InterpolateNode,
    MapNode,
    MultiplyNode,
    Node,
    PassThroughNode,
    RouterNode,
    VADNode,
    node,
    register,
)
from paceline.pipeline.pipeline import Pipeline
from paceline.pipeline.validation import validate

__all__ = [
    "AddNode",
    "AudioResampleNode",
    "BackendUnavailable",
    "BufferNode",
    "CalculatorNode",
    "CircuitBreakerTripped",
    "Collected",
    "Config",
    "CycleError",
    "FilterNode",
    "FormatConverterNode",
    "InterpolateNode",
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
    "VADNode",
    "VersionMismatch",
    "node",
    "register",
    "run_pipeline",
    "schema",
    "validate",
]
