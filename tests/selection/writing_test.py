"""Writing a machine profile while things go wrong: the one before stays as it is, byte for byte."""

from __future__ import annotations

import errno
import os
import resource
import signal
import time
from pathlib import Path

import pytest

import paceline
from paceline.selection import machine, profile
from paceline.selection.profile import ProfileNotWritten
from selection.fakes import flat, measured
from selection.faults import check_kept


def check_not_written(path, entry, reason):
    with pytest.raises(ProfileNotWritten) as error:
        profile.write(path, {"interleave": entry})
    assert str(error.value) == f"The machine profile {path} was not written: {reason}."
    assert isinstance(error.value, paceline.PacelineError)
    assert isinstance(error.value, OSError)


class TestDisk:
    def test_full(self, before, entry):
        text = before.read_bytes()
        before.with_name("profile.json.new").symlink_to("/dev/full")
        check_not_written(before, entry, "No space left on device")
        check_kept(before, text, entry)

    def test_a_limit_of_the_size_of_files(self, before, entry):
        text = before.read_bytes()
        limits, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.getsignal(signal.SIGXFSZ)
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
        try:
            with pytest.raises(ProfileNotWritten, match=r"^The machine profile \S+ was not written: File too large\.$"):
                profile.write(before, {"interleave": entry})
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
            signal.signal(signal.SIGXFSZ, handler)
        check_kept(before, text, entry)

    @pytest.mark.parametrize("step", ["fsync", "replace"])
    @pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EDQUOT])
    def test_an_error_at_the_end(self, before, entry, monkeypatch, step, number):
        def fail(*_):
            raise OSError(number, os.strerror(number))

        text = before.read_bytes()
        with monkeypatch.context() as patched:
            patched.setattr(*((os, "fsync") if step == "fsync" else (Path, "replace")), fail)
            check_not_written(before, entry, os.strerror(number))
        check_kept(before, text, entry)

    def test_ctrl_c_at_the_end(self, before, entry, monkeypatch):
        def interrupt(*_):
            raise KeyboardInterrupt

        text = before.read_bytes()
        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", interrupt)
            with pytest.raises(KeyboardInterrupt):
                profile.write(before, {"interleave": entry})
        check_kept(before, text, entry)


class TestPlaces:
    def test_a_system_that_takes_no_files(self, before, entry):
        path = Path("/proc/paceline/profile.json")
        check_not_written(path, entry, "No such file or directory")

    def test_a_folder_that_takes_no_files(self, before, entry, monkeypatch):
        text = before.read_bytes()
        opened = Path.open

        def refuse(path, mode="r", *arguments, **more):
            if path.parent == before.parent and mode != "rb":
                raise PermissionError(errno.EACCES, "Permission denied")
            return opened(path, mode, *arguments, **more)

        with monkeypatch.context() as patched:
            patched.setattr(Path, "open", refuse)
            check_not_written(before, entry, "Permission denied")
        check_kept(before, text, entry)

    def test_a_file_in_the_folders_place(self, tmp_path, entry):
        (tmp_path / "file").write_text("")
        check_not_written(tmp_path / "file" / "profile.json", entry, "File exists")

    def test_a_folder_in_its_place(self, before, entry):
        before.unlink()
        before.mkdir()
        check_not_written(before, entry, "Is a directory")
        assert [file.name for file in before.parent.iterdir() if file.name.endswith(".new")] == []
        before.rmdir()
        profile.write(before, {"interleave": entry})
        assert set(profile.read(before).operations) == {"interleave"}

    def test_folders_are_made(self, tmp_path, entry):
        path = tmp_path / "a" / "b" / "profile.json"
        profile.write(path, {"interleave": entry})
        assert profile.read(path).operations == {"interleave": entry}

    @pytest.mark.parametrize("text", [b"", b"{", b"\0" * 99])
    def test_what_cannot_be_read_is_written_over(self, before, entry, text):
        before.write_bytes(text)
        profile.write(before, {"interleave": entry})
        assert profile.read(before).operations == {"interleave": entry}

    def test_what_a_dead_process_left_is_written_over(self, before, entry):
        before.with_name("profile.json.new").write_bytes(b"x" * 100_000)
        text = before.read_bytes()
        profile.write(before, {})
        assert before.read_bytes() == text
        assert not before.with_name("profile.json.new").exists()


class TestMerging:
    def test_another_machines_is_written_over(self, before, entry, monkeypatch):
        here = machine.machine()
        monkeypatch.setattr(machine, "machine", lambda: {**here, "numpy": "3.0"})
        entry = measured("interleave", flat(one=3.0, python=4.0))
        profile.write(before, {"interleave": entry})
        assert profile.read(before).operations == {"interleave": entry}

    @pytest.mark.parametrize("order", [(0, 1), (1, 0)])
    def test_of_the_same_operation_the_newest_stays(self, before, order):
        now = time.time()
        entries = [measured("to_mono", flat(one=ns, python=2.0), at=now + ns) for ns in (10.0, 20.0)]
        for number in order:
            profile.write(before, {"to_mono": entries[number]})
        assert profile.read(before).operations["to_mono"] == entries[1]

    def test_one_from_the_future_gives_way(self, before):
        ahead = measured("to_mono", flat(one=1.0, python=2.0), at=time.time() + 10 * 24 * 3600)
        entry = measured("to_mono", flat(one=3.0, python=4.0))
        profile.write(before, {"to_mono": ahead})
        profile.write(before, {"to_mono": entry})
        assert profile.read(before).operations["to_mono"] == entry
