"""Gives every conformance test its backends: each that is ready and implements what the test says it needs.

``pytestmark = pytest.mark.needs("slerp_quaternion")`` says which operations a test runs through. A test over routes is
marked ``pytest.mark.routes(TURNING)`` and is run for each route with the backends that have it.
"""

from __future__ import annotations

import pytest

from conformance.routes import backends_with


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "needs(*operations): the operations that a backend must have for this test")
    config.addinivalue_line("markers", "routes(routes): run for each of these routes and each backend that has it")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    parametrized = [name for mark in metafunc.definition.iter_markers("parametrize") for name in _names(mark.args[0])]
    if "backend" not in metafunc.fixturenames or "backend" in parametrized:
        return
    routes = metafunc.definition.get_closest_marker("routes")
    if routes is not None:
        cases = [(route, backend) for route in routes.args[0] for backend in backends_with(*route.needs)]
        metafunc.parametrize(("route", "backend"), cases, ids=[f"{route}-{backend}" for route, backend in cases])
        return
    needs = metafunc.definition.get_closest_marker("needs")
    if needs is None:
        raise pytest.UsageError(f"{metafunc.definition.nodeid} takes a backend and does not say what it needs of it.")
    metafunc.parametrize("backend", backends_with(*needs.args))


def _names(argnames: str | tuple[str, ...]) -> list[str]:
    return [name.strip() for name in argnames.split(",")] if isinstance(argnames, str) else list(argnames)
