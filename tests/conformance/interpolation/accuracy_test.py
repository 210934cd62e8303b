"""Every route through every backend against the oracles: rotations and norms within 1e-15, positions within 1 ulp."""

from __future__ import annotations

import numpy as np
import pytest

from conformance.interpolation import datasets
from conformance.interpolation.routes import MOVING, TURNING
from oracles import interpolation as oracle
from paceline.operations import OPERATIONS

ANGLE_RAD = 1e-15
NORM = 1e-15
ULP = 1.0

needs_recordings = pytest.mark.skipif(
    not datasets.RECORDINGS.is_dir(), reason=f"there are no recordings at {datasets.RECORDINGS}"
)
ALL = [*datasets.SYNTHETIC, *(pytest.param(name, marks=needs_recordings) for name in datasets.RECORDED)]


def test_the_contract_has_these_limits():
    assert OPERATIONS["interpolate_trajectory_batch"].equality.tolerance == ANGLE_RAD
    assert OPERATIONS["interpolate_linear"].equality.tolerance == ULP


@pytest.mark.parametrize("name", ALL)
@pytest.mark.routes(TURNING)
def test_rotations(name, route, backend, note_error):
    data = datasets.load(name)
    _, quats = route.run(data.stamps, data.positions, data.quaternions, data.at, backend)
    angle = oracle.rotation_errors(quats, data.exact_quaternions)
    norm = oracle.norm_errors(quats)
    note_error("rotation, rad", backend, angle.max())
    note_error("|norm - 1|", backend, norm.max())
    worst = int(angle.argmax())
    assert angle.max() <= ANGLE_RAD, f"query {worst} at {data.at[worst]} is {angle[worst]:.3g} rad off"
    assert norm.max() <= NORM


@pytest.mark.parametrize("name", ALL)
@pytest.mark.routes(MOVING)
def test_positions(name, route, backend, note_error):
    data = datasets.load(name)
    positions, _ = route.run(data.stamps, data.positions, data.quaternions, data.at, backend)
    ulps = oracle.ulp_errors(positions, data.exact_positions)
    note_error("position, ulp", backend, ulps.max())
    worst = np.unravel_index(ulps.argmax(), ulps.shape)
    assert ulps.max() <= ULP, f"query {worst[0]}, column {worst[1]} is {ulps[worst]:.3g} ulp off"


@needs_recordings
def test_the_recordings_are_as_hard_as_they_should_be():
    """Real files are not unit, change sign, and have a gap; if these lost that, the figures above would mean less."""
    data = datasets.load("fr2_desk")
    norms = np.linalg.norm(data.quaternions, axis=1)
    flips = (data.quaternions[1:] * data.quaternions[:-1]).sum(axis=1) < 0
    assert np.abs(norms - 1).max() > 5e-5
    assert flips.sum() >= 29
    assert np.diff(data.stamps).max() > 11_900_000_000
    assert len(data.at) == 2_893
