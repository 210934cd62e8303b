"""A machine profile from another place or time, or one that is no file: what is used of it, and what is said."""

from __future__ import annotations

import json
import logging
import time
from functools import partial

import msgspec
import pytest

import paceline
from paceline.selection import machine, profile, refusals, rules
from selection.fakes import flat, measured
from selection.faults import STEREO, check_fault, choice, document

DAY = 24 * 3600


class TestElsewhere:
    @pytest.mark.parametrize("what", sorted(machine.machine()))
    def test_every_part_of_another_machine(self, valid, caplog, what):
        changed = document(valid)
        then, changed["machine"][what] = changed["machine"][what], "another"
        valid.write_text(json.dumps(changed))
        check_fault(caplog, valid, f"{what} was another and is {then};")

    def test_a_machine_of_which_less_is_known(self, valid, caplog):
        changed = document(valid)
        del changed["machine"]["numpy"]
        valid.write_text(json.dumps(changed))
        check_fault(caplog, valid, "numpy was ? and is ")

    def test_another_backend(self, valid, caplog, installed, backend):
        installed("one", backend("two", version="2.0"))
        check_fault(caplog, valid, "the backend 'two' was another: 1.0, ")

    def test_other_code_of_a_backend(self, valid, caplog, installed, backend):
        installed("one", backend("two", {"to_mono": "return reference.to_mono(x, out) + 0"}))
        check_fault(caplog, valid, "the backend 'two' was another: 1.0, ")

    def test_another_contract(self, valid, caplog, monkeypatch):
        monkeypatch.setattr(machine, "contract", lambda: "another")
        check_fault(caplog, valid, "for to_mono: the operation, or what it is measured on, was another")

    def test_another_operations_measurement(self, valid, caplog):
        changed = document(valid)
        changed["operations"]["interleave"] = changed["operations"].pop("to_mono")
        valid.write_text(json.dumps(changed))
        check_fault(caplog, valid, "for interleave: the operation, or what it is measured on, was another")

    def test_a_backend_that_is_gone_is_done_without(self, valid, installed):
        installed("one")
        assert choice() == ("one", "profile")

    def test_what_still_holds_is_used(self, valid, caplog):
        stale = measured("interleave", flat(two=1.0, python=2.0), at=time.time() - 40 * DAY)
        profile.write(valid, {"interleave": stale})
        rules.forget(tables=True)
        with caplog.at_level(logging.INFO, "paceline"):
            assert choice() == ("two", "profile")
        (record,) = caplog.records
        assert f"{valid} is not used for interleave: it was measured 40 days ago, and 30" in record.getMessage()


class TestAge:
    def rewrite(self, path, at):
        entry = measured("to_mono", flat(one=20.0, two=10.0, python=99.0), at=at)
        text = profile.Profile(1, machine.machine(), {"to_mono": entry})
        path.write_bytes(msgspec.json.encode(text))
        rules.forget(tables=True)

    def test_up_to_30_days(self, valid):
        self.rewrite(valid, time.time() - 29.9 * DAY)
        assert choice() == ("two", "profile")

    def test_older(self, valid, caplog):
        self.rewrite(valid, time.time() - 31 * DAY)
        check_fault(caplog, valid, "it was measured 31 days ago, and 30 are accepted")

    def test_from_a_clock_that_is_ahead(self, valid, caplog):
        self.rewrite(valid, time.time() + 5 * 3600)
        check_fault(caplog, valid, "by this machine's clock it will be measured in 5.0 hours")

    def test_a_clock_that_is_a_little_ahead(self, valid):
        self.rewrite(valid, time.time() + 60)
        assert choice() == ("two", "profile")

    @pytest.mark.parametrize("days", [-400, 400])
    def test_a_pinned_one_does_not_age(self, valid, monkeypatch, tmp_path, days):
        self.rewrite(tmp_path / "pinned.json", time.time() + days * DAY)
        monkeypatch.setenv("PACELINE_PROFILE", str(tmp_path / "pinned.json"))
        rules.forget(tables=True)
        assert choice() == ("two", "profile")
        assert str(time.gmtime(time.time() + days * DAY).tm_year) in paceline.explain("to_mono").measured

    @pytest.mark.parametrize("at", [-1.0, 1e11, 1e300])
    def test_a_time_that_is_none(self, valid, caplog, monkeypatch, at):
        monkeypatch.setenv("PACELINE_PROFILE", str(valid))
        changed = document(valid)
        changed["operations"]["to_mono"]["at"] = at
        valid.write_text(json.dumps(changed))
        check_fault(caplog, valid, "which is no Unix time")


