"""The executor suite: its rows, who is in them, when lists are equal, the floor in C, what is absent."""

import asyncio
import json
import threading
from dataclasses import replace

import numpy as np
import pytest

from harness.fakes import FakeClock, comparison, timed
from paceline.pipeline import Node, PassThroughNode, Pipeline
from paceline_harness import Candidate
from paceline_harness.baselines import compiled, executor_limit, extension, pipelines
from paceline_harness.baselines import executor as plain
from paceline_harness.gate import admit
from paceline_harness.report import documents
from paceline_harness.report.tables import Table
from paceline_harness.suites import SuiteOptions, chosen
from paceline_harness.suites.executor import called, chains, concurrent, overhead, shared
from paceline_harness.suites.executor.shared import CALCULATING, COMPLEX, MEDIUM, SIMPLE

FEW = 20
"""Runs at once, where ten thousand would be measured."""

BIG = [2**62, -(2**63), 2**63, 10**30, True, 3, -4.5, float("inf"), 2**53 + 1]


def rows(*backends):
    return chosen(["executor"], SuiteOptions(backends=backends or ("python",)))


def titled(title, *backends):
    return next(row for row in rows(*backends) if row.title == title)


def admitted(row, size):
    candidates = row.candidates
    if row.title.startswith("10,000"):
        size = FEW
        candidates = [replace(each, examine=None) for each in candidates]
    generator = np.random.default_rng(0)
    inputs = row.inputs(size, generator)
    return admit(candidates, inputs, row.reference, row.equal, keep_outputs=row.keep_outputs, rng=generator)


# -- the rows


@pytest.mark.parametrize("title", list(dict.fromkeys(row.title for row in rows())))
def test_every_candidate_of_every_row_is_equal_or_says_why_not(title):
    row = titled(title)
    for size in row.sizes:
        found = admitted(row, size)
        assert row.baseline in found.calls
        for candidate in found.candidates:
            assert candidate.status in ("timed", "unavailable"), (title, candidate.name, candidate.reason)
            assert candidate.status == "timed" or candidate.reason


def test_the_published_rows_carry_their_figures_and_the_published_shape():
    found = {row.title: row for row in rows()}
    claims = {title: row.claim.speedup for title, row in found.items() if row.claim is not None}
    assert claims == {
        "Simple (3n, 10i)": 20.31,
        "Simple (3n, 100i)": 125.46,
        "Medium (5n, 100i)": 155.00,
        "Complex (10n, 100i)": 220.97,
        "Calc-Heavy (7n, 100i)": 168.66,
        "Large (3n, 1000i)": 661.58,
        "Simple (3n, 100i), fallback": 0.92,
    }
    for title in (*claims, "PassThroughNode", "CalculatorNode (add)"):
        groups = {each.name: each.group for each in found[title].candidates}
        assert groups[shared.HOPS] == "as published"
        assert found[title].baseline == shared.LOOP
        assert groups.get(shared.FLOOR, "limit") == "limit"
    for title in list(claims)[:6]:
        assert found[f"{title}, floats"].sizes == found[title].sizes


def test_every_published_row_of_the_suite_is_found_by_its_title():
    titles = {row.title for row in rows()}
    for document in documents.documents():
        for table in (*document.speeds, *document.targets):
            for row in table.rows:
                if (row.suite or table.suite) == "executor" and row.why is None:
                    assert (row.title or getattr(row, "operation", None)) in titles


def test_an_executor_that_is_not_there_says_so_and_has_no_row_of_its_own(monkeypatch):
    import paceline

    real = paceline.bind

    def bind(operation, *, n=None, backend=None):
        if backend == "rust":
            raise paceline.BackendUnavailable("The backend 'rust' is not here.")
        return real(operation, n=n, backend=backend)

    monkeypatch.setattr(paceline, "bind", bind)
    titles = {row.title for row in rows("python", "rust")}
    assert "await run() by python (3n, 10i)" in titles
    assert "await run() by rust (3n, 10i)" not in titles


def test_without_a_name_the_published_rows_alone_are_measured():
    options = SuiteOptions(backends=("python",))
    usual = [row.title for row in chosen([], options) if row.name == "run_pipeline"]
    named = [row.title for row in rows()]
    assert set(usual) < set(named)
    assert "Large (3n, 1000i)" in usual
    assert not [title for title in usual if "floats" in title or "wait" in title]


def test_sizes_replace_the_rows():
    found = chosen(["executor"], SuiteOptions(backends=("python",), sizes=(7, 50)))
    assert {row.sizes for row in found} == {(7, 50)}
    assert len(found) == 2 * len(chains.PIPELINES)


