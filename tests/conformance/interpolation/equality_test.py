"""All backends among each other: what is linear has the same bits, rotations the class."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import paceline
from conformance.agreement import rotations_agree
from conformance.interpolation import datasets
from conformance.interpolation.routes import MOVING, TURNING
from conformance.interpolation.strategies import times, trajectories


def bits(positions):
    """Return the bits of positions; which zero it is, -0.0 or 0.0, is not promised."""
    return (positions + 0.0).tobytes()


@pytest.mark.parametrize("bounds", ["clamp", "extrapolate"])
@pytest.mark.routes(MOVING)
@given(knots=trajectories(), data=st.data())
def test_positions_have_the_reference_bits(route, backend, bounds, knots, data):
    at = data.draw(times(knots[0], beyond=2**52))
    actual, _ = route.run(*knots, at, backend, bounds=bounds)
    expected, _ = route.run(*knots, at, "python", bounds=bounds)
    assert bits(actual) == bits(expected)


@pytest.mark.parametrize("name", datasets.SYNTHETIC)
@pytest.mark.routes(MOVING)
def test_positions_of_a_data_set_have_the_reference_bits(name, route, backend):
    data = datasets.load(name)
    actual, _ = route.run(data.stamps, data.positions, data.quaternions, data.at, backend)
    expected, _ = route.run(data.stamps, data.positions, data.quaternions, data.at, "python")
    assert bits(actual) == bits(expected)


def orthogonal_by_symmetry(q):
    """Return what gives a dot product of exactly zero, added up in pairs."""
    x, y, z, w = q.T
    choices = np.array([[w, -z, y, -x], [z, w, -x, -y], [y, -x, -w, z]])
    rows = np.arange(len(q))
    return choices[rows % 3, :, rows]


def orthogonal_but_for_rounding(q):
    """Return what gives a dot product of either sign, no larger than the rounding of its terms."""
    other = np.random.default_rng(90).standard_normal(q.shape)
    for _ in range(3):
        other -= (other * q).sum(axis=1, keepdims=True) * q
        other /= np.linalg.norm(other, axis=1, keepdims=True)
    return other


@pytest.mark.parametrize("orthogonal", [orthogonal_by_symmetry, orthogonal_but_for_rounding])
@pytest.mark.routes(TURNING)
def test_at_half_a_turn_all_backends_take_the_same_arc(route, backend, orthogonal):
    """The sign of the dot product decides, so it is added up in one order everywhere."""
    first = np.random.default_rng(180).standard_normal((300, 4))
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    quaternions = np.stack([first, orthogonal(first)], axis=1).reshape(-1, 4)
    stamps = datasets.T + 1_000 * np.arange(600)
    positions = np.zeros((600, 3))
    _, actual = route.run(stamps, positions, quaternions, stamps[::2] + 300, backend)
    _, expected = route.run(stamps, positions, quaternions, stamps[::2] + 300, "python")
    disagree = np.flatnonzero(~rotations_agree(actual, expected))
    assert disagree.size == 0, f"{disagree.size} of 300 pairs, the first is {disagree[0]}"


@pytest.mark.needs("trajectory_check", "trajectory_at", "trajectory_gap")
def test_gap_has_the_reference_bits_from_one_end_of_int64_to_the_other(backend):
    stamps = np.array([-(2**62), -5, 0, 2**40, 2**62 - 1])
    at = np.array([-(2**62), 2**62 - 1, 2**61, -(2**61), -3, -2, 2**39, 2**39 + 1])
    identity = np.tile((0.0, 0.0, 0.0, 1.0), (5, 1))
    gaps = [
        paceline.Trajectory(stamps, np.zeros((5, 3)), identity, backend=which).gap(at) for which in (backend, "python")
    ]
    assert gaps[0].tolist() == gaps[1].tolist() == [min(abs(t - s) for s in stamps.tolist()) for t in at.tolist()]
