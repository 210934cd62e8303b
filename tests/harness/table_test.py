"""`harness table`: committed profiles become the shipped table, its page and its picture."""

import json

import msgspec
import pytest
from typer.testing import CliRunner

from harness.profiles import MACHINE, OTHER, committed, measured
from paceline.selection import curves, tables
from paceline.selection.profile import Profile, read
from paceline_harness.cli import app
from paceline_harness.selection import shipped

PAGE = """# Page
<!-- selection:ranges -->
old
<!-- selection:end -->
After.
"""
CROSSING = {"cython": [(1, 10.0), (1000, 10_000.0)], "rust": [(1, 100.0), (1000, 1_000.0)]}
JIT = {**CROSSING, "numba": [(1, 900.0), (1000, 500.0)]}
(_, (CROSS, _)) = curves.ranges(CROSSING)
(_, _, (JIT_CROSS, _)) = curves.ranges(JIT)


def harness(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "page.md").write_text(PAGE)
    return tmp_path


def table(folder, *records, check=False):
    places = ["--output", folder / "shipped.json", "--into", folder / "page.md", "--chart", folder / "chart.svg"]
    return harness("table", *records, *places, *(["--check"] if check else []))


def test_the_table_is_the_profile_without_what_holds_only_there(folder):
    entry = measured({**JIT, "mine": [(1, 1.0)]}, {"mine": "is wrong"})
    file = committed(folder / "a.json", MACHINE, resample=entry)
    done = table(folder, file)
    assert done.exit_code == 0, done.output
    made = read(folder / "shipped.json")
    assert isinstance(made, Profile)
    assert made.machine == MACHINE
    found = made.operations["resample"]
    assert found.times == JIT
    assert (found.refused, found.first_call_ns, found.samples, found.key) == ({}, {}, {}, "")


def test_numbers_have_four_digits(folder):
    curve = [(1, 12.0), (316_228, 1_234_567.0)]
    entry = measured({"cython": curve}, {"mine": "is wrong"}, {"i16": {"cython": curve, "mine": curve}})
    made = json.loads(
        shipped.table(shipped.chosen([shipped.Committed(folder, Profile(1, MACHINE, {"resample": entry}))]))
    )
    assert made["operations"]["resample"]["times"] == {"cython": [[1, 12], [316_200, 1_235_000]]}
    assert made["operations"]["resample"]["kinds"] == {"i16": {"cython": [[1, 12], [316_200, 1_235_000]]}}


def test_the_same_profiles_give_the_same_bytes(folder):
    one, other = measured(CROSSING), measured(dict(reversed(CROSSING.items())))
    file = committed(folder / "a.json", MACHINE, resample=one, to_mono=one)
    assert table(folder, file).exit_code == 0
    before = [(folder / name).read_bytes() for name in ("shipped.json", "page.md", "chart.svg")]
    committed(folder / "a.json", dict(reversed(MACHINE.items())), to_mono=other, resample=other)
    assert table(folder, file).exit_code == 0
    assert [(folder / name).read_bytes() for name in ("shipped.json", "page.md", "chart.svg")] == before


def test_check_says_what_is_out_of_date(folder):
    file = committed(folder / "a.json", MACHINE, resample=measured(CROSSING))
    assert table(folder, file, check=True).exit_code == 1
    assert not (folder / "shipped.json").exists()
    assert (folder / "page.md").read_text() == PAGE
    assert table(folder, file).exit_code == 0
    done = table(folder, file, check=True)
    assert done.exit_code == 0, done.output
    assert "are as" in done.output
    committed(folder / "a.json", MACHINE, resample=measured({**CROSSING, "cython": [(1, 11.0), (1000, 10_000.0)]}))
    done = table(folder, file, check=True)
    assert done.exit_code == 1
    assert f"{folder / 'shipped.json'} differs from {file}; run: harness table" in done.output