def test_the_pipelines_are_the_published_ones():
    assert [len(steps) for steps in (SIMPLE, MEDIUM, COMPLEX, CALCULATING)] == [3, 5, 10, 7]
    assert [step[0] for step in MEDIUM] == ["pass", "add", "pass", "multiply", "pass"]
    assert all(kind != "pass" for kind, _ in CALCULATING)
    assert shared.repeated(100)[:10] == COMPLEX
    assert shared.repeated(100)[90:] == COMPLEX


# -- equal


@pytest.mark.parametrize(
    ("expected", "got", "apart"),
    [
        ([1, 2], [1, 2], 0),
        ([1, 2], [1, 2.0], 1),
        ([1, 0], [True, False], 2),
        ([1, 2], [1], float("inf")),
        ([1], (1,), float("inf")),
        ([float("nan")], [float("nan")], 0),
        ([[1], [2]], [[1], [2.0]], 1),
        ([np.float64(1)], [1.0], 1),
        (1, 1.0, float("inf")),
        ("a", "b", 1),
    ],
)
def test_items_are_equal_in_value_and_type(expected, got, apart):
    assert shared.unequal_items(expected, got) == apart


def test_whoever_returns_the_input_itself_is_not_timed():
    row = titled("Simple (3n, 100i)")
    lazy = Candidate("lazy", lambda items: items, observe=shared.fresh)
    row.candidates = (*row.candidates, lazy)
    (found,) = [each for each in admitted(row, 100).candidates if each.name == "lazy"]
    assert found.status == "failed"
    assert "returns its input itself" in found.reason


# -- by hand


@pytest.mark.parametrize("steps", [SIMPLE, MEDIUM, COMPLEX, CALCULATING])
def test_all_ways_by_hand_agree(steps):
    items = [*range(-30, 30), 0.5, 10**20]
    nodes = plain.nodes_of(steps)
    want = plain.loop(nodes, items)
    assert shared.unequal_items(want, plain.generated(steps)(items)) == 0
    assert shared.unequal_items(want, plain.queues(nodes, items)) == 0
    assert shared.unequal_items(want, plain.thread_hops(nodes, items)) == 0
    assert shared.unequal_items(want, plain.loop_retrying(nodes, items)) == 0


def test_the_published_shape_hops_to_a_thread_for_each_item_and_node():
    seen = []

    class Where:
        def process(self, item):
            seen.append(threading.current_thread() is threading.main_thread())
            return item

    plain.queues([Where(), Where()], [1, 2, 3])
    assert seen == [True] * 6
    seen.clear()
    assert plain.thread_hops([Where(), Where()], [1, 2, 3]) == [1, 2, 3]
    assert seen == [False] * 6


def test_the_loop_that_retries_does_retry_and_gives_up():
    class Fails:
        def __init__(self, times):
            self.left = times

        def process(self, item):
            self.left -= 1
            if self.left >= 0:
                raise TimeoutError
            return item

    assert plain.loop_retrying([Fails(3)], [1]) == [1]
    with pytest.raises(TimeoutError):
        plain.loop_retrying([Fails(4)], [1])


def test_what_waits_is_told_from_what_does_not():
    run = Pipeline().add_node(PassThroughNode()).run
    assert plain.driven(plain.awaiting(run, [1, 2])) == [1, 2]

    async def waits(_items):
        await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match="it waits"):
        plain.driven(plain.awaiting(waits, [1]))


def test_a_manifest_by_hand_makes_the_same():
    text = overhead.manifest_text(30)
    assert plain.from_json(text).run_sync([3, 0.5]) == Pipeline.from_json(text).run_sync([3, 0.5])
    assert len(json.loads(text)["edges"]) == 29


def test_concurrent_runs_are_all_there_at_once_and_their_memory_is_found():
    inside, most = 0, 0

    class Counts(Node):
        async def process(self, item):
            nonlocal inside, most
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1
            return item

    run = shared.pipeline([Counts()], "python").run
    assert plain.gathered(run, [1, 2, 3]) == [[1], [2], [3]]
    assert most == 3
    found, other = concurrent.peak(lambda: plain.bare(plain.nodes_of(SIMPLE)))
    assert 0.2 < found.figures["peak heap"] < 20
    assert other == ""


# -- the floor


def floor():
    try:
        executor_limit.library()
    except compiled.NoCompilerError as error:
        pytest.skip(f"The floor cannot be compiled: {error}.")


