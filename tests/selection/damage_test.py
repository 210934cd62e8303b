"""A machine profile that is damaged, in whatever place: it is told of in one line, and changes nothing."""

from __future__ import annotations

import json
import os
import random
from copy import deepcopy

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from house.fresh import run
from paceline.selection import profile, rules
from selection.fakes import sources
from selection.faults import check_fault, choice, document


class TestBytes:
    def test_cut_off_at_every_byte(self, valid, caplog):
        text = valid.read_bytes()
        for length in range(len(text)):
            valid.write_bytes(text[:length])
            check_fault(caplog, valid, "it is no profile of this format")

    def test_random_damage(self, valid, caplog):
        text, random_ = valid.read_bytes(), random.Random(7)
        used = 0
        for _ in range(400):
            damaged = bytearray(text)
            for _ in range(random_.randrange(1, 5)):
                place, byte = random_.randrange(len(damaged)), random_.randrange(256)
                if random_.random() < 0.3:
                    del damaged[place]
                elif random_.random() < 0.5:
                    damaged.insert(place, byte)
                else:
                    damaged[place] = byte
            valid.write_bytes(damaged)
            rules.forget(tables=True)
            if rules.tables().measured:  # a sample's digit, which nothing depends on, or a time's
                used += 1
                assert choice()[1] == "profile"
            else:
                check_fault(caplog, valid)
        assert 0 < used < 200

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(text=st.binary(max_size=300))
    def test_junk(self, valid, caplog, text):
        valid.write_bytes(text)
        check_fault(caplog, valid, "it is no profile of this format")

    @pytest.mark.parametrize(
        "text",
        [
            b"",
            b"\0" * 1000,
            b"\xff\xfe{\0}\0",
            b"null",
            b"[]",
            b"{}",
            b'{"format": 1}',
            b"[" * 1_000_000,
            b'{"format":1,"machine":' * 100_000,
            b'{"format": 1, "machine": {"a": "\xff"}, "operations": {}}',
        ],
        ids=lambda text: repr(text[:12]),
    )
    def test_other_text(self, valid, caplog, text):
        valid.write_bytes(text)
        check_fault(caplog, valid, "it is no profile of this format")

    def test_more_bytes_than_are_read(self, valid, caplog):
        os.truncate(valid, profile.LARGEST + 1)
        check_fault(caplog, valid, f"it has more than {profile.LARGEST} bytes")

    def test_more_sizes_than_are_measured(self, valid, caplog):
        text = document(valid)
        text["operations"]["to_mono"]["times"]["one"] = [[n, 1.0] for n in range(1, 100_000)]
        valid.write_text(json.dumps(text))
        check_fault(caplog, valid, "'one' has 99999 sizes, and 100 are accepted")


def places(value, path=()):
    """Yield where values are in a document, from the root on."""
    yield path
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield from places(inner, (*path, key))


def at(value, path):
    for key in path:
        value = value[key]
    return value


def kind(value):
    return "number" if type(value) in (int, float) else type(value).__name__


class TestFields:
    def test_every_value_of_another_type(self, valid, caplog):
        whole = document(valid)
        others = [None, True, 1, "x", [], {}]
        found = list(places(whole))[1:]
        assert len(found) > 40
        for path in found:
            for other in others:
                if kind(other) == kind(at(whole, path)):
                    continue
                changed = deepcopy(whole)
                at(changed, path[:-1])[path[-1]] = other
                valid.write_text(json.dumps(changed))
                check_fault(caplog, valid, "it is no profile of this format")

    def test_every_field_missing_or_unknown(self, valid, caplog):
        whole = document(valid)
        for path, optional in ((("operations", "to_mono"), {"samples", "kinds"}), ((), {"refusals"})):
            for field in set(at(whole, path)) - optional:
                changed = deepcopy(whole)
                del at(changed, path)[field]
                valid.write_text(json.dumps(changed))
                check_fault(caplog, valid, f"missing required field `{field}`")
            changed = deepcopy(whole)
            at(changed, path)["more"] = 1
            valid.write_text(json.dumps(changed))
            check_fault(caplog, valid, "unknown field `more`")

    @pytest.mark.parametrize(
        ("curve", "reason"),
        [
            ([], "sizes of 'one' do not ascend from 1"),
            ([[0, 1.0]], "sizes of 'one' do not ascend from 1"),
            ([[-5, 1.0], [5, 1.0]], "sizes of 'one' do not ascend from 1"),
            ([[5, 1.0], [1, 1.0]], "sizes of 'one' do not ascend from 1"),
            ([[5, 1.0], [5, 1.0]], "sizes of 'one' do not ascend from 1"),
            ([[1, 1.0], [10**400, 1.0]], "sizes of 'one' do not ascend from 1"),
            ([[1.5, 1.0]], "Expected `int`"),
            ([[1, 0.0]], "a time of 'one' is not between"),
            ([[1, -3.0]], "a time of 'one' is not between"),
            ([[1, 1e-320], [2, 1e300]], "a time of 'one' is not between"),
            ([[1, 1.0, 1.0]], "Expected `array` of length 2"),
            ([["1", 1.0]], "Expected `int`"),
        ],
        ids=str,
    )
    def test_times_that_are_none(self, valid, caplog, curve, reason):
        changed = document(valid)
        changed["operations"]["to_mono"]["times"]["one"] = curve
        valid.write_text(json.dumps(changed))
        check_fault(caplog, valid, reason)

    @pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "01", "0x10"])
    def test_numbers_that_json_does_not_have(self, valid, caplog, number):
        changed = document(valid)
        changed["operations"]["to_mono"]["times"]["one"] = [[1, "HERE"]]
        valid.write_text(json.dumps(changed).replace('"HERE"', number))
        check_fault(caplog, valid, "it is no profile of this format")

    def test_times_without_a_fingerprint(self, valid, caplog):
        changed = document(valid)
        del changed["operations"]["to_mono"]["backends"]["one"]
        valid.write_text(json.dumps(changed))
        check_fault(caplog, valid, "'one' has times and no fingerprint")

    def test_another_format(self, valid, caplog):
        valid.write_text(json.dumps({**document(valid), "format": 2}))
        check_fault(caplog, valid, "Invalid enum value 2")


CODE = """
import logging, sys
logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
import paceline
print(paceline.audio.to_mono([[1.0, 3.0]]).tolist(), paceline.explain("to_mono").rule)
"""


@pytest.mark.parametrize("text", [b"", b'{"format":1,', b"\0\1\2", b"[" * 100_000])
def test_in_a_process_of_its_own(tmp_path, monkeypatch, text):
    path = tmp_path / "profile.json"
    path.write_bytes(text)
    monkeypatch.setenv("PACELINE_PROFILE", str(path))
    first, second = run(CODE, *sources()).splitlines()
    assert first.startswith(f"INFO paceline The machine profile {path} is not used: it is no profile of this format: ")
    assert second.startswith("[2.0] ")
    assert not second.endswith("profile")
