"""Which arguments of a kernel are what; :mod:`paceline.operations` says how kernels are called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True)
class Signature:
    """What becomes of a kernel's arguments, by their number."""

    outputs: Mapping[int, str] = field(default_factory=dict)
    """Arrays that it writes, and their names."""
    state: Mapping[int, str] = field(default_factory=dict)
    """Arrays that it changes and is given again with the next call."""
    own: frozenset[int] = frozenset()
    """Arrays of paceline's that nobody changes once they are made: plans, a trajectory's knots."""
    place: int | None = None
    """Which of ``state`` says where in a signal it is."""

    @property
    def changed(self) -> tuple[int, ...]:
        """The arguments that differ after a call."""
        return (*self.outputs, *self.state)


_OUT: Final = "out"
_POSES: Final = {5: "out_positions", 6: "out_quats"}

SIGNATURES: Final[Mapping[str, Signature]] = {
    "slerp_quaternion": Signature(),
    "slerp_quaternions_batch": Signature({6: _OUT}),
    "interpolate_positions_batch": Signature({6: _OUT}),
    "interpolate_trajectory_batch": Signature(_POSES),
    "interpolate_linear": Signature({4: _OUT}),
    "trajectory_check": Signature(),
    "trajectory_at": Signature(_POSES, own=frozenset({0, 1, 2})),
    "trajectory_gap": Signature({2: _OUT}, own=frozenset({0})),
    "resample": Signature({12: _OUT}, own=frozenset(range(5, 12))),
    "resample_chunk": Signature({7: _OUT}, {5: "history", 6: "state"}, frozenset({4}), 6),
    "convert_format": Signature({2: _OUT}),
    "interleave": Signature({1: _OUT}),
    "deinterleave": Signature({1: _OUT}),
    "to_mono": Signature({1: _OUT}),
    "detect_voice": Signature({8: "scores", 9: "flags"}, {6: "history", 7: "state"}, frozenset({2, 3}), 7),
}
"""Every operation whose kernel works on arrays and numbers, not on objects of the user's: all but ``run_pipeline``."""
