"""A pipeline in Python: nodes of paceline and one of your own, a router, retries, metrics; and back to a manifest."""

import json

from paceline.pipeline import CalculatorNode, Pipeline, RouterNode, node


@node("Celsius")
def celsius(fahrenheit, *, digits=1):
    """Keyword-only parameters are what a manifest gives as params."""
    return round((fahrenheit - 32) / 1.8, digits)


pipeline = (
    Pipeline("thermometer", on_error="collect", max_retries=2)
    .add_node(CalculatorNode("subtract", 0.5), id="calibrate")
    .add_node(celsius(digits=1), id="celsius")
    .add_node(RouterNode([{"operation": "ge", "value": 38, "output": "fever"}], default="fine"), id="triage")
    .add_node(lambda value: f"{value} degrees: call somebody", id="alarm", after=[])
    .add_node(lambda value: value, id="log", after=[])
    .connect("triage", "alarm", output_key="fever")
    .connect("triage", "log", output_key="fine")
)

result = pipeline.run_sync([98.6, 101.3, "n/a", 99.5])
print(result.output["log"], result.output["alarm"])
print(f"{len(result.errors)} error: {result.errors[0]}")

for line in pipeline.get_metrics()["node_metrics"]:
    print(f"{line['node_id']:>9}: {line['success_count']} of {line['execution_count']}")

manifest = {
    "version": "1.0",
    "nodes": [
        {"id": "calibrate", "type": "Calculator", "params": {"operation": "subtract", "operand": 0.5}},
        {"id": "celsius", "type": "Celsius", "params": {"digits": 2}},
    ],
    "edges": [{"from": "calibrate", "to": "celsius"}],
}
print(Pipeline.from_manifest(manifest).run_sync([98.6]), Pipeline.from_json(json.dumps(manifest)))
