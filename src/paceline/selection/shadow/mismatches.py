"""Files that repeat a call which came out wrong: its arguments, what the backend gave, and where that was.

They are NumPy archives without pickled objects, in ``paceline/mismatches`` of the user's cache directory, readable by
the user alone: they hold the user's data, and nothing ever sends them anywhere.
"""

from __future__ import annotations

import os
import tempfile
import time
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from paceline.backends import Backend, discover
from paceline.operations import CONTRACT, OPERATIONS
from paceline.selection import machine, proof
from paceline.selection.shadow.comparison import Answer, Mismatch
from paceline.selection.shadow.replay import MOST_BYTES
from paceline.selection.shadow.watching import Replay
from paceline.selection.signatures import SIGNATURES

FORMAT: Final = 1
MOST_FILES: Final = 20
MOST_BYTES_KEPT: Final = 2**30

_ABOUT: Final = "about"
_LARGEST: Final = 2 * MOST_BYTES + 2**24
"""Bytes of a file's arrays: a call's, its plan's, and its answer."""

Kind = Literal["array", "tuple", "bool", "int", "float"]


class About(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a file says beside its arrays."""

    format: Literal[1]
    operation: str
    backend: str
    contract: int
    fingerprint: str
    """Of the backend."""
    machine: dict[str, str]
    at: float
    """When the call was made, Unix time."""
    problem: str
    """The rest of a sentence about the backend."""
    kinds: list[Kind]
    """What each argument is."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A call from a file."""

    about: About
    given: tuple[Any, ...]
    answer: Answer


class NotAMismatch(ValueError):  # noqa: N818 - it says what the file is
    """A file does not hold a call that can be repeated here; the message says why."""


def folder() -> Path:
    """Return where the files are; it need not be there."""
    from platformdirs import user_cache_path

    return user_cache_path("paceline", appauthor=False) / "mismatches"


def name_of(operation: str, backend: str, when: str) -> str:
    """Return a file's name; a star for ``when`` stands for any."""
    return f"{operation}-{backend.replace(':', '+')}-{when}.npz"


def save(replay: Replay, found: Mismatch) -> Path:
    """Write a file as a whole, and remove the oldest ones beyond the number that is kept.

    Raises
    ------
    OSError
        The directory or the file cannot be written; there is then no new file.
    """
    operation, backend = replay.watch.operation, replay.watch.backend
    known = discover()[backend.partition(":")[0]]
    about = About(
        FORMAT,
        operation,
        backend,
        CONTRACT,
        machine.fingerprint(known) if isinstance(known, Backend) else "?",
        machine.machine(),
        replay.at,
        str(found),
        [_kind(each) for each in replay.given],
    )
    arrays = {f"argument_{i}": _as_array(each) for i, each in enumerate(replay.given)}
    arrays |= {f"answer_{i}": each for i, each in replay.answer.arrays.items()}
    arrays["returned"] = _as_array(replay.answer.returned)
    arrays[_ABOUT] = np.frombuffer(msgspec.json.encode(about), np.uint8)
    into = folder()
    into.mkdir(parents=True, exist_ok=True, mode=0o700)
    when = time.strftime("%Y%m%dT%H%M%S", time.gmtime(replay.at))
    file = into / name_of(operation, backend, f"{when}.{int(replay.at % 1 * 1e6):06}Z")
    handle, fresh = tempfile.mkstemp(prefix=file.stem, suffix=".new", dir=into)  # readable by the user alone
    try:
        with os.fdopen(handle, "wb") as opened:
            np.savez(opened, **arrays)  # type: ignore[arg-type]  # its stubs take the names for options
        Path(fresh).replace(file)
    except BaseException:
        Path(fresh).unlink(missing_ok=True)
        raise
    _prune(into, file)
    return file


def load(file: Path) -> Kept:
    """Read a file that :func:`save` has written.

    Raises
    ------
    NotAMismatch
        It is another file, damaged, or of a call that this version of paceline does not make.
    """
    try:
        _check_size(file)
        with np.load(file, allow_pickle=False) as archive:
            about = msgspec.json.decode(archive[_ABOUT].tobytes(), type=About)
            given = tuple(_from_array(archive[f"argument_{i}"], kind) for i, kind in enumerate(about.kinds))
            _check(file, about, given)
            signature = SIGNATURES[about.operation]
            returned = archive["returned"]
            answer = Answer(
                _from_array(returned, "tuple" if returned.ndim else "int" if returned.dtype.kind in "iu" else "float"),
                {i: archive[f"answer_{i}"] for i in signature.changed},
            )
    except NotAMismatch:
        raise
    except OSError as error:
        raise NotAMismatch(f"{file} cannot be read: {error.strerror or error}.") from error
    except (ValueError, TypeError, KeyError, EOFError, MemoryError, RuntimeError, *_DAMAGED) as error:
        raise NotAMismatch(f"{file} is no file of a mismatch, or damaged: {type(error).__name__}: {error}.") from error
    for i, array in answer.arrays.items():
        if (array.shape, array.dtype) != (given[i].shape, given[i].dtype):
            raise NotAMismatch(f"{file} is damaged: its argument {i} is another array before the call than after it.")
    return Kept(about, given, answer)


_DAMAGED: Final = (zipfile.BadZipFile, zlib.error, msgspec.MsgspecError)


def _check_size(file: Path) -> None:
    with zipfile.ZipFile(file) as archive:
        nbytes = sum(entry.file_size for entry in archive.infolist())
    if nbytes > _LARGEST:
        raise NotAMismatch(f"{file} has {nbytes} bytes of arrays, and no call that is kept has more than {_LARGEST}.")


def _check(file: Path, about: About, given: tuple[Any, ...]) -> None:
    """Raise unless these are arguments as a kernel is given them: it does not look at them again."""
    if about.contract != CONTRACT:
        raise NotAMismatch(f"{file} is of contract {about.contract}, and this paceline has contract {CONTRACT}.")
    if about.operation not in SIGNATURES:
        raise NotAMismatch(f"{file} is of the operation {about.operation!r}; accepted are {', '.join(SIGNATURES)}.")
    golden = OPERATIONS[about.operation].golden[0]
    usual = proof.kernel_arguments(about.operation, golden.arguments)
    if usual is None:  # so short a signal goes another way
        usual = proof.kernel_arguments(
            about.operation, OPERATIONS[about.operation].workload(100_000, np.random.default_rng(0))
        )
    assert usual is not None  # a long one does not
    if [_shape_of(each) for each in given] != [_shape_of(each) for each in usual]:
        raise NotAMismatch(f"{file} has other arguments than a kernel of {about.operation} takes.")


def _shape_of(argument: Any) -> tuple[str, int]:
    if isinstance(argument, np.ndarray):
        if argument.dtype.kind not in "biuf" or not argument.dtype.isnative or not argument.flags.c_contiguous:
            return argument.dtype.str, -1
        return "array", argument.ndim
    return _kind(argument), len(argument) if isinstance(argument, tuple) else 0


def _kind(argument: Any) -> Kind:
    if isinstance(argument, np.ndarray):
        return "array"
    if isinstance(argument, tuple):
        return "tuple"
    if isinstance(argument, bool | np.bool_):
        return "bool"
    return "int" if isinstance(argument, int | np.integer) else "float"


def _as_array(argument: Any) -> NDArray[Any]:
    if isinstance(argument, tuple):
        return np.array(argument, np.float64)
    found = np.asarray(argument)
    return found if found.dtype.kind in "biuf" else np.array(np.nan)  # a wrong kernel may return anything


def _from_array(array: NDArray[Any], kind: Kind) -> Any:
    if kind == "array":
        return array
    if kind == "tuple":
        return tuple(map(float, array.tolist()))
    return {"bool": bool, "int": int, "float": float}[kind](array.item())


def _prune(into: Path, newest: Path) -> None:
    """Remove what is beyond the number of files, or of bytes; what a dead process left half written counts too."""
    found = []
    for path in into.iterdir():
        try:
            found.append((path.stat().st_mtime_ns, path.stat().st_size, path))
        except FileNotFoundError:  # another process removes the same
            continue
    kept = nbytes = 0
    for _, size, path in sorted(found, reverse=True):
        kept, nbytes = kept + 1, nbytes + size
        if path != newest and (kept > MOST_FILES or nbytes > MOST_BYTES_KEPT):
            path.unlink(missing_ok=True)
