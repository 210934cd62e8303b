import json
import re
from pathlib import Path

import msgspec
import pytest

from harness.fakes import run
from paceline_harness.record import Arm, Record, json_schema
from paceline_harness.verdict import SYSTEMATIC_FLOOR

DOCS = Path(__file__).parents[2] / "docs"
COMMAND = """.venv/bin/python -c 'import json; from paceline_harness.record import json_schema; \
print(json.dumps(json_schema(), indent=1, ensure_ascii=False))' > docs/record.schema.json"""


def test_the_committed_schema_is_current():
    committed = json.loads((DOCS / "record.schema.json").read_text("utf-8"))
    assert committed == json_schema(), f"The schema has changed; run: {COMMAND}"


@pytest.mark.parametrize("of", [Record, Arm])
def test_every_field_is_described(of):
    described = set(re.findall(r"`(\w+)`", (DOCS / "records.md").read_text("utf-8")))
    assert [field.name for field in msgspec.structs.fields(of) if field.name not in described] == []


def test_the_page_names_the_floor_that_is_used():
    text = (DOCS / "records.md").read_text("utf-8")
    assert set(re.findall(r"widened by ([\d.]+) %", text)) == {f"{100 * SYSTEMATIC_FLOOR:g}"}


def test_a_record_has_the_fields_of_the_schema():
    schema = json_schema()["$defs"]["Record"]
    record = json.loads(msgspec.json.encode(run().records[0]))
    assert set(record) == set(schema["properties"])
    assert set(schema["required"]) <= set(record)
