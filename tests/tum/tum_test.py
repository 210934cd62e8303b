"""TUM text: stamps to the nanosecond, every oddity of real files, and mistakes told with their line."""

from contextlib import suppress
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from paceline.tum import Duplicate, TumError, iter_stamps, read_stamps, read_tum, stamp_to_ns

DATA = Path(__file__).parents[3] / "shared/data/trajectories"
POSE = "1 2 3 0 0 0 1"


def decimal_text(ns: int) -> str:
    sign, ns = ("-", -ns) if ns < 0 else ("", ns)
    return f"{sign}{ns // 10**9}.{ns % 10**9:09}"


@pytest.fixture
def file(tmp_path):
    def write(content: str | bytes) -> Path:
        path = tmp_path / "a.tum"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


@settings(deadline=None)
@given(st.integers(-(2**63), 2**63 - 1))
def test_every_int64_survives_its_decimal_text(ns):
    text = decimal_text(ns)
    assert stamp_to_ns(text) == ns
    assert stamp_to_ns(text.rstrip("0")) == ns
    assert stamp_to_ns(f"{ns}e-9") == ns


@settings(deadline=None)
@given(st.decimals(-(10**9), 10**9, allow_nan=False, places=14), st.integers(0, 12))
def test_more_than_nine_decimals_round_half_to_even(seconds, shift):
    with localcontext(prec=60):
        expected = int((seconds * 10**9).to_integral_value(ROUND_HALF_EVEN))
        text = f"{seconds.scaleb(shift):f}e-{shift}"
    assert stamp_to_ns(text) == expected


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("1311868163.8697", 1_311_868_163_869_700_000),
        ("1.311868163869700000e+09", 1_311_868_163_869_700_000),
        ("-0.5", -500_000_000),
        ("+1", 1_000_000_000),
        ("5.", 5_000_000_000),
        (".5", 500_000_000),
        ("0.0000000005", 0),
        ("0.0000000015", 2),
        ("-0.0000000015", -2),
        ("9223372036.8547758074", 2**63 - 1),
        ("-9223372036.854775808", -(2**63)),
        ("1e-99999999999999999999", 0),
        ("0e99999999999999999999", 0),
    ],
)
def test_accepted_stamps(text, ns):
    assert stamp_to_ns(text) == ns


@pytest.mark.parametrize(
    "text", ["", ".", "-", "e5", "nan", "inf", "1_000", "1,5", "0x10", "1.2.3", "1 2", "٣", "²", "1" * 101, "12:30:05"]
)
def test_what_is_no_stamp_is_refused(text):
    with pytest.raises(TumError, match="is not a stamp; accepted is a decimal number of seconds"):
        stamp_to_ns(text)


@pytest.mark.parametrize(
    "text", ["9223372036.854775808", "1403636579763555584", "1311868163869.7", "-1e11", "1e999999999999"]
)
def test_stamps_beyond_int64_ask_for_the_unit(text):
    with pytest.raises(TumError, match="is this one in nanoseconds or milliseconds"):
        stamp_to_ns(text)


def test_columns_by_spaces_tabs_and_commas_with_comments_bom_and_crlf(file):
    path = file(
        b"\xef\xbb\xbf# ground truth, caf\xe9\r\n\r\n  0.1 1 2 3 0 0 0 1\r\n0.2\t4\t5\t6\t0\t0\t1\t0\r\n"
        b"0.3,7,8,9,.5,-.5,5e-1,.5\r\n\t# end"
    )
    tum = read_tum(path)
    assert tum.path == path
    assert tum.stamps.tolist() == [100_000_000, 200_000_000, 300_000_000]
    assert tum.positions.tolist() == [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    assert tum.quaternions.tolist() == [[0, 0, 0, 1], [0, 0, 1, 0], [0.5, -0.5, 0.5, 0.5]]
    assert tum.lines.tolist() == [3, 4, 5]
    assert (tum.stamps.dtype, tum.positions.dtype, tum.quaternions.dtype) == (np.int64, np.float64, np.float64)
    assert tum.positions.flags.c_contiguous
    assert tum.quaternions.flags.c_contiguous


def test_the_order_of_the_file_is_kept(file):
    assert read_tum(file(f"3 {POSE}\n1 {POSE}\n2 {POSE}\n")).stamps.tolist() == [3 * 10**9, 10**9, 2 * 10**9]


def test_duplicates_are_consecutive_rows_with_an_equal_stamp(file):
    tum = read_tum(file("".join(f"{s} {POSE}\n" for s in ("1", "#\n1.0", "1.00", "2", "1", "3", "3"))))
    assert tum.duplicates() == [Duplicate(3, 1, 10**9), Duplicate(4, 1, 10**9), Duplicate(8, 7, 3 * 10**9)]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("1 2 3", r"line 2: '1 2 3' has 3 columns; accepted are 8: timestamp tx ty tz qx qy qz qw"),
        (f"1 {POSE} 9", r"line 2: .* has 9 columns"),
        ("x 1 2 3 0 0 0 1", r"line 2: 'x' is not a stamp"),
        ("1 1 2 x3 0 0 0 1", r"line 2: tz is 'x3'; accepted is a decimal number"),
        ("1 1 2 3 0 0 0 1_0", r"line 2: qw is '1_0'"),
        ("1 1 2 3 0 \xe9 0 1", r"line 2: qy is '\\\\xc3\\\\xa9'"),
        ("1 1 nan 3 0 0 0 1", r"line 2: ty is nan; accepted are finite numbers"),
        ("1 1 2 3 0 0 0 -inf", r"line 2: qw is -inf"),
        ("1 1e999 2 3 0 0 0 1", r"line 2: tx is inf"),
        ("99999999999 1 2 3 0 0 0 1", r"line 2: '99999999999' s does not fit int64"),
        ("y" * 500, r"line 2: 'y{57}\.\.\.' has 1 columns"),
    ],
)
def test_mistakes_name_file_line_text_and_what_is_accepted(file, line, words):
    path = file(f"0 {POSE}\n{line}\n")
    with pytest.raises(TumError, match=words) as error:
        read_tum(path)
    assert str(error.value).startswith(str(path))
    assert error.value.args[0].endswith((".", "?"))