def test_the_page_says_who_serves(folder):
    file = committed(folder / "a.json", MACHINE, resample=measured(JIT), to_mono=measured(CROSSING))
    assert table(folder, file).exit_code == 0
    page = (folder / "page.md").read_text()
    assert page.startswith("# Page\n<!-- selection:ranges -->\n| operation | without numba |")
    assert page.endswith("<!-- selection:end -->\nAfter.\n")
    assert "old" not in page
    crossed = f"cython below {CROSS}, rust from {CROSS} on"
    assert (
        f"| `resample` | {crossed} | cython below {CROSS}, rust from {CROSS}, numba from {JIT_CROSS} on | 1,000 |"
        in page
    )
    assert f"| `to_mono` | {crossed} | the same | 1,000 |" in page
    assert "Measured on Z80, 1 cores, CPython 3.11, NumPy 2.0, 2023-11-14." in page
    picture = (folder / "chart.svg").read_text()
    for word in ("resample", "to_mono", "cython", "rust", "numba", f">{CROSS}<", f">{JIT_CROSS}<"):
        assert word in picture


def test_the_page_has_the_kinds_apart(folder):
    entry = measured(CROSSING, kinds={"i16": {"rust": [(46, 1.0), (1000, 1.0)], "cython": [(46, 2.0), (1000, 2.0)]}})
    assert table(folder, committed(folder / "a.json", MACHINE, to_mono=entry)).exit_code == 0
    page = (folder / "page.md").read_text()
    assert (
        page.index("| `to_mono` |")
        < page.index("Other dtypes")
        < page.index("| `to_mono` of i16 | rust | the same | 1,000 |")
    )


def test_the_first_processor_is_shipped_and_the_others_are_told_of(folder):
    swapped = {"cython": CROSSING["rust"], "rust": CROSSING["cython"]}
    files = [
        committed(folder / "a.json", MACHINE, resample=measured(CROSSING)),
        committed(folder / "b.json", OTHER, resample=measured(swapped), to_mono=measured(swapped)),
        committed(folder / "c.json", MACHINE, resample=measured(swapped), interleave=measured(swapped)),
    ]
    done = table(folder, *files)
    assert done.exit_code == 0, done.output
    made = read(folder / "shipped.json")
    assert made.machine["processor"] == "Z80"
    assert {name: entry.times["cython"] for name, entry in made.operations.items()} == {
        "resample": CROSSING["cython"],  # the first one's
        "interleave": swapped["cython"],  # of the same processor
    }
    said = "b.json is of another processor, 6502, and not shipped; there 1 of 2 operations have other backends"
    assert f"{said}; resample: rust below {CROSS}, cython from {CROSS} on." in done.output.replace("\n", "")


def test_paceline_reads_it_as_not_measured_here(folder, monkeypatch):
    file = committed(folder / "a.json", MACHINE, resample=measured(CROSSING))
    assert table(folder, file).exit_code == 0
    monkeypatch.setattr(tables, "files", lambda _: folder)
    monkeypatch.setenv("PACELINE_PROFILE", str(folder / "none.json"))
    found = tables.Tables().of("resample")
    assert found.rule == "shipped"
    assert found.measured == "on another machine, Z80: not measured here"
    assert curves.ranges(found.times) == [(0, "cython"), (CROSS, "rust")]


def test_mistakes_are_one_sentence(folder, monkeypatch):
    good = committed(folder / "good.json", MACHINE, resample=measured(CROSSING))
    (folder / "bad.json").write_text('{"format": 2}')
    committed(folder / "empty.json", MACHINE)
    forged = msgspec.structs.replace(measured(CROSSING), times={**CROSSING, "rust": [(1, 1.0), (1000, 1.0)]})
    committed(folder / "forged.json", MACHINE, resample=forged)
    (folder / "bare.md").write_text("nothing")
    for words, said in (
        ([folder / "none.json"], "none.json does not exist; accepted are files that harness calibrate --output wrote."),
        ([folder / "bad.json"], "bad.json is not used: it is no profile of this format"),
        ([folder / "empty.json"], "empty.json has no operations"),
        ([folder / "forged.json"], "has 1 ns for resample of 'rust' at n = 1, which does not follow from its samples"),
        ([good, "--into", folder / "none.md"], "none.md cannot be read"),
        ([good, "--into", folder / "bare.md"], "bare.md cannot be filled: it has no markers"),
    ):
        done = harness("table", "--into", folder / "page.md", "--output", folder / "s.json", *words)
        assert done.exit_code == 2, done.output
        assert said in done.output
        assert len(done.output.strip().splitlines()) == 1
    monkeypatch.chdir(folder)
    done = harness("table")
    assert done.exit_code == 2
    assert "results/calibration has no profile; run: harness calibrate --output" in done.output
    assert not (folder / "s.json").exists()
