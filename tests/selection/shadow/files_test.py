"""The files that repeat a call: what they hold, how many there are, and that nothing else is taken for one."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

import paceline
from house.fresh import run
from paceline import audio
from paceline.selection import shadow
from paceline.selection.shadow import mismatches, reproduce
from selection.shadow.odd import IDENTITY, MENDED, QUARTER, T, find, linear


class TestFiles:
    def test_repeats_it(self, capsys):
        file = find()
        assert file.name.startswith("interpolate_linear-odd-20")
        assert file.name.endswith("Z.npz")
        assert reproduce.main([str(file)]) == 0
        lines = capsys.readouterr().out.splitlines()
        same = (
            "it gives 1.000007 at index 0 of the flattened out, and the reference gives 7e-06: 1 of 1 values differ by "
        )
        assert lines[:2] == ["operation   interpolate_linear", "backend     odd"]
        assert lines[2].startswith(f"then        {same}more than they may (20")
        assert lines[3:] == [f"now         reproduced: {same}more than they may"]

    def test_is_run_as_a_module_in_a_process_of_its_own(self, path):
        file = find()
        code = (
            f"import runpy, sys; sys.argv[1:] = [{str(file)!r}]\n"
            "runpy.run_module('paceline.selection.shadow.reproduce', run_name='__main__')"
        )
        assert "now         reproduced: it gives 1.000007" in run(code, *path)

    def test_says_where_it_is_mended(self, path, tmp_path):
        file = find()
        (tmp_path / "odd" / "src" / "fake_odd" / "interpolation.py").write_text(MENDED)
        code = f"import sys; from paceline.selection.shadow import reproduce; sys.exit(reproduce.main([{str(file)!r}]))"
        lines = run(code, *path, expect=1).splitlines()
        assert lines[3].startswith("changed     the backend was 1.0, ")
        assert lines[4:] == ["now         not reproduced: it gives what the reference gives"]

    def test_is_readable_by_the_user_alone_and_whole(self):
        file = find()
        if os.name == "posix":
            assert file.stat().st_mode & 0o777 == 0o600
        assert [each.name for each in file.parent.iterdir()] == [file.name]

    @pytest.mark.parametrize("operation", ["slerp_quaternion", "resample_chunk"])
    def test_holds_every_kind_of_argument(self, operation):
        if operation == "slerp_quaternion":
            paceline.slerp_quaternion(T + 7, T, IDENTITY, T + 10, QUARTER)
        else:
            audio.ResampleStream(48_000, 16_000, backend="odd").process(np.full(480, 0.5, np.float32))
        assert shadow.drain(60)
        (file,) = mismatches.folder().iterdir()
        assert reproduce.main([str(file)]) == 0

    @pytest.mark.parametrize("files", [19, 20, 40])
    def test_no_more_than_so_many_are_kept(self, files):
        folder = mismatches.folder()
        folder.mkdir(parents=True)
        for number in range(files):
            (folder / f"{number:02}.npz").write_bytes(b"")
            os.utime(folder / f"{number:02}.npz", (1e9 + number, 1e9 + number))
        linear(7)
        assert shadow.drain(60)
        left = sorted(path.name for path in folder.iterdir())
        assert len(left) == mismatches.MOST_FILES
        assert left[:-1] == [f"{number:02}.npz" for number in range(files - 19, files)]

    def test_nor_more_than_so_many_bytes(self, monkeypatch):
        folder = mismatches.folder()
        folder.mkdir(parents=True)
        (folder / "old.npz").write_bytes(bytes(9_000))
        monkeypatch.setattr(mismatches, "MOST_BYTES_KEPT", 9_000)
        linear(7)
        assert shadow.drain(60)
        assert [path.name[:18] for path in folder.iterdir()] == ["interpolate_linear"]

    def test_a_file_that_cannot_be_written_leaves_none(self, monkeypatch):
        def fail(file, **arrays):
            file.write(b"half")
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(np, "savez", fail)
        linear(7)
        assert shadow.drain(60)
        assert list(mismatches.folder().iterdir()) == []


def _change(name, value):
    def damage(file):
        arrays = dict(np.load(file))
        arrays[name] = value(arrays[name])
        np.savez(file, **arrays)

    return damage


def _drop(name):
    def damage(file):
        arrays = dict(np.load(file))
        del arrays[name]
        np.savez(file, **arrays)

    return damage


def _in_text(old, new):
    return _change("about", lambda text: np.frombuffer(text.tobytes().replace(old, new), np.uint8))


class _Unpickled:
    def __reduce__(self):
        return print, ("a pickle was loaded",)


DAMAGES = {
    "absent": (Path.unlink, "cannot be read: No such file or directory"),
    "directory": (lambda file: (file.unlink(), file.mkdir()), "cannot be read: Is a directory"),
    "empty": (lambda file: file.write_bytes(b""), "is no file of a mismatch, or damaged"),
    "text": (lambda file: file.write_text("not an archive"), "is no file of a mismatch, or damaged"),
    "cut": (lambda file: file.write_bytes(file.read_bytes()[:-300]), "is no file of a mismatch, or damaged"),
    "a bit": (
        lambda file: file.write_bytes(file.read_bytes().replace(b"interpolate_linear", b"interpolate_lineaR")),
        "is no file of a mismatch, or damaged",
    ),
    "one array": (lambda file: np.save(file.open("wb"), np.zeros(3)), "is no file of a mismatch, or damaged"),
    "another archive": (lambda file: np.savez(file, x=np.zeros(3)), "is no file of a mismatch, or damaged"),
    "no argument": (_drop("argument_2"), "is no file of a mismatch, or damaged"),
    "no answer": (_drop("answer_4"), "is no file of a mismatch, or damaged"),
    "pickle": (_change("argument_1", lambda _: np.array([_Unpickled()], object)), "is no file of a mismatch"),
    "no JSON": (_change("about", lambda _: np.zeros(9, np.uint8)), "is no file of a mismatch, or damaged"),
    "another field": (_in_text(b'"format"', b'"formats"'), "is no file of a mismatch, or damaged"),
    "another format": (_in_text(b'"format":1', b'"format":2'), "is no file of a mismatch, or damaged"),
    "another contract": (
        _in_text(b'"contract":1', b'"contract":9'),
        "is of contract 9, and this paceline has contract 1",
    ),
    "another operation": (_in_text(b'"interpolate_linear"', b'"run_pipeline"'), "is of the operation 'run_pipeline'"),
    "other arguments": (
        _in_text(b'"interpolate_linear"', b'"to_mono"'),
        "has other arguments than a kernel of to_mono",
    ),
    "other dimensions": (_change("argument_1", np.ravel), "has other arguments than a kernel of interpolate_linear"),
    "a scalar": (_in_text(b'"bool"', b'"float"'), "has other arguments than a kernel of interpolate_linear"),
    "text in an array": (_change("argument_1", lambda x: x.astype("U9")), "has other arguments than a kernel"),
    "another shape": (_change("answer_4", lambda x: x[:0]), "its argument 4 is another array before the call"),
    "an unknown backend": (_in_text(b'"odd"', b'"fortran"'), "No backend is named 'fortran'"),
    "a lacking backend": (_in_text(b'"odd"', b'"loops"'), "'loops' does not implement interpolate_linear"),
}


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("kind", DAMAGES)
def test_foreign_and_damaged_files_are_refused_with_a_sentence(kind, capsys):
    damage, expected = DAMAGES[kind]
    file = find()
    damage(file)
    assert reproduce.main([str(file)]) == 2
    printed = capsys.readouterr()
    assert expected in printed.err
    assert printed.err.endswith(".\n")
    assert printed.out == ""


def test_more_arrays_than_a_call_has_are_not_read(monkeypatch, capsys):
    file = find()
    monkeypatch.setattr(mismatches, "_LARGEST", 100)
    assert reproduce.main([str(file)]) == 2
    assert "bytes of arrays, and no call that is kept has more than 100." in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["a", "b"]])
def test_how_it_is_used(arguments, capsys):
    assert reproduce.main(arguments) == 2
    assert capsys.readouterr().err == "Usage: python -m paceline.selection.shadow.reproduce FILE\n"
