"""For asv: the time of every operation on each official backend. `asv run --environment existing --quick`."""

from __future__ import annotations

from paceline.operations import OPERATIONS

from .cases import BACKENDS, call, ready


class Interpolation:
    """The operations of the room `interpolation` on their conformance workloads."""

    param_names = ("operation", "backend")
    params = ([name for name, operation in OPERATIONS.items() if operation.module == "interpolation"], list(BACKENDS))

    def setup(self, operation: str, backend: str) -> None:
        """Make the inputs and call once, so that a JIT has compiled; asv skips what is not implemented here."""
        if not ready(operation, backend):
            raise NotImplementedError(f"{backend} cannot serve {operation} here")
        self.call = call(operation, backend)
        self.call()

    def time_call(self, operation: str, backend: str) -> None:  # noqa: ARG002 - asv passes what setup was given
        """Time one call."""
        self.call()
