"""The same call gives the same bits: again, and from several threads at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np
import pytest

import paceline
from conformance.interpolation import datasets
from conformance.interpolation.routes import MOVING, TURNING
from conformance.routes import PREPARED

THREADS = 4
ROUTES = list(dict.fromkeys([*TURNING, *MOVING]))


def bits(result):
    return [array.tobytes() for array in result if array is not None]


def at_once(call):
    barrier = Barrier(THREADS)

    def run(_):
        barrier.wait()
        return [call() for _ in range(5)]

    with ThreadPoolExecutor(THREADS) as pool:
        return [result for results in pool.map(run, range(THREADS)) for result in results]


@pytest.mark.routes(ROUTES)
def test_threads_get_the_same_bits(route, backend):
    data = datasets.load("any_angle")
    arguments = data.stamps, data.positions, data.quaternions, data.at, backend
    alone = bits(route.run(*arguments))
    assert all(bits(result) == alone for result in at_once(lambda: route.run(*arguments)))


@pytest.mark.needs(*PREPARED)
def test_threads_share_a_trajectory(backend):
    data = datasets.load("any_angle")
    trajectory = paceline.Trajectory(data.stamps, data.positions, data.quaternions, backend=backend)
    alone = bits([*trajectory.at(data.at), trajectory.gap(data.at)])
    together = at_once(lambda: [*trajectory.at(data.at), trajectory.gap(data.at)])
    assert all(bits(result) == alone for result in together)


@pytest.mark.needs("interpolate_trajectory_batch")
def test_threads_raise_the_same_error(backend):
    data = datasets.load("any_angle")
    quats = data.quaternions.copy()
    quats[200] = np.nan

    def message():
        with pytest.raises(ValueError, match="traj_quats") as error:
            paceline.interpolate_trajectory_batch(data.stamps, data.positions, quats, data.at, backend=backend)
        return str(error.value)

    assert set(at_once(message)) == {message()}


@pytest.mark.routes(ROUTES)
def test_inputs_stay_as_they_are(route, backend):
    data = datasets.load("extreme_norms")
    arguments = data.stamps.copy(), data.positions.copy(), data.quaternions.copy(), data.at.copy()
    route.run(*arguments, backend)
    for argument, before in zip(arguments, (data.stamps, data.positions, data.quaternions, data.at), strict=True):
        assert argument.tobytes() == before.tobytes()
