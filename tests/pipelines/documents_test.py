"""Manifests as text: what they say, and the line and column of everything, among tabs and wide letters too."""

import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from paceline_pipelines.command.document import read_document
from paceline_pipelines.command.document.json_text import parse_json
from paceline_pipelines.command.document.places import Lines
from paceline_pipelines.command.document.yaml_text import parse_yaml
from paceline_pipelines.command.errors import CommandError

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
DATA = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@given(DATA, st.sampled_from([None, 1, "\t"]), st.booleans())
def test_json_is_read_as_the_standard_library_does(data, indent, escaped):
    text = json.dumps(data, indent=indent, ensure_ascii=escaped)
    parsed = parse_json(text)
    assert parsed.errors == []
    assert json.dumps(parsed.data) == json.dumps(data)


@given(st.text(st.sampled_from('{}[]":,\\ \n\t\r-+.0123eEtrufalsn/u\x00é😀'), max_size=12))
def test_json_is_refused_exactly_where_the_standard_library_refuses_it(text):
    def refuse(_):
        raise ValueError

    try:
        data = json.loads(text, parse_constant=refuse)
        json.dumps(data, ensure_ascii=False, allow_nan=False).encode()
    except ValueError:
        assert parse_json(text).errors
    else:
        parsed = parse_json(text)
        assert (parsed.data, [e for e in parsed.errors if "second time" not in str(e)]) == (data, [])


@given(DATA)
def test_places_are_where_values_begin(data):
    text = json.dumps({"é😀\t": data}, indent="\t", ensure_ascii=False)
    lines = text.split("\n")
    values = parse_json(text).values
    for path, place in values.items():
        rest = "\n".join([lines[place.line - 1][place.column - 1 :], *lines[place.line :]])
        found, _ = json.JSONDecoder(strict=False).raw_decode(rest)
        assert found == looked_up({"é😀\t": data}, path, values)


def looked_up(data, path, values):
    """Walk to a path by trying which keys lead there: keys may hold dots and brackets."""
    if not path:
        return data
    ways = [("", data)]
    found = []
    while ways:
        way, value = ways.pop()
        if way == path:
            found.append(value)
        if isinstance(value, dict):
            ways += [(f"{way}.{key}" if way else key, each) for key, each in value.items()]
        elif isinstance(value, list):
            ways += [(f"{way}[{number}]", each) for number, each in enumerate(value)]
    return found[-1] if len(found) == 1 else pytest.skip("two parts have one path")


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("", 1, 1, "The end of the text stands where a value is expected"),
        ("{", 1, 2, "a key in double quotes"),
        ('{"a": 1,}', 1, 9, "a comma stands before it"),
        ("[1,\n 2,]", 2, 4, "a comma stands before it"),
        ('{"a" 1}', 1, 6, "'1' stands where a colon is expected"),
        ('{"a": 1 "b": 2}', 1, 9, "where a comma or '}' is expected"),
        ("{'a': 1}", 1, 2, "a key in double quotes"),
        ("{} {}", 1, 4, "follows the end of the document"),
        ('\t{"é😀":\r\n\t\tTrue}', 2, 3, "'True' stands where a value is expected"),
        ("[\r1,\n\n01]", 4, 2, "'1' stands where a comma"),
        ("[NaN]", 1, 2, "'NaN' stands where"),
        ("[1e999]", 1, 2, "beyond what a float can hold"),
        ('["a\tb"]', 1, 4, "invalid control character"),
        ('["\\x"]', 1, 3, "invalid \\escape"),
        ('["\\ud800"]', 1, 2, "half of a pair of surrogates"),
        ('["abc', 1, 2, "unterminated string"),
        ("\ufeff{}", 1, 1, "byte order mark"),
        ("[" * 5000, 1, 202, "nested more than 200 deep"),
        ("1" * 5000, 1, 1, "more digits"),
    ],
)
def test_json_errors_have_their_place(text, line, column, words):
    (error,) = parse_json(text).errors
    assert error.place == (line, column)
    assert words in str(error)


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("a: 1\n\tb: 2\n", 2, 1, "indented by spaces, not by tabs"),
        ("a: [1, 2\n", 2, 1, "did not find expected ',' or ']'"),
        ("a: &x 1\nb: *x\n", 2, 4, "the alias *x"),
        ("é😀: {b: !!python/name:os.system ''}\n", 1, 9, "could not determine a constructor"),
        ('é😀: "\x01"\n', 1, 6, "U+0001 is not accepted"),
        ("a: 1\nb: {c: 2020-13-45}\n", 2, 8, "month must be in 1..12"),
        ("a: 1\n---\nb: 2\n", 2, 1, "expected a single document"),
        ("a: 1\r\nb: 1\r\na: 2\r\n", 3, 1, "'a' stands here for the second time"),
        ('\ufeffa: "\u2028"\na: 2\n', 2, 1, "'a' stands here for the second time"),
        ("? [1]\n: 2\n", 1, 3, "unhashable"),
    ],
)
def test_yaml_errors_have_their_place(text, line, column, words):
    (error,) = parse_yaml(text).errors
    assert error.place == (line, column)
    assert words in str(error)


