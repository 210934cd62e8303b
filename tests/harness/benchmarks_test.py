import importlib
import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def load(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    yield lambda name: importlib.import_module(f"benchmarks.{name}")
    for name in [name for name in sys.modules if name.partition(".")[0] == "benchmarks"]:
        del sys.modules[name]


def test_every_benchmark_of_asv_runs_once_on_python(load):
    module = load("asv_interpolation")
    assert "asv" not in sys.modules
    operations, backends = module.Interpolation.params
    assert set(backends) == {"python", "numba", "cython", "rust"}
    methods = [name for name in vars(module.Interpolation) if name.startswith("time_")]
    assert methods
    for operation in operations:
        benchmark = module.Interpolation()
        benchmark.setup(operation, "python")
        for name in methods:
            getattr(benchmark, name)(operation, "python")
    with pytest.raises(NotImplementedError, match="fortran cannot serve"):
        module.Interpolation().setup(operations[0], "fortran")


def test_the_executor_s_benchmark_runs_once_on_python(load):
    module = load("asv_executor")
    items, backends = module.Executor.params
    assert set(backends) == {"python", "numba", "cython", "rust"}
    for number in items:
        benchmark = module.Executor()
        benchmark.setup(number, "python")
        benchmark.time_run(number, "python")
        assert len(benchmark.run()) == number
    with pytest.raises(NotImplementedError, match="fortran cannot serve"):
        module.Executor().setup(10, "fortran")


def test_every_operation_is_benchmarked_with_every_backend_that_answers(load):
    from conformance.routes import backends_that_answer
    from paceline.operations import OPERATIONS

    pairs = load("cases").pairs()
    assert len(pairs) == len(set(pairs))
    for operation in OPERATIONS:
        assert {backend for name, backend in pairs if name == operation} == set(backends_that_answer(operation))


def test_the_configuration_of_asv_names_what_is_there():
    configuration = json.loads((ROOT / "asv.conf.json").read_text())
    assert (ROOT / configuration["benchmark_dir"] / "__init__.py").is_file()
    assert configuration["project"] == "paceline"
    assert all(configuration[name].startswith("build/") for name in ("env_dir", "results_dir", "html_dir"))
