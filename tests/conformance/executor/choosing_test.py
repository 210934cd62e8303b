"""Which executor and which backends a pipeline chooses by what was measured, and what it says of that."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

import paceline
from paceline.pipeline import (
    AddNode,
    AudioResampleNode,
    BackendUnavailable,
    BufferNode,
    FilterNode,
    FormatConverterNode,
    InterpolateNode,
    Node,
    PassThroughNode,
    Pipeline,
    VADNode,
)
from paceline.selection import choices, rules, selector, warming
from paceline.selection.tables import Figures

pytestmark = pytest.mark.needs("run_pipeline")

LINES = {"numba": [(1, 500), (1_000, 1_000)], "python": [(1, 400), (1_000, 2_000)], "rust": [(1, 50), (1_000, 3_000)],
         "cython": [(1, 60), (1_000, 4_000)]}  # fmt: skip
"""Times in ns by which the two that walk other graphs in Python are the fastest with a line of numbers."""


@pytest.fixture
def measured(monkeypatch):
    """Let these curves be what was measured: ``measured(run_pipeline={"rust": [(1, 100.0)]})``."""

    class Given:
        def __init__(self, times, kinds):
            self.times, self.kinds = times, kinds

        def of(self, operation):
            if operation not in self.times:
                return None
            return Figures("profile", self.times[operation], "by a test", kinds=self.kinds.get(operation, {}))

    def let(kinds=None, **times):
        monkeypatch.setattr(rules, "tables", lambda: Given(times, kinds or {}))
        monkeypatch.setattr(warming, "is_warm", lambda *_: True)
        rules.forget()

    yield let
    monkeypatch.undo()
    rules.forget()


def line(*nodes, hints=(), **config):
    made = Pipeline("line", **config)
    for number, node in enumerate(nodes):
        made.add_node(node, id=f"n{number}", runtime_hint=hints[number] if hints else "auto")
    return made


def where(made):
    return {id: each.backend for each in made.explain().segments for id in each.nodes}


async def waits(item):
    return item


class TestExecutors:
    def test_a_line_of_numbers_is_the_fastest_ones(self, measured):
        """8.1: by what was measured."""
        measured(run_pipeline=LINES)
        made = line(AddNode(1), AddNode(2))
        (segment,) = made.explain().segments
        assert (segment.backend, segment.why) == ("numba", "the fastest that was measured here")
        assert segment.estimate_us == pytest.approx(1.0 * 2 / 10)
        assert segment.per == "1,000 items"
        assert made.run_sync([1, 2]) == [4, 5]

    @pytest.mark.parametrize("last", [FilterNode("gt", 0), repr, BufferNode(1)])
    def test_any_other_graph_is_that_of_an_executor_that_takes_it(self, measured, last):
        """8.6: though others are faster with lines."""
        measured(run_pipeline=LINES)
        explanation = line(AddNode(1), last).explain()
        assert explanation.backend == "rust"
        assert explanation.segments[0].why == "the fastest that was measured, of those for any graph"
        assert explanation.segments[0].estimate_us is None

    def test_without_one_that_takes_it_python_does(self, measured):
        """8.6: it is what the others do."""
        measured(run_pipeline={name: LINES[name] for name in ("numba", "python")})
        assert line(AddNode(1), FilterNode("gt", 0)).explain().backend == "python"
        assert line(AddNode(1)).explain().backend == "numba"

    def test_a_node_in_python_makes_another_graph_of_a_line(self, measured):
        """8.6: it is called."""
        measured(run_pipeline=LINES)
        made = line(AddNode(1), AddNode(2), hints=("auto", "python"))
        assert where(made) == {"n0": "rust", "n1": "python"}
        assert made.run_sync([1]) == [4]

    def test_where_a_node_waits_items_come_one_by_one(self, measured):
        """8.1: so that a call's cost decides."""
        measured(run_pipeline=LINES)
        made = line(AddNode(1), FilterNode("gt", 0), waits)
        assert made.explain().backend == "rust"
        assert where(made) == {"n0": "rust", "n1": "python", "n2": "python"}
        assert asyncio.run(made.run([1, 2])) == [2, 3]

    def test_what_a_hint_makes_dear_is_counted(self, measured):
        """8.1: a call for each item costs more than a slower executor for all."""
        measured(run_pipeline=LINES)
        made = line(AddNode(1), AddNode(2), AddNode(3), hints=("auto", "cython", "auto"))
        assert set(where(made).values()) == {"cython"}
        assert made.explain().segments[0].why == "a runtime_hint asks for it"
        measured(run_pipeline={**LINES, "cython": [(1, 0.001), (1_000, 40_000.0)]})
        made = line(*[AddNode(1)] * 3, hints=("auto", "cython", "auto"))
        assert where(made) == {"n0": "rust", "n1": "cython", "n2": "rust"}
        assert [each.estimate_us for each in made.explain().segments] == [None, pytest.approx(0.001), None]
        assert made.run_sync([1]) == [4]

    def test_numbas_hint_is_refused_in_another_graph_whatever_was_measured(self, measured):
        """8.3: also where another executor walks it."""
        for times in (LINES, {}):
            measured(run_pipeline=times)
            with pytest.raises(BackendUnavailable, match="a line of nodes of numbers"):
                line(AddNode(1), FilterNode("gt", 0), hints=("numba", "auto")).run_sync([1])

    def test_one_that_gives_wrong_results_is_passed_over(self, measured, monkeypatch):
        """8.6: it is tried before it serves."""
        measured(run_pipeline=LINES)
        monkeypatch.setattr(rules.Selector, "proved", lambda _self, name: name != "rust")
        assert line(AddNode(1), FilterNode("gt", 0)).explain().backend == "cython"


