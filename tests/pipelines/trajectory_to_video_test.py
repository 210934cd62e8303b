"""The library function: values, valid or not, chunks, formats, and nothing left behind after an error."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

import paceline
from paceline.tum import Duplicate, TumError, read_stamps, read_tum
from paceline_pipelines.trajectory_to_video.convert import parse_duration, trajectory_to_video
from paceline_pipelines.trajectory_to_video.readers import ConversionError

COLUMNS = ["frame_index", "timestamp_ns", "position", "orientation", "gap_ns", "valid"]
AXES = [f"position_{a}" for a in "xyz"] + [f"orientation_{a}" for a in "xyzw"]


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def vectors(table: pa.Table, name: str) -> np.ndarray:
    column = table[name].combine_chunks()
    return column.flatten().to_numpy().reshape(len(column), -1)


def expected(knots, frames, bounds="clamp"):
    tum, stamps = read_tum(knots), read_stamps(frames)[0]
    trajectory = paceline.Trajectory(tum.stamps, tum.positions, tum.quaternions, duplicates="first")
    return stamps, trajectory.gap(stamps), *trajectory.at(stamps, bounds=bounds)


@pytest.mark.parametrize("chunk", [1, 7, 70, 65_536])
def test_the_table_is_what_paceline_gives_in_any_chunks(knots, frames, tmp_path, chunk):
    out, seen = tmp_path / "poses.parquet", []
    summary = trajectory_to_video(knots, frames, out, chunk=chunk, progress=lambda *done: seen.append(done))
    table = pq.read_table(out)
    stamps, gaps, positions, quaternions = expected(knots, frames)
    assert table.column_names == COLUMNS
    assert table["frame_index"].to_pylist() == list(range(70))
    assert np.array_equal(table["timestamp_ns"], stamps)
    assert np.array_equal(vectors(table, "position"), positions)
    # A vector kernel may round the frames of a full block otherwise than those of the rest.
    np.testing.assert_allclose(vectors(table, "orientation"), quaternions, rtol=0, atol=1e-15)
    assert np.array_equal(table["gap_ns"], gaps)
    inside = (stamps >= 0) & (stamps <= 2 * 10**9)
    assert np.array_equal(table["valid"], inside & (gaps <= 100_000_000))
    assert pq.ParquetFile(out).num_row_groups == -(-70 // chunk) == len(seen)
    assert seen[-1] == (70, None)
    assert (summary.frames, summary.knots, summary.outside) == (70, 102, int((~inside).sum()))
    assert summary.valid == np.count_nonzero(table["valid"])


def test_the_summary_says_where(knots, frames, tmp_path):
    summary = trajectory_to_video(knots, frames, tmp_path / "poses.csv", chunk=16)
    assert (summary.hole.length, summary.hole.after, summary.hole.before) == (10**9, 53, 54)
    assert summary.duplicates == (Duplicate(23, 22, 200_000_000),)
    gaps = expected(knots, frames)[1]
    assert (summary.furthest.gap, summary.furthest.frame) == (gaps.max(), gaps.argmax())
    text = "\n".join(summary.lines())
    assert "knots.tum, line 23 repeats the stamp 0.2 s of line 22; the first of them is used." in text
    assert f"frame {gaps.argmax()} at 1 s, by 500 ms ({frames}, line {gaps.argmax() + 1})" in text
    assert "Longest time without a knot: 1.00 s, between lines 53 and 54" in text


def test_many_duplicates_are_counted(frames, tmp_path):
    knots = tmp_path / "still.tum"
    knots.write_text("".join(f"{i // 10} 0 0 0 0 0 0 1\n" for i in range(50)))
    lines = trajectory_to_video(knots, frames, tmp_path / "poses.csv").lines()
    assert sum("repeats the stamp" in line for line in lines) == 3
    assert "42 more repeated stamps were treated alike." in lines


@pytest.mark.parametrize("kept", ["first", "last"])
def test_the_kept_duplicate_is_the_one_asked_for(tmp_path, kept):
    knots, stamps, out = tmp_path / "knots", tmp_path / "stamps", tmp_path / "out.csv"
    knots.write_text("0 0 0 0 0 0 0 1\n1 1 0 0 0 0 0 1\n1 5 0 0 0 0 0 1\n")
    stamps.write_text("1\n")
    trajectory_to_video(knots, stamps, out, duplicates=kept)
    assert pyarrow.csv.read_csv(out)["position_x"].to_pylist() == [1.0 if kept == "first" else 5.0]


def test_csv_holds_every_digit_of_parquet(knots, frames, tmp_path):
    outs = [tmp_path / "poses.parquet", tmp_path / "poses.csv"]
    for out in outs:
        trajectory_to_video(knots, frames, out, chunk=9)
    binary, text = pq.read_table(outs[0]), pyarrow.csv.read_csv(outs[1])
    assert text.column_names == ["frame_index", "timestamp_ns", *AXES, "gap_ns", "valid"]
    poses = np.hstack((vectors(binary, "position"), vectors(binary, "orientation")))
    assert np.array_equal(np.column_stack([text[name] for name in AXES]), poses)
    for name in ("frame_index", "timestamp_ns", "gap_ns", "valid"):
        assert text[name].equals(binary[name])


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_null_instead_of_a_pose_that_is_not_valid(knots, frames, tmp_path, form):
    out = tmp_path / "poses"
    summary = trajectory_to_video(knots, frames, out, format=form, null_invalid=True, chunk=16)
    table = pq.read_table(out) if form == "parquet" else pyarrow.csv.read_csv(out)
    for name in ("position", "orientation") if form == "parquet" else AXES:
        assert table[name].is_valid().to_pylist() == table["valid"].to_pylist()
    assert table["gap_ns"].null_count == 0
    assert 0 < summary.invalid < 70


def test_max_gap_is_inclusive_and_may_be_nanoseconds(knots, frames, tmp_path):
    gaps = expected(knots, frames)[1]
    limit = int(np.sort(gaps)[30])
    summary = trajectory_to_video(knots, frames, tmp_path / "a.csv", max_gap=limit)
    fewer = trajectory_to_video(knots, frames, tmp_path / "b.csv", max_gap=limit - 1)
    assert summary.valid > fewer.valid


def test_bounds(knots, frames, tmp_path):
    out = tmp_path / "poses.parquet"
    trajectory_to_video(knots, frames, out, bounds="extrapolate")
    table = pq.read_table(out)
    assert vectors(table, "position")[0, 0] == pytest.approx(-0.1)
    assert table["valid"][0].as_py() is False
    with pytest.raises(
        ConversionError, match=r"frames.txt, line 1: frame 0 at -0.1 s lies 100 ms before the first knot"
    ):
        trajectory_to_video(knots, frames, out, bounds="error")
    frames.write_text("1\n2\n2.25\n")
    with pytest.raises(ConversionError, match=r"line 3: frame 2 at 2.25 s lies 250 ms after the last knot"):
        trajectory_to_video(knots, frames, out, bounds="error", chunk=1)
    assert pq.read_table(out).equals(table), "the table of before must survive"
    assert names_in(tmp_path) == ["frames.txt", "knots.tum", "poses.parquet"]


@pytest.mark.parametrize("style", ["fixed", "list", "recorder", "float32", "timestamp"])
def test_parquet_in_equals_text_in(knots, frames, tmp_path, style):
    tum, stamps = read_tum(knots), read_stamps(frames)[0]
    kind = pa.float32() if style == "float32" else pa.float64()

    def column(values):
        values = values.astype(kind.to_pandas_dtype())
        fixed = pa.FixedSizeListArray.from_arrays(pa.array(values.ravel()), values.shape[1])
        return fixed.cast(pa.list_(kind)) if style == "list" else fixed

    when = pa.array(tum.stamps).cast(pa.timestamp("ns", "UTC")) if style == "timestamp" else pa.array(tum.stamps)
    ends = ("_xyz", "_xyzw") if style == "recorder" else ("", "")
    names = ["timestamp_ns", f"position{ends[0]}", f"orientation{ends[1]}", "button"]
    table = pa.table([when, column(tum.positions), column(tum.quaternions), pa.array([0.0] * len(when))], names)
    pq.write_table(table, tmp_path / "knots.parquet", row_group_size=40)
    pq.write_table(pa.table({"timestamp_ns": stamps}), tmp_path / "frames.parquet", row_group_size=30)
    text = trajectory_to_video(knots, frames, tmp_path / "text.parquet")
    seen = []
    binary = trajectory_to_video(
        tmp_path / "knots.parquet",
        tmp_path / "frames.parquet",
        tmp_path / "b.parquet",
        progress=lambda *d: seen.append(d),
    )
    a, b = pq.read_table(text.out), pq.read_table(binary.out)
    for name in COLUMNS:
        if style == "float32" and name in ("position", "orientation"):
            np.testing.assert_allclose(vectors(a, name), vectors(b, name), atol=1e-6)
        else:
            assert a[name].to_pylist() == b[name].to_pylist()
    assert seen[-1] == (70, 70)
    assert "row 22 repeats the stamp 0.2 s of row 21" in "\n".join(binary.lines())


def test_the_output_is_a_trajectory_again(knots, frames, tmp_path):
    frames.write_text("0.1\n0.2\n0.3\n")
    first = trajectory_to_video(knots, frames, tmp_path / "a.parquet")
    second = trajectory_to_video(first.out, frames, tmp_path / "b.parquet")
    assert pq.read_table(first.out)["position"].equals(pq.read_table(second.out)["position"])


def test_no_frames_in_parquet_give_no_rows(knots, tmp_path):
    pq.write_table(pa.table({"timestamp_ns": pa.array([], pa.int64())}), tmp_path / "none.parquet")
    summary = trajectory_to_video(knots, tmp_path / "none.parquet", tmp_path / "out.parquet")
    assert (summary.frames, summary.furthest) == (0, None)
    assert pq.read_table(summary.out).num_rows == 0


def test_rows_are_counted_over_all_chunks(knots, tmp_path):
    path = tmp_path / "frames.parquet"
    pq.write_table(pa.table({"timestamp_ns": [1, 2, 3, 4, -1]}), path)
    with pytest.raises(ConversionError, match=r"frames.parquet, row 5: frame 4 at -0.000000001 s lies"):
        trajectory_to_video(knots, path, tmp_path / "out.csv", bounds="error", chunk=2)
    pq.write_table(pa.table({"timestamp_ns": [1, 2, 3, None]}), path)
    with pytest.raises(ConversionError, match=r"frames.parquet, row 4: timestamp_ns is null"):
        trajectory_to_video(knots, path, tmp_path / "out.csv", chunk=2)


VECTOR3, VECTOR4 = pa.list_(pa.float64(), 3), pa.list_(pa.float64(), 4)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"t": [1]}, "has no column timestamp_ns; its columns are t"),
        (
            {"timestamp_ns": [1], "xyz": [1]},
            "has no column position or position_xyz; its columns are timestamp_ns, xyz",
        ),
        ({"timestamp_ns": [1.5]}, "timestamp_ns is double; accepted are int64 nanoseconds and timestamps"),
        ({"timestamp_ns": [1, None]}, "row 2: timestamp_ns is null"),
        ({"position": [1.0]}, "position is double; accepted is a list of 3 numbers"),
        ({"position": [[0, 0, 0], [0, 0]]}, "row 2: position does not have 3 numbers"),
        ({"position": pa.array([[0, 0, 0], None], VECTOR3)}, "row 2: position is null"),
        ({"position": [["a", "b", "c"]]}, "position holds string"),
        ({"position": [[0, 0, None]]}, "position holds int64 with 1 nulls"),
        ({"orientation": pa.array([[0.0, 0, 0, 1], [0, 0, 0, np.nan]], VECTOR4)}, "row 2: orientation is not finite"),
        ({"orientation": pa.array([[0.0, 0, 0, 1], [0, 0, 0, 0]], VECTOR4)}, r"row 2: quaternions\[1\] is"),
        ({"timestamp_ns": pa.array([], pa.int64())}, "holds no pose"),
    ],
)
def test_parquet_that_is_no_trajectory(frames, tmp_path, table, words):
    n = len(next(iter(table.values())))
    good = {
        "timestamp_ns": pa.array(range(n), pa.int64()),
        "position": pa.array([[0.0, 0, 0]] * n, VECTOR3),
        "orientation": pa.array([[0.0, 0, 0, 1]] * n, VECTOR4),
    }
    whole = table if "has no column" in words else good | table
    pq.write_table(pa.table(whole), tmp_path / "bad.parquet")
    with pytest.raises(ConversionError, match=rf"bad.parquet.*{words}"):
        trajectory_to_video(tmp_path / "bad.parquet", frames, tmp_path / "out.parquet")
    assert not (tmp_path / "out.parquet").exists()


def test_broken_parquet_is_told_in_a_sentence(knots, frames, tmp_path):
    for name, content, words in [
        ("cut.parquet", b"PAR1 and then nothing", "cannot be read as Parquet"),
        ("text.parquet", b"1\n2\n", "is named as Parquet but does not begin as a Parquet file"),
    ]:
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ConversionError, match=words):
            trajectory_to_video(tmp_path / name, frames, tmp_path / "out.csv")
        with pytest.raises(ConversionError, match=words):
            trajectory_to_video(knots, tmp_path / name, tmp_path / "out.csv")


def test_damaged_parquet_is_told_in_a_sentence(knots, tmp_path):
    path = tmp_path / "frames.parquet"
    pq.write_table(pa.table({"timestamp_ns": np.arange(10_000) ** 2}), path, use_dictionary=False)
    content = bytearray(path.read_bytes())
    content[40:200] = bytes(160)
    path.write_bytes(content)
    with pytest.raises(ConversionError, match=r"frames.parquet cannot be read as Parquet"):
        trajectory_to_video(knots, path, tmp_path / "out.parquet")
    assert names_in(tmp_path) == ["frames.parquet", "knots.tum"]


def test_two_clocks_are_suspected(knots, frames, tmp_path):
    frames.write_text("1311868163.8697\n1311868163.9\n")
    summary = trajectory_to_video(knots, frames, tmp_path / "out.csv")
    assert (summary.valid, summary.outside) == (0, 2)
    assert "do both files count time from the same moment?" in summary.lines()[1]


def test_what_the_core_refuses_names_file_and_line(knots, frames, tmp_path):
    knots.write_text("# t\n9e9 0 0 0 0 0 0 1\n9.1e9 0 0 0 0 0 0 0\n")
    with pytest.raises(ConversionError, match=r"knots.tum, line 3: quaternions\[1\] is"):
        trajectory_to_video(knots, frames, tmp_path / "out.csv")
    knots.write_text("9e9 0 0 0 0 0 0 1\n")
    frames.write_text("1\n\n2\n-9e9\n")
    with pytest.raises(ConversionError, match=r"frames.txt, line 4: times\[0\] = -9000000000000000000"):
        trajectory_to_video(knots, frames, tmp_path / "out.csv", chunk=2)


def test_unsorted_knots_name_file_and_line(frames, tmp_path):
    knots = tmp_path / "knots.tum"
    knots.write_text("# t\n1 0 0 0 0 0 0 1\n1 0 0 0 0 0 0 1\n\n3 0 0 0 0 0 0 1\n2 0 0 0 0 0 0 1\n")
    with pytest.raises(ConversionError, match=r"knots.tum, line 6: stamps\[3\] = 2000000000 is not after"):
        trajectory_to_video(knots, frames, tmp_path / "out.csv")
    with pytest.raises(ConversionError, match=r"knots.tum, line 3: stamps\[1\] = 1000000000 is not after"):
        trajectory_to_video(knots, frames, tmp_path / "out.csv", duplicates="error")


@pytest.mark.parametrize(
    ("out", "words"),
    [
        ("poses.npz", r"does not say what to write; accepted are names in .parquet, .pq, .csv, or --format"),
        ("none/poses.csv", "there is no directory"),
        ("folder.csv", "is a directory"),
    ],
)
def test_where_it_cannot_write(knots, frames, tmp_path, out, words):
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(ConversionError, match=words):
        trajectory_to_video(knots, frames, tmp_path / out)


def test_an_input_is_not_overwritten(knots, frames):
    with pytest.raises(ConversionError, match="is one of the files to read"):
        trajectory_to_video(knots, frames, frames, format="csv")


@pytest.mark.parametrize("error", [TumError, KeyboardInterrupt])
def test_a_failure_half_way_leaves_nothing(knots, frames, tmp_path, monkeypatch, error):
    def fail(done, total):
        if done >= 32:
            raise error("stop")

    with pytest.raises(error):
        trajectory_to_video(knots, frames, tmp_path / "out.parquet", chunk=16, progress=fail)
    assert names_in(tmp_path) == ["frames.txt", "knots.tum"]


def test_a_bad_stamp_far_down_leaves_nothing(knots, frames, tmp_path):
    frames.write_text(frames.read_text() + "oops\n")
    with pytest.raises(TumError, match="line 71: 'oops' is not a stamp"):
        trajectory_to_video(knots, frames, tmp_path / "out.csv", chunk=16)
    assert names_in(tmp_path) == ["frames.txt", "knots.tum"]


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("50ms", 50_000_000),
        ("0.05", 50_000_000),
        (" 1.5 s", 1_500_000_000),
        ("20us", 20_000),
        ("20µs", 20_000),
        ("7ns", 7),
        ("0", 0),
        (".1s", 10**8),
    ],
)
def test_durations(text, ns):
    assert parse_duration(text) == ns


@pytest.mark.parametrize("text", ["", "ms", "-5ms", "5 min", "fast", "1e3", "nan", "99999999999"])
def test_what_is_no_duration(text):
    with pytest.raises(ConversionError, match="--max-gap"):
        parse_duration(text)


def test_recorded_hole_is_marked(recorded, tmp_path):
    summary = trajectory_to_video(
        recorded / "fr2_desk_groundtruth.txt", recorded / "fr2_desk_ORB.txt", tmp_path / "poses.parquet"
    )
    assert 11.98e9 < summary.hole.length < 12.0e9
    assert [(d.line, d.first_line) for d in summary.duplicates] == [(10_863, 10_862)]
    table = pq.read_table(summary.out)
    gaps, valid = table["gap_ns"].to_numpy(), table["valid"].to_numpy()
    assert np.array_equal(valid, gaps <= 100_000_000)
    assert gaps.max() > 5.9e9
    np.testing.assert_allclose(np.linalg.norm(vectors(table, "orientation"), axis=1), 1, atol=1e-15)
