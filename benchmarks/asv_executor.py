"""For asv: a pipeline of ten nodes over lists of several lengths, made ready once, on each official backend."""

from __future__ import annotations

from .cases import BACKENDS, prepared, ready


class Executor:
    """Runs of a pipeline that is there already; what a manifest costs is not in them."""

    param_names = ("items", "backend")
    params = ([10, 100, 1000], list(BACKENDS))

    def setup(self, items: int, backend: str) -> None:
        """Make the pipeline and run it once, so that a JIT has compiled; asv skips what is not implemented here."""
        if not ready("run_pipeline", backend):
            raise NotImplementedError(f"{backend} cannot serve run_pipeline here")
        self.run = prepared(backend, items)
        self.run()

    def time_run(self, items: int, backend: str) -> None:  # noqa: ARG002 - asv passes what setup was given
        """Time one run."""
        self.run()