SOUND = {
    "resample_chunk": {"rust": [(1, 1_000.0), (1_000, 9_000.0)], "numba": [(1, 9_000.0), (1_000, 12_000.0)]},
    "convert_format": {"rust": [(1, 500.0), (2_000, 500.0)], "cython": [(1, 100.0), (2_000, 2_000.0)]},
    "detect_voice": {"python": [(1, 7_000.0), (480, 7_000.0)]},
}


class TestFrames:
    def test_what_is_converted_is_counted_and_told(self, measured):
        """8.9: a node in floats that is sent integers."""
        measured(**SOUND)
        nodes = FormatConverterNode("i16"), AudioResampleNode(48_000, 16_000), VADNode(16_000)
        first, second, third = line(*nodes).explain().segments
        time = {name: selector(name).times for name in SOUND}
        assert (first.backend, first.per, first.converts) == ("rust", "480 frames", "")
        assert first.estimate_us == pytest.approx(min(time["convert_format"](480).values()) / 1_000, rel=0.05)
        assert (second.backend, second.per, second.converts) == ("rust", "960 frames", "i16 to f32 and back")
        calls = [time["resample_chunk"](960), time["convert_format"](960), time["convert_format"](320)]
        assert second.estimate_us == pytest.approx(sum(min(each.values()) for each in calls) / 1_000)
        assert second.reason.endswith("; converts i16 to f32 and back here")
        assert (third.backend, third.per, third.converts) == ("python", "480 frames", "i16 to f32")
        plain = line(*nodes[1:]).explain().segments
        assert [each.converts for each in plain] == ["", ""]
        assert plain[0].estimate_us < second.estimate_us

    def test_a_conversion_costs_what_its_formats_do(self, measured):
        """8.9: where that was measured."""
        nodes = FormatConverterNode("i16"), VADNode(16_000)
        measured(**SOUND)
        usual = line(*nodes).explain().segments[1].estimate_us
        kinds = {"i16 to f32": {"rust": [(1, 40.0), (2_000, 40.0)]}}
        measured({"convert_format": kinds}, **SOUND)
        first, second = line(*nodes).explain().segments
        assert (first.estimate_us, usual - second.estimate_us) == (pytest.approx(0.5), pytest.approx(0.5 - 0.04))

    def test_what_is_not_known_is_not_told(self, measured):
        """8.9: behind a user's node, or where branches differ."""
        measured(**SOUND)
        assert [s.converts for s in line(FormatConverterNode("i16"), np.copy, VADNode(16_000)).explain().segments][
            2
        ] == ""
        made = (
            Pipeline("two").add_node(FormatConverterNode("i16"), id="a").add_node(PassThroughNode(), id="b", after=[])
        )
        made.add_node(VADNode(16_000), id="c", after=["a", "b"])
        assert all(not each.converts for each in made.explain().segments)

    def test_nothing_measured_gives_no_estimate(self, measured):
        """8.9: there is none."""
        measured()
        made = line(AudioResampleNode(48_000, 16_000), AddNode(1))
        assert [(each.estimate_us, each.estimate) for each in made.explain().segments] == [(None, "")] * 2
        assert "µs" not in str(made.explain())

    @pytest.mark.needs("resample_chunk", "detect_voice", "convert_format", "interpolate_linear", "trajectory_at")
    def test_a_pipelines_hint_is_one_for_nodes_with_backends(self, backend):
        """8.7: unless the node has its own."""
        other = "cython" if backend == "rust" else "rust"
        stamps, turn = [0, 10], [[0.0, 0, 0, 1]] * 2
        nodes = [AudioResampleNode(48_000, 16_000), VADNode(16_000), FormatConverterNode("i16"),
                 InterpolateNode(stamps, [0.0, 1.0]),
                 InterpolateNode(stamps, positions=[[0.0, 0, 0]] * 2, quaternions=turn)]  # fmt: skip
        for node in nodes:
            made = line(node, runtime_hint=backend)
            (segment,) = made.explain().segments
            assert (segment.backend, segment.why) == (backend, "the pipeline's runtime_hint asks for it")
            (segment,) = line(node, hints=[other], runtime_hint=backend).explain().segments
            assert (segment.backend, segment.why) == (other, "its runtime_hint asks for it")
            (entry,) = made.plan().entries
            assert entry.node.backend == backend

    def test_what_a_node_was_told_itself_goes_before_the_pipelines_hint(self):
        """8.7: it is nearer."""
        node = FormatConverterNode("i16")
        node.use("python")
        (segment,) = line(node, runtime_hint="rust").explain().segments
        assert (segment.backend, segment.why) == ("python", "the node itself asks for it")

    def test_the_users_nodes_stay_as_they_are(self):
        """8.10: pipelines that share a node do not share its backend."""
        node, stamps = FormatConverterNode("i16"), np.arange(3)
        pose = InterpolateNode(stamps, positions=np.zeros((3, 3)), quaternions=np.eye(4)[[3, 3, 3]])
        first = line(node, pose, hints=["rust", "python"])
        second = first.using("python")
        third = line(node, pose, hints=["numba", "cython"])
        fourth = line(node, pose)
        assert [list(where(each).values()) for each in (first, second, third)] == [
            ["rust", "python"], ["rust", "python"], ["numba", "cython"]
        ]  # fmt: skip
        assert fourth.explain().segments[0].why != "its runtime_hint asks for it"
        assert (node.backend, pose.backend) == (None, None)
        assert vars(node).keys() == vars(FormatConverterNode("i16")).keys()

    def test_a_users_node_may_have_an_attribute_of_that_name(self):
        """8.4: it is Python code all the same."""

        class Mine(Node):
            operation = "resample"
            backend = "rust"

            def process(self, item):
                return item

        made = line(Mine())
        (segment,) = made.explain().segments
        assert (segment.backend, segment.why) == ("python", f"Mine is Python code, called by {made.explain().backend}")

    def test_older_ways_to_convert_are_python(self):
        """8.4: whatever backend there is."""
        assert where(line(FormatConverterNode("i16", legacy="fast"))) == {"n0": "python"}


