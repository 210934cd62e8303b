"""The nodes: the base class and the registry, those of numbers, of flow, of frames and of stamps."""

from paceline.pipeline.nodes.base import Node, node, register
from paceline.pipeline.nodes.flow import BufferNode, FilterNode, MapNode, RouterNode
from paceline.pipeline.nodes.frames import AudioResampleNode, FormatConverterNode, VADNode
from paceline.pipeline.nodes.numbers import AddNode, CalculatorNode, MultiplyNode, PassThroughNode
from paceline.pipeline.nodes.stamps import InterpolateNode

__all__ = [
    "AddNode",
    "AudioResampleNode",
    "BufferNode",
    "CalculatorNode",
    "FilterNode",
    "FormatConverterNode",
    "InterpolateNode",
    "MapNode",
    "MultiplyNode",
    "Node",
    "PassThroughNode",
    "RouterNode",
    "VADNode",
    "node",
    "register",
]
