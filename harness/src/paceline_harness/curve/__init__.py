"""Sweeps over sizes: what a call costs, what an item costs, where the faster one changes, when a compiler has paid.

`model` is what a sweep gives, `sizes` which sizes are measured, `fit` the straight line, `crossing` the bisection,
`payback` the number of calls after which a slow first call has paid; `sweeping` measures, `sentences` says it in words.
"""

from paceline_harness.curve.model import BreakEven, CandidateCurve, Crossover, Curve, Line, Point
from paceline_harness.curve.sentences import text
from paceline_harness.curve.sweeping import sweep

__all__ = ["BreakEven", "CandidateCurve", "Crossover", "Curve", "Line", "Point", "sweep", "text"]