MANIFEST = {
    "version": "1.0",
    "nodes": [
        {"id": "a", "type": "AudioResample", "params": {"input_rate": 48_000, "output_rate": 16_000}},
        {"id": "b", "type": "FormatConverter", "params": {"to": "i16"}},
    ],
    "edges": [{"from": "a", "to": "b"}],
}


class TestWhatIsAskedForWhereAPipelineIsMade:
    @pytest.fixture(autouse=True)
    def nothing_asked(self):
        yield
        rules.reread()
        rules.forget()

    def test_an_executor(self):
        """8.8: a block holds for pipelines that are made in it, before and after its end."""
        for name in ("python", "numba", "rust", "cython"):
            with paceline.using(name):
                made, empty = line(AddNode(1)), Pipeline("later")
                again = Pipeline.from_manifest({"version": "1.0", "nodes": [{"id": "a", "type": "Echo"}]})
                assert made.explain().backend == name
                ready = line(AddNode(1))
            for each in (made, ready, empty.add_node(AddNode(1)), again, made.using("auto")):
                explanation = each.explain()
                assert explanation.backend == name
                assert explanation.segments[0].why == "a block of paceline.using() asks for it"
            assert ready.run_sync([1]) == [2]

    def test_numba_that_is_asked_for_leaves_other_graphs_to_python(self):
        """8.3: as a hint does."""
        with paceline.using("numba"):
            made = line(AddNode(1), FilterNode("gt", 0))
        assert set(where(made).values()) == {"python"}
        assert made.explain().backend == "numba"

    def test_a_block_around_a_run_does_not_hold(self):
        """8.8: the pipeline was made before."""
        before = line(AddNode(1))
        frames = Pipeline.from_manifest(MANIFEST)
        usual = where(before), where(frames)
        with paceline.using("python"):
            assert (where(before), where(frames)) == usual
            assert where(line(AddNode(1))) == {"n0": "python"}

    def test_a_hint_goes_before_a_block(self):
        """8.8: it is nearer."""
        with paceline.using("python"):
            made = line(FormatConverterNode("i16"), AddNode(1), runtime_hint="rust")
        assert where(made) == {"n0": "rust", "n1": "rust"}

    def test_nodes_with_backends(self, monkeypatch):
        """8.8: what they call is what was asked for there, and what others call is not."""
        with paceline.using("python", convert_format="rust"):
            made = [
                Pipeline.from_manifest(MANIFEST),
                line(AudioResampleNode(48_000, 16_000), FormatConverterNode("i16")),
            ]
        for each in made:
            assert list(where(each).values()) == ["python", "rust"]
        called = []
        for operation in ("resample_chunk", "convert_format", "resample"):
            chooser = selector(operation)
            for name in ("python", "rust", "cython"):
                kernel = paceline.bind(operation, backend=name)
                choice = choices.Choice(name, noting(called, operation, name, kernel), "call")
                monkeypatch.setitem(chooser._named, name, choice)
                monkeypatch.setitem(chooser._named, (name,), choice)
        sound = np.zeros(48_000, np.float32)
        assert len(made[0].run_sync([sound[:4_800], sound[4_800:9_600]])) > 0
        assert set(called) == {("resample_chunk", "python"), ("convert_format", "rust")}
        called.clear()
        made[0].run_sync(sound)
        assert set(called) == {("resample", "python"), ("convert_format", "rust")}

    def test_the_environment(self, monkeypatch):
        """8.8: for every pipeline of the process."""
        monkeypatch.setenv("PACELINE_BACKEND", "python")
        monkeypatch.setenv("PACELINE_BACKEND_CONVERT_FORMAT", "rust")
        rules.reread()
        made = line(AddNode(1), FormatConverterNode("i16"))
        assert [(each.backend, each.why) for each in made.explain().segments] == [
            ("python", "PACELINE_BACKEND=python asks for it"),
            ("rust", "convert_format: PACELINE_BACKEND_CONVERT_FORMAT=rust asks for it"),
        ]
        monkeypatch.undo()
        rules.reread()
        assert made.explain().backend == "python"


def noting(called, operation, name, kernel):
    def noted(*arguments):
        called.append((operation, name))
        return kernel(*arguments)

    return noted