@pytest.mark.parametrize(
    "steps", [(), SIMPLE, MEDIUM, COMPLEX, CALCULATING, (("divide", 3),), (("add", 0.5), *COMPLEX)]
)
def test_the_floor_is_exact(steps):
    floor()
    run, chain = executor_limit.chain(steps)
    generator = np.random.default_rng(3)
    for items in (
        [],
        BIG,
        generator.integers(-(2**62), 2**62, 300).tolist(),
        generator.normal(0, 1e9, 700).tolist(),
        [*generator.normal(0, 1, 300).tolist(), 7, *generator.normal(0, 1, 300).tolist()],
    ):
        want = plain.loop(plain.nodes_of(steps), items)
        got = run(chain, items)
        assert shared.unequal_items(want, got) == 0
        assert got is not items


def test_the_floor_refuses_what_it_cannot_do():
    floor()
    for steps in (
        (("divide", 0),),
        (("add", 2**60),),
        (("add", 2**70),),
        (("add", "1"),),
        (("pass", 0), ("add", 1)) * 200,
    ):
        with pytest.raises((ValueError, TypeError, OverflowError)):
            executor_limit.chain(steps)
    run, chain = executor_limit.chain(MEDIUM)
    with pytest.raises(TypeError):
        run(chain, (1, 2))
    with pytest.raises(TypeError):
        run(chain, ["a"])
    with pytest.raises((TypeError, ValueError)):
        run(object(), [1])


@pytest.mark.parametrize("missing", ["compiler", "header"])
def test_without_a_compiler_or_header_the_floor_says_so(missing, monkeypatch, tmp_path):
    if missing == "compiler":
        monkeypatch.setattr(compiled.shutil, "which", lambda _: None)
    else:
        monkeypatch.setattr(extension.sysconfig, "get_path", lambda _: str(tmp_path))
    executor_limit.library.cache_clear()
    try:
        (found,) = [each for each in titled("Simple (3n, 100i)").candidates if each.name == shared.FLOOR]
        assert found.unavailable in ("no C compiler found", "Python.h is not installed")
    finally:
        executor_limit.library.cache_clear()


# -- peers


def test_absent_peers_are_rows_with_a_reason(monkeypatch):
    monkeypatch.setattr(shared, "find_spec", lambda _name: None)
    row = titled("Simple (3n, 100i), beside pipeline libraries")
    reasons = {each.name: each.unavailable for each in row.candidates if each.group == "peer"}
    assert list(reasons) == ["Hamilton", "dask (sync)", "pipecat", "GStreamer"]
    assert all("is not installed: " in reason for reason in reasons.values())
    assert row.baseline in admitted(row, 100).calls


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("module", "make"), [("hamilton", pipelines.hamilton), ("dask", pipelines.dask_sync)])
def test_peers_calculate_the_same(module, make):
    pytest.importorskip(module)
    for steps in (SIMPLE, CALCULATING):
        items = [1, -5, 2.5]
        assert shared.unequal_items(plain.loop(plain.nodes_of(steps), items), make(steps)(items)) == 0


def test_gstreamer_only_passes_on():
    with pytest.raises(ValueError, match="no element that calculates"):
        pipelines.gstreamer(MEDIUM)


# -- what is said of it


def measured(title, rust_ns, loop_ns=100_000):
    clock = FakeClock()
    candidates = [
        Candidate("rust", timed(clock, rust_ns, lambda x: 2 * x), group="backend"),
        Candidate(shared.LOOP, timed(clock, loop_ns, lambda x: 2 * x)),
        Candidate(shared.GENERATED, timed(clock, 20_000, lambda x: 2 * x)),
        Candidate(shared.HOPS, timed(clock, 1_900_000, lambda x: 2 * x), group="as published"),
    ]
    settings = {"name": "run_pipeline", "candidates": candidates, "title": title, "baseline": shared.LOOP}
    return Table([comparison(clock, **settings).run(budget_s=5.0, seed=3, clock=clock).record()])


def test_a_published_row_is_told_against_the_loop_too_and_the_mean_is_geometric():
    tables = [measured("Simple (3n, 10i)", 10_000), measured("Simple (3n, 100i)", 20_000)]
    (found,) = [each for each in documents.shown(tables) if each.name == "Full comparison"]
    claim = found.rows[0][-1]
    assert claim.startswith("holds: rust ran 19")
    assert "against the plain Python loop, but only" in claim
    assert "against the best plain Python" in claim
    assert "Geometric mean over the 2 rows" in found.below
    assert "Against the plain Python loop, in the same rows: 7." in found.below


def test_a_target_that_something_runs_is_met_when_it_was_timed():
    found = {
        row[0]: row for each in documents.shown([measured("10,000 concurrent executions", 10_000)]) for row in each.rows
    }
    assert found["10,000 concurrent executions"][-1] == "met"
    assert found["10,000 concurrent executions"][2].startswith("rust 10")


def test_users_nodes_are_python_for_every_executor():
    for node in called.users_nodes(MEDIUM):
        assert node.lowered() is None
        assert not isinstance(node, PassThroughNode)