@pytest.mark.parametrize("content", ["", "\n\n", "# only a comment\n"])
def test_a_file_without_rows_is_refused(file, content):
    with pytest.raises(TumError, match="holds no pose"):
        read_tum(file(content))
    with pytest.raises(TumError, match="holds no stamp"):
        read_stamps(file(content))


def test_utf16_is_named(file):
    with pytest.raises(TumError, match="is UTF-16 text; accepted is ASCII or UTF-8"):
        read_tum(file(f"0 {POSE}\n".encode("utf-16")))


def test_a_missing_file_is_the_systems_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_tum(tmp_path / "none.txt")


def test_stamps_alone_and_the_first_column_of_a_trajectory(file):
    stamps, lines = read_stamps(file(f"# t\n0.1\n\n0.2 {POSE}\n0.3,rgb/0.3.png\n"))
    assert stamps.tolist() == [100_000_000, 200_000_000, 300_000_000]
    assert lines.tolist() == [2, 4, 5]


@pytest.mark.parametrize("chunk", [1, 2, 3, 6, 7])
def test_chunks_are_the_whole_in_pieces(file, chunk):
    path = file("".join(f"{i}\n" for i in range(6)))
    chunks = list(iter_stamps(path, chunk))
    assert all(0 < len(stamps) == len(lines) <= chunk for stamps, lines in chunks)
    assert np.array_equal(np.concatenate([stamps for stamps, _ in chunks]), read_stamps(path)[0])
    assert np.array_equal(np.concatenate([lines for _, lines in chunks]), np.arange(1, 7))


def test_a_chunk_has_a_row_at_least(file):
    with pytest.raises(ValueError, match="chunk is 0"):
        next(iter_stamps(file("1\n"), 0))


ROWS = st.lists(
    st.sampled_from([b"1", b"-1e5", b"nan", b"#", b"\n", b" ", b",", b"\r\n", b"\xff", b"1_0", b".", b"\0"])
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.one_of(st.binary(), ROWS.map(b"".join), ROWS.map(b" ".join)))
def test_any_bytes_are_read_or_refused_in_words(file, content):
    path = file(content)
    for read in (read_tum, read_stamps):
        with suppress(TumError):
            read(path)


@pytest.mark.skipif(not DATA.exists(), reason=f"the recorded trajectories are not at {DATA}")
def test_recorded_files_are_read_to_the_last_digit():
    path = DATA / "fr2_desk_groundtruth.txt"
    tum = read_tum(path)
    rows = [line.split() for line in path.read_text().splitlines() if not line.startswith("#")]
    assert tum.stamps.tolist() == [int(Decimal(row[0]) * 10**9) for row in rows]
    assert tum.positions.tolist() == [[float(v) for v in row[1:4]] for row in rows]
    assert tum.quaternions.tolist() == [[float(v) for v in row[4:]] for row in rows]
    assert tum.duplicates() == [Duplicate(10_863, 10_862, 1_311_868_229_576_000_000)]
    assert len(read_stamps(DATA / "fr2_desk_ORB.txt")[0]) == 2_893