@given(DATA)
def test_yaml_is_read_as_its_library_does(data):
    text = yaml.safe_dump({"x": data}, allow_unicode=True)
    parsed = parse_yaml(text)
    assert parsed.errors == []
    assert parsed.data == yaml.safe_load(text)
    assert parsed.values["x"].line >= 1


@pytest.mark.parametrize("name", ["a.json", "a.yaml"])
def test_a_duplicate_key_is_told_beside_other_mistakes(tmp_path, name):
    path = tmp_path / name
    path.write_text(
        '{"version": "1.0",\n "nodes": [{"id": "a", "type": "Ad"}],\n "nodes": [{"id": "a", "type": "Ad"}]}'
    )
    first, second = read_document(path).mistakes
    assert (first.place, second.place) == ((3, 2), (3, 32))
    assert "'nodes' stands here for the second time" in first.sentence
    assert "Did you mean 'Add'?" in second.sentence


def test_bytes_that_are_no_utf_8_have_a_place(tmp_path):
    path = tmp_path / "a.json"
    path.write_bytes('{"é":\n "'.encode() + b'\xff"}')
    (mistake,) = read_document(path).mistakes
    assert mistake == ((2, 3), "The byte 0xFF is no UTF-8, which is what is accepted.")


def test_a_file_that_is_too_large_is_not_read(tmp_path):
    path = tmp_path / "a.yaml"
    with path.open("wb") as file:
        file.truncate(16 * 2**20 + 1)
    (mistake,) = read_document(path).mistakes
    assert "more than 16,777,216 bytes" in mistake.sentence


def test_a_file_says_what_it_is_by_its_ending(tmp_path):
    with pytest.raises(CommandError, match=r"accepted are manifests named \.json, \.yaml, \.yml\."):
        read_document(tmp_path / "a.toml")


def test_a_manifest_imports_and_evaluates_nothing(tmp_path):
    mark = tmp_path / "mark"
    for tag in ("!!python/object/apply:os.mkdir", "!!python/object/new:os.mkdir", "!!python/name:os.mkdir"):
        path = tmp_path / "a.yaml"
        path.write_text(f'version: "1.0"\nnodes: [{{id: a, type: Map, params: {{function: {tag} ["{mark}"]}}}}]\n')
        assert any("could not determine a constructor" in mistake.sentence for mistake in read_document(path).mistakes)
    assert not mark.exists()


def test_lines_are_found_in_any_order():
    text = "a\r\nbb\rc\n\nd"
    lines = Lines(text)
    places = {at: lines.place(at) for at in (8, 0, 6, 3, 9, 1)}
    assert places == {8: (4, 1), 0: (1, 1), 6: (3, 1), 3: (2, 1), 9: (5, 1), 1: (1, 2)}
    assert [lines[number] for number in range(1, 6)] == ["a", "bb", "c", "", "d"]
