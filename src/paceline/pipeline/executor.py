"""Runs a manifest over data: the public function of the operation ``run_pipeline``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from paceline.backends import Kernel
from paceline.pipeline.immediate import Immediate
from paceline.pipeline.manifest import RuntimeHint
from paceline.pipeline.pipeline import Pipeline


def run_pipeline(manifest: Mapping[str, Any], data: Any, *, backend: RuntimeHint | None = None) -> Any:
    """Run a manifest over data, once; :class:`Pipeline` keeps it ready for more.

    Parameters
    ----------
    manifest : mapping
        As :meth:`Pipeline.from_manifest`.
    data : list, iterable, array or one item
        As :meth:`Pipeline.run_sync`.
    backend : str, optional
        The executor: in place of the manifest's ``runtime_hint``.

    Returns
    -------
    list, array, item or dict
        As :meth:`Pipeline.run_sync`.

    Raises
    ------
    PipelineError
        The manifest is not valid, or a node failed.
    BackendUnavailable
        The executor cannot serve.
    """
    config = {} if backend is None else {"runtime_hint": backend}
    return Pipeline.from_manifest(manifest, **config).run_sync(data)


def runner_of(manifest: Mapping[str, Any], kernel: Kernel | str, walker: RuntimeHint) -> Callable[[Any], Any]:
    """Return what runs data through a manifest, by an executor's kernel or by the backend of that name.

    ``walker`` is the backend for which the plan of a kernel without a name is made.
    """
    if isinstance(kernel, str):
        return Pipeline.from_manifest(manifest, runtime_hint=kernel).run_sync
    plan = Pipeline.from_manifest(manifest, runtime_hint=walker).plan()
    plan.kernel = kernel
    made = Immediate(plan)
    return made.direct or made.run_sync
