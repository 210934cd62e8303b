"""TUM trajectory text, read without loss: ``timestamp tx ty tz qx qy qz qw``, one knot a line.

Stamps are decimal seconds, and stay decimal until they are int64 nanoseconds. The usual route, ``float`` and
then ``* 1e9``, moves a stamp since the epoch by about 100 ns, which costs an interpolated pose more than
every other rounding together.

The file is read as bytes, line by line: comments may be in any encoding, memory holds arrays and not text,
and a stamp file of any size can be walked in chunks (`iter_stamps`).
"""

import codecs
import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

__all__ = ["Duplicate", "TumError", "TumFile", "iter_stamps", "read_stamps", "read_tum", "stamp_to_ns"]

StrPath = str | PathLike[str]

_COLUMNS = "timestamp tx ty tz qx qy qz qw"
_NS_MIN, _NS_MAX = -(2**63), 2**63 - 1
_STAMP = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]+))?")
_NUMBER = re.compile(rb"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_STAMP_LENGTH = 100  # a longer text is no stamp, and would make the exact integers below expensive
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class TumError(ValueError):
    """A file or a stamp is not what the format allows; the message names the file, the line and the text."""


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A row whose stamp equals that of the row before it.

    `line` and `first_line` are 1-based line numbers of the repeat and of the row that had the stamp first;
    `stamp` is in nanoseconds.
    """

    line: int
    first_line: int
    stamp: int


@dataclass(frozen=True, slots=True, eq=False)
class TumFile:
    """One trajectory as its file has it: nothing sorted, dropped or normalised.

    `stamps` (n,) int64 nanoseconds; `positions` (n, 3) float64 metres; `quaternions` (n, 4) float64 in the
    order x, y, z, w, as stored and so not exactly of unit length; `lines` (n,) int64, the 1-based line of
    each row.
    """

    path: Path
    stamps: NDArray[np.int64]
    positions: NDArray[np.float64]
    quaternions: NDArray[np.float64]
    lines: NDArray[np.int64]

    def duplicates(self) -> list[Duplicate]:
        """Return the rows that repeat the stamp of the row before them, in file order."""
        found: list[Duplicate] = []
        for row in (np.flatnonzero(self.stamps[1:] == self.stamps[:-1]) + 1).tolist():
            line, before, stamp = int(self.lines[row]), int(self.lines[row - 1]), int(self.stamps[row])
            # In a run of three equal stamps, the third repeats the first too.
            first = found[-1].first_line if found and found[-1].line == before else before
            found.append(Duplicate(line, first, stamp))
        return found


def stamp_to_ns(text: str) -> int:
    """Return a decimal number of seconds as whole nanoseconds, without passing through a float.

    Accepted: digits with an optional sign, fraction and exponent (``1311868163.8697``, ``-0.5``, ``1.3e9``),
    at most 100 characters. More than nine decimals are rounded to the nearest nanosecond, halves to the even
    one.

    Raises
    ------
    TumError
        The text is no such number, or lies outside int64 nanoseconds (about ±9.22e9 s).
    """
    whole, _, fraction = text.partition(".")
    if text.isascii() and whole.isdigit() and fraction.isdigit() and len(whole) <= 10 and len(fraction) <= 9:
        ns = int(whole + fraction.ljust(9, "0"))  # nearly every stamp of every file ends here
        if ns <= _NS_MAX:
            return ns
    match = _STAMP.fullmatch(text) if len(text) <= _STAMP_LENGTH else None
    if match is None or not (match[2] or match[3]):
        raise TumError(
            f"{_quote(text)} is not a stamp; accepted is a decimal number of seconds such as 1311868163.8697."
        )
    sign, whole, fraction, exponent = match[1], match[2], match[3] or "", int(match[4] or 0)
    ns = _scaled(int(whole + fraction), exponent - len(fraction) + 9)
    ns = -ns if sign == "-" else ns
    if not _NS_MIN <= ns <= _NS_MAX:
        raise TumError(
            f"{_quote(text)} s does not fit int64 nanoseconds (about ±9.22e9 s); stamps are seconds: is this "
            "one in nanoseconds or milliseconds?"
        )
    return ns


def read_tum(path: StrPath) -> TumFile:
    """Read a TUM trajectory: stamps (n,) int64 ns, positions (n, 3) m and quaternions (n, 4) xyzw.

    Columns are separated by spaces, tabs or commas; blank lines and lines that begin with ``#`` are skipped;
    a UTF-8 byte order mark and CRLF are accepted. Stamps need not be sorted: the interpolation checks that.

    Raises
    ------
    TumError
        A line has not eight columns, a column is not a finite number, a stamp does not fit int64
        nanoseconds, or the file has no pose.
    OSError
        The file cannot be opened or read.
    """
    lines, stamps, values = array("q"), array("q"), array("d")
    for line, fields in _rows(path):
        if len(fields) != 8:
            raise TumError(
                f"{path}, line {line}: {_quote(_text(b' '.join(fields)))} has {len(fields)} columns; "
                f"accepted are 8: {_COLUMNS}."
            )
        lines.append(line)
        stamps.append(_stamp(path, line, fields[0]))
        try:
            values.extend(map(float, fields[1:]))
        except ValueError:
            raise _not_a_number(path, line, fields) from None
        if b"_" in b"".join(fields):  # float() takes 1_000, the format does not
            raise _not_a_number(path, line, fields)
    if not lines:
        raise TumError(f"{path} holds no pose; accepted are lines of 8 columns: {_COLUMNS}.")
    rows = np.frombuffer(values).reshape(-1, 7)
    numbers = np.frombuffer(lines, np.int64)
    bad = np.flatnonzero(~np.isfinite(rows).all(axis=1))
    if bad.size:
        row = int(bad[0])
        column = int(np.flatnonzero(~np.isfinite(rows[row]))[0])
        raise TumError(
            f"{path}, line {numbers[row]}: {_COLUMNS.split()[column + 1]} is {rows[row, column]}; accepted "
            "are finite numbers."
        )
    positions, quaternions = rows[:, :3].copy(), rows[:, 3:].copy()
    return TumFile(Path(path), np.frombuffer(stamps, np.int64), positions, quaternions, numbers)


def read_stamps(path: StrPath) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Read the first column of a text file as stamps: a TUM file, or one stamp in decimal seconds a line.

    Returns the stamps (n,) int64 ns and their 1-based line numbers (n,) int64.

    Raises
    ------
    TumError
        A first column is not a stamp, or the file has none.
    OSError
        The file cannot be opened or read.
    """
    chunks = list(iter_stamps(path))
    return np.concatenate([stamps for stamps, _ in chunks]), np.concatenate([lines for _, lines in chunks])


def iter_stamps(path: StrPath, chunk: int = 65_536) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Walk what `read_stamps` returns in chunks of at most `chunk` rows, so that memory stays bounded.

    Raises as `read_stamps`, when the walk reaches the line.
    """
    if chunk < 1:
        raise ValueError(f"chunk is {chunk}; accepted are 1 and more.")
    lines, stamps, empty = array("q"), array("q"), True
    for line, fields in _rows(path):
        lines.append(line)
        stamps.append(_stamp(path, line, fields[0]))
        if len(lines) == chunk:
            yield np.frombuffer(stamps, np.int64), np.frombuffer(lines, np.int64)
            lines, stamps, empty = array("q"), array("q"), False
    if lines:
        yield np.frombuffer(stamps, np.int64), np.frombuffer(lines, np.int64)
    elif empty:
        raise TumError(f"{path} holds no stamp; accepted are lines that begin with a decimal number of seconds.")


def _rows(path: StrPath) -> Iterator[tuple[int, list[bytes]]]:
    """Yield the line number and the columns of every line that is neither blank nor a comment."""
    with Path(path).open("rb") as file:
        first = file.readline()
        if first.startswith(_UTF16):
            raise TumError(f"{path} is UTF-16 text; accepted is ASCII or UTF-8.")
        for line, raw in enumerate(chain([first.removeprefix(codecs.BOM_UTF8)], file), 1):
            fields = raw.replace(b",", b" ").split()
            if fields and not fields[0].startswith(b"#"):
                yield line, fields


def _stamp(path: StrPath, line: int, field: bytes) -> int:
    try:
        return stamp_to_ns(_text(field))
    except TumError as error:
        raise TumError(f"{path}, line {line}: {error}") from None


def _not_a_number(path: StrPath, line: int, fields: list[bytes]) -> TumError:
    """Name the first column that is no decimal number; the caller knows that there is one."""
    names = _COLUMNS.split()[1:]
    column = next(i for i, field in enumerate(fields[1:]) if not _NUMBER.fullmatch(field))
    text = _quote(_text(fields[column + 1]))
    return TumError(f"{path}, line {line}: {names[column]} is {text}; accepted is a decimal number such as -1.4217.")


def _scaled(digits: int, power: int) -> int:
    """Return digits × 10**power as an integer, rounded half to even; exact for every size of either."""
    if digits == 0 or power < -2 * _STAMP_LENGTH:
        return 0
    if power >= 0:
        return digits * int(10 ** min(power, 20))  # one digit and 20 zeros are out of range already
    unit: int = 10**-power
    quotient, rest = divmod(digits, unit)
    return quotient + (2 * rest > unit or (2 * rest == unit and quotient % 2 == 1))


def _text(field: bytes) -> str:
    return field.decode("ascii", "backslashreplace")  # other bytes stay visible in the message


def _quote(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:57]}...")
