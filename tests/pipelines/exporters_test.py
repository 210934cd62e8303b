"""Metrics in other systems' forms, read back by their own libraries."""

import asyncio
import subprocess
import sys

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode, get_current_span
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from paceline.pipeline import AddNode, CalculatorNode, MapNode, NodeError, Pipeline
from paceline.pipeline.exporters.opentelemetry import instrument
from paceline.pipeline.exporters.prometheus import prometheus_collector


def halves(name="halves", **config):
    pipeline = Pipeline(name, **config).add_node(AddNode(0, name="whole"))
    return pipeline.add_node(CalculatorNode("divide", 2, name="half"))


def scraped(*pipelines):
    registry = CollectorRegistry()
    registry.register(prometheus_collector(*pipelines))
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(generate_latest(registry).decode())
        for sample in family.samples
    }, registry


def test_importing_pipelines_imports_no_exporter():
    names = "('yaml', 'prometheus_client', 'opentelemetry')"
    code = f"import sys, paceline.pipeline; print([name for name in {names} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_prometheus_has_a_counter_for_each_figure_of_a_node():
    pipeline = halves(on_error="skip")
    pipeline.run_sync([1, 2, "x"])
    pipeline.run_sync([3])
    found, registry = scraped(pipeline)
    told = {node["node_id"]: node for node in pipeline.get_metrics()["node_metrics"]}
    for id, type in (("whole", "AddNode"), ("half", "CalculatorNode")):
        labels = sorted({"node": id, "pipeline": "halves", "type": type}.items())
        values = [value for _, value in labels]
        assert found["paceline_node_items_total", *values] == told[id]["execution_count"]
        assert found["paceline_node_successes_total", *values] == told[id]["success_count"]
        assert found["paceline_node_errors_total", *values] == told[id]["error_count"]
        assert found["paceline_node_retries_total", *values] == 0
        assert found["paceline_node_seconds_total", *values] == pytest.approx(told[id]["total_duration_us"] / 1e6)
    assert (told["whole"]["execution_count"], told["whole"]["error_count"]) == (4, 1)
    assert found["paceline_runs_total", "halves"] == 2
    assert found["paceline_failed_runs_total", "halves"] == 0
    assert found["paceline_peak_memory_bytes",] > 0
    pipeline.run_sync([4])
    assert registry.get_sample_value("paceline_runs_total", {"pipeline": "halves"}) == 3


def test_prometheus_takes_several_pipelines_of_other_names():
    found, _ = scraped(halves("one"), halves("other"))
    assert {labels for name, *labels in found if name == "paceline_runs_total" for labels in labels} == {"one", "other"}
    with pytest.raises(ValueError, match="accepted are one or more, each with a name of its own"):
        prometheus_collector(halves(), halves())
    with pytest.raises(ValueError, match="accepted are one or more"):
        prometheus_collector()


def test_prometheus_counters_never_fall(monkeypatch):
    pipeline = halves()
    told = pipeline.get_metrics()
    monkeypatch.setattr(pipeline, "get_metrics", lambda: told)
    told["total_duration_us"] = 5e6
    _, registry = scraped(pipeline)
    told["total_duration_us"] = 4e6  # an estimate from samples may do that
    assert registry.get_sample_value("paceline_run_seconds_total", {"pipeline": "halves"}) == 5.0
    told["total_duration_us"] = 6e6
    assert registry.get_sample_value("paceline_run_seconds_total", {"pipeline": "halves"}) == 6.0


@pytest.fixture
def traced():
    """Return an instrumented pipeline's maker, and what gives the finished spans by name."""
    memory = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(memory))
    tracer = provider.get_tracer("tests")
    yield lambda pipeline: instrument(pipeline, tracer), lambda: {s.name: s for s in memory.get_finished_spans()}
    provider.shutdown()


def test_a_run_is_a_span_with_one_for_each_node(traced):
    made, spans = traced
    pipeline = halves()
    assert made(pipeline).run_sync([1, 2, 4]) == [0.5, 1.0, 2.0]
    found = spans()
    assert list(found) == ["whole", "half", "run halves"]
    top = found["run halves"]
    assert top.parent is None
    assert top.attributes["paceline.pipeline"] == "halves"
    assert top.attributes["paceline.executor"] == pipeline.explain().backend
    assert top.status.status_code is StatusCode.UNSET
    for name in ("whole", "half"):
        span = found[name]
        assert span.parent.span_id == top.context.span_id
        assert span.attributes["paceline.execution_count"] == 3
        assert span.start_time == top.start_time
        assert span.end_time - span.start_time == int(span.attributes["paceline.duration_us"] * 1000)


def test_spans_tell_one_run_not_those_before(traced):
    made, spans = traced
    pipeline = halves()
    pipeline.run_sync([1] * 50)
    made(pipeline).run_sync([1, 2])
    assert spans()["half"].attributes["paceline.execution_count"] == 2


def test_an_error_is_in_the_spans(traced):
    made, spans = traced
    with pytest.raises(NodeError):
        made(halves()).run_sync([1, "x"])
    found = spans()
    assert found["run halves"].status.status_code is StatusCode.ERROR
    assert [event.name for event in found["run halves"].events] == ["exception"]
    assert found["whole"].status.status_code is StatusCode.ERROR
    assert found["whole"].attributes["paceline.error_count"] == 1


def test_nodes_work_inside_the_span_of_their_run(traced):
    made, spans = traced
    seen = []

    async def note(item):
        seen.append(get_current_span().get_span_context().span_id)
        return item

    async def go(pipeline):
        assert await pipeline.run([1]) == [1]
        assert await pipeline.run_many([[1], [2]]) == [[1], [2]]
        assert [item async for item in pipeline.stream([7])] == [7]
        assert not get_current_span().get_span_context().is_valid

    asyncio.run(go(made(Pipeline("p").add_node(MapNode(note, name="note")))))
    found = spans()
    assert seen[0] == found["run p"].context.span_id
    assert seen[1] == seen[2] == found["run_many p"].context.span_id
    assert seen[3] == found["stream p"].context.span_id


def test_a_stream_that_is_left_ends_its_span(traced):
    made, spans = traced

    async def go():
        results = made(halves()).stream([2, 4, 6])
        assert await anext(results) == 1.0
        assert spans() == {}
        await results.aclose()

    asyncio.run(go())
    assert spans()["stream halves"].status.status_code is StatusCode.UNSET


def test_without_a_tracer_the_global_one_is_used_and_nothing_is_recorded():
    assert instrument(halves()).run_sync([1]) == [0.5]


def test_without_metrics_there_are_spans_of_runs_only(traced):
    made, spans = traced
    made(halves(enable_metrics=False)).run_sync([1])
    assert list(spans()) == ["run halves"]