class TestFile:
    def test_a_folder_in_its_place(self, valid, caplog):
        valid.unlink()
        valid.mkdir()
        check_fault(caplog, valid, "it cannot be read: Is a directory")

    def test_a_file_in_its_folders_place(self, valid, caplog, monkeypatch, tmp_path):
        (tmp_path / "file").write_text("")
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
        check_fault(caplog, profile.path(), "it cannot be read: Not a directory")

    def test_a_link_to_itself(self, valid, caplog):
        valid.unlink()
        valid.symlink_to(valid)
        check_fault(caplog, valid, "it cannot be read: ")

    def test_one_that_may_not_be_read(self, valid, caplog, monkeypatch):
        opened = type(valid).open

        def refuse(path, *arguments, **more):
            if path == valid:
                raise PermissionError(13, "Permission denied")
            return opened(path, *arguments, **more)

        monkeypatch.setattr(type(valid), "open", refuse)
        check_fault(caplog, valid, "it cannot be read: Permission denied")

    def test_whoever_asks_first_is_told_once(self, valid, caplog):
        valid.write_text("{")
        for ask in (paceline.status, partial(paceline.explain, "to_mono"), partial(paceline.bind, "to_mono")):
            rules.forget(tables=True)
            caplog.clear()
            with caplog.at_level(logging.DEBUG):
                ask()
                ask()
                choice()
            assert [record.levelno for record in caplog.records] == [logging.INFO]

    def test_none_is_no_fault(self, valid, caplog):
        valid.unlink()
        rules.forget(tables=True)
        with caplog.at_level(logging.DEBUG, "paceline"):
            assert choice() == ("one", "shipped")
        assert not caplog.records

    def test_a_pinned_one_that_is_missing(self, valid, caplog, monkeypatch, tmp_path):
        monkeypatch.setenv("PACELINE_PROFILE", str(tmp_path / "no.json"))
        check_fault(caplog, tmp_path / "no.json", "there is no such file")

    def test_an_empty_variable_pins_nothing(self, valid, monkeypatch):
        monkeypatch.setenv("PACELINE_PROFILE", "")
        assert profile.path() == valid
        assert not profile.is_pinned()


class TestRefusals:
    def test_hold_for_the_code_that_was_refused(self, valid, installed, backend):
        two = measured("to_mono", {}, refused={"two": "?"}).backends["two"]
        profile.write(valid, {}, [profile.Refusal("to_mono", "two", "gives 3", two, time.time())])
        rules.forget(tables=True)
        assert choice() == ("one", "profile")
        with pytest.raises(paceline.BackendUnavailable, match="'two' will not serve to_mono, because it gives 3"):
            paceline.audio.to_mono(STEREO, backend="two")
        installed("one", backend("two", version="2.0"))
        assert paceline.audio.to_mono(STEREO, backend="two").tolist() == [2, 6]
        assert refusals.known() == {}

    def test_a_measurement_of_the_backend_takes_them_away(self, valid):
        entry = measured("to_mono", flat(two=1.0, python=2.0))
        refusal = profile.Refusal("to_mono", "two", "gives 3", entry.backends["two"], time.time())
        other = profile.Refusal("interleave", "two", "gives 4", entry.backends["two"], time.time())
        profile.write(valid, {}, [refusal, other])
        profile.write(valid, {"to_mono": entry})
        assert profile.read(valid).refusals == [other]
