"""Opens a file of sound with the library that suits what the file is, whatever its name says."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

from paceline_pipelines.audio_preprocess.errors import Damage, PreprocessError
from paceline_pipelines.audio_preprocess.source import Source, Unreadable

__all__ = ["open_source"]

_TAIL: Final = 1 << 16  # bytes; an Ogg page has at most 65,307


@contextmanager
def open_source(path: Path, damage: Damage) -> Iterator[Source]:
    """Open `path` for as long as the block lasts; what is wrong inside is told to `damage`.

    Raises
    ------
    PreprocessError
        It is no audio that the installed libraries decode.
    OSError
        It cannot be read.
    """
    from paceline_pipelines.audio_preprocess.reader_av import open_av
    from paceline_pipelines.audio_preprocess.reader_soundfile import open_soundfile

    if path.exists() and not path.is_file() and not path.is_dir():
        raise PreprocessError(f"{path} is not a regular file; accepted are files of sound.")
    with path.open("rb") as file:  # a directory or a missing file raises here, with its name
        head, ends = file.read(64), _ends_as_ogg(file)
    if not head:
        raise PreprocessError(f"{path} is empty: it has not even a header.")
    openers = [open_soundfile, open_av] if _is_for_soundfile(head, ends) else [open_av, open_soundfile]
    with ExitStack() as stack:
        reasons = []
        for opener in openers:
            try:
                source = stack.enter_context(opener(path, damage))
                break
            except Unreadable as reason:
                reasons.append(str(reason))
        else:
            raise PreprocessError(f"{path} cannot be read as audio: {'; '.join(reasons)}.")
        if head[:4] == b"OggS" and not ends:
            damage.report(f"{path} is truncated: its last page is not the end of its stream.")
        yield source


def _is_for_soundfile(head: bytes, ends: bool) -> bool:
    """Say whether libsndfile comes first: for what it reads to the sample, and only by the file's own bytes."""
    begin, form = head[:4], head[8:12]
    if begin in (b"RIFF", b"RIFX", b"RF64"):
        return form == b"WAVE"  # AVI is RIFF too
    if begin == b"FORM":
        return form in (b"AIFF", b"AIFC", b"8SVX", b"16SV")
    if begin == b"OggS":
        return ends  # libsndfile finds little or nothing in an Ogg stream without its end
    return begin in (b"fLaC", b".snd", b"dns.", b"caff", b"riff", b"NIST", b"Crea", b" paf", b"fap ", b"PVF1")


def _ends_as_ogg(file: Any) -> bool:
    """Say whether the last Ogg page is whole and marked as the end of its stream."""
    file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL) if file.seekable() else 0)
    tail = file.read(_TAIL)
    page = tail[tail.rfind(b"OggS") :] if b"OggS" in tail else b""
    if len(page) < 27 or len(page) < 27 + page[26]:
        return False
    size = 27 + page[26] + sum(page[27 : 27 + page[26]])
    return bool(page[5] & 4) and len(page) >= size
